package sqlite_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/sqlite"
	"github.com/phukin/phukin/hub/wire"
)

// number reads one number from the file beside the package.
func number(t *testing.T, path, query string) (n int) {
	t.Helper()
	if err := raw(t, path).QueryRow(query).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// aDay is an observation of a minute of every camera on a day.
func aDay(first uint64, day history.DayNumber, cameras ...string) history.Batch {
	b := history.Batch{Agent: "xa-a", Epoch: 1, FirstSeq: first}
	for _, c := range cameras {
		from := day.Start(time.UTC).UnixMilli() + 1000*int64(first)
		b.Observations = append(b.Observations, wire.Observation{Camera: c, From: from, To: from + 60_000, Status: wire.StatusUp, Probes: 1})
	}
	return b
}

func TestDaysStayRowsForThreeDaysAndAreInOnePlaceOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "hub.db")
	now := (january2026 + 40).Start(time.UTC)
	db := openFile(t, path, sqlite.Options{Now: func() time.Time { return now }})
	defer func() { _ = db.Close() }()
	seq := uint64(0)
	fold := func(days ...history.DayNumber) {
		t.Helper()
		for _, d := range days {
			if err := db.Append(t.Context(), []history.Batch{aDay(seq, d, "c1", "c2")}); err != nil {
				t.Fatal(err)
			}
			seq += 2
		}
		if _, err := db.Fold(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	want := func(rows, months, years int) {
		t.Helper()
		got := [3]int{number(t, path, "SELECT COUNT(*) FROM ledger_day"), number(t, path, "SELECT COUNT(*) FROM ledger_lines"), number(t, path, "SELECT COUNT(*) FROM ledger_counts")}
		if got != [3]int{rows, months, years} {
			t.Errorf("%d rows, %d months, %d years, want %d, %d, %d", got[0], got[1], got[2], rows, months, years)
		}
	}
	today := january2026 + 40
	fold(today, today-1, today-2, today-3)
	want(6, 2, 2) // February
	fold(today-1, today-20, today-60)
	want(6, 6, 4) // January and December too
	now = now.Add(24 * time.Hour)
	fold()
	want(4, 6, 4)
	fold(today - 2) // late for a day that is sealed now
	want(4, 6, 4)
	now = now.Add(-24 * time.Hour) // the clock is put back: what is sealed stays sealed
	fold(today-2, today-3)
	want(4, 6, 4)
	n := 0
	for _, err := range db.Days(t.Context(), history.EveryDay()) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	if n != 12 {
		t.Errorf("%d ledger days, want 12", n)
	}
}

// An import does not make rows of years first.
func TestOldDaysThatAreTakenGoStraightToTheirChunks(t *testing.T) {
	path := filepath.Join(t.TempDir(), "hub.db")
	db := openFile(t, path, sqlite.Options{Now: func() time.Time { return january2026.Start(time.UTC) }})
	defer func() { _ = db.Close() }()
	p := history.Parcel{Marks: history.Marks{Zone: "UTC"}}
	for n := january2026 - 100; n <= january2026; n++ {
		p.Days = append(p.Days, history.Day{Camera: "c1", Number: n, Revision: 1, Timeline: history.Timeline{{Seconds: 86_400, Status: wire.StatusUp}}})
	}
	for _, dry := range []bool{true, false} {
		if taken, err := db.Take(t.Context(), &p, dry); taken.New != 101 || err != nil {
			t.Errorf("taken %+v, %v", taken, err)
		}
		if rows, months := number(t, path, "SELECT COUNT(*) FROM ledger_day"), number(t, path, "SELECT COUNT(*) FROM ledger_lines"); !dry && (rows != 3 || months != 4) || dry && rows+months > 0 {
			t.Errorf("dry %v: %d rows, %d months, want 3 and 4", dry, rows, months)
		}
	}
}

// While rows wait to be sealed readers see each day once, and late data finds
// it where it is.
func TestDaysThatWaitToBeSealedAreReadAndChangedAsOthers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "hub.db")
	now := january2026.Start(time.UTC).Add(12 * time.Hour)
	db := openFile(t, path, sqlite.Options{Now: func() time.Time { return now }})
	if err := db.Append(t.Context(), []history.Batch{aDay(0, january2026, "c1", "c2"), aDay(2, january2026+1, "c1", "c2")}); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Fold(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	// As a program that ended after the border was moved left it.
	mustExec(t, path, "UPDATE sealed SET before_day = 20464")
	db = openFile(t, path, sqlite.Options{Now: func() time.Time { return now }})
	defer func() { _ = db.Close() }()
	read := func() (all []string) {
		t.Helper()
		for d, err := range db.Days(t.Context(), history.EveryDay()) {
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, d.String())
		}
		return all
	}
	if got := read(); len(got) != 4 {
		t.Errorf("days %v", got)
	}
	now = now.Add(72 * time.Hour)
	// One that waits changes, one is new and before it: it goes to a chunk.
	if err := db.Append(t.Context(), []history.Batch{aDay(10, january2026+1, "c1"), aDay(11, january2026-1, "c1")}); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := db.Fold(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(read(), "\n"); got != strings.Join([]string{
			"c1 2025-12-31 r1 11×unknown 60×up 86329×unknown",
			"c1 2026-01-01 r1 60×up 86340×unknown",
			"c1 2026-01-02 r2 2×unknown 68×up 86330×unknown",
			"c2 2026-01-01 r1 60×up 86340×unknown",
			"c2 2026-01-02 r1 2×unknown 60×up 86338×unknown",
		}, "\n") {
			t.Errorf("days\n%s", got)
		}
	}
	if n := number(t, path, "SELECT COUNT(*) FROM ledger_day"); n != 0 {
		t.Errorf("%d rows wait for ever", n)
	}
}

func TestADamagedChunkIsAnErrorThatNamesIt(t *testing.T) {
	path := filepath.Join(t.TempDir(), "hub.db")
	late := sqlite.Options{Now: func() time.Time { return time.UnixMilli(1_800_000_000_000) }}
	db := openFile(t, path, late)
	if err := db.Append(t.Context(), []history.Batch{oneObservation(0)}); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Fold(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	mustExec(t, path, "UPDATE ledger_lines SET days = substr(days, 1, length(days) - 1); UPDATE ledger_counts SET days = x'01'")
	db = openFile(t, path, late)
	defer func() { _ = db.Close() }()
	var days, counts, fold error
	for _, err := range db.Days(t.Context(), history.EveryDay()) {
		days = errors.Join(days, err)
	}
	for _, err := range db.Counts(t.Context(), history.EveryDay()) {
		counts = errors.Join(counts, err)
	}
	second := oneObservation(1)
	second.Observations[0].To += 5000
	if err := db.Append(t.Context(), []history.Batch{second}); err != nil {
		t.Fatal(err)
	}
	_, fold = db.Fold(t.Context())
	for want, err := range map[string]error{
		"camera c1, the month of 2026-11-01: stored ledger is damaged":              days,
		"camera c1, the year from 2026-01-01: stored ledger is damaged":             counts,
		"day 2026-11-18 of camera c1: timelines of the month of 2026-11-18: stored": fold,
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want one with %q", err, want)
		}
	}
}

// The commands open the file without a zone: it has its own, or none yet.
func TestAFileKnowsItsTimeZone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "hub.db")
	reopen := func(loc *time.Location) *sqlite.DB {
		t.Helper()
		db, err := sqlite.Open(t.Context(), path, sqlite.Options{Location: loc})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = db.Close() })
		return db
	}
	db := reopen(nil)
	_, fold := db.Fold(t.Context())
	for what, err := range map[string]error{"Append": db.Append(t.Context(), []history.Batch{oneObservation(0)}), "Fold": fold, "Prune": db.Prune(t.Context(), 5)} {
		if err == nil || !strings.Contains(err.Error(), "does not know yet in which time zone") {
			t.Errorf("%s of a file without a zone: %v", what, err)
		}
	}
	if err := db.SetTokenHash(t.Context(), "xa-a", "hash", time.UnixMilli(1)); err != nil {
		t.Error(err)
	}
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	reopen(berlin)
	if loc := reopen(nil).Location(); loc == nil || loc.String() != "Europe/Berlin" {
		t.Errorf("the zone is %v", loc)
	}
}
