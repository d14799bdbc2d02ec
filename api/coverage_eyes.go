package api

import (
	"slices"
	"strings"
	"sync"

	"github.com/phukin/phukin/hub/coverage"
	"github.com/phukin/phukin/hub/plan"
)

// eyes keeps footprints while nothing that they follow from changes: the level,
// the resolution of every camera, and the day whose areas sites lie in.
type eyes struct {
	plan *plan.Plan

	mu    sync.Mutex
	roads map[plan.Date]*coverage.Roads
	kept  map[eyeKey]keptEye
}

// eyeKey says whose footprints: at a level, with the areas of a day, by the
// planned resolution or the measured one.
type eyeKey struct {
	level    string
	day      plan.Date
	measured bool
}

type keptEye struct {
	*coverage.Eye
	widths []int
}

// So many are kept before all are made anew.
const (
	maxRoads = 8
	maxEyes  = 32
)

func newEyes(p *plan.Plan) *eyes {
	return &eyes{plan: p, roads: map[plan.Date]*coverage.Roads{}, kept: map[eyeKey]keptEye{}}
}

// at gives the footprints at a level, with the areas of a day. Widths are the
// measured ones of the plan's cameras, pixels, 0 for the planned one; nil for
// the planned ones of all.
func (e *eyes) at(level plan.Level, day plan.Date, widths []int) (*coverage.Eye, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	key := eyeKey{level.Code, day, widths != nil}
	if k, ok := e.kept[key]; ok && slices.Equal(k.widths, widths) {
		return k.Eye, nil
	}
	roads, ok := e.roads[day]
	if !ok {
		var err error
		if roads, err = coverage.NewRoads(onDay(e.plan, day)); err != nil {
			return nil, err
		}
		if len(e.roads) >= maxRoads {
			clear(e.roads)
		}
		e.roads[day] = roads
	}
	index := make(map[*plan.Camera]int, len(widths))
	for i := range widths {
		index[&e.plan.Cameras[i]] = i
	}
	eye, err := roads.Eye(level, func(c *plan.Camera) int {
		if widths == nil {
			return 0
		}
		return widths[index[c]]
	})
	if err != nil {
		return nil, err
	}
	if len(e.kept) >= maxEyes {
		clear(e.kept)
	}
	e.kept[key] = keptEye{eye, widths}
	return eye, nil
}

// widths gives the measured widths of the plan's cameras, pixels, 0 for the planned
// one.
func (f *figures) widths(m *moment) []int {
	all := make([]int, len(f.Plan.Cameras))
	for i := range f.Plan.Cameras {
		all[i] = m.width(&f.Plan.Cameras[i])
	}
	return all
}

// onDay gives the plan with its sites in the areas of a day, which are named by
// their keys.
func onDay(p *plan.Plan, day plan.Date) *plan.Plan {
	q := *p
	q.Sites = slices.Clone(p.Sites)
	for i := range q.Sites {
		if a := p.SiteArea(&p.Sites[i], day); a != nil {
			q.Sites[i].Area = areaKey(p, a, day)
		}
	}
	return &q
}

// areaKey names an area on a day: by its code, which is used again with other
// meanings, so that one which is not what its code means on the day has the
// first day in force behind it.
func areaKey(p *plan.Plan, a *plan.Area, day plan.Date) string {
	if b := p.AreaOn(a.Code, day); b != nil && b.ValidFrom == a.ValidFrom {
		return a.Code
	}
	return a.Code + "\x00" + a.ValidFrom.String()
}

// areaOf gives the code, first day in force and name of the area that a key
// names on a day. A code that the plan does not know has neither.
func (f *figures) areaOf(key string, day plan.Date) (code, from, name string) {
	code, from, odd := strings.Cut(key, "\x00")
	if !odd {
		if a := f.Plan.AreaOn(code, day); a != nil {
			return code, a.ValidFrom.String(), a.Name
		}
		return code, "", ""
	}
	for i := range f.Plan.Areas {
		if a := &f.Plan.Areas[i]; a.Code == code && a.ValidFrom.String() == from {
			return code, from, a.Name
		}
	}
	return code, from, ""
}

func (f *figures) areaRef(key string, day plan.Date) Ref {
	code, _, name := f.areaOf(key, day)
	return Ref{code, name}
}
