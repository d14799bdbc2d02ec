import { describe, expect, it } from 'vitest'
import type { Route, Section } from '../../src/lib/api'
import { metres } from '../../src/lib/chainage'
import { sectionState, stretchAt, stretches } from '../../src/lib/sections'

function section(from: string, to: string, more: Partial<Section> = {}): Section {
  return { from, to, length_m: 1, in_view_m: 0, controlled: {}, cameras: null, line: [], ...more }
}

describe('the state of a section', () => {
  it.each([
    ['working', { controlled: { working: true, planned: true }, cameras: ['A'] }],
    ['idle', { controlled: { working: false, planned: true }, cameras: ['A'] }],
    ['idle', { controlled: { working: false, planned: false, accepted: true } }],
    ['idle', { cameras: ['A'] }],
    ['none', { controlled: { working: false, planned: false }, cameras: [] }],
    ['none', {}],
  ] as [string, Partial<Section>][])('is %s with %j', (want, more) => expect(sectionState(section('Km0+000', 'Km1+000', more))).toBe(want))
})

it('reads chainages', () => {
  expect(metres('Km12+500')).toBe(12_500)
  expect(metres('Km0+000')).toBe(0)
  expect(metres('12,5')).toBeNaN()
  expect(metres(undefined)).toBeNaN()
})

it('finds the section of a gap, also where the chainage runs down', () => {
  const route = (code: string, sections: Section[]) => ({ code, sections }) as unknown as Route
  const all = stretches([
    route('A', [section('Km0+000', 'Km2+000'), section('Km2+000', 'Km5+000')]),
    route('B', [section('Km9+000', 'Km4+000')]),
  ])
  expect(all.map((s) => s.key)).toEqual(['A@Km0+000', 'A@Km2+000', 'B@Km9+000'])
  expect(stretchAt(all, 'A', 'Km2+000')?.key).toBe('A@Km2+000')
  expect(stretchAt(all, 'A', 'Km3+100')?.key).toBe('A@Km2+000')
  expect(stretchAt(all, 'B', 'Km5+000')?.key).toBe('B@Km9+000')
  expect(stretchAt(all, 'C', 'Km5+000')).toBeUndefined()
})
