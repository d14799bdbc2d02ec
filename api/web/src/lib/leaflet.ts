// The part of Leaflet 1.9 that the map needs, taken from its sources by name:
// half of the library (tiles, canvas, images, pop-ups, markers) stays out of
// the page. The types are those of @types/leaflet.

import type * as Leaflet from 'leaflet'
import { scale } from 'leaflet/src/control/Control.Scale.js'
import { zoom } from 'leaflet/src/control/Control.Zoom.js'
import { toLatLngBounds } from 'leaflet/src/geo/LatLngBounds.js'
import { layerGroup } from 'leaflet/src/layer/LayerGroup.js'
import { tooltip } from 'leaflet/src/layer/Tooltip.js'
import { polyline } from 'leaflet/src/layer/vector/Polyline.js'
import { svg } from 'leaflet/src/layer/vector/SVG.js'
import { createMap, Map } from 'leaflet/src/map/Map.js'
import 'leaflet/src/map/handler/Map.DoubleClickZoom.js'
import 'leaflet/src/map/handler/Map.Drag.js'
import 'leaflet/src/map/handler/Map.Keyboard.js'
import 'leaflet/src/map/handler/Map.ScrollWheelZoom.js'
import 'leaflet/src/map/handler/Map.TouchZoom.js'

// Leaflet's own getRenderer can make a canvas and so drags the canvas in.
// Every line of ours names its renderer.
Map.include({
  getRenderer(this: Leaflet.Map, line: Leaflet.Path) {
    const renderer = line.options.renderer!
    if (!this.hasLayer(renderer)) this.addLayer(renderer)
    return renderer
  },
})

type Part = Pick<typeof Leaflet, 'map' | 'layerGroup' | 'tooltip' | 'polyline' | 'svg' | 'latLngBounds'> & {
  control: Pick<typeof Leaflet.control, 'zoom' | 'scale'>
}

const L: Part = { map: createMap, layerGroup, tooltip, polyline, svg, latLngBounds: toLatLngBounds, control: { zoom, scale } }

export default L
