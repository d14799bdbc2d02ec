import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import wireEn from '../../../../hub/wire/texts/en.json'
import wireVi from '../../../../hub/wire/texts/vi.json'
import en from '../../src/i18n/en.json'
import vi from '../../src/i18n/vi.json'
import { STATES, STATUSES } from '../../src/lib/api'
import { PARTS } from '../../src/lib/parts'

const src = join(import.meta.dirname, '../../src')
const source = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.(ts|svelte)$/.test(name))
  .map((name) => readFileSync(join(src, name), 'utf8'))
  .join('\n')

// Keys that are put together: `part.${…}` and the like.
const BUILT: Record<string, readonly string[]> = {
  part: PARTS,
  state: STATES,
  legend: ['working', 'idle', 'none'],
}

describe('the catalogues', () => {
  it('have the same keys', () => expect(Object.keys(en)).toEqual(Object.keys(vi)))

  it('have no key that nothing uses', () => {
    const unused = Object.keys(vi).filter((key) => {
      const [shelf, rest] = key.split('.') as [string, string]
      if (source.includes(`'${key}'`)) return false
      return !(source.includes(`t(\`${shelf}.\${`) && BUILT[shelf]?.includes(rest))
    })
    expect(unused).toEqual([])
  })

  it('have every key that is put together', () => {
    for (const [shelf, names] of Object.entries(BUILT)) for (const name of names) expect(vi).toHaveProperty([`${shelf}.${name}`])
  })

  it('fill in the same values', () => {
    const holes = (text: string) => [...new Set(text.match(/\{\w+\}/g) ?? [])].sort()
    for (const key of Object.keys(vi) as (keyof typeof vi)[]) expect(holes(en[key]), key).toEqual(holes(vi[key]))
  })

  it('have an empty word nowhere', () => {
    for (const text of [...Object.values(vi), ...Object.values(en)]) expect(text.trim()).not.toBe('')
  })
})

describe('the words of the contract', () => {
  it('name every status in both languages', () => {
    for (const status of STATUSES) {
      expect(wireVi.status).toHaveProperty(status)
      expect(wireEn.status).toHaveProperty(status)
    }
  })

  it('have a hint for every fault', () => {
    expect(Object.keys(wireVi.hint)).toEqual(Object.keys(wireVi.fault))
    expect(Object.keys(wireEn.hint)).toEqual(Object.keys(wireVi.fault))
  })
})
