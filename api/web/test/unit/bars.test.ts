import { describe, expect, it } from 'vitest'
import { columns, dayAt, heights, PARTS } from '../../src/lib/bars'

const sum = (o: Record<string, number>) => Object.values(o).reduce((a, b) => a + b, 0)

describe('the height of a day', () => {
  it('is the whole column when all of it was in service', () => {
    expect(heights([86_400, 0, 0, 0], 20)).toEqual({ up: 20, degraded: 0, unknown: 0, down: 0 })
    expect(sum(heights([43_200, 20_000, 13_200, 10_000], 20, 2))).toBeCloseTo(20)
  })

  it('leaves time not in service blank', () => {
    expect(sum(heights([43_200, 0, 0, 0], 20))).toBeCloseTo(10)
    expect(sum(heights([0, 0, 0, 0], 20, 2))).toBe(0)
  })

  it('shows an outage of a minute, and takes its room from the largest part', () => {
    const h = heights([86_340, 0, 60, 0], 20, 2)
    expect(h.down).toBe(2)
    expect(h.up).toBeCloseTo(18)
  })

  it('shows a day of 25 hours as one whole column', () => {
    expect(sum(heights([90_000, 0, 0, 0], 20))).toBeCloseTo(20)
  })

  it('keeps unknown apart from up and from down', () => {
    const h = heights([0, 0, 0, 86_400], 20, 2)
    expect(h).toEqual({ up: 0, degraded: 0, unknown: 20, down: 0 })
  })
})

describe('columns', () => {
  it('stack from the bottom in the order up, degraded, unknown, down', () => {
    const c = columns([[21_600, 21_600, 21_600, 21_600]], 2, 0, 20, 0)
    expect(c).toEqual({ up: 'M0 15h2v5h-2z', degraded: 'M0 10h2v5h-2z', unknown: 'M0 5h2v5h-2z', down: 'M0 0h2v5h-2z' })
  })

  it('need four paths, however many the days', () => {
    const days = Array.from({ length: 90 }, () => [80_000, 0, 6_400, 0] as [number, number, number, number])
    const c = columns(days, 2, 0, 20, 2)
    expect(Object.keys(c).sort()).toEqual([...PARTS].sort())
    expect(c.up.split('M').length - 1).toBe(90)
    expect(c.unknown).toBe('')
  })
})

it('finds the day under the pointer', () => {
  expect([dayAt(0, 90), dayAt(0.5, 90), dayAt(0.999, 90), dayAt(1, 90), dayAt(-0.1, 90)]).toEqual([0, 45, 89, 89, 0])
})
