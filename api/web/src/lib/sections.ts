// What a section of a route is to the reader: seen by a working camera, only
// by cameras that do not work now, or by none.

import type { Route, Section } from './api'
import { metres } from './chainage'

export type SectionState = 'working' | 'idle' | 'none'

export interface Stretch {
  /** Route and chainage: the same section has the same key in every answer. */
  key: string
  route: Route
  section: Section
  state: SectionState
}

export function sectionState(section: Section): SectionState {
  if (section.controlled.working) return 'working'
  const planned = Object.values(section.controlled).some(Boolean)
  return planned || (section.cameras?.length ?? 0) > 0 ? 'idle' : 'none'
}

export function sectionKey(route: string, from: string): string {
  return `${route}@${from}`
}

export function stretches(routes: Route[]): Stretch[] {
  return routes.flatMap((route) =>
    route.sections.map((section) => ({
      key: sectionKey(route.code, section.from),
      route,
      section,
      state: sectionState(section),
    })),
  )
}

/**
 * stretchAt finds the section of a route in which a chainage lies; a gap may
 * span several, and is then shown at its first.
 */
export function stretchAt(all: Stretch[], route: string, chainage: string): Stretch | undefined {
  const at = metres(chainage)
  const own = all.filter((s) => s.route.code === route)
  return (
    own.find((s) => s.section.from === chainage) ??
    own.find((s) => {
      const [a, b] = [metres(s.section.from), metres(s.section.to)].sort((x, y) => x - y) as [number, number]
      return at >= a && at < b
    })
  )
}
