import { expect, it } from 'vitest'

import { dataFile, defaultSettings } from './data-file.ts'
import { settingsRequest } from './api.ts'

it('takes the settings of an older file, whose rotations stood no distance apart', () => {
  const { auto_rotate_spacing_seconds: _, ...older } = defaultSettings

  expect(dataFile.shape.settings.parse(older)).toEqual(defaultSettings)
})

it('changes nothing that a request does not name', () => {
  expect(settingsRequest.parse({})).toEqual({})
})
