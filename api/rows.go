package api

import "time"

// Text is a name or sentence in both languages.
type Text struct {
	VI string `json:"vi"`
	EN string `json:"en"`
}

// Head stands at the top of every answer: as of when it holds, and whether
// what it tells is made up.
type Head struct {
	AsOf      time.Time `json:"as_of" doc:"Moment the answer holds for"`
	Simulated bool      `json:"simulated" doc:"True when plan and evidence are made up: no figure speaks of a real camera"`
}

// PlanAnswer is the plan's own particulars.
type PlanAnswer struct {
	Head
	Revision int        `json:"revision,omitempty" doc:"That is in force; absent where the plan is read from a folder"`
	Name     Text       `json:"name"`
	Note     Text       `json:"note"`
	Area     Ref        `json:"area"`
	TimeZone string     `json:"time_zone"`
	Level    string     `json:"level" doc:"Coverage level used when none is named"`
	Levels   []LevelRow `json:"levels"`
	Phases   []PhaseRow `json:"phases"`
}

// LevelRow is a level of pixel density.
type LevelRow struct {
	Code    string  `json:"code"`
	Name    Text    `json:"name"`
	Density float64 `json:"density" doc:"Pixels per metre on the target"`
}

// PhaseRow is a phase of the roll-out.
type PhaseRow struct {
	Code string `json:"code"`
	Name Text   `json:"name"`
	From string `json:"from" doc:"First day, yyyy-mm-dd"`
	To   string `json:"to" doc:"Last day, yyyy-mm-dd"`
}

// Ref names another thing of the plan.
type Ref struct {
	Code string `json:"code"`
	Name string `json:"name"`
}

// CameraList is the answer of /cameras.
type CameraList struct {
	Head
	From   string      `json:"from" doc:"First day of the period of the figures, yyyy-mm-dd"`
	To     string      `json:"to" doc:"Last day, yyyy-mm-dd: today"`
	Uptime *Uptime     `json:"uptime,omitempty" doc:"All cameras of the list together, weighted by time in service; absent when fields leaves the uptime out"`
	Count  StatusCount `json:"count" doc:"Cameras of the list by their status now"`
	Page
	Items []CameraRow `json:"items"`
}

// StatusCount counts cameras by status.
type StatusCount struct {
	Up           int `json:"up"`
	Degraded     int `json:"degraded"`
	Down         int `json:"down"`
	Unknown      int `json:"unknown"`
	Maintenance  int `json:"maintenance"`
	NotInService int `json:"not_in_service"`
}

// CameraRow is one camera: what the plan says and what the evidence says.
type CameraRow struct {
	Code       string     `json:"code"`
	Site       Ref        `json:"site"`
	SiteKind   string     `json:"site_kind" enum:"route,junction,gateway,school,market,health,office,border,other"`
	Area       Ref        `json:"area"`
	Route      *Ref       `json:"route,omitempty" doc:"Absent at an important place off the routes"`
	Chainage   string     `json:"chainage,omitempty" example:"Km12+500" doc:"Km12 alone for who may not see exact positions"`
	Agent      string     `json:"agent"`
	Phase      string     `json:"phase"`
	Owner      string     `json:"owner" enum:"public,household"`
	Planned    Picture    `json:"planned" doc:"What the plan expects"`
	Measured   *Picture   `json:"measured,omitempty" doc:"What probes measured last; absent when never measured"`
	Milestones Milestones `json:"milestones"`
	Status     Status     `json:"status"`
	Uptime     Uptime     `json:"uptime"`
	Bars       [][4]int   `json:"bars,omitempty" doc:"Per day of the period: seconds in service that were up, degraded, down, unknown; only with bars=true"`

	encoded []byte // as JSON up to the uptime, which is another each second; nil if it is not kept
}

// Picture is what a stream shows.
type Picture struct {
	Codec     string  `json:"codec,omitempty" enum:"h264,h265,jpeg"`
	Width     int     `json:"width" doc:"Pixels as displayed"`
	Height    int     `json:"height"`
	FrameRate float64 `json:"frame_rate,omitempty" doc:"Frames per second"`
}

// Milestones are the days (yyyy-mm-dd) a camera reached what the plan claims,
// and, apart, what the evidence shows.
type Milestones struct {
	Due       string `json:"due,omitempty"`
	Planned   string `json:"planned,omitempty"`
	Surveyed  string `json:"surveyed,omitempty"`
	Installed string `json:"installed,omitempty"`
	Accepted  string `json:"accepted,omitempty"`
	Retired   string `json:"retired,omitempty"`
	Enrolled  string `json:"enrolled,omitempty" doc:"Evidence: first day an agent reported this camera"`
	Verified  string `json:"verified,omitempty" doc:"Evidence: first day its stream was seen"`
}

// Status is what is known of a camera at a moment.
type Status struct {
	Status     string     `json:"status" enum:"up,degraded,down,unknown,maintenance,not_in_service" doc:"The last two come from the plan and win over what was seen"`
	Cause      string     `json:"cause,omitempty" enum:"agent_offline,not_enrolled,no_evidence" doc:"Why unknown"`
	Fault      string     `json:"fault,omitempty" doc:"Why down"`
	FellOn     string     `json:"fell_on,omitempty" doc:"Rung of the ladder on which the probe fell"`
	RTSPStatus int        `json:"rtsp_status,omitempty"`
	Reasons    []string   `json:"reasons,omitempty" doc:"Why degraded"`
	Since      *time.Time `json:"since,omitempty" doc:"First probe that saw this; for down, the first failed probe; the beginning of maintenance"`
	Until      *time.Time `json:"until,omitempty" doc:"End of maintenance"`
}

// Uptime is the availability over a period with what it rests on. The ratios
// are absent when nothing can be said: no data is neither 0 nor 1.
type Uptime struct {
	InService    int64    `json:"in_service_s" doc:"Seconds in service, without those of maintenance"`
	Up           int64    `json:"up_s"`
	Degraded     int64    `json:"degraded_s"`
	Down         int64    `json:"down_s"`
	Unknown      int64    `json:"unknown_s"`
	Maintenance  int64    `json:"maintenance_s" doc:"Seconds of planned maintenance, which are in none of the others"`
	Availability *float64 `json:"availability,omitempty" doc:"(up + degraded) / (up + degraded + down)"`
	Observed     *float64 `json:"observed,omitempty" doc:"(up + degraded + down) / in service"`
	Low          *float64 `json:"low,omitempty" doc:"(up + degraded) / in service: as if all unknown time was down"`
	High         *float64 `json:"high,omitempty" doc:"(up + degraded + unknown) / in service: as if all unknown time was up"`
	Outages      int      `json:"outages" doc:"Outages that touch the period"`
}

// RouteList is the answer of /routes.
type RouteList struct {
	Head
	Revision int    `json:"revision,omitempty" doc:"Revision of the plan that was asked for"`
	Level    string `json:"level"`
	Page
	Items []RouteRow `json:"items"`
}

// RouteRow is one route with its line, its sections and how far it is covered.
type RouteRow struct {
	Code      string            `json:"code"`
	Name      string            `json:"name"`
	Class     string            `json:"class"`
	Synthetic bool              `json:"synthetic" doc:"The geometry is made up"`
	Length    float64           `json:"length_m"`
	From      string            `json:"from" example:"Km0+000"`
	To        string            `json:"to" example:"Km15+230"`
	States    map[string]Covers `json:"states" doc:"By state: planned, installed, accepted, working"`
	Sections  []SectionRow      `json:"sections"`
}

// SectionRow is the stretch of a route between two junctions.
type SectionRow struct {
	From       string          `json:"from" doc:"Chainage"`
	To         string          `json:"to" doc:"Chainage"`
	FromName   string          `json:"from_name,omitempty" doc:"Junction it begins at"`
	ToName     string          `json:"to_name,omitempty"`
	Length     float64         `json:"length_m"`
	InView     float64         `json:"in_view_m" doc:"Metres in view of cameras that work now"`
	Controlled map[string]bool `json:"controlled" doc:"By state: does a camera see 5 m of it in one piece"`
	Cameras    []string        `json:"cameras" doc:"All planned cameras that control it"`
	Line       [][2]float64    `json:"line" doc:"Longitude, latitude; WGS84"`
}

// Covers is how much of a road is covered, in one state.
type Covers struct {
	InView          float64 `json:"in_view_m"`
	Controlled      float64 `json:"controlled_m"`
	InViewRatio     float64 `json:"in_view"`
	ControlledRatio float64 `json:"controlled"`
	Sections        int     `json:"sections" doc:"All sections"`
	SectionsCtl     int     `json:"sections_controlled"`
	Gateways        int     `json:"gateways" doc:"All gateways"`
	GatewaysInView  int     `json:"gateways_in_view"`
	Places          int     `json:"places,omitempty" doc:"Important places; of an area or of all, not of a route or class"`
	PlacesCovered   int     `json:"places_covered,omitempty" doc:"Those at which a camera hangs that counts"`
}

// CoverageAnswer is the answer of /coverage.
type CoverageAnswer struct {
	Head
	Revision   int               `json:"revision,omitempty" doc:"Revision of the plan that was asked for"`
	Level      LevelRow          `json:"level"`
	Length     float64           `json:"length_m" doc:"All routes"`
	States     map[string]Covers `json:"states" doc:"By state: planned, installed, accepted, working"`
	Gaps       []GapRow          `json:"gaps" doc:"Sections that no working camera sees, longest first"`
	Incomplete []string          `json:"incomplete" doc:"Planned cameras whose footprint cannot be told: they cover no road; /api/v1/coverage/cameras says why"`
	Unknown    int               `json:"unknown" doc:"Cameras in service whose status is unknown: not counted as working"`
}

// GapRow is a stretch that is not controlled.
type GapRow struct {
	Route  Ref     `json:"route"`
	From   string  `json:"from" doc:"Chainage"`
	To     string  `json:"to" doc:"Chainage"`
	Length float64 `json:"length_m"`
}
