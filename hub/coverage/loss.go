package coverage

import (
	"fmt"
	"slices"
	"sort"

	"github.com/phukin/phukin/hub/history"
)

// Loss is what the outages of some cameras took away, such as those of one
// incident: the road, sections and gateways that would have been seen had they
// been up while they were down, and that no other camera saw in their place. What
// another camera may have seen, but nobody knows, is told apart. Losses of
// cameras that see the same do not add up: while two of them were down, each
// would have been enough. Their loss together is never more than the sum.
type Loss struct {
	Cameras []string // codes, ascending
	Window
	Down     int64 // seconds in which at least one of them was in service and down
	Unclear  int64 // seconds in which nobody looked at at least one of them that was in service; they are no loss of its own
	Routes   []LostRoad
	Sections []LostSection
	Gateways []LostGateway
	Most     float64 // metres of road that were lost for certain at the same time, at most
}

// Lost is for how long something was lost, in seconds.
type Lost struct {
	Sure  int64 // no other camera saw it
	Maybe int64 // and of one that would have nobody knows
}

// LostRoad is a stretch of a route that was lost for some time.
type LostRoad struct {
	Route                    string  // code
	From, To                 float64 // distances from the route's start, metres
	FromChainage, ToChainage float64 // metres
	Lost
}

// LostSection is a section without control for some time.
type LostSection struct {
	Route                    string  // code
	From, To                 float64 // distances from the route's start, metres
	FromChainage, ToChainage float64 // metres
	Lost
}

// LostGateway is a gateway that was out of view for some time.
type LostGateway struct {
	Code string
	Lost
}

// MetreSeconds gives the metres of road that were lost, times the seconds for
// which they were: for certain, and maybe.
func (l *Loss) MetreSeconds() (sure, maybe float64) {
	for i := range l.Routes {
		r := &l.Routes[i]
		sure += (r.To - r.From) * float64(r.Sure)
		maybe += (r.To - r.From) * float64(r.Maybe)
	}
	return sure, maybe
}

// Loss says what the outages of cameras took away together in a window. It fails
// if one of them is not there.
func (e *Eye) Loss(codes []string, window Window, ev Evidence) (Loss, error) {
	l := Loss{Cameras: slices.Compact(slices.Sorted(slices.Values(codes))), Window: window}
	own := make([]int, len(l.Cameras))
	for i, code := range l.Cameras {
		x := sort.SearchStrings(e.codes, code)
		if x == len(e.cameras) || e.codes[x] != code {
			return Loss{}, fmt.Errorf("coverage: there is no camera %q in the plan", code)
		}
		own[i] = x
	}
	if window.From >= window.To {
		return l, nil
	}
	t := newTaken(e, own)
	all := t.others()
	stories := make([]story, len(all))
	for i, k := range all {
		stories[i] = story{days: ev.Days(e.codes[k]), service: ev.Service(e.cameras[k].Camera)}
	}
	type event struct {
		second int64
		camera int
		now    sight
	}
	now := make([]sight, len(all))
	at := window.From
	first, last := history.DayOf(window.From*1000, ev.Location), history.DayOf((window.To-1)*1000, ev.Location)
	for n := first; n <= last; n++ {
		start, end := n.Start(ev.Location).Unix(), (n + 1).Start(ev.Location).Unix()
		var events []event
		for i := range stories {
			stories[i].tell(n, start, Window{start, end}.and(window), func(second int64, s sight) { events = append(events, event{second, i, s}) })
		}
		slices.SortFunc(events, func(a, b event) int { return int(a.second - b.second) })
		for _, ev := range events {
			t.pass(&l, ev.second-at)
			at = ev.second
			t.set(all[ev.camera], ev.camera < len(own), now[ev.camera], ev.now)
			now[ev.camera] = ev.now
		}
	}
	t.pass(&l, window.To-at)
	t.list(&l)
	return l, nil
}

// taken is what some cameras have in view, and how they and others see it.
type taken struct {
	e         *Eye
	own       []int
	states    [4]int      // how many of them are dark, failed, unclear and bright
	stretches []lostThing // Eye.stretches
	sections  []lostThing // Eye.sections
	gateways  []lostThing // Eye.gateways
}

// lostThing is something that they see.
type lostThing struct {
	index  int32
	failed int32 // how many of them that see it are down
	counts
	Lost
}

func newTaken(e *Eye, own []int) *taken {
	t := &taken{e: e, own: own}
	t.states[dark] = len(own)
	l := e.linked()
	for _, x := range own {
		for _, k := range l.views.of(x) {
			for i := e.views[k].first; i <= e.views[k].last; i++ {
				t.stretches = append(t.stretches, lostThing{index: i})
			}
		}
		for _, k := range l.sections.of(x) {
			t.sections = append(t.sections, lostThing{index: k})
		}
		for _, k := range l.gateways.of(x) {
			t.gateways = append(t.gateways, lostThing{index: k})
		}
	}
	for _, things := range []*[]lostThing{&t.stretches, &t.sections, &t.gateways} {
		slices.SortFunc(*things, func(a, b lostThing) int { return int(a.index - b.index) })
		*things = slices.CompactFunc(*things, func(a, b lostThing) bool { return a.index == b.index })
	}
	return t
}

func (t *taken) all() [3][]lostThing { return [3][]lostThing{t.stretches, t.sections, t.gateways} }

// others gives the cameras themselves, and after them those that see some of
// what they see.
func (t *taken) others() []int {
	out := slices.Clone(t.own)
	for k := range t.e.cameras {
		if _, own := slices.BinarySearch(t.own, k); !own && t.shares(k) {
			out = append(out, k)
		}
	}
	return out
}

func (t *taken) shares(k int) bool {
	found := false
	t.each(k, func(*lostThing) { found = true })
	return found
}

// each calls do for what camera k sees of it.
func (t *taken) each(k int, do func(*lostThing)) {
	l := t.e.linked()
	find := func(things []lostThing, index int32) int {
		return sort.Search(len(things), func(i int) bool { return things[i].index >= index })
	}
	for _, v := range l.views.of(k) {
		for i := find(t.stretches, t.e.views[v].first); i < len(t.stretches) && t.stretches[i].index <= t.e.views[v].last; i++ {
			do(&t.stretches[i])
		}
	}
	one := func(things []lostThing, index int32) {
		if i := find(things, index); i < len(things) && things[i].index == index {
			do(&things[i])
		}
	}
	for _, k := range l.sections.of(k) {
		one(t.sections, k)
	}
	for _, k := range l.gateways.of(k) {
		one(t.gateways, k)
	}
}

// set says what is known of a camera from now on.
func (t *taken) set(k int, own bool, was, now sight) {
	if own {
		t.states[was]--
		t.states[now]++
	}
	t.each(k, func(x *lostThing) {
		x.change(was, -1)
		x.change(now, 1)
		if own && was == failed {
			x.failed--
		}
		if own && now == failed {
			x.failed++
		}
	})
}

// lost says whether a thing would be seen if those of the cameras were up that
// are down: 0 if for certain, 2 if of another one nobody knows.
func (x *lostThing) lost() (state int, ok bool) {
	return x.state(), x.failed > 0 && x.state() != 1
}

// pass lets time go by in which nothing changed.
func (t *taken) pass(l *Loss, seconds int64) {
	if seconds == 0 {
		return
	}
	if t.states[unclear] > 0 {
		l.Unclear += seconds
	}
	if t.states[failed] == 0 {
		return
	}
	l.Down += seconds
	for _, things := range t.all() {
		for i := range things {
			switch state, lost := things[i].lost(); {
			case !lost:
			case state == 0:
				things[i].Sure += seconds
			default:
				things[i].Maybe += seconds
			}
		}
	}
	sure := int64(0)
	for i := range t.stretches {
		if state, lost := t.stretches[i].lost(); lost && state == 0 {
			s := &t.e.stretches[t.stretches[i].index]
			sure += s.to - s.from
		}
	}
	l.Most = max(l.Most, metres(sure))
}

// list lists what was lost, neighbouring stretches with the same loss as one.
func (t *taken) list(l *Loss) {
	e := t.e
	for i := range t.stretches {
		x := &t.stretches[i]
		if x.Lost == (Lost{}) {
			continue
		}
		s := &e.stretches[x.index]
		w := &e.roads[e.parts[s.part].road]
		if n := len(l.Routes); n > 0 && l.Routes[n-1].Route == w.route.Code && l.Routes[n-1].To == metres(s.from) && l.Routes[n-1].Lost == x.Lost {
			l.Routes[n-1].To, l.Routes[n-1].ToChainage = metres(s.to), w.chainage(s.to)
			continue
		}
		l.Routes = append(l.Routes, LostRoad{w.route.Code, metres(s.from), metres(s.to), w.chainage(s.from), w.chainage(s.to), x.Lost})
	}
	for i := range t.sections {
		if x := &t.sections[i]; x.Lost != (Lost{}) {
			s := &e.sections[x.index]
			w := &e.roads[e.parts[s.firstPart].road]
			l.Sections = append(l.Sections, LostSection{w.route.Code, metres(s.from), metres(s.to), s.fromChainage, s.toChainage, x.Lost})
		}
	}
	for i := range t.gateways {
		if x := &t.gateways[i]; x.Lost != (Lost{}) {
			l.Gateways = append(l.Gateways, LostGateway{e.gateways[x.index].Code, x.Lost})
		}
	}
}
