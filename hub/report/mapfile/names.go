package mapfile

import (
	"math"

	"github.com/phukin/phukin/hub/geo"
	"github.com/phukin/phukin/hub/plan"
)

// mostSites is up to how many sites are named on a map.
const mostSites = 40

// drawLabels names what is on the map, the most important first: routes,
// gateways, areas, and sites where there are few of them.
func (a *artist) drawLabels() {
	var all []label
	all = append(all, a.routeLabels()...)
	all = append(all, a.gatewayLabels()...)
	all = append(all, a.areaLabels()...)
	all = append(all, a.siteLabels()...)
	a.begin("labels")
	for i := range all {
		l := &all[i]
		b, ok := a.labels.place(l)
		if !ok {
			continue
		}
		if l.plate {
			a.rect(b, white, black, 0.7*a.u)
		} else {
			a.rect(b.grown(-0.1*l.size), veil, none, 0)
		}
		a.write(xy{(b.left + b.right) / 2, b.bottom - 0.42*l.size}, l.text, l.size, l.bold, 0.5, l.fill)
	}
}

// routeLabels gives plates with the codes of the routes, more than one on a
// long route.
func (a *artist) routeLabels() []label {
	const apart = 330 // units
	var out []label
	for i := 0; i < len(a.runs); {
		first := i
		for i++; i < len(a.runs) && a.runs[i].route == a.runs[first].route && a.runs[i].from == a.runs[i-1].to; i++ {
		}
		r := &a.Plan.Routes[a.runs[first].route]
		from, to := metres(a.runs[first].from), metres(a.runs[i-1].to)
		n := 1 + int((to-from)*a.plane.scale/(apart*a.u))
		for k := range n {
			l := label{text: shortened(plain(r.Code), true, a.small, 90*a.u), size: a.small, bold: true, fill: black, plate: true, must: k == 0 && to-from > 0}
			for try := range 13 {
				// In the middle of its share of the route, then ever further off.
				off := float64((try+1)/2) * 0.075
				if try%2 == 1 {
					off = -off
				}
				at := from + (to-from)*(float64(k)+0.5+off)/float64(n)
				l.spots = append(l.spots, spot{a.plane.at(r.Line.At(at)), math.Abs(off) * 8})
			}
			out = append(out, l)
		}
	}
	return out
}

func (a *artist) gatewayLabels() []label {
	var out []label
	for _, g := range a.gateways() {
		text := g.Name
		if g.To != "" {
			text = "→ " + g.To
		}
		text = shortened(plain(text), false, a.small, 150*a.u)
		out = append(out, label{text: text, size: a.small, fill: black, spots: beside(a.plane.at(g.point), text, a.small, false, 6*a.u)})
	}
	return out
}

// areaLabels names the areas in which sites are shown, in the middle of those
// sites unless the plan knows a better place.
func (a *artist) areaLabels() []label {
	type sum struct {
		area     *plan.Area
		lon, lat float64
		n        float64
	}
	var all []*sum
	byArea := map[*plan.Area]*sum{}
	for i := range a.Plan.Sites {
		s := &a.Plan.Sites[i]
		at, known := a.position(s)
		if !known || !a.places[s.Code] {
			continue
		}
		area := a.Plan.SiteArea(s, a.Today)
		if area == nil {
			continue
		}
		x := byArea[area]
		if x == nil {
			x = &sum{area: area}
			byArea[area] = x
			all = append(all, x)
		}
		x.lon, x.lat, x.n = x.lon+at.Lon, x.lat+at.Lat, x.n+1
	}
	size := a.body
	if a.narrow {
		size = a.small
	}
	var out []label
	for _, x := range all {
		at := geo.Point{Lon: x.lon / x.n, Lat: x.lat / x.n}
		if x.area.Centre != (geo.Point{}) {
			at = x.area.Centre
		}
		l := label{text: shortened(plain(x.area.Name), false, size, 150*a.u), size: size, fill: grey}
		p := a.plane.at(at)
		for ring := range 4 {
			for i := range max(1, 8*ring) {
				sin, cos := math.Sincos(2 * math.Pi * float64(i) / float64(max(1, 8*ring)))
				d := float64(ring) * 13 * a.u
				l.spots = append(l.spots, spot{xy{p.x + 1.6*d*cos, p.y + d*sin}, float64(ring) * 1.5})
			}
		}
		out = append(out, l)
	}
	return out
}

// siteLabels names sites where there are few: important places by their names,
// others by their chainage.
func (a *artist) siteLabels() []label {
	if a.NoCameras || len(a.places) > mostSites {
		return nil
	}
	var out []label
	for i := range a.Plan.Sites {
		s := &a.Plan.Sites[i]
		at, known := a.position(s)
		if !known || !a.places[s.Code] || s.Kind == plan.SiteGateway { // whose gateway has a label
			continue
		}
		text := s.Name
		if r := a.Plan.Route(s.Route); r != nil && (s.Kind == plan.SiteRoute || s.Kind == "") {
			text = geo.FormatChainage(chainage(r, millimetres(s.At)))
		}
		text = shortened(plain(text), false, a.small, 150*a.u)
		out = append(out, label{text: text, size: a.small, fill: black, spots: beside(a.plane.at(at), text, a.small, false, 2.8*a.radius())})
	}
	return out
}

// gatewayName gives the words for a gateway.
func gatewayName(inView bool) plan.Text {
	if inView {
		return plan.Text{VI: "Cửa ngõ được quan sát", EN: "gateway in view"}
	}
	return plan.Text{VI: "Cửa ngõ chưa quan sát", EN: "gateway not in view"}
}
