package coverage

import (
	"slices"

	"github.com/phukin/phukin/hub/history"
)

// Weight is a measure over time: for how long how much of it was so. In view
// and controlled it counts millimetre seconds, of sections, gateways and places
// seconds. What no camera in service was to see counts in All alone.
type Weight struct {
	Seen  int64 // a camera that was up or degraded saw it
	Maybe int64 // none did, but of one that would have nobody knows
	All   int64 // all of it, all the time
}

// Share gives the time-weighted share of what is known: seen of seen and
// unseen. It is false when nothing is known.
func (w Weight) Share() (float64, bool) { return ratio(w.Seen, w.All-w.Maybe) }

// Known gives the share of the whole of which it is known whether it was seen.
func (w Weight) Known() (float64, bool) { return ratio(w.All-w.Maybe, w.All) }

// Bounds gives the shares between which the truth lies, whatever happened while
// nobody looked: as if all that is unknown had been unseen, and seen.
func (w Weight) Bounds() (low, high float64, ok bool) {
	low, ok = ratio(w.Seen, w.All)
	high, _ = ratio(w.Seen+w.Maybe, w.All)
	return low, high, ok
}

func ratio(a, b int64) (float64, bool) {
	if b == 0 {
		return 0, false
	}
	return float64(a) / float64(b), true
}

func (w *Weight) add(o Weight) {
	w.Seen += o.Seen
	w.Maybe += o.Maybe
	w.All += o.All
}

// Times are the measures over time.
type Times struct {
	InView     Weight // millimetre seconds of road
	Controlled Weight // millimetre seconds of road
	Sections   Weight // seconds of sections
	Gateways   Weight // seconds of gateways
	Places     Weight // seconds of important places; of an area or of all
}

// Add takes those of another set into t.
func (t *Times) Add(o Times) {
	t.InView.add(o.InView)
	t.Controlled.add(o.Controlled)
	t.Sections.add(o.Sections)
	t.Gateways.add(o.Gateways)
	t.Places.add(o.Places)
}

// Period is the coverage by working cameras over a time.
type Period struct {
	Window
	Total   Times
	Routes  []Times      // as the plan lists them
	Classes []GroupTimes // as in Result
	Areas   []GroupTimes // by code; that without a code comes first
	Days    []DayTimes   // the local days that the window touches
}

// GroupTimes are the measures of a class of routes or of an area.
type GroupTimes struct {
	Code string
	Times
}

// DayTimes are the measures of one local day, as far as it lies in the window.
type DayTimes struct {
	Number history.DayNumber
	Total  Times
	Routes []Times // as the plan lists them
	Areas  []Times // as Period lists them
}

// Over weighs the coverage by time: for every stretch of road it takes the
// union of the times in which the cameras that see it were up or degraded. The
// footprints are those of the eye for all of the window.
func (e *Eye) Over(window Window, ev Evidence) Period {
	p := Period{Window: window, Routes: make([]Times, len(e.roads))}
	p.Classes = named(e.classes)
	p.Areas = named(e.areas)
	if window.From >= window.To {
		return p
	}
	s := newSweep(e, window)
	stories := make([]story, len(e.cameras))
	for i := range e.cameras {
		stories[i] = story{days: ev.Days(e.cameras[i].Code), service: ev.Service(e.cameras[i].Camera)}
	}
	first, last := history.DayOf(window.From*1000, ev.Location), history.DayOf((window.To-1)*1000, ev.Location)
	var events []uint64
	for n, start := first, first.Start(ev.Location).Unix(); n <= last; n++ {
		end := (n + 1).Start(ev.Location).Unix()
		cut := Window{start, end}.and(window)
		events = events[:0]
		for i := range stories {
			key := uint64(i) << 2
			stories[i].tell(n, start, cut, func(second int64, now sight) {
				events = append(events, uint64(second-start)<<40|key|uint64(now))
			})
		}
		slices.Sort(events)
		for _, ev := range events {
			s.set(int32(ev>>2&(1<<38-1)), sight(ev&3), start+int64(ev>>40))
		}
		p.Days = append(p.Days, s.day(n, cut, &p))
		start = end
	}
	for _, d := range p.Days {
		p.Total.Add(d.Total)
		for i := range d.Routes {
			p.Routes[i].Add(d.Routes[i])
			p.Classes[e.roads[i].class].Add(d.Routes[i])
		}
	}
	return p
}

func named(codes []string) []GroupTimes {
	out := make([]GroupTimes, len(codes))
	for i, code := range codes {
		out[i].Code = code
	}
	return out
}

// sweep goes through the changes of all cameras in the order of time.
type sweep struct {
	e      *Eye
	links  *links
	now    []sight  // by camera
	seen   []counts // by stretch
	watch  []counts // by section
	guard  []counts // by gateway
	man    []counts // by place
	roads  []meter
	areas  []meter
	length []amounts // by road: what there is of all
	ofArea []amounts // likewise
}

// counts are how many cameras are known to see something, and of how many that
// would nobody knows.
type counts struct{ bright, unclear int32 }

// state gives what counts amount to: 1 for seen, 2 for maybe, 0 for unseen.
func (c counts) state() int {
	switch {
	case c.bright > 0:
		return 1
	case c.unclear > 0:
		return 2
	}
	return 0
}

func (c *counts) change(s sight, by int32) {
	switch s {
	case bright:
		c.bright += by
	case unclear:
		c.unclear += by
	}
}

// amounts are of in view, controlled, sections, gateways and places.
type amounts [5]int64

const (
	inView = iota
	controlled
	sections
	gateways
	places
)

// meter adds up what is seen, and maybe seen, of a road or an area over time.
type meter struct {
	since        int64 // second up to which all is added up
	level        [3]amounts
	seen, maybes amounts // times seconds
}

// to adds up to a second.
func (m *meter) to(second int64) {
	dt := second - m.since
	if dt == 0 {
		return
	}
	m.since = second
	for i := range m.seen {
		m.seen[i] += dt * m.level[1][i]
		m.maybes[i] += dt * m.level[2][i]
	}
}

func newSweep(e *Eye, window Window) *sweep {
	s := &sweep{
		e: e, links: e.linked(), now: make([]sight, len(e.cameras)),
		seen: make([]counts, len(e.stretches)), watch: make([]counts, len(e.sections)),
		guard: make([]counts, len(e.gateways)), man: make([]counts, len(e.places)),
		roads: make([]meter, len(e.roads)), areas: make([]meter, len(e.areas)),
		length: make([]amounts, len(e.roads)), ofArea: make([]amounts, len(e.areas)),
	}
	for _, meters := range [][]meter{s.roads, s.areas} {
		for i := range meters {
			meters[i].since = window.From
		}
	}
	for i := range e.parts {
		p := &e.parts[i]
		for _, what := range []int{inView, controlled} {
			s.length[p.road][what] += p.to - p.from
			s.ofArea[p.area][what] += p.to - p.from
		}
	}
	for i := range e.sections {
		p := &e.parts[e.sections[i].middle(e.parts)]
		s.length[p.road][sections]++
		s.ofArea[p.area][sections]++
	}
	for i := range e.gateways {
		p := &e.parts[e.gateways[i].part]
		s.length[p.road][gateways]++
		s.ofArea[p.area][gateways]++
	}
	for i := range e.places {
		s.ofArea[e.places[i].area][places]++
	}
	return s
}

// set says what is known of a camera from a second on.
func (s *sweep) set(camera int32, now sight, second int64) {
	e, was := s.e, s.now[camera]
	s.now[camera] = now
	if was <= failed && now <= failed {
		return
	}
	turn := func(c *counts) (from, to int, turned bool) {
		from = c.state()
		c.change(was, -1)
		c.change(now, 1)
		to = c.state()
		return from, to, from != to
	}
	move := func(m *meter, what, from, to int, amount int64) {
		m.to(second)
		m.level[from][what] -= amount
		m.level[to][what] += amount
	}
	i := int(camera)
	for _, k := range s.links.views.of(i) {
		v := &e.views[k]
		for x := v.first; x <= v.last; x++ {
			if from, to, turned := turn(&s.seen[x]); turned {
				length := e.stretches[x].to - e.stretches[x].from
				move(&s.roads[v.road], inView, from, to, length)
				move(&s.areas[e.parts[e.stretches[x].part].area], inView, from, to, length)
			}
		}
	}
	for _, k := range s.links.sections.of(i) {
		from, to, turned := turn(&s.watch[k])
		if !turned {
			continue
		}
		x := &e.sections[k]
		for i := x.firstPart; i < x.lastPart; i++ {
			p := &e.parts[i]
			move(&s.roads[p.road], controlled, from, to, p.to-p.from)
			move(&s.areas[p.area], controlled, from, to, p.to-p.from)
		}
		p := &e.parts[x.middle(e.parts)]
		move(&s.roads[p.road], sections, from, to, 1)
		move(&s.areas[p.area], sections, from, to, 1)
	}
	for _, k := range s.links.gateways.of(i) {
		if from, to, turned := turn(&s.guard[k]); turned {
			p := &e.parts[e.gateways[k].part]
			move(&s.roads[p.road], gateways, from, to, 1)
			move(&s.areas[p.area], gateways, from, to, 1)
		}
	}
	if k := e.cameras[i].place; k >= 0 {
		if from, to, turned := turn(&s.man[k]); turned {
			move(&s.areas[e.places[k].area], places, from, to, 1)
		}
	}
}

// day ends a day, and adds what the areas had of it to the period.
func (s *sweep) day(n history.DayNumber, cut Window, p *Period) DayTimes {
	d := DayTimes{Number: n, Routes: make([]Times, len(s.roads)), Areas: make([]Times, len(s.areas))}
	for i := range s.roads {
		d.Routes[i] = s.roads[i].take(cut, &s.length[i])
		d.Total.Add(d.Routes[i])
	}
	for i := range s.areas {
		t := s.areas[i].take(cut, &s.ofArea[i])
		d.Areas[i] = t
		p.Areas[i].Add(t)
		d.Total.Places.add(t.Places)
	}
	return d
}

// take gives what was added up in a window that ends now, and begins anew.
func (m *meter) take(w Window, all *amounts) Times {
	m.to(w.To)
	weight := func(i int) Weight { return Weight{m.seen[i], m.maybes[i], all[i] * (w.To - w.From)} }
	t := Times{weight(inView), weight(controlled), weight(sections), weight(gateways), weight(places)}
	m.seen, m.maybes = amounts{}, amounts{}
	return t
}
