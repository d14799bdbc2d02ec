package uptime_test

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/uptime"
	"github.com/phukin/phukin/hub/wire"
)

// slowOutages finds outages by looking at one second after the other.
func (q *question) slowOutages(until int64) (all []uptime.Outage) {
	from, s := q.seconds()
	known := func(i int) bool { return i >= 0 && i < len(s) && s[i].Status != 0 }
	for i := 0; i < len(s); i++ {
		if s[i].Status != wire.StatusDown {
			continue
		}
		end := i
		for end < len(s) && s[end].Status == wire.StatusDown {
			end++
		}
		o := uptime.Outage{Camera: camera, From: from + int64(i), To: from + int64(end), Fault: s[i].Fault, FellOn: s[i].FellOn}
		before, after := i-1, end
		for before >= 0 && !known(before) {
			before--
		}
		for after < len(s) && !known(after) {
			after++
		}
		o.Earliest, o.Latest = from+int64(before+1), from+int64(after)
		if before < 0 {
			o.Earliest = o.From
			for _, w := range q.counted {
				if w.From <= o.From && o.From < w.To {
					o.Earliest = w.From
				}
			}
		}
		o.Beginless = true
		for k := i; k >= 0; k-- {
			o.Beginless = o.Beginless && s[k].Status != wire.StatusUp && s[k].Status != wire.StatusDegraded
		}
		if after == len(s) {
			o.Latest, o.Open = max(o.To, until), true
		}
		o.Continues = before >= 0 && before < i-1 && s[before].Status == wire.StatusDown
		for t := max(o.From, q.period.From); t < min(o.To, q.period.To); t++ {
			if s[t-from].counts {
				o.Counted++
			}
		}
		if o.Counted > 0 {
			all = append(all, o)
		}
		i = end
	}
	return all
}

func TestOutagesAgreeWithLookingSecondBySecond(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q := drawQuestion(t)
		until := q.period.To
		got := q.index.Snapshot().Outages(camera, q.counted, q.period, until)
		want := q.slowOutages(until)
		if d := cmp.Diff(want, got); d != "" {
			t.Fatalf("(-want +got):\n%s", d)
		}
		f := q.index.Snapshot().Figure(camera, q.counted, q.period)
		seconds := int64(0)
		for _, o := range got {
			seconds += o.Counted
		}
		if f.Outages != len(got) || f.Down != seconds {
			t.Fatalf("the figure has %d outages of %d s, the list %d of %d s", f.Outages, f.Down, len(got), seconds)
		}
	})
}

// Whatever happened while nobody looked, what can be said of the outages that
// were seen lies between the bounds: draw what happened, and count that.
func TestRepairsBoundWhatMayHaveHappened(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q := drawQuestion(t)
		q.counted = uptime.Union(uptime.Window{From: 0, To: 1 << 40})
		q.known = nil
		from, s := q.seconds()
		q.period = uptime.Window{From: from, To: from + int64(len(s))}
		r := q.index.Snapshot().Repairs(camera, q.counted, q.period, q.period.To)
		if len(q.slowOutages(q.period.To)) != r.Outages || r.Fewest > r.Outages {
			t.Fatalf("repairs: %+v", r)
		}

		// Each unknown stretch: some of it went on as before, some as after.
		type outage struct{ from, to int64 }
		var truth []outage
		down := false
		var at int64
		flip := func(t int64, now bool) {
			if now && !down {
				at = t
			}
			if !now && down {
				truth = append(truth, outage{at, t})
			}
			down = now
		}
		works := int64(0)
		for i := 0; i < len(s); {
			end := i
			for end < len(s) && s[end].Status == s[i].Status {
				end++
			}
			a, b := from+int64(i), from+int64(end)
			if s[i].Status != 0 {
				flip(a, s[i].Status == wire.StatusDown)
				if !down {
					works += b - a
				}
			} else {
				after := down
				if end < len(s) {
					after = s[end].Status == wire.StatusDown
				}
				cut := rapid.Int64Range(a, b).Draw(t, "changed")
				mended := down && after && cut > a && rapid.Bool().Draw(t, "mended between")
				switch {
				case mended: // it worked from there to the end
					flip(cut, false)
					works += b - cut
				case down && !after:
					flip(cut, false)
					works += b - cut
				case !down && after:
					flip(cut, true)
					works += cut - a
				case !down:
					works += b - a
				}
			}
			i = end
		}
		if down {
			return // an outage that is open is in no mean
		}
		var sum int64
		longest := int64(0)
		for _, o := range truth {
			sum += o.to - o.from
			longest = max(longest, o.to-o.from)
		}
		if low, high, ok := r.MTTR(); ok && r.Open == 0 {
			if mean := float64(sum) / float64(len(truth)); mean < low || mean > high {
				t.Fatalf("the mean time to restore was %v, outside %v to %v: %v", mean, low, high, truth)
			}
		}
		if low, high, ok := r.MTBF(); ok {
			if mean := float64(works) / float64(len(truth)); mean < low || mean > high {
				t.Fatalf("the mean time between failures was %v, outside %v to %v", mean, low, high)
			}
		}
		if longest < r.Longest || longest > r.LongestAtMost {
			t.Fatalf("the longest took %d, outside %d to %d", longest, r.Longest, r.LongestAtMost)
		}
	})
}

// lines makes the days of cameras from pieces: "U" works, "D" is down, "?" is
// unknown, each for some minutes from midnight.
func lines(camera string, pieces ...piece) history.Day {
	d := history.Day{Camera: camera, Number: 20_000}
	for _, p := range pieces {
		r := history.Run{Seconds: p.minutes * 60, Status: map[byte]wire.Status{'U': wire.StatusUp, 'D': wire.StatusDown, '?': 0}[p.status]}
		if p.status == 'D' {
			r.Fault, r.FellOn = wire.FaultTimeout, wire.RungConnect
		}
		d.Timeline = append(d.Timeline, r)
	}
	return d
}

type piece struct {
	status  byte
	minutes int
}

func TestOutagesOfACommonCauseAreOneIncident(t *testing.T) {
	day := uptime.Days{First: 20_000, Last: 20_000}.Window(time.UTC)
	normal := []piece{{'U', 1440}}
	down := func(at, minutes int) []piece { return []piece{{'U', at}, {'D', minutes}, {'U', 1440 - at - minutes}} }
	silent := func(at, minutes int) []piece { return []piece{{'U', at}, {'?', minutes}, {'U', 1440 - at - minutes}} }
	type want struct {
		place   uptime.Place
		code    string
		cameras int
	}
	// Five cameras of one agent: a1 and a2 hang at site a, the others at b.
	cameras := []string{"a1", "a2", "b1", "b2", "b3"}
	for _, c := range []struct {
		name string
		days [5][]piece
		want []want
	}{
		{"all at once", [5][]piece{down(600, 30), down(601, 30), down(602, 20), down(600, 9), down(600, 50)}, []want{{uptime.PlaceAgent, "xa", 5}}},
		{"four of five are 80 %", [5][]piece{normal, down(601, 30), down(602, 20), down(600, 9), down(600, 50)}, []want{{uptime.PlaceAgent, "xa", 4}}},
		{"three of five are not", [5][]piece{normal, normal, down(602, 20), down(600, 9), down(600, 50)}, []want{{uptime.PlaceSite, "b", 3}}},
		{"three of three that were seen are", [5][]piece{silent(599, 9), silent(590, 14), down(602, 20), down(600, 9), down(600, 50)}, []want{{uptime.PlaceAgent, "xa", 3}}},
		{"a site alone", [5][]piece{down(600, 30), down(602, 30), normal, normal, normal}, []want{{uptime.PlaceSite, "a", 2}}},
		{"more than two minutes apart", [5][]piece{down(600, 30), down(603, 30), normal, normal, normal}, []want{{uptime.PlaceCamera, "a1", 1}, {uptime.PlaceCamera, "a2", 1}}},
		{"no moment in common", [5][]piece{down(600, 1), down(601, 30), normal, normal, normal}, []want{{uptime.PlaceCamera, "a1", 1}, {uptime.PlaceCamera, "a2", 1}}},
		{"one camera", [5][]piece{down(600, 30), normal, normal, normal, normal}, []want{{uptime.PlaceCamera, "a1", 1}}},
		{"one was down before, which is its own", [5][]piece{down(500, 300), down(600, 30), down(600, 30), down(600, 30), down(600, 30)}, []want{{uptime.PlaceCamera, "a1", 1}, {uptime.PlaceAgent, "xa", 4}}},
		{"twice", [5][]piece{{{'U', 600}, {'D', 9}, {'U', 1}, {'D', 9}, {'U', 821}}, down(600, 9), down(600, 9), down(600, 9), down(600, 9)}, []want{{uptime.PlaceAgent, "xa", 5}, {uptime.PlaceCamera, "a1", 1}}},
		{"nothing was heard of the agent", [5][]piece{silent(600, 30), silent(601, 30), silent(602, 28), silent(590, 60), silent(600, 30)}, []want{{uptime.PlaceSilent, "xa", 5}}},
		{"too short a silence", [5][]piece{silent(600, 14), silent(600, 14), silent(600, 14), silent(600, 14), silent(600, 14)}, nil},
		{"one camera is still seen", [5][]piece{silent(600, 30), silent(601, 30), silent(602, 28), silent(590, 60), normal}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := uptime.NewIndex(time.UTC)
			var members []uptime.Member
			for i, code := range cameras {
				x.Put(lines(code, c.days[i]...))
				members = append(members, uptime.Member{Camera: code, Site: code[:1], Agent: "xa", Counted: uptime.Union(day)})
			}
			var got []want
			for _, in := range x.Snapshot().Incidents(members, day, day.To) {
				got = append(got, want{in.Place, in.Code, len(in.Outages)})
			}
			if d := cmp.Diff(c.want, got, cmp.AllowUnexported(want{})); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

func TestEveryOutageIsInOneIncident(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := uptime.NewIndex(time.UTC)
		day := uptime.Days{First: 20_000, Last: 20_000}.Window(time.UTC)
		s := x.Snapshot()
		var members []uptime.Member
		outages := map[uptime.Outage]int{}
		for _, code := range []string{"a", "b", "c", "d", "e", "f"}[:rapid.IntRange(1, 6).Draw(t, "cameras")] {
			var pieces []piece
			for left := 1440; left > 0; {
				p := piece{rapid.SampledFrom([]byte("UUUD?")).Draw(t, "status"), min(left, rapid.IntRange(1, 300).Draw(t, "minutes"))}
				pieces, left = append(pieces, p), left-p.minutes
			}
			x.Put(lines(code, pieces...))
			s = x.Snapshot()
			m := uptime.Member{Camera: code, Site: rapid.SampledFrom([]string{"p", "q"}).Draw(t, "site"), Agent: rapid.SampledFrom([]string{"xa", "xb"}).Draw(t, "agent"), Counted: uptime.Union(day)}
			members = append(members, m)
			for _, o := range s.Outages(code, m.Counted, day, day.To) {
				outages[o]++
			}
		}
		at := int64(0)
		for _, in := range s.Incidents(members, day, day.To) {
			if in.From < at {
				t.Fatal("incidents are not in order")
			}
			at = in.From
			for i, o := range in.Outages {
				if i > 0 && in.Outages[i-1].Camera >= o.Camera {
					t.Fatalf("cameras of %+v", in)
				}
				if in.Place != uptime.PlaceSilent {
					outages[o]--
				} else if f := s.Evidence(o.Camera, uptime.Window{From: o.From, To: o.To}); f.Unknown != o.To-o.From {
					t.Fatalf("silent, and there is %+v", f)
				}
				if o.From < in.From || o.To > in.To || o.From > in.From+uptime.Together {
					t.Fatalf("%+v does not lie in %+v", o, in)
				}
			}
		}
		for o, n := range outages {
			if n != 0 {
				t.Fatalf("%+v is missing or there twice: %d", o, n)
			}
		}
	})
}

func TestWithoutOutagesThereAreNoMeans(t *testing.T) {
	var r uptime.Repairs
	if _, _, ok := r.MTTR(); ok {
		t.Error("a mean time to restore")
	}
	if _, _, ok := r.MTBF(); ok {
		t.Error("a mean time between failures")
	}
	if v := r.Within(96); v != uptime.NoFigure {
		t.Errorf("compared with a target: %s", v)
	}
	// It began before the period, perhaps: then none began in it.
	day := uptime.Days{First: 20_000, Last: 20_000}.Window(time.UTC)
	s := with(lines(camera, piece{'D', 10}, piece{'?', 10}, piece{'D', 10}, piece{'U', 1410})).Snapshot()
	period := uptime.Window{From: day.From + 15*60, To: day.To}
	low, high, ok := s.Repairs(camera, uptime.Union(day), period, day.To).MTBF()
	if !ok || low != 1410*60 || !math.IsInf(high, 1) {
		t.Errorf("mean time between failures: %v to %v", low, high)
	}
}
