// Numbers, lengths and moments as the page writes them: 1.234,5 and 65,5% in
// Vietnamese, 1,234.5 and 65.5% in English; dates dd/mm/yyyy in both.

import type { Lang } from './api'

const LOCALES: Record<Lang, string> = { vi: 'vi-VN', en: 'en-GB' }
const numbers = new Map<string, Intl.NumberFormat>()
const clocks = new Map<string, Intl.DateTimeFormat>()

export function number(lang: Lang, value: number, digits = 0): string {
  const key = lang + digits
  let format = numbers.get(key)
  if (!format) {
    format = new Intl.NumberFormat(LOCALES[lang], { minimumFractionDigits: digits, maximumFractionDigits: digits })
    numbers.set(key, format)
  }
  return format.format(value)
}

/**
 * percent writes a ratio. It never rounds to all or nothing: 99.97 % is
 * ">99.9%", not "100%", for somebody will sign it.
 */
export function percent(lang: Lang, ratio: number, digits = 1): string {
  const unit = 10 ** -digits
  const value = ratio * 100
  if (value === 0 || value === 100) return number(lang, value) + '%'
  if (value > 0 && value < unit / 2) return '<' + number(lang, unit, digits) + '%'
  if (value < 100 && value >= 100 - unit / 2) return '>' + number(lang, 100 - unit, digits) + '%'
  return number(lang, value, digits) + '%'
}

/** length writes metres: "350 m", "1,24 km", "45,6 km". */
export function length(lang: Lang, metres: number): string {
  if (metres < 999.5) return number(lang, metres) + ' m'
  return number(lang, metres / 1000, metres < 10_000 ? 2 : 1) + ' km'
}

/** kilometres writes metres as kilometres without the unit, for tables. */
export function kilometres(lang: Lang, metres: number): string {
  return number(lang, metres / 1000, 2)
}

function parts(moment: Date, zone: string): Record<string, string> {
  let clock = clocks.get(zone)
  if (!clock) {
    clock = new Intl.DateTimeFormat('en-GB', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
      timeZoneName: 'short',
    })
    clocks.set(zone, clock)
  }
  return Object.fromEntries(clock.formatToParts(moment).map((p) => [p.type, p.value]))
}

/** dateTime is "23/11/2026 15:04:05" in the time zone. */
export function dateTime(moment: Date, zone: string): string {
  const p = parts(moment, zone)
  return `${p.day}/${p.month}/${p.year} ${p.hour}:${p.minute}:${p.second}`
}

/** time is "15:04:05" in the time zone. */
export function time(moment: Date, zone: string): string {
  const p = parts(moment, zone)
  return `${p.hour}:${p.minute}:${p.second}`
}

/** since is "15:04 23/11/2026", short enough for a table. */
export function since(moment: Date, zone: string): string {
  const p = parts(moment, zone)
  return `${p.hour}:${p.minute} ${p.day}/${p.month}/${p.year}`
}

/** zoneName is the zone's short name, such as "GMT+7". */
export function zoneName(moment: Date, zone: string): string {
  return parts(moment, zone).timeZoneName ?? zone
}

/** day turns yyyy-mm-dd into dd/mm/yyyy; anything else stays as it is. */
export function day(iso: string): string {
  const m = /^(\d{4})-(\d\d)-(\d\d)$/.exec(iso)
  return m ? `${m[3]}/${m[2]}/${m[1]}` : iso
}

/** dayAfter is the day n days after yyyy-mm-dd. */
export function dayAfter(iso: string, n: number): string {
  const date = new Date(iso + 'T00:00:00Z')
  if (Number.isNaN(date.getTime())) return iso
  date.setUTCDate(date.getUTCDate() + n)
  return date.toISOString().slice(0, 10)
}
