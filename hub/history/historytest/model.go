package historytest

import (
	"cmp"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/wire"
)

// RunModel runs of the suite what lets random operations loose on a store.
func RunModel(t *testing.T, open Open) { model(t, open) }

// model lets random operations loose on a store and on a reference that keeps
// every observation in a list and every ledger day as an array of seconds.
func model(t *testing.T, open Open) {
	if raceDetector {
		t.Skip("one goroutine, ten times slower: the other tests look for races, and make norace-tests runs this one without")
	}
	berlin := zone(t, "Europe/Berlin")
	// 25 October 2026 has 25 hours.
	first := history.DayOf(time.Date(2026, 10, 24, 12, 0, 0, 0, berlin).UnixMilli(), berlin)
	runs, slow := 0, false
	rapid.Check(t, func(rt *rapid.T) {
		if runs++; runs > slowRuns && slow {
			return
		}
		b := newBench(t, open, berlin, first)
		defer b.o.Close()
		slow = b.o.Slow
		m := &reference{bench: b, first: first, have: map[identity]wire.Observation{}, accounted: map[identity]bool{}, ledger: map[key]*refDay{}}
		rt.Repeat(map[string]func(*rapid.T){
			"append": m.append,
			"lose":   m.lose,
			"aside":  m.setAside,
			"fold":   m.fold,
			"clock":  m.tick,
			"prune":  m.prune,
			"reopen": func(*rapid.T) { b.s, m.dirty = b.o.Reopen(t), true },
			"":       m.check,
		})
		m.fold(rt)
		m.check(rt)
		if err := m.moves(open); err != nil {
			rt.Fatal(err)
		}
	})
}

const (
	modelDays = 4
	slowRuns  = 8 // of a store that is slow
)

type (
	identity struct {
		agent string
		epoch uint64
		seq   uint64
	}
	key struct {
		camera string
		day    history.DayNumber
	}
	refDay struct {
		revision int
		seconds  []history.Run
		timeline history.Timeline // the same in runs
	}
)

// reference is what the store should be.
type reference struct {
	*bench
	first history.DayNumber
	have  map[identity]wire.Observation
	// What is accounted for otherwise: set aside, gaps and what they declare lost.
	accounted map[identity]bool
	ledger    map[key]*refDay
	changed   []history.Change
	folded    bool  // the ledger holds everything in have
	dirty     bool  // the ledger was not looked at since it may have changed
	pruned    int64 // Unix milliseconds
	oldest    history.DayNumber
}

var (
	agents  = []string{"xa-a", "xa-b"}
	cameras = []string{"c1", "c2", "c3"}
)

// look gives the observation of an identity: always the same one, so that
// batches may be cut anyhow.
func (m *reference) look(id identity) wire.Observation {
	r := rand.New(rand.NewPCG(id.seq+1000*id.epoch, uint64(len(id.agent))+uint64(id.agent[3])))
	start, end := m.first.Start(m.loc).UnixMilli(), (m.first + modelDays).Start(m.loc).UnixMilli()
	from := start + r.Int64N(end-start)
	to := from + 1 + r.Int64N([]int64{2000, 3_600_000, 40 * 3_600_000}[r.IntN(3)])
	// What ends within the first second of a day covers none of it: end it at
	// midnight, so that the day has nothing of it.
	if midnight := history.DayOf(to, m.loc).Start(m.loc).UnixMilli(); to < midnight+1000 && from < midnight {
		to = midnight
	}
	return see(cameras[r.IntN(len(cameras))], from, to, wire.Status(1+r.IntN(3)))
}

// try does something, again and again if it may fail.
func (m *reference) try(t *rapid.T, what string, f func() error) {
	err := f()
	for n := 0; err != nil && m.o.Fails && n < 1000; n++ {
		err = f()
	}
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

func (m *reference) append(t *rapid.T) {
	var batches []history.Batch
	for range rapid.IntRange(1, 3).Draw(t, "batches") {
		b := history.Batch{
			Agent: rapid.SampledFrom(agents).Draw(t, "agent"), Epoch: rapid.Uint64Range(1, 2).Draw(t, "epoch"),
			FirstSeq: rapid.Uint64Range(0, 25).Draw(t, "first seq"), Received: m.clock.now(),
		}
		for i := range rapid.Uint64Range(1, 8).Draw(t, "observations") {
			id := identity{b.Agent, b.Epoch, b.FirstSeq + i}
			o := m.look(id)
			b.Observations = append(b.Observations, o)
			if _, ok := m.have[id]; !ok && !m.accounted[id] {
				m.have[id], m.folded = o, false
				if day := history.DayOf(o.From, m.loc); m.oldest == 0 || day < m.oldest {
					m.oldest = day
				}
			}
		}
		batches = append(batches, b)
	}
	m.try(t, "Append", func() error { return m.s.Append(m.ctx, batches) })
}

// account notes a number that is accounted for without an observation.
func (m *reference) account(id identity) {
	if _, ok := m.have[id]; !ok {
		m.accounted[id] = true
	}
}

func (m *reference) lose(t *rapid.T) {
	b := history.Batch{Agent: rapid.SampledFrom(agents).Draw(t, "agent"), Epoch: rapid.Uint64Range(1, 2).Draw(t, "epoch"), FirstSeq: rapid.Uint64Range(0, 30).Draw(t, "first seq"), Received: m.clock.now()}
	for i := range rapid.Uint64Range(1, 2).Draw(t, "gaps") {
		from := rapid.Uint64Range(0, 25).Draw(t, "from")
		g := wire.Gap{From: from, Next: from + rapid.Uint64Range(1, 6).Draw(t, "lost"), Why: wire.GapOverflow}
		b.Gaps = append(b.Gaps, g)
		own := identity{b.Agent, b.Epoch, b.FirstSeq + i}
		if _, ok := m.have[own]; ok || m.accounted[own] {
			// It came before: another gap, or an observation, has the number.
			if i > 0 {
				b.Gaps = b.Gaps[:i]
				break
			}
			return
		}
	}
	for i, g := range b.Gaps {
		m.account(identity{b.Agent, b.Epoch, b.FirstSeq + uint64(i)})
		for seq := g.From; seq < g.Next; seq++ {
			m.account(identity{b.Agent, b.Epoch, seq})
		}
	}
	m.try(t, "Append of gaps", func() error { return m.s.Append(m.ctx, []history.Batch{b}) })
}

func (m *reference) setAside(t *rapid.T) {
	b := m.aside(rapid.SampledFrom(agents).Draw(t, "agent"), rapid.Uint64Range(1, 2).Draw(t, "epoch"), rapid.Uint64Range(0, 25).Draw(t, "first seq"), rapid.IntRange(0, 5).Draw(t, "records"), "poison", nil)
	for i := range b.Aside.Count {
		m.account(identity{b.Agent, b.Epoch, b.FirstSeq + uint64(i)})
	}
	m.try(t, "Append of what is set aside", func() error { return m.s.Append(m.ctx, []history.Batch{b}) })
}

func (m *reference) fold(t *rapid.T) {
	m.try(t, "Fold", func() error { _, err := m.s.Fold(m.ctx); return err })
	m.folded, m.oldest, m.dirty = true, 0, true
	touched := map[key]bool{}
	for _, o := range m.have {
		for d := history.DayOf(o.From, m.loc); d <= history.DayOf(o.To-1, m.loc); d++ {
			touched[key{o.Camera, d}] = true
		}
	}
	for k := range touched {
		seconds := m.paint(k)
		old := m.ledger[k]
		if old != nil && k.day.Start(m.loc).UnixMilli() < m.pruned {
			for i, r := range old.seconds {
				if !r.Unknown() {
					seconds[i] = r
				}
			}
		}
		closed := k.day.Closed(m.clock.now(), m.loc)
		before := history.Count{Unknown: int64(len(seconds))}
		switch {
		case old == nil:
			old = &refDay{1, seconds, runs(seconds)}
			m.ledger[k] = old
		case !slices.Equal(old.seconds, seconds):
			before = old.timeline.Count()
			old.seconds, old.timeline = seconds, runs(seconds)
			if closed {
				old.revision++
			}
		default:
			continue
		}
		if closed {
			m.changed = append(m.changed, history.Change{Camera: k.camera, Day: k.day, Revision: old.revision, At: m.clock.now(), Before: before, After: old.timeline.Count()})
		}
	}
}

// runs puts like seconds together.
func runs(seconds []history.Run) history.Timeline {
	var t history.Timeline
	last := history.Run{Seconds: 1, Status: 99}
	for _, s := range seconds {
		if s == last {
			t[len(t)-1].Seconds++
			continue
		}
		t, last = append(t, s), s
	}
	return t
}

// paint gives the seconds of a day as all observations of the camera say,
// the newer over the older.
func (m *reference) paint(k key) []history.Run {
	var obs []history.Identified
	for id, o := range m.have {
		if o.Camera == k.camera {
			obs = append(obs, history.Identified{Agent: id.agent, Epoch: id.epoch, Seq: id.seq, Observation: o})
		}
	}
	slices.SortFunc(obs, history.CompareIdentified)
	start := k.day.Start(m.loc).Unix()
	seconds := slices.Repeat([]history.Run{{Seconds: 1}}, k.day.Seconds(m.loc))
	for _, o := range obs {
		for at := max(time.UnixMilli(o.From).Unix(), start); at < min(time.UnixMilli(o.To).Unix(), start+int64(len(seconds))); at++ {
			seconds[at-start] = history.Run{Seconds: 1, Status: o.Status, Fault: o.Fault, FellOn: o.FellOn}
		}
	}
	return seconds
}

func (m *reference) tick(t *rapid.T) {
	m.clock.set(m.clock.now().Add(time.Duration(rapid.IntRange(1, 30).Draw(t, "hours")) * time.Hour))
}

func (m *reference) prune(t *rapid.T) {
	before := m.first + history.DayNumber(rapid.IntRange(0, modelDays+2).Draw(t, "day"))
	if err := m.s.Prune(m.ctx, m.at(before, rapid.IntRange(0, 22).Draw(t, "hour"), 0)); err != nil {
		t.Fatalf("Prune: %v", err)
	}
	if m.oldest != 0 { // not folded from this day on
		before = min(before, m.oldest)
	}
	m.pruned, m.dirty = max(m.pruned, before.Start(m.loc).UnixMilli()), true
}

func (m *reference) check(t *rapid.T) {
	m.checkCommitted(t)
	m.checkSeen(t)
	m.checkObservations(t, rapid.SampledFrom(cameras).Draw(t, "look at"))
	if m.folded && m.dirty {
		m.checkLedger(t)
		m.dirty = false
	}
}

func (m *reference) checkObservations(t *rapid.T, camera string) {
	var want, got []identity
	for id, o := range m.have {
		if o.Camera == camera && o.To > m.pruned {
			want = append(want, id)
		}
	}
	slices.SortFunc(want, func(x, y identity) int {
		return cmp.Or(cmp.Compare(m.have[x].From, m.have[y].From), cmp.Compare(x.agent, y.agent), cmp.Compare(x.epoch, y.epoch), cmp.Compare(x.seq, y.seq))
	})
	for o, err := range m.s.Observations(m.ctx, of(camera, 0, always)) {
		if err != nil {
			t.Fatalf("Observations: %v", err)
		}
		if o.To > m.pruned { // a batch that is kept may hold forgotten ones
			got = append(got, identity{o.Agent, o.Epoch, o.Seq})
		}
	}
	if !slices.Equal(want, got) {
		t.Fatalf("observations of camera %s: %v\nwant %v", camera, got, want)
	}
}

func (m *reference) checkLedger(t *rapid.T) {
	slices.SortFunc(m.changed, history.CompareChanges)
	if got := m.changes(history.EveryDay(), time.Time{}); !slices.Equal(got, m.changed) {
		t.Fatalf("changes %v\nwant %v", got, m.changed)
	}
	left := len(m.ledger)
	if want, got := countsOf(m.days(m.first-1, m.first+modelDays+3)), m.counts(history.EveryDay()); !reflect.DeepEqual(got, want) {
		t.Fatalf("counts %v\nwant %v", got, want)
	}
	for d, err := range m.s.Days(m.ctx, history.Query{First: m.first - 1, Last: m.first + modelDays + 3}) {
		if err != nil {
			t.Fatalf("Days: %v", err)
		}
		want := m.ledger[key{d.Camera, d.Number}]
		if want == nil {
			t.Fatalf("a ledger day that nobody saw: %v", d)
		}
		left--
		if !slices.Equal(want.timeline, d.Timeline) || d.Revision != want.revision {
			t.Fatalf("%v\nwant revision %d: %v", d, want.revision, want.timeline)
		}
	}
	if left != 0 {
		t.Fatalf("%d ledger days are missing", left)
	}
}

func (m *reference) checkCommitted(t *rapid.T) {
	for _, agent := range agents {
		for _, epoch := range []uint64{1, 2} {
			from := rapid.Uint64Range(0, 35).Draw(t, "from")
			want := from
			for {
				id := identity{agent, epoch, want}
				if _, ok := m.have[id]; !ok && !m.accounted[id] {
					break
				}
				want++
			}
			if got, err := m.s.Committed(m.ctx, agent, epoch, from); err != nil || got != want {
				t.Fatalf("Committed(%s, %d, from %d) = %d, %v, want %d", agent, epoch, from, got, err, want)
			}
		}
	}
}

func (m *reference) checkSeen(t *rapid.T) {
	want := map[string]history.Seen{}
	for _, o := range m.have {
		day := history.DayOf(o.From, m.loc)
		s, ok := want[o.Camera]
		if !ok {
			s = history.Seen{Camera: o.Camera, Enrolled: day, Verified: history.NoDay}
		}
		s.Enrolled = min(s.Enrolled, day)
		if o.Status != wire.StatusDown && (s.Verified == history.NoDay || day < s.Verified) {
			s.Verified = day
		}
		want[o.Camera] = s
	}
	got, err := m.s.Seen(m.ctx)
	if err != nil || len(got) != len(want) {
		t.Fatalf("seen %v, %v, want %v", got, err, want)
	}
	for camera, s := range want {
		if got[camera] != s {
			t.Fatalf("seen %+v, want %+v", got[camera], s)
		}
	}
}
