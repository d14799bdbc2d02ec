package coverage_test

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/phukin/phukin/hub/coverage"
	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/wire"
	"pgregory.net/rapid"
)

// world is evidence of the cameras of a plan that the reference can be asked
// of second by second.
type world struct {
	loc     *time.Location
	days    map[string][]history.Day
	service map[string][]coverage.Window
}

func (w *world) evidence() coverage.Evidence {
	return coverage.Evidence{Location: w.loc,
		Days:    func(code string) []history.Day { return w.days[code] },
		Service: func(c *plan.Camera) []coverage.Window { return w.service[c.Code] }}
}

func run3(seconds int, s wire.Status) history.Run {
	r := history.Run{Seconds: seconds, Status: s}
	if s == wire.StatusDown {
		r.Fault, r.FellOn = wire.FaultTimeout, wire.RungConnect
	}
	return r
}

// anyWorld draws evidence of the days from first on.
func anyWorld(t *rapid.T, p *plan.Plan, first history.DayNumber, days int) *world {
	w := &world{loc: time.UTC, days: map[string][]history.Day{}, service: map[string][]coverage.Window{}}
	if rapid.Bool().Draw(t, "with a clock that is put back") {
		w.loc = berlin()
	}
	start, end := first.Start(w.loc).Unix(), (first + history.DayNumber(days)).Start(w.loc).Unix()
	moment := rapid.Int64Range(start-86400, end+86400)
	for i := range p.Cameras {
		code := p.Cameras[i].Code
		for n := first; n < first+history.DayNumber(days); n++ {
			if rapid.IntRange(0, 5).Draw(t, "a day is missing") == 0 {
				continue
			}
			d := history.Day{Camera: code, Number: n}
			left := n.Seconds(w.loc)
			for range rapid.IntRange(1, 4).Draw(t, "runs") {
				r := run3(rapid.SampledFrom([]int{9000, 17000, 3600, 20017, 1}).Draw(t, "seconds"), rapid.SampledFrom([]wire.Status{wire.StatusDown, 0, wire.StatusUp, wire.StatusDegraded}).Draw(t, "status"))
				d.Timeline = append(d.Timeline, r)
				left -= r.Seconds
			}
			w.days[code] = append(w.days[code], d)
		}
		if rapid.IntRange(0, 2).Draw(t, "always in service") > 0 {
			w.service[code] = []coverage.Window{{From: start - 86400, To: end + 86400}}
			continue
		}
		last := start - 86400
		for range rapid.IntRange(0, 3).Draw(t, "windows of service") {
			a, b := moment.Draw(t, "from"), moment.Draw(t, "to")
			if a = max(a, last); a < b {
				w.service[code] = append(w.service[code], coverage.Window{From: a, To: b})
				last = b + 1
			}
		}
	}
	return w
}

// berlin has a day of 25 hours, 2026-10-25.
func berlin() *time.Location {
	l, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		panic(err)
	}
	return l
}

// status gives what is known of a camera at a second: "up", "down", "unknown",
// or nothing out of service.
func (w *world) status(code string, second int64) string {
	if !slices.ContainsFunc(w.service[code], func(v coverage.Window) bool { return v.From <= second && second < v.To }) {
		return ""
	}
	n := history.DayOf(second*1000, w.loc)
	for _, d := range w.days[code] {
		if d.Number == n {
			switch d.Timeline.At(int(second - n.Start(w.loc).Unix())).Status {
			case wire.StatusUp, wire.StatusDegraded:
				return "up"
			case wire.StatusDown:
				return "down"
			}
		}
	}
	return "unknown"
}

// moments gives all seconds of a window at which anything may change, and its
// end.
func (w *world) moments(window coverage.Window) []int64 {
	all := []int64{window.From, window.To}
	for _, days := range w.days {
		for _, d := range days {
			at := d.Number.Start(w.loc).Unix()
			all = append(all, at)
			for _, r := range d.Timeline {
				at += int64(r.Seconds)
				all = append(all, at)
			}
			all = append(all, (d.Number + 1).Start(w.loc).Unix())
		}
	}
	for _, windows := range w.service {
		for _, v := range windows {
			all = append(all, v.From, v.To)
		}
	}
	for n := history.DayOf(window.From*1000, w.loc); n.Start(w.loc).Unix() < window.To; n++ {
		all = append(all, n.Start(w.loc).Unix())
	}
	all = slices.DeleteFunc(all, func(s int64) bool { return s < window.From || s > window.To })
	slices.Sort(all)
	return slices.Compact(all)
}

// covered gives the coverage by the cameras of some statuses at a second.
func (w *world) covered(e *coverage.Eye, second int64, without string, statuses ...string) coverage.Result {
	return e.Cover(func(c *plan.Camera) bool {
		return c.Code != without && slices.Contains(statuses, w.status(c.Code, second))
	})
}

const firstDay history.DayNumber = 20750 // 2026-10-24

func anyWindow(t *rapid.T, w *world, days int) coverage.Window {
	start, end := firstDay.Start(w.loc).Unix(), (firstDay + history.DayNumber(days)).Start(w.loc).Unix()
	if rapid.IntRange(0, 2).Draw(t, "all of it") > 0 {
		return coverage.Window{From: start, To: end}
	}
	a := rapid.Int64Range(start, end-1).Draw(t, "window from")
	return coverage.Window{From: a, To: rapid.Int64Range(a, end).Draw(t, "window to")}
}

// The reference takes every stretch of time in which nothing changes by itself,
// and asks Cover what the cameras that were up had in view.
func TestOverAgreesWithCoverAtEveryMoment(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := network(t)
		eye, err := coverage.NewEye(p, plan.Level{Code: "x", Density: 12}, nil)
		if err != nil {
			t.Fatal(err)
		}
		w := anyWorld(t, p, firstDay, 2)
		window := anyWindow(t, w, 2)
		got := eye.Over(window, w.evidence())

		want := coverage.Period{Window: window, Routes: make([]coverage.Times, len(p.Routes))}
		all := eye.Cover(everyCamera)
		for _, c := range all.Classes {
			want.Classes = append(want.Classes, coverage.GroupTimes{Code: c.Code})
		}
		areas := map[string]*coverage.Times{}
		moments := w.moments(window)
		for i, from := range moments[:len(moments)-1] {
			dt := moments[i+1] - from
			low, high := w.covered(eye, from, "", "up"), w.covered(eye, from, "", "up", "unknown")
			n := history.DayOf(from*1000, w.loc)
			if k := len(want.Days); k == 0 || want.Days[k-1].Number != n {
				want.Days = append(want.Days, coverage.DayTimes{Number: n, Routes: make([]coverage.Times, len(p.Routes)), Areas: make([]coverage.Times, len(got.Areas))})
			}
			day := &want.Days[len(want.Days)-1]
			for k := range p.Routes {
				times := timesOf(ofRoute(low.Routes[k]), ofRoute(high.Routes[k]), dt)
				want.Routes[k].Add(times)
				day.Routes[k].Add(times)
			}
			for k := range low.Classes {
				want.Classes[k].Add(timesOf(low.Classes[k].Total, high.Classes[k].Total, dt))
			}
			for k := range low.Areas {
				code := low.Areas[k].Code
				if areas[code] == nil {
					areas[code] = &coverage.Times{}
				}
				times := timesOf(low.Areas[k].Total, high.Areas[k].Total, dt)
				areas[code].Add(times)
				day.Areas[slices.IndexFunc(got.Areas, func(g coverage.GroupTimes) bool { return g.Code == code })].Add(times)
			}
			total := timesOf(low.Total, high.Total, dt)
			day.Total.Add(total)
			want.Total.Add(total)
		}
		for _, g := range got.Areas {
			times := areas[g.Code]
			if times == nil {
				times = &coverage.Times{}
			}
			want.Areas = append(want.Areas, coverage.GroupTimes{Code: g.Code, Times: *times})
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
		if len(moments) > 1 {
			for _, x := range []coverage.Weight{got.Total.InView, got.Total.Controlled, got.Total.Sections, got.Total.Gateways, got.Total.Places} {
				checkWeight(t, x)
			}
		}
	})
}

func ofRoute(r coverage.Route) (t coverage.Total) {
	t.Add(r)
	return t
}

func timesOf(low, high coverage.Total, dt int64) coverage.Times {
	mm := func(m float64) int64 { return int64(math.Round(m * 1000)) }
	weight := func(low, high, all int64) coverage.Weight {
		return coverage.Weight{Seen: low * dt, Maybe: (high - low) * dt, All: all * dt}
	}
	return coverage.Times{
		InView:     weight(mm(low.InView), mm(high.InView), mm(low.Length)),
		Controlled: weight(mm(low.Controlled), mm(high.Controlled), mm(low.Length)),
		Sections:   weight(int64(low.SectionsControlled), int64(high.SectionsControlled), int64(low.Sections)),
		Gateways:   weight(int64(low.GatewaysInView), int64(high.GatewaysInView), int64(low.Gateways)),
		Places:     weight(int64(low.PlacesCovered), int64(high.PlacesCovered), int64(low.Places)),
	}
}

func checkWeight(t *rapid.T, w coverage.Weight) {
	low, high, ok := w.Bounds()
	if ok != (w.All > 0) || w.Seen < 0 || w.Maybe < 0 || w.Seen+w.Maybe > w.All {
		t.Fatalf("%+v: bounds %v, %v, %v", w, low, high, ok)
	}
	if share, ok := w.Share(); ok && (share < low-1e-12 || share > high+1e-12) {
		t.Fatalf("%+v: %v is not between %v and %v", w, share, low, high)
	} else if ok == (w.All == w.Maybe) {
		t.Fatalf("%+v: a share is known: %v", w, ok)
	}
}

func TestLossAgreesWithCoverWithAndWithoutTheCameras(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := network(t)
		if len(p.Cameras) == 0 {
			return
		}
		eye, err := coverage.NewEye(p, plan.Level{Code: "x", Density: 12}, nil)
		if err != nil {
			t.Fatal(err)
		}
		w := anyWorld(t, p, firstDay, 2)
		window := anyWindow(t, w, 2)
		var codes []string
		for range rapid.IntRange(1, 3).Draw(t, "cameras that were down") {
			codes = append(codes, rapid.SampledFrom(p.Cameras).Draw(t, "camera").Code)
		}
		got, err := eye.Loss(codes, window, w.evidence())
		if err != nil {
			t.Fatal(err)
		}
		var down, unclear, sections, maybeSections, gateways, maybeGateways int64
		var sure, maybe, most float64
		moments := w.moments(window)
		for i, from := range moments[:len(moments)-1] {
			dt := moments[i+1] - from
			if slices.ContainsFunc(codes, func(x string) bool { return w.status(x, from) == "unknown" }) {
				unclear += dt
			}
			fell := func(x string) bool { return slices.Contains(codes, x) && w.status(x, from) == "down" }
			if !slices.ContainsFunc(codes, fell) {
				continue
			}
			down += dt
			// What is lost for certain nobody else may have seen; what is lost
			// at all nobody else is known to have seen.
			mayBe, is := w.covered(eye, from, "", "up", "unknown").Total, w.covered(eye, from, "", "up").Total
			with := func(statuses ...string) coverage.Total {
				return eye.Cover(func(c *plan.Camera) bool { return fell(c.Code) || slices.Contains(statuses, w.status(c.Code, from)) }).Total
			}
			a, b := with("up", "unknown"), with("up")
			lost := a.InView - mayBe.InView
			most = max(most, lost)
			sure += lost * float64(dt)
			maybe += (b.InView - is.InView - lost) * float64(dt)
			sections += int64(a.SectionsControlled-mayBe.SectionsControlled) * dt
			maybeSections += int64(b.SectionsControlled-is.SectionsControlled-(a.SectionsControlled-mayBe.SectionsControlled)) * dt
			gateways += int64(a.GatewaysInView-mayBe.GatewaysInView) * dt
			maybeGateways += int64(b.GatewaysInView-is.GatewaysInView-(a.GatewaysInView-mayBe.GatewaysInView)) * dt
		}
		var s, g coverage.Lost
		for _, v := range got.Sections {
			s.Sure, s.Maybe = s.Sure+v.Sure, s.Maybe+v.Maybe
		}
		for _, v := range got.Gateways {
			g.Sure, g.Maybe = g.Sure+v.Sure, g.Maybe+v.Maybe
		}
		gotSure, gotMaybe := got.MetreSeconds()
		if got.Down != down || got.Unclear != unclear || s != (coverage.Lost{Sure: sections, Maybe: maybeSections}) || g != (coverage.Lost{Sure: gateways, Maybe: maybeGateways}) ||
			math.Abs(gotSure-sure) > 0.1 || math.Abs(gotMaybe-maybe) > 0.1 || math.Abs(got.Most-most) > 1e-6 {
			t.Fatalf("%v: %+v\nwant down %d s, unknown %d s, sections %d+%d, gateways %d+%d, metre seconds %v+%v, most %v",
				codes, got, down, unclear, sections, maybeSections, gateways, maybeGateways, sure, maybe, most)
		}
	})
}

// hours is a day of hours: u up, g degraded, d down, - unknown.
func hours(t *testing.T, n history.DayNumber, code, text string) history.Day {
	t.Helper()
	d := history.Day{Camera: code, Number: n}
	for _, c := range text {
		status, ok := map[rune]wire.Status{'u': wire.StatusUp, 'g': wire.StatusDegraded, 'd': wire.StatusDown, '-': 0}[c]
		if !ok {
			t.Fatalf("%q is no status", c)
		}
		if k := len(d.Timeline); k > 0 && d.Timeline[k-1].Status == status {
			d.Timeline[k-1].Seconds += 3600
			continue
		}
		d.Timeline = append(d.Timeline, run3(3600, status))
	}
	return d
}

// Camera A sees 500 to 556.889 m, camera B, which looks the other way from
// 30 m farther on, 473.111 to 530 m: 30 m are seen by both, and A alone sees
// 26.889 m.
//
//	A  ........--------dddddddd
//	B  ddd.....dddd....dddddddd
func TestADayThatCanBeFollowedByHand(t *testing.T) {
	p := straight(t, camera("A", "on500", 90), camera("B", "on530", 270))
	p.Sites = append(p.Sites, plan.Site{Code: "on530", Route: "DH1", At: 530})
	p.Junctions = nil
	eye, err := coverage.NewEye(p, detection, nil)
	if err != nil {
		t.Fatal(err)
	}
	day := firstDay.Start(time.UTC).Unix()
	all := []coverage.Window{{From: day - 1e6, To: day + 1e6}}
	w := &world{loc: time.UTC, service: map[string][]coverage.Window{"A": all, "B": all}, days: map[string][]history.Day{
		"A": {hours(t, firstDay, "A", "uuuugggg--------dddddddd")},
		"B": {hours(t, firstDay, "B", "ddduuuuudddduuuudddddddd")},
	}}
	window := coverage.Window{From: day, To: day + 86400}
	got := eye.Over(window, w.evidence())
	const h = 3600 * 1000 // millimetre seconds of a metre hour
	near := func(name string, got, want int64) {
		t.Helper()
		if math.Abs(float64(got-want)) > 0.2*h*24 {
			t.Errorf("%s: %.3f metre hours, want %.3f", name, float64(got)/h, float64(want)/h)
		}
	}
	// 3 h of A, 5 h of both, 4 h of B known to be up while A is unknown.
	near("seen", got.Total.InView.Seen, int64(3*56.889*h+5*83.778*h+4*56.889*h))
	// 4 h of A unknown with B down, 4 h of what A alone sees with B up.
	near("maybe", got.Total.InView.Maybe, int64(4*56.889*h+4*26.889*h))
	near("all", got.Total.InView.All, int64(24*2000*h))
	if s := got.Total.Controlled; s.Seen != s.All/2 || s.Maybe != s.All/6 {
		t.Errorf("controlled %+v, want half and a sixth", s)
	}
	low, high, _ := got.Total.Sections.Bounds()
	if share, _ := got.Total.Sections.Share(); math.Abs(low-0.5) > 1e-12 || math.Abs(high-4.0/6) > 1e-12 || math.Abs(share-0.6) > 1e-12 {
		t.Errorf("sections: %v, between %v and %v", share, low, high)
	}

	// B was down for 15 hours: for 3 of them A was up, for 4 unknown, and for 8
	// down as well.
	loss, err := eye.Loss([]string{"B"}, window, w.evidence())
	if err != nil {
		t.Fatal(err)
	}
	want := coverage.Loss{Cameras: []string{"B"}, Window: window, Down: 15 * 3600, Most: 56.889,
		Routes: []coverage.LostRoad{
			{Route: "DH1", From: 473.111, To: 500, FromChainage: 10473.111, ToChainage: 10500, Lost: coverage.Lost{Sure: 15 * 3600}},
			{Route: "DH1", From: 500, To: 530, FromChainage: 10500, ToChainage: 10530, Lost: coverage.Lost{Sure: 8 * 3600, Maybe: 4 * 3600}},
		},
		Sections: []coverage.LostSection{{Route: "DH1", From: 0, To: 2000, FromChainage: 10000, ToChainage: 12000, Lost: coverage.Lost{Sure: 8 * 3600, Maybe: 4 * 3600}}},
	}
	if diff := cmp.Diff(want, loss, near2); diff != "" {
		t.Error(diff)
	}
}

var near2 = cmp.Comparer(func(a, b float64) bool { return math.Abs(a-b) < 0.02 })

func TestMaintenanceAndTheTimeBeforeAcceptanceAreKnownNotToSee(t *testing.T) {
	c := camera("A", "on500", 90)
	c.Accepted = plan.NewDate(2026, 10, 24)
	p := straight(t, c)
	p.Location = time.UTC
	day := firstDay.Start(time.UTC)
	p.Windows = []plan.Window{{Code: "BT", Camera: "A", From: day.Add(6 * time.Hour), To: day.Add(9 * time.Hour)}, {Code: "BT2", Camera: "B", From: day, To: day.Add(time.Hour)}}
	if diff := cmp.Diff([]coverage.Window{{From: day.Unix(), To: day.Unix() + 6*3600}, {From: day.Unix() + 9*3600, To: plan.Forever.Start(time.UTC).Unix()}}, coverage.Service(p)(&p.Cameras[0])); diff != "" {
		t.Error(diff)
	}
	eye, err := coverage.NewEye(p, detection, nil)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{loc: time.UTC, days: map[string][]history.Day{"A": {hours(t, firstDay-1, "A", "uuuuuuuuuuuuuuuuuuuuuuuu"), hours(t, firstDay, "A", "uuuuuuuuuuuuuuuuuuuuuuuu")}}}
	ev := w.evidence()
	ev.Service = coverage.Service(p)
	got := eye.Over(coverage.Window{From: day.Unix() - 86400, To: day.Unix() + 86400}, ev)
	if s := got.Total.Sections; s.Seen != 21*3600 || s.Maybe != 0 || s.All != 2*48*3600 {
		t.Errorf("sections %+v", s)
	}
	if len(got.Days) != 2 || got.Days[0].Total.Sections.Seen != 0 || got.Days[1].Routes[0].Sections.Seen != 21*3600 {
		t.Errorf("days %+v", got.Days)
	}
	never := plan.Camera{Code: "N"}
	if got := coverage.Service(p)(&never); got != nil {
		t.Errorf("a camera that was never accepted is in service %v", got)
	}
}

func TestLossOfACameraThatIsNotThereIsAnError(t *testing.T) {
	eye, err := coverage.NewEye(straight(t, camera("A", "on500", 90)), detection, nil)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{loc: time.UTC}
	if _, err := eye.Loss([]string{"B"}, coverage.Window{From: 0, To: 1}, w.evidence()); err == nil || fmt.Sprint(err) != `coverage: there is no camera "B" in the plan` {
		t.Errorf("error %v", err)
	}
	for _, window := range []coverage.Window{{}, {From: 5, To: 4}} {
		if l, err := eye.Loss([]string{"A"}, window, w.evidence()); err != nil || l.Down != 0 || len(eye.Over(window, w.evidence()).Days) != 0 {
			t.Errorf("in no time: %+v, %v", l, err)
		}
	}
}
