package plan

import "time"

// This file holds what a plan says beside routes, sites and cameras.

// Target is what is to be reached in a phase, an area and a year. An empty
// Phase, Area or Year means all of the plan.
type Target struct {
	Phase   string
	Area    string
	Year    int // by the end of which; 0: by the end of the phase
	Measure Measure
	Value   float64 // in the unit of the measure
}

// Measure is what a target counts.
type Measure string

// The measures of targets.
const (
	MeasureCameras      Measure = "cameras"            // accepted
	MeasureSites        Measure = "sites"              // with an accepted camera
	MeasureAreas        Measure = "areas"              // communes with an accepted camera
	MeasureGateways     Measure = "gateways"           // in view
	MeasureInViewKm     Measure = "in_view_km"         // kilometres
	MeasureControlledKm Measure = "controlled_km"      // kilometres
	MeasureControlled   Measure = "controlled_percent" // of all routes
	MeasureAvailability Measure = "availability_percent"
	MeasureRepair       Measure = "repair_hours" // mean time to restore
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

// Figure is a number that people enter, such as cases in which pictures
// helped. It is never computed.
type Figure struct {
	Code    string
	Measure FigureMeasure
	Area    string // empty: the area of the plan
	From    Date
	To      Date // last day
	Value   int
	Source  string // the document or office it comes from
}

// FigureMeasure is what a figure counts.
type FigureMeasure string

// The measures of figures.
const (
	FigureAssisted FigureMeasure = "cases_assisted"
	FigureSolved   FigureMeasure = "cases_solved"
	FigureRequests FigureMeasure = "picture_requests"
)

// Side is the side of a road, seen in the direction in which its chainage
// grows.
type Side string

// The sides; the empty one is not known.
const (
	SideLeft   Side = "left"
	SideRight  Side = "right"
	SideMiddle Side = "middle"
)

// Signage says whether a notice at the place says that there is a camera.
type Signage string

// The answers; the empty one is not known.
const (
	SignageYes Signage = "yes"
	SignageNo  Signage = "no"
)

// Address is the address of a camera's stream, without user name and
// password. It prints as *** because it is not for everybody's eyes; String
// of a conversion gives it.
type Address string

// String hides the address from logs.
func (a Address) String() string {
	if a == "" {
		return ""
	}
	return "***"
}

// MarshalText hides the address from JSON.
func (a Address) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// Reveal gives the address itself.
func (a Address) Reveal() string { return string(a) }

// Revision says which revision of a stored plan this is.
type Revision struct {
	Number  int       // from 1; 0 for a plan read from files
	At      time.Time // when it was made
	Author  string
	Reason  string
	Reverts int // the revision whose plan this one restores; 0 for none
	Added   int // rows
	Changed int
	Removed int
	Digest  string // of the canonical document, SHA-256 in hex
}
