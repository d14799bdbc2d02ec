package coverage

import (
	"cmp"
	"math"
	"slices"

	"github.com/phukin/phukin/hub/geo"
	"github.com/phukin/phukin/hub/plan"
)

// Result is the coverage of a plan's routes at one level by the cameras that
// count.
type Result struct {
	Level  plan.Level
	Routes []Route // as the plan lists them
	Total  Total

	// GapsInView and GapsOfControl are those of all routes, longest first.
	GapsInView    []Gap
	GapsOfControl []Gap

	Counted    int          // cameras that count
	Incomplete []Incomplete // of those, the ones without a footprint, by code
	OffRoutes  []string     // of those, the ones whose footprint holds no route, by code
}

// Total is the sum over all routes. Shares are its fields divided by Length,
// Sections or Gateways.
type Total struct {
	Length     float64 // metres
	InView     float64 // metres
	Controlled float64 // metres

	Sections           int
	SectionsControlled int
	Gateways           int
	GatewaysInView     int
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
	Controlled   bool     // at least one camera has more than Tolerance of it in view
	Cameras      []string // those cameras, by code
	FromChainage float64  // metres
	ToChainage   float64  // metres
}

// Gateway says who watches a gateway.
type Gateway struct {
	Code     string
	At       float64 // distance from the route's start, metres
	Chainage float64 // metres
	InView   bool
	Cameras  []string // that have its place in view, by code
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

// longestFirst sorts gaps by length. Lengths equal to the millimetre stay in
// the order of the routes and along each, so that the last digit of a sum does
// not decide what a reader sees first.
func longestFirst(gaps []Gap) {
	slices.SortStableFunc(gaps, func(a, b Gap) int {
		return cmp.Compare(math.Round(b.Length()*1000), math.Round(a.Length()*1000))
	})
}
