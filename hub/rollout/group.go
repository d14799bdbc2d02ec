package rollout

import (
	"cmp"
	"slices"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/plan"
)

// By says what cameras are put together by.
type By string

// What figures are made by.
const (
	ByTotal   By = "total"
	ByPhase   By = "phase"
	ByArea    By = "area" // the commune of the day
	ByRoute   By = "route"
	ByFunding By = "funding" // source of the money
	ByOwner   By = "owner"
)

// Key names a group. Code is empty for cameras that have none, such as those
// off the routes by route. From is the first day in force of an area, and zero
// for everything else: codes of areas are used again with other meanings.
type Key struct {
	Code string
	From plan.Date
}

// KeyOf gives the group of a camera on a day.
func KeyOf(p *plan.Plan, c *plan.Camera, by By, on plan.Date) Key {
	switch by {
	case ByPhase:
		return Key{Code: c.Phase}
	case ByFunding:
		return Key{Code: c.Funding}
	case ByOwner:
		return Key{Code: string(c.Owner)}
	}
	site := p.Site(c.Site)
	switch {
	case site == nil:
	case by == ByRoute:
		return Key{Code: site.Route}
	case by == ByArea:
		if a := p.SiteArea(site, on); a != nil {
			return Key{a.Code, a.ValidFrom}
		}
		return Key{Code: site.Area}
	}
	return Key{}
}

// Group is what the cameras of one key have come to. A site whose cameras
// belong to several groups counts in each of them.
type Group struct {
	Key
	Counts
}

// Groups counts the cameras of a plan on a day, with what had been seen of them
// by its end. Groups without a camera that is in the plan or retired are left
// out, but the total is always there. Phases stand in the plan's order,
// everything else by its key, and what has none last.
func Groups(p *plan.Plan, seen map[string]history.Seen, on plan.Date, by By) []Group {
	tallies := map[Key]*tally{}
	if by == ByTotal {
		tallies[Key{}] = newTally()
	}
	for i := range p.Cameras {
		c := &p.Cameras[i]
		n := countOf(c, seen, on)
		if n == (Count{}) {
			continue
		}
		key := KeyOf(p, c, by, on)
		if tallies[key] == nil {
			tallies[key] = newTally()
		}
		tallies[key].add(n, c.Site)
	}
	all := make([]Group, 0, len(tallies))
	for key, t := range tallies {
		all = append(all, Group{key, t.counts()})
	}
	sortByKey(p, by, all, func(g Group) Key { return g.Key })
	return all
}

// sortByKey puts groups into the order in which they are shown.
func sortByKey[G any](p *plan.Plan, by By, groups []G, key func(G) Key) {
	phase := map[string]int{}
	if by == ByPhase {
		for i, ph := range p.Phases {
			phase[ph.Code] = i - len(p.Phases)
		}
	}
	slices.SortFunc(groups, func(x, y G) int {
		a, b := key(x), key(y)
		return cmp.Or(one(a.Code == "")-one(b.Code == ""), cmp.Compare(phase[a.Code], phase[b.Code]), cmp.Compare(a.Code, b.Code), cmp.Compare(a.From, b.From))
	})
}

// Within gives what says whether a camera's site lies in an area, of whatever
// level, on a day. The area of the plan, and the empty code, have all sites; an
// area that had ended before has those that lay in it on its last day. It is
// not ok for a code that means no area by then.
func Within(p *plan.Plan, area string, on plan.Date) (of func(*plan.Camera) bool, ok bool) {
	if area == "" || area == p.Root {
		return func(*plan.Camera) bool { return true }, true
	}
	meant := p.AreaOn(area, on)
	if meant == nil {
		return func(*plan.Camera) bool { return false }, false
	}
	if !meant.InForce(on) {
		on = meant.ValidTo
	}
	return func(c *plan.Camera) bool {
		site := p.Site(c.Site)
		return site != nil && slices.ContainsFunc(p.SiteAreas(site, on), func(a *plan.Area) bool {
			return a.Code == meant.Code && a.ValidFrom == meant.ValidFrom
		})
	}, true
}

// tally sums counts and knows the sites behind them.
type tally struct {
	cameras Count
	sites   map[string]*Count
}

func newTally() *tally { return &tally{sites: map[string]*Count{}} }

// add takes the count of one camera at a site.
func (t *tally) add(n Count, site string) {
	t.cameras.add(n)
	if t.sites[site] == nil {
		t.sites[site] = &Count{}
	}
	t.sites[site].add(n)
}

func (t *tally) counts() Counts {
	n := Counts{Cameras: t.cameras}
	for _, site := range t.sites {
		if site.Planned > 0 {
			site.Retired = 0
		}
		for _, f := range site.fields() {
			*f = min(*f, 1)
		}
		n.Sites.add(*site)
	}
	return n
}
