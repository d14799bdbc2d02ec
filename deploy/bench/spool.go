package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"

	"github.com/phukin/phukin/agent/spool/spooltest"
)

// wearBound is how many bytes a record of wearRecord bytes may cost the device.
const (
	wearBound  = 8000
	wearRecord = 2000
)

// spoolChild appends to a spool until it is killed.
func spoolChild(_ context.Context, _ io.Reader, out io.Writer) error {
	return spooltest.AppendForEver(os.Getenv(spooltest.ChildDir), out)
}

// printSpool prints what becomes of a spool whatever happens to its files. With
// PHUKIN_REQUIRE_PEERS=1 what could not be tried counts as a difference.
func printSpool(ctx context.Context, o options) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "phukin-spool-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	var rows [][]string
	var all []spooltest.Row
	differ := 0
	err = spooltest.Matrix(ctx, spooltest.Options{
		Long: !o.short, Dir: dir, Child: func() *exec.Cmd { return exec.CommandContext(ctx, self, "child", "spool") },
	}, func(r spooltest.Row) {
		verdict := "ok"
		switch {
		case r.Skipped != "":
			verdict = "not tried"
			if os.Getenv("PHUKIN_REQUIRE_PEERS") != "" {
				differ++
			}
		case r.Wrong != "":
			verdict = "DIFFERS"
			differ++
			fmt.Fprintf(os.Stderr, "bench: %s: %s\n", r.Damage, r.Wrong)
		}
		all = append(all, r)
		rows = append(rows, []string{r.Damage, r.Opens, r.Kept, r.Declared, r.Numbers, verdict})
	})
	if err != nil {
		return err
	}
	fmt.Fprint(os.Stderr, spooltest.LoudSkips(all))
	text := markdown(append(spooltest.Head, ""), rows)
	fmt.Print(text)
	fmt.Printf("%d things that happen, %d differ\n", len(rows), differ)
	if o.update {
		if err := updatePage(reliabilityFile, "spool-matrix", text); err != nil {
			return err
		}
	}
	if differ > 0 {
		return errMissed
	}
	return nil
}

// spoolWear measures what a record costs the device.
func spoolWear(ctx context.Context, o options, f *figures) error {
	dir, err := os.MkdirTemp("", "phukin-wear-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	n := 4000
	if o.short {
		n = 1000
	}
	w, err := spooltest.MeasureWear(ctx, dir, n, wearRecord)
	if err != nil {
		return err
	}
	kb := func(v float64) string { return fmt.Sprintf("%.1f kB", v/1000) }
	what := "written for a record of 2 kB, appended and trimmed"
	f.add(what+", by pages synced", kb(w.Pages), "", "", fmt.Sprintf("%.2f syncs", w.Syncs), "≤ 8 kB", w.Pages <= wearBound)
	if w.Device >= 0 {
		f.add(what+", as a block device counts", kb(w.Device), "a log that grows, fsync", kb(w.Log), fmt.Sprintf("%.2f ×", w.Device/w.Log), "≤ 8 kB", w.Device <= wearBound)
	}
	return nil
}
