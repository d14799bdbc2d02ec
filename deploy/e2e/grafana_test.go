package e2e_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	influxdb2 "github.com/influxdata/influxdb-client-go/v2"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/influx"
	"github.com/phukin/phukin/hub/influx/influxtest"
	"github.com/phukin/phukin/hub/sqlite"
	"github.com/phukin/phukin/hub/wire"
)

// Every query of the dashboard is put to a server that a hub has written to,
// as Grafana would put it, and gives rows.
func TestEveryQueryOfTheDashboardGivesRows(t *testing.T) {
	ctx := t.Context()
	server, err := influxtest.New(influxtest.Need(t, "2.7"), "2.7", true)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = server.Close() }()
	db, err := sqlite.Open(ctx, filepath.Join(t.TempDir(), "hub.db"), sqlite.Options{Location: time.UTC})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	r, err := db.Register(ctx)
	if err != nil {
		t.Fatal(err)
	}
	e, err := influx.Open(ctx, influx.Options{URL: server.URL, Org: server.Org, Bucket: "phukin", Token: server.Token, Register: r.ID, Retention: 90 * 24 * time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	s, err := history.Join(r, e, history.JoinOptions{Location: time.UTC, Keep: 90 * 24 * time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	stat := func(v float32) wire.Stat { return wire.Stat{N: 1, Min: v, Mean: v, Max: v} }
	now := time.Now()
	for i, camera := range []string{"CAM-1", "CAM-2"} {
		up := now.Add(-50 * time.Hour)
		o := []wire.Observation{
			{Camera: camera, From: up.UnixMilli(), To: up.Add(30 * time.Hour).UnixMilli(), Status: wire.StatusUp, Rung: wire.RungFresh, Probes: 9, Codec: wire.CodecH265, Width: 1920, Height: 1080, FrameRate: stat(25), BitRate: stat(2e6), KeyframeGap: stat(2), Loss: stat(0.01), Jitter: stat(4)},
			{Camera: camera, From: up.Add(30 * time.Hour).UnixMilli(), To: up.Add(31 * time.Hour).UnixMilli(), Status: wire.StatusDown, Rung: wire.RungResolve, Fault: wire.FaultTimeout, FellOn: wire.RungConnect, Probes: 3},
		}
		if err := s.Append(ctx, []history.Batch{{Agent: "xa-1", Epoch: 1, FirstSeq: uint64(2 * i), Observations: o, Received: now}}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Fold(ctx); err != nil {
		t.Fatal(err)
	}

	p, err := os.ReadFile("../grafana/phukin.json")
	if err != nil {
		t.Fatal(err)
	}
	var board struct {
		Panels []struct {
			Title   string
			Targets []struct{ Query string }
		}
		Templating struct {
			List []struct{ Name, Type, Query string }
		}
	}
	if err := json.Unmarshal(p, &board); err != nil {
		t.Fatal(err)
	}
	queries := map[string]string{}
	for _, p := range board.Panels {
		for _, q := range p.Targets {
			queries[p.Title] = q.Query
		}
	}
	for _, v := range board.Templating.List {
		if v.Type == "query" {
			queries["variable "+v.Name] = v.Query
		}
	}
	if len(queries) != 10 {
		t.Errorf("%d queries", len(queries))
	}
	client := influxdb2.NewClient(server.URL, server.Token)
	defer client.Close()
	for title, q := range queries {
		q = strings.NewReplacer("${bucket}", "phukin", "${camera:regex}", "(CAM-1|CAM-2)", "v.timeRangeStart", "-7d", "v.timeRangeStop", "now()", "v.windowPeriod", "1h").Replace(q)
		result, err := client.QueryAPI(server.Org).Query(ctx, q)
		if err != nil {
			t.Errorf("%s: %v\n%s", title, err, q)
			continue
		}
		n := 0
		for ; result.Next(); n++ {
			if n == 0 {
				t.Logf("%s: %v", title, result.Record().Values())
			}
			for name, v := range result.Record().Values() {
				least := 0.5
				if strings.HasSuffix(title, "by day") {
					least = 0 // midnight may leave a day with nothing but the outage
				}
				if share, ok := v.(float64); ok && name == "availability" && (share < least || share > 1) {
					t.Errorf("%s: availability %v", title, share)
				}
			}
		}
		if err := result.Err(); err != nil || n == 0 {
			t.Errorf("%s: %d rows, %v\n%s", title, n, err, q)
		}
		_ = result.Close()
	}
}
