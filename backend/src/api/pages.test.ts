import { expect, it } from 'vitest'

import { createPages } from './pages.ts'

it('shows strangers what can be done here, and neither a version nor how many keys there are', async () => {
  const page = await (await createPages().request('/')).text()

  expect(page).toContain('The dashboard was not built')
  expect(page).not.toMatch(/\d+\.\d+\.\d+|\d+ keys?/)
})
