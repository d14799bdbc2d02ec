package mapfile

import (
	"io"
	"math"
	"slices"
	"time"

	"github.com/phukin/phukin/hub/coverage"
	"github.com/phukin/phukin/hub/geo"
	"github.com/phukin/phukin/hub/plan"
)

// WriteGeoJSON writes the map as a FeatureCollection (RFC 7946). Every feature
// has a property layer; docs/map.md lists the layers and their properties. What
// is not known is null. It writes while it goes along, and fails with
// ErrTooLarge after MaxSize bytes.
func (m *Map) WriteGeoJSON(w io.Writer) error {
	f := newFeatures(w, m.Plan.Simulated)
	head := props{
		{"name", "phukin-coverage"}, {"plan", m.Plan.Name.VI}, {"plan_en", m.Plan.Name.EN},
		{"plan_revision", m.revision()}, {"level", m.level.Code}, {"density_px_per_m", m.level.Density}, {"state", string(m.State)},
		{"as_of", moment(m.At)}, {"simulated", m.Plan.Simulated}, {"area", text(m.Area)}, {"route", text(m.Route)},
	}
	f.begin(head)
	m.writeStretches(f)
	m.writeGaps(f)
	m.writeSections(f)
	m.writeGateways(f)
	if !m.NoCameras {
		m.writeSites(f)
		m.writeFootprints(f)
		m.writeCameras(f)
	}
	return f.end()
}

// revision gives the number of the plan's revision, nil if it was read from
// files.
func (m *Map) revision() any {
	if n := m.Plan.Revision.Number; n > 0 {
		return n
	}
	return nil
}

func (m *Map) writeStretches(f *features) {
	for i := range m.stretches {
		x := &m.stretches[i]
		p := append(m.along(x.route, x.from, x.to), prop{"section", x.section + 1}, prop{"area", text(x.area)})
		for s, state := range coverage.States() {
			p = append(p, prop{"in_view_" + string(state), x.inView[s]}, prop{"controlled_" + string(state), x.controlled[s]})
		}
		f.line("route_stretch", line(&m.Plan.Routes[x.route], x.from, x.to), p)
	}
}

// along gives the properties of all that lies along a route.
func (m *Map) along(route int, from, to int64) props {
	r := &m.Plan.Routes[route]
	a, b := chainage(r, from), chainage(r, to)
	return props{
		{"route", r.Code}, {"route_name", r.Name}, {"class", r.Class}, {"synthetic", r.Synthetic},
		{"chainage_from", geo.FormatChainage(a)}, {"chainage_to", geo.FormatChainage(b)}, {"chainage_from_m", round(a)}, {"chainage_to_m", round(b)},
		{"from_m", metres(from)}, {"to_m", metres(to)}, {"length_m", metres(to - from)},
	}
}

func (m *Map) writeGaps(f *features) {
	own := m.own()
	for _, kind := range []struct {
		name  string
		lacks func(*stretch) bool
	}{
		{"in_view", func(x *stretch) bool { return !x.inView[own] }},
		{"controlled", func(x *stretch) bool { return !x.controlled[own] }},
	} {
		for _, g := range m.gaps(kind.lacks) {
			p := append(m.along(g.route, g.from, g.to), prop{"lacks", kind.name}, prop{"state", string(m.State)}, prop{"level", m.level.Code})
			if kind.name == "controlled" {
				p = append(p, prop{"sections", g.sections})
			}
			f.line("gap", line(&m.Plan.Routes[g.route], g.from, g.to), p)
		}
	}
}

func (m *Map) writeSections(f *features) {
	names := map[[2]string]string{}
	for i := range m.Plan.Junctions {
		j := &m.Plan.Junctions[i]
		names[[2]string{j.Route, j.Code}] = j.Name
	}
	for i := range m.stretches {
		x := &m.stretches[i]
		if i > 0 && m.stretches[i-1].route == x.route && m.stretches[i-1].section == x.section {
			continue
		}
		r := &m.Plan.Routes[x.route]
		s := &m.Covers[m.State].Routes[x.route].Sections[x.section]
		from, to := millimetres(s.From), millimetres(s.To)
		p := append(m.along(x.route, from, to), prop{"section", x.section + 1},
			prop{"from_junction", text(s.FromJunction)}, prop{"from_name", text(names[[2]string{r.Code, s.FromJunction}])},
			prop{"to_junction", text(s.ToJunction)}, prop{"to_name", text(names[[2]string{r.Code, s.ToJunction}])})
		for _, state := range coverage.States() {
			s := &m.Covers[state].Routes[x.route].Sections[x.section]
			p = append(p, prop{"in_view_m_" + string(state), s.InView}, prop{"controlled_" + string(state), s.Controlled}, prop{"cameras_" + string(state), len(s.Cameras)})
		}
		f.line("section", line(r, from, to), p)
	}
}

// gateway is one that is shown.
type gateway struct {
	*plan.Gateway
	route  int // in Plan.Routes
	of     int // in the results' Gateways
	point  geo.Point
	inView bool // in the map's state
}

// gateways gives those on what is shown of the routes, along each.
func (m *Map) gateways() []gateway {
	byCode := map[string]*plan.Gateway{}
	for i := range m.Plan.Gateways {
		byCode[m.Plan.Gateways[i].Code] = &m.Plan.Gateways[i]
	}
	var out []gateway
	for i := range m.Plan.Routes {
		for k, g := range m.Covers[m.State].Routes[i].Gateways {
			if m.shown(i, g.At) && byCode[g.Code] != nil {
				out = append(out, gateway{byCode[g.Code], i, k, m.Plan.Routes[i].Line.At(g.At), g.InView})
			}
		}
	}
	return out
}

func (m *Map) writeGateways(f *features) {
	for _, g := range m.gateways() {
		r := &m.Plan.Routes[g.route]
		at := m.Covers[m.State].Routes[g.route].Gateways[g.of].Chainage
		p := props{
			{"code", g.Code}, {"name", g.Name}, {"leads_to", text(g.To)}, {"route", r.Code}, {"route_name", r.Name},
			{"chainage", geo.FormatChainage(at)}, {"chainage_m", round(at)}, {"at_m", round(g.At)},
		}
		for _, state := range coverage.States() {
			c := &m.Covers[state].Routes[g.route].Gateways[g.of]
			p = append(p, prop{"in_view_" + string(state), c.InView}, prop{"cameras_" + string(state), len(c.Cameras)})
		}
		f.point("gateway", g.point, p)
	}
}

// position gives where a site is, and whether that is known.
func (m *Map) position(s *plan.Site) (geo.Point, bool) {
	if s.Position != (geo.Point{}) {
		return s.Position, true
	}
	if r := m.Plan.Route(s.Route); r != nil && r.Line != nil {
		return r.Line.At(s.At), true
	}
	return geo.Point{}, false
}

// of gives the properties that a site gives to all that hangs there.
func (m *Map) of(s *plan.Site) props {
	p := props{{"site", s.Code}, {"site_name", s.Name}, {"site_kind", string(s.Kind)}}
	if a := m.Plan.SiteArea(s, m.Today); a != nil {
		p = append(p, prop{"area", a.Code}, prop{"area_name", a.Name})
	} else {
		p = append(p, prop{"area", text(s.Area)}, prop{"area_name", nil})
	}
	if r := m.Plan.Route(s.Route); r != nil {
		at := chainage(r, millimetres(s.At))
		return append(p, prop{"route", r.Code}, prop{"chainage", geo.FormatChainage(at)}, prop{"chainage_m", round(at)})
	}
	return append(p, prop{"route", nil}, prop{"chainage", nil}, prop{"chainage_m", nil})
}

func (m *Map) writeSites(f *features) {
	cameras, counted := map[string]int{}, map[string]int{}
	for i := range m.Plan.Cameras {
		c := &m.Plan.Cameras[i]
		cameras[c.Site]++
		if m.Counts(c) {
			counted[c.Site]++
		}
	}
	for i := range m.Plan.Sites {
		s := &m.Plan.Sites[i]
		if !m.places[s.Code] {
			continue
		}
		p := append(m.of(s), prop{"important_place", s.Kind != plan.SiteRoute && s.Kind != ""}, prop{"cameras", cameras[s.Code]}, prop{"cameras_counted", counted[s.Code]}, prop{"state", string(m.State)})
		at, known := m.position(s)
		f.pointIf("site", at, known, p)
	}
}

// camera gives the properties of a camera.
func (m *Map) camera(c *plan.Camera) props {
	p := props{{"camera", c.Code}}
	if s := m.Plan.Site(c.Site); s != nil {
		p = append(p, m.of(s)...)
	}
	st := m.Status(c)
	p = append(p,
		prop{"status", st.Code}, prop{"cause", text(st.Cause)}, prop{"fault", text(st.Fault)}, prop{"since", moment(st.Since)},
		prop{"phase", text(c.Phase)}, prop{"owner", text(string(c.Owner))}, prop{"agent", text(c.Agent)},
		prop{"azimuth_deg", number(c.Azimuth)}, prop{"fov_deg", number(c.FOV)}, prop{"width_px", whole(c.Width)}, prop{"height_px", whole(c.Height)},
		prop{"mounting_height_m", whole(c.MountingAt)})
	for _, state := range coverage.States() {
		counts := st.Code == up || st.Code == degraded
		if byPlan, ok := coverage.ByPlan(state, m.Today); ok {
			counts = byPlan(c)
		}
		p = append(p, prop{string(state), counts})
	}
	return p
}

func (m *Map) writeFootprints(f *features) {
	for _, fp := range m.Eye.Footprints() {
		c := m.Plan.Camera(fp.Camera)
		if c == nil || !m.shows(c) {
			continue
		}
		inView := 0.0
		for _, s := range fp.Stretch {
			inView += s.To - s.From
		}
		p := append(m.camera(c), prop{"level", m.level.Code}, prop{"state", string(m.State)}, prop{"counts", m.Counts(c)},
			prop{"range_m", round(fp.Sector.Radius)}, prop{"road_m", round(inView)})
		f.polygon("footprint", ring(fp.Sector), p)
	}
}

func (m *Map) writeCameras(f *features) {
	reasons := map[string]coverage.Reason{}
	for _, x := range m.Eye.Incomplete() {
		reasons[x.Camera] = x.Reason
	}
	for i := range m.Plan.Cameras {
		c := &m.Plan.Cameras[i]
		if !m.shows(c) {
			continue
		}
		p := append(m.camera(c), prop{"incomplete", text(string(reasons[c.Code]))})
		at, known := geo.Point{}, false
		if s := m.Plan.Site(c.Site); s != nil {
			at, known = m.position(s)
		}
		f.pointIf("camera", at, known, p)
	}
}

// arc is how far apart the points of a footprint's border are, degrees. The
// chord between two lies within 0.04 % of the range of it.
const arc = 3.0

// ring gives the border of a sector, counter-clockwise as RFC 7946 §3.1.6 has
// it; nil if it has no area.
func ring(s geo.Sector) []geo.Point {
	if !(s.Radius > 0) || !(s.FOV > 0) {
		return nil
	}
	fov := min(s.FOV, 360)
	n := max(1, int(math.Ceil(fov/arc)))
	var out []geo.Point
	if fov < 360 {
		out = append(out, s.Apex)
	}
	for i := range n + 1 {
		if fov == 360 && i == n {
			break // the first point closes it
		}
		out = append(out, geo.Move(s.Apex, s.Azimuth+fov/2-fov*float64(i)/float64(n), s.Radius))
	}
	return append(out, out[0])
}

// round rounds metres to millimetres.
func round(m float64) float64 { return metres(millimetres(m)) }

// text gives a text that may be missing.
func text(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// number gives a number that may not be known.
func number(v float64) any {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return v
}

// whole gives a number for which 0 means that it is not known.
func whole[T int | float64](v T) any {
	if v == 0 {
		return nil
	}
	return v
}

// moment gives a time that may not be known.
func moment(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Truncate(time.Second).Format(time.RFC3339)
}

// signed area in square degrees of a closed ring, above 0 if it runs
// counter-clockwise.
func signedArea(ring []geo.Point) float64 {
	sum := 0.0
	for i := range len(ring) - 1 {
		a, b := ring[i], ring[i+1]
		sum += (a.Lon-ring[0].Lon)*(b.Lat-ring[0].Lat) - (b.Lon-ring[0].Lon)*(a.Lat-ring[0].Lat)
	}
	return sum / 2
}

// grid gives points as the file has them, to 7 decimals, without those that
// repeat the one before.
func grid(points []geo.Point) []geo.Point {
	out := make([]geo.Point, 0, len(points))
	for _, p := range points {
		out = append(out, geo.Point{Lon: math.Round(p.Lon*1e7) / 1e7, Lat: math.Round(p.Lat*1e7) / 1e7})
	}
	return slices.Compact(out)
}
