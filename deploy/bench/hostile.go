package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/phukin/phukin/agent/probe/probetest"
	"github.com/phukin/phukin/deploy/bench/hostile"
)

// hostileTable probes the whole table in a process of its own; the cameras run in
// another one.
func hostileTable(ctx context.Context, _ options, f *figures) error {
	var targets []hostile.Target
	cameras, err := spawn(ctx, "hostile", struct{}{}, &targets)
	if err != nil {
		return err
	}
	defer cameras.close()
	var a hostile.Answer
	dir, err := os.MkdirTemp("", "phukin-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	// A program of its own: what else this one has in it is not the probe's.
	prober := filepath.Join(dir, "prober")
	if err := build(ctx, prober, "github.com/phukin/phukin/deploy/bench/prober"); err != nil {
		return err
	}
	p, err := start(ctx, []string{prober}, targets, &a)
	if err != nil {
		return fmt.Errorf("prober: %w", err)
	}
	p.close()
	for _, d := range a.Differ {
		fmt.Fprintln(os.Stderr, "bench: hostile:", d)
	}
	modes := fmt.Sprintf("%d modes, %d at once", a.Probes, hostile.Sessions)
	f.add("the whole hostile table: peak RSS", mib(a.PeakKiB), "the same process before its first probe", mib(a.BaseKiB), "", "≤ 32 MB", a.PeakKiB <= 32<<10)
	f.add("… longest beyond its deadline", fmt.Sprintf("%d ms", a.Late.Milliseconds()), a.LateMode, "", "", "≤ 100 ms", a.Late <= hostile.Slack)
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
	var targets []hostile.Target
	for i, m := range probetest.Modes() {
		cam, err := probetest.Start(m)
		if err != nil {
			return err
		}
		defer cam.Close()
		targets = append(targets, hostile.Target{Mode: i, URL: cam.URL(), CA: cam.CA()})
	}
	if err := json.NewEncoder(out).Encode(targets); err != nil {
		return err
	}
	_ = orders.Decode(&o) // until the end
	return nil
}
