package next

import (
	"cmp"
	"context"
	"math"
	"slices"

	"github.com/phukin/phukin/hub/coverage"
	"github.com/phukin/phukin/hub/network"
	"github.com/phukin/phukin/hub/plan"
)

// ranker puts one site after the other to what is there.
type ranker struct {
	Question
	ctx        context.Context           // of one rank
	views      map[string][]network.View // by camera
	blind      map[string]bool           // cameras without a footprint
	board      *coverage.Board
	tally      *network.Tally
	all        Measures
	candidates []candidate // by code
	partly     []string
	most       int
	sites      []Site
}

// candidate is a site that is to come.
type candidate struct {
	Site
	cameras []int // by the eye's numbers
	closes  int   // by the tally's
	taken   bool
	value   float64 // what it was worth when it was last asked
}

func newRanker(p *plan.Plan, q Question) *ranker {
	r := &ranker{Question: q, views: map[string][]network.View{}, blind: map[string]bool{}, board: q.Eye.Board()}
	for _, f := range q.Eye.Footprints() {
		for _, s := range f.Stretch {
			r.views[f.Camera] = append(r.views[f.Camera], network.View{Route: s.Route, Interval: s.Interval})
		}
	}
	for _, c := range q.Eye.Incomplete() {
		r.blind[c.Camera] = true
	}
	there, coming := r.divide()
	total := r.board.Total()
	r.all = Measures{
		InView: total.Length, Controlled: total.Length, Sections: total.Sections, Gateways: total.Gateways, Places: total.Places,
		Ways: q.Network.Tally(q.Network.Closed(nil, coverage.Least)).Pairs(),
	}
	for i := range p.Sites {
		s := &p.Sites[i]
		switch cameras := coming[s.Code]; {
		case len(cameras) == 0 || q.Site != nil && !q.Site(s):
		case there[s.Code]:
			r.partly = append(r.partly, s.Code)
		default:
			r.candidates = append(r.candidates, r.candidate(s, cameras))
		}
	}
	slices.SortFunc(r.candidates, func(a, b candidate) int { return cmp.Compare(a.Code, b.Code) })
	slices.Sort(r.partly)
	return r
}

// divide puts the cameras that are there on the board and into the tally, and
// gives their sites, and the cameras to come of each site.
func (r *ranker) divide() (there map[string]bool, coming map[string][]int) {
	there, coming = map[string]bool{}, map[string][]int{}
	var seen []network.View
	for i := range r.Eye.Cameras() {
		switch c := r.Eye.Camera(i); {
		case r.There(c):
			r.board.Set(i, true)
			seen = append(seen, r.views[c.Code]...)
			there[c.Site] = true
		case r.Planned(c):
			coming[c.Site] = append(coming[c.Site], i)
		}
	}
	r.tally = r.Network.Tally(r.Network.Closed(seen, coverage.Least))
	return there, coming
}

func (r *ranker) candidate(s *plan.Site, cameras []int) candidate {
	out := candidate{Site: Site{Site: s}, cameras: cameras}
	var views []network.View
	known := true
	for _, k := range cameras {
		c := r.Eye.Camera(k)
		out.Cameras = append(out.Cameras, c.Code)
		if r.blind[c.Code] {
			out.Incomplete = append(out.Incomplete, c.Code)
		}
		out.Cost += c.Cost
		known = known && c.Cost > 0
		views = append(views, r.views[c.Code]...)
	}
	if !known {
		out.Cost = 0
	}
	out.closes = r.tally.Add(r.Network.Closed(views, coverage.Least))
	return out
}

// more says whether another site is to be ranked.
func (r *ranker) more() bool { return len(r.sites) < r.most && r.ctx.Err() == nil }

// now gives what is covered.
func (r *ranker) now() Measures {
	return amountsOf(r.board.Total()).measures(r.all.Ways - r.tally.Pairs())
}

// together gives what all candidates would add.
func (r *ranker) together() Measures {
	before := amountsOf(r.board.Total())
	numbers := make([]int, len(r.candidates))
	for i := range r.candidates {
		r.set(&r.candidates[i], true)
		numbers[i] = r.candidates[i].closes
	}
	gain := amountsOf(r.board.Total()).less(before)
	for i := range r.candidates {
		r.set(&r.candidates[i], false)
	}
	return gain.measures(r.tally.Gain(numbers...))
}

func (r *ranker) set(c *candidate, counts bool) {
	for _, k := range c.cameras {
		r.board.Set(k, counts)
	}
}

// gain gives what a candidate would add now, all but ways.
func (r *ranker) gain(c *candidate) amounts {
	before := amountsOf(r.board.Total())
	r.set(c, true)
	after := amountsOf(r.board.Total())
	r.set(c, false)
	return after.less(before)
}

// take puts a candidate to what is there.
func (r *ranker) take(c *candidate, standing Standing, with ...string) {
	before := amountsOf(r.board.Total())
	r.set(c, true)
	c.taken = true
	c.Standing, c.With = standing, with
	c.Gain = amountsOf(r.board.Total()).less(before).measures(r.tally.Close(c.closes))
	c.After = r.now()
	r.sites = append(r.sites, c.Site)
}

// amounts are measures that are exact: lengths in millimetres.
type amounts struct {
	inView, controlled         int64
	sections, gateways, places int
}

func amountsOf(t coverage.Total) amounts {
	return amounts{millimetres(t.InView), millimetres(t.Controlled), t.SectionsControlled, t.GatewaysInView, t.PlacesCovered}
}

// millimetres gives the whole millimetres that coverage counts in.
func millimetres(m float64) int64 { return int64(math.Round(m * 1000)) }

func (a amounts) less(b amounts) amounts {
	return amounts{a.inView - b.inView, a.controlled - b.controlled, a.sections - b.sections, a.gateways - b.gateways, a.places - b.places}
}

func (a amounts) measures(ways int) Measures {
	return Measures{float64(a.inView) / 1000, float64(a.controlled) / 1000, a.sections, a.gateways, ways, a.places}
}

func (a amounts) value(by By) float64 {
	switch by {
	case View:
		return float64(a.inView)
	case Gateways:
		return float64(a.gateways)
	}
	return float64(a.controlled)
}
