import { describe, expect, it } from 'vitest'
import { gridLabel, gridLines, gridStep } from '../../src/lib/graticule'

const VI = { n: 'B', s: 'N', e: 'Đ', w: 'T' }

describe('the graticule', () => {
  it('is as fine as the number of lines allows', () => {
    expect(gridStep(0.3, 7)).toBe(0.05)
    expect(gridStep(60, 7)).toBe(5)
  })

  it('lies on round degrees inside the view', () => {
    const lines = gridLines({ west: 105.75, east: 106.03, south: 18.17, north: 18.48 })
    expect(lines.filter((l) => l.kind === 'meridian').map((l) => l.at)).toEqual([105.75, 105.8, 105.85, 105.9, 105.95, 106])
    expect(lines.filter((l) => l.kind === 'parallel').map((l) => l.at)).toEqual([18.2, 18.25, 18.3, 18.35, 18.4, 18.45])
  })

  it('is labelled in degrees, minutes, and seconds where there are any', () => {
    expect(gridLabel({ kind: 'meridian', at: 105.9 }, VI)).toBe('105°54′Đ')
    expect(gridLabel({ kind: 'parallel', at: 18.37 }, VI)).toBe('18°22′12″B')
    expect(gridLabel({ kind: 'meridian', at: -1.5 }, VI)).toBe('1°30′T')
  })
})
