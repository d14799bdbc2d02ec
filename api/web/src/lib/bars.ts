// The bars of availability: one stacked column a day. The height of a column
// is the whole day; time not in service stays blank. Unknown is a colour of
// its own, so that no data can never be mistaken for up or for down.

import type { DaySeconds } from './api'

const DAY = 86_400

/** Order from the bottom of a column. */
export const PARTS = ['up', 'degraded', 'unknown', 'down'] as const
export type Part = (typeof PARTS)[number]

const INDEX: Record<Part, number> = { up: 0, degraded: 1, down: 2, unknown: 3 }

/** Columns: one SVG path for each part, so that 90 days are four elements. */
export type Columns = Record<Part, string>

/**
 * heights divides a column among the parts. Outages and weak hours last for
 * minutes of a day and would vanish: whatever there was gets at least `least`,
 * taken from the largest part.
 */
export function heights(day: DaySeconds, height: number, least = 0): Record<Part, number> {
  const total = Math.max(DAY, day[0] + day[1] + day[2] + day[3])
  const out = { up: 0, degraded: 0, unknown: 0, down: 0 }
  let grown = 0
  for (const part of PARTS) {
    const exact = (day[INDEX[part]]! / total) * height
    out[part] = exact > 0 ? Math.max(least, exact) : 0
    grown += out[part] - exact
  }
  if (grown > 0) {
    const largest = PARTS.reduce((a, b) => (out[b] > out[a] ? b : a))
    out[largest] = Math.max(least, out[largest] - grown)
  }
  return out
}

/** columns draws days from left to right, each `width` wide with `gap` between. */
export function columns(days: DaySeconds[], width: number, gap: number, height: number, least: number): Columns {
  const out: Columns = { up: '', degraded: '', unknown: '', down: '' }
  days.forEach((day, i) => {
    const x = i * (width + gap)
    const hs = heights(day, height, least)
    let y = height
    for (const part of PARTS) {
      const h = hs[part]
      if (h <= 0) continue
      y -= h
      out[part] += `M${x} ${round(y)}h${width}v${round(h)}h-${width}z`
    }
  })
  return out
}

/** dayAt is the index of the day under a place from 0 (left) to 1 (right). */
export function dayAt(place: number, days: number): number {
  return Math.min(days - 1, Math.max(0, Math.floor(place * days)))
}

function round(n: number): number {
  return Math.round(n * 100) / 100
}
