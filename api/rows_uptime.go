package api

import "time"

// UptimeAnswer is the answer of /uptime.
type UptimeAnswer struct {
	Head
	Revision int       `json:"revision,omitempty" doc:"Revision of the plan that was asked for"`
	From     string    `json:"from" doc:"First day, yyyy-mm-dd"`
	To       string    `json:"to" doc:"Last day, yyyy-mm-dd; of today only what has passed counts"`
	By       string    `json:"by"`
	Every    string    `json:"every,omitempty"`
	Pieces   []string  `json:"pieces,omitempty" doc:"First day of each piece of the series"`
	Late     []LateRow `json:"late" doc:"Maintenance in the period of which a part does not count, because it was declared, changed or removed too late or too early for that part"`
	Page
	Items []UptimeGroup `json:"items"`
}

// LateRow is a window of maintenance that does not count as a whole.
type LateRow struct {
	Code    string    `json:"code"`
	From    time.Time `json:"from"`
	To      time.Time `json:"to"`
	Cameras int       `json:"cameras" doc:"Cameras it was declared for"`
	Counts  int64     `json:"counts_s" doc:"Seconds of the window that count"`
}

// UptimeGroup is the availability of some cameras together, weighted by their
// time in service.
type UptimeGroup struct {
	Code      string   `json:"code" doc:"Empty for cameras that have none, and for the total"`
	ValidFrom string   `json:"valid_from,omitempty" doc:"First day in force of an area: codes are used again"`
	Name      string   `json:"name"`
	Cameras   int      `json:"cameras" doc:"Cameras with time in service in the period"`
	Uptime    Uptime   `json:"uptime"`
	Repairs   Repairs  `json:"repairs"`
	Targets   []Target `json:"targets" doc:"Targets of availability and of repair that hold for it"`
	Before    *Beside  `json:"before,omitempty" doc:"The period of as many days just before; absent when nothing was in service"`
	YearAgo   *Beside  `json:"year_ago,omitempty" doc:"The same days of the year before; absent when nothing was in service"`
	Series    []Uptime `json:"series,omitempty" doc:"A figure for each of pieces"`
}

// Repairs is what the outages of a period tell, with bounds: see docs/uptime.md.
type Repairs struct {
	Outages int   `json:"outages" doc:"Outages that touch the period"`
	Fewest  int   `json:"outages_least" doc:"As few may they be: where nobody looked between two they may be one"`
	Open    int   `json:"open" doc:"Outages after which nothing was seen of the camera"`
	MTTR    *Span `json:"mttr_s,omitempty" doc:"Mean time to restore of outages that ended in the period, seconds; absent when none did"`
	MTBF    *Span `json:"mtbf_s,omitempty" doc:"Mean time between failures: time that cameras worked for each outage that began, seconds; absent when none did"`
	Longest *Span `json:"longest_s,omitempty" doc:"The longest outage that touches the period, seconds in service"`
}

// Span is a value between two bounds.
type Span struct {
	Low  float64  `json:"low"`
	High *float64 `json:"high,omitempty" doc:"Absent when there is no upper bound"`
}

// Target is what is to be reached, and whether it was.
type Target struct {
	Measure string  `json:"measure" enum:"availability_percent,repair_hours"`
	Value   float64 `json:"value"`
	Verdict string  `json:"verdict" enum:"met,missed,cannot_tell,no_figure" doc:"cannot_tell: what happened while nobody looked decides"`
}

// Beside is the figure of another period, and what this one is beside it.
type Beside struct {
	From    string `json:"from"`
	To      string `json:"to"`
	Uptime  Uptime `json:"uptime"`
	Verdict string `json:"verdict" enum:"better,worse,same,cannot_tell,no_figure" doc:"cannot_tell: the bounds overlap"`
}

// GridAnswer is the answer of /uptime/grid.
type GridAnswer struct {
	Head
	Revision int      `json:"revision,omitempty" doc:"Revision of the plan that was asked for"`
	From     string   `json:"from"`
	To       string   `json:"to"`
	Every    string   `json:"every"`
	Pieces   []string `json:"pieces" doc:"First day of each piece"`
	Page
	Items []GridRow `json:"items"`
}

// GridRow is the figures of a camera, one for each piece.
type GridRow struct {
	Code    string       `json:"code"`
	Figures [][]*float64 `json:"figures" doc:"[up, degraded, down, unknown, outages, availability, low, high, observed]: seconds, then ratios with six decimals, low rounded down and high up; null where nothing counts"`
}

// OutageList is the answer of /outages.
type OutageList struct {
	Head
	Revision int     `json:"revision,omitempty" doc:"Revision of the plan that was asked for"`
	From     string  `json:"from"`
	To       string  `json:"to"`
	Repairs  Repairs `json:"repairs" doc:"Of all outages of the cameras that are meant"`
	Page
	Items []IncidentRow `json:"items"`
}

// IncidentRow is one outage of one or several cameras with a common cause.
type IncidentRow struct {
	Place string `json:"place" enum:"agent,site,camera,agent_offline" doc:"Where the cause lies; agent_offline: nothing was heard of the agent, its cameras are unknown and not down"`
	Code  string `json:"code" doc:"Of the agent, site or camera"`
	OutageTimes
	Cameras []OutageRow `json:"cameras"`
}

// OutageRow is the outage of a camera.
type OutageRow struct {
	Code string `json:"code"`
	Site Ref    `json:"site"`
	OutageTimes
}

// OutageTimes are the times of an outage and why it was.
type OutageTimes struct {
	From      time.Time  `json:"from" doc:"The first failed probe"`
	To        time.Time  `json:"to" doc:"The end of what was seen of it"`
	Earliest  *time.Time `json:"earliest,omitempty" doc:"It may have begun then; absent when its beginning was seen"`
	Latest    *time.Time `json:"latest,omitempty" doc:"It may have lasted until then; absent when its end was seen"`
	Open      bool       `json:"open" doc:"Nothing was seen since: it may still go on"`
	Continues bool       `json:"continues,omitempty" doc:"It may go on with the one before: nobody looked between them"`
	Fault     string     `json:"fault,omitempty"`
	FellOn    string     `json:"fell_on,omitempty"`
	Counted   int64      `json:"counted_s" doc:"Seconds of it in the period that were in service and not in maintenance, of all cameras"`
}
