package ingest_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/phukin/phukin/hub/ingest"
	"github.com/phukin/phukin/hub/live"
	"github.com/phukin/phukin/hub/sqlite"
	"github.com/phukin/phukin/hub/wire"
	"github.com/phukin/phukin/hub/wire/wiretest"
)

// BenchmarkIngest measures what a batch of 50 costs from the broker's hand to
// the acknowledgement's, with a real database: decoded, checked, committed,
// acknowledged. Eight agents have four batches under way each.
func BenchmarkIngest(b *testing.B) {
	const agents, under = 8, 4
	type sent struct {
		topic   string
		payload []byte
	}
	var all []sent
	streams := make([][]sent, agents)
	for a := range agents {
		code := fmt.Sprintf("tb-%d", a)
		for batch := range wiretest.Batches(uint64(a), 50, 50) {
			for i := range batch.Observations {
				batch.Observations[i].Camera = fmt.Sprintf("%s-%s", code, batch.Observations[i].Camera)
			}
			streams[a] = append(streams[a], sent{wire.Topic(code, wire.Up), wire.MarshalUp(wire.UpMessage{Batch: &batch})})
		}
	}
	for i := 0; ; i += under {
		n := len(all)
		for a := range agents {
			if i+under <= len(streams[a]) {
				all = append(all, streams[a][i:i+under]...)
			}
		}
		if len(all) == n {
			break
		}
	}
	var wall, used time.Duration
	n := 0
	for b.Loop() {
		db, err := sqlite.Open(context.Background(), filepath.Join(b.TempDir(), "hub.db"), sqlite.Options{Location: time.FixedZone("", 7*3600)})
		if err != nil {
			b.Fatal(err)
		}
		acked := make(chan struct{}, 1<<16)
		now := func() time.Time { return time.UnixMilli(wiretest.Begin).Add(30 * time.Hour) }
		in := ingest.New(ingest.Config{
			Store: db, Live: live.New(nil), Now: now, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
			Send: func(string, []byte) error { acked <- struct{}{}; return nil },
		})
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan struct{})
		go func() { defer close(done); _ = in.Run(ctx) }()
		begin, cpu := time.Now(), cpuTime()
		for i := 0; i < len(all); i += agents * under {
			round := all[i:min(i+agents*under, len(all))]
			for _, s := range round {
				in.Take(s.topic, s.payload)
			}
			for in.Batches.Load() < uint64(i+len(round)) {
				<-acked
			}
		}
		wall, used = wall+time.Since(begin), used+cpuTime()-cpu
		n += len(all)
		cancel()
		<-done
		if err := db.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(used.Nanoseconds())/float64(n*50), "cpu-ns/obs")
	b.ReportMetric(float64(wall.Nanoseconds())/float64(n*50), "wall-ns/obs")
}

func cpuTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
