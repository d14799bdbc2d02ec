package sqlite_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/sqlite"
	"github.com/phukin/phukin/hub/wire"
)

// crashFile names the file that a child process of the test appends to.
const crashFile = "PHUKIN_TEST_CRASH_FILE"

// backupDir names the folder that it backs up into instead.
const backupDir = "PHUKIN_TEST_BACKUP_DIR"

const crashBatch = 20 // observations

// crashTime gives when an observation begins: every half hour, so that days
// pass and are sealed.
func crashTime(seq uint64) int64 { return 1_795_000_000_000 + 1_800_000*int64(seq) }

func crashObservations(first uint64) []wire.Observation {
	obs := make([]wire.Observation, crashBatch)
	for i := range obs {
		from := crashTime(first + uint64(i))
		if i%5 == 4 { // late, for a day that was sealed long ago
			from -= 400 * 86_400_000
		}
		obs[i] = wire.Observation{Camera: "c" + strconv.Itoa(i%4), From: from, To: from + 60_000, Status: wire.StatusUp, Probes: 1}
	}
	return obs
}

// appendForEver is the child: it appends and folds, and says which batches it
// was told are committed, until it is killed.
func appendForEver(path string) {
	fail := func(err error) {
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
	}
	ctx := context.Background()
	var first uint64
	now := func() time.Time { return time.UnixMilli(crashTime(first)) }
	db, err := sqlite.Open(ctx, path, sqlite.Options{Location: time.UTC, Now: now})
	fail(err)
	first, err = db.Committed(ctx, "xa-a", 1, 0)
	fail(err)
	for {
		batches := []history.Batch{
			{Agent: "xa-a", Epoch: 1, FirstSeq: first, Observations: crashObservations(first)},
			{Agent: "xa-b", Epoch: 1, FirstSeq: first, Aside: &history.Aside{Count: crashBatch, Reason: "x"}},
			{Agent: "xa-c", Epoch: 1, FirstSeq: first + crashBatch - 1, Gaps: []wire.Gap{{From: first, Next: first + crashBatch - 1, Why: wire.GapOverflow}}},
		}
		fail(db.Append(ctx, batches))
		first += crashBatch
		fmt.Println(first)
		_, err = db.Fold(ctx)
		fail(err)
	}
}

func TestWhatWasCommittedIsThereAfterAKill(t *testing.T) {
	ctx := t.Context()
	path := filepath.Join(t.TempDir(), "hub.db")
	told := uint64(0)
	for round := range 4 {
		child := exec.CommandContext(ctx, os.Args[0])
		child.Env = append(os.Environ(), crashFile+"="+path)
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for n := 0; lines.Scan(); n++ {
			first, err := strconv.ParseUint(lines.Text(), 10, 64)
			if err != nil {
				t.Fatalf("the child says %q", lines.Text())
			}
			told = first
			if n == 13+7*round { // in the middle of whatever it does; read on what it said before it died
				if err := child.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
		}
		_ = child.Wait() // it was killed

		db := openFile(t, path, sqlite.Options{})
		upto, err := db.Committed(ctx, "xa-a", 1, 0)
		if err != nil {
			t.Fatal(err)
		}
		if upto < told || upto > told+crashBatch || upto%crashBatch != 0 {
			t.Errorf("committed up to %d, the child was told %d", upto, told)
		}
		if _, err := db.Fold(ctx); err != nil {
			t.Error(err)
		}
		// What was set aside and what was declared lost is there to the same number,
		// and so is what says so.
		for _, agent := range []string{"xa-b", "xa-c"} {
			if other, err := db.Committed(ctx, agent, 1, 0); err != nil || other != upto {
				t.Errorf("agent %s: committed up to %d, %v, want %d", agent, other, err, upto)
			}
		}
		if counts, err := db.AsideCounts(ctx); err != nil || counts["xa-b"].Records != int64(upto) || counts["xa-b"].Entries != int64(upto/crashBatch) {
			t.Errorf("set aside: %+v, %v", counts, err)
		}
		if losses, err := db.Losses(ctx, "xa-c"); err != nil || len(losses) != int(upto/crashBatch) {
			t.Errorf("%d losses, %v", len(losses), err)
		}
		n := uint64(0)
		for _, err := range db.Observations(ctx, history.Always()) {
			if err != nil {
				t.Fatal(err)
			}
			n++
		}
		if n != upto {
			t.Errorf("%d observations, committed up to %d", n, upto)
		}
		var known int64
		var counted []history.DayCount
		for d, err := range db.Days(ctx, history.EveryDay()) {
			if err != nil {
				t.Fatal(err)
			}
			c := d.Count()
			known += c.Up
			counted = append(counted, history.CountDay(d.Number, d.Timeline))
		}
		// Counts stand beside timelines, and are of the same evidence.
		for c, err := range db.Counts(ctx, history.EveryDay()) {
			if err != nil {
				t.Fatal(err)
			}
			if len(c.Days) > len(counted) || !slices.Equal(c.Days, counted[:len(c.Days)]) {
				t.Fatalf("counts of camera %s: %v, want those of %v", c.Camera, c.Days, counted)
			}
			counted = counted[len(c.Days):]
		}
		if len(counted) > 0 {
			t.Errorf("no counts of %v", counted)
		}
		if known != int64(upto)*60 {
			t.Errorf("the ledger knows %d seconds of %d", known, upto*60)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
}
