package plan

import (
	"cmp"
	"slices"
	"time"
)

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

// Covers says whether the window is for a camera of the plan: by the camera
// itself, its site, its site's route, or an area in which its site lies on the
// day on which the window begins. The area of the plan has all of them, also
// after its end; another area that had ended before has the sites that lay in
// it on its last day.
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
	case w.Area == "" || w.Area == p.Root:
		return w.Area != ""
	}
	on := DateOf(w.From, p.Location)
	meant := p.AreaOn(w.Area, on)
	if meant == nil {
		return false
	}
	if !meant.InForce(on) {
		on = meant.ValidTo
	}
	return slices.Contains(p.SiteAreas(s, on), meant)
}

// Pause is a part of a window that figures leave out.
type Pause struct {
	From   time.Time
	To     time.Time // after From
	Window *Window
}

// Pauses gives what figures of a camera leave out of the period from, up to
// but without to, for maintenance, as it was known at asOf: windows declared
// later do not count, and those that were changed or removed later still do.
// Each is the part of the window that Counts gives, inside the period. They
// are in the order of their beginnings and may overlap; time that two of them
// cover is left out once. It depends on its arguments alone.
func (p *Plan) Pauses(c *Camera, from, to, asOf time.Time) []Pause {
	var all []Pause
	for i := range p.Windows {
		w := &p.Windows[i]
		if !w.From.Before(to) || !from.Before(w.To) || !p.Covers(w, c) {
			continue
		}
		then, known := w.knownAt(asOf)
		if !known {
			continue
		}
		first, last, ok := then.Counts(p.Location)
		if first.Before(from) {
			first = from
		}
		if last.After(to) {
			last = to
		}
		if ok && first.Before(last) {
			all = append(all, Pause{first, last, w})
		}
	}
	slices.SortStableFunc(all, func(a, b Pause) int {
		return cmp.Or(a.From.Compare(b.From), a.To.Compare(b.To))
	})
	return all
}

// knownAt gives the window as it stood at a moment; it is not known if it was
// declared later.
func (w *Window) knownAt(at time.Time) (Window, bool) {
	then := *w
	if then.Until.After(at) {
		then.Until = time.Time{}
	}
	return then, !then.Declared.After(at)
}
