package api

import "time"

// SiteList is the answer of /sites.
type SiteList struct {
	Head
	Page
	Items []SiteRow `json:"items"`
}

// SiteRow is a site with the cameras that hang there.
type SiteRow struct {
	Code     string       `json:"code"`
	Name     string       `json:"name" doc:"Without the metres of a chainage for who may not see exact positions"`
	Kind     string       `json:"kind" enum:"route,junction,gateway,school,market,health,office,border,other"`
	Area     Ref          `json:"area" doc:"The area that it lies in today"`
	Route    *Ref         `json:"route,omitempty" doc:"Absent at an important place off the routes"`
	Chainage string       `json:"chainage,omitempty" example:"Km12+500" doc:"Km12 alone for who may not see exact positions"`
	Side     string       `json:"side,omitempty" enum:"left,right,middle" doc:"Of the road, seen in the direction in which its chainage grows; only for who may see exact positions"`
	Position *[2]float64  `json:"position,omitempty" doc:"Longitude, latitude; WGS84; only for who may see exact positions, absent when it is not known"`
	Count    StatusCount  `json:"count" doc:"Its cameras by their status now"`
	Cameras  []CameraHere `json:"cameras" doc:"By code"`
}

// CameraHere is a camera in the answer about something else.
type CameraHere struct {
	Code   string `json:"code"`
	Status Status `json:"status"`
}

// SiteAnswer is the answer of /sites/{code}.
type SiteAnswer struct {
	Head
	SiteRow
	Above []Ref `json:"above" doc:"The areas above its area today, from below"`
}

// CameraAnswer is the answer of /cameras/{code}.
type CameraAnswer struct {
	Head
	Code        string        `json:"code"`
	Site        Ref           `json:"site"`
	SiteKind    string        `json:"site_kind" enum:"route,junction,gateway,school,market,health,office,border,other"`
	Area        Ref           `json:"area"`
	Route       *Ref          `json:"route,omitempty" doc:"Absent at an important place off the routes"`
	Chainage    string        `json:"chainage,omitempty" example:"Km12+500" doc:"Km12 alone for who may not see exact positions"`
	Position    *[2]float64   `json:"position,omitempty" doc:"Longitude, latitude of its site; WGS84; only for who may see exact positions, absent when it is not known"`
	View        *CameraView   `json:"view,omitempty" doc:"How it looks; only for who may see exact positions"`
	Agent       string        `json:"agent" doc:"The device that probes it by the plan"`
	Phase       string        `json:"phase"`
	Owner       string        `json:"owner" enum:"public,household"`
	Funding     string        `json:"funding,omitempty" doc:"Source of the money"`
	Cost        float64       `json:"cost_million_vnd,omitempty"`
	Recorder    string        `json:"recorder,omitempty"`
	StorageDays int           `json:"storage_days,omitempty" doc:"Days that the recorder keeps"`
	Signage     string        `json:"signage,omitempty" enum:"yes,no" doc:"Whether a notice at the place says that there is a camera; absent when not known"`
	Planned     PlannedStream `json:"planned" doc:"What the plan expects of its stream"`
	Stream      *Stream       `json:"stream,omitempty" doc:"Where its stream is expected; only for who has the right stream_addresses where the camera is, absent when the plan has no address"`
	Measured    *Measured     `json:"measured,omitempty" doc:"What probes measured last; absent when never measured"`
	Milestones  Milestones    `json:"milestones"`
	Status      Status        `json:"status"`
	Maintenance []Pause       `json:"maintenance" doc:"Declared maintenance that has not ended, by its beginning"`
	From        string        `json:"from" doc:"First day of the period of the figures, yyyy-mm-dd"`
	To          string        `json:"to" doc:"Last day, yyyy-mm-dd; of today only what has passed counts"`
	Uptime      Uptime        `json:"uptime"`
	Repairs     Repairs       `json:"repairs"`
}

// CameraView is how a camera looks by the plan. What is not known is absent.
type CameraView struct {
	Azimuth  *float64 `json:"azimuth,omitempty" doc:"Degrees clockwise from north"`
	FOV      *float64 `json:"fov,omitempty" doc:"Horizontal field of view, degrees"`
	Mounting float64  `json:"mounting_height_m,omitempty" doc:"Above the road"`
}

// PlannedStream is what the plan expects of a stream, and how it is probed. What
// is not agreed is absent.
type PlannedStream struct {
	Picture
	KeyframeGap float64 `json:"keyframe_gap_s,omitempty" doc:"Longest time between two key frames"`
	Interval    float64 `json:"interval_s,omitempty" doc:"Time between two probes; absent when the agent says it"`
	Depth       string  `json:"depth,omitempty" enum:"both,full" doc:"Which probes it gets; absent when the agent says it"`
	Transport   string  `json:"transport,omitempty" enum:"auto,tcp,udp" doc:"Absent when the agent says it"`
}

// Stream is where a camera's stream is expected.
type Stream struct {
	Address string `json:"address" doc:"Without user name and password; what looks like one in its path or query stands as ***"`
}

// Measured is what probes measured last.
type Measured struct {
	Picture
	At *time.Time `json:"at,omitempty" doc:"When it was measured; it is renewed once a day while nothing changes"`
}

// Pause is a window of maintenance.
type Pause struct {
	Code   string    `json:"code"`
	From   time.Time `json:"from"`
	To     time.Time `json:"to"`
	Reason string    `json:"reason"`
}

// Timeline is the answer of /cameras/{code}/timeline.
type Timeline struct {
	Head
	Code   string     `json:"code"`
	From   string     `json:"from" doc:"First day, yyyy-mm-dd"`
	To     string     `json:"to" doc:"Last day, yyyy-mm-dd; of today only what has passed"`
	Uptime Uptime     `json:"uptime" doc:"What the spans add up to"`
	Items  []SpanHere `json:"items" doc:"In order; they fill the period without a hole"`
}

// SpanHere is a time of one status, inside of one local day.
type SpanHere struct {
	Day     string    `json:"day" doc:"Local day that it lies in, yyyy-mm-dd"`
	From    time.Time `json:"from"`
	To      time.Time `json:"to"`
	Seconds int64     `json:"seconds"`
	Status  string    `json:"status" enum:"up,degraded,down,unknown,maintenance,not_in_service" doc:"The last two come from the plan and win over what was seen"`
	Fault   string    `json:"fault,omitempty" doc:"Why down"`
	FellOn  string    `json:"fell_on,omitempty" doc:"Rung of the ladder on which the probe fell"`
}

// AreaList is the answer of /areas.
type AreaList struct {
	Head
	Page
	On    string    `json:"on" doc:"The day that in_force, level and parent are of, yyyy-mm-dd"`
	Items []AreaRow `json:"items"`
}

// AreaRow is an area. Codes are used again with other meanings: code and
// valid_from together name one.
type AreaRow struct {
	Code       string   `json:"code"`
	ValidFrom  string   `json:"valid_from,omitempty" doc:"First day in force, yyyy-mm-dd; absent when it is not known"`
	ValidTo    string   `json:"valid_to,omitempty" doc:"Last day in force, yyyy-mm-dd; absent while it is in force"`
	InForce    bool     `json:"in_force"`
	Name       string   `json:"name"`
	Kind       string   `json:"kind" doc:"As the plan has it: xã, phường, huyện, tỉnh …"`
	Level      int      `json:"level" doc:"How many areas are above it: 0 at the top"`
	Parent     *Ref     `json:"parent,omitempty" doc:"The area right above it; absent at the top"`
	Successors []string `json:"successors" doc:"Codes of the areas that follow when it ends"`
}

// AreaAnswer is the answer of /areas/{code}.
type AreaAnswer struct {
	Head
	AreaRow
	Above    []Ref             `json:"above" doc:"The areas above it, from below"`
	Below    []Ref             `json:"below" doc:"The areas right below it, today"`
	Sites    int               `json:"sites" doc:"Sites in it; of an area that has ended, those that lay in it on its last day"`
	Cameras  int               `json:"cameras" doc:"All cameras of these sites, retired ones as well"`
	Count    StatusCount       `json:"count" doc:"These cameras by their status now"`
	Coverage string            `json:"coverage_level" doc:"Code of the level that the road is covered at"`
	Length   float64           `json:"length_m" doc:"Of all road in it"`
	States   map[string]Covers `json:"states" doc:"How much of it is covered, by state: planned, installed, accepted, working"`
	Routes   []RouteHere       `json:"routes" doc:"Routes of which a stretch lies in it"`
}

// RouteHere is a route in the answer about an area.
type RouteHere struct {
	Ref
	Length float64 `json:"length_m" doc:"Of the stretch that lies in the area"`
}

// ObservationList is the answer of /cameras/{code}/observations.
type ObservationList struct {
	Head
	Code  string         `json:"code"`
	From  string         `json:"from" doc:"First day, yyyy-mm-dd"`
	To    string         `json:"to" doc:"Last day, yyyy-mm-dd"`
	Next  string         `json:"next,omitempty" doc:"Give it as after for the next page; absent on the last one"`
	Items []EvidenceHere `json:"items" doc:"Newest first"`
}

// EvidenceHere is an observation of a camera as its agent sent it: what it saw
// over one interval.
type EvidenceHere struct {
	Agent       string      `json:"agent"`
	Epoch       string      `json:"epoch" doc:"Spool that the record is of, 16 hexadecimal digits"`
	Seq         int64       `json:"seq" doc:"Number of the record in it"`
	From        time.Time   `json:"from"`
	To          time.Time   `json:"to"`
	Clock       string      `json:"clock" enum:"hub,own,wrong" doc:"By which clock: the hub's, the device's own that nobody could compare, or one that is known to be wrong"`
	Status      string      `json:"status" enum:"up,degraded,down"`
	Rung        string      `json:"rung,omitempty" doc:"Highest rung of the ladder that was reached"`
	Fault       string      `json:"fault,omitempty" doc:"Why down"`
	FellOn      string      `json:"fell_on,omitempty" doc:"Rung on which the probe fell"`
	RTSPStatus  int         `json:"rtsp_status,omitempty" doc:"Status number that was the fault"`
	Reasons     []string    `json:"reasons,omitempty" doc:"Why degraded"`
	Probes      int         `json:"probes" doc:"Probes that it was made of"`
	Picture     *Picture    `json:"picture,omitempty" doc:"Absent when nothing was measured"`
	FrameRate   *Stat       `json:"frame_rate,omitempty" doc:"Frames per second"`
	BitRate     *Stat       `json:"bit_rate,omitempty" doc:"Bits per second"`
	KeyframeGap *Stat       `json:"keyframe_gap_s,omitempty" doc:"Seconds between key frames"`
	Loss        *Stat       `json:"loss,omitempty" doc:"RTP packets lost, from 0 to 1"`
	Jitter      *Stat       `json:"jitter_ms,omitempty" doc:"Of RTP packets, milliseconds (RFC 3550)"`
	Stages      []StageTime `json:"stages,omitempty" doc:"Time that probes spent on each rung"`
}

// Stat is the least, mean and greatest of some measured values.
type Stat struct {
	N    int     `json:"n" doc:"So many values"`
	Min  float64 `json:"min"`
	Mean float64 `json:"mean"`
	Max  float64 `json:"max"`
}

// StageTime is the time that probes spent on a rung.
type StageTime struct {
	Rung string `json:"rung"`
	Time Stat   `json:"time_ms" doc:"Milliseconds"`
}

// GatewayList is the answer of /gateways.
type GatewayList struct {
	Head
	Page
	Items []GatewayRow `json:"items"`
}

// GatewayRow is a place where a route crosses the boundary of the plan's area.
type GatewayRow struct {
	Code     string      `json:"code"`
	Name     string      `json:"name"`
	Beyond   string      `json:"beyond,omitempty" doc:"What lies beyond"`
	Route    Ref         `json:"route"`
	Chainage string      `json:"chainage" example:"Km12+500"`
	Position *[2]float64 `json:"position,omitempty" doc:"Longitude, latitude; WGS84"`
	Area     *Ref        `json:"area,omitempty" doc:"The area that the road lies in there today; absent when it is not known"`
	Coverage string      `json:"coverage" doc:"Where it stands who has it in view"`
}

// SectionList is the answer of /sections.
type SectionList struct {
	Head
	Page
	Items []SectionHere `json:"items"`
}

// SectionHere is the stretch of a route between two junctions, or between one and
// the route's end.
type SectionHere struct {
	Code     string  `json:"code" example:"QL1A~NG-01" doc:"Of the route and of the junction that it begins at, none for the first section: it stays when a chainage is corrected"`
	Route    Ref     `json:"route"`
	From     string  `json:"from" doc:"Chainage"`
	To       string  `json:"to" doc:"Chainage"`
	Begins   *Ref    `json:"from_junction,omitempty" doc:"Junction it begins at; absent at the beginning of the route"`
	Ends     *Ref    `json:"to_junction,omitempty" doc:"Junction it ends at; absent at the end of the route"`
	Length   float64 `json:"length_m"`
	Areas    []Ref   `json:"areas" doc:"Areas that it runs through today, in order"`
	Coverage string  `json:"coverage" doc:"Where it stands how much of it is in view, and who controls it"`
}

// RouteAnswer is the answer of /routes/{code}.
type RouteAnswer struct {
	Head
	CoverageLevel string `json:"level" doc:"Code of the level that it is covered at"`
	RouteRow
	Gateways []GatewayRow `json:"gateways"`
	Sites    []Ref        `json:"sites" doc:"By code"`
	Cameras  int          `json:"cameras" doc:"All cameras at these sites, retired ones as well"`
	Count    StatusCount  `json:"count" doc:"These cameras by their status now"`
}

// AgentAnswer is the answer of /agents/{code}.
type AgentAnswer struct {
	Head
	AgentRow
	Count StatusCount   `json:"count" doc:"The cameras that the plan gives it, by their status now"`
	Items []AgentCamera `json:"items" doc:"These cameras, by the plan's order"`
}

// AgentCamera is a camera that the plan gives to an agent.
type AgentCamera struct {
	CameraHere
	Site     Ref    `json:"site"`
	Chainage string `json:"chainage,omitempty" example:"Km12+500" doc:"Km12 alone for who may not see exact positions"`
	Listed   bool   `json:"listed" doc:"The plan has an address of its stream, so it can be in the agent's list"`
}
