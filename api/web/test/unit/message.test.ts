import { expect, it } from 'vitest'
import { fill } from '../../src/lib/message'

it.each([
  ['{a} of {b}', { a: 1, b: 'two' }, undefined, '1 of two'],
  ['{missing}', {}, undefined, '{missing}'],
  ['{n} camera|{n} cameras', { n: 1 }, 1, '1 camera'],
  ['{n} camera|{n} cameras', { n: '2' }, 2, '2 cameras'],
  ['{n} camera|{n} cameras', { n: 0 }, 0, '0 cameras'],
  ['{n} camera', { n: 5 }, 5, '5 camera'],
])('fills %j', (template, values, count, want) => expect(fill(template, values, count)).toBe(want))
