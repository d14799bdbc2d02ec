// Choosing and ordering the rows of the camera table.

import { STATUSES, type Camera, type StatusCode, type StatusList } from './api'
import { metres } from './chainage'

export const COLUMNS = ['code', 'site', 'route', 'area', 'status', 'reason', 'availability'] as const
export type Column = (typeof COLUMNS)[number]

export interface Order {
  column: Column
  descending: boolean
}

/** Outages first. */
export const DEFAULT_ORDER: Order = { column: 'status', descending: false }

export interface Filter {
  /** Words that must all occur, in any case and without marks: "thach" finds "Thạch". */
  text: string
  /** Statuses to show; none chosen shows all. */
  statuses: StatusCode[]
  /** Code of the commune; empty for all. */
  area: string
}

export const NO_FILTER: Filter = { text: '', statuses: [], area: '' }

/** plain folds case and strips the marks of Vietnamese letters. */
export function plain(text: string): string {
  return text
    .normalize('NFD')
    .replace(/[\u0300-\u036f]/g, '')
    .replace(/[đĐ]/g, 'd')
    .toLowerCase()
}

function haystack(c: Camera): string {
  return plain([c.code, c.site.code, c.site.name, c.area.name, c.route?.code, c.route?.name, c.chainage, c.agent].join(' '))
}

export function choose(cameras: Camera[], filter: Filter): Camera[] {
  const words = plain(filter.text).split(/\s+/).filter(Boolean)
  return cameras.filter(
    (c) =>
      (filter.area === '' || c.area.code === filter.area) &&
      (filter.statuses.length === 0 || filter.statuses.includes(c.status.status)) &&
      (words.length === 0 || words.every((w) => haystack(c).includes(w))),
  )
}

const collator = new Intl.Collator('vi', { numeric: true })
const rank = new Map<string, number>(STATUSES.map((s, i) => [s, i]))

function byStatus(a: Camera, b: Camera): number {
  const order = (rank.get(a.status.status) ?? 99) - (rank.get(b.status.status) ?? 99)
  // Within a status the longest first: that is the list to work through.
  return order || (a.status.since ?? '~').localeCompare(b.status.since ?? '~')
}

function byPlace(a: Camera, b: Camera): number {
  if (!a.route || !b.route) return a.route ? -1 : b.route ? 1 : 0
  return collator.compare(a.route.code, b.route.code) || (metres(a.chainage) || 0) - (metres(b.chainage) || 0)
}

function byAvailability(a: Camera, b: Camera): number {
  // No data is no figure: it stands after all figures.
  return (a.uptime.availability ?? 2) - (b.uptime.availability ?? 2)
}

const reasonKey = (c: Camera) => c.status.fault ?? c.status.reasons?.join() ?? c.status.cause ?? '~'

const COMPARE: Record<Column, (a: Camera, b: Camera) => number> = {
  code: () => 0,
  site: (a, b) => collator.compare(a.site.name, b.site.name),
  route: byPlace,
  area: (a, b) => collator.compare(a.area.name, b.area.name),
  status: byStatus,
  reason: (a, b) => collator.compare(reasonKey(a), reasonKey(b)),
  availability: byAvailability,
}

export function arrange(cameras: Camera[], order: Order): Camera[] {
  const sign = order.descending ? -1 : 1
  return [...cameras].sort((a, b) => sign * COMPARE[order.column](a, b) || sign * collator.compare(a.code, b.code))
}

/** nextOrder is the order after a click on a column's head: once up, once down. */
export function nextOrder(order: Order, column: Column): Order {
  return { column, descending: order.column === column && !order.descending }
}

export function countStatuses(cameras: Camera[]): Record<StatusCode, number> {
  const count: Record<StatusCode, number> = { down: 0, degraded: 0, unknown: 0, up: 0, maintenance: 0, not_in_service: 0 }
  for (const c of cameras) if (c.status.status in count) count[c.status.status]++
  return count
}

/** areas lists the communes of the cameras, by name. */
export function areas(cameras: Camera[]): { code: string; name: string }[] {
  const byCode = new Map(cameras.map((c) => [c.area.code, c.area]))
  return [...byCode.values()].sort((a, b) => collator.compare(a.name, b.name))
}

/**
 * withStatuses gives the cameras their newer statuses. Rows that did not
 * change stay the same objects, so the table redraws only what changed.
 */
export function withStatuses(cameras: Camera[], news: StatusList['items']): Camera[] {
  const byCode = new Map(news.map((n) => [n.code, n.status]))
  let changed = false
  const out = cameras.map((c) => {
    const status = byCode.get(c.code)
    if (!status || sameStatus(status, c.status)) return c
    changed = true
    return { ...c, status }
  })
  return changed ? out : cameras
}

function sameStatus(a: Camera['status'], b: Camera['status']): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}
