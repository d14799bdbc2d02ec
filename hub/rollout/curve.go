package rollout

import (
	"slices"
	"time"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/plan"
)

// Point is the state of the roll-out at the end of a day, as Groups counts it.
type Point struct {
	Day plan.Date
	// Scheduled counts the cameras in the plan that are to be installed by the
	// day: the curve that the claims and the evidence are held against.
	Scheduled int
	Count
}

// Curve gives the state of the roll-out on days, which must ascend. Only the
// cameras for which of is true count; nil takes all. Of days to come Scheduled
// and Planned alone say something.
func Curve(p *plan.Plan, seen map[string]history.Seen, days []plan.Date, of func(*plan.Camera) bool) []Point {
	points := make([]Point, len(days))
	// The differences of each point to the one before it, summed up at the end.
	scheduled := make([]int, len(days)+1)
	counts := make([]Count, len(days)+1)
	at := func(day plan.Date) int {
		i, _ := slices.BinarySearch(days, day)
		return i
	}
	for i := range p.Cameras {
		c := &p.Cameras[i]
		if of != nil && !of(c) {
			continue
		}
		end := never
		if !c.Retired.IsZero() {
			end = c.Retired
		}
		// holds counts the camera in n on the days [from, to) on which it is in the
		// plan.
		holds := func(n func(int) *int, from, to plan.Date) {
			from, to = max(from, c.Planned), min(to, end)
			if from < to {
				*n(at(from))++
				*n(at(to))--
			}
		}
		s := seen[c.Code]
		_, known := seen[c.Code]
		installed, verified := claimed(c.Installed), seenOn(known, s.Verified)
		holds(func(k int) *int { return &counts[k].Planned }, 0, never)
		holds(func(k int) *int { return &counts[k].Surveyed }, claimed(c.Surveyed), never)
		holds(func(k int) *int { return &counts[k].Installed }, installed, never)
		holds(func(k int) *int { return &counts[k].Accepted }, claimed(c.Accepted), never)
		holds(func(k int) *int { return &counts[k].Enrolled }, seenOn(known, s.Enrolled), never)
		holds(func(k int) *int { return &counts[k].Verified }, verified, never)
		holds(func(k int) *int { return &counts[k].InstalledVerified }, max(installed, verified), never)
		if !c.Due.IsZero() {
			holds(func(k int) *int { return &scheduled[k] }, c.Due, never)
			holds(func(k int) *int { return &counts[k].Overdue }, c.Due+1, installed)
		}
		counts[at(end)].Retired++
	}
	var sum Count
	total := 0
	for i := range points {
		sum.add(counts[i])
		total += scheduled[i]
		points[i] = Point{days[i], total, sum}
	}
	return points
}

// never is after every day of a plan.
const never = plan.Forever

// claimed gives the day of a milestone, never if it is not claimed.
func claimed(day plan.Date) plan.Date {
	if day.IsZero() {
		return never
	}
	return day
}

// seenOn gives the day of evidence, never if there is none.
func seenOn(known bool, day history.DayNumber) plan.Date {
	if !known || day == history.NoDay {
		return never
	}
	return dateOf(day)
}

// Step is the length of the pieces of a curve.
type Step string

// The steps of a curve.
const (
	Daily   Step = "day"
	Weekly  Step = "week" // to Sunday (ISO 8601)
	Monthly Step = "month"
)

// Ends gives the last days of the pieces into which a step cuts the days from
// first to last inclusive. The last piece is shorter where the period ends
// within one. Other days can be put among them by also; those outside of the
// period are left out. It is empty for a period without days.
func Ends(first, last plan.Date, step Step, also ...plan.Date) []plan.Date {
	var days []plan.Date
	for d := first; d <= last; d++ {
		d = min(endOf(d, step), last)
		days = append(days, d)
	}
	for _, d := range also {
		if i, found := slices.BinarySearch(days, d); !found && first <= d && d <= last {
			days = slices.Insert(days, i, d)
		}
	}
	return days
}

// endOf gives the last day of the piece in which a day lies.
func endOf(d plan.Date, step Step) plan.Date {
	switch step {
	case Weekly:
		return d.AddDays(6 - (int(d.Start(time.UTC).Weekday())+6)%7)
	case Monthly:
		y, m, _ := d.Start(time.UTC).Date()
		return plan.NewDate(y, m+1, 0)
	}
	return d
}

// Extent gives the first and the last day on which anything of the roll-out
// changes by the plan: the days of its phases, and of its cameras' milestones
// and last days for installing. They are zero for a plan that has none.
func Extent(p *plan.Plan) (first, last plan.Date) {
	first = never
	take := func(days ...plan.Date) {
		for _, d := range days {
			if !d.IsZero() {
				first, last = min(first, d), max(last, d)
			}
		}
	}
	for _, ph := range p.Phases {
		take(ph.From, ph.To)
	}
	for i := range p.Cameras {
		c := &p.Cameras[i]
		take(c.Due, c.Planned, c.Surveyed, c.Installed, c.Accepted, c.Retired)
	}
	if last.IsZero() {
		return 0, 0
	}
	return first, last
}
