// The page in a real browser, against a running hub: PAGE_URL names it (the
// demo, or any other with at least one camera). Takes Chromium from
// CHROMIUM, default /usr/bin/chromium.

import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { AxeBuilder } from '@axe-core/playwright'
import { chromium } from 'playwright-core'

const base = process.env.PAGE_URL
if (!base) throw new Error('PAGE_URL is not set: give the address of a running hub, such as http://127.0.0.1:8080/')

const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]
const WAIT = 30_000

let profile
let browser
let page
let complaints

before(async () => {
  profile = await mkdtemp(join(tmpdir(), 'phukin-page-'))
  browser = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: FLAGS,
    viewport: { width: 1366, height: 768 },
    locale: 'vi-VN',
  })
  browser.setDefaultTimeout(WAIT)
  await browser.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (e) => console.error(`CSP: ${e.violatedDirective} ${e.blockedURI}`))
  })
})

after(async () => {
  await browser?.close()
  if (profile) await rm(profile, { recursive: true, force: true })
})

beforeEach(async () => {
  complaints = []
  page = await browser.newPage()
  page.on('console', (m) => ['error', 'warning'].includes(m.type()) && complaints.push(`console ${m.type()}: ${m.text()}`))
  page.on('pageerror', (e) => complaints.push(`exception: ${e.message}`))
  page.on('request', (r) => {
    const url = new URL(r.url())
    if (url.protocol !== 'data:' && url.host !== new URL(base).host) complaints.push(`foreign request: ${r.url()}`)
  })
})

afterEach(async () => {
  await page.close()
})

/** open shows the page and waits until everything on it has arrived. */
async function open(query = '') {
  await page.goto(new URL(query, base).href)
  await page.waitForSelector('[data-camera]')
  await page.waitForSelector('.route-name')
  await page.waitForSelector('[data-table=agents]')
  await page.waitForSelector('[data-table=rollout]')
}

const rows = () => page.locator('[data-camera]')

describe('the page', () => {
  for (const lang of ['vi', 'en']) {
    it(`loads without an error, and nothing from elsewhere (${lang})`, async () => {
      await open(`?lang=${lang}`)
      await page.waitForTimeout(6_500) // one round of polling
      assert.equal(await page.getAttribute('html', 'lang'), lang)
      assert.deepEqual(complaints, [])
    })

    for (const [name, width, height] of [['wide', 1366, 768], ['narrow', 360, 740]]) {
      it(`has no accessibility violation (${lang}, ${name})`, async () => {
        await page.setViewportSize({ width, height })
        await open(`?lang=${lang}`)
        const { violations } = await new AxeBuilder({ page }).analyze()
        assert.deepEqual(violations.map((v) => `${v.id}: ${v.help}: ${v.nodes.map((n) => n.target.join(' ')).slice(0, 5).join(', ')}`), [])
      })
    }
  }

  it('fits every width without scrolling sideways', async () => {
    for (const width of [360, 480, 768, 1024, 1366, 1920]) {
      await page.setViewportSize({ width, height: 800 })
      for (const lang of ['vi', 'en']) {
        await open(`?lang=${lang}`)
        const measure = () => page.evaluate(() => [document.documentElement.scrollWidth, innerWidth])
        const [content, view] = await measure()
        assert.ok(content <= view, `${lang}: at ${width} px the page is ${content} px wide`)
        // Other computers have other fonts; this is about the widest of them.
        await page.evaluate(() => {
          const wide = new CSSStyleSheet()
          wide.replaceSync('* { font-family: "DejaVu Sans", sans-serif !important }')
          document.adoptedStyleSheets = [...document.adoptedStyleSheets, wide]
        })
        const [wider] = await measure()
        assert.ok(wider <= view, `${lang}: at ${width} px, in a wide font, the page is ${wider} px wide`)
      }
    }
  })

  it('shows the key figures, the moment they hold for, and how each is computed', async () => {
    await open('?lang=vi')
    for (const figure of ['now', 'availability', 'coverage', 'gateways', 'rollout']) {
      const tile = page.locator(`[data-figure=${figure}]`)
      assert.match(await tile.locator('.big').first().innerText(), /\d|Chưa có dữ liệu/, figure)
      await tile.locator('summary').click()
      assert.ok((await tile.locator('details p').innerText()).length > 40, `${figure}: the rule`)
    }
    assert.match(await page.locator('header time').innerText(), /^\d\d\/\d\d\/\d{4} \d\d:\d\d:\d\d$/)
  })

  it('says in both languages, and on paper, that simulated data are simulated', async () => {
    const { simulated } = await (await page.request.get(new URL('api/v1/plan', base).href)).json()
    for (const [lang, words] of [['vi', 'DỮ LIỆU MÔ PHỎNG'], ['en', 'SIMULATED DATA']]) {
      await open(`?lang=${lang}`)
      const banner = page.getByText(words, { exact: true })
      assert.equal(await banner.count(), simulated ? 1 : 0)
      if (!simulated) continue
      assert.ok(await banner.isVisible())
      await page.mouse.wheel(0, 3_000)
      await page.waitForTimeout(200)
      const box = await banner.boundingBox()
      assert.ok(box && box.y >= 0 && box.y < 100, 'the banner scrolled away')
      await page.emulateMedia({ media: 'print' })
      assert.ok(await banner.isVisible(), 'not on paper')
      await page.emulateMedia({ media: 'screen' })
    }
  })
})

describe('the language', () => {
  it('is Vietnamese at first, switches, and is remembered', async () => {
    await page.goto(base)
    await page.evaluate(() => localStorage.clear())
    await open()
    assert.equal(await page.getAttribute('html', 'lang'), 'vi')
    await page.getByRole('button', { name: 'English' }).click()
    assert.equal(await page.getAttribute('html', 'lang'), 'en')
    assert.ok(await page.getByRole('heading', { name: 'Cameras', exact: false }).first().isVisible())
    await open()
    assert.equal(await page.getAttribute('html', 'lang'), 'en')
    await page.getByRole('button', { name: 'Tiếng Việt' }).click()
    assert.equal(await page.getAttribute('html', 'lang'), 'vi')
    assert.deepEqual(complaints, [])
  })
})

describe('the camera table', () => {
  it('is filtered by text, by status and by commune', async () => {
    await open('?lang=vi')
    const code = await rows().first().getAttribute('data-camera')
    await page.getByRole('searchbox').fill(code)
    await page.waitForFunction((c) => [...document.querySelectorAll('[data-camera]')].every((r) => r.textContent.includes(c)), code)
    assert.ok((await rows().count()) >= 1)
    await page.getByRole('button', { name: 'Bỏ lọc' }).click()

    const button = page.locator('.statuses [data-status=up]')
    await button.click()
    assert.equal(await button.getAttribute('aria-pressed'), 'true')
    assert.equal(await page.locator('[data-camera]:not(.up)').count(), 0)
    await button.click()

    const commune = page.locator('search select')
    const name = await commune.locator('option').nth(1).innerText()
    await commune.selectOption({ index: 1 })
    for (const cell of await page.locator('[data-camera] .area').allInnerTexts()) assert.equal(cell, name)
    await page.getByRole('searchbox').fill('không-có-gì-như-thế')
    await page.waitForFunction(() => document.querySelectorAll('[data-camera]').length === 0)
    assert.deepEqual(complaints, [])
  })

  it('puts outages first, and is sorted by a click on a head', async () => {
    await open('?lang=vi')
    const order = ['down', 'degraded', 'unknown', 'up', 'maintenance', 'not_in_service']
    const seen = await rows().evaluateAll((all) => all.map((r) => r.classList[0]))
    const ranks = seen.map((s) => order.indexOf(s))
    assert.deepEqual(ranks, [...ranks].sort((a, b) => a - b))
    const head = page.locator('table.cameras').getByRole('columnheader', { name: 'Mã' })
    await head.getByRole('button').click()
    assert.equal(await head.getAttribute('aria-sort'), 'ascending')
    const codes = await rows().evaluateAll((all) => all.map((r) => r.dataset.camera))
    const sorted = [...codes].sort(new Intl.Collator('vi', { numeric: true }).compare)
    assert.deepEqual(codes, sorted)
  })

  it('tells a camera in words: its bars, and a day under the pointer', async () => {
    await open('?lang=vi')
    const bars = page.locator('[data-camera] .bars svg').first()
    assert.match(await bars.getAttribute('aria-label'), /tỷ lệ hoạt động .*quan sát/)
    await bars.scrollIntoViewIfNeeded()
    await bars.hover()
    assert.match(await page.locator('.tip').innerText(), /^\d\d\/\d\d\/\d{4}/)
  })
})

describe('the map', () => {
  it('is worked with the keyboard, and with the list of sections', async () => {
    await open('?lang=vi')
    const section = page.locator('.map path[role=button][tabindex="0"]')
    assert.equal(await section.count(), 1)
    await section.focus()
    await page.keyboard.press('Enter')
    assert.match(await page.locator('.card dl').innerText(), /Km\d+\+\d+/)
    const first = await page.locator('.card select').inputValue()
    await page.keyboard.press('ArrowRight')
    assert.notEqual(await page.locator('.card select').inputValue(), first)
    await page.locator('.card select').selectOption(first)
    assert.equal(await page.locator('.map path[role=button][aria-pressed=true]').count(), 1)
    assert.deepEqual(complaints, [])
  })
})

describe('a hub that is lost', () => {
  it('makes the figures old, not blank, and is found again', async () => {
    await open('?lang=vi')
    const before = await rows().count()
    await page.route('**/api/**', (route) => route.abort())
    await page.waitForSelector('.trouble', { timeout: 20_000 })
    assert.match(await page.locator('.trouble').innerText(), /Mất liên lạc.*\d\d\/\d\d\/\d{4} \d\d:\d\d:\d\d/)
    assert.equal(await rows().count(), before)
    assert.match(await page.locator('[data-figure=now] .big').innerText(), /\d/)
    await page.unroute('**/api/**')
    await page.getByRole('button', { name: 'Thử lại ngay' }).click()
    await page.waitForSelector('.trouble', { state: 'detached' })
  })
})
