package main

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"
	"sync"
	"time"

	"github.com/phukin/phukin/agent/probe"
	"github.com/phukin/phukin/agent/probe/probetest"
)

// hostileSessions is how many cameras are probed at once: as many as the
// agent does by default.
const hostileSessions = 8

// slack is what a probe may take beyond its deadline.
const slack = 100 * time.Millisecond

// hostileTarget is one hostile camera, as the child with the probes is told
// of it.
type hostileTarget struct {
	Mode int // index in probetest.Modes
	URL  string
	CA   []byte // PEM of who vouches for it
}

// hostileAnswer is what the child with the probes saw.
type hostileAnswer struct {
	PeakKiB    int
	BaseKiB    int           // before the first probe
	Late       time.Duration // most that a probe took beyond its deadline, negative if none did
	LateMode   string
	Goroutines int // more than before
	Files      int
	Differ     []string // modes that were not reported as what they are
	Probes     int
}

// hostile probes the whole table in a process of its own; the cameras run in
// another one.
func hostile(ctx context.Context, _ options, f *figures) error {
	var targets []hostileTarget
	cameras, err := spawn(ctx, "hostile", struct{}{}, &targets)
	if err != nil {
		return err
	}
	defer cameras.close()
	var a hostileAnswer
	if err := once(ctx, "probes", targets, &a); err != nil {
		return err
	}
	for _, d := range a.Differ {
		fmt.Fprintln(os.Stderr, "bench: hostile:", d)
	}
	modes := fmt.Sprintf("%d modes, %d at once", a.Probes, hostileSessions)
	f.add("the whole hostile table: peak RSS", mib(a.PeakKiB), "the same process before its first probe", mib(a.BaseKiB), "", "≤ 32 MB", a.PeakKiB <= 32<<10)
	f.add("… longest beyond its deadline", fmt.Sprintf("%d ms", a.Late.Milliseconds()), a.LateMode, "", "", "≤ 100 ms", a.Late <= slack)
	f.add("… reported as another fault than expected", fmt.Sprint(len(a.Differ)), modes, "", "", "0", len(a.Differ) == 0)
	f.add("… goroutines and open files left behind", fmt.Sprintf("%d and %d", a.Goroutines, a.Files), "", "", "", "0 and 0", a.Goroutines <= 0 && a.Files <= 0)
	return nil
}

func mib(kib int) string { return fmt.Sprintf("%.1f MB", float64(kib)/1024) }

// hostileChild runs a camera for every mode.
func hostileChild(_ context.Context, in io.Reader, out io.Writer) error {
	orders := json.NewDecoder(in)
	var o struct{}
	if err := orders.Decode(&o); err != nil {
		return err
	}
	var targets []hostileTarget
	for i, m := range probetest.Modes() {
		cam, err := probetest.Start(m)
		if err != nil {
			return err
		}
		defer cam.Close()
		targets = append(targets, hostileTarget{i, cam.URL(), cam.CA()})
	}
	if err := json.NewEncoder(out).Encode(targets); err != nil {
		return err
	}
	_ = orders.Decode(&o) // until the end
	return nil
}

// probesChild probes all targets.
func probesChild(ctx context.Context, in io.Reader, out io.Writer) error {
	var targets []hostileTarget
	if err := json.NewDecoder(in).Decode(&targets); err != nil {
		return err
	}
	modes := probetest.Modes()
	a := hostileAnswer{Probes: len(targets), Late: -time.Hour}
	var err error
	if a.BaseKiB, err = status(os.Getpid(), "VmRSS"); err != nil {
		return err
	}
	goroutines, files := runtime.NumGoroutine(), openFiles()
	var mu sync.Mutex
	var wg sync.WaitGroup
	sessions := make(chan struct{}, hostileSessions)
	for _, h := range targets {
		sessions <- struct{}{}
		wg.Go(func() {
			defer func() { <-sessions }()
			m := modes[h.Mode]
			roots := x509.NewCertPool()
			roots.AppendCertsFromPEM(h.CA)
			t := targetOf(m, h.URL, roots)
			res := probe.Probe(ctx, t)
			mu.Lock()
			defer mu.Unlock()
			if late := res.Elapsed - t.Timeout; late > a.Late {
				a.Late, a.LateMode = late, m.Name
			}
			if d := differs(m, &res); d != "" {
				a.Differ = append(a.Differ, m.Name+": "+d)
			}
		})
	}
	wg.Wait()
	time.Sleep(100 * time.Millisecond) // for what ends by itself after a probe
	a.Goroutines, a.Files = runtime.NumGoroutine()-goroutines, openFiles()-files
	if a.PeakKiB, err = status(os.Getpid(), "VmHWM"); err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(a)
}

func openFiles() int {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return 0
	}
	return len(entries)
}
