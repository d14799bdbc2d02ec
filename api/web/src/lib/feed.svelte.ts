// Everything the page knows of the hub, kept fresh. What was once received
// stays until something newer comes: a lost hub makes figures old, not blank.

import type {
  AgentList,
  Camera,
  CameraList,
  Coverage,
  Head,
  Plan,
  Rollout,
  RouteList,
  StatusList,
} from './api'
import { withStatuses } from './cameras'
import { language } from './i18n.svelte'
import { PATHS, type Part } from './parts'
import { Poller, type Failure, type World } from './poller'

export class Feed {
  plan = $state.raw<Plan>()
  /** Figures of the period; its items carry the newest statuses. */
  cameras = $state.raw<CameraList>()
  routes = $state.raw<RouteList>()
  coverage = $state.raw<Coverage>()
  rollout = $state.raw<Rollout>()
  agents = $state.raw<AgentList>()
  /** The hub's clock when it last confirmed each part. */
  confirmed = $state<Partial<Record<Part, Date>>>({})
  /** Parts whose last request brought nothing. */
  failures = $state<Partial<Record<Part, Failure>>>({})

  #statuses: StatusList | undefined
  #pollers: Poller<never>[] = []
  #full: Poller<CameraList> | undefined

  items = $derived<Camera[]>(this.cameras?.items ?? [])
  /** Moment the statuses hold for. */
  asOf = $derived<Date | undefined>(this.confirmed.statuses ?? this.confirmed.cameras)
  simulated = $derived<boolean>(
    [this.plan, this.cameras, this.coverage, this.rollout].some((head) => head?.simulated === true),
  )

  start(world: World): void {
    this.#poll('plan', world, (plan: Plan) => {
      this.plan = plan
      if (knownZone(plan.time_zone)) language.zone = plan.time_zone
    })
    this.#full = this.#poll('cameras', world, (list: CameraList) => this.#takeCameras(list))
    this.#poll('statuses', world, (list: StatusList) => this.#takeStatuses(list))
    this.#poll('coverage', world, (answer: Coverage) => (this.coverage = answer))
    this.#poll('routes', world, (answer: RouteList) => (this.routes = answer))
    this.#poll('rollout', world, (answer: Rollout) => (this.rollout = answer))
    this.#poll('agents', world, (answer: AgentList) => (this.agents = answer))
  }

  stop(): void {
    for (const poller of this.#pollers) poller.stop()
  }

  /** wake asks for everything now. */
  wake(): void {
    for (const poller of this.#pollers) poller.wake()
  }

  #poll<T extends Head>(part: Part, world: World, take: (data: T) => void): Poller<T> {
    const [path, every] = PATHS[part]
    let asOf: Date | undefined
    const poller = new Poller<T>({
      url: `api/v1/${path}`,
      every,
      world,
      onData: (data) => {
        asOf = new Date(data.as_of)
        take(data)
      },
      onConfirmed: (at, fresh) => {
        // An unchanged answer holds for the moment at which the hub said so.
        const moment = fresh || !at || (asOf && at < asOf) ? asOf : at
        if (moment) this.confirmed[part] = moment
        delete this.failures[part]
      },
      onFailure: (failure) => (this.failures[part] = failure),
    })
    this.#pollers.push(poller as unknown as Poller<never>)
    poller.start()
    return poller
  }

  #takeCameras(list: CameraList): void {
    const items = list.items ?? []
    const newer = this.#statuses && this.#statuses.as_of > list.as_of ? this.#statuses.items : []
    this.cameras = { ...list, items: withStatuses(items, newer) }
  }

  #takeStatuses(list: StatusList): void {
    this.#statuses = list
    if (!this.cameras) return
    const items = withStatuses(this.cameras.items, list.items ?? [])
    if (items !== this.cameras.items) this.cameras = { ...this.cameras, items }
    // A camera we have never heard of: the plan changed.
    if ((list.items ?? []).length !== items.length) this.#full?.wake()
  }
}

function knownZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone })
    return zone !== ''
  } catch {
    return false
  }
}

/** browser is the world as a page finds it. */
export const browser: World = {
  fetch: async (url, init) => {
    const answer = await fetch(new URL(url, document.baseURI), init)
    // Whoever is not logged in, or no longer, is asked to.
    if (answer.status === 401) location.assign(new URL('login', document.baseURI))
    return answer
  },
  hidden: () => document.visibilityState === 'hidden',
  random: Math.random,
}
