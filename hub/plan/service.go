package plan

import "time"

// Forever is 2200-01-01: the end of the service of a camera that is not
// retired. Every day of a plan lies before it, and it still fits into the
// nanoseconds of a time.Time.
const Forever Date = 84007

// Service gives the time in which the camera is in service by its plan: from
// the start of the day of its acceptance to the start of the day of its
// retirement, or of Forever. It is not ok, and has no times, for a camera
// that was never accepted or was retired before its first day.
func (c *Camera) Service(loc *time.Location) (from, to time.Time, ok bool) {
	end := Forever
	if !c.Retired.IsZero() {
		end = c.Retired
	}
	if c.Accepted.IsZero() || c.Accepted >= end {
		return time.Time{}, time.Time{}, false
	}
	return c.Accepted.Start(loc), end.Start(loc), true
}

// InPlan says whether the camera is part of the plan on a day: it entered it
// on that day or before, and is not retired. A camera without a day of entry
// was part of it from the beginning.
func (c *Camera) InPlan(on Date) bool { return c.Planned <= on && !c.isRetired(on) }

// ClaimedSurveyed says whether the plan claims on a day that the camera's
// position was surveyed, and the camera is not retired.
func (c *Camera) ClaimedSurveyed(on Date) bool { return c.claimed(c.Surveyed, on) }

// ClaimedInstalled says whether the plan claims on a day that the camera is
// in its place: installed on that day or before, and not retired.
func (c *Camera) ClaimedInstalled(on Date) bool { return c.claimed(c.Installed, on) }

// ClaimedAccepted says whether the plan claims on a day that the camera is
// accepted and not retired.
func (c *Camera) ClaimedAccepted(on Date) bool { return c.claimed(c.Accepted, on) }

// Overdue says whether the camera should have been installed before a day,
// and the plan does not claim that it is.
func (c *Camera) Overdue(on Date) bool {
	return !c.Due.IsZero() && c.Due < on && c.InPlan(on) && !c.ClaimedInstalled(on)
}

func (c *Camera) claimed(milestone, on Date) bool {
	return !milestone.IsZero() && milestone <= on && !c.isRetired(on)
}

func (c *Camera) isRetired(on Date) bool { return !c.Retired.IsZero() && c.Retired <= on }
