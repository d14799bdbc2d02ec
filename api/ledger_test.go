package api_test

import (
	"context"
	"fmt"
	"iter"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/phukin/phukin/api"
	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/history/historytest"
	"github.com/phukin/phukin/hub/sqlite"
	"github.com/phukin/phukin/hub/uptime"
	"github.com/phukin/phukin/hub/wire"
)

// counted is a store that counts the ledger days that it gave.
type counted struct {
	history.Store
	days int
}

func (c *counted) Days(ctx context.Context, q history.Query) iter.Seq2[history.Day, error] {
	return func(yield func(history.Day, error) bool) {
		for d, err := range c.Store.Days(ctx, q) {
			c.days++
			if !yield(d, err) {
				return
			}
		}
	}
}

// ledgers is a store with a clock, and the ledger in memory over it.
type ledgers struct {
	t     testing.TB
	loc   *time.Location
	now   time.Time
	store *counted
	kept  *api.Ledger
	first history.DayNumber
	seq   uint64
	spoke map[history.DayNumber]bool // days that observations were of
	close func()
}

// openLedgers opens a store in a file: as the database keeps its history itself,
// or beside an evidence whose calls fail is asked about.
func openLedgers(t testing.TB, loc *time.Location, fail func(call string) error) *ledgers {
	t.Helper()
	dir, err := os.MkdirTemp("", "phukin-ledger-")
	if err != nil {
		t.Fatal(err)
	}
	l := &ledgers{t: t, loc: loc, spoke: map[history.DayNumber]bool{}, now: time.Date(2026, 11, 23, 5, 0, 0, 0, time.UTC)}
	clock := func() time.Time { return l.now }
	db, err := sqlite.Open(context.Background(), filepath.Join(dir, "hub.db"), sqlite.Options{Location: loc, Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	l.close = func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
		_ = os.RemoveAll(dir)
	}
	l.store = &counted{Store: db}
	if fail != nil {
		r, err := db.Register(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if l.store.Store, err = history.Join(r, &historytest.Cutting{Evidence: &historytest.Memory{}, Fail: fail}, history.JoinOptions{Location: loc, Now: clock, Keep: 90 * 24 * time.Hour}); err != nil {
			t.Fatal(err)
		}
	}
	l.kept, l.first = api.NewLedger(l.store, loc), l.today()-450
	return l
}

func (l *ledgers) today() history.DayNumber { return history.DayOf(l.now.UnixMilli(), l.loc) }

// saw appends an observation of an hour that begins so many hours after
// midnight of a day.
func (l *ledgers) saw(camera string, day history.DayNumber, hour int, s wire.Status) {
	l.t.Helper()
	from := day.Start(l.loc).Add(time.Duration(hour) * time.Hour)
	o := seen(camera, from, from.Add(time.Hour), s)
	o.Probes = 1
	if err := l.store.Append(context.Background(), []history.Batch{{Agent: "xa-a", Epoch: 1, FirstSeq: l.seq, Observations: []wire.Observation{o}, Received: l.now}}); err != nil {
		l.t.Fatal(err)
	}
	l.seq++
	l.spoke[day], l.spoke[day+1] = true, true // it may go over midnight
}

func (l *ledgers) fold() {
	l.t.Helper()
	if _, err := l.store.Fold(context.Background()); err != nil {
		l.t.Fatal(err)
	}
}

func (l *ledgers) snapshot() *uptime.Snapshot {
	l.t.Helper()
	s, err := l.kept.Snapshot(context.Background(), l.first, l.now)
	if err != nil {
		l.t.Fatal(err)
	}
	return s
}

// differ says where the ledger in memory is not what the store has now.
func (l *ledgers) differ(cameras []string) error {
	l.t.Helper()
	kept, fresh := l.snapshot(), uptime.NewIndex(l.loc)
	if err := fresh.Update(l.store.Store.Days(context.Background(), history.Query{First: l.first, Last: math.MaxInt32})); err != nil {
		return err
	}
	want := fresh.Snapshot()
	for _, c := range cameras {
		for d := range l.spoke {
			if a, b := kept.Timeline(c, d), want.Timeline(c, d); !slices.Equal(a, b) {
				return fmt.Errorf("camera %s on %s: in memory %v, in the store %v", c, d, a, b)
			}
		}
	}
	return nil
}

// Whatever comes in, in any order, the ledger in memory is what one has that is
// read anew.
func TestTheLedgerInMemoryIsWhatTheStoreHas(t *testing.T) {
	loc, err := time.LoadLocation("Europe/Berlin") // 25 October 2026 has 25 hours
	if err != nil {
		t.Fatal(err)
	}
	cameras := []string{"c1", "c2", "c3"}
	rapid.Check(t, func(rt *rapid.T) {
		l := openLedgers(t, loc, nil)
		defer l.close()
		rt.Repeat(map[string]func(*rapid.T){
			"saw": func(rt *rapid.T) {
				day := l.today() - history.DayNumber(rapid.SampledFrom([]int{0, 0, 0, 1, 1, 2, 3, 29, 40, 400}).Draw(rt, "days ago"))
				l.saw(rapid.SampledFrom(cameras).Draw(rt, "camera"), day, rapid.IntRange(0, 23).Draw(rt, "hour"), wire.Status(rapid.IntRange(1, 3).Draw(rt, "status")))
			},
			"fold": func(*rapid.T) { l.fold() },
			"ask":  func(*rapid.T) { l.snapshot() },
			"time": func(rt *rapid.T) {
				l.now = l.now.Add(time.Duration(rapid.IntRange(1, 5_000_000).Draw(rt, "ms")) * time.Millisecond)
			},
			"night": func(rt *rapid.T) {
				// Never back by seconds: where there is no steady clock, as a hub has
				// one, that is somebody who asks late.
				if at := (l.today() + 1).Start(loc).Add(time.Duration(rapid.IntRange(-10, 80).Draw(rt, "minutes")) * time.Minute); at.After(l.now) {
					l.now = at
				}
			},
			"back": func(rt *rapid.T) {
				l.now = l.now.Add(-time.Duration(rapid.IntRange(3, 200).Draw(rt, "minutes")) * time.Minute)
			},
			"prune": func(rt *rapid.T) {
				if err := l.store.Prune(context.Background(), l.now.Add(-90*24*time.Hour).UnixMilli()); err != nil {
					rt.Fatal(err)
				}
			},
			"": func(rt *rapid.T) {
				l.now = l.now.Add(3 * time.Second)
				if err := l.differ(cameras); err != nil {
					rt.Fatal(err)
				}
			},
		})
	})
}

// A store of two parts lists a change before its day can be read: who reads in
// between sees the day the next time.
func TestADayThatIsListedBeforeItIsThereIsReadAgain(t *testing.T) {
	var l *ledgers
	asked := 0
	l = openLedgers(t, time.UTC, func(call string) error {
		if call == "PutDays" && l.seq > 1 {
			l.now = l.now.Add(3 * time.Second)
			l.snapshot()
			asked++
		}
		return nil
	})
	defer l.close()
	day := l.today() - 30
	l.saw("c1", day, 0, wire.StatusUp)
	l.fold()
	l.snapshot()
	for i := range 3 {
		l.saw("c2", l.today(), i, wire.StatusUp)
		l.fold() // so that something has changed when it is read in between
		l.saw("c1", day, 1+i, wire.StatusDown)
		l.fold()
		l.now = l.now.Add(time.Minute)
		if err := l.differ([]string{"c1", "c2"}); err != nil {
			t.Error(err)
		}
	}
	if asked < 3 {
		t.Errorf("it was asked %d times in between", asked)
	}
}

// What comes late costs what it changes.
func TestALateDayIsReadAlone(t *testing.T) {
	l := openLedgers(t, time.UTC, nil)
	defer l.close()
	for day := l.today() - 400; day <= l.today(); day++ {
		for _, c := range []string{"c1", "c2", "c3", "c4"} {
			l.saw(c, day, 1, wire.StatusUp)
		}
	}
	l.fold()
	l.now = l.now.Add(time.Hour)
	l.snapshot()
	if l.store.days != 4*401 {
		t.Fatalf("%d days were read at first", l.store.days)
	}
	for i, camera := range []string{"c2", "c1", "c2"} { // within the overlap too, none is read twice
		l.store.days = 0
		l.now = l.now.Add(3 * time.Second)
		l.saw(camera, l.today()-300+history.DayNumber(i), 2, wire.StatusDown)
		l.fold()
		if err := l.differ([]string{"c1", "c2", "c3", "c4"}); err != nil {
			t.Error(err)
		}
		if l.store.days != 4+1 { // today's of four cameras, and the late one
			t.Errorf("%d: %d days were read", i, l.store.days)
		}
	}
}
