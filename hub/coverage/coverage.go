// Package coverage says how far a plan's cameras cover its routes: how much of
// a route is in view, which sections are controlled, which gateways are
// watched, and what is missing (DESIGN §3, Coverage).
//
// A figure of coverage means something only at a level of pixel density and
// for a state. The level goes into NewEye, which works out the footprint of
// every camera of the plan; the state goes into Eye.Cover as a predicate that
// says which cameras count, so that many states share the footprints.
//
// A footprint is the camera's sector, its azimuth and horizontal field of view
// out to the ground range at which the level's density is still reached,
// intersected with every route, whichever route the camera's site is on. Hills,
// trees, houses, bends in height and the blind zone under the mast are not
// taken into account: a footprint is what could be seen at best.
//
// Lengths, distances and chainages are metres, never kilometres; angles are
// degrees. Distances run along the route's line from its start; sections and
// gaps are stretches between two of them. Lengths are as good as hub/geo
// promises (1 mm for a line; a footprint of 100 m is sharp to 0.3 mm), which
// is far better than what is known of masts and azimuths.
//
// Everything is a pure function of its arguments, asks no clock, and comes out
// in the same order for the same plan: routes as the plan lists them, sections
// and gateways along the route, cameras by code.
package coverage

import "github.com/phukin/phukin/hub/plan"

// Tolerance is the length in metres below which a stretch is rounding. Plans
// keep positions to 7 decimals (RFC 7946 §11.2), a centimetre; so a camera on
// the road that looks away from it may "see" centimetres of it, and footprints
// that end at a junction reach a hair beyond. Views and gaps no longer than
// this are left out, junctions closer than this are one, and a gateway this
// close to a footprint is in it.
const Tolerance = 0.1

// MaxRange is the longest ground range in metres that a footprint is given,
// whatever its optics promise. It is as far as sectors of hub/geo are meant
// for.
const MaxRange = 2000

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
