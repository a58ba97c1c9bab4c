import type { Page } from 'playwright'
import { describe, expect, it } from 'vitest'

import type { World } from '../../backend/test/support/world.ts'
import { rowOf, see, setUpDashboard, signIn } from './support/dashboard.ts'

describe('where devices connect', () => {
  let world: World
  let page: Page
  const beginAnew = setUpDashboard((fresh) => ({ world, page } = fresh))

  it('is an address that the admin sets: rows and lines follow it at once', async () => {
    await beginAnew({ environment: { PROXY_HOST: '0.0.0.0' } })
    const { port } = await world.addKey('a')
    await signIn(page, world, '/settings')
    const section = page.getByRole('region', { name: 'Where devices connect' })
    await see(section, 'Open to devices: own port of each endpoint')
    const field = section.getByLabel('Address of this server for devices')

    await field.fill('http://vps.example.com:8000')
    await section.getByRole('button', { name: 'Save address' }).click()
    await see(section, 'Enter an IP address or a host name, without http:// and port.')
    await field.fill(' 203.0.113.10 ')
    await section.getByRole('button', { name: 'Save address' }).click()
    await see(page, 'The settings were saved.')

    await page.getByRole('link', { name: 'Keys' }).click()
    await rowOf(page, 'a').getByTitle(`203.0.113.10:${port}`).waitFor()
    await page.goto(`${world.url}/keys/1?tab=connect`)
    await see(page.getByRole('dialog', { name: 'a' }), `203.0.113.10:${port}`)
    await see(page.getByRole('dialog', { name: 'a' }), `http://203.0.113.10:${port}/proxy.pac`)
  })

  it('shows and copies behind the compose file only what is published there', async () => {
    const environment = { PROXY_HOST: '0.0.0.0', GATEWAY_HOST: '0.0.0.0', PUBLIC_HTTPS: 'true' }
    await beginAnew({ environment: { ...environment, DOMAIN: 'proxy.test', PUBLIC_WAYS: 'shared:80,tls:443' } })
    await world.addKey('a')
    const { password } = await world.connection(1)
    await signIn(page, world)
    await rowOf(page, 'a').getByTitle('proxy1.proxy.test:80').waitFor()

    await page.getByRole('button', { name: /^Ways to copy/ }).click()

    expect(await page.getByRole('menuitem', { name: 'Shared port' }).count()).toBe(0)
    await page.getByRole('menuitem', { name: 'host:port:user:pass', exact: true }).click()
    const copied = () => page.evaluate(() => navigator.clipboard.readText())
    await expect.poll(copied).toBe(`proxy1.proxy.test:80:proxy1:${password}`)
    await page.getByRole('button', { name: /^Ways to copy/ }).click()
    await page.getByRole('menuitem', { name: 'https:// URL' }).click()
    await expect.poll(copied).toBe(`https://proxy1:${password}@proxy1.proxy.test:443`)
  })

  it('leaves out what there is not: no PAC file where an endpoint has no page', async () => {
    await beginAnew({ environment: { DOMAIN: '127.0.0.1', GATEWAY_HOST: '0.0.0.0', PUBLIC_WAYS: 'shared' } })
    await world.addKey('a')
    await signIn(page, world, '/keys/1?tab=connect')
    const sheet = page.getByRole('dialog', { name: 'a' })

    await see(sheet.getByRole('list').first(), `the port ${world.app.gatewayPort}`)

    expect(await sheet.getByText('PAC file').count()).toBe(0)
    expect(await sheet.getByText('setup script').count()).toBe(0)
  })
})
