package api

import "time"

// StatusEvent tells that what is known of a camera is something else now.
type StatusEvent struct {
	Head
	Camera string  `json:"camera" doc:"Code"`
	Site   Ref     `json:"site"`
	Area   Ref     `json:"area"`
	Route  *Ref    `json:"route,omitempty" doc:"Absent at an important place off the routes"`
	Agent  string  `json:"agent"`
	Was    *Status `json:"was,omitempty" doc:"Before; absent for a camera that is new in the plan"`
	Status Status  `json:"status" doc:"Now"`
}

// OutageEvent tells that an outage opened or closed.
type OutageEvent struct {
	Head
	Camera string     `json:"camera" doc:"Code"`
	Site   Ref        `json:"site"`
	Area   Ref        `json:"area"`
	Route  *Ref       `json:"route,omitempty" doc:"Absent at an important place off the routes"`
	Change string     `json:"change" enum:"opened,closed"`
	From   time.Time  `json:"from" doc:"The first probe that fell"`
	To     *time.Time `json:"to,omitempty" doc:"When it closed: the first probe that saw the camera work, or the moment it left service"`
	Why    string     `json:"why,omitempty" enum:"works,out_of_service" doc:"Why it closed"`
	Fault  string     `json:"fault,omitempty" doc:"What it opened with"`
	FellOn string     `json:"fell_on,omitempty" doc:"The rung it opened on"`
}

// AgentEvent tells that an agent came, fell silent, was refused or is let in
// again.
type AgentEvent struct {
	Head
	Agent    string      `json:"agent" doc:"Code"`
	Change   string      `json:"change" enum:"online,offline,refused,accepted"`
	Online   bool        `json:"online" doc:"Now"`
	LastSeen *time.Time  `json:"last_seen,omitempty"`
	Version  string      `json:"version,omitempty"`
	Refusal  *RefusalRow `json:"refusal,omitempty" doc:"What it is refused for now"`
}

// CoverageEvent tells that figures of the plan's level changed.
type CoverageEvent struct {
	Head
	Level   string            `json:"level" doc:"Code of the plan's level"`
	Length  float64           `json:"length_m"`
	States  map[string]Covers `json:"states" doc:"By state: planned, installed, accepted, working"`
	Unknown int               `json:"unknown" doc:"Cameras in service whose status is unknown: not counted as working"`
	Routes  []string          `json:"routes" doc:"Codes of the routes whose own figures changed"`
	Areas   []string          `json:"areas" doc:"Codes of the areas whose own figures changed"`
}

// PlanEvent tells that another plan is in force: what was fetched before may be
// of the former one.
type PlanEvent struct {
	Head
	Revision int `json:"revision" doc:"0 if the plan is a folder of files"`
}

// ResetEvent tells a client that came back that it missed something. It is to
// fetch again what it shows; what is told after this event is whole.
type ResetEvent struct {
	Reason string `json:"reason" enum:"other_history,too_old" doc:"The last id is not of this start of the hub; or what came after it is no longer kept"`
}

// DroppedEvent tells a client that it missed something, being too slow, and that
// the stream ends here. It is to come back with this event's id, and to fetch
// again what it shows.
type DroppedEvent struct {
	Reason string `json:"reason" enum:"too_slow"`
}

// EndedEvent tells a client that it may follow no more. It is the last event.
type EndedEvent struct {
	Reason string `json:"reason" enum:"token,session" doc:"token: it was revoked or has expired; session: it is over, or its user is disabled"`
}
