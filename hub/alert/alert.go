// Package alert says what needs somebody now: a camera that is down, a
// commune device that is silent, evidence that is lost or refused, a plan that
// is late. It is a pure function of the plan, of what is seen at this moment,
// and of what the hub keeps; nothing is stored, and what is mended is gone from
// the next list by itself.
//
// One cause is one alert: a silent device stands for its cameras, of which then
// nobody knows anything, and cameras that fell together are one alert of their
// device or site. Nothing is said of a camera that is in maintenance or not in
// service, but that its stream was never seen although the plan claims that it
// hangs there. Nobody acknowledges an alert, and nobody is notified by this
// package.
//
// docs/alerts.md has the table of kinds.
package alert

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/live"
	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/wire"
)

// The times that the rules speak of.
const (
	// OfflineAfter is how long an agent is silent before it is an alert, and how
	// long the hub listens after its start before it misses anybody.
	OfflineAfter = 5 * time.Minute
	// Together is how far the beginnings of outages of one cause lie apart at
	// most: as in hub/uptime.
	Together = 2 * time.Minute
	// ShareOfAll is the part of a place's cameras, of which something is seen
	// now, that must have fallen together, in percent: as in hub/uptime.
	ShareOfAll = 80
	// DegradedAfter is how long a camera delivers less than planned before it is
	// an alert.
	DegradedAfter = 24 * time.Hour
	// NotProbedAfter is how long an agent is online without a word of a camera
	// that it spoke of before.
	NotProbedAfter = 15 * time.Minute
	// ListAfter is how long an agent has to take its list of cameras.
	ListAfter = 15 * time.Minute
	// AsideWithin is how long after the newest record that was set aside the
	// quarantine counts as growing.
	AsideWithin = 24 * time.Hour
	// GapWithin is how long a gap is an alert.
	GapWithin = 7 * 24 * time.Hour
	// ClockWithin is how far an agent's clock may be from the hub's.
	ClockWithin = 5 * time.Minute
	// VitalsWithin is how old what a device told of itself may be.
	VitalsWithin = 30 * time.Minute
	// HotAt is the temperature of a device's processor, degrees Celsius, from
	// which it is an alert: most slow themselves down at 80 to 85.
	HotAt = 80
	// FullBelow and FullShare are how much of the spool's disk is to be free, MiB
	// and percent.
	FullBelow = 200
	FullShare = 5
	// LateWithin is how long after its end a window that was declared late is an
	// alert.
	LateWithin = 7 * 24 * time.Hour
)

// Severity says how soon somebody is needed.
type Severity string

// The severities, the worst first.
const (
	Critical Severity = "critical" // now: several cameras, or a stretch of road, are seen by nobody, or evidence is lost or refused
	Warning  Severity = "warning"  // today: one thing failed, or will soon
	Notice   Severity = "notice"   // this week: plan and reality differ, or something is over that should be looked into
)

// Severities lists them, the worst first.
func Severities() []Severity { return []Severity{Critical, Warning, Notice} }

// Thing is what an alert is about.
type Thing string

// The things.
const (
	Hub     Thing = "hub"
	Agent   Thing = "agent"
	Site    Thing = "site"
	Section Thing = "section" // of a route
	Camera  Thing = "camera"
	Area    Thing = "area"
	Window  Thing = "window" // of maintenance
)

// Things lists them.
func Things() []Thing { return []Thing{Hub, Agent, Site, Section, Camera, Area, Window} }

// Subject is the one thing that an alert is about.
type Subject struct {
	Thing Thing
	// Code of the agent, site, camera, area or window; of a section its route's
	// and its chainages, such as "DH1 Km0+800-Km1+390"; empty for the hub.
	Code  string
	Route string // code, of a section
}

// Alert is one condition that needs somebody.
type Alert struct {
	// ID is of kind, subject and since, and so stays the same as long as the
	// condition does.
	ID       string
	Kind     Kind
	Severity Severity
	Subject  Subject
	Since    time.Time // to the second; zero if nobody knows
	Text     plan.Text // what is so
	Do       plan.Text // what to do about it
	Cameras  []string  // that it is about, or explains, by code

	// Why a camera is down, or most of those that fell together: the hint of this
	// fault is what to do. FaultNone otherwise.
	Fault  wire.Fault
	FellOn wire.Rung
}

// Input is what is known at a moment. All is by the hub's clock. What is nil is
// not known, and nothing is said of it.
type Input struct {
	Plan    *plan.Plan
	At      time.Time
	Started time.Time // since when agents are listened to

	Status    map[string]live.Status // by camera
	Agents    []live.Agent           // heard of since the start
	Seen      map[string]history.Seen
	Conflicts map[string]history.Conflict
	Aside     map[string]Aside // by agent
	Gaps      map[string]Gaps  // by agent
	Lists     map[string]List  // by agent
	Late      []Late
	Sections  []Stretch
	Away      *Away
}

// Aside is what is kept in the quarantine of an agent.
type Aside struct {
	Entries        int
	Oldest, Newest time.Time // when they came
	Reason         string    // of the newest
}

// Gaps are those that an agent declared within GapWithin.
type Gaps struct {
	Gaps    int
	Records int64     // that are lost
	Newest  time.Time // when the newest of them came
}

// List is how far an agent has taken its list of cameras.
type List struct {
	Takes   bool // it can: it told the key that credentials are sealed to
	Made    time.Time
	Current bool     // it works from the newest
	Lost    []string // cameras whose credentials it cannot open
	Trouble string   // why it is not given a newer one; empty if it is
}

// Milestone is one that can be late.
type Milestone string

// The milestones.
const (
	Installed Milestone = "installed"
	Accepted  Milestone = "accepted"
)

// Late is a milestone that a camera has not reached in time.
type Late struct {
	Camera    string
	Milestone Milestone
	Due       plan.Date // last day for it
}

// Stretch is a section of a route with the cameras that control it, by the plan's
// claim that they are accepted.
type Stretch struct {
	Route                    string
	FromChainage, ToChainage float64 // metres
	Cameras                  []string
	Working                  bool // some camera controls it now
}

// Away says that the store of the history cannot be reached.
type Away struct {
	Since time.Time
	Why   plan.Text
}

// Find gives the alerts of a moment: the worst first, then those that last
// longest, then those of which nobody knows since when, then by ID. It depends
// on its argument alone.
func Find(in *Input) []Alert {
	f := newFinder(in)
	f.hub()
	if in.Status != nil {
		f.agents()
		f.outages()
		f.cameras()
		f.sections()
		f.windows()
	}
	f.lists()
	f.records()
	f.devices()
	f.late()
	order := map[Severity]int{}
	for i, s := range Severities() {
		order[s] = i
	}
	slices.SortFunc(f.found, func(a, b Alert) int {
		return cmp.Or(
			cmp.Compare(order[a.Severity], order[b.Severity]), compareSince(a.Since, b.Since), strings.Compare(a.ID, b.ID))
	})
	return f.found
}

func compareSince(a, b time.Time) int {
	switch {
	case a.IsZero() && b.IsZero():
		return 0
	case a.IsZero():
		return 1
	case b.IsZero():
		return -1
	}
	return a.Compare(b)
}
