package api

// RolloutAnswer is the answer of /rollout.
type RolloutAnswer struct {
	Head
	Day      string         `json:"day" doc:"The figures are those of the end of this day, yyyy-mm-dd; of today, those of now"`
	By       string         `json:"by" doc:"What the cameras of items are put together by"`
	Revision int            `json:"revision,omitempty" doc:"Revision of the plan that was asked for"`
	Total    RolloutGroup   `json:"total"`
	Items    []RolloutGroup `json:"items"`

	Phases     []RolloutGroup `json:"phases"`
	Areas      []RolloutGroup `json:"areas" doc:"Communes of the day"`
	Unverified []string       `json:"unverified" doc:"Claimed installed, stream never seen"`
	Unclaimed  []string       `json:"unclaimed" doc:"Stream seen, not claimed installed"`
	Unplanned  []string       `json:"unplanned" doc:"Reported by an agent, not in the plan"`
	Overdue    []string       `json:"overdue" doc:"Due, and not claimed installed"`
}

// RolloutGroup is what the cameras of one phase, area, route, source of money
// or kind of owner have come to.
type RolloutGroup struct {
	Code      string `json:"code" doc:"Empty for what has none, such as cameras off the routes"`
	ValidFrom string `json:"valid_from,omitempty" doc:"First day in force of an area: codes are used again"`
	Name      Text   `json:"name"`
	RolloutCount
	Sites   int           `json:"sites" doc:"Sites with a planned camera"`
	BySite  RolloutCount  `json:"by_site" doc:"Sites of which at least one camera has come so far; retired when all have"`
	OfPlan  RolloutShares `json:"of_plan" doc:"Cameras of those planned"`
	Targets []RolloutGoal `json:"targets" doc:"Targets of the plan that count cameras, sites or communes"`
}

// RolloutCount counts cameras or sites by how far they have come. Retired
// cameras are in Retired alone.
type RolloutCount struct {
	Planned           int `json:"planned" doc:"In the plan, not retired"`
	Surveyed          int `json:"surveyed" doc:"Claimed"`
	Installed         int `json:"installed" doc:"Claimed"`
	Accepted          int `json:"accepted" doc:"Claimed"`
	Retired           int `json:"retired" doc:"Claimed"`
	Enrolled          int `json:"enrolled" doc:"Evidence: an agent reported it"`
	Verified          int `json:"verified" doc:"Evidence: its stream was seen"`
	InstalledVerified int `json:"installed_verified" doc:"Claimed installed and its stream was seen"`
	Overdue           int `json:"overdue" doc:"Due, and not claimed installed"`
}

// RolloutShares are parts of what is planned, from 0 to 1; null when nothing
// is.
type RolloutShares struct {
	Surveyed          *float64 `json:"surveyed"`
	Installed         *float64 `json:"installed"`
	Accepted          *float64 `json:"accepted"`
	Enrolled          *float64 `json:"enrolled"`
	Verified          *float64 `json:"verified"`
	InstalledVerified *float64 `json:"installed_verified"`
}

// RolloutGoal is a target and how far it is reached.
type RolloutGoal struct {
	Measure       string   `json:"measure" enum:"cameras,sites,areas" doc:"Cameras accepted; sites, or communes, with an accepted camera"`
	Phase         string   `json:"phase,omitempty"`
	Area          *Ref     `json:"area,omitempty"`
	By            string   `json:"by,omitempty" doc:"Last day for reaching it; absent when the plan names none"`
	Value         float64  `json:"value"`
	Reached       int      `json:"reached" doc:"Claimed"`
	Verified      int      `json:"verified" doc:"Of these, those of which a stream was seen"`
	Share         *float64 `json:"share" doc:"Reached of value; null for a value of 0"`
	ShareVerified *float64 `json:"share_verified"`
}

// RolloutCurve is the answer of /rollout/curve.
type RolloutCurve struct {
	Head
	From     string       `json:"from"`
	To       string       `json:"to"`
	Every    string       `json:"every"`
	Phase    string       `json:"phase,omitempty"`
	Area     string       `json:"area,omitempty"`
	Revision int          `json:"revision,omitempty" doc:"Revision of the plan that was asked for"`
	Items    []CurvePoint `json:"items"`
}

// CurvePoint is the state at the end of a day. What people claim and what was
// seen are null on days to come.
type CurvePoint struct {
	Day               string `json:"day"`
	Scheduled         int    `json:"scheduled" doc:"In the plan, and to be installed by this day"`
	Planned           int    `json:"planned"`
	Surveyed          *int   `json:"surveyed" doc:"Claimed"`
	Installed         *int   `json:"installed" doc:"Claimed"`
	Accepted          *int   `json:"accepted" doc:"Claimed"`
	Enrolled          *int   `json:"enrolled" doc:"Evidence"`
	Verified          *int   `json:"verified" doc:"Evidence"`
	InstalledVerified *int   `json:"installed_verified" doc:"Claimed installed and its stream was seen"`
}

// OverdueList is the answer of /rollout/overdue.
type OverdueList struct {
	Head
	Day      string         `json:"day"`
	Phase    string         `json:"phase,omitempty"`
	Area     string         `json:"area,omitempty"`
	Revision int            `json:"revision,omitempty" doc:"Revision of the plan that was asked for"`
	Phases   []OverdueCount `json:"phases"`
	Areas    []OverdueCount `json:"areas" doc:"Communes of the day"`
	Page
	Items []OverdueRow `json:"items" doc:"Longest first, unless sorted otherwise"`
}

// OverdueCount counts what is late in a phase or commune.
type OverdueCount struct {
	Code      string `json:"code"`
	ValidFrom string `json:"valid_from,omitempty"`
	Name      Text   `json:"name"`
	Cameras   int    `json:"cameras" doc:"With anything late"`
	Installed int    `json:"installed" doc:"Late with installing"`
	Accepted  int    `json:"accepted" doc:"Late with acceptance"`
	Longest   int    `json:"longest_days"`
}

// OverdueRow is a milestone that a camera should have reached.
type OverdueRow struct {
	Camera    string `json:"camera"`
	Site      Ref    `json:"site"`
	Area      Ref    `json:"area"`
	Route     *Ref   `json:"route,omitempty"`
	Phase     string `json:"phase"`
	Agent     string `json:"agent"`
	Milestone string `json:"milestone" enum:"installed,accepted" doc:"What is late"`
	Due       string `json:"due" doc:"Last day for it: the camera's own for installing; the end of its phase for acceptance, or the camera's own if that is later"`
	Days      int    `json:"days" doc:"Days since then"`
	Reached   string `json:"reached" enum:"planned,surveyed,installed" doc:"Last milestone that is claimed"`
}

// DiscrepancyList is the answer of /rollout/discrepancies.
type DiscrepancyList struct {
	Head
	Day      string             `json:"day"`
	Days     int                `json:"days"`
	Phase    string             `json:"phase,omitempty"`
	Area     string             `json:"area,omitempty"`
	Revision int                `json:"revision,omitempty" doc:"Revision of the plan that was asked for"`
	Kinds    []DiscrepancyCount `json:"kinds" doc:"All kinds, also those of which there is none"`
	Page
	Items []DiscrepancyRow `json:"items" doc:"By kind, then oldest first"`
}

// DiscrepancyCount counts the discrepancies of one kind.
type DiscrepancyCount struct {
	Kind  string `json:"kind"`
	Name  Text   `json:"name"`
	Count int    `json:"count"`
}

// DiscrepancyRow is a place where plan and evidence contradict each other.
type DiscrepancyRow struct {
	Kind   string   `json:"kind" enum:"never_seen,unclaimed,unplanned,resolution,dead,silent,retired_seen,double_address"`
	Camera string   `json:"camera"`
	Site   *Ref     `json:"site,omitempty" doc:"Absent for a camera that the plan does not know"`
	Area   *Ref     `json:"area,omitempty"`
	Phase  string   `json:"phase,omitempty"`
	Agent  string   `json:"agent,omitempty" doc:"By the plan"`
	Since  *string  `json:"since" doc:"First day on which it was so; null when nobody knows"`
	Age    *int     `json:"age_days" doc:"Days since then, that one included; null when nobody knows"`
	Others []string `json:"others,omitempty" doc:"Cameras of the same stream"`
	Do     Text     `json:"do" doc:"What is so, and what to do"`
}

// ForecastAnswer is the answer of /rollout/forecast.
type ForecastAnswer struct {
	Head
	Day      string          `json:"day"`
	By       string          `json:"by"`
	Revision int             `json:"revision,omitempty" doc:"Revision of the plan that was asked for"`
	Months   []string        `json:"months" doc:"Last days of the months whose pace is taken to go on, oldest first"`
	Total    ForecastGroup   `json:"total"`
	Items    []ForecastGroup `json:"items"`
}

// ForecastGroup is the forecasts of a group.
type ForecastGroup struct {
	Code      string        `json:"code"`
	ValidFrom string        `json:"valid_from,omitempty"`
	Name      Text          `json:"name"`
	Forecasts []ForecastRow `json:"forecasts" doc:"Of installed, verified and accepted"`
}

// ForecastRow says when all cameras in the plan will have reached a milestone
// if the next months are like the last ones.
type ForecastRow struct {
	Milestone string  `json:"milestone" enum:"installed,verified,accepted"`
	Planned   int     `json:"planned"`
	Reached   int     `json:"reached"`
	Remaining int     `json:"remaining"`
	Months    []int   `json:"months" doc:"Cameras that came to it in each of the last months, oldest first"`
	State     string  `json:"state" enum:"done,no_pace,forecast" doc:"no_pace: no camera came to it in the last months, so nothing is forecast"`
	Earliest  *string `json:"earliest" doc:"In one of ten ways in which it may go on all are done by this day; null without a forecast, and for more than ten years"`
	Middle    *string `json:"middle" doc:"In five of ten"`
	Latest    *string `json:"latest" doc:"In nine of ten"`
	Due       string  `json:"due,omitempty" doc:"Last day by which all are to be done"`
	Verdict   string  `json:"verdict,omitempty" enum:"in_time,late,cannot_tell" doc:"Against due: latest is by then; earliest is after it; it lies between them"`
}
