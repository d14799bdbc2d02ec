package main

import (
	"encoding/csv"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/sqlite"
	"github.com/phukin/phukin/hub/wire"
)

// lived makes a database in which two cameras were seen on three days, years
// apart, and gives its path.
func lived(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "hub.db")
	loc, err := time.LoadLocation("Asia/Ho_Chi_Minh")
	if err != nil {
		t.Fatal(err)
	}
	db, err := sqlite.Open(t.Context(), path, sqlite.Options{Location: loc})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	b := history.Batch{Agent: "tb-1", Epoch: 7, Received: time.UnixMilli(1_795_000_000_000)}
	for _, day := range []history.DayNumber{19_000, 20_000, 20_500} {
		at := day.Start(loc).UnixMilli()
		b.Observations = append(b.Observations,
			wire.Observation{Camera: "C-1", From: at, To: at + 3_600_000, Status: wire.StatusUp, Rung: wire.RungFresh, Probes: 1},
			wire.Observation{Camera: "C-2", From: at, To: at + 60_000, Status: wire.StatusDown, Rung: wire.RungResolve, Fault: wire.FaultRefused, FellOn: wire.RungConnect, Probes: 1})
	}
	err = db.Append(t.Context(), []history.Batch{b})
	if err = errors.Join(err, db.SetTokenHash(t.Context(), "tb-1", "hash", time.UnixMilli(1))); err != nil {
		t.Fatal(err)
	}
	return path
}

func read(t *testing.T, path string) string {
	t.Helper()
	p, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(p)
}

func refused(t *testing.T, says string, args ...string) {
	t.Helper()
	if _, err := run(t, args...); err == nil || !strings.Contains(err.Error(), says) {
		t.Errorf("%v: error is %v, want one with %q", args, err, says)
	}
}

func TestAHistoryGoesThroughAFileIntoAnotherDatabase(t *testing.T) {
	db, dir := lived(t), t.TempDir()
	plain, packed, other := filepath.Join(dir, "all.jsonl"), filepath.Join(dir, "all.jsonl.zst"), filepath.Join(dir, "new", "other.db")
	ok(t, "history", "export", plain, "--db", db)
	ok(t, "history", "export", packed, "--db", db)
	refused(t, "is there already", "history", "export", plain, "--db", db)
	if a, b := len(read(t, plain)), len(read(t, packed)); b >= a || strings.Count(read(t, plain), "\n") != 1+1+2+6+6+6+1 {
		t.Errorf("%d bytes, compressed %d:\n%s", a, b, read(t, plain))
	}
	out := ok(t, "history", "import", packed, "--db", other)
	if want := regexp.MustCompile(`(?s)day +6 +6 +0 +0\n.*observation +6 +6 +0 +0\n.*day .* same\n.*both hold the same\n$`); !want.MatchString(out) {
		t.Errorf("import says\n%s", out)
	}
	if out := ok(t, "history", "import", plain, "--db", other); !regexp.MustCompile(`(?s)day +6 +0 +6 +0\n.*both hold the same`).MatchString(out) {
		t.Errorf("a second import says\n%s", out)
	}
	if out := ok(t, "history", "import", other, "--db", db); !strings.Contains(out, "both hold the same") { // back, without a file
		t.Errorf("an import from a database says\n%s", out)
	}
	if out := ok(t, "history", "verify", other, plain); !strings.Contains(out, "6 ledger days and 6 observations are whole; 6 days are what their observations make of them") || !strings.Contains(out, "22 records are whole") || !strings.Contains(out, "the two histories are the same") {
		t.Errorf("verify says\n%s", out)
	}
	ok(t, "history", "verify", "--db", db)
	for _, name := range []string{"all.jsonl", "all.jsonl.zst", "new"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 3 {
		t.Errorf("the folder holds %v, %v", entries, err)
	}
}

func TestAHistoryThatIsWrongLeavesNothing(t *testing.T) {
	db, dir := lived(t), t.TempDir()
	path, bad, other := filepath.Join(dir, "all.jsonl"), filepath.Join(dir, "bad.jsonl"), filepath.Join(dir, "other.db")
	ok(t, "history", "export", path, "--db", db)
	text := read(t, path)
	for says, wrong := range map[string]string{
		"line 11: the file ends here":          text[:strings.Index(text, `"revision":1,"timeline"`)+600],
		`line 5: timeline: "fine" is not`:      strings.Replace(text, "3600 up", "3600 fine", 1),
		"line 23: the lines of day are not":    strings.Replace(text, "3600 up", "3600 degraded", 1),
		"line 1: version 9 of the form, this ": strings.Replace(text, `"version":1`, `"version":9`, 1),
	} {
		if err := os.WriteFile(bad, []byte(wrong), 0o600); err != nil {
			t.Fatal(err)
		}
		refused(t, "bad.jsonl: "+says, "history", "import", bad, "--db", other)
		refused(t, "bad.jsonl: "+says, "history", "verify", bad)
		if _, err := os.Stat(other); err == nil {
			t.Errorf("%s: there is a database", says)
		}
	}
	refused(t, "no such file", "history", "import", filepath.Join(dir, "none"), "--db", other)
	refused(t, "no such file", "history", "export", "-", "--db", filepath.Join(dir, "none"))
	refused(t, "two histories can be compared", "history", "verify", path, path, path)
	// A database whose days are of another zone.
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	elsewhere, err := sqlite.Open(t.Context(), other, sqlite.Options{Location: berlin})
	if err = errors.Join(err, elsewhere.Close()); err != nil {
		t.Fatal(err)
	}
	refused(t, "those of the time zone Europe/Berlin", "history", "import", path, "--db", other)
	out, err := run(t, "history", "verify", other, path)
	if err == nil || !strings.Contains(err.Error(), "not the same") || !strings.Contains(out, "DIFFERENT") {
		t.Errorf("two histories compare as %v\n%s", err, out)
	}
}

func TestTablesAndPointsForOtherPrograms(t *testing.T) {
	db := lived(t)
	rows, err := csv.NewReader(strings.NewReader(ok(t, "history", "export", "-", "--db", db, "--format=csv"))).ReadAll()
	if err != nil || len(rows) != 7 || rows[1][0] != "C-1" || rows[1][1] != "2022-01-08" || rows[1][3] != "3600" {
		t.Errorf("days are %v, %v", rows, err)
	}
	rows, err = csv.NewReader(strings.NewReader(ok(t, "history", "export", "-", "--db", db, "--format=csv", "--table=observation"))).ReadAll()
	if err != nil || len(rows) != 7 || rows[2][8] != "refused" {
		t.Errorf("observations are %v, %v", rows, err)
	}
	points := ok(t, "history", "export", "-", "--db", db, "--format=line")
	if strings.Count(points, "phukin_day,camera=C-1 ") != 3 || strings.Count(points, "phukin_observation,agent=tb-1,camera=C-2 ") != 3 {
		t.Errorf("points are\n%s", points)
	}
}

func TestTheDatabaseIsBackedUp(t *testing.T) {
	db, copied := lived(t), filepath.Join(t.TempDir(), "copy.db")
	ok(t, "history", "verify", "--db", db) // as the hub does, it folds what is behind
	if out := ok(t, "backup", copied, "--db", db); !strings.Contains(out, "checked") {
		t.Errorf("backup says %q", out)
	}
	refused(t, "there already", "backup", copied, "--db", db)
	if out := ok(t, "history", "verify", db, copied); !strings.Contains(out, "the two histories are the same") {
		t.Errorf("verify says\n%s", out)
	}
	refused(t, "read the database", "backup", filepath.Join(t.TempDir(), "x.db"), "--db", filepath.Join(t.TempDir(), "none.db"))
}
