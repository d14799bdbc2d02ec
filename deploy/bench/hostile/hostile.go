// Package hostile probes cameras that do what they should not, and says what
// that cost. It is apart from the bench so that the program which probes holds
// the probe and little else, as the agent does.
package hostile

import (
	"context"
	"crypto/x509"
	"fmt"
	"os"
	"runtime"
	"sync"
	"time"

	"github.com/phukin/phukin/agent/probe"
	"github.com/phukin/phukin/agent/probe/probetest"
	"github.com/phukin/phukin/deploy/bench/proc"
	"github.com/phukin/phukin/hub/wire"
)

// Sessions is how many cameras are probed at once: as many as the
// agent does by default.
const Sessions = 8

// Slack is what a probe may take beyond its deadline.
const Slack = 100 * time.Millisecond

// Target is one hostile camera, as the child with the probes is told
// of it.
type Target struct {
	Mode int // index in probetest.Modes
	URL  string
	CA   []byte // PEM of who vouches for it
}

// Answer is what the child with the probes saw.
type Answer struct {
	PeakKiB    int
	BaseKiB    int           // before the first probe
	Late       time.Duration // most that a probe took beyond its deadline, negative if none did
	LateMode   string
	Goroutines int // more than before
	Files      int
	Differ     []string // modes that were not reported as what they are
	Probes     int
}

// TargetOf is how a mode is probed: as agent/probe's own tests do it.
func TargetOf(m probetest.Mode, url string, roots *x509.CertPool) probe.Target {
	t := probe.Target{URL: url, Window: 400 * time.Millisecond, Timeout: 1200 * time.Millisecond, Insecure: m.Insecure, RootCAs: roots}
	if m.UDP {
		t.Transport = probe.TransportUDP
	}
	if m.Good() {
		t.Window, t.Timeout = 800*time.Millisecond, 4*time.Second
	}
	return t
}

// verdict writes what a mode must be, or what a probe found.
func verdict(f wire.Fault, on wire.Rung, status int, codec wire.Codec, width, height int) string {
	switch {
	case f == wire.FaultNone:
		return fmt.Sprintf("fresh %s %d×%d", codec, width, height)
	case status != 0:
		return fmt.Sprintf("%s@%s %d", f, on, status)
	}
	return fmt.Sprintf("%s@%s", f, on)
}

// Expected says what a mode must be.
func Expected(m probetest.Mode) string {
	return verdict(m.Fault, m.FellOn, m.Status, m.Codec, m.Width, m.Height)
}

// Got says what a probe found.
func Got(res *probe.Result) string {
	if res.Aborted() || res.Fault == wire.FaultNone && !res.OK() {
		return fmt.Sprintf("ended on %s: %v", res.Reached, res.Err)
	}
	return verdict(res.Fault, res.FellOn, res.RTSPStatus, res.Codec, res.Width, res.Height)
}

// Differs says in what a result is not what the mode is, or "".
func Differs(m probetest.Mode, res *probe.Result) string {
	if w, g := Expected(m), Got(res); w != g {
		return "want " + w + ", got " + g
	}
	return ""
}

// Probe probes all targets.
func Probe(ctx context.Context, targets []Target) (Answer, error) {
	modes := probetest.Modes()
	a := Answer{Probes: len(targets), Late: -time.Hour}
	var err error
	if a.BaseKiB, err = proc.Status(os.Getpid(), "VmRSS"); err != nil {
		return a, err
	}
	goroutines, files := runtime.NumGoroutine(), openFiles()
	var mu sync.Mutex
	var wg sync.WaitGroup
	sessions := make(chan struct{}, Sessions)
	for _, h := range targets {
		sessions <- struct{}{}
		wg.Go(func() {
			defer func() { <-sessions }()
			m := modes[h.Mode]
			roots := x509.NewCertPool()
			roots.AppendCertsFromPEM(h.CA)
			t := TargetOf(m, h.URL, roots)
			res := probe.Probe(ctx, t)
			mu.Lock()
			defer mu.Unlock()
			if late := res.Elapsed - t.Timeout; late > a.Late {
				a.Late, a.LateMode = late, m.Name
			}
			if d := Differs(m, &res); d != "" {
				a.Differ = append(a.Differ, m.Name+": "+d)
			}
		})
	}
	wg.Wait()
	time.Sleep(100 * time.Millisecond) // for what ends by itself after a probe
	a.Goroutines, a.Files = runtime.NumGoroutine()-goroutines, openFiles()-files
	a.PeakKiB, err = proc.Status(os.Getpid(), "VmHWM")
	return a, err
}

func openFiles() int {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return 0
	}
	return len(entries)
}
