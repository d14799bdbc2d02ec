import { describe, expect, it } from 'vitest'
import { dateTime, day, dayAfter, kilometres, length, number, percent, since, time, zoneName } from '../../src/lib/format'

const ZONE = 'Asia/Ho_Chi_Minh'

describe('numbers', () => {
  it('have a dot for thousands and a comma for decimals in Vietnamese', () => {
    expect(number('vi', 1234.5, 1)).toBe('1.234,5')
    expect(number('vi', 1078)).toBe('1.078')
    expect(number('en', 1234.5, 1)).toBe('1,234.5')
  })

  it.each([
    [0.655, '65,5%', '65.5%'],
    [0, '0%', '0%'],
    [1, '100%', '100%'],
    [0.9997, '>99,9%', '>99.9%'],
    [0.9994, '99,9%', '99.9%'],
    [0.0003, '<0,1%', '<0.1%'],
    [0.0006, '0,1%', '0.1%'],
  ])('write the ratio %d without rounding it to all or nothing', (ratio, vi, en) => {
    expect(percent('vi', ratio)).toBe(vi)
    expect(percent('en', ratio)).toBe(en)
  })

  it.each([
    [52.4, '52 m'],
    [999.4, '999 m'],
    [999.6, '1,00 km'],
    [1240, '1,24 km'],
    [9999, '10,00 km'],
    [45612, '45,6 km'],
  ])('write %d metres', (metres, want) => expect(length('vi', metres)).toBe(want))

  it('write kilometres for a table', () => expect(kilometres('vi', 347_419)).toBe('347,42'))
})

describe('moments', () => {
  const moment = new Date('2026-11-23T17:04:05Z')

  it("are written in the plan's time zone, wherever the reader sits", () => {
    expect(dateTime(moment, ZONE)).toBe('24/11/2026 00:04:05')
    expect(dateTime(moment, 'UTC')).toBe('23/11/2026 17:04:05')
    expect(time(moment, ZONE)).toBe('00:04:05')
    expect(since(moment, ZONE)).toBe('00:04 24/11/2026')
    expect(zoneName(moment, ZONE)).toBe('GMT+7')
  })

  it('turn days around', () => {
    expect(day('2026-06-30')).toBe('30/06/2026')
    expect(day('')).toBe('')
  })

  it('count days over the end of a month', () => {
    expect(dayAfter('2026-08-26', 89)).toBe('2026-11-23')
    expect(dayAfter('2028-02-28', 1)).toBe('2028-02-29')
    expect(dayAfter('nothing', 1)).toBe('nothing')
  })
})
