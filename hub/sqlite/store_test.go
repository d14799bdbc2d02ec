package sqlite_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/history/historytest"
	"github.com/phukin/phukin/hub/sqlite"
)

func TestMain(m *testing.M) {
	if path, dir := os.Getenv(crashFile), os.Getenv(backupDir); dir != "" {
		backupForEver(path, dir)
	} else if path != "" {
		appendForEver(path)
	}
	goleak.VerifyTestMain(m)
}

func openFile(t testing.TB, path string, o sqlite.Options) *sqlite.DB {
	t.Helper()
	if o.Location == nil {
		o.Location = time.UTC
	}
	db, err := sqlite.Open(context.Background(), path, o)
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func TestSQLiteIsAStore(t *testing.T) {
	historytest.Run(t, func(t testing.TB, loc *time.Location, now func() time.Time) historytest.Opened {
		dir, err := os.MkdirTemp("", "phukin-sqlite-")
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
			Store:  db,
			Reopen: func(t testing.TB) history.Store { shut(); db = openFile(t, path, o); return db },
			Close:  func() { shut(); _ = os.RemoveAll(dir) },
		}
	})
}
