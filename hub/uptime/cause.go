package uptime

import (
	"cmp"
	"slices"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/wire"
)

// Rules of common causes.
const (
	// Together is how far the beginnings of outages of one cause lie apart at
	// most, seconds: four light probes at the agent's default interval.
	Together = 120
	// ShareOfAll is the part of a place's cameras, of which something was seen
	// just then, that must have failed together.
	ShareOfAll = 0.8
	// Silence is the shortest time, seconds, in which nothing of any camera of an
	// agent is seen that is shown as an incident.
	Silence = 15 * 60
)

// Place says where the cause of an incident lies.
type Place string

// The places, from the largest. PlaceSilent is an agent of which nothing was
// heard: its cameras are unknown and not down.
const (
	PlaceSilent Place = "agent_offline"
	PlaceAgent  Place = "agent"
	PlaceSite   Place = "site"
	PlaceCamera Place = "camera"
)

// Member is a camera as far as common causes are concerned.
type Member struct {
	Camera, Site, Agent string
	Counted             Spans
}

// Incident is one outage of one or several cameras with a common cause. From,
// To, Earliest, Latest and Open span those of its outages: the first beginning
// and the last end.
type Incident struct {
	Place Place
	Code  string // of the agent, site or camera
	Outage
	// Outages are those of the cameras, by camera. With PlaceSilent they are the
	// unknown times of the cameras, without a fault.
	Outages []Outage
}

// Incidents gives the outages of cameras in a period, those together that have
// a common cause. They are in the order of their beginnings.
//
// Outages of the cameras of one agent have a common cause when they begin within
// Together of the first, have a moment in common, and are those of at least two
// cameras and of at least ShareOfAll of the agent's cameras that were in service
// and not unknown just before. What is left is looked at in the same way by
// site, and what is left then is each camera's own. Of a fault that several have
// the incident has the one that most have, the lowest of equals.
//
// An agent's silence is an incident too: Silence or longer in which all of its
// cameras in service, two at least, are unknown at once.
func (s *Snapshot) Incidents(members []Member, period Window, until int64) []Incident {
	var all []Incident
	var outages []Outage
	byCamera := make(map[string]*Member, len(members))
	for i := range members {
		m := &members[i]
		byCamera[m.Camera] = m
		outages = append(outages, s.Outages(m.Camera, m.Counted, period, until)...)
	}
	slices.SortFunc(outages, compareOutages)
	for _, by := range []struct {
		place Place
		code  func(*Member) string
	}{
		{PlaceAgent, func(m *Member) string { return m.Agent }},
		{PlaceSite, func(m *Member) string { return m.Site }},
	} {
		companions := map[string][]*Member{}
		for i := range members {
			if code := by.code(&members[i]); code != "" {
				companions[code] = append(companions[code], &members[i])
			}
		}
		found, rest := s.common(by.place, outages, companions, func(camera string) string { return by.code(byCamera[camera]) })
		all, outages = append(all, found...), rest
	}
	for _, o := range outages {
		all = append(all, Incident{PlaceCamera, o.Camera, o, []Outage{o}})
	}
	all = append(all, s.silences(members, period, until)...)
	slices.SortFunc(all, func(a, b Incident) int {
		return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.Place, b.Place), cmp.Compare(a.Code, b.Code))
	})
	return all
}

func compareOutages(a, b Outage) int {
	return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.Camera, b.Camera))
}

// common finds the common causes among outages, which are in order.
func (s *Snapshot) common(place Place, outages []Outage, companions map[string][]*Member, codeOf func(string) string) (found []Incident, rest []Outage) {
	queues := map[string][]int{}
	var codes []string
	for i, o := range outages {
		code := codeOf(o.Camera)
		if len(companions[code]) < 2 {
			continue
		}
		if queues[code] == nil {
			codes = append(codes, code)
		}
		queues[code] = append(queues[code], i)
	}
	taken := make([]bool, len(outages))
	for _, code := range codes {
		queue := queues[code]
		for at, first := range queue {
			if taken[first] {
				continue
			}
			group := []int{first}
			end := outages[first].To
			cameras := map[string]bool{outages[first].Camera: true}
			for _, i := range queue[at+1:] {
				o := &outages[i]
				if o.From > outages[first].From+Together {
					break
				}
				if !taken[i] && !cameras[o.Camera] && o.From < end {
					group, end = append(group, i), min(end, o.To)
					cameras[o.Camera] = true
				}
			}
			if len(group) < 2 || float64(len(group)) < ShareOfAll*float64(s.seenBefore(companions[code], cameras, outages[first].From)) {
				continue
			}
			in := Incident{Place: place, Code: code}
			for _, i := range group {
				taken[i] = true
				in.Outages = append(in.Outages, outages[i])
			}
			in.span()
			found = append(found, in)
		}
	}
	for i, o := range outages {
		if !taken[i] {
			rest = append(rest, o)
		}
	}
	return found, rest
}

// seenBefore counts the cameras of which something was seen just before a
// moment, and that were in service, with those that failed.
func (s *Snapshot) seenBefore(members []*Member, failed map[string]bool, t int64) (n int) {
	for _, m := range members {
		if failed[m.Camera] || m.Counted.Has(t-1) && s.Evidence(m.Camera, Window{t - 1, t}).Unknown == 0 {
			n++
		}
	}
	return n
}

// span makes the incident's own outage of those of its cameras.
func (in *Incident) span() {
	in.Outage = in.Outages[0]
	in.Camera, in.Fault, in.FellOn = "", 0, 0
	in.Counted = 0
	slices.SortFunc(in.Outages, func(a, b Outage) int { return cmp.Compare(a.Camera, b.Camera) })
	type fault struct {
		wire.Fault
		on wire.Rung
	}
	count := map[fault]int{}
	for _, o := range in.Outages {
		in.From, in.To = min(in.From, o.From), max(in.To, o.To)
		in.Earliest, in.Latest = min(in.Earliest, o.Earliest), max(in.Latest, o.Latest)
		in.Open = in.Open || o.Open
		in.Beginless = in.Beginless || o.Beginless
		in.Continues = in.Continues || o.Continues
		in.Counted += o.Counted
		count[fault{o.Fault, o.FellOn}]++
	}
	most := 0
	for f, n := range count {
		if n > most || n == most && (f.on < in.FellOn || f.on == in.FellOn && f.Fault < in.Fault) {
			most, in.Fault, in.FellOn = n, f.Fault, f.on
		}
	}
}

// silences gives the times in which nothing of an agent was seen.
func (s *Snapshot) silences(members []Member, period Window, until int64) (all []Incident) {
	agents := map[string][]*Member{}
	for i := range members {
		if a := members[i].Agent; a != "" {
			agents[a] = append(agents[a], &members[i])
		}
	}
	period = period.And(Window{period.From, until})
	for code, list := range agents {
		quiet := Union(period)
		var served Spans
		inService := make([]Spans, len(list))
		for i, m := range list {
			inService[i] = m.Counted.Within(period)
			// Where a camera does not count it says nothing either way.
			quiet = quiet.And(s.unknown(m.Camera, inService[i]).or(Union(period).Without(inService[i])))
			served = served.or(inService[i])
		}
		for _, w := range quiet.And(served) {
			if w.Seconds() < Silence {
				continue
			}
			in := Incident{Place: PlaceSilent, Code: code}
			for i, m := range list {
				if n := inService[i].secondsIn(w); n > 0 {
					in.Outages = append(in.Outages, Outage{Camera: m.Camera, From: w.From, To: w.To, Earliest: w.From, Latest: w.To, Open: w.To == period.To, Counted: n})
				}
			}
			if len(in.Outages) > 1 {
				in.span()
				all = append(all, in)
			}
		}
	}
	return all
}

// unknown gives the seconds in which nothing was seen of a camera.
func (s *Snapshot) unknown(camera string, in Spans) Spans {
	if len(in) == 0 {
		return nil
	}
	var seen []Window
	if c := s.column(camera); s.cal != nil && len(c.blocks) > 0 {
		first, end := int(s.cal.months[max(c.month-s.cal.month, 0)]), in[len(in)-1].To
		c.walk(s, max(s.cal.place(in[0].From).day, first), func(from int64, r history.Run) bool {
			if n := len(seen); !r.Unknown() && n > 0 && seen[n-1].To == from {
				seen[n-1].To += int64(r.Seconds)
			} else if !r.Unknown() {
				seen = append(seen, Window{from, from + int64(r.Seconds)})
			}
			return from < end
		})
	}
	return in.Without(seen)
}
