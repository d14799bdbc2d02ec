package uptime

import (
	"github.com/phukin/phukin/hub/plan"
)

// Service is the time that counts for a camera by its plan. Two statuses of it
// win over whatever was seen: not_in_service outside In, maintenance in Pauses.
type Service struct {
	In     Spans // from acceptance to retirement; several if it came back
	Pauses Spans // planned maintenance, as far as it counts, in service or not
	Late   []Late
}

// Late is a window of maintenance of which a part does not count, because it
// was declared after that part had passed, or was changed or removed before.
type Late struct {
	Code   string
	Window Window // as it was declared
	Counts Spans  // of it
}

// Counted gives the seconds that figures are made of: in service, and not in
// maintenance.
func (s Service) Counted() Spans { return s.In.Without(s.Pauses) }

// ServiceOf gives the service of a camera of the plan.
func ServiceOf(p *plan.Plan, c *plan.Camera) Service {
	var s Service
	if from, to, ok := c.Service(p.Location); ok {
		s.In = Union(Window{from.Unix(), to.Unix()})
	}
	var pauses []Window
	for i := range p.Windows {
		w := &p.Windows[i]
		if !p.Covers(w, c) {
			continue
		}
		whole := Window{w.From.Unix(), w.To.Unix()}
		var counts Spans
		if from, to, ok := w.Counts(p.Location); ok {
			counts = Union(Window{from.Unix(), to.Unix()})
			pauses = append(pauses, counts...)
		}
		if counts.Seconds() < whole.Seconds() {
			s.Late = append(s.Late, Late{w.Code, whole, counts})
		}
	}
	s.Pauses = Union(pauses...)
	return s
}
