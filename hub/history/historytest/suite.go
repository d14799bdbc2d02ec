// Package historytest is the one suite that every history.Store must pass.
//
// A store's own test calls Run with a function that opens it:
//
//	func TestStore(t *testing.T) { historytest.Run(t, open) }
package historytest

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"time"
	_ "time/tzdata" // zones with odd days, whatever the machine has

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/wire"
)

// Opened is a store that a test has for itself.
type Opened struct {
	Store history.Store
	// Reopen closes the store and opens the same records again, as a restarted
	// program would.
	Reopen func(t testing.TB) history.Store
	// Close ends what was opened last and removes its records.
	Close func()
	// Slow says that every operation takes milliseconds: random operations are
	// fewer then.
	Slow bool
	// Fails says that operations fail now and then, and may be repeated.
	Fails bool
}

// Open gives a new, empty store whose ledger days are those of loc and whose
// clock is now.
type Open func(t testing.TB, loc *time.Location, now func() time.Time) Opened

// Run runs the suite.
func Run(t *testing.T, open Open) {
	for _, c := range []struct {
		name string
		test func(t *testing.T, open Open)
	}{
		{"an observation comes back as it was", comesBack},
		{"appending again changes nothing", appendTwice},
		{"batches cut differently and out of order are taken once", overlappingCuts},
		{"committed tells the unbroken run", committed},
		{"epochs and agents are apart", epochsApart},
		{"a large batch can be read again", largeBatch},
		{"a failing append leaves nothing", failingAppend},
		{"interrupted anywhere it is whole or not at all", interrupted},
		{"observations are filtered and in order", observations},
		{"observations of many cameras come camera by camera", manyCameras},
		{"fold is complete and idempotent", foldComplete},
		{"a day of 23 and of 25 hours", oddDays},
		{"late data re-opens a closed day with a higher revision", revisions},
		{"every revision of a closed day is listed", changes},
		{"two agents look at one camera", twoAgents},
		{"days stream by camera and day", daysInOrder},
		{"days that are old read as they were", old},
		{"the revision counter tells of every written day", revisionCounter},
		{"seen follows the evidence", seen},
		{"the measured picture is the newest", measured},
		{"prune forgets whole days only", prune},
		{"late data for a pruned day only fills it", lateAfterPrune},
		{"prune stops at what is not folded", pruneUnfolded},
		{"a clock that is wrong enters no ledger day", wrongClock},
		{"a payload is kept as it came", payloads},
		{"what is set aside is kept once and accounted for", setAside},
		{"the quarantine is bounded and everything in it counted", bounded},
		{"entries are dropped as they are selected", dropped},
		{"a gap accounts for what it declares lost", gaps},
		{"a hello is refused when two speak as one", identities},
		{"a released agent may speak again, whoever it is", released},
		{"everything survives reopening", reopening},
		{"records are taken as they stand", takes},
		{"a history that moved is the same", moved},
		{"a history is exported while it is written", exportsWhileItIsWritten},
		{"two histories become one", merged},
		{"many at once", concurrently},
		{"random operations agree with a model", model},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, open) })
	}
}

// clock is a time that tests set.
type clock struct{ ms atomic.Int64 }

func (c *clock) now() time.Time  { return time.UnixMilli(c.ms.Load()) }
func (c *clock) set(t time.Time) { c.ms.Store(t.UnixMilli()) }

// bench is a store with what tests ask of it.
type bench struct {
	t     testing.TB
	ctx   context.Context
	loc   *time.Location
	clock *clock
	s     history.Store
	o     Opened
}

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

// setUp opens a store in a zone; its clock stands at noon of the day.
func setUp(t testing.TB, open Open, loc *time.Location, day history.DayNumber) *bench {
	t.Helper()
	b := newBench(t, open, loc, day)
	t.Cleanup(b.o.Close)
	return b
}

func newBench(t testing.TB, open Open, loc *time.Location, day history.DayNumber) *bench {
	t.Helper()
	c := &clock{}
	c.set(day.Start(loc).Add(12 * time.Hour))
	b := &bench{t: t, ctx: context.Background(), loc: loc, clock: c, o: open(t, loc, c.now)}
	b.s = b.o.Store
	return b
}

// today is the day that most tests play on: 23 November 2026.
const today history.DayNumber = 20_780

func vietnam(t testing.TB, open Open) *bench {
	t.Helper()
	return setUp(t, open, zone(t, "Asia/Ho_Chi_Minh"), today)
}

// at gives a moment of a day, Unix milliseconds.
func (b *bench) at(d history.DayNumber, h, m int) int64 {
	return d.Start(b.loc).Add(time.Duration(h)*time.Hour + time.Duration(m)*time.Minute).UnixMilli()
}

// see makes an observation.
func see(camera string, from, to int64, s wire.Status) wire.Observation {
	o := wire.Observation{Camera: camera, From: from, To: to, Status: s, Rung: wire.RungFresh, Probes: 1}
	if s == wire.StatusDown {
		o.Rung, o.Fault, o.FellOn = wire.RungResolve, wire.FaultTimeout, wire.RungConnect
	}
	return o
}

func (b *bench) batch(agent string, epoch, first uint64, obs ...wire.Observation) history.Batch {
	return history.Batch{Agent: agent, Epoch: epoch, FirstSeq: first, Observations: obs, Received: b.clock.now()}
}

func (b *bench) append(batches ...history.Batch) {
	b.t.Helper()
	if err := b.s.Append(b.ctx, batches); err != nil {
		b.t.Fatalf("Append: %v", err)
	}
}

func (b *bench) fold() int {
	b.t.Helper()
	n, err := b.s.Fold(b.ctx)
	if err != nil {
		b.t.Fatalf("Fold: %v", err)
	}
	return n
}

func (b *bench) prune(before int64) {
	b.t.Helper()
	if err := b.s.Prune(b.ctx, before); err != nil {
		b.t.Fatalf("Prune: %v", err)
	}
}

func (b *bench) committed(agent string, epoch, from, want uint64) {
	b.t.Helper()
	got, err := b.s.Committed(b.ctx, agent, epoch, from)
	if err != nil || got != want {
		b.t.Errorf("Committed(%s, %d, from %d) = %d, %v, want %d", agent, epoch, from, got, err, want)
	}
}

func (b *bench) days(first, last history.DayNumber) []history.Day {
	b.t.Helper()
	return b.query(history.Query{First: first, Last: last})
}

func (b *bench) query(q history.Query) []history.Day {
	b.t.Helper()
	var days []history.Day
	for d, err := range b.s.Days(b.ctx, q) {
		if err != nil {
			b.t.Fatalf("Days: %v", err)
		}
		d.Timeline = slices.Clone(d.Timeline)
		days = append(days, d)
	}
	return days
}

// ledger gives the ledger day of a camera, which must be there.
func (b *bench) ledger(camera string, day history.DayNumber) history.Day {
	b.t.Helper()
	for _, d := range b.days(day, day) {
		if d.Camera == camera {
			return d
		}
	}
	b.t.Fatalf("no ledger day %s of camera %s", day, camera)
	return history.Day{}
}

// timeline wants a camera's ledger day to be as it is written, with its
// revision.
func (b *bench) timeline(camera string, day history.DayNumber, revision int, want string) {
	b.t.Helper()
	d := b.ledger(camera, day)
	if got := d.Timeline.String(); got != want || d.Revision != revision {
		b.t.Errorf("%s of camera %s, revision %d: %s\nwant revision %d: %s", day, camera, d.Revision, got, revision, want)
	}
}

func (b *bench) observations(camera string, from, to int64) []history.Identified {
	b.t.Helper()
	var obs []history.Identified
	for o, err := range b.s.Observations(b.ctx, of(camera, from, to)) {
		if err != nil {
			b.t.Fatalf("Observations: %v", err)
		}
		obs = append(obs, o)
	}
	return obs
}

// of gives the period of one camera.
func of(camera string, from, to int64) history.Period {
	return history.Period{Cameras: []string{camera}, From: from, To: to}
}

func (b *bench) seen(camera string) history.Seen {
	b.t.Helper()
	all, err := b.s.Seen(b.ctx)
	if err != nil {
		b.t.Fatalf("Seen: %v", err)
	}
	return all[camera]
}

// has wants exactly these observations of a camera, in order.
func (b *bench) has(camera string, want ...history.Identified) {
	b.t.Helper()
	if diff := cmp.Diff(want, b.observations(camera, 0, always), cmpopts.EquateEmpty()); diff != "" {
		b.t.Errorf("observations of camera %s (-want +got):\n%s", camera, diff)
	}
}

const always = 1<<63 - 1

func identified(batches ...history.Batch) []history.Identified {
	var obs []history.Identified
	for _, b := range batches {
		for i, o := range b.Observations {
			obs = append(obs, history.Identified{Agent: b.Agent, Epoch: b.Epoch, Seq: b.FirstSeq + uint64(i), Observation: o})
		}
	}
	slices.SortFunc(obs, history.CompareIdentified)
	return obs
}

// hour makes an observation of the hour h of a day.
func (b *bench) hour(camera string, day history.DayNumber, h int, s wire.Status) wire.Observation {
	return see(camera, b.at(day, h, 0), b.at(day, h+1, 0), s)
}

func wantError(t testing.TB, what string, err, is error) {
	t.Helper()
	if err == nil || is != nil && !errors.Is(err, is) {
		t.Errorf("%s: error is %v, want %v", what, err, is)
	}
}
