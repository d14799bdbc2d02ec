package influx_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/influx"
	"github.com/phukin/phukin/hub/sqlite"
	"github.com/phukin/phukin/hub/wire"
)

// crashOrder tells a child process of the test where to append.
const crashOrder = "PHUKIN_TEST_CRASH_ORDER"

type crash struct{ Path, URL, Org, Bucket, Token, Register string }

const crashBatch = 20 // observations, a minute each

func crashObservations(first uint64) []wire.Observation {
	obs := make([]wire.Observation, crashBatch)
	begin := time.Now().UTC().Truncate(24*time.Hour).UnixMilli() - 20*86_400_000
	for i := range obs {
		from := begin + 60_000*(int64(first)+int64(i))
		obs[i] = wire.Observation{Camera: "c" + strconv.Itoa(i%4), From: from, To: from + 60_000, Status: wire.StatusUp, Probes: 1}
	}
	return obs
}

// appendForEver is the child: it appends and folds, and says what it was told
// is committed, until it is killed.
func appendForEver(order string) {
	fail := func(err error) {
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
	}
	ctx := context.Background()
	var c crash
	fail(json.Unmarshal([]byte(order), &c))
	db, err := sqlite.Open(ctx, c.Path, sqlite.Options{Location: time.UTC})
	fail(err)
	r, err := db.Register(ctx)
	fail(err)
	e, err := influx.Open(ctx, influx.Options{URL: c.URL, Org: c.Org, Bucket: c.Bucket, Token: c.Token, Register: c.Register, Retention: days90, Log: slog.New(slog.DiscardHandler)})
	fail(err)
	s, err := history.Join(r, e, history.JoinOptions{Location: time.UTC, Keep: days90})
	fail(err)
	first, err := s.Committed(ctx, "xa-a", 1, 0)
	fail(err)
	for {
		fail(s.Append(ctx, []history.Batch{
			{Agent: "xa-a", Epoch: 1, FirstSeq: first, Observations: crashObservations(first), Received: time.Now()},
			{Agent: "xa-b", Epoch: 1, FirstSeq: first, Aside: &history.Aside{Count: crashBatch, Reason: "x"}, Received: time.Now()},
		}))
		first += crashBatch
		fmt.Println(first)
		if first%(3*crashBatch) == 0 {
			_, err := s.Fold(ctx)
			fail(err)
		}
	}
}

func TestWhatWasCommittedIsInInfluxDBAfterAKill(t *testing.T) {
	each(t, func(t *testing.T, version string) {
		ctx := t.Context()
		w := newWorld(t, server(t, version), time.UTC, time.Now)
		defer w.end(t)
		told := uint64(0)
		for round := range 3 {
			r, err := w.db.Register(ctx)
			if err != nil {
				t.Fatal(err)
			}
			order, err := json.Marshal(crash{w.path, w.server.URL, w.server.Org, w.bucket, w.server.Token, r.ID})
			if err != nil {
				t.Fatal(err)
			}
			w.shut(t)
			child := exec.CommandContext(ctx, os.Args[0])
			child.Env = append(os.Environ(), crashOrder+"="+string(order))
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
				if n == 4+3*round { // in the middle of whatever it does; read on what it said before it died
					if err := child.Process.Kill(); err != nil {
						t.Fatal(err)
					}
				}
			}
			_ = child.Wait() // it was killed
			w.open(t)
			upto, err := w.store.Committed(ctx, "xa-a", 1, 0)
			if err != nil {
				t.Fatal(err)
			}
			if upto < told || upto > told+crashBatch || upto%crashBatch != 0 {
				t.Errorf("committed up to %d, the child was told %d", upto, told)
			}
			if other, err := w.store.Committed(ctx, "xa-b", 1, 0); err != nil || other != upto {
				t.Errorf("set aside up to %d, %v, want %d", other, err, upto)
			}
			if _, err := w.store.Fold(ctx); err != nil {
				t.Fatal(err)
			}
			n, known := uint64(0), int64(0)
			for c := range 4 {
				for _, err := range w.store.Observations(ctx, history.Period{Cameras: []string{"c" + strconv.Itoa(c)}, From: 0, To: 1 << 62}) {
					if err != nil {
						t.Fatal(err)
					}
					n++
				}
			}
			for d, err := range w.store.Days(ctx, history.Query{First: 0, Last: 1 << 20}) {
				if err != nil {
					t.Fatal(err)
				}
				c := d.Count()
				known += c.Up
			}
			if n != upto || known != int64(upto)*60 {
				t.Errorf("%d observations and %d seconds, committed up to %d", n, known, upto)
			}
		}
	})
}
