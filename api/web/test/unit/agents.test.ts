import { expect, it } from 'vitest'
import type { Agent } from '../../src/lib/api'
import { arrangeAgents } from '../../src/lib/agents'

it('puts the devices that are cut off first, the longest before all', () => {
  const agent = (code: string, online: boolean, last_seen?: string): Agent => ({
    code,
    online,
    ...(last_seen ? { last_seen } : {}),
    spooled: 0,
    cameras: 0,
    configured: 0,
    overruns: 0,
    set_aside: 0,
    set_aside_messages: 0,
    quarantine: 0,
    gaps: 0,
    lost: 0,
  })
  const list = [agent('tb-10', true, '1'), agent('tb-9', true, '2'), agent('x', false, '2026-11-20'), agent('y', false, '2026-11-01'), agent('z', false)]
  expect(arrangeAgents(list).map((a) => a.code)).toEqual(['z', 'y', 'x', 'tb-9', 'tb-10'])
})
