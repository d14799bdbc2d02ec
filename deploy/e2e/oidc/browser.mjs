// Logs in by the provider with a real browser: node browser.mjs SET-UP-LINK NAME.
// It links the user of the link with NAME at the provider, logs out, logs in by
// the button of the login page, and prints after each what GET /api/v1/session
// says, and at the end what the browser complained of. Chromium is taken from
// CHROMIUM, default /usr/bin/chromium.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium } from 'playwright-core'

const [link, name] = process.argv.slice(2)
const hub = new URL(link).origin
const profile = await mkdtemp(join(tmpdir(), 'phukin-oidc-'))
const browser = await chromium.launchPersistentContext(profile, {
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
})
const complaints = []
try {
  browser.setDefaultTimeout(20_000)
  // The provider's page wants a font from elsewhere.
  await browser.route(/^https:/, (r) => r.abort())
  const page = await browser.newPage()
  page.on('console', (m) => {
    if (m.type() === 'error' && page.url().startsWith(hub)) complaints.push(m.text())
  })
  const atHome = () => page.waitForURL((u) => u.origin === hub && u.pathname === '/', { waitUntil: 'commit' })
  const session = async () => {
    const answer = await browser.request.get(`${hub}/api/v1/session`)
    const body = await answer.json()
    console.log(JSON.stringify({ status: answer.status(), name: body.name ?? '', cookies: (await browser.cookies(hub)).map((c) => c.name).sort() }))
  }
  const atProvider = async () => {
    await page.fill('input[name=login]', name)
    await page.fill('input[name=password]', 'any')
    await page.click('button[type=submit]')
    await page.click('button[type=submit]') // yes, the hub may know who I am
  }

  await page.goto(link)
  await page.click('button.other')
  await page.click('a.button')
  await atProvider()
  await atHome()
  await session()

  await page.goto(`${hub}/login`)
  await page.click('button[type=submit]')
  await page.waitForURL(`${hub}/login`)
  await session()

  await page.click('a.button')
  // The provider knows the browser yet; it may ask again.
  await Promise.race([atHome(), page.waitForSelector('input[name=login]').then(atProvider).then(atHome, () => {})])
  await atHome()
  await session()
  console.log(JSON.stringify({ complaints }))
} finally {
  await browser.close()
  await rm(profile, { recursive: true, force: true })
}
