package report

import (
	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/uptime"
	"github.com/phukin/phukin/hub/wire"
)

// Status is how a camera is at a moment. The plan's words win over evidence.
type Status int

// The statuses.
const (
	NotInService Status = iota
	InMaintenance
	Up
	Degraded
	Down
	Unknown
)

// Works says whether a camera delivers a picture: up or degraded.
func (s Status) Works() bool { return s == Up || s == Degraded }

// StatusAt gives how a camera was in the second before a moment by the ledger.
func StatusAt(known *uptime.Snapshot, c *plan.Camera, service uptime.Service, at int64) Status {
	last := uptime.Window{From: at - 1, To: at}
	switch {
	case !service.In.Has(last.From):
		return NotInService
	case service.Pauses.Has(last.From):
		return InMaintenance
	}
	return statusOf(known.Figure(c.Code, uptime.Spans{last}, last))
}

func statusOf(f uptime.Figure) Status {
	switch {
	case f.Up > 0:
		return Up
	case f.Degraded > 0:
		return Degraded
	case f.Down > 0:
		return Down
	}
	return Unknown
}

// OfEvidence gives the status of what an agent says of a camera in service.
func OfEvidence(s wire.Status) Status {
	switch s {
	case wire.StatusUp:
		return Up
	case wire.StatusDegraded:
		return Degraded
	case wire.StatusDown:
		return Down
	}
	return Unknown
}
