// The JSON of /api/v1, as api/rows.go writes it. Durations are seconds,
// lengths metres, ratios 0 to 1, moments RFC 3339, days yyyy-mm-dd.

export type Lang = 'vi' | 'en'
export type Text = Record<Lang, string>

export interface Head {
  as_of: string
  simulated: boolean
}

export interface Ref {
  code: string
  name: string
}

export interface Level {
  code: string
  name: Text
  density: number
}

export interface Plan extends Head {
  name: Text
  note: Text
  area: Ref
  time_zone: string
  level: string
  levels: Level[]
  phases: { code: string; name: Text; from: string; to: string }[]
}

/** The statuses in the order in which a reader wants them: outages first. */
export const STATUSES = ['down', 'degraded', 'unknown', 'up', 'maintenance', 'not_in_service'] as const
export type StatusCode = (typeof STATUSES)[number]

export interface Status {
  status: StatusCode
  cause?: string
  fault?: string
  fell_on?: string
  rtsp_status?: number
  reasons?: string[]
  since?: string
  /** End of maintenance. */
  until?: string
  probed?: string
}

export interface Uptime {
  in_service_s: number
  up_s: number
  degraded_s: number
  down_s: number
  unknown_s: number
  /** Planned maintenance, which is in none of the others. */
  maintenance_s: number
  availability?: number
  observed?: number
  low?: number
  high?: number
  outages: number
}

export interface Picture {
  codec?: string
  width: number
  height: number
  frame_rate?: number
}

/** Seconds of one day that were up, degraded, down, unknown. */
export type DaySeconds = [up: number, degraded: number, down: number, unknown: number]

export interface Camera {
  code: string
  site: Ref
  site_kind: string
  area: Ref
  route?: Ref
  chainage?: string
  agent: string
  phase: string
  owner: string
  planned: Picture
  measured?: Picture
  milestones: Record<string, string>
  status: Status
  uptime: Uptime
  bars?: DaySeconds[]
}

export interface CameraList extends Head {
  from: string
  to: string
  uptime: Uptime
  items: Camera[]
}

/** What fields=code,status leaves of a CameraList. */
export interface StatusList extends Head {
  items: { code: string; status: Status }[]
}

export const STATES = ['working', 'accepted', 'installed', 'planned'] as const
export type State = (typeof STATES)[number]

export interface Covers {
  in_view_m: number
  controlled_m: number
  in_view: number
  controlled: number
  sections: number
  sections_controlled: number
  gateways: number
  gateways_in_view: number
}

export interface Section {
  from: string
  to: string
  from_name?: string
  to_name?: string
  length_m: number
  in_view_m: number
  controlled: Partial<Record<State, boolean>>
  cameras: string[] | null
  line: [lon: number, lat: number][]
}

export interface Route {
  code: string
  name: string
  class: string
  synthetic: boolean
  length_m: number
  from: string
  to: string
  states: Partial<Record<State, Covers>>
  sections: Section[]
}

export interface RouteList extends Head {
  level: string
  items: Route[]
}

export interface Gap {
  route: Ref
  from: string
  to: string
  length_m: number
}

export interface Coverage extends Head {
  level: Level
  length_m: number
  states: Partial<Record<State, Covers>>
  gaps: Gap[] | null
  incomplete: string[] | null
  unknown: number
}

export interface RolloutCount {
  planned: number
  surveyed: number
  installed: number
  accepted: number
  retired: number
  enrolled: number
  verified: number
  installed_verified: number
  overdue: number
  sites: number
}

export interface RolloutGroup extends RolloutCount {
  code: string
  name: Text
}

export interface Rollout extends Head {
  total: RolloutCount
  phases: RolloutGroup[] | null
  areas: RolloutGroup[] | null
  unverified: string[] | null
  unclaimed: string[] | null
  unplanned: string[] | null
  overdue: string[] | null
}

export interface Agent {
  code: string
  area?: Ref
  online: boolean
  last_seen?: string
  version?: string
  spooled: number
  cameras: number
  configured: number
  overruns: number
  set_aside: number
  set_aside_messages: number
  quarantine: number
  gaps: number
  lost: number
  conflict?: { what: string; first: string; last: string; count: number }
  refusal?: { code: string; reason: string; at: string }
}

export interface AgentList extends Head {
  items: Agent[]
}

/** An error answer of the API (RFC 9457). */
export interface Problem {
  title?: string
  detail?: string
  status?: number
}
