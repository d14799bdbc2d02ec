package rollout_test

import (
	"fmt"
	"math"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/rollout"
)

// mixes calls f with every way of taking n slips of which any may be taken
// again, without regard to order.
func mixes(slips []int, n int, f func(sum int)) {
	if len(slips) == 0 {
		if n == 0 {
			f(0)
		}
		return
	}
	for first := 0; first <= n; first++ {
		mixes(slips[1:], n-first, func(sum int) { f(sum + first*slips[0]) })
	}
}

func TestMonthsUntilAgreesWithLayingOutEveryMix(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		slips := rapid.SliceOfN(rapid.IntRange(0, 7), 1, 6).Draw(t, "slips")
		rest := rapid.IntRange(1, 25).Draw(t, "rest")
		const horizon = 6
		shares := []float64{0.1, 0.5, 0.9}
		want := []int{0, 0, 0}
		for i, share := range shares {
			for k := horizon; k >= 1; k-- {
				done, all := 0, 0
				mixes(slips, k, func(sum int) {
					all++
					if sum >= rest {
						done++
					}
				})
				if float64(done) >= share*float64(all) {
					want[i] = k
				}
			}
		}
		if got := rollout.MonthsUntil(slips, rest, horizon, shares...); !slices.Equal(got, want) {
			t.Fatalf("slips %v, rest %d: %v, want %v", slips, rest, got, want)
		}
	})
}

// With one slip that counts, a mix is done when it has that slip often enough,
// and those mixes are as many as there are of all the months but these.
func TestMonthsUntilKeepsCountToTheHorizon(t *testing.T) {
	among := func(k int) float64 { // mixes of six slips
		n := 1.0
		for i := 1; i <= 5; i++ {
			n = n * float64(k+i) / float64(i)
		}
		return math.Round(n)
	}
	rapid.Check(t, func(t *rapid.T) {
		pace := rapid.IntRange(1, 40).Draw(t, "pace")
		rest := rapid.IntRange(1, 2000).Draw(t, "rest")
		needs := (rest + pace - 1) / pace
		slips := []int{0, 0, 0, 0, 0, 0}
		slips[rapid.IntRange(0, 5).Draw(t, "which")] = pace
		for _, share := range []float64{0.1, 0.5, 0.9} {
			want := 0
			for k := rollout.HorizonMonths; k >= needs; k-- {
				if among(k-needs) >= share*among(k) {
					want = k
				}
			}
			if got := rollout.MonthsUntil(slips, rest, rollout.HorizonMonths, share)[0]; got != want {
				t.Fatalf("%v, rest %d, share %v: %d, want %d", slips, rest, share, got, want)
			}
		}
	})
}

// calendar gives the month, counted from the year 0, and the day of it of all
// days from 2010 to 2059, read from how they are written.
var calendar = sync.OnceValue(func() map[plan.Date][2]int {
	number := func(s string) (n int) {
		for _, r := range s {
			n = 10*n + int(r-'0')
		}
		return n
	}
	all := map[plan.Date][2]int{}
	for d := plan.NewDate(2010, 1, 1); d < plan.NewDate(2060, 1, 1); d++ {
		s := d.String()
		all[d] = [2]int{12*number(s[:4]) + number(s[5:7]), number(s[8:])}
	}
	return all
})

// walk goes back, or on, from a day through all days to the same day of another
// month, or to the last of it.
func walk(from plan.Date, months int) plan.Date {
	start, step := calendar()[from], plan.Date(1)
	if months < 0 {
		step = -1
	}
	for d := from; ; d += step {
		at := calendar()[d]
		if _, known := calendar()[d]; !known || at[0] == start[0]+months && at[1] <= start[1] && (at[1] == start[1] || calendar()[d+1][0] != at[0]) {
			return d
		}
	}
}

func TestMonthsFromAgreesWithWalkingThroughTheDays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := plan.NewDate(2024, 1, 1).AddDays(rapid.IntRange(0, 1500).Draw(t, "day"))
		n := rapid.IntRange(-14, 30).Draw(t, "months")
		if got, want := rollout.MonthsFrom(d, n), walk(d, n); got != want {
			t.Fatalf("%d months from %s: %s, want %s", n, d, got, want)
		}
	})
}

func TestForecastsAgreeWithAskingOfEachCamera(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := drawPlan(t)
		seen := drawEvidence(t, p)
		on := first.AddDays(rapid.IntRange(-2, 300).Draw(t, "on")) // months after the stories
		a := asked{seen, on}
		ends := map[string]plan.Date{"Z1": first.AddDays(9), "P2": first.AddDays(19)}
		for _, by := range allBy {
			groups := rollout.Forecasts(p, seen, on, by)
			planned := 0
			for _, g := range groups {
				of := func(c *plan.Camera) bool { return a.planned(c) && rollout.KeyOf(p, c, by, on) == g.Key }
				for k, is := range []func(asked, *plan.Camera) bool{asked.installed, asked.verified, asked.accepted} {
					f := g.Forecasts[k]
					want := rollout.Forecast{Milestone: []rollout.Milestone{rollout.Installed, rollout.Verified, rollout.Accepted}[k]}
					for i := range p.Cameras {
						c := &p.Cameras[i]
						if !of(c) {
							continue
						}
						want.Planned++
						due := c.Due
						if want.Milestone == rollout.Accepted {
							due = max(due, ends[c.Phase])
						}
						want.Due = max(want.Due, due)
						if !is(a, c) {
							continue
						}
						want.Reached++
						for month := range rollout.PaceMonths {
							begin, end := walk(on, month-6), walk(on, month-5)
							// It had the milestone at the end of the month, and not at its beginning.
							day := map[rollout.Milestone]plan.Date{rollout.Installed: c.Installed, rollout.Accepted: c.Accepted}[want.Milestone]
							if want.Milestone == rollout.Verified {
								day = first.AddDays(int(seen[c.Code].Verified - rollout.DayNumber(first)))
							}
							if begin < day && day <= end {
								want.Months[month]++
							}
						}
					}
					planned += want.Planned
					months := rollout.MonthsUntil(want.Months[:], max(want.Planned-want.Reached, 1), rollout.HorizonMonths, 0.1, 0.5, 0.9)
					pace := 0
					for _, n := range want.Months {
						pace += n
					}
					switch {
					case want.Planned == want.Reached:
						want.State = rollout.ForecastDone
					case pace == 0:
						want.State = rollout.ForecastNoPace
					default:
						want.State = rollout.ForecastGiven
						to := []*plan.Date{&want.Earliest, &want.Middle, &want.Latest}
						for i, n := range months {
							if n > 0 {
								*to[i] = walk(on, n)
							}
						}
						early, late := want.Earliest, want.Latest
						if early == 0 {
							early = plan.Forever
						}
						if late == 0 {
							late = plan.Forever
						}
						want.Verdict = rollout.CannotTell
						if early > want.Due {
							want.Verdict = rollout.TooLate
						} else if late <= want.Due {
							want.Verdict = rollout.InTime
						}
					}
					if d := cmp.Diff(want, f); d != "" {
						t.Fatalf("by %s, %+v on %s (-want +got):\n%s", by, g.Key, on, d)
					}
				}
			}
			if all := rollout.Groups(p, seen, on, rollout.ByTotal)[0].Cameras.Planned; planned != 3*all {
				t.Fatalf("by %s: the groups have %d cameras three times over, want %d", by, planned, all)
			}
		}
	})
}

func TestWithoutAPaceThereIsNoForecast(t *testing.T) {
	a, b := camera("A", "S1", "Z1"), camera("B", "S1", "Z1")
	a.Installed = first
	got := rollout.Forecasts(build(t, a, b), nil, first.AddDays(300), rollout.ByTotal)[0].Forecasts[0]
	if got.State != rollout.ForecastNoPace || got.Earliest != 0 || got.Latest != 0 || got.Verdict != "" || got.Remaining() != 1 {
		t.Errorf("%+v", got)
	}
}

// Twelve cameras came in the last six months, two in each, and four remain: two
// months, whatever mix.
func TestAForecastIsHeldAgainstTheLastDay(t *testing.T) {
	on := plan.NewDate(2026, 9, 15)
	for _, x := range []struct {
		due  plan.Date
		want rollout.ForecastVerdict
	}{
		{plan.NewDate(2026, 11, 14), rollout.TooLate}, {plan.NewDate(2026, 11, 15), rollout.InTime}, {plan.NewDate(2027, 1, 1), rollout.InTime},
	} {
		var all []plan.Camera
		for i := range 16 {
			c := camera(fmt.Sprint("C", i), "S1", "Z1")
			c.Due = x.due
			if i < 12 {
				c.Installed = walk(on, -i/2)
			}
			all = append(all, c)
		}
		f := rollout.Forecasts(build(t, all...), nil, on, rollout.ByTotal)[0].Forecasts[0]
		if f.Verdict != x.want || f.Earliest != plan.NewDate(2026, 11, 15) || f.Latest != f.Earliest || f.Due != x.due {
			t.Errorf("due %s: %+v, want %s", x.due, f, x.want)
		}
	}
}

func TestWhatTakesLongerThanTenYearsHasNoDay(t *testing.T) {
	var all []plan.Camera
	for i := range 300 {
		all = append(all, camera(fmt.Sprint("C", i), "S1", "Z1"))
	}
	all[0].Installed = first
	f := rollout.Forecasts(build(t, all...), nil, first.AddDays(30), rollout.ByTotal)[0].Forecasts[0]
	if f.State != rollout.ForecastGiven || f.Earliest != 0 || f.Latest != 0 || f.Verdict != rollout.TooLate {
		t.Errorf("%+v", f)
	}
}
