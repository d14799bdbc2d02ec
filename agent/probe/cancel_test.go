package probe_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/phukin/phukin/agent/probe"
	"github.com/phukin/phukin/agent/probe/probetest"
	"github.com/phukin/phukin/hub/wire"
)

func mode(t *testing.T, name string) probetest.Mode {
	t.Helper()
	for _, m := range probetest.Modes() {
		if m.Name == name {
			return m
		}
	}
	t.Fatalf("no mode %q", name)
	return probetest.Mode{}
}

func TestAProbeEndsSoonAfterItsContext(t *testing.T) {
	for _, name := range []string{"silent after OPTIONS", "silent after PLAY", "sends packets and no answer", "no packets", "no key frame",
		"UDP only", "UDP that a firewall drops", "silent at PLAY over UDP", "garbage over UDP without end", "moved to where nobody answers",
		"h264 with parameter sets in the description"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			try(t, func(r reporter) {
				cam := start(t, mode(t, name))
				ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
				defer cancel()
				res := probe.Probe(ctx, probe.Target{URL: cam.URL(), Window: 30 * time.Second, Timeout: time.Minute})
				cam.Wait() // the connection is closed
				if !res.Aborted() || res.OK() || res.Fault != wire.FaultNone || res.FellOn != wire.RungNone || !errors.Is(res.Err, context.DeadlineExceeded) {
					r.Errorf("%+v", res)
				}
				if res.Elapsed > 300*time.Millisecond+slack {
					r.Errorf("took %v", res.Elapsed)
				}
				played := slices.ContainsFunc(cam.Requests(), func(q probetest.Request) bool { return q.Method == "PLAY" })
				bye := slices.ContainsFunc(cam.Requests(), func(q probetest.Request) bool { return q.Method == "TEARDOWN" })
				if played && !bye && !strings.HasPrefix(name, "silent") {
					r.Errorf("no TEARDOWN")
				}
			})
		})
	}
}

func TestAProbeWhoseContextHasEndedDoesNotConnect(t *testing.T) {
	cam := start(t, mode(t, "h264 with parameter sets in the description"))
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("the agent shuts down")
	cancel(why)
	res := probe.Probe(ctx, probe.Target{URL: cam.URL()})
	if !res.Aborted() || !errors.Is(res.Err, why) || cam.Connections() != 0 {
		t.Errorf("%d connections, %+v", cam.Connections(), res)
	}
}
