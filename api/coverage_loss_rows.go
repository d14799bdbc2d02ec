package api

import "time"

// CoverageLoss is the answer of /coverage/loss.
type CoverageLoss struct {
	Head
	Level   LevelRow     `json:"level"`
	Cameras []LossCamera `json:"cameras"`
	From    time.Time    `json:"from"`
	To      time.Time    `json:"to"`
	LossTimes
	Roads    []LostRoad    `json:"roads" doc:"What no other camera saw in their place"`
	Sections []LostRoad    `json:"sections" doc:"Sections without control"`
	Gateways []LostGateway `json:"gateways" doc:"Gateways out of view"`
	Total    int           `json:"total" doc:"Outages of the cameras in the window; outages holds the newest of them"`
	Outages  []OutageLoss  `json:"outages" doc:"What each of them took by itself, newest first; these do not add up, for of two cameras that see the same each would have been enough"`
}

// LossCamera is a camera that was down.
type LossCamera struct {
	Code string `json:"code"`
	Site Ref    `json:"site"`
}

// LossTimes sum up what was lost.
type LossTimes struct {
	Down      int64   `json:"down_s" doc:"Seconds in which at least one of the cameras was in service and down"`
	Unknown   int64   `json:"unknown_s" doc:"Seconds in which nobody looked at at least one of them that was in service; they are no loss of its own"`
	Most      float64 `json:"most_m" doc:"Metres of road lost for certain at the same time, at most"`
	Sure      float64 `json:"metre_hours" doc:"Metres lost times the hours for which they were, for certain"`
	Maybe     float64 `json:"maybe_metre_hours" doc:"The same where nobody knows whether another camera saw"`
	LostSecs  int     `json:"sections_lost" doc:"Sections that were without control for certain at some time"`
	LostGates int     `json:"gateways_lost" doc:"Gateways that were out of view for certain at some time"`
}

// OutageLoss is one outage and what it took.
type OutageLoss struct {
	Camera string    `json:"camera"`
	From   time.Time `json:"from" doc:"The first failed probe"`
	To     time.Time `json:"to" doc:"The end of what was seen of it"`
	Open   bool      `json:"open" doc:"Nothing was seen since: it may still go on"`
	Fault  string    `json:"fault,omitempty"`
	LossTimes
}

// LostRoad is a stretch of a route, or a section, that was lost for some time.
type LostRoad struct {
	Route  Ref     `json:"route"`
	From   string  `json:"from" doc:"Chainage"`
	To     string  `json:"to" doc:"Chainage"`
	Length float64 `json:"length_m"`
	Sure   int64   `json:"lost_s" doc:"Seconds for certain"`
	Maybe  int64   `json:"maybe_s" doc:"Seconds of which nobody knows whether another camera saw it"`
}

// LostGateway is a gateway that was out of view for some time.
type LostGateway struct {
	Code  string `json:"code"`
	Name  string `json:"name"`
	Sure  int64  `json:"lost_s"`
	Maybe int64  `json:"maybe_s"`
}
