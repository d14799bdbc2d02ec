package plan

import (
	"fmt"
	"math"
	"slices"

	"github.com/phukin/phukin/hub/geo"
)

// What looks wrong on a map, although it may be right.
const (
	farFromArea  = 75_000     // metres around the areas' points, at least, beyond which nothing is of the plan
	lookAlong    = 150        // metres in front of a camera in which some of its road should be
	lookAtLeast  = 1          // metres of road
	maxCompare   = 20_000_000 // segments of one route compared with each other; a longer search is given up
	sameAzimuth  = 2          // degrees
	metresDegree = 111_000    // of latitude, for rough boxes
)

func (d *draft) checkGeometry() {
	if d.rows == nil {
		return // made in code
	}
	if box, ok := d.areaBox(); ok {
		d.checkInside(box)
	}
	d.checkViews()
}

// checkLine looks for a route that crosses itself or comes by one point twice.
// Points and their rows are parallel, without repetitions.
func (r *record) checkLine(rows []*record, points []geo.Point) {
	if i, k, ok := selfCrossing(points); ok {
		rows[k+1].warn("lon", fmt.Sprintf("%s crosses itself here and after point %d", quote(r.code), i+1),
			"check the order of the points; a road that does cross itself is better two routes")
	}
	seen := make(map[geo.Point]int, len(points))
	for i, p := range points {
		first, twice := seen[p]
		ring := first == 0 && i == len(points)-1
		if twice && !ring {
			rows[i].warn("lon", fmt.Sprintf("the same place as point %d of %s", first+1, quote(r.code)), "check the order of the points, or leave one out")
		}
		if !twice {
			seen[p] = i
		}
	}
}

// selfCrossing finds two segments of a line that cross each other, by a sweep
// from west to east: the ones that begin at points i and k, i < k.
func selfCrossing(p []geo.Point) (i, k int, ok bool) {
	n := len(p) - 1
	west := func(s int) float64 { return min(p[s].Lon, p[s+1].Lon) }
	order := make([]int, n)
	for s := range order {
		order[s] = s
	}
	slices.SortFunc(order, func(a, b int) int {
		switch {
		case west(a) < west(b):
			return -1
		case west(a) > west(b):
			return 1
		}
		return a - b
	})
	compared := 0
	for x, a := range order {
		east := max(p[a].Lon, p[a+1].Lon)
		for _, b := range order[x+1:] {
			if west(b) > east {
				break
			}
			if compared++; compared > maxCompare {
				return 0, 0, false
			}
			if cross(p[a], p[a+1], p[b], p[b+1]) {
				return min(a, b), max(a, b), true
			}
		}
	}
	return 0, 0, false
}

// cross says whether two segments cross at a point inside both.
func cross(a, b, c, d geo.Point) bool {
	turn := func(p, q, r geo.Point) float64 {
		return (q.Lon-p.Lon)*(r.Lat-p.Lat) - (q.Lat-p.Lat)*(r.Lon-p.Lon)
	}
	return turn(a, b, c)*turn(a, b, d) < 0 && turn(c, d, a)*turn(c, d, b) < 0
}

// box is a range of positions.
type box struct{ min, max geo.Point }

func (b box) has(p geo.Point) bool {
	return p.Lon >= b.min.Lon && p.Lon <= b.max.Lon && p.Lat >= b.min.Lat && p.Lat <= b.max.Lat
}

// areaBox gives the box around the points of all areas, widened by its own
// diagonal and at least by farFromArea. It is not ok without any point.
func (d *draft) areaBox() (b box, ok bool) {
	b = box{geo.Point{Lon: 180, Lat: 90}, geo.Point{Lon: -180, Lat: -90}}
	for i, a := range d.plan.Areas {
		if s := d.at(Areas, i, a.Code); a.Centre == (geo.Point{}) || !s.sound("lon", "lat") {
			continue
		}
		ok = true
		b.min = geo.Point{Lon: min(b.min.Lon, a.Centre.Lon), Lat: min(b.min.Lat, a.Centre.Lat)}
		b.max = geo.Point{Lon: max(b.max.Lon, a.Centre.Lon), Lat: max(b.max.Lat, a.Centre.Lat)}
	}
	if !ok {
		return b, false
	}
	margin := max(farFromArea, geo.Distance(b.min, b.max))
	lat := margin / metresDegree
	lon := lat / max(math.Cos(b.max.Lat*math.Pi/180), 0.1)
	b.min = geo.Point{Lon: b.min.Lon - lon, Lat: b.min.Lat - lat}
	b.max = geo.Point{Lon: b.max.Lon + lon, Lat: b.max.Lat + lat}
	return b, true
}

// checkInside finds positions far from the areas of the plan: sites must not
// lie there, routes are only told of.
func (d *draft) checkInside(b box) {
	for i, x := range d.plan.Sites {
		s := d.at(Sites, i, x.Code)
		if x.Position == (geo.Point{}) || s.row.Cells == nil || sitesTable.Cell(s.row.Row, "lon") == "" || !s.sound("lon", "lat") || b.has(x.Position) {
			continue
		}
		got, want := b.outside(x.Position)
		s.fault("lon", got, want)
	}
	for i, r := range d.plan.Routes {
		if r.Line == nil {
			continue
		}
		for n, p := range r.Line.Points() {
			if !b.has(p) {
				got, want := b.outside(p)
				d.at(Routes, i, r.Code).warn("code", fmt.Sprintf("point %d: %s", n+1, got), want)
				break
			}
		}
	}
}

func (b box) outside(p geo.Point) (got, want string) {
	here := fmt.Sprintf("longitude %s, latitude %s", formatNumber(p.Lon), formatNumber(p.Lat))
	if b.has(geo.Point{Lon: p.Lat, Lat: p.Lon}) {
		return here + " are swapped", "write the longitude first, then the latitude"
	}
	middle := geo.Point{Lon: (b.min.Lon + b.max.Lon) / 2, Lat: (b.min.Lat + b.max.Lat) / 2}
	return fmt.Sprintf("%s lies %.0f km from the middle of the plan's areas", here, geo.Distance(p, middle)/1000),
		"check every digit of lon and lat"
}

// checkViews finds cameras on a road that have none of it in view, and two
// that look the same way from one place.
func (d *draft) checkViews() {
	sites := make(map[string]*Site, len(d.plan.Sites))
	for i := range d.plan.Sites {
		sites[d.plan.Sites[i].Code] = &d.plan.Sites[i]
	}
	routes := d.routesByCode()
	type view struct {
		site    string
		azimuth int
	}
	looking := map[view]*Camera{}
	var buf [8]geo.Interval
	for i := range d.plan.Cameras {
		c := &d.plan.Cameras[i]
		s := d.at(Cameras, i, c.Code)
		site := sites[c.Site]
		if site == nil || !s.sound("azimuth", "fov", "installed", "retired") || !c.Retired.IsZero() || math.IsNaN(c.Azimuth) || math.IsNaN(c.FOV) {
			continue
		}
		key := view{c.Site, int(math.Round(math.Mod(c.Azimuth, 360) / sameAzimuth))}
		if other := looking[key]; other != nil && other.FOV == c.FOV {
			s.warn("azimuth", fmt.Sprintf("looks the same way as %s at the same site", quote(other.Code)), "check that these are two cameras")
		}
		looking[key] = c
		r := routes[site.Route]
		if site.Kind != SiteRoute || r == nil || r.Line == nil || site.Position == (geo.Point{}) {
			continue
		}
		seen := geo.Total(r.Line.Inside(geo.Sector{Apex: site.Position, Azimuth: c.Azimuth, FOV: c.FOV, Radius: lookAlong}, buf[:0]))
		if seen < lookAtLeast {
			along := r.Line.BearingAt(site.At)
			s.warn("azimuth", fmt.Sprintf("%s° looks away from %s, which runs %.0f° and %.0f° here", formatNumber(c.Azimuth), quote(r.Code), along, math.Mod(along+180, 360)),
				"check the azimuth: degrees clockwise from north")
		}
	}
}
