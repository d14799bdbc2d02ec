package api

// CoverageGroups is the answer of /coverage/groups.
type CoverageGroups struct {
	Head
	Revision int      `json:"revision,omitempty" doc:"Revision of the plan that was asked for"`
	Level    LevelRow `json:"level"`
	By       string   `json:"by" enum:"total,route,class,area"`
	Unknown  int      `json:"unknown" doc:"Cameras in service whose status is unknown: not counted as working"`
	Page
	Items []CoverageGroup `json:"items"`
}

// CoverageGroup is the coverage of some road together.
type CoverageGroup struct {
	Code      string            `json:"code" doc:"Of the route or area; the class as the plan has it; empty for the total, and for road that is in no known area"`
	ValidFrom string            `json:"valid_from,omitempty" doc:"First day in force of an area: codes are used again"`
	Name      string            `json:"name"`
	Length    float64           `json:"length_m"`
	States    map[string]Covers `json:"states" doc:"By state: planned, installed, accepted, working"`

	by string // what road is put together by
}

// CoverageSections is the answer of /coverage/sections.
type CoverageSections struct {
	Head
	Revision int    `json:"revision,omitempty" doc:"Revision of the plan that was asked for"`
	Level    string `json:"level"`
	Page
	Items []CoverageSection `json:"items"`
}

// CoverageSection is the stretch of a route between two junctions, and who
// controls it.
type CoverageSection struct {
	Route      Ref                `json:"route"`
	From       string             `json:"from" doc:"Chainage"`
	To         string             `json:"to" doc:"Chainage"`
	FromName   string             `json:"from_name,omitempty" doc:"Junction it begins at; absent at the beginning of the route"`
	ToName     string             `json:"to_name,omitempty"`
	Length     float64            `json:"length_m"`
	InView     map[string]float64 `json:"in_view_m" doc:"By state"`
	Controlled map[string]bool    `json:"controlled" doc:"By state: does a camera see 5 m of it in one piece"`
	Planned    []string           `json:"cameras_planned" doc:"All planned cameras that control it"`
	Working    []string           `json:"cameras_working" doc:"Those that control it now"`

	number int // along its route
}

// CoverageGateways is the answer of /coverage/gateways.
type CoverageGateways struct {
	Head
	Revision int    `json:"revision,omitempty" doc:"Revision of the plan that was asked for"`
	Level    string `json:"level"`
	Page
	Items []CoverageGateway `json:"items"`
}

// CoverageGateway is a gateway, and who has it in view.
type CoverageGateway struct {
	Code     string          `json:"code"`
	Name     string          `json:"name"`
	Beyond   string          `json:"beyond,omitempty" doc:"What lies beyond"`
	Route    Ref             `json:"route"`
	Chainage string          `json:"chainage" example:"Km12+500"`
	InView   map[string]bool `json:"in_view" doc:"By state"`
	Planned  []string        `json:"cameras_planned" doc:"All planned cameras that have it in view"`
	Working  []string        `json:"cameras_working" doc:"Those that have it in view now"`
}

// CoveragePlaces is the answer of /coverage/places.
type CoveragePlaces struct {
	Head
	Revision int `json:"revision,omitempty" doc:"Revision of the plan that was asked for"`
	Page
	Items []CoveragePlace `json:"items"`
}

// CoveragePlace is an important place.
type CoveragePlace struct {
	Site    Ref             `json:"site"`
	Kind    string          `json:"kind" enum:"junction,gateway,school,market,health,office,border,other"`
	Area    Ref             `json:"area"`
	Covered map[string]bool `json:"covered" doc:"By state: a camera hangs there that counts, wherever it looks"`
	Planned []string        `json:"cameras_planned" doc:"All planned cameras that hang there"`
	Working []string        `json:"cameras_working" doc:"Those that work now"`
}

// CoverageCameras is the answer of /coverage/cameras.
type CoverageCameras struct {
	Head
	Revision int    `json:"revision,omitempty" doc:"Revision of the plan that was asked for"`
	Level    string `json:"level"`
	State    string `json:"state"`
	Counted  int    `json:"counted" doc:"Cameras in this state"`
	Page
	Items []CoverageCamera `json:"items" doc:"Those of them that cover less road than somebody may think"`
}

// CoverageCamera is a camera and what is the matter with its footprint.
type CoverageCamera struct {
	Code      string `json:"code"`
	Site      Ref    `json:"site"`
	Finding   string `json:"finding" enum:"no_azimuth,no_field_of_view,no_width,no_position,off_routes,cut_short"`
	Text      Text   `json:"text"`
	PlaceOnly bool   `json:"place_only" doc:"It covers the place it hangs at, and no road"`
}

// CoverageGaps is the answer of /coverage/gaps.
type CoverageGaps struct {
	Head
	Revision int     `json:"revision,omitempty" doc:"Revision of the plan that was asked for"`
	Level    string  `json:"level"`
	State    string  `json:"state"`
	Of       string  `json:"of" enum:"control,view"`
	Length   float64 `json:"length_m" doc:"Of all of them, on all pages"`
	Page
	Items []CoverageGap `json:"items" doc:"Longest first, unless sorted otherwise"`
}

// CoverageGap is a stretch that is not in view, or not controlled.
type CoverageGap struct {
	Route    Ref     `json:"route"`
	From     string  `json:"from" doc:"Chainage"`
	To       string  `json:"to" doc:"Chainage"`
	Start    float64 `json:"from_m" doc:"Distance from the start of the route's line"`
	End      float64 `json:"to_m"`
	Length   float64 `json:"length_m" doc:"By the line, not by the posts"`
	Sections int     `json:"sections,omitempty" doc:"How many sections without control it is made of; absent in view, and when an area cuts it"`
	Areas    []Ref   `json:"areas" doc:"Areas that it lies in, along the route"`

	key string // route, and where exactly it begins and ends
}

// CoveragePeriod is the answer of /coverage/period.
type CoveragePeriod struct {
	Head
	Revision int      `json:"revision,omitempty" doc:"Revision of the plan that was asked for"`
	Level    LevelRow `json:"level"`
	From     string   `json:"from" doc:"First day, yyyy-mm-dd"`
	To       string   `json:"to" doc:"Last day, yyyy-mm-dd; of today only what has passed counts"`
	Seconds  int64    `json:"seconds" doc:"Length of the period as far as it has passed"`
	By       string   `json:"by" enum:"total,route,class,area"`
	Every    string   `json:"every,omitempty"`
	Pieces   []string `json:"pieces,omitempty" doc:"First day of each piece of the series"`
	Page
	Items []CoveragePeriodGroup `json:"items"`
}

// CoveragePeriodGroup is the coverage of some road together over a period.
type CoveragePeriodGroup struct {
	Code      string  `json:"code"`
	ValidFrom string  `json:"valid_from,omitempty" doc:"First day in force of an area: codes are used again"`
	Name      string  `json:"name"`
	Length    float64 `json:"length_m"`
	CoverTimes
	Series []CoverTimes `json:"series,omitempty" doc:"The same for each of pieces"`
}

// CoverTimes are the measures over time, as means over it.
type CoverTimes struct {
	InView     CoverMean  `json:"in_view" doc:"Metres of road"`
	Controlled CoverMean  `json:"controlled" doc:"Metres of road"`
	Sections   CoverMean  `json:"sections" doc:"Sections controlled"`
	Gateways   CoverMean  `json:"gateways" doc:"Gateways in view"`
	Places     *CoverMean `json:"places,omitempty" doc:"Important places with a camera; absent for a route or class"`
}

// CoverMean is a measure weighed by time: how much of it was so at a moment, in
// the mean. Seen, maybe and unseen are all of it. Shares are absent when nothing
// can be said: unknown is neither seen nor unseen.
type CoverMean struct {
	All    float64  `json:"all"`
	Seen   float64  `json:"seen" doc:"A camera that was up or degraded saw it"`
	Maybe  float64  `json:"maybe" doc:"None did, but of one that would have nobody knows"`
	Unseen float64  `json:"unseen"`
	Share  *float64 `json:"share,omitempty" doc:"seen / (all − maybe)"`
	Known  *float64 `json:"known,omitempty" doc:"(all − maybe) / all"`
	Low    *float64 `json:"low,omitempty" doc:"seen / all: as if all that is unknown had been unseen"`
	High   *float64 `json:"high,omitempty" doc:"(seen + maybe) / all: as if it had been seen"`
}
