package api

import "time"

// AgentList is the answer of /agents.
type AgentList struct {
	Head
	Page
	Items []AgentRow `json:"items"`
}

// AgentRow is one commune device.
type AgentRow struct {
	Code       string     `json:"code"`
	Area       *Ref       `json:"area,omitempty" doc:"Commune of its cameras; absent when they lie in several or it has none"`
	Online     bool       `json:"online" doc:"A live message came in time"`
	LastSeen   *time.Time `json:"last_seen,omitempty"`
	Version    string     `json:"version,omitempty"`
	Spooled    int64      `json:"spooled" doc:"Observations waiting in its spool, as it said last"`
	Cameras    int        `json:"cameras" doc:"Cameras the plan gives it"`
	Configured int        `json:"configured" doc:"Cameras that it watches, by its own configuration or by its list, as it said last"`
	Overruns   int64      `json:"overruns" doc:"Probes it left out since its start because others took too long"`

	List *ListRow `json:"list,omitempty" doc:"Its list of cameras from the plan; absent when it never had one"`

	SetAside         int64        `json:"set_aside" doc:"Records of it that could not be taken, ever"`
	SetAsideMessages int64        `json:"set_aside_messages" doc:"Messages that these came in, and those that could not be read at all, ever"`
	Quarantine       int64        `json:"quarantine" doc:"Entries of it in /quarantine now"`
	Gaps             int64        `json:"gaps" doc:"Gaps that it declared, ever"`
	Lost             int64        `json:"lost" doc:"Records that it declared lost, ever"`
	Conflict         *ConflictRow `json:"conflict,omitempty" doc:"Two devices spoke as this agent; until it is released"`
	Refusal          *RefusalRow  `json:"refusal,omitempty" doc:"What it was refused for last since it was let in"`
}

// ListRow is an agent's list of cameras from the plan.
type ListRow struct {
	Revision      int        `json:"revision" doc:"Of the plan: the first one since which the list is this one; 0 if the plan is a folder of files"`
	Cameras       int        `json:"cameras" doc:"Cameras in it: those with the address of a stream"`
	Made          time.Time  `json:"made"`
	TakenRevision *int       `json:"taken_revision,omitempty" doc:"Of the newest list that the agent said it works from; absent if it never took one, as with a configuration of its own"`
	Taken         *time.Time `json:"taken,omitempty" doc:"When it was first heard that it works from that"`
	Current       bool       `json:"current" doc:"The agent said that it works from this list"`
	Refused       int        `json:"refused" doc:"Cameras of it that the agent cannot watch; its log and phukin-agent status say why"`
	Key           string     `json:"key,omitempty" doc:"First 16 hexadecimal digits of the agent's public key"`
	Lost          []string   `json:"lost,omitempty" doc:"Cameras whose credentials are sealed to another key than the agent's, and must be entered again"`
	Trouble       string     `json:"trouble,omitempty" doc:"Why it keeps the list that it has"`
}

// ConflictRow is an identity in doubt.
type ConflictRow struct {
	What  string    `json:"what" doc:"Why the newest was refused"`
	First time.Time `json:"first"`
	Last  time.Time `json:"last"`
	Count int64     `json:"count" doc:"Connections that were refused"`
}

// RefusalRow is what an agent was told.
type RefusalRow struct {
	Code   string    `json:"code" enum:"other,version,identity,set_aside"`
	Reason string    `json:"reason"`
	At     time.Time `json:"at"`
}

// EntryList is the answer of /quarantine.
type EntryList struct {
	Head
	Page
	Items []EntryRow `json:"items"`
}

// EntryRow is what was set aside of one message.
type EntryRow struct {
	ID       int64     `json:"id"`
	Agent    string    `json:"agent"`
	Epoch    string    `json:"epoch,omitempty" doc:"Spool that the records are of, 16 hexadecimal digits; absent when the message did not say which records it had"`
	FirstSeq int64     `json:"first_seq" doc:"Number of the first record"`
	Count    int       `json:"count" doc:"Records; 0 when the message did not say"`
	Reason   string    `json:"reason"`
	Received time.Time `json:"received"`
	Bytes    int       `json:"bytes"`
}

// EntryAnswer is the answer of /quarantine/{id}.
type EntryAnswer struct {
	Head
	EntryRow
	Observations []ObservationRow `json:"observations" doc:"What could be read of it"`
	Unread       string           `json:"unread,omitempty" doc:"Why it could not be read"`
	Payload      []byte           `json:"payload" doc:"The message, base64"`
}

// ObservationRow is an observation as its agent sent it.
type ObservationRow struct {
	Seq    int64     `json:"seq"`
	Camera string    `json:"camera"`
	From   time.Time `json:"from"`
	To     time.Time `json:"to"`
	Clock  string    `json:"clock" enum:"hub,own,wrong" doc:"By which clock: the hub's, the device's own that nobody could compare, or one that is known to be wrong"`
	Status string    `json:"status" enum:"up,degraded,down"`
	Fault  string    `json:"fault,omitempty"`
	FellOn string    `json:"fell_on,omitempty"`
	Probes int       `json:"probes"`
}
