package main

import (
	"context"
	"crypto/x509"
	"fmt"
	"sync"
	"time"

	"github.com/phukin/phukin/agent/probe"
	"github.com/phukin/phukin/agent/probe/probetest"
	"github.com/phukin/phukin/hub/wire"
)

var modeHead = []string{"mode", "expected", "got", "ms", ""}

// targetOf is how a mode is probed: as agent/probe's own tests do it.
func targetOf(m probetest.Mode, url string, roots *x509.CertPool) probe.Target {
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

func expected(m probetest.Mode) string {
	return verdict(m.Fault, m.FellOn, m.Status, m.Codec, m.Width, m.Height)
}

func got(res *probe.Result) string {
	if res.Aborted() || res.Fault == wire.FaultNone && !res.OK() {
		return fmt.Sprintf("ended on %s: %v", res.Reached, res.Err)
	}
	return verdict(res.Fault, res.FellOn, res.RTSPStatus, res.Codec, res.Width, res.Height)
}

// differs says in what a result is not what the mode is, or "".
func differs(m probetest.Mode, res *probe.Result) string {
	if w, g := expected(m), got(res); w != g {
		return "want " + w + ", got " + g
	}
	return ""
}

// modeTable probes every mode of probetest.
func modeTable(ctx context.Context) (rows [][]string, differ int, err error) {
	modes := probetest.Modes()
	rows = make([][]string, len(modes))
	var mu sync.Mutex
	var wg sync.WaitGroup
	sessions := make(chan struct{}, hostileSessions)
	for i, m := range modes {
		sessions <- struct{}{}
		wg.Go(func() {
			defer func() { <-sessions }()
			cam, failed := probetest.Start(m)
			if failed != nil {
				mu.Lock()
				defer mu.Unlock()
				err = failed
				return
			}
			defer cam.Close()
			t := targetOf(m, cam.URL(), cam.RootCAs())
			res := probe.Probe(ctx, t)
			verdict := "ok"
			if differs(m, &res) != "" || res.Elapsed > t.Timeout+slack {
				verdict = "DIFFERS"
			}
			mu.Lock()
			defer mu.Unlock()
			if verdict != "ok" {
				differ++
			}
			rows[i] = []string{m.Name, expected(m), got(&res), fmt.Sprint(res.Elapsed.Milliseconds()), verdict}
		})
	}
	wg.Wait()
	return rows, differ, err
}
