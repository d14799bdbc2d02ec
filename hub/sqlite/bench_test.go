package sqlite_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/sqlite"
	"github.com/phukin/phukin/hub/wire"
)

// hourly gives observations of whole hours, as an import of another system's
// records has them, in batches of 192: of one camera over eight days, or of
// eight cameras over one.
func hourly(agents, camerasEach, days int, byCamera bool) []history.Batch {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli()
	var batches []history.Batch
	for a := range agents {
		b := history.Batch{Agent: fmt.Sprintf("xa-%03d", a), Epoch: 1}
		add := func(camera, hour int) {
			from := start + int64(hour)*3_600_000
			o := wire.Observation{Camera: fmt.Sprintf("cam-%03d-%02d", a, camera), From: from, To: from + 3_600_000, Status: wire.StatusUp, Rung: wire.RungFresh, Probes: 60, Codec: wire.CodecH264, Width: 1920, Height: 1080,
				FrameRate: wire.Stat{N: 60, Min: 24, Mean: 25, Max: 26}, BitRate: wire.Stat{N: 60, Min: 1e6, Mean: 2e6, Max: 3e6}}
			if hour*7%97 == 0 {
				o = wire.Observation{Camera: o.Camera, From: o.From, To: o.To, Status: wire.StatusDown, Fault: wire.FaultTimeout, FellOn: wire.RungConnect, Probes: 60}
			}
			b.Observations = append(b.Observations, o)
			if len(b.Observations) == 192 {
				batches = append(batches, b)
				b.FirstSeq, b.Observations = b.Next(), nil
			}
		}
		if byCamera {
			for c := range camerasEach {
				for h := range 24 * days {
					add(c, h)
				}
			}
		} else {
			for h := range 24 * days {
				for c := range camerasEach {
					add(c, h)
				}
			}
		}
		if len(b.Observations) > 0 {
			batches = append(batches, b)
		}
	}
	return batches
}

// BenchmarkImport measures a bulk import; an iteration is one observation.
func BenchmarkImport(b *testing.B) {
	for name, byCamera := range map[string]bool{"camera after camera": true, "hour after hour": false} {
		batches := hourly(22, 8, 100, byCamera)
		total := 22 * 8 * 100 * 24
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				db, err := sqlite.Open(context.Background(), filepath.Join(b.TempDir(), "hub.db"), sqlite.Options{Location: time.FixedZone("", 7*3600)})
				if err != nil {
					b.Fatal(err)
				}
				begin := time.Now()
				for i := 0; i < len(batches); i += 50 {
					if err := db.Append(context.Background(), batches[i:min(i+50, len(batches))]); err != nil {
						b.Fatal(err)
					}
				}
				appended := time.Now()
				days, err := db.Fold(context.Background())
				if err != nil {
					b.Fatal(err)
				}
				folded := time.Now()
				b.ReportMetric(float64(appended.Sub(begin).Nanoseconds())/float64(total), "append-ns/obs")
				b.ReportMetric(float64(folded.Sub(appended).Nanoseconds())/float64(total), "fold-ns/obs")
				b.ReportMetric(folded.Sub(begin).Seconds()*3e6/float64(total), "s/3M")
				b.ReportMetric(float64(days), "days")
				if err := db.Close(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkAppend measures what an agent's batch costs as it comes: a
// transaction each, fsync included.
func BenchmarkAppend(b *testing.B) {
	batches := hourly(22, 8, 10, false)
	db, err := sqlite.Open(context.Background(), filepath.Join(b.TempDir(), "hub.db"), sqlite.Options{Location: time.UTC})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	epoch := uint64(1)
	for i := 0; b.Loop(); i++ {
		if i%len(batches) == 0 {
			epoch++
		}
		batch := batches[i%len(batches)]
		batch.Epoch = epoch
		if err := db.Append(context.Background(), []history.Batch{batch}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkSeal measures one transaction that seals, which an append may have
// to wait for.
func BenchmarkSeal(b *testing.B) {
	now := january2026.Start(time.UTC)
	db := openFile(b, filepath.Join(b.TempDir(), "hub.db"), sqlite.Options{Now: func() time.Time { return now }})
	defer func() { _ = db.Close() }()
	const cameras = 128 // that many are sealed at once
	timeline := history.Timeline{{Seconds: 20_000, Status: wire.StatusUp}, {Seconds: 1000, Status: wire.StatusDown, Fault: wire.FaultTimeout, FellOn: wire.RungConnect}, {Seconds: 30_000, Status: wire.StatusUp}, {Seconds: 2000, Status: wire.StatusDown, Fault: wire.FaultTimeout, FellOn: wire.RungConnect}, {Seconds: 33_400, Status: wire.StatusUp}}
	day := january2026
	put := func(n history.DayNumber) {
		p := history.Parcel{Marks: history.Marks{Zone: "UTC"}}
		for range n {
			for c := range cameras {
				p.Days = append(p.Days, history.Day{Camera: fmt.Sprintf("c%03d", c), Number: day, Revision: 1, Timeline: timeline})
			}
			day++
		}
		if _, err := db.Take(b.Context(), &p, false); err != nil {
			b.Fatal(err)
		}
	}
	now = (january2026 + 360).Start(time.UTC)
	put(358) // a year is nearly full
	for b.Loop() {
		b.StopTimer()
		put(1)
		now = (day + 2).Start(time.UTC)
		b.StartTimer()
		if _, err := db.Fold(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkUnpackYear measures what a report over years mostly does.
func BenchmarkUnpackYear(b *testing.B) {
	days := make([]history.DayCount, 365)
	for i := range days {
		d := &days[i]
		*d = history.DayCount{Number: january2026 + history.DayNumber(i), Down: int32(i*7919%4000 + i%9*300), Outages: int32(i % 5), Begins: wire.StatusUp, Ends: wire.StatusUp}
		if i%3 == 0 {
			d.Unknown = int32(i * 31)
		}
		d.Up = 86_400 - d.Down - d.Unknown
	}
	p := sqlite.PackYear(sqlite.YearPlace(january2026), days)
	u := sqlite.NewUnpacker()
	for b.Loop() {
		if err := u.Unpack(p, sqlite.YearPlace(january2026)); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(p))/float64(len(days)), "B/day")
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(days)), "ns/day")
}
