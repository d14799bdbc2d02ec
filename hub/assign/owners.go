package assign

import (
	"math"
	"time"

	"github.com/phukin/phukin/hub/plan"
)

// slack is how much later than it should have ended a former agent's
// observation may begin: by as much clocks may differ.
const slack = 5 * time.Minute

// Owners says which agents may speak of which camera: the one to which the
// plan in force gives it, and, of the time before it let go of the camera, one
// that had it before. It does not change.
type Owners struct {
	plan   *plan.Plan
	former map[pair]Former
}

type pair struct{ camera, agent string }

// NewOwners makes it of a plan and of who had cameras before.
func NewOwners(p *plan.Plan, former []Former) *Owners {
	o := &Owners{plan: p, former: make(map[pair]Former, len(former))}
	for _, f := range former {
		if at := (pair{f.Camera, f.Agent}); o.former[at].Revision <= f.Revision {
			o.former[at] = f
		}
	}
	return o
}

// Owner gives the agent to which the plan gives a camera, empty if it gives it
// to none.
func (o *Owners) Owner(camera string) string {
	if c := o.plan.Camera(camera); c != nil {
		return c.Agent
	}
	return ""
}

// Held gives the moment before which an agent's observation of a camera that
// is not its own any more must begin, Unix milliseconds; 0 if the plan never
// gave it the camera.
//
// An agent that works from the hub's lists has a camera until it says that it
// took the list without it, however long it was out of reach. One with a
// configuration of its own has it until the revision that took it away.
func (o *Owners) Held(camera, agent string, sent Sent) int64 {
	f, ok := o.former[pair{camera, agent}]
	switch {
	case !ok:
		return 0
	case sent.TakenAt.IsZero():
		return f.At.Add(slack).UnixMilli()
	case sent.TakenRevision < f.Revision:
		return math.MaxInt64
	}
	end := sent.TakenAt
	if end.Before(f.At) {
		end = f.At
	}
	return end.Add(slack).UnixMilli()
}
