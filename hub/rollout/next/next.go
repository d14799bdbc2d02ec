// Package next ranks the sites of a plan that are still to come by what each
// would add to what is there: which one to build, or to repair, next.
//
// The rank is greedy. It takes the site that adds most, counts it as there, and
// finds out anew what each other one would add then; so what two sites would
// both see is given to one of them only, and the gains of all rows add up to what
// all sites add together. Sites that add as much are taken by their codes.
//
// How good that is depends on the measure. Metres in view, metres controlled
// and gateways are the kind of measure of which a site adds less, or as much,
// the more others are there. For those the first k sites add at least
// 1 − (1 − 1/k)^k, more than 63 %, of what the best k sites would add (Nemhauser,
// Wolsey and Fisher, 1978). By cost the first sites are a good beginning whatever
// the purse, but no share of the best is promised. Blind ways are of another kind:
// two sites on two roads that run side by side close a way together which neither
// closes alone. Where no site closes any by itself, the rank goes on with sites of
// which none can be spared; Site.With tells which belong together.
//
// Everything is a pure function of its arguments and comes out in the same
// order for the same plan. Lengths are metres, costs million VND. What is not
// looked at: hamlets and people near a road, outages to be expected, power and
// lines, and everything else that the plan does not hold.
package next

import (
	"context"
	"fmt"

	"github.com/phukin/phukin/hub/coverage"
	"github.com/phukin/phukin/hub/network"
	"github.com/phukin/phukin/hub/plan"
)

// By is the measure that the rank is by.
type By string

// The measures.
const (
	View     By = "view"     // metres that come into view
	Control  By = "control"  // metres of sections that become controlled
	Gateways By = "gateways" // gateways that come into view
	Ways     By = "ways"     // pairs of gateways between which no blind way is left
	Cost     By = "cost"     // metres of sections that become controlled, per million VND
)

// Orders gives all measures that a rank can be by.
func Orders() []By { return []By{View, Control, Gateways, Ways, Cost} }

// Question says what is to be ranked, and how.
type Question struct {
	// Eye has the footprints of the plan's cameras at a level, and Network its
	// routes.
	Eye     *coverage.Eye
	Network *network.Network
	// There says which cameras count as there already.
	There func(*plan.Camera) bool
	// Planned says which others are to come.
	Planned func(*plan.Camera) bool
	// Site says which sites are looked at. It defaults to all.
	Site func(*plan.Site) bool
	By   By
	// Most is how many sites are ranked at most. It defaults to all.
	Most int
}

// Measures are what is covered, of what there is in all, or what is added to it.
type Measures struct {
	InView     float64 // metres
	Controlled float64 // metres
	Sections   int     // controlled
	Gateways   int     // in view
	// Ways are pairs of gateways that are joined by road, but by no blind way.
	Ways   int
	Places int // important places with a camera, wherever it looks
}

// Standing says where a site is in the rank, and why.
type Standing string

// The standings, in the order of the rank.
const (
	Ranked      Standing = "ranked"
	CostUnknown Standing = "cost_unknown" // by cost alone: adds something, but not all its cameras have a cost
	AddsNothing Standing = "adds_nothing" // by the measure asked for; it may add something of another one
)

// Site is a site of the rank.
type Site struct {
	*plan.Site
	Standing   Standing
	Cameras    []string // that are to come, by code
	Incomplete []string // of those, the ones whose footprint cannot be told, by code
	Cost       float64  // of all cameras that are to come, million VND; 0 if it is not known
	With       []string // sites of the rank next to it, which add what they add only together with it; by code
	Gain       Measures // when all before it are there
	After      Measures // what is covered then
}

// PerMillion gives an amount of the site per million VND. It is false if its
// cost is not known.
func (s *Site) PerMillion(amount float64) (float64, bool) {
	if s.Cost <= 0 {
		return 0, false
	}
	return amount / s.Cost, true
}

// Ranking is the answer to a question.
type Ranking struct {
	All      Measures // what there is
	Before   Measures // by what is there
	Together Measures // what all candidates add
	// Candidates are how many sites are to come: none of their cameras counts as
	// there, and at least one is planned.
	Candidates int
	// Partly are sites some of whose cameras are there and others to come, by
	// code. They are not ranked, and what their other cameras would add is left out.
	Partly []string
	Sites  []Site // those ranked first, then those of which the cost is not known, then those that add nothing
}

// Rank answers a question about a plan, whose eye and network it has. It fails if
// ctx ends: ways of thousands of sites on thousands of junctions take minutes.
func Rank(ctx context.Context, p *plan.Plan, q Question) (Ranking, error) {
	r := newRanker(p, q)
	r.ctx = ctx
	out := Ranking{All: r.all, Before: r.now(), Together: r.together(), Candidates: len(r.candidates), Partly: r.partly}
	r.most = len(r.candidates)
	if q.Most > 0 {
		r.most = min(r.most, q.Most)
	}
	switch q.By {
	case Ways:
		r.byWays()
	case Cost:
		r.byValue(Ranked, func(c *candidate, gain amounts) float64 {
			if c.Cost > 0 {
				return float64(gain.controlled) / c.Cost
			}
			return 0
		})
		r.byValue(CostUnknown, func(c *candidate, gain amounts) float64 {
			if c.Cost > 0 {
				return 0
			}
			return float64(gain.controlled)
		})
	default:
		r.byValue(Ranked, func(_ *candidate, gain amounts) float64 { return gain.value(q.By) })
	}
	for i := range r.candidates {
		if r.more() && !r.candidates[i].taken {
			r.take(&r.candidates[i], AddsNothing)
		}
	}
	if err := ctx.Err(); err != nil {
		return Ranking{}, fmt.Errorf("rank the sites by %s: %w", q.By, err)
	}
	out.Sites = r.sites
	return out, nil
}
