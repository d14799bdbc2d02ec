// The order of the commune devices: those that are cut off come first, the
// longest cut off before all.

import type { Agent } from './api'

const collator = new Intl.Collator('vi', { numeric: true })

export function arrangeAgents(agents: Agent[]): Agent[] {
  return [...agents].sort(
    (a, b) =>
      Number(a.online) - Number(b.online) ||
      (a.online ? 0 : (a.last_seen ?? '').localeCompare(b.last_seen ?? '')) ||
      collator.compare(a.code, b.code),
  )
}
