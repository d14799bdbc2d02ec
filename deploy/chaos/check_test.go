package main

import (
	"strings"
	"testing"

	"github.com/phukin/phukin/hub/wire"
)

func rec(seq uint64, content string) record {
	return record{id{"a", 7, seq}, Observed{Camera: "c", Status: wire.StatusUp, Content: content}}
}

func taken1(seq uint64, run int) journalled { return journalled{rec(seq, "x"), run, 1} }

// well is a world in which all is well: 1 to 3 are in the history, 4 in the spool.
func well() *evidence {
	return &evidence{
		journal: []journalled{taken1(1, 1), taken1(2, 1), taken1(3, 1), taken1(4, 2)},
		history: []record{rec(1, "x"), rec(2, "x"), rec(3, "x")},
		spooled: []record{rec(4, "x")},
		damaged: map[id]bool{}, overflow: map[string]bool{},
	}
}

func TestTheCheckerFindsWhatIsPlanted(t *testing.T) {
	for _, x := range []struct {
		name             string
		plant            func(e *evidence)
		lost, duplicated int
		says             string
	}{
		{"all is well", func(*evidence) {}, 0, 0, ""},
		{"one is nowhere", func(e *evidence) { e.history = e.history[1:] }, 1, 0, "a/0000000000000007/1 of camera c (run 1) is nowhere"},
		{"one is set aside", func(e *evidence) { e.setAside, e.history = e.history[:1], e.history[1:] }, 0, 0, ""},
		{"all are gone", func(e *evidence) { e.history, e.spooled = nil, nil }, 4, 0, "is nowhere"},
		{"it is in the spool and in the history", func(e *evidence) { e.spooled = append(e.spooled, rec(3, "x")) }, 0, 0, ""},
		{"a row is there twice", func(e *evidence) { e.history = append(e.history, rec(2, "x")) }, 0, 1, "is at the hub 2 times"},
		{"it is taken and set aside", func(e *evidence) { e.setAside = append(e.setAside, rec(2, "x")) }, 0, 1, "is at the hub 2 times"},
		{"the number has other contents", func(e *evidence) { e.history[1] = rec(2, "y") }, 0, 1, "is not what the spool took"},
		{"a number is given twice", func(e *evidence) { e.journal = append(e.journal, taken1(4, 2)) }, 0, 1, "was given to two records"},
		{"another agent's record does not count", func(e *evidence) { e.history[0].Agent = "b" }, 1, 0, "is nowhere"},
		{"another epoch's record does not count", func(e *evidence) { e.history[0].Epoch = 8 }, 1, 0, "is nowhere"},

		{"what was destroyed is declared", func(e *evidence) {
			e.history = e.history[1:]
			e.damaged[id{"a", 7, 1}] = true
			e.gaps = []gap{{"a", 7, 1, 2, "damaged"}}
		}, 0, 0, ""},
		{"what was destroyed is declared by nobody", func(e *evidence) {
			e.history = e.history[1:]
			e.damaged[id{"a", 7, 1}] = true
		}, 1, 0, "destroyed on purpose: true"},
		{"a gap ends before the record", func(e *evidence) {
			e.history = e.history[:2]
			e.damaged[id{"a", 7, 3}] = true
			e.gaps = []gap{{"a", 7, 1, 3, "damaged"}}
		}, 1, 0, "/3 of camera c (run 1) is nowhere"},
		{"what nobody touched is declared", func(e *evidence) {
			e.history = e.history[1:]
			e.gaps = []gap{{"a", 7, 1, 2, "skipped"}}
		}, 1, 0, "was declared skipped, and nothing was done to it"},
		{"the disk was full", func(e *evidence) {
			e.history = e.history[1:]
			e.overflow["a"] = true
			e.gaps = []gap{{"a", 7, 1, 2, "overflow"}}
		}, 0, 0, ""},
		{"a gap over what the hub has costs nothing", func(e *evidence) { e.gaps = []gap{{"a", 7, 1, 2, "damaged"}} }, 0, 0, ""},

		{"a record lies an hour from when it was seen", func(e *evidence) { e.history[1].From, e.history[1].To = 3_600_000, 3_601_000 }, 0, 0, "displaced: a/0000000000000007/2"},
		{"half a second is a slow line's", func(e *evidence) { e.history[1].From, e.history[1].To = 500, 500 }, 0, 0, ""},
		{"a record that begins and ends when it should but for a day", func(e *evidence) { e.history[1].To = 86_400_000 }, 0, 0, "displaced: a/0000000000000007/2"},
		{"nothing is known of the hub's clock", func(e *evidence) {
			for i := range e.history {
				e.history[i].Clock = wire.ClockOwn
			}
		}, 0, 0, ""},
		{"the hub's clock was known and is forgotten", func(e *evidence) { e.history[1].Clock = wire.ClockWrong }, 0, 0, "needless: a/0000000000000007/2"},
		{"it was not known in another boot", func(e *evidence) { e.history[1].Clock, e.journal[1].boot = wire.ClockOwn, 2 }, 0, 0, ""},

		{"killed between the spool and the journal", func(e *evidence) { e.journal = []journalled{e.journal[0], e.journal[1], e.journal[3]} }, 0, 0, ""},
		{"a record that no spool took", func(e *evidence) { e.journal = []journalled{e.journal[0], e.journal[2], e.journal[3]} }, 0, 1, "no spool took it"},
	} {
		t.Run(x.name, func(t *testing.T) {
			e := well()
			x.plant(e)
			f := check(e)
			if f.Lost != x.lost || f.Duplicated != x.duplicated {
				t.Errorf("lost %d, duplicated %d, want %d, %d: %q", f.Lost, f.Duplicated, x.lost, x.duplicated, f.Problems)
			}
			if text := strings.Join(f.Problems, "\n"); !strings.Contains(text, x.says) || x.says == "" && text != "" {
				t.Errorf("it says %q, want %q", text, x.says)
			}
		})
	}
}

// The rhythm of these tests: late 4 s and early 2 s, settled after 4.5 s, 3.5 s
// open at a kill, 3 s at another end.
var testRhythm = rhythm{Light: 1e9, Full: 1500e6, Look: 500e6, Report: 500e6, Confirm: 0}

const base = 1_800_000_000_000

func at(s float64) int64 { return base + int64(s*1000) }

func seenFor(status wire.Status, from, to float64) record {
	return record{Observed: Observed{Camera: "c", Status: status, From: at(from), To: at(to)}}
}

func TestTimelinesAreHeldAgainstTheTruth(t *testing.T) {
	up, down, degraded := wire.StatusUp, wire.StatusDown, wire.StatusDegraded
	// Up, from 20 s on refusing connections, from 40 s on up again; its agent lives
	// for a minute.
	truth := []change{{"c", "up", at(0), at(0)}, {"c", "refusing", at(20), at(20.1)}, {"c", "up", at(40), at(40.1)}}
	whole := []life{{span{at(0), at(60)}, false}}
	for _, x := range []struct {
		name           string
		seen           []record
		alive          []life
		excused        []span
		wrong, missing float64 // seconds
	}{
		{"exactly the truth", []record{seenFor(up, 0, 20), seenFor(down, 20, 40), seenFor(up, 40, 60)}, whole, nil, 0, 0},
		{"within the probe interval", []record{seenFor(up, 1, 23), seenFor(down, 23, 43), seenFor(up, 43, 59)}, whole, nil, 0, 0},
		{"an outage is seen too late", []record{seenFor(up, 0, 26), seenFor(down, 26, 40), seenFor(up, 40, 60)}, whole, nil, 1.9, 0},
		{"an outage is seen too early", []record{seenFor(up, 0, 15), seenFor(down, 15, 40), seenFor(up, 40, 60)}, whole, nil, 3, 0},
		{"an outage is not seen", []record{seenFor(up, 0, 60)}, whole, nil, 13.9, 0},
		{"an outage that was none", []record{seenFor(up, 0, 20), seenFor(down, 20, 40), seenFor(up, 40, 50), seenFor(down, 50, 55), seenFor(up, 55, 60)}, whole, nil, 5, 0},
		{"a status that never was", []record{seenFor(degraded, 0, 20), seenFor(down, 20, 40), seenFor(up, 40, 60)}, whole, nil, 20, 0},
		{"two statuses at once", []record{seenFor(up, 0, 20), seenFor(down, 20, 40), seenFor(up, 40, 60), seenFor(down, 5, 10)}, whole, nil, 5, 0},
		{"by a clock that is an hour ahead", []record{seenFor(up, 3600, 3620)}, whole, nil, 0, 52.5},
		{"a hole", []record{seenFor(up, 0, 20), seenFor(down, 20, 25), seenFor(down, 30, 40), seenFor(up, 40, 60)}, whole, nil, 0, 5},
		{"a hole that was declared", []record{seenFor(up, 0, 20), seenFor(down, 20, 25), seenFor(down, 30, 40), seenFor(up, 40, 60)}, whole, []span{{at(25), at(30)}}, 0, 0},
		{"a hole while the agent was dead", []record{seenFor(up, 0, 20), seenFor(down, 20, 22), seenFor(down, 30, 40), seenFor(up, 40, 60)},
			[]life{{span{at(0), at(25)}, true}, {span{at(26), at(60)}, false}}, nil, 0, 0},
		{"more than was open when it was killed", []record{seenFor(up, 0, 15), seenFor(down, 30, 40), seenFor(up, 40, 60)},
			[]life{{span{at(0), at(25)}, true}, {span{at(26), at(60)}, false}}, nil, 0, 6.5},
		{"nothing at all", nil, whole, nil, 0, 52.5},
	} {
		t.Run(x.name, func(t *testing.T) {
			c := compare(&watched{camera: "c", truth: truth, seen: x.seen, alive: x.alive, excused: x.excused}, &testRhythm)
			wrong, missing := float64(c.Wrong)*grid/1000, float64(c.Missing)*grid/1000
			if near := 0.15; wrong < x.wrong-near || wrong > x.wrong+near || missing < x.missing-near || missing > x.missing+near {
				t.Errorf("wrong %.1f s, missing %.1f s, want %.1f and %.1f: %q", wrong, missing, x.wrong, x.missing, c.Problems)
			}
			if (c.Wrong+c.Missing > 0) != (len(c.Problems) > 0) {
				t.Errorf("%d moments are wrong, it says %q", c.Wrong+c.Missing, c.Problems)
			}
		})
	}
}

func TestTheLedgerIsHeldAgainstTheObservations(t *testing.T) {
	seen := []record{seenFor(wire.StatusUp, 0, 10), seenFor(wire.StatusDown, 10.4, 20)}
	good := map[int64]wire.Status{}
	for s := range int64(20) {
		good[base/1000+s] = wire.StatusUp
		if s >= 10 {
			good[base/1000+s] = wire.StatusDown
		}
	}
	w := &watched{counted: seen, ledger: good}
	if n := compareLedger(w); n != 0 {
		t.Errorf("%d seconds of a good ledger differ", n)
	}
	good[base/1000+5] = wire.StatusDown
	delete(good, base/1000+15)
	good[base/1000+30] = wire.StatusUp
	if n := compareLedger(w); n != 3 {
		t.Errorf("%d seconds differ, want 3: another status, none, and one that nobody saw", n)
	}
}

func TestTheTableStandsBetweenItsMarkers(t *testing.T) {
	page := "before\n" + beginMarker + "\nold\n" + endMarker + "\nafter\n"
	got, err := between(page, "new\n")
	if want := "before\n" + beginMarker + "\n\nnew\n\n" + endMarker + "\nafter\n"; err != nil || got != want {
		t.Errorf("%q, %v, want %q", got, err, want)
	}
	if _, err := between("no markers", "new"); err == nil {
		t.Error("a page without markers is changed")
	}
}
