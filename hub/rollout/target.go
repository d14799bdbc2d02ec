package rollout

import (
	"slices"
	"time"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/plan"
)

// Goal is a target of the plan and how far it is reached on a day.
type Goal struct {
	plan.Target
	// Last is the last day for reaching it: the end of its year, or of its phase;
	// zero if it has neither.
	Last plan.Date
	// Reached is what the plan claims in the unit of the target: cameras
	// accepted, or sites or communes with an accepted camera.
	Reached int
	// Verified is the part of it of which a stream was seen.
	Verified int
}

// Goals gives the targets that count cameras, sites and areas, in the plan's
// order. The communes are those of the day; a target of an area that had ended
// counts the sites that lay in it on its last day.
func Goals(p *plan.Plan, seen map[string]history.Seen, on plan.Date) []Goal {
	var all []Goal
	for _, t := range p.Targets {
		var unit func(c *plan.Camera) string
		switch t.Measure {
		case plan.MeasureCameras:
			unit = func(c *plan.Camera) string { return c.Code }
		case plan.MeasureSites:
			unit = func(c *plan.Camera) string { return c.Site }
		case plan.MeasureAreas:
			unit = func(c *plan.Camera) string {
				key := KeyOf(p, c, ByArea, on)
				return key.Code + " " + key.From.String()
			}
		default:
			continue // not counted in cameras
		}
		within, _ := Within(p, t.Area, on)
		reached, verified := map[string]bool{}, map[string]bool{}
		for i := range p.Cameras {
			c := &p.Cameras[i]
			if n := countOf(c, seen, on); n.Accepted > 0 && (t.Phase == "" || c.Phase == t.Phase) && within(c) {
				reached[unit(c)] = true
				if n.Verified > 0 {
					verified[unit(c)] = true
				}
			}
		}
		all = append(all, Goal{t, lastDay(p, &t), len(reached), len(verified)})
	}
	return all
}

// lastDay gives the last day for reaching a target.
func lastDay(p *plan.Plan, t *plan.Target) plan.Date {
	if t.Year > 0 {
		return plan.NewDate(t.Year, time.December, 31)
	}
	if ph := phaseOf(p, t.Phase); ph != nil {
		return ph.To
	}
	return 0
}

// phaseOf gives the phase with a code, or nil.
func phaseOf(p *plan.Plan, code string) *plan.Phase {
	i := slices.IndexFunc(p.Phases, func(ph plan.Phase) bool { return ph.Code == code })
	if i < 0 {
		return nil
	}
	return &p.Phases[i]
}
