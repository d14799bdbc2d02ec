package rollout

import (
	"time"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/plan"
)

// What a forecast looks at, and how far it goes.
const (
	PaceMonths    = 6   // back, whose pace is taken to go on
	HorizonMonths = 120 // ahead; what takes longer has no day
)

// The shares of a forecast: of ten ways in which it may go on, one is done by
// Earliest, five by Middle and nine by Latest.
const (
	shareEarliest = 0.1
	shareMiddle   = 0.5
	shareLatest   = 0.9
)

// Forecast says when all cameras in the plan will have reached a milestone if
// the next months are like the last ones.
type Forecast struct {
	Milestone Milestone // Installed, Verified or Accepted
	Planned   int       // cameras in the plan
	Reached   int
	// Months counts the cameras among Reached that came to it in each of the
	// last months, oldest first. Months are counted back from the day.
	Months [PaceMonths]int
	State  ForecastState
	// The days by which all are done; zero if that is not known, or takes longer
	// than HorizonMonths.
	Earliest, Middle, Latest plan.Date
	// Due is the last day by which all of them are to be done, zero for none.
	Due     plan.Date
	Verdict ForecastVerdict
}

// Remaining counts the cameras that have not reached the milestone.
func (f *Forecast) Remaining() int { return f.Planned - f.Reached }

// ForecastState says whether there is a forecast.
type ForecastState string

// The states of a forecast.
const (
	ForecastDone   ForecastState = "done"    // nothing remains
	ForecastNoPace ForecastState = "no_pace" // no camera came to it in the last months: nothing can be said
	ForecastGiven  ForecastState = "forecast"
)

// ForecastVerdict holds a forecast against the last day.
type ForecastVerdict string

// The verdicts; the empty one goes with no forecast or no last day.
const (
	InTime     ForecastVerdict = "in_time"     // Latest is by then
	TooLate    ForecastVerdict = "late"        // Earliest is after it
	CannotTell ForecastVerdict = "cannot_tell" // it lies between them
)

// ForecastGroup is the forecasts of the cameras of one key.
type ForecastGroup struct {
	Key
	Forecasts []Forecast // of Installed, Verified and Accepted
}

// Forecasts gives the forecasts of a day. Groups are those of Groups that have
// cameras in the plan.
//
// The rule: the counts of the last six months are six slips in a hat. A month
// to come draws a slip, which goes back with a copy of itself, so that the pace
// is no surer than six months make it. Then any mix of the six is as likely as
// any other, and mixes can be counted: after k months there are
// (k+1)(k+2)…(k+5)/5! of them, and all is done in those that sum up to what
// remains. Earliest is after the first month in which a tenth of the mixes are,
// Middle a half, Latest nine tenths.
func Forecasts(p *plan.Plan, seen map[string]history.Seen, on plan.Date, by By) []ForecastGroup {
	groups := map[Key]*[3]Forecast{}
	if by == ByTotal {
		groups[Key{}] = newForecasts()
	}
	for i := range p.Cameras {
		c := &p.Cameras[i]
		if !c.InPlan(on) {
			continue
		}
		key := KeyOf(p, c, by, on)
		if groups[key] == nil {
			groups[key] = newForecasts()
		}
		s, known := seen[c.Code]
		days := [3]plan.Date{claimed(c.Installed), seenOn(known, s.Verified), claimed(c.Accepted)}
		due := [3]plan.Date{c.Due, c.Due, acceptBy(p, c)}
		for k := range groups[key] {
			groups[key][k].take(days[k], due[k], on)
		}
	}
	all := make([]ForecastGroup, 0, len(groups))
	for key, fs := range groups {
		for k := range fs {
			fs[k].finish(on)
		}
		all = append(all, ForecastGroup{key, fs[:]})
	}
	sortByKey(p, by, all, func(g ForecastGroup) Key { return g.Key })
	return all
}

// PaceDays gives the last days of the months whose pace is taken to go on,
// oldest first; the last of them is the day itself.
func PaceDays(on plan.Date) [PaceMonths]plan.Date {
	var days [PaceMonths]plan.Date
	for k := range days {
		days[PaceMonths-1-k] = monthsFrom(on, -k)
	}
	return days
}

func newForecasts() *[3]Forecast {
	return &[3]Forecast{{Milestone: Installed}, {Milestone: Verified}, {Milestone: Accepted}}
}

// take counts a camera that came to the milestone on a day.
func (f *Forecast) take(day, due, on plan.Date) {
	f.Planned++
	f.Due = max(f.Due, due)
	if day > on {
		return
	}
	f.Reached++
	for k := range PaceMonths {
		if day > monthsFrom(on, -k-1) {
			f.Months[PaceMonths-1-k]++
			return
		}
	}
}

// finish makes the forecast of what was counted.
func (f *Forecast) finish(on plan.Date) {
	if f.Remaining() == 0 {
		f.State = ForecastDone
		return
	}
	f.State = ForecastNoPace
	for _, n := range f.Months {
		if n > 0 {
			f.State = ForecastGiven
		}
	}
	if f.State == ForecastNoPace {
		return
	}
	k := monthsUntil(f.Months[:], f.Remaining(), HorizonMonths, shareEarliest, shareMiddle, shareLatest)
	for i, day := range []*plan.Date{&f.Earliest, &f.Middle, &f.Latest} {
		if k[i] > 0 {
			*day = monthsFrom(on, k[i])
		}
	}
	switch {
	case f.Due.IsZero():
	case f.Earliest.IsZero() || f.Earliest > f.Due:
		f.Verdict = TooLate
	case !f.Latest.IsZero() && f.Latest <= f.Due:
		f.Verdict = InTime
	default:
		f.Verdict = CannotTell
	}
}

// monthsUntil gives for each share, ascending, the first month to come in which
// at least that share of the mixes of slips sums up to the rest; 0 if it takes
// more months than the horizon.
func monthsUntil(slips []int, rest, horizon int, shares ...float64) []int {
	until := make([]int, len(shares))
	// short[i][s] counts the mixes of so many of the first i+1 slips as there are
	// months that sum up to s, less than the rest. Of each of the six it grows
	// with a power of the months below six: 120 months have 234,531,275 mixes.
	short := make([][]int64, len(slips))
	for i := range short {
		short[i] = make([]int64, rest)
		short[i][0] = 1 // no months
	}
	mixes := int64(1)
	n := int64(len(slips))
	found := 0
	for k := 1; k <= horizon && found < len(shares); k++ {
		mixes = mixes * (int64(k) + n - 1) / int64(k)
		for i, slip := range slips {
			// A mix has the slip i at least once, or is one of those before it.
			for s := rest - 1; s >= 0; s-- {
				ways := int64(0)
				if s >= slip {
					ways = short[i][s-slip]
				}
				if i > 0 {
					ways += short[i-1][s]
				}
				short[i][s] = ways
			}
		}
		missing := int64(0)
		for _, ways := range short[len(slips)-1] {
			missing += ways
		}
		for found < len(shares) && float64(mixes-missing) >= shares[found]*float64(mixes) {
			until[found] = k
			found++
		}
	}
	return until
}

// monthsFrom gives the day n months after a day, the last of its month if the
// month is too short.
func monthsFrom(d plan.Date, n int) plan.Date {
	y, m, day := d.Start(time.UTC).Date()
	_, _, last := plan.NewDate(y, m+time.Month(n)+1, 0).Start(time.UTC).Date()
	return plan.NewDate(y, m+time.Month(n), min(day, last))
}
