package plan

import "time"

// Window is planned maintenance of a camera, of all cameras of a site, on a
// route or of an area: just one of the four is given.
type Window struct {
	Code   string
	Camera string
	Site   string
	Route  string
	Area   string
	From   time.Time
	To     time.Time // after From
	Reason string

	// Declared is when the revision was made that brought the window in this
	// form. It is zero in a plan read from files, which do not tell.
	Declared time.Time
	// Until is when a later revision changed or removed it; zero if it still
	// stands.
	Until time.Time
}

// Late says whether the window was declared after it had begun.
func (w *Window) Late() bool { return w.Declared.After(w.From) }

// Counts gives the part of the window that figures leave out. Every local day
// is judged by the windows as they stood at its end: a window declared late
// counts from the start of the day of its declaration, because the days
// before were closed without it; one that was changed or removed counts up to
// the start of the day on which it was. It is not ok if nothing is left. A
// window of which nobody knows when it was declared counts whole.
func (w *Window) Counts(loc *time.Location) (from, to time.Time, ok bool) {
	from, to = w.From, w.To
	if !w.Declared.IsZero() {
		if start := DateOf(w.Declared, loc).Start(loc); start.After(from) {
			from = start
		}
	}
	if !w.Until.IsZero() {
		if start := DateOf(w.Until, loc).Start(loc); start.Before(to) {
			to = start
		}
	}
	return from, to, from.Before(to)
}

// Covers says whether the window is for a camera of the plan.
func (p *Plan) Covers(w *Window, c *Camera) bool {
	if w.Camera != "" {
		return w.Camera == c.Code
	}
	s := p.Site(c.Site)
	switch {
	case s == nil:
		return false
	case w.Site != "":
		return w.Site == s.Code
	case w.Route != "":
		return w.Route == s.Route
	}
	return w.Area != "" && (w.Area == s.Area || above(p.parents(), s.Area)[w.Area])
}
