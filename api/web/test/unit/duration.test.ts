import { expect, it } from 'vitest'
import { duration } from '../../src/lib/duration'

it.each([
  [0, '0 giây', '0 s'],
  [-5, '0 giây', '0 s'],
  [59.9, '59 giây', '59 s'],
  [60, '1 phút', '1 min'],
  [3_599, '59 phút 59 giây', '59 min 59 s'],
  [3_600, '1 giờ', '1 h'],
  [86_399, '23 giờ 59 phút', '23 h 59 min'],
  [86_400 * 2 + 3_600 * 4 + 59, '2 ngày 4 giờ', '2 d 4 h'],
  [86_400 * 2 + 59, '2 ngày', '2 d'],
  [86_400 * 1234, '1.234 ngày', '1,234 d'],
])('%d seconds in words', (seconds, vi, en) => {
  expect(duration('vi', seconds)).toBe(vi)
  expect(duration('en', seconds)).toBe(en)
})
