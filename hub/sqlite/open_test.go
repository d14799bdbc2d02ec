package sqlite_test

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/sqlite"
	"github.com/phukin/phukin/hub/wire"
)

var utc = sqlite.Options{Location: time.UTC}

// raw opens the file beside the package.
func raw(t *testing.T, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func mustExec(t *testing.T, path, query string) {
	t.Helper()
	db := raw(t, path)
	if _, err := db.Exec(query); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

func oneObservation(seq uint64) history.Batch {
	from := int64(1_795_000_000_000)
	return history.Batch{Agent: "xa-a", Epoch: 1, FirstSeq: seq, Observations: []wire.Observation{{Camera: "c1", From: from, To: from + 60_000, Status: wire.StatusUp, Probes: 1}}}
}

// A folder that no file can be made in, for root as well.
func blocked(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(file, "folder", "hub.db")
}

func TestAFileThatCannotBeUsedIsRefusedInOneClearLine(t *testing.T) {
	for name, c := range map[string]struct {
		path func(t *testing.T) string
		o    sqlite.Options
		want []string
	}{
		"days of another zone":    {hanoi, utc, []string{"hub.db", "those of the time zone Asia/Ho_Chi_Minh, and UTC is asked for", "a database of its own"}},
		"a zone without a name":   {func(t *testing.T) string { return filepath.Join(t.TempDir(), "hub.db") }, sqlite.Options{Location: time.Local}, []string{"given as Local", "Asia/Ho_Chi_Minh"}},
		"a place that cannot be":  {blocked, utc, []string{"create the folder", "hub.db", "not a directory"}},
		"a folder":                {func(t *testing.T) string { return t.TempDir() }, utc, []string{"open the database"}},
		"another kind of file":    {garbage, utc, []string{"open the database", "not a database"}},
		"written by a newer hub":  {newer, utc, []string{"open the database", "schema version 99", "newer phukin-hub"}},
		"tables of another owner": {foreign, utc, []string{"open the database", "migration 0001_history.sql", "already exists"}},
	} {
		t.Run(name, func(t *testing.T) {
			path := c.path(t)
			db, err := sqlite.Open(t.Context(), path, c.o)
			if err == nil {
				t.Fatal(errors.Join(errors.New("opened"), db.Close()))
			}
			for _, part := range c.want {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("error %q does not say %q", err, part)
				}
			}
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("error of several lines: %q", err)
			}
		})
	}
}

func garbage(t *testing.T) string {
	path := filepath.Join(t.TempDir(), "hub.db")
	if err := os.WriteFile(path, []byte(strings.Repeat("this is a letter, not a database. ", 300)), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func hanoi(t *testing.T) string {
	path := filepath.Join(t.TempDir(), "hub.db")
	loc, err := time.LoadLocation("Asia/Ho_Chi_Minh")
	if err != nil {
		t.Fatal(err)
	}
	if err := openFile(t, path, sqlite.Options{Location: loc}).Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func newer(t *testing.T) string {
	path := filepath.Join(t.TempDir(), "hub.db")
	mustExec(t, path, "PRAGMA user_version = 99")
	return path
}

func foreign(t *testing.T) string {
	path := filepath.Join(t.TempDir(), "hub.db")
	mustExec(t, path, "CREATE TABLE agent (x)")
	return path
}

func TestPathsWithOddCharactersAreTakenAsTheyAre(t *testing.T) {
	for _, name := range []string{"a b.db", "a?mode=ro.db", "a#b.db", "a%41.db", "dữ liệu.db", "a&_pragma=x.db", ":memory:"} {
		path := filepath.Join(t.TempDir(), "new", "folder", name)
		db := openFile(t, path, utc)
		if err := db.Close(); err != nil {
			t.Error(err)
		}
		if info, err := os.Stat(path); err != nil || info.Size() == 0 {
			t.Errorf("%q is not where it should be: %v", name, err)
		}
	}
}

func TestADamagedFileIsAnErrorThatNamesWhatIsDamaged(t *testing.T) {
	path := filepath.Join(t.TempDir(), "hub.db")
	sameDay := sqlite.Options{Now: func() time.Time { return time.UnixMilli(1_795_000_100_000) }}
	db := openFile(t, path, sameDay)
	if err := db.Append(t.Context(), []history.Batch{oneObservation(0)}); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Fold(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := db.Append(t.Context(), []history.Batch{oneObservation(1)}); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	mustExec(t, path, "UPDATE batch SET payload = x'ff'; UPDATE ledger_day SET timeline = x'ff'")
	db = openFile(t, path, sameDay)
	defer func() { _ = db.Close() }()
	_, foldErr := db.Fold(t.Context())
	var daysErr, obsErr error
	for _, err := range db.Days(t.Context(), history.EveryDay()) {
		daysErr = errors.Join(daysErr, err)
	}
	for _, err := range db.Observations(t.Context(), history.Always()) {
		obsErr = errors.Join(obsErr, err)
	}
	for want, err := range map[string]error{
		"fold ledger days: agent xa-a: stored batch 1": foldErr, "of camera c1: stored timeline is damaged": daysErr, "observations of cameras c1 to c1: stored batch 1": obsErr,
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want one with %q", err, want)
		}
	}
}

func TestAMigrationIsDoneWholeOrNotAtAll(t *testing.T) {
	path := filepath.Join(t.TempDir(), "hub.db")
	first, err := os.ReadFile("migrations/0001_history.sql")
	if err != nil {
		t.Fatal(err)
	}
	steps := fstest.MapFS{
		"migrations/0001_history.sql": {Data: first},
		"migrations/0002_more.sql":    {Data: []byte("CREATE TABLE more (x); INSERT INTO more VALUES (1); CREATE TABLE agent (x);")},
	}
	if _, err := sqlite.OpenWith(t.Context(), path, utc, steps); err == nil || !strings.Contains(err.Error(), "migration 0002_more.sql") {
		t.Fatalf("a failing migration gives %v", err)
	}
	var version, tables int
	db := raw(t, path)
	if err := db.QueryRow("PRAGMA user_version").Scan(&version); err != nil {
		t.Fatal(err)
	}
	if err := db.QueryRow("SELECT COUNT(*) FROM sqlite_master WHERE name = 'more'").Scan(&tables); err != nil {
		t.Fatal(err)
	}
	if version != 1 || tables != 0 {
		t.Errorf("the failed migration left version %d and %d of its tables", version, tables)
	}
	steps["migrations/0002_more.sql"] = &fstest.MapFile{Data: []byte("CREATE TABLE more (x);")}
	for range 2 { // mended it goes on from there, once
		fixed, err := sqlite.OpenWith(t.Context(), path, utc, steps)
		if err != nil {
			t.Fatal(err)
		}
		if err := fixed.Close(); err != nil {
			t.Fatal(err)
		}
	}
	delete(steps, "migrations/0002_more.sql")
	if _, err := sqlite.OpenWith(t.Context(), path, utc, steps); err == nil || !strings.Contains(err.Error(), "schema version 2, this program knows 1") {
		t.Errorf("the older program opens the newer file: %v", err)
	}
}

func TestSeveralProcessesMayOpenANewFileAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "hub.db")
	errs := make(chan error)
	for range 4 {
		go func() {
			db, err := sqlite.Open(context.Background(), path, utc)
			if err == nil {
				err = db.Close()
			}
			errs <- err
		}()
	}
	for range 4 {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}

// `phukin-hub agent` enters agents while the hub is running.
func TestAnAgentEnteredByAnotherProcessIsTheSameAgent(t *testing.T) {
	path := filepath.Join(t.TempDir(), "hub.db")
	hub, command := openFile(t, path, utc), openFile(t, path, utc)
	defer func() { _ = errors.Join(hub.Close(), command.Close()) }()
	if err := command.SetTokenHash(t.Context(), "xa-a", "hash", time.UnixMilli(1)); err != nil {
		t.Fatal(err)
	}
	if err := hub.Append(t.Context(), []history.Batch{oneObservation(0)}); err != nil {
		t.Fatal(err)
	}
	if n, err := hub.Fold(t.Context()); n != 1 || err != nil {
		t.Errorf("folded %d days, %v", n, err)
	}
	if hash, err := hub.TokenHash(t.Context(), "xa-a"); hash != "hash" || err != nil {
		t.Errorf("the agent's token hash is %q, %v", hash, err)
	}
}
