// Package coverage says how far a plan's cameras cover its routes: how much of
// a route is in view, which sections are controlled, which gateways are
// watched, which important places have a camera, and what is missing (DESIGN
// §3, Coverage). docs/coverage.md explains every measure with pictures and
// numbers that can be followed by hand.
//
// A figure of coverage means something only at a level of pixel density and
// for a state. The level goes into NewEye, which works out the footprint of
// every camera of the plan; the state goes into Eye.Cover as a predicate that
// says which cameras count, so that many states share the footprints. A Board
// keeps the figures of one state up to date while cameras come and go; Eye.Over
// weighs them by time over a period, from ledger days; Eye.Loss says what the
// outages of cameras took away.
//
// A footprint is the camera's sector, its azimuth and horizontal field of view
// out to the ground range at which the level's density is still reached, but
// no further than Sight, intersected with every route, whichever route the
// camera's site is on. Hills, trees, houses, bends in height and the blind zone
// under the mast are not taken into account: a footprint is what could be seen
// at best.
//
// Lengths, distances and chainages are metres, never kilometres; angles are
// degrees. Distances run along the route's line from its start; sections and
// gaps are stretches between two of them. Every figure is counted in whole
// millimetres, so that what is in view and what is missing add up to the length
// exactly, and so do routes, classes and areas to the total.
//
// Everything is a pure function of its arguments, asks no clock, and comes out
// in the same order for the same plan: routes as the plan lists them, sections
// and gateways along the route, cameras by code.
package coverage

import (
	"math"

	"github.com/phukin/phukin/hub/plan"
)

// Tolerance is the length in metres below which a stretch is rounding. Plans
// keep positions to 7 decimals (RFC 7946 §11.2), a centimetre; so a camera on
// the road that looks away from it may "see" centimetres of it, and two at one
// place that look either way leave a hair between them. A footprint's piece of
// a route that is not longer than this is left out; its borders are drawn to a
// junction, an end of the route or each other when they lie this close; and
// junctions closer than this are one.
const Tolerance = 0.1

// Least is the shortest piece of road, in metres, on which somebody who passes
// is surely seen: at 60 km/h 0.3 s, three pictures at 10 frames per second. A
// section is controlled by a camera that has at least as much of it in view,
// in one piece, or all of it if it is shorter.
const Least = 5.0

// Sight is the longest ground range in metres that a footprint is given,
// whatever its optics promise. Below 1,000 m the air is called fog (WMO): what
// is nearer is seen in any other weather.
const Sight = 1000

// State says which cameras a figure counts.
type State string

// The states.
const (
	Planned   State = "planned"   // in the plan and not retired
	Installed State = "installed" // claimed installed and not retired
	Accepted  State = "accepted"  // claimed accepted and not retired
	Working   State = "working"   // up or degraded: evidence decides, not the plan
)

// States gives all states, from promise to proof.
func States() []State { return []State{Planned, Installed, Accepted, Working} }

// ByPlan gives the predicate for Eye.Cover that counts the cameras which are
// in a state on a day, as far as the plan alone decides. It is not ok for
// Working, which the caller decides from evidence, and for states that there
// are not.
func ByPlan(s State, on plan.Date) (counts func(*plan.Camera) bool, ok bool) {
	switch s {
	case Planned:
		return func(c *plan.Camera) bool { return c.InPlan(on) }, true
	case Installed:
		return func(c *plan.Camera) bool { return c.ClaimedInstalled(on) }, true
	case Accepted:
		return func(c *plan.Camera) bool { return c.ClaimedAccepted(on) }, true
	}
	return nil, false
}

// millimetres rounds metres to whole millimetres, in which all is counted.
func millimetres(m float64) int64 { return int64(math.Floor(m*1000 + 0.5)) }

func metres(mm int64) float64 { return float64(mm) / 1000 }

// The constants in millimetres.
const (
	hair  = int64(Tolerance * 1000)
	least = int64(Least * 1000)
)
