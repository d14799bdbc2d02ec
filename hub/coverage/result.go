package coverage

import (
	"math/bits"
	"slices"

	"github.com/phukin/phukin/hub/geo"
	"github.com/phukin/phukin/hub/plan"
)

// Result is the coverage of a plan's routes at one level by the cameras that
// count.
type Result struct {
	Level   plan.Level
	Routes  []Route // as the plan lists them
	Classes []Group // of routes, in the order in which the plan's routes have them
	Areas   []Group // by code; the last has no code: what is in no known area, if there is any
	Places  []Place // important places, as the plan lists them
	Total   Total

	// GapsInView and GapsOfControl are those of all routes, longest first.
	GapsInView    []Gap
	GapsOfControl []Gap

	Counted    int          // cameras that count
	Incomplete []Incomplete // of those, the ones without a footprint, by code
	OffRoutes  []string     // of those, the ones whose footprint holds no route, by code
	CutShort   []string     // of those, the ones that reach no farther than Sight although their optics promise it, by code
}

// Total is a sum over routes. Shares are its fields divided by Length,
// Sections, Gateways or Places.
type Total struct {
	Length     float64 // metres
	InView     float64 // metres
	Controlled float64 // metres

	Sections           int
	SectionsControlled int
	Gateways           int
	GatewaysInView     int
	Places             int // important places; of an area or of all, not of a route or class
	PlacesCovered      int // that have a camera, wherever it looks
}

// Group is the coverage of the routes of a class, or of what an area has of
// all routes. A section counts for the area of its middle.
type Group struct {
	Code string
	Total
}

// Route is the coverage of one route.
type Route struct {
	Code       string
	Length     float64        // metres
	InView     float64        // metres, the length of View
	View       []geo.Interval // union of the footprints, in metres from the start, ascending
	Controlled float64        // metres, the length of the controlled sections
	Sections   []Section      // ascending, from end to end
	Gateways   []Gateway      // ascending

	GapsInView    []Gap // what View leaves out, longest first
	GapsOfControl []Gap // sections without control, neighbours joined, longest first
}

// Section is a stretch of a route between two neighbouring junctions, or a
// junction and the route's end.
type Section struct {
	From, To     float64  // distances from the route's start, metres
	FromJunction string   // code; empty at the route's start
	ToJunction   string   // code; empty at the route's end
	InView       float64  // metres
	Controlled   bool     // at least one camera has Least of it in view, in one piece
	Cameras      []string // those cameras, by code
	FromChainage float64  // metres
	ToChainage   float64  // metres
}

// Gateway says who watches a gateway: a camera that controls the section it is
// on, with a piece of road in view that comes within Least of it. Who passes
// the gateway passes through that piece: there is no junction between.
type Gateway struct {
	Code     string
	At       float64 // distance from the route's start, metres
	Chainage float64 // metres
	InView   bool
	Cameras  []string // by code
}

// Place says whether an important place has a camera. Cameras cover the place
// they hang at wherever they look, and a route only if it lies in their
// sector.
type Place struct {
	Site    string // code
	Area    string // code
	Covered bool
}

// Gap is a stretch of a route that is not in view, or not controlled.
type Gap struct {
	Route                    string  // code
	From, To                 float64 // distances from the route's start, metres
	FromChainage, ToChainage float64 // metres
	Sections                 int     // in a gap of control, how many sections it is made of; else 0
}

// Length gives the length of the gap in metres, by the line and not by the
// posts.
func (g Gap) Length() float64 { return g.To - g.From }

// Add takes the figures of one route into t.
func (t *Total) Add(r Route) {
	t.Length += r.Length
	t.InView += r.InView
	t.Controlled += r.Controlled
	t.Sections += len(r.Sections)
	for i := range r.Sections {
		if r.Sections[i].Controlled {
			t.SectionsControlled++
		}
	}
	t.Gateways += len(r.Gateways)
	for i := range r.Gateways {
		if r.Gateways[i].InView {
			t.GatewaysInView++
		}
	}
}

// sum is a Total in whole millimetres.
type sum struct {
	length, inView, controlled                        int64
	sections, controlledSections, gateways, inViewGws int
	places, coveredPlaces                             int
}

func (s *sum) add(o *sum) {
	s.length += o.length
	s.inView += o.inView
	s.controlled += o.controlled
	s.sections += o.sections
	s.controlledSections += o.controlledSections
	s.gateways += o.gateways
	s.inViewGws += o.inViewGws
	s.places += o.places
	s.coveredPlaces += o.coveredPlaces
}

func (s *sum) total() Total {
	return Total{
		Length: metres(s.length), InView: metres(s.inView), Controlled: metres(s.controlled),
		Sections: s.sections, SectionsControlled: s.controlledSections,
		Gateways: s.gateways, GatewaysInView: s.inViewGws,
		Places: s.places, PlacesCovered: s.coveredPlaces,
	}
}

// groups gives the sums of areas as Result lists them.
func (r *Roads) areaGroups(sums []sum) []Group {
	out := make([]Group, 0, len(sums))
	for i := range sums[1:] {
		out = append(out, Group{r.areas[i+1], sums[i+1].total()})
	}
	if unknown := sums[0]; unknown != (sum{}) {
		out = append(out, Group{"", unknown.total()})
	}
	return out
}

func (r *Roads) classGroups(sums []sum) []Group {
	out := make([]Group, len(sums))
	for i := range sums {
		out[i] = Group{r.classes[i], sums[i].total()}
	}
	return out
}

// gap is a Gap before it is told.
type gap struct {
	from, to       int64 // millimetres from the road's start
	road, sections int32
}

// longestFirst gives gaps by length, those of all roads and those of each road,
// which come in the order of the roads, with the index of the first of each in
// starts. Those of one length stay in that order.
func (r *Roads) longestFirst(gaps []gap, starts []int32) (all []Gap, each [][]Gap) {
	longest, keys := int64(0), make([]uint64, len(gaps))
	for i := range gaps {
		longest = max(longest, gaps[i].to-gaps[i].from)
	}
	shift := bits.Len(uint(len(gaps)))
	for i := range gaps {
		keys[i] = uint64(longest-gaps[i].to+gaps[i].from)<<shift | uint64(i)
	}
	slices.Sort(keys)
	slab := make([]Gap, 2*len(gaps))
	all, each = slab[:0:len(gaps)], make([][]Gap, len(starts)-1)
	for k := range each {
		if a, b := starts[k], starts[k+1]; a < b {
			own := slab[len(gaps):]
			each[k] = own[a:a:b]
		}
	}
	for _, key := range keys {
		g := &gaps[key&(1<<shift-1)]
		w := &r.roads[g.road]
		told := Gap{w.route.Code, metres(g.from), metres(g.to), w.chainage(g.from), w.chainage(g.to), int(g.sections)}
		all, each[g.road] = append(all, told), append(each[g.road], told)
	}
	return all, each
}
