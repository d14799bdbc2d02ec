package ingest_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/ingest"
	"github.com/phukin/phukin/hub/live"
	"github.com/phukin/phukin/hub/sqlite"
	"github.com/phukin/phukin/hub/wire"
)

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !ok(); time.Sleep(100 * time.Microsecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not in 20 seconds", what)
		}
	}
}

func TestWithTheRealStoreARepeatedBatchCountsOnce(t *testing.T) {
	db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "hub.db"), sqlite.Options{Location: time.UTC})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}()
	r := &room{view: live.New(nil)}
	r.Ingest = ingest.New(ingest.Config{Store: db, Live: r.view, Send: r.send(t)})
	stop := r.start(t)
	defer stop()

	noon := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	payload := wire.MarshalUp(wire.UpMessage{Batch: &wire.Batch{Epoch: 1 << 63, FirstSeq: 40, OldestSeq: 40, Observations: observations(10, noon)}})
	for range 2 {
		r.Take(up("a"), payload)
		eventually(t, "an acknowledgement", func() bool {
			acks := r.acks()
			if len(acks) > 0 && !slices.Equal(acks, []string{"a:50"}) {
				t.Errorf("acknowledged %v, want a:50 once", acks)
			}
			return len(acks) > 0
		})
	}
	r.Take(up("a"), []byte("nonsense"))
	eventually(t, "a refusal", func() bool { return len(r.answers()) > 0 })
	counts, err := db.AsideCounts(t.Context())
	if err != nil || counts["a"] != (history.AsideCount{Messages: 1, Entries: 1}) {
		t.Errorf("set aside are %v, %v, want one of a", counts, err)
	}
	day := history.DayOf(noon.UnixMilli(), time.UTC)
	eventually(t, "the ledger day", func() bool {
		for d, err := range db.Days(t.Context(), history.Query{First: day, Last: day}) {
			if err != nil {
				t.Fatal(err)
			}
			if d.Count().Up != 10 {
				t.Errorf("the day is %s, want 10 seconds up", d.String())
			}
			return true
		}
		return false
	})
}

// Whatever the goroutines do, a message that nothing follows is answered.
func TestTheLastMessageIsAnswered(t *testing.T) {
	r := newRoom(t)
	stop := r.start(t)
	defer stop()
	for i := range 300 {
		r.Take(up("a"), batch(uint64(2*i), 1, 0))
		r.Take(up("a"), batch(uint64(2*i+1), 1, 0))
		eventually(t, "the acknowledgement of both", func() bool {
			acks := r.acks()
			return len(acks) > 0 && acks[len(acks)-1] == fmt.Sprintf("a:%d", 2*i+2)
		})
	}
}
