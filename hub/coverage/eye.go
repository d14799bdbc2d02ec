package coverage

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/phukin/phukin/hub/geo"
	"github.com/phukin/phukin/hub/plan"
)

// Eye holds what every camera of a plan would see of its routes at one level,
// if it worked. It never changes, and is safe for use by many goroutines.
type Eye struct {
	level      plan.Level
	cameras    []*plan.Camera // by code
	footprints []Footprint    // by code
	blind      map[int]Reason // by index into cameras
	roads      []road         // as the plan lists its routes
	sees       []bool         // by index into cameras: some route is in view
}

// Footprint is what a camera takes in: the sector for a map, and its part of
// each route.
type Footprint struct {
	Camera string // code
	// Sector has the ground range as its radius, which is 0 if the density is
	// not reached on the ground at all.
	Sector  geo.Sector
	Stretch []Stretch // in the plan's order of routes, ascending along each
}

// Stretch is a part of a route between two distances from its start, metres.
type Stretch struct {
	Route string // code
	geo.Interval
}

// Reason says why a camera has no footprint.
type Reason string

// The reasons.
const (
	NoPosition    Reason = "no_position"      // its site is not in the plan, or has no position
	NoFieldOfView Reason = "no_field_of_view" // place only: azimuth and field of view are not known
	NoWidth       Reason = "no_width"         // its resolution is neither measured nor planned
)

// Incomplete is a camera whose footprint cannot be told, and why.
type Incomplete struct {
	Camera string // code
	Reason Reason
}

// NewEye works out the footprints of all cameras of p at a level. Function
// width gives a camera's horizontal pixels as measured; where it gives 0 or
// less, or is nil, those of the plan hold. It fails if the level has no
// density, or a route no line.
func NewEye(p *plan.Plan, level plan.Level, width func(*plan.Camera) int) (*Eye, error) {
	if !(level.Density > 0) {
		return nil, fmt.Errorf("coverage: level %q has density %v; it must be above 0 px/m", level.Code, level.Density)
	}
	e := &Eye{level: level, blind: map[int]Reason{}, sees: make([]bool, len(p.Cameras))}
	for i := range p.Cameras {
		e.cameras = append(e.cameras, &p.Cameras[i])
	}
	slices.SortStableFunc(e.cameras, func(a, b *plan.Camera) int { return cmp.Compare(a.Code, b.Code) })

	lines := make(map[string]*geo.Line, len(p.Routes))
	for i := range p.Routes {
		r := &p.Routes[i]
		if r.Line == nil {
			return nil, fmt.Errorf("coverage: route %q has no line", r.Code)
		}
		lines[r.Code] = r.Line
		e.roads = append(e.roads, newRoad(p, r))
	}
	positions := positions(p, lines)
	for i, c := range e.cameras {
		w := c.Width
		if width != nil {
			if measured := width(c); measured > 0 {
				w = measured
			}
		}
		apex, known := positions[c.Site]
		switch {
		case !known:
			e.blind[i] = NoPosition
		case !(c.FOV > 0 && c.FOV <= 360):
			e.blind[i] = NoFieldOfView
		case w <= 0:
			e.blind[i] = NoWidth
		default:
			e.look(i, geo.Sector{
				Apex:    apex,
				Azimuth: c.Azimuth,
				FOV:     c.FOV,
				Radius:  min(GroundRange(Reach(w, c.FOV, level.Density), c.MountingAt), MaxRange),
			})
		}
	}
	for i := range e.roads {
		e.roads[i].settle()
	}
	return e, nil
}

// positions gives where sites are, by code. A site on a route without a
// position of its own is on the route's line.
func positions(p *plan.Plan, lines map[string]*geo.Line) map[string]geo.Point {
	m := make(map[string]geo.Point, len(p.Sites))
	for _, s := range p.Sites {
		if s.Position != (geo.Point{}) {
			m[s.Code] = s.Position
		} else if l := lines[s.Route]; l != nil {
			m[s.Code] = l.At(s.At)
		}
	}
	return m
}

// look records what camera i takes in with its sector.
func (e *Eye) look(i int, s geo.Sector) {
	f := Footprint{Camera: e.cameras[i].Code, Sector: s}
	var buf [8]geo.Interval
	for k := range e.roads {
		r := &e.roads[k]
		for _, v := range r.route.Line.Inside(s, buf[:0]) {
			if v.To-v.From > Tolerance {
				r.views = append(r.views, view{i, v})
				f.Stretch = append(f.Stretch, Stretch{r.route.Code, v})
				e.sees[i] = true
			}
		}
	}
	e.footprints = append(e.footprints, f)
}

// Level gives the level that the footprints reach to.
func (e *Eye) Level() plan.Level { return e.level }

// Footprints gives the footprints of all cameras that have one, by code, for
// the caller to read only.
func (e *Eye) Footprints() []Footprint { return e.footprints }

// Incomplete gives the cameras without a footprint, by code.
func (e *Eye) Incomplete() []Incomplete {
	return e.incomplete(func(int) bool { return true })
}

func (e *Eye) incomplete(counted func(i int) bool) []Incomplete {
	var out []Incomplete
	for i, c := range e.cameras {
		if reason, ok := e.blind[i]; ok && counted(i) {
			out = append(out, Incomplete{c.Code, reason})
		}
	}
	return out
}
