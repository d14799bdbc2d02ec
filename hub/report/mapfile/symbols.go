package mapfile

import (
	"fmt"
	"math"

	"github.com/phukin/phukin/hub/geo"
)

// order is that in which statuses are listed, and painted: what is worst lies
// on top.
var order = []string{notInService, maintenance, up, unknown, degraded, down}

// symbol draws a status. Shapes differ, so that they can be told apart without
// colour.
func (a *artist) symbol(status string, at xy, r float64, tip string) {
	n := len(a.groups[len(a.groups)-1].shapes)
	w := 0.28 * r
	switch status {
	case up:
		a.disc(at, r, blue, white, 0.7*w)
	case degraded:
		h := 1.25 * r
		a.add(shape{points: []xy{{at.x, at.y - h}, {at.x + h, at.y + 0.85*h}, {at.x - h, at.y + 0.85*h}}, closed: true, fill: amber, stroke: brown, width: 0.9 * w})
	case down:
		a.rect(box{at.x - r, at.y - r, at.x + r, at.y + r}, red, white, 0.7*w)
		k := 0.55 * r
		a.line(white, 1.3*w, xy{at.x - k, at.y - k}, xy{at.x + k, at.y + k})
		a.line(white, 1.3*w, xy{at.x + k, at.y - k}, xy{at.x - k, at.y + k})
	case maintenance:
		a.disc(at, 0.9*r, white, black, w)
		a.line(black, w, xy{at.x - 0.5*r, at.y}, xy{at.x + 0.5*r, at.y})
	case notInService:
		a.disc(at, 0.6*r, white, grey, 0.8*w)
	default:
		a.disc(at, 0.9*r, white, black, w)
		a.disc(at, 0.28*r, black, none, 0)
	}
	if g := &a.groups[len(a.groups)-1]; tip != "" && len(g.shapes) > n {
		g.shapes[n].tip = tip
	}
}

// eyes gives the cameras that are shown, by their place.
func (a *artist) eyes() []eye {
	here := map[string]int{}
	var out []eye
	for i := range a.Plan.Cameras {
		c := &a.Plan.Cameras[i]
		s := a.Plan.Site(c.Site)
		if s == nil || !a.shows(c) {
			continue
		}
		at, known := a.position(s)
		if !known {
			continue
		}
		// A camera stands to the right of where it looks, so that it leaves free the
		// road it looks along. Those that look all around, or nobody knows where, stand one
		// beside the other.
		e := eye{camera: c.Code, site: s.Name, spot: a.plane.at(at), direction: c.Azimuth, directed: true, status: a.Status(c).Code}
		if math.IsNaN(c.Azimuth) || math.IsInf(c.Azimuth, 0) || c.FOV == 360 {
			e.direction, e.directed = 45+120*float64(here[c.Site]), false
		}
		here[c.Site]++
		sin, cos := math.Sincos((e.direction + 90) * math.Pi / 180)
		away := 2.75*a.u + 1.3*a.radius()
		e.at = xy{e.spot.x + away*sin, e.spot.y - away*cos}
		out = append(out, e)
	}
	return out
}

// eye is a camera on the drawing.
type eye struct {
	camera, site, status string
	spot, at             xy      // where it hangs, and where its symbol is
	direction            float64 // degrees clockwise from north
	directed             bool    // it looks that way
}

// radius is that of a camera's symbol.
func (a *artist) radius() float64 {
	if a.narrow {
		return 2.4
	}
	return 3.3 * a.u
}

// tick points to where a camera looks.
func (a *artist) tick(at xy, direction, r float64) {
	sin, cos := math.Sincos(direction * math.Pi / 180)
	a.line(black, 0.3*r, at, xy{at.x + 2.1*r*sin, at.y - 2.1*r*cos})
}

func (a *artist) drawCameras() {
	a.begin("cameras")
	r := a.radius()
	eyes := a.eyes()
	for _, e := range eyes {
		if e.directed {
			a.tick(e.at, e.direction, r)
		}
		a.labels.marks = append(a.labels.marks, box{e.at.x - r, e.at.y - r, e.at.x + r, e.at.y + r})
	}
	for _, status := range order {
		for _, e := range eyes {
			if e.status == status {
				a.symbol(status, e.at, r, fmt.Sprintf("%s, %s: %s", plain(e.camera), plain(e.site), statusName(status).VI))
			}
		}
	}
}

// drawFootprints draws the footprints of the cameras that count, where the
// scale lets one see them.
func (a *artist) drawFootprints() {
	a.begin("footprints")
	for _, f := range a.footprints() {
		a.add(shape{points: thin(a.plane.all(f), 0.4*a.u), closed: true, fill: sector, stroke: grey, width: 0.5 * a.u})
	}
}

// footprints gives the borders of those that are drawn.
func (a *artist) footprints() [][]geo.Point {
	const least = 5 // units from the camera to the end of its sight
	var out [][]geo.Point
	if a.NoCameras {
		return nil
	}
	for _, f := range a.Eye.Footprints() {
		c := a.Plan.Camera(f.Camera)
		if c == nil || !a.shows(c) || !a.Counts(c) || f.Sector.Radius*a.plane.scale < least*a.u {
			continue
		}
		if border := ring(f.Sector); len(border) > 3 {
			out = append(out, border[:len(border)-1])
		}
	}
	return out
}

func (a *artist) drawGateways() {
	a.begin("gateways")
	for _, g := range a.gateways() {
		at, r := a.plane.at(g.point), 4.2*a.u
		a.gateway(at, r, g.inView, fmt.Sprintf("%s: %s", plain(g.Name), lower(gatewayName(g.inView).VI)))
		a.labels.marks = append(a.labels.marks, box{at.x - r, at.y - r, at.x + r, at.y + r})
	}
}

// gateway draws the symbol of a gateway: full if it is in view.
func (a *artist) gateway(at xy, r float64, inView bool, tip string) {
	fill := white
	if inView {
		fill = black
	}
	a.add(shape{points: []xy{{at.x, at.y - r}, {at.x + r, at.y}, {at.x, at.y + r}, {at.x - r, at.y}}, closed: true, fill: fill, stroke: black, width: 1.1 * a.u, tip: tip})
}
