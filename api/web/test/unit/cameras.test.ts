import { describe, expect, it } from 'vitest'
import type { Camera, Status, StatusCode } from '../../src/lib/api'
import { areas, arrange, choose, countStatuses, DEFAULT_ORDER, nextOrder, NO_FILTER, plain, withStatuses } from '../../src/lib/cameras'

function camera(code: string, status: StatusCode | Status, more: Partial<Camera> = {}): Camera {
  return {
    code,
    site: { code: 'D1', name: 'Ngã tư Thạch Đài' },
    site_kind: 'junction',
    area: { code: '18562', name: 'Thị trấn Thạch Hà' },
    route: { code: 'QL1A', name: 'Quốc lộ 1A' },
    chainage: 'Km2+500',
    agent: 'tb-1',
    phase: 'GD1',
    owner: 'public',
    planned: { width: 1920, height: 1080 },
    milestones: {},
    status: typeof status === 'string' ? { status } : status,
    uptime: { in_service_s: 1, up_s: 1, degraded_s: 0, down_s: 0, unknown_s: 0, maintenance_s: 0, outages: 0 },
    ...more,
  }
}

const codes = (cs: Camera[]) => cs.map((c) => c.code).join(' ')

describe('the order', () => {
  it('puts outages first, and the longest before all', () => {
    const list = [
      camera('A', 'up'),
      camera('B', 'not_in_service'),
      camera('C', { status: 'down', since: '2026-11-20T00:00:00Z' }),
      camera('D', 'unknown'),
      camera('E', { status: 'down', since: '2026-11-01T00:00:00Z' }),
      camera('F', 'degraded'),
    ]
    expect(codes(arrange(list, DEFAULT_ORDER))).toBe('E C F D A B')
    expect(codes(list)).toBe('A B C D E F')
  })

  it('goes along a route by chainage, not by letters', () => {
    const list = [
      camera('A', 'up', { chainage: 'Km12+000' }),
      camera('B', 'up', { chainage: 'Km2+900' }),
      camera('C', 'up', { route: { code: 'DT549', name: '' }, chainage: 'Km30+000' }),
    ]
    const off = camera('D', 'up')
    delete off.route
    expect(codes(arrange([off, ...list], { column: 'route', descending: false }))).toBe('C B A D')
  })

  it('puts no data after every figure of availability', () => {
    const with_ = (code: string, availability?: number) =>
      camera(code, 'up', { uptime: { ...camera('', 'up').uptime, ...(availability === undefined ? {} : { availability }) } })
    expect(codes(arrange([with_('A'), with_('B', 1), with_('C', 0.4)], { column: 'availability', descending: false }))).toBe('C B A')
  })

  it('numbers within codes count as numbers', () => {
    expect(codes(arrange([camera('T-10', 'up'), camera('T-9', 'up')], { column: 'code', descending: false }))).toBe('T-9 T-10')
    expect(codes(arrange([camera('T-10', 'up'), camera('T-9', 'up')], { column: 'code', descending: true }))).toBe('T-10 T-9')
  })

  it('turns round at the second click', () => {
    const once = nextOrder(DEFAULT_ORDER, 'code')
    expect(once).toEqual({ column: 'code', descending: false })
    expect(nextOrder(once, 'code')).toEqual({ column: 'code', descending: true })
    expect(nextOrder(nextOrder(once, 'code'), 'code')).toEqual(once)
  })
})

describe('the filter', () => {
  const list = [camera('A', 'up'), camera('B', 'down', { area: { code: '18565', name: 'Xã Ngọc Sơn' } }), camera('C', 'unknown')]

  it('finds Vietnamese words typed without marks', () => {
    expect(plain('ĐƯỜNG Thạch Đài')).toBe('duong thach dai')
    expect(codes(choose(list, { ...NO_FILTER, text: 'ngoc son' }))).toBe('B')
    expect(codes(choose(list, { ...NO_FILTER, text: ' THẠCH đài ' }))).toBe('A B C')
    expect(codes(choose(list, { ...NO_FILTER, text: 'km2+500 c' }))).toBe('A B C')
    expect(codes(choose(list, { ...NO_FILTER, text: 'nowhere' }))).toBe('')
  })

  it('takes statuses and commune together', () => {
    expect(codes(choose(list, { ...NO_FILTER, statuses: ['down', 'unknown'] }))).toBe('B C')
    expect(codes(choose(list, { text: '', statuses: ['down'], area: '18562' }))).toBe('')
    expect(codes(choose(list, NO_FILTER))).toBe('A B C')
  })

  it('offers every commune once', () => expect(areas(list).map((a) => a.code)).toEqual(['18562', '18565']))
})

describe('newer statuses', () => {
  const list = [camera('A', 'up'), camera('B', 'up')]

  it('change only the rows they change', () => {
    const news = withStatuses(list, [
      { code: 'A', status: { status: 'up' } },
      { code: 'B', status: { status: 'down', fault: 'timeout' } },
      { code: 'Z', status: { status: 'up' } },
    ])
    expect(news[0]).toBe(list[0])
    expect(news[1]!.status.fault).toBe('timeout')
    expect(list[1]!.status.status).toBe('up')
    expect(countStatuses(news)).toEqual({ up: 1, down: 1, degraded: 0, unknown: 0, maintenance: 0, not_in_service: 0 })
  })

  it('give back the same list when nothing changed', () => {
    expect(withStatuses(list, [{ code: 'A', status: { status: 'up' } }])).toBe(list)
  })
})
