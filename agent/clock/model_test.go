package clock_test

import (
	"bytes"
	"runtime"
	"testing"

	"pgregory.net/rapid"

	"github.com/phukin/phukin/agent/clock"
	"github.com/phukin/phukin/agent/spool"
	"github.com/phukin/phukin/hub/wire"
)

const linux = runtime.GOOS == "linux"

// answer is what a slow reference remembers of everything the hub ever said in
// one boot.
type answer struct{ sent, now, hub int64 }

// reference goes through a boot millisecond by millisecond and says where each
// lies, read straight off the package comment. It gives nothing when nothing was
// learnt.
func reference(answers []answer, end int64) (hub []int64, set []int64) {
	if len(answers) == 0 {
		return nil, nil
	}
	offset := func(a answer) int64 { return a.hub - (a.sent+a.now)/2 }
	off := func(a answer, o int64) bool {
		d := offset(a) - o
		return max(d, -d) > 250+(a.now-a.sent)/2
	}
	current := offset(answers[0])
	hub = make([]int64, end)
	anchor, slow := answer{}, false
	i, since := 1, 0
	for m := range end {
		for ; i < len(answers) && answers[i].now == m; i++ {
			last := answers[max(since, i-2) : i+1] // none counts for two corrections
			if len(last) < 3 || !off(last[0], current) || !off(last[1], current) || !off(last[2], current) {
				continue
			}
			// Of those that agree that it is off, the shortest way.
			b := last[0]
			for _, a := range last[1:] {
				if a.now-a.sent < b.now-b.sent {
					b = a
				}
			}
			was := m + current
			if slow {
				was = max(was, anchor.hub+(m-anchor.now)/2)
			}
			current, since = offset(b), i+1
			back := was - (m + current)
			if slow = back > 0 && back <= 60_000; slow {
				anchor = answer{now: m, hub: was}
			}
			if max(back, -back) > 60_000 {
				set = append(set, m)
			}
		}
		hub[m] = m + current
		if slow {
			hub[m] = max(hub[m], anchor.hub+(m-anchor.now)/2)
		}
	}
	return hub, set
}

// A device whose wall clock is set at random, that reboots, and whose note may be
// lost; beside it the hub's clock, which may be set as well.
func TestKnowledgeEqualsTheReferenceMillisecondByMillisecond(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const end = 20_000
		k := &clock.Knowledge{}
		heard := map[uint64][]answer{}
		trueHub := noon
		for range rapid.IntRange(1, 4).Draw(t, "boots") {
			id := rapid.Uint64Range(1, 4).Draw(t, "boot")
			if _, again := heard[id]; again {
				continue // a boot does not come back
			}
			heard[id] = nil
			m := int64(0)
			for range rapid.IntRange(0, 12).Draw(t, "answers") {
				m += rapid.Int64Range(1, 1500).Draw(t, "pause")
				if rapid.IntRange(0, 4).Draw(t, "set") == 0 {
					trueHub += rapid.SampledFrom([]int64{300, -300, 5000, -5000, hour, -hour}).Draw(t, "by")
				}
				trip := rapid.SampledFrom([]int64{0, 1, 20, 20, 900}).Draw(t, "trip")
				a := answer{max(0, m-trip), m, trueHub + m - rapid.Int64Range(0, trip).Draw(t, "way")}
				heard[id] = append(heard[id], a)
				before := k.Marshal()
				if changed := k.Learn(id, a.sent, a.now, a.hub); changed == bytes.Equal(before, k.Marshal()) {
					t.Fatalf("it says %t to a change", changed)
				}
				switch rapid.IntRange(0, 9).Draw(t, "restart") {
				case 0: // of the process: what is off so far is forgotten
					if len(heard[id]) >= 3 {
						break
					}
					note := k.Marshal()
					k = &clock.Knowledge{}
					if err := k.Unmarshal(note); err != nil {
						t.Fatal(err)
					}
					heard[id] = heard[id][:1]
				case 1: // the note is lost
					if len(heard[id]) == 1 {
						k = &clock.Knowledge{}
						clear(heard)
						heard[id] = nil
					}
				}
			}
		}
		for id, answers := range heard {
			hub, set := reference(answers, end)
			torn := func(from, to int64) bool {
				for _, m := range set {
					if from < m && m <= to {
						return true
					}
				}
				return false
			}
			touch := int64(-1)
			for from := int64(0); from < end-1; {
				to := min(from+rapid.Int64Range(1, 4000).Draw(t, "length"), end-1)
				wall := rapid.SampledFrom([]int64{0, noon, noon + hour, -hour}).Draw(t, "wall")
				f, u, by := k.Place(spool.Span{Boot: id, From: from, To: to, Wall: wall}, noon)
				switch {
				case f >= u:
					t.Fatalf("from %d to %d", f, u)
				case hub == nil:
					if by == wire.ClockHub || f != max(wall, 0) || u-f != to-from {
						t.Fatalf("unknown: %d to %d by %s, wall %d", f, u, by, wall)
					}
				case torn(from, to):
					if u != hub[to] || u-f != to-from {
						t.Fatalf("torn: %d to %d, want it to end at %d", f-noon, u-noon, hub[to]-noon)
					}
				case by != wire.ClockHub || f != hub[from] || u != max(hub[to], f+1):
					t.Fatalf("boot %d, [%d, %d): %d to %d by %s, want %d to %d", id, from, to, f-noon, u-noon, by, hub[from]-noon, hub[to]-noon)
				case touch >= 0 && f != touch && touch-f != 1: // 1: of no length, made one
					t.Fatalf("it begins at %d, the one before ended at %d", f, touch)
				}
				touch = -1
				if hub != nil && !torn(from, to) && u == hub[to] {
					touch = u
				}
				from = to
			}
		}
	})
}

func TestANoteIsBoundedAndKeepsTheNewestBoots(t *testing.T) {
	var k clock.Knowledge
	for boot := range uint64(30) {
		for step := range int64(20) {
			for i := range int64(3) {
				m := step*1e12 + i
				k.Learn(boot, m, m, noon+m+(step%2)*1e12)
			}
		}
	}
	p := k.Marshal()
	if len(p) > clock.MaxNote {
		t.Fatalf("%d bytes", len(p))
	}
	var l clock.Knowledge
	if err := l.Unmarshal(p); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(p, l.Marshal()) {
		t.Error("it says something else")
	}
	if _, ok := l.Hub(29, 0); !ok {
		t.Error("the newest boot is not there")
	}
	if _, ok := l.Hub(20, 0); ok {
		t.Error("an old boot is there")
	}
}

func FuzzUnmarshal(f *testing.F) {
	var k clock.Knowledge
	f.Add(k.Marshal())
	k.Learn(1, 0, 20, noon)
	f.Add(k.Marshal())
	for i := range int64(3) {
		k.Learn(2, i*1000, i*1000, noon+i*hour)
	}
	f.Add(k.Marshal())
	f.Add([]byte{2})
	f.Fuzz(func(t *testing.T, p []byte) {
		var k clock.Knowledge
		err := k.Unmarshal(p)
		from, to, _ := k.Place(spool.Span{Boot: 1, From: 5, To: 6}, 0)
		if from >= to || from < 0 {
			t.Fatalf("from %d to %d", from, to)
		}
		var l clock.Knowledge
		if e := l.Unmarshal(k.Marshal()); e != nil || err != nil && len(k.Marshal()) > 2 {
			t.Fatal(err, e)
		}
	})
}
