// Package report makes the figures of the security-infrastructure section of
// official reports: what such a section cites, each figure with its rule, what
// was counted of how much, as of when, how much of it was observed, bounds, and
// a sentence in Vietnamese and English. What the plan and the evidence do not
// say is said to be missing, and why.
//
// Everything is a pure function of an Input. Figures of parts (communes,
// routes, sources of money) are sums of the same cameras as the total, and
// what belongs to no part has a part of its own: they add up.
package report

import (
	"time"

	"github.com/phukin/phukin/hub/coverage"
	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/uptime"
)

// Basis says what a figure rests on.
type Basis string

// The bases.
const (
	ByPlan     Basis = "plan"     // dates that people entered
	ByEvidence Basis = "evidence" // what agents saw
	ByHand     Basis = "hand"     // numbers that people entered; never computed
)

// Unit is what a figure counts.
type Unit string

// The units.
const (
	Cameras    Unit = "cameras"
	Sites      Unit = "sites"
	Communes   Unit = "communes"
	Places     Unit = "places" // important ones
	Gateways   Unit = "gateways"
	Kilometres Unit = "km"
	Hours      Unit = "hours"
	MillionVND Unit = "million_vnd"
	DaysKept   Unit = "days"
	Cases      Unit = "cases"
	Stretches  Unit = "stretches"
)

// Part is what a figure is about: all of the area, or a part of it.
type Part struct {
	By   string    // total, area, route, funding or owner
	Code string    // empty in total, and for what has none
	Name plan.Text // empty in total
}

// Total is the part that is all.
var Total = Part{By: "total"}

// Figure is one number of the section.
type Figure struct {
	Code  string // what it is; the same for all parts
	Part  Part
	Name  plan.Text
	Rule  plan.Text // how it is counted
	Basis Basis
	Unit  Unit

	// Numerator is the number itself. It is nil if it is not known; Missing says why.
	Numerator *float64
	// Denominator is what it is a part of; nil if it is part of nothing.
	Denominator *float64
	// Verified is what the evidence shows of a number that the plan claims.
	Verified *float64

	// Observed is the share of the time in service that somebody looked, or of the
	// cameras in service whose state is known. Low and High are bounds, whatever is
	// unknown: of availability's share, of the verified number if there is one, else of the
	// number. Nil where a figure is no matter of evidence.
	Observed, Low, High *float64

	Target   *float64 // in the unit, or in percent of a share
	Previous *float64 // the same at the end of the period before, or over it; a share for availability

	Sentence plan.Text
	Missing  plan.Text // why there is no number; empty if there is one
}

// Share gives numerator divided by denominator. It is false if one is not
// known or the denominator is 0.
func (f *Figure) Share() (float64, bool) {
	if f.Numerator == nil || f.Denominator == nil || *f.Denominator == 0 {
		return 0, false
	}
	return *f.Numerator / *f.Denominator, true
}

// Section is all figures of an area and a period.
type Section struct {
	Area     plan.Area
	Days     uptime.Days // the period
	Day      plan.Date   // as of which the states are: its last day
	AsOf     time.Time
	Level    plan.Level
	Revision plan.Revision
	Figures  []Figure
	// Gaps are the stretches without control by a camera that is known to work,
	// longest first; of the whole plan only.
	Gaps []coverage.Gap
}

// Input is what a section is made of.
type Input struct {
	Plan  *plan.Plan
	Area  string      // code; empty or the plan's root: all of it
	Days  uptime.Days // the period; its last day is today at the latest
	At    time.Time   // as of when
	Level plan.Level

	Seen map[string]history.Seen
	// Status tells how a camera is at the end of the period's last day, or now if
	// that day is today.
	Status func(*plan.Camera) Status
	// Known has the ledger of the period and the one before it.
	Known   *uptime.Snapshot
	Service func(*plan.Camera) uptime.Service
	// Claimed is the coverage of the plan by the cameras accepted on a day,
	// Working that of those that work at the end of the period, Maybe that of those
	// and of the unknown ones. All are of the section's level.
	Claimed        func(on plan.Date) *coverage.Result
	Working, Maybe *coverage.Result
}
