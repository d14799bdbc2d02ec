// The map itself: Leaflet with its SVG renderer, no tiles. Drawn are the
// sections by coverage state, the routes' names and the graticule.
//
// A state is told by width and pattern as well as colour: a full line has a
// working camera, a broken one has cameras that do not work now, a hollow one
// has none.

import type * as Leaflet from 'leaflet'
import { gridLabel, gridLines } from './graticule'
import L from './leaflet'
import type { SectionState, Stretch } from './sections'

export interface MapWords {
  stretch: (s: Stretch) => string
  zoomIn: string
  zoomOut: string
  hemispheres: { n: string; s: string; e: string; w: string }
}

interface Drawn {
  stretch: Stretch
  under: Leaflet.Polyline
  over: Leaflet.Polyline
  hit: Leaflet.Polyline
}

const STYLE: Record<SectionState, { under: Leaflet.PathOptions; over: Leaflet.PathOptions }> = {
  working: {
    under: { color: '#fff', weight: 9 },
    over: { color: '#0b5fa5', weight: 6, dashArray: '' },
  },
  idle: {
    under: { color: '#fff', weight: 8 },
    over: { color: '#b8320a', weight: 5, dashArray: '9 6' },
  },
  none: {
    under: { color: '#3c4149', weight: 6 },
    over: { color: '#fff', weight: 3, dashArray: '' },
  },
}

/** Width in pixels below which the routes are named by their codes. */
const NARROW = 760

/** From bottom to top. */
const PANES = ['grid', 'halo', 'under', 'over', 'hit'] as const
type Pane = (typeof PANES)[number]

/** The mark of the chosen section: a white band with a black edge. */
const HALO: Leaflet.PathOptions[] = [
  { color: '#111', weight: 18 },
  { color: '#ffe9a3', weight: 13 },
]

const LINE: Leaflet.PolylineOptions = { lineCap: 'butt', lineJoin: 'round', interactive: false, smoothFactor: 0.6 }

export class RouteMap {
  #map: Leaflet.Map
  #grid = L.layerGroup()
  #names = L.layerGroup()
  #drawn = new Map<string, Drawn>()
  #renderers: Partial<Record<Pane, Leaflet.SVG>> = {}
  #halos: Leaflet.Polyline[]
  #words: MapWords
  #zoom: Leaflet.Control.Zoom | undefined
  #select: (key: string) => void
  #fitted = false

  constructor(element: HTMLElement, words: MapWords, select: (key: string) => void) {
    this.#words = words
    this.#select = select
    this.#map = L.map(element, {
      attributionControl: false,
      zoomControl: false,
      zoomSnap: 0.25,
      zoomAnimation: false,
      fadeAnimation: false,
      scrollWheelZoom: false,
    })
    // The wheel zooms only a map that has the focus, else it scrolls the page.
    this.#map.on('focus', () => this.#map.scrollWheelZoom.enable())
    this.#map.on('blur', () => this.#map.scrollWheelZoom.disable())
    this.#map.on('moveend', () => this.#drawGrid())
    for (const [i, pane] of PANES.entries()) this.#map.createPane(pane).style.zIndex = String(401 + i)
    this.#map.setView([0, 0], 2)
    this.#grid.addTo(this.#map)
    this.#names.addTo(this.#map)
    this.#halos = HALO.map((style) => this.#line('halo', [], style).addTo(this.#map))
    L.control.scale({ imperial: false }).addTo(this.#map)
    this.say(words)
  }

  /** say takes the words of another language. */
  say(words: MapWords): void {
    this.#words = words
    this.#zoom?.remove()
    this.#zoom = L.control.zoom({ zoomInTitle: words.zoomIn, zoomOutTitle: words.zoomOut }).addTo(this.#map)
    this.#drawGrid()
    this.#drawNames()
    for (const d of this.#drawn.values()) this.#label(d)
  }

  /** show draws the sections, or redraws those that changed. */
  show(all: Stretch[], selected: string): void {
    const keys = new Set(all.map((s) => s.key))
    for (const [key, d] of this.#drawn) {
      if (keys.has(key)) continue
      for (const line of [d.under, d.over, d.hit]) line.remove()
      this.#drawn.delete(key)
    }
    let moved = false
    for (const stretch of all) {
      const old = this.#drawn.get(stretch.key)
      const same = old && JSON.stringify(old.stretch.section.line) === JSON.stringify(stretch.section.line)
      if (!same) moved = true
      const d = old ?? this.#draw(stretch)
      const restyle = !old || old.stretch.state !== stretch.state
      d.stretch = stretch
      if (!same) for (const line of [d.under, d.over, d.hit]) line.setLatLngs(latLngs(stretch))
      if (restyle) {
        d.under.setStyle(STYLE[stretch.state].under)
        d.over.setStyle(STYLE[stretch.state].over)
      }
      this.#label(d)
    }
    if (moved) this.#drawNames()
    if (!this.#fitted && all.length > 0) {
      this.#fitted = true
      this.fit()
    }
    this.mark(selected)
  }

  /** mark puts the halo on a section and moves there if it is out of sight. */
  mark(selected: string): void {
    const d = this.#drawn.get(selected)
    for (const halo of this.#halos) halo.setLatLngs(d ? latLngs(d.stretch) : [])
    const first = this.#drawn.keys().next().value
    for (const [key, other] of this.#drawn) {
      const path = other.hit.getElement()
      path?.setAttribute('aria-pressed', String(key === selected))
      path?.setAttribute('tabindex', key === (d ? selected : first) ? '0' : '-1')
    }
    if (!d) return
    const bounds = d.hit.getBounds()
    if (!this.#map.getBounds().contains(bounds)) this.#map.fitBounds(bounds, { padding: [60, 60], maxZoom: this.#map.getZoom() })
  }

  fit(): void {
    const lines = [...this.#drawn.values()].map((d) => d.hit.getBounds())
    if (lines.length === 0) return
    const bounds = lines.reduce((a, b) => a.extend(b), L.latLngBounds(lines[0]!.getSouthWest(), lines[0]!.getNorthEast()))
    this.#map.fitBounds(bounds, { padding: [28, 28] })
  }

  /** resized tells the map that its box changed; a map not yet touched is fitted again. */
  resized(): void {
    this.#map.invalidateSize({ animate: false })
    this.#drawNames()
    this.fit()
  }

  close(): void {
    this.#map.remove()
  }

  #line(pane: Pane, at: Leaflet.LatLngExpression[], options: Leaflet.PolylineOptions): Leaflet.Polyline {
    const renderer = (this.#renderers[pane] ??= L.svg({ pane, padding: 0.3 }))
    return L.polyline(at, { ...LINE, ...options, pane, renderer })
  }

  #draw(stretch: Stretch): Drawn {
    const make = (pane: Pane, options: Leaflet.PolylineOptions) => this.#line(pane, latLngs(stretch), options).addTo(this.#map)
    const d: Drawn = {
      stretch,
      under: make('under', STYLE[stretch.state].under),
      over: make('over', STYLE[stretch.state].over),
      hit: make('hit', { interactive: true, opacity: 0, color: '#111', weight: 18 }),
    }
    this.#drawn.set(stretch.key, d)
    d.hit.on('click', () => this.#select(stretch.key))
    const path = d.hit.getElement() as SVGElement
    path.setAttribute('role', 'button')
    path.addEventListener('keydown', (e) => this.#key(e, stretch.key))
    return d
  }

  #key(e: KeyboardEvent, key: string): void {
    const keys = [...this.#drawn.keys()]
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[e.key]
    if (step === undefined && e.key !== 'Enter' && e.key !== ' ') return
    e.preventDefault()
    e.stopPropagation()
    const next = keys[(keys.indexOf(key) + (step ?? 0) + keys.length) % keys.length]!
    this.#select(next)
    const path = this.#drawn.get(next)!.hit.getElement() as SVGElement
    path.focus({ preventScroll: true })
  }

  #label(d: Drawn): void {
    const path = d.hit.getElement()
    const words = this.#words.stretch(d.stretch)
    if (path?.getAttribute('aria-label') === words) return
    path?.setAttribute('aria-label', words)
    d.hit.unbindTooltip().bindTooltip(text(words), { sticky: true, direction: 'top', className: 'section-tip' })
  }

  #drawNames(): void {
    this.#names.clearLayers()
    const short = this.#map.getSize().x < NARROW
    const longest = new Map<string, Stretch>()
    for (const { stretch } of this.#drawn.values()) {
      const best = longest.get(stretch.route.code)
      if (!best || stretch.section.length_m > best.section.length_m) longest.set(stretch.route.code, stretch)
    }
    for (const stretch of longest.values()) {
      const points = latLngs(stretch)
      const at = points[Math.floor(points.length / 2)]
      if (at) this.#text(at, short ? stretch.route.code : stretch.route.name, 'route-name', 'center').addTo(this.#names)
    }
  }

  #drawGrid(): void {
    this.#grid.clearLayers()
    if (!this.#fitted) return // no route yet: the view is the whole world
    const view = this.#map.getBounds()
    const box = { west: view.getWest(), south: view.getSouth(), east: view.getEast(), north: view.getNorth() }
    const wide = view.pad(1)
    for (const line of gridLines(box)) {
      const ends: Leaflet.LatLngTuple[] =
        line.kind === 'meridian'
          ? [[wide.getSouth(), line.at], [wide.getNorth(), line.at]]
          : [[line.at, wide.getWest()], [line.at, wide.getEast()]]
      this.#line('grid', ends, { color: '#b9c0c9', weight: 1, dashArray: '1 4' }).addTo(this.#grid)
      const at: Leaflet.LatLngTuple = line.kind === 'meridian' ? [box.north, line.at] : [line.at, box.east]
      const side = line.kind === 'meridian' ? 'bottom' : 'left'
      this.#text(at, gridLabel(line, this.#words.hemispheres), 'grid-label', side).addTo(this.#grid)
    }
  }

  #text(at: Leaflet.LatLngExpression, words: string, className: string, direction: Leaflet.Direction): Leaflet.Tooltip {
    return L.tooltip({ permanent: true, direction, className, opacity: 1 }).setLatLng(at).setContent(text(words))
  }
}

/** text is an element with words: Leaflet would read a string as HTML. */
function text(words: string): HTMLElement {
  const element = document.createElement('span')
  element.textContent = words
  return element
}

function latLngs(stretch: Stretch): Leaflet.LatLngTuple[] {
  return stretch.section.line.map(([lon, lat]) => [lat, lon])
}
