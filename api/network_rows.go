package api

import "github.com/phukin/phukin/hub/network"

// BlindWays is the answer of /coverage/blind-ways.
type BlindWays struct {
	Head
	Revision   int      `json:"revision,omitempty" doc:"Revision of the plan that was asked for"`
	Level      LevelRow `json:"level"`
	State      string   `json:"state"`
	Why        Text     `json:"why"`
	Gateways   int      `json:"gateways" doc:"Gateways of the network"`
	Pairs      int      `json:"pairs" doc:"Pairs of them"`
	AtOnePlace int      `json:"at_one_place" doc:"Of total, pairs at one place: no camera on a road can part them"`
	Page
	Items   []BlindWay `json:"items" doc:"For each pair between which there is a blind way the shortest; shortest first, unless sorted otherwise"`
	Closing Closing    `json:"closing" doc:"What would close all blind ways"`
}

// BlindWay is a way from one gateway to another that passes no camera that
// counts.
type BlindWay struct {
	From   Ref       `json:"from"`
	To     Ref       `json:"to"`
	Length float64   `json:"length_m"`
	Steps  []WayStep `json:"steps"`

	way *network.Way
}

// WayStep is a stretch of a way as it is driven.
type WayStep struct {
	Route  Ref     `json:"route"`
	From   string  `json:"from" doc:"Chainage"`
	To     string  `json:"to" doc:"Chainage; smaller than from where one drives against the posts"`
	Length float64 `json:"length_m"`
}

// Closing is a set of cameras that closes all blind ways.
type Closing struct {
	Cameras   []ClosingCamera  `json:"cameras" doc:"Cameras that the plan has and that do not count yet"`
	Stretches []ClosingStretch `json:"stretches" doc:"Where a camera is needed besides: one that sees 5 m of it in one piece, or all of a shorter one, anywhere on each"`
	Fewest    bool             `json:"fewest" doc:"It is proved that no set with fewer stretches does, nor one with as many stretches and fewer cameras; otherwise the search was given up, and the set is a good one"`
}

// ClosingCamera is a camera of the plan that would help if it counted.
type ClosingCamera struct {
	Code     string `json:"code"`
	Site     Ref    `json:"site"`
	Route    *Ref   `json:"route,omitempty" doc:"Absent at an important place off the routes"`
	Chainage string `json:"chainage,omitempty"`
	Claimed  string `json:"claimed" enum:"planned,installed,accepted" doc:"How far the plan claims that it has come"`
	Status   string `json:"status" enum:"up,degraded,down,unknown,maintenance,not_in_service"`
}

// ClosingStretch is a stretch on which a camera would help.
type ClosingStretch struct {
	Route  Ref     `json:"route"`
	From   string  `json:"from" doc:"Chainage"`
	To     string  `json:"to" doc:"Chainage"`
	Length float64 `json:"length_m"`
}
