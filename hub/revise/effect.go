package revise

import (
	"math"

	"github.com/phukin/phukin/hub/coverage"
	"github.com/phukin/phukin/hub/plan"
)

// Effect is what a proposal does to the coverage, at the plan's own level of a
// day.
type Effect struct {
	Level  string        // code
	Routes []RouteEffect // in the order of the new plan, then those that are gone in the order of the old one
	Total  Change
}

// RouteEffect is what happens to one route.
type RouteEffect struct {
	Code string
	Change
}

// Change is what was covered and what will be. A route that is not in one of the
// plans has nothing there.
type Change struct{ Before, After Lengths }

// Lengths is what there is to cover and what is covered, in metres: in view and
// controlled by the cameras that are planned, and by those that are accepted.
type Lengths struct {
	Length                             float64
	PlannedInView, PlannedControlled   float64
	AcceptedInView, AcceptedControlled float64
}

// list gives them in their order.
func (l Lengths) list() [5]float64 {
	return [5]float64{l.Length, l.PlannedInView, l.PlannedControlled, l.AcceptedInView, l.AcceptedControlled}
}

// Changes says whether any of the lengths differs by a metre or more.
func (c Change) Changes() bool {
	a, b := c.Before.list(), c.After.list()
	for i := range a {
		if math.Abs(a[i]-b[i]) >= 1 {
			return true
		}
	}
	return false
}

// Pairs gives each length before and after, in the order of the fields.
func (c Change) Pairs() [5][2]float64 {
	var pairs [5][2]float64
	a, b := c.Before.list(), c.After.list()
	for i := range a {
		pairs[i] = [2]float64{a[i], b[i]}
	}
	return pairs
}

// Effect measures the proposal as of a day.
func (p *Proposal) Effect(day plan.Date) (Effect, error) {
	var before measured
	if p.Old.Len() > 0 {
		c, err := plan.Compile(p.Old)
		if err != nil {
			return Effect{}, err
		}
		if before, err = measure(c.Plan, day); err != nil {
			return Effect{}, err
		}
	}
	after, err := measure(p.Compiled.Plan, day)
	if err != nil {
		return Effect{}, err
	}
	e := Effect{Level: after.level, Total: Change{before.total, after.total}}
	for _, code := range after.codes {
		e.Routes = append(e.Routes, RouteEffect{code, Change{before.routes[code], after.routes[code]}})
	}
	for _, code := range before.codes {
		if _, stays := after.routes[code]; !stays {
			e.Routes = append(e.Routes, RouteEffect{code, Change{before.routes[code], Lengths{}}})
		}
	}
	return e, nil
}

type measured struct {
	level  string
	codes  []string // of the routes, in the plan's order
	routes map[string]Lengths
	total  Lengths
}

func measure(p *plan.Plan, day plan.Date) (measured, error) {
	level, _ := p.LevelByCode(p.Level)
	eye, err := coverage.NewEye(p, level, nil)
	if err != nil {
		return measured{}, err
	}
	m := measured{level: level.Code, routes: map[string]Lengths{}}
	planned := eye.Cover(func(c *plan.Camera) bool { return c.InPlan(day) })
	accepted := eye.Cover(func(c *plan.Camera) bool { return c.ClaimedAccepted(day) })
	for i, r := range planned.Routes {
		a := accepted.Routes[i]
		m.codes = append(m.codes, r.Code)
		m.routes[r.Code] = Lengths{r.Length, r.InView, r.Controlled, a.InView, a.Controlled}
	}
	m.total = Lengths{planned.Total.Length, planned.Total.InView, planned.Total.Controlled, accepted.Total.InView, accepted.Total.Controlled}
	return m, nil
}
