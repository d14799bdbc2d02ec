package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/influx"
	"github.com/phukin/phukin/hub/influx/influxtest"
	"github.com/phukin/phukin/hub/sqlite"
	"github.com/phukin/phukin/hub/wire"
)

// What is written: many agents' batches, as the ingest hands them over.
const (
	influxAgents  = 64
	influxCameras = 50 // of each agent
	influxBatch   = 50 // observations
	influxRounds  = 10 // batches of each agent
)

// What is read: five years of a large district.
const (
	yearsCameras = 2000
	yearsDays    = 1826
	ledgerBound  = 3 * time.Second
)

// inInflux measures the history in InfluxDB 2.7.
//
// Writing: the hub's whole way from batches to the register's commit, against
// one client that posts the very same lines, as they were recorded, without
// making or checking anything. Each goes into an empty bucket of the same
// server, in turn.
//
// Reading: a ledger of five years is put day by day, and sealed as it would
// have been night by night; then server and store are started anew, and the
// days are read and counted by camera and month. In the short form there are
// an eighth of the cameras, and an eighth of the time.
func inInflux(ctx context.Context, o options, f *figures) error {
	program, err := influxtest.Find("2.7")
	if err != nil {
		return err
	}
	server, err := influxtest.New(program, "2.7", true)
	if err != nil {
		return err
	}
	defer func() { _ = server.Close() }()
	rounds, cameras := 5, yearsCameras
	if o.short {
		rounds, cameras = 3, yearsCameras/8
	}
	var rates, bares, ratios []float64
	for round := range rounds {
		lines, points, took, err := writeByHub(ctx, server, round)
		if err != nil {
			return err
		}
		bare, err := writeBare(ctx, server, round, lines)
		if err != nil {
			return err
		}
		n := float64(points)
		rates, bares, ratios = append(rates, n/took.Seconds()), append(bares, n/bare.Seconds()), append(ratios, bare.Seconds()/took.Seconds())
	}
	f.add("observations into InfluxDB 2.7", fmt.Sprintf("%.0f/s", median(rates)), "the same lines by a bare client", fmt.Sprintf("%.0f/s", median(bares)), fmt.Sprintf("%.2f×", median(ratios)), "≥ 0.5×", median(ratios) >= 0.5)

	took, days, err := readLedger(ctx, server, cameras)
	if err != nil {
		return err
	}
	bound := ledgerBound * time.Duration(cameras) / yearsCameras
	f.add(fmt.Sprintf("%d cameras × %d ledger days from InfluxDB 2.7, cold", cameras, yearsDays), took.Round(time.Millisecond).String(), "", "", fmt.Sprintf("%.0f ns a day", float64(took.Nanoseconds())/float64(days)), "≤ "+bound.String(), took <= bound)
	return nil
}

// openInflux opens a store in a new database and new buckets, by way of an
// address.
func openInflux(ctx context.Context, server *influxtest.Server, addr, bucket, file string) (db *sqlite.DB, e *influx.Store, s history.Store, err error) {
	if db, err = sqlite.Open(ctx, file, sqlite.Options{Location: time.UTC}); err != nil {
		return nil, nil, nil, err
	}
	r, err := db.Register(ctx)
	if err != nil {
		return nil, nil, nil, err
	}
	const keep = 90 * 24 * time.Hour
	e, err = influx.Open(ctx, influx.Options{URL: addr, Org: server.Org, Bucket: bucket, Token: server.Token, Retention: keep, Register: r.ID, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, nil, nil, err
	}
	s, err = history.Join(r, e, history.JoinOptions{Location: time.UTC, Keep: keep})
	return db, e, s, err
}

// influxBatches makes the batches of a round of all agents.
func influxBatches(r *rand.Rand, round int, begin time.Time) []history.Batch {
	batches := make([]history.Batch, influxAgents)
	for a := range batches {
		b := &batches[a]
		*b = history.Batch{Agent: fmt.Sprintf("xa-%03d", a), Epoch: 1, FirstSeq: uint64(round * influxBatch), Received: begin}
		obs := make([]wire.Observation, influxBatch)
		for i := range obs {
			o := &obs[i]
			from := begin.Add(time.Duration(round)*5*time.Minute + time.Duration(r.IntN(5000))*time.Millisecond)
			stat := func(v float32) wire.Stat {
				v *= 0.9 + 0.2*r.Float32()
				return wire.Stat{N: 10, Min: v * 0.9, Mean: v, Max: v * 1.1}
			}
			*o = wire.Observation{
				Camera: fmt.Sprintf("cam-%03d-%02d", a, i%influxCameras), From: from.UnixMilli(), To: from.Add(5 * time.Minute).UnixMilli(), Status: wire.StatusUp, Rung: wire.RungFresh, Probes: 10,
				Codec: wire.CodecH264, Width: 1920, Height: 1080, FrameRate: stat(25), BitRate: stat(2e6), KeyframeGap: stat(2), Loss: stat(0.001), Jitter: stat(3),
			}
			b.Briefs = append(b.Briefs, history.BriefOf(o))
		}
		b.Payload = wire.MarshalUp(wire.UpMessage{Batch: &wire.Batch{Epoch: 1, FirstSeq: b.FirstSeq, OldestSeq: b.FirstSeq, Observations: obs}})
	}
	return batches
}

// writeByHub writes all rounds, and gives the lines that went out. What is
// recorded is not what is timed: it goes to another bucket, before.
func writeByHub(ctx context.Context, server *influxtest.Server, round int) (lines [][]byte, points int, took time.Duration, err error) {
	target, err := url.Parse(server.URL)
	if err != nil {
		return nil, 0, 0, err
	}
	forward := httputil.NewSingleHostReverseProxy(target)
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/api/v2/write" {
			body, rerr := io.ReadAll(r.Body)
			if rerr == nil {
				lines = append(lines, body)
			}
			r.Body = io.NopCloser(bytes.NewReader(body))
		}
		forward.ServeHTTP(w, r)
	}))
	defer front.Close()
	begin := time.Now().Add(-12 * time.Hour)
	for i, addr := range []string{front.URL, server.URL} {
		r := rand.New(rand.NewPCG(uint64(round), 1))
		took, err = func() (time.Duration, error) {
			dir, err := os.MkdirTemp("", "phukin-bench-")
			if err != nil {
				return 0, err
			}
			defer os.RemoveAll(dir)
			db, e, s, err := openInflux(ctx, server, addr, fmt.Sprintf("hub-%d-%d", round, i), filepath.Join(dir, "hub.db"))
			if err != nil {
				return 0, err
			}
			defer func() { e.Close(); _ = db.Close() }()
			if i == 0 {
				lines = nil // what opening wrote
			}
			points = 0
			rounds := make([][]history.Batch, influxRounds)
			for n := range rounds {
				rounds[n] = influxBatches(r, n, begin)
			}
			start := time.Now()
			for _, batches := range rounds {
				if err := s.Append(ctx, batches); err != nil {
					return 0, err
				}
				points += len(batches) * influxBatch
			}
			return time.Since(start), nil
		}()
		if err != nil {
			return nil, 0, 0, err
		}
	}
	return lines, points, took, nil
}

// writeBare posts lines, as they were recorded, into a bucket of their own.
func writeBare(ctx context.Context, server *influxtest.Server, round int, lines [][]byte) (time.Duration, error) {
	dir, err := os.MkdirTemp("", "phukin-bench-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	bucket := fmt.Sprintf("bare-%d", round)
	db, e, _, err := openInflux(ctx, server, server.URL, bucket, filepath.Join(dir, "hub.db")) // it makes the bucket
	if err != nil {
		return 0, err
	}
	defer func() { e.Close(); _ = db.Close() }()
	bodies := make([][]byte, len(lines))
	for i, l := range lines {
		z, err := gzip.NewReader(bytes.NewReader(l))
		if err != nil {
			return 0, err
		}
		if bodies[i], err = io.ReadAll(z); err != nil {
			return 0, err
		}
	}
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport}
	start := time.Now()
	for _, body := range bodies {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, server.URL+"/api/v2/write?precision=ns&org="+url.QueryEscape(server.Org)+"&bucket="+bucket+"_observations", bytes.NewReader(body))
		if err != nil {
			return 0, err
		}
		req.Header.Set("Authorization", "Token "+server.Token)
		resp, err := client.Do(req)
		if err != nil {
			return 0, err
		}
		text, _ := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusNoContent {
			return 0, fmt.Errorf("the bare client is told %s: %s", resp.Status, text)
		}
	}
	return time.Since(start), nil
}

// yearsDay draws a day with about two outages.
func yearsDay(r *rand.Rand, camera string, n history.DayNumber) history.Day {
	d := history.Day{Camera: camera, Number: n, Revision: 1}
	left := 86_400
	add := func(run history.Run) {
		run.Seconds = min(run.Seconds, left)
		if left -= run.Seconds; run.Seconds > 0 {
			d.Timeline = append(d.Timeline, run)
		}
	}
	for range r.IntN(5) {
		add(history.Run{Seconds: 1 + r.IntN(40_000), Status: wire.StatusUp})
		add(history.Run{Seconds: 1 + r.IntN(3_600), Status: wire.StatusDown, Fault: wire.Fault(1 + r.IntN(5)), FellOn: wire.RungConnect})
	}
	add(history.Run{Seconds: left, Status: wire.StatusUp})
	return d
}

func readLedger(ctx context.Context, server *influxtest.Server, cameras int) (took time.Duration, days int, err error) {
	dir, err := os.MkdirTemp("", "phukin-bench-")
	if err != nil {
		return 0, 0, err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "hub.db")
	db, e, _, err := openInflux(ctx, server, server.URL, "years", file)
	if err != nil {
		return 0, 0, err
	}
	r := rand.New(rand.NewPCG(1, 2))
	last := history.DayOf(time.Now().UnixMilli(), time.UTC)
	first := last - yearsDays + 1
	batch := make([]history.Day, 0, cameras*16)
	for n := first; n <= last; n++ {
		for c := range cameras {
			batch = append(batch, yearsDay(r, fmt.Sprintf("cam-%05d", c), n))
		}
		if len(batch) == cap(batch) || n == last {
			if err := e.PutDays(ctx, batch); err != nil {
				return 0, 0, err
			}
			batch = batch[:0]
		}
	}
	if _, err := e.Seal(ctx, last-2); err != nil {
		return 0, 0, err
	}
	e.Close()
	if err := db.Close(); err != nil {
		return 0, 0, err
	}
	times := make([]time.Duration, 3)
	for i := range times {
		if times[i], days, err = readCold(ctx, server, file, first, last); err != nil {
			return 0, 0, err
		}
		if days != cameras*yearsDays {
			return 0, 0, fmt.Errorf("%d ledger days came back of %d", days, cameras*yearsDays)
		}
	}
	return median(times), days, nil
}

// readCold starts the server anew and reads the ledger.
func readCold(ctx context.Context, server *influxtest.Server, file string, first, last history.DayNumber) (took time.Duration, days int, err error) {
	server.Stop()
	if err := server.Start(); err != nil {
		return 0, 0, err
	}
	begin := time.Now()
	db, e, s, err := openInflux(ctx, server, server.URL, "years", file)
	if err != nil {
		return 0, 0, err
	}
	defer func() { e.Close(); _ = db.Close() }()
	type cell struct {
		camera string
		month  int
	}
	counts := map[cell]history.Count{}
	for d, err := range s.Days(ctx, history.Query{First: first, Last: last}) {
		if err != nil {
			return 0, 0, err
		}
		days++
		at := cell{d.Camera, int(d.Number-first) / 31}
		c := counts[at]
		c.Add(d.Count())
		counts[at] = c
	}
	return time.Since(begin), days, nil
}
