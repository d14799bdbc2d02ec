package sqlite_test

import (
	"encoding/hex"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/history/archive"
	"github.com/phukin/phukin/hub/sqlite"
	"github.com/phukin/phukin/hub/wire"
)

// Whoever changes a record by hand is found out.
func TestVerifyFindsWhatWasChangedByHand(t *testing.T) {
	today := history.DayNumber(20_780)
	now := func() time.Time { return today.Start(time.UTC).Add(12 * time.Hour) }
	allUp, err := history.Timeline{{Seconds: 86_400, Status: wire.StatusUp}}.AppendBinary(nil)
	if err != nil {
		t.Fatal(err)
	}
	for says, change := range map[string]string{
		"": "UPDATE camera SET width = 5",
		"2026-11-23 of camera c1 is not what its observations make of it":                             fmt.Sprintf("UPDATE ledger_day SET timeline = x'%s' WHERE camera = 1", hex.EncodeToString(allUp)),
		"2026-01-01 of camera c1 has revision 2, and the list of changes has 0":                       "DELETE FROM ledger_change WHERE revision = 2",
		"2026-11-23 of camera c2 has revision 7, and the list of changes has 0":                       "UPDATE ledger_day SET revision = 7 WHERE camera = 3",
		"camera c3 has days and no counts":                                                            "DELETE FROM ledger_counts WHERE id / 2048 = 2",
		"2026-01-01 of camera c1: counts {Number:2026-01-01 Up:60 ":                                   "UPDATE ledger_counts SET days = (SELECT days FROM ledger_counts WHERE id / 2048 = 2) WHERE id / 2048 = 1",
		"day 2026-01-01 of camera c1 has counts and no timeline":                                      "DELETE FROM ledger_lines WHERE id / 16384 = 1",
		"2026-11-23 of camera c2 is not what its observations make of it: 2×unknown 60×up 86338×unkn": "DELETE FROM batch WHERE first_day = 20780",
	} {
		path := filepath.Join(t.TempDir(), "hub.db")
		db := openFile(t, path, sqlite.Options{Now: now})
		late := aDay(6, january2026, "c1")
		for _, b := range []history.Batch{aDay(0, january2026, "c1", "c3"), aDay(2, today, "c1", "c2"), late} {
			if err := db.Append(t.Context(), []history.Batch{b}); err != nil {
				t.Fatal(err)
			}
			if _, err := db.Fold(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		mustExec(t, path, change)
		v, err := archive.Verify(t.Context(), db, nil)
		if err != nil {
			t.Errorf("%s: %v", change, err)
			continue
		}
		if (v.Wrong == 0) != (says == "") || !strings.Contains(strings.Join(v.Faults, "\n"), says) {
			t.Errorf("%s: %d things are wrong, %q, want %q", change, v.Wrong, v.Faults, says)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
