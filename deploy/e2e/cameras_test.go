package e2e_test

import (
	"errors"
	"testing"
	"time"

	"github.com/phukin/phukin/agent/probe"
	"github.com/phukin/phukin/deploy/bench/peers"
)

// startPeer runs a server of the table, or skips loudly.
func startPeer(t *testing.T, s peers.Server) *peers.Running {
	t.Helper()
	r, err := peers.Start(t.Context(), s)
	var missing *peers.MissingError
	if errors.As(err, &missing) {
		need(t, false, missing.What, missing.Install)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r
}

// Every line of servers × codec × authentication × transport, as `make
// probe-matrix` prints it.
func TestRealCamerasAreReportedAsWhatTheyAre(t *testing.T) {
	for _, s := range peers.Servers() {
		t.Run(string(s), func(t *testing.T) {
			r := startPeer(t, s)
			peers.Look(t.Context(), s, r, func(c peers.Case, res probe.Result) {
				t.Logf("%s: reached %s in %v, %s %d×%d, %.1f frames per second, loss %.4f, jitter %.1f ms, key frames every %.2f s: %v", c.Name(), res.Reached,
					res.Elapsed.Round(time.Millisecond), res.Codec, res.Width, res.Height, res.FrameRate, res.Loss, res.Jitter, res.KeyframeGap, res.Err)
				if err := c.Differs(&res); err != nil {
					t.Errorf("%s: %v", c.Name(), err)
				}
			})
		})
	}
}
