// A length of time in words, in at most two units: nobody needs the seconds
// of an outage that lasts for days.

import type { Lang } from './api'
import { number } from './format'

const UNITS: [seconds: number, name: Record<Lang, string>][] = [
  [86_400, { vi: 'ngày', en: 'd' }],
  [3_600, { vi: 'giờ', en: 'h' }],
  [60, { vi: 'phút', en: 'min' }],
  [1, { vi: 'giây', en: 's' }],
]

/** duration writes whole seconds: "2 ngày 4 giờ", "2 d 4 h"; below zero is zero. */
export function duration(lang: Lang, seconds: number): string {
  let rest = Math.max(0, Math.floor(seconds))
  const first = UNITS.findIndex(([size]) => rest >= size)
  if (first < 0) return `0 ${UNITS[3]![1][lang]}`
  const words: string[] = []
  for (const [size, name] of UNITS.slice(first, first + 2)) {
    const n = Math.floor(rest / size)
    rest -= n * size
    if (n > 0) words.push(`${number(lang, n)} ${name[lang]}`)
  }
  return words.join(' ')
}
