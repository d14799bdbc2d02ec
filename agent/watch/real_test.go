package watch_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/phukin/phukin/agent/probe"
	"github.com/phukin/phukin/agent/probe/probetest"
	"github.com/phukin/phukin/agent/watch"
	"github.com/phukin/phukin/hub/wire"
)

// What probe says of a real connection is what the watch takes for a light
// success: else every camera would get full probes for ever, and nobody would see.
func TestLightProbesOfARealConnectionBridge(t *testing.T) {
	mode := probetest.Modes()[0]
	if !mode.Good() {
		t.Fatalf("mode %s is bad", mode.Name)
	}
	cam, err := probetest.Start(mode)
	if err != nil {
		t.Fatal(err)
	}
	defer cam.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	var (
		mu      sync.Mutex
		records []watch.Closed
		lights  int
	)
	w, err := watch.New(watch.Options{
		Cameras: []watch.Camera{{Code: "A", Target: probe.Target{
			URL: cam.URL(), Username: mode.Username, Password: probe.Secret(mode.Password), Window: 300 * time.Millisecond, Timeout: 5 * time.Second,
		}}},
		LightInterval: 500 * time.Millisecond, FullInterval: time.Minute, Logger: quiet,
		Record: func(os []watch.Closed) { mu.Lock(); records = append(records, os...); mu.Unlock() },
		Probe: func(ctx context.Context, t probe.Target) probe.Result {
			r := probe.Probe(ctx, t)
			mu.Lock()
			defer mu.Unlock()
			if t.Depth == probe.Light {
				if lights++; lights == 4 {
					cancel()
				}
			}
			return r
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	w.Run(ctx)
	// The first one is full, all others light; the fourth was cut off by the end.
	if st := w.Stats(); st.Light != 3 || st.Probes-st.Light > 2 || st.Failed != 0 {
		t.Errorf("%+v", st)
	}
	if len(records) != 1 || records[0].Status != wire.StatusUp || records[0].Probes < 4 || records[0].Width == 0 {
		t.Errorf("%+v", records)
	}
}
