// Package plan is the roll-out plan: what is to be watched, by which camera,
// and until when. It is the denominator of every figure. The plan says what a
// camera is; what a camera does is evidence and lives in hub/history.
//
// Whatever a plan is kept in (a folder of plain files, a workbook, the hub's
// database) is read into a Document, rows of text, and written from one.
// Compile checks a document and makes the Plan of it; a plan can also be made
// in code (Build). Everything is checked before any of it is used; the error
// is a *Faults that names file, line and column, or sheet and cell, of all
// that is wrong, and what would be right. Diff, revisions and exports work on
// documents alone, so that they are exact.
//
// Lengths and heights are metres, angles degrees, positions WGS84, chainages
// metres along the route's own posts. Dates are calendar days in the plan's
// time zone.
package plan

import (
	"slices"
	"time"

	"github.com/phukin/phukin/hub/geo"
)

// Plan is one state of the roll-out plan. It is immutable once read.
type Plan struct {
	Name      Text           // of the programme
	Root      string         // code of the area the plan is for
	Location  *time.Location // time zone of its days; default Asia/Ho_Chi_Minh
	Simulated bool           // the plan and all that hangs on it is made up, and is labelled so wherever it appears
	Note      Text           // shown beside the figures; empty if there is nothing to say
	Level     string         // code of the coverage level that figures use when none is named; default observation
	Levels    []Level        // ascending by pixel density; default DORI (IEC 62676-4:2014)
	Phases    []Phase
	Areas     []Area
	Routes    []Route
	Junctions []Junction
	Gateways  []Gateway
	Sites     []Site
	Cameras   []Camera
	Targets   []Target
	Windows   []Window // of maintenance
	Figures   []Figure // entered by people

	Revision Revision // of a stored plan

	sites    map[string]*Site
	meanings map[string][]Area // all areas that had a code, by their first day
	routes   map[string]*Route
	cameras  map[string]*Camera
}

// Text is a name or sentence in the two languages of the pages.
type Text struct {
	VI string `json:"vi"`
	EN string `json:"en"`
}

// Level is a named density of pixels on the target (IEC 62676-4).
type Level struct {
	Code    string
	Name    Text
	Density float64 // pixels per metre
}

// Phase is a stage of the roll-out with its first and last day.
type Phase struct {
	Code string
	Name Text
	From Date
	To   Date
}

// Area is an administrative unit in force from ValidFrom. Codes are strings
// of fixed width and are re-used with other meanings, so (Code, ValidFrom) is
// the key.
type Area struct {
	Code      string
	ValidFrom Date
	ValidTo   Date // last day in force, zero if still in force
	Parent    string
	Kind      string // xã, thị trấn, phường, huyện, tỉnh …
	Name      string
	Centre    geo.Point // a point inside, for labels; zero if not known
	Synthetic bool      // Centre is made up

	Successors []string // codes of the areas that follow when this one ends
}

// Route is a road with its line and the chainage of its posts. The line is
// drawn in the direction in which the chainage grows.
type Route struct {
	Code      string
	Name      string
	Class     string // quốc lộ, đường tỉnh, đường huyện, đường xã …
	Synthetic bool   // the geometry is made up
	Line      *geo.Line
	Posts     []Post           // in the direction of the line; none: the line starts at Km0+000
	Chainage  *geo.Calibration // follows from Line and Posts
}

// Post is a kilometre post, or any place of confirmed chainage (metres) by a
// route. It is kept as it was given, because calibrations are corrected by
// people who compare them with what stands at the road.
type Post struct {
	Chainage float64
	Position geo.Point
}

// Junction is a place where routes meet. It has one row for each route that
// passes through it; rows with one code are one place.
type Junction struct {
	Code  string
	Name  string
	Route string
	At    float64 // distance from the start of the route's line, metres
}

// Gateway is a place where a route crosses the boundary of the plan's area.
type Gateway struct {
	Code  string
	Name  string
	Route string
	At    float64 // distance from the start of the route's line, metres
	To    string  // what lies beyond
}

// Site is a place where one or more cameras hang: a chainage on a route, or
// an important place.
type Site struct {
	Code     string
	Name     string
	Area     string // code of the commune
	AreaFrom Date   // first day in force of that area, where its code has meant several
	Kind     SiteKind
	Route    string    // code; empty at an important place off the routes
	At       float64   // distance from the start of the route's line, metres; only with Route
	Side     Side      // of the road; only with Route
	Position geo.Point // if not given, the place on the route
}

// SiteKind says what a site watches.
type SiteKind string

// The kinds of site. Everything but SiteRoute is an important place.
const (
	SiteRoute    SiteKind = "route"
	SiteJunction SiteKind = "junction"
	SiteGateway  SiteKind = "gateway"
	SiteSchool   SiteKind = "school"
	SiteMarket   SiteKind = "market"
	SiteHealth   SiteKind = "health"
	SiteOffice   SiteKind = "office"
	SiteBorder   SiteKind = "border" // by the boundary of a commune or district
	SiteOther    SiteKind = "other"
)

// Camera is one unit (mắt) with what the plan expects of it.
type Camera struct {
	Code  string
	Site  string
	Agent string // code of the commune device that probes it
	Phase string

	Azimuth    float64 // viewing direction, degrees clockwise from north; NaN if not known
	FOV        float64 // horizontal field of view, degrees, over 0 to 360; NaN if not known
	Width      int     // planned resolution as displayed, pixels
	Height     int
	FrameRate  float64 // planned frames per second, 0 if none are agreed
	MountingAt float64 // height above the road, metres, 0 if not known

	Codec       string  // planned: h264, h265 or mjpeg; empty if none is agreed
	KeyframeGap float64 // longest time between two key frames, seconds, 0 if none is agreed
	Address     Address // of its stream

	Interval  float64 // seconds between two probes, 10 to 3600; 0: for the agent to say
	Depth     string  // both or full: which probes it gets; empty: for the agent to say
	Transport string  // auto, tcp or udp; empty: for the agent to say

	Owner       Owner
	Funding     string  // source of the money
	Cost        float64 // million VND, 0 if not known
	Recorder    string
	StorageDays int // days that the recorder keeps, 0 if not known
	Signage     Signage

	Due       Date // last day for installing it; if not given, the last day of its phase
	Planned   Date // day on which it entered the plan; zero if it was there from the beginning
	Surveyed  Date // the following are claims: zero until claimed
	Installed Date
	Accepted  Date
	Retired   Date // first day out of service, or out of the plan
}

// Owner says who owns a camera.
type Owner string

// The owners.
const (
	OwnerPublic    Owner = "public"
	OwnerHousehold Owner = "household"
)

// Camera gives the camera with a code, or nil.
func (p *Plan) Camera(code string) *Camera { return p.cameras[code] }

// Site gives the site with a code, or nil.
func (p *Plan) Site(code string) *Site { return p.sites[code] }

// Route gives the route with a code, or nil.
func (p *Plan) Route(code string) *Route { return p.routes[code] }

// Area gives the area with a code, whether or not it is still in force, or
// nil. Of several areas that had the code it is the latest; AreaOn gives the
// one of a day.
func (p *Plan) Area(code string) *Area { return p.AreaOn(code, Forever) }

// LevelByCode gives the level with a code, and whether there is one.
func (p *Plan) LevelByCode(code string) (Level, bool) {
	i := slices.IndexFunc(p.Levels, func(l Level) bool { return l.Code == code })
	if i < 0 {
		return Level{}, false
	}
	return p.Levels[i], true
}
