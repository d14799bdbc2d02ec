package sqlite_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/history/historytest"
	"github.com/phukin/phukin/hub/sqlite"
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

func TestARegisterAndItsEvidenceAreAStore(t *testing.T) {
	historytest.Run(t, func(t testing.TB, loc *time.Location, now func() time.Time) historytest.Opened {
		dir, err := os.MkdirTemp("", "phukin-register-")
		if err != nil {
			t.Fatal(err)
		}
		o := sqlite.Options{Location: loc, Now: now}
		path := filepath.Join(dir, "hub.db")
		memory := &historytest.Memory{}
		db := openFile(t, path, o)
		shut := func() {
			if err := db.Close(); err != nil {
				t.Errorf("Close: %v", err)
			}
		}
		return historytest.Opened{
			Store: join(t, db, memory, loc, now),
			Reopen: func(t testing.TB) history.Store {
				shut()
				db = openFile(t, path, o)
				return join(t, db, memory, loc, now)
			},
			Close: func() { shut(); _ = os.RemoveAll(dir) },
		}
	})
}
