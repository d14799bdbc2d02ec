package live

import (
	"time"

	"github.com/phukin/phukin/hub/wire"
)

// Cause says why nothing is known of a camera.
type Cause string

// The causes of an unknown status.
const (
	CauseNone         Cause = ""
	CauseAgentOffline Cause = "agent_offline" // its agent reported it before and is silent now
	CauseNotEnrolled  Cause = "not_enrolled"  // no agent ever reported it
	CauseNoEvidence   Cause = "no_evidence"   // its agent is online and has not probed it since it came, or not lately
)

// Status is what is known of a camera at this moment.
type Status struct {
	InService bool // false wins over all else: before acceptance, after retirement
	Known     bool // an agent vouches for State
	State     wire.State
	Cause     Cause     // why not, if not
	Since     time.Time // when its agent was last heard, only for CauseAgentOffline; zero if not since the hub's start
}

// Working says whether the camera delivers video now: up or degraded.
func (s Status) Working() bool {
	return s.InService && s.Known && s.State.Status != wire.StatusDown
}

// Status tells what is known now of a camera that the plan gives to agent.
// reported says whether the history has ever seen the camera. Any agent that
// reports the camera may vouch for it, not only the plan's.
func (v *View) Status(camera, agent string, inService, reported bool) Status {
	v.mu.RLock()
	defer v.mu.RUnlock()
	now := v.now()
	s := Status{InService: inService}
	if s.State, s.Known = v.camera(camera, now); s.Known {
		return s
	}
	online, heard := v.company(camera, agent, now)
	switch {
	case !reported && len(v.where[camera]) == 0:
		s.Cause = CauseNotEnrolled
	case online:
		s.Cause = CauseNoEvidence
	default:
		s.Cause, s.Since = CauseAgentOffline, heard
	}
	return s
}

// company says whether one of the agents that a camera has, the plan's or
// those that report it, is online, and when the last of them was heard.
func (v *View) company(camera, planned string, now time.Time) (online bool, heard time.Time) {
	look := func(a *agent) {
		online = online || a.online(now)
		if a.LastSeen.After(heard) {
			heard = a.LastSeen
		}
	}
	if a, ok := v.agents[planned]; ok {
		look(a)
	}
	for _, a := range v.where[camera] {
		look(a)
	}
	return online, heard
}
