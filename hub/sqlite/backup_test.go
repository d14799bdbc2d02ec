package sqlite_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/history/archive"
	"github.com/phukin/phukin/hub/sqlite"
	"github.com/phukin/phukin/hub/wire"
)

func exported(t *testing.T, db *sqlite.DB) string {
	t.Helper()
	var w bytes.Buffer
	if _, err := archive.Write(&w, archive.OfStore(t.Context(), db), nil); err != nil {
		t.Fatal(err)
	}
	return w.String()
}

// names lists a folder.
func names(t *testing.T, dir string) (all []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

func TestABackupWithoutTheHistoryTakesItAgain(t *testing.T) {
	db := openFile(t, filepath.Join(t.TempDir(), "hub.db"), utc)
	defer func() { _ = db.Close() }()
	batches := []history.Batch{aDay(0, january2026, "c1", "camera-two"), aDay(2, history.DayOf(time.Now().UnixMilli(), time.UTC), "c1", "camera-two"), {Agent: "xa-a", Epoch: 9, Aside: &history.Aside{Count: 3, Reason: "poison"}, Payload: []byte{1}, Received: time.UnixMilli(1)}}
	if err := db.Append(t.Context(), batches); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Fold(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := db.SetTokenHash(t.Context(), "xa-a", "hash", time.UnixMilli(1)); err != nil {
		t.Fatal(err)
	}
	if errs, err := db.Hello(t.Context(), []history.Greeting{{Agent: "xa-a", Hello: wire.Hello{Epoch: 1, Session: 5, NextSeq: 40}, At: time.UnixMilli(1)}}); err != nil || errs[0] != nil {
		t.Fatal(err, errs)
	}
	path := filepath.Join(t.TempDir(), "server.db")
	if err := db.BackupWithoutHistory(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	p, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	copied, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = copied.Close() }()
	if hash, err := copied.TokenHash(t.Context(), "xa-a"); hash != "hash" || err != nil {
		t.Errorf("the agent's token hash is %q, %v", hash, err)
	}
	if epoch, known, err := copied.Newest(t.Context(), "xa-a"); epoch != 1 || !known || err != nil {
		t.Errorf("the agent speaks with epoch %d, %v, %v", epoch, known, err)
	}
	if entries, err := copied.Entries(t.Context(), history.Selection{}); len(entries) != 1 || err != nil {
		t.Errorf("set aside are %v, %v", entries, err)
	}
	for _, err := range copied.Accounted(t.Context()) {
		t.Errorf("something is accounted for: %v", err)
	}
	for d, err := range copied.Days(t.Context(), history.EveryDay()) {
		t.Errorf("ledger day %v, %v", d, err)
	}
	if bytes.Contains(p, []byte("camera-two")) {
		t.Error("the file still holds what was deleted from it")
	}
	if _, err := archive.Import(t.Context(), archive.OfStore(t.Context(), db), copied, archive.Options{}); err != nil {
		t.Fatal(err)
	}
	if got, want := exported(t, copied), exported(t, db); got != want {
		t.Errorf("with its history again it is\n%s\nwant\n%s", got, want)
	}
	if counts, err := copied.AsideCounts(t.Context()); err != nil || counts["xa-a"] != (history.AsideCount{Messages: 1, Records: 3, Entries: 1}) {
		t.Errorf("set aside %+v, %v", counts, err)
	}
}

func TestABackupIsRestoredByOpeningIt(t *testing.T) {
	db := openFile(t, filepath.Join(t.TempDir(), "hub.db"), utc)
	defer func() { _ = db.Close() }()
	for i, day := range []history.DayNumber{january2026, january2026 + 40, history.DayOf(time.Now().UnixMilli(), time.UTC)} {
		if err := db.Append(t.Context(), []history.Batch{aDay(uint64(2*i), day, "c1", "c2")}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := db.Fold(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := db.SetTokenHash(t.Context(), "xa-a", "hash", time.UnixMilli(1)); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "bản sao 1?.db")
	if err := db.Backup(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	if got := names(t, dir); len(got) != 1 {
		t.Errorf("the folder of the backup holds %q", got)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the backup is %v, %v, want it for its owner alone", info.Mode(), err)
	}
	want := exported(t, db)
	if err := db.Append(t.Context(), []history.Batch{aDay(6, january2026, "c3")}); err != nil { // after it
		t.Fatal(err)
	}
	restored, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = restored.Close() }()
	if got := exported(t, restored); got != want {
		t.Errorf("restored is\n%s\nwant\n%s", got, want)
	}
	if hash, err := restored.TokenHash(t.Context(), "xa-a"); hash != "hash" || err != nil {
		t.Errorf("the agent's token hash is %q, %v", hash, err)
	}
	// It lives on.
	if err := restored.Append(t.Context(), []history.Batch{aDay(6, january2026, "c3")}); err != nil {
		t.Error(err)
	}
	if n, err := restored.Fold(t.Context()); n != 1 || err != nil {
		t.Errorf("folded %d days, %v", n, err)
	}
	if err := db.Check(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestABackupIsPutOverNothing(t *testing.T) {
	db := openFile(t, filepath.Join(t.TempDir(), "hub.db"), utc)
	defer func() { _ = db.Close() }()
	path := filepath.Join(t.TempDir(), "old.db")
	if err := os.WriteFile(path, []byte("last year"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := db.Backup(t.Context(), path); err == nil || !strings.Contains(err.Error(), "there already") || !strings.Contains(err.Error(), path) {
		t.Errorf("error is %v", err)
	}
	if p, err := os.ReadFile(path); string(p) != "last year" || err != nil {
		t.Errorf("the old file is %q, %v", p, err)
	}
	if err := db.Backup(t.Context(), filepath.Join(t.TempDir(), "no", "such", "folder.db")); err == nil || !strings.Contains(err.Error(), "no such file or directory") {
		t.Errorf("error is %v", err)
	}
	dir := t.TempDir()
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if err := db.Backup(cancelled, filepath.Join(dir, "b.db")); !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v", err)
	}
	if got := names(t, dir); len(got) != 0 {
		t.Errorf("a backup that was stopped left %q", got)
	}
}

func TestADamagedFileIsNotBackedUp(t *testing.T) {
	path := filepath.Join(t.TempDir(), "hub.db")
	db := openFile(t, path, utc)
	defer func() { _ = db.Close() }()
	if err := db.Append(t.Context(), []history.Batch{aDay(0, january2026, "c1")}); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Fold(t.Context()); err != nil {
		t.Fatal(err)
	}
	mustExec(t, path, "UPDATE ledger_lines SET days = substr(days, 1, length(days) - 1)")
	dir := t.TempDir()
	if err := db.Backup(t.Context(), filepath.Join(dir, "b.db")); err == nil || !strings.Contains(err.Error(), "not whole: ledger_lines of camera number 1") {
		t.Errorf("error is %v", err)
	}
	if got := names(t, dir); len(got) != 0 {
		t.Errorf("it left %q", got)
	}
}

// backupForEver is the child: it backs a file up, under one name after the
// other, until it is killed.
func backupForEver(path, dir string) {
	ctx := context.Background()
	db, err := sqlite.Open(ctx, path, sqlite.Options{})
	for i := 0; err == nil; i++ {
		fmt.Println("begin")
		err = db.Backup(ctx, filepath.Join(dir, fmt.Sprintf("%d-%d.db", os.Getpid(), i)))
	}
	fmt.Println(err)
	os.Exit(1)
}

// Whoever writes meanwhile and whenever it is killed: a file with the name of
// a backup is whole, and of one moment.
func TestWhatHasTheNameOfABackupIsWhole(t *testing.T) {
	path, dir := filepath.Join(t.TempDir(), "hub.db"), t.TempDir()
	db := openFile(t, path, utc)
	defer func() { _ = db.Close() }()
	stop, done := make(chan struct{}), make(chan error, 1)
	go func() {
		// Each transaction has a number of both cameras.
		for seq := uint64(0); ; seq += 2 {
			if seq == 1600 { // enough: what is copied is not to grow for ever
				<-stop
			}
			select {
			case <-stop:
				done <- nil
				return
			default:
			}
			if err := db.Append(context.Background(), []history.Batch{aDay(seq, january2026+history.DayNumber(seq%300), "c1", "c2")}); err != nil {
				done <- err
				return
			}
		}
	}()
	for round := range 3 {
		child := exec.CommandContext(t.Context(), os.Args[0])
		child.Env = append(os.Environ(), crashFile+"="+path, backupDir+"="+dir)
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for n := 0; lines.Scan(); n++ {
			if lines.Text() != "begin" {
				t.Fatalf("the child says %q", lines.Text())
			}
			if n == 1+round {
				if err := child.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
		}
		_ = child.Wait() // it was killed
	}
	close(stop)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	whole := 0
	for _, name := range names(t, dir) {
		if !strings.HasSuffix(name, ".db") {
			continue
		}
		whole++
		b := openFile(t, filepath.Join(dir, name), utc)
		seen := map[string]int{}
		for o, err := range b.Observations(t.Context(), history.Always()) {
			if err != nil {
				t.Fatal(err)
			}
			seen[o.Camera]++
		}
		upto, err := b.Committed(t.Context(), "xa-a", 1, 0)
		if err != nil || seen["c1"] != seen["c2"] || upto != uint64(seen["c1"]+seen["c2"]) {
			t.Errorf("backup %s has %v, and %d committed, %v", name, seen, upto, err)
		}
		if err := errors.Join(b.Check(t.Context()), b.Close()); err != nil {
			t.Error(err)
		}
	}
	if whole < 3 {
		t.Errorf("%d whole backups, want at least one of each round", whole)
	}
}
