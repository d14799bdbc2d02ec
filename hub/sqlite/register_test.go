package sqlite_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/history/historytest"
	"github.com/phukin/phukin/hub/sqlite"
	"github.com/phukin/phukin/hub/wire"
)

func join(t testing.TB, db *sqlite.DB, e history.Evidence, loc *time.Location, now func() time.Time) history.Store {
	t.Helper()
	r, err := db.Register(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	s, err := history.Join(r, e, history.JoinOptions{Location: loc, Now: now, Keep: 90 * 24 * time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// openJoined opens a register beside an evidence in memory.
func openJoined(t testing.TB, loc *time.Location, now func() time.Time, e history.Evidence) historytest.Opened {
	t.Helper()
	dir, err := os.MkdirTemp("", "phukin-register-")
	if err != nil {
		t.Fatal(err)
	}
	o := sqlite.Options{Location: loc, Now: now}
	path := filepath.Join(dir, "hub.db")
	db := openFile(t, path, o)
	shut := func() {
		if err := db.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	}
	return historytest.Opened{
		Store: join(t, db, e, loc, now),
		Reopen: func(t testing.TB) history.Store {
			shut()
			db = openFile(t, path, o)
			return join(t, db, e, loc, now)
		},
		Close: func() { shut(); _ = os.RemoveAll(dir) },
	}
}

func TestARegisterAndItsEvidenceAreAStore(t *testing.T) {
	historytest.Run(t, func(t testing.TB, loc *time.Location, now func() time.Time) historytest.Opened {
		return openJoined(t, loc, now, &historytest.Memory{})
	})
}

func TestARegisterCutOffFromItsEvidence(t *testing.T) {
	historytest.RunCuts(t, func(t testing.TB, loc *time.Location, now func() time.Time, fail func(string) error) historytest.Opened {
		return openJoined(t, loc, now, &historytest.Cutting{Evidence: &historytest.Memory{}, Fail: fail})
	})
}

func TestARegisterWhoseEvidenceFailsNowAndThen(t *testing.T) {
	errCut := errors.New("cut")
	historytest.RunModel(t, func(t testing.TB, loc *time.Location, now func() time.Time) historytest.Opened {
		r := rand.New(rand.NewPCG(1, 2))
		var mu sync.Mutex
		o := openJoined(t, loc, now, &historytest.Cutting{Evidence: &historytest.Memory{}, Fail: func(string) error {
			mu.Lock()
			defer mu.Unlock()
			if r.IntN(3) == 0 {
				return errCut
			}
			return nil
		}})
		o.Fails = true
		return o
	})
}

func TestWhatIsMissingInTheEvidenceIsSaidAndLosesNoLedgerDay(t *testing.T) {
	ctx := t.Context()
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	memory := &historytest.Memory{}
	o := openJoined(t, time.UTC, func() time.Time { return now }, memory)
	t.Cleanup(o.Close)
	look := func(hour int, s wire.Status) wire.Observation {
		from := now.Add(time.Duration(hour-12) * time.Hour).UnixMilli()
		o := wire.Observation{Camera: "c1", From: from, To: from + 3_600_000, Status: s, Probes: 1}
		if s == wire.StatusDown {
			o.Fault, o.FellOn = wire.FaultTimeout, wire.RungConnect
		}
		return o
	}
	add := func(seq uint64, obs ...wire.Observation) {
		t.Helper()
		if err := o.Store.Append(ctx, []history.Batch{{Agent: "xa-a", Epoch: 1, FirstSeq: seq, Observations: obs, Received: now}}); err != nil {
			t.Fatal(err)
		}
		if _, err := o.Store.Fold(ctx); err != nil {
			t.Fatal(err)
		}
	}
	add(0, look(0, wire.StatusUp), look(2, wire.StatusUp))
	memory.Forget()
	add(2, look(1, wire.StatusDown), look(2, wire.StatusDown))
	n, missing := 0, 0
	for _, err := range o.Store.Observations(ctx, history.Period{Cameras: []string{"c1"}, From: 0, To: 1 << 62}) {
		var m *history.MissingError
		switch {
		case err == nil:
			n++
		case errors.As(err, &m) && len(m.Refs) == 1 && m.Refs[0].Count == 2:
			missing++
		default:
			t.Error(err)
		}
	}
	if n != 2 || missing != 1 {
		t.Errorf("%d observations and %d times something missing", n, missing)
	}
	for d, err := range o.Store.Days(ctx, history.Query{First: 0, Last: 1 << 20}) {
		if want := "3600×up 3600×down(timeout@connect) 3600×up 75600×unknown"; err != nil || d.Timeline.String() != want {
			t.Errorf("%v, %v, want %s", d, err, want)
		}
	}
}

func TestAHistoryStaysWhereItIs(t *testing.T) {
	ctx := t.Context()
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	db := openFile(t, filepath.Join(t.TempDir(), "hub.db"), sqlite.Options{Now: func() time.Time { return now }})
	defer func() { _ = db.Close() }()
	from := now.UnixMilli()
	err := db.Append(ctx, []history.Batch{{Agent: "xa-a", Epoch: 1, Observations: []wire.Observation{{Camera: "c1", From: from, To: from + 1000, Status: wire.StatusUp, Probes: 1}}, Received: now}})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // with a batch, and with a ledger day
		if _, err := db.Register(ctx); !errors.Is(err, sqlite.ErrOwnHistory) {
			t.Errorf("a file with a history becomes a register: %v", err)
		}
		if _, err := db.Fold(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if _, is, err := db.RegisterID(ctx); is || err != nil {
		t.Errorf("it says that it is one: %v", err)
	}
}

func TestARegisterAloneIsNotMoved(t *testing.T) {
	ctx := t.Context()
	db := openFile(t, filepath.Join(t.TempDir(), "hub.db"), sqlite.Options{})
	defer func() { _ = db.Close() }()
	if _, err := db.Register(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Marks(ctx); err == nil {
		t.Error("it is exported as if it held a history")
	}
	if _, err := db.Take(ctx, &history.Parcel{}, false); err == nil {
		t.Error("it takes records of another history")
	}
}
