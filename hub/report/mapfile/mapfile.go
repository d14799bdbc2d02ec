// Package mapfile makes maps of a plan's coverage as files: GeoJSON (RFC 7946),
// which QGIS and other geographic information systems open, and a drawing as
// SVG and as PNG, for reports and for the wall. docs/map.md shows them and
// lists every property.
//
// A map holds for one moment and one level of pixel density. It has the figures
// of all four states of coverage; one of them is the map's own: what is drawn,
// and whose gaps and footprints are listed.
//
// Lengths are whole millimetres, as hub/coverage counts them: the stretches of a
// route add up to its length, and those in view to what is in view,
// exactly. Positions are longitude and latitude in degrees (WGS84), to 7
// decimals, about a centimetre. There is no country outline and no
// background: only what the plan has.
//
// Addresses of streams are in no map. Positions of cameras can be left out; see
// Options.
//
// Everything is a pure function of its arguments: the same map gives the same
// bytes.
package mapfile

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/phukin/phukin/hub/coverage"
	"github.com/phukin/phukin/hub/plan"
)

// MaxSize is the greatest number of bytes that a GeoJSON or SVG file may have.
const MaxSize = 64 << 20

// ErrTooLarge says that a file would have more than MaxSize bytes.
var ErrTooLarge error = &Error{"", "bản đồ lớn hơn 64 MiB; hãy thu hẹp vào một tuyến hoặc một địa bàn", "the map has more than 64 MiB; restrict it to a route or an area"}

// Error says what is wrong with an option, and what would be right, in both
// languages.
type Error struct {
	Option string // route, area, width or height; empty if it is none
	VI, EN string
}

func (e *Error) Error() string {
	if e.Option == "" {
		return e.EN
	}
	return e.Option + ": " + e.EN
}

// Status is what is known of a camera, in the words of the API.
type Status struct {
	Code  string    // up, degraded, down, unknown, maintenance or not_in_service
	Cause string    // why unknown; else empty
	Fault string    // why down; else empty
	Since time.Time // zero if not known
}

// The codes of a Status.
const (
	up           = "up"
	degraded     = "degraded"
	down         = "down"
	unknown      = "unknown"
	maintenance  = "maintenance"
	notInService = "not_in_service"
)

// Source is what a map is made of. It must not change while the map is used.
type Source struct {
	Plan *plan.Plan
	// State is the map's own.
	State coverage.State
	// Covers are the figures in every state, at one level.
	Covers map[coverage.State]*coverage.Result
	// Eye has the footprints of the map's state, and the parts of the routes.
	Eye *coverage.Eye
	// Counts says which cameras count in the map's state.
	Counts func(*plan.Camera) bool
	Status func(*plan.Camera) Status
	Today  plan.Date // decides which areas are in force, and how far cameras have come
}

// Options restrict a map.
type Options struct {
	// Area is the code of an area that is in force on the day of the map. Of the
	// routes only what lies in it is shown. It defaults to all areas, as does the
	// code of the plan's own.
	Area string
	// Route is the code of the only route that is shown; it defaults to all.
	Route string
	// NoCameras leaves out cameras, their footprints and the sites they hang at.
	// Where the road is in view is still shown, and from that a reader can guess
	// about where cameras are.
	NoCameras bool
}

// Map is what a file shows. Make it with New.
type Map struct {
	Source
	Options
	// At is the moment the map holds for; it is left out of the files if it is
	// zero.
	At time.Time

	level     plan.Level
	stretches []stretch       // by route, then along it
	places    map[string]bool // codes of sites that are shown
}

// New makes a map. The error is for whoever chose the options: it names what is
// not in the plan.
func New(s Source, o Options) (*Map, error) {
	m := &Map{Source: s, Options: o, level: s.Covers[s.State].Level, places: map[string]bool{}}
	if o.Route != "" && s.Plan.Route(o.Route) == nil {
		have := some(codes(s.Plan.Routes, func(r *plan.Route) string { return r.Code }))
		return nil, &Error{"route", fmt.Sprintf("kế hoạch không có tuyến %q; các tuyến có: %s", o.Route, have), fmt.Sprintf("%q is not a route of this plan; there are: %s", o.Route, have)}
	}
	inside, err := m.areas()
	if err != nil {
		return nil, err
	}
	for i := range s.Plan.Sites {
		site := &s.Plan.Sites[i]
		if (inside == nil || m.within(site)) && (o.Route == "" || site.Route == o.Route) {
			m.places[site.Code] = true
		}
	}
	for i := range s.Plan.Routes {
		if o.Route != "" && s.Plan.Routes[i].Code != o.Route {
			continue
		}
		for _, x := range m.split(i) {
			if inside == nil || inside[x.area] {
				m.stretches = append(m.stretches, x)
			}
		}
	}
	if len(m.stretches) == 0 && len(m.places) == 0 {
		return nil, &Error{"area", "kế hoạch không có tuyến hay điểm lắp đặt nào ở đó", "the plan has neither a route nor a site there"}
	}
	return m, nil
}

// areas gives the codes that the plan has for the sites of the area that is
// shown; nil if all areas are.
func (m *Map) areas() (map[string]bool, error) {
	if m.Area == "" || m.Area == m.Plan.Root {
		return nil, nil
	}
	inside := map[string]bool{}
	known := map[string]bool{}
	for i := range m.Plan.Sites {
		s := &m.Plan.Sites[i]
		if m.within(s) {
			inside[s.Area] = true
		}
		if a := m.Plan.SiteArea(s, m.Today); a != nil {
			known[a.Code] = true
		}
	}
	if len(inside) == 0 {
		var all []string
		for code := range known {
			all = append(all, code)
		}
		slices.Sort(all)
		return nil, &Error{"area",
			fmt.Sprintf("ngày %s không có điểm lắp đặt nào của kế hoạch ở %q; các điểm ở: %s", m.Today, m.Area, some(all)),
			fmt.Sprintf("no site of this plan lies in %q on %s; sites lie in: %s", m.Area, m.Today, some(all))}
	}
	return inside, nil
}

// within says whether a site lies in the area that is shown.
func (m *Map) within(s *plan.Site) bool {
	return slices.ContainsFunc(m.Plan.SiteAreas(s, m.Today), func(a *plan.Area) bool { return a.Code == m.Area })
}

// shows says whether a camera is shown.
func (m *Map) shows(c *plan.Camera) bool { return !m.NoCameras && m.places[c.Site] }

func codes[T any](all []T, code func(*T) string) []string {
	out := make([]string, len(all))
	for i := range all {
		out[i] = code(&all[i])
	}
	return out
}

// some lists texts for an error: all of them, or the first of many.
func some(all []string) string {
	const most = 30
	if len(all) > most {
		return fmt.Sprintf("%s … (%d)", strings.Join(all[:most], ", "), len(all))
	}
	return strings.Join(all, ", ")
}
