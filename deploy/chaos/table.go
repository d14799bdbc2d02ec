package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// pageFile is the page that shows the table, in the module's folder.
const pageFile = "docs/reliability.md"

// marker begins the table's place there.
const (
	beginMarker = "<!-- begin chaos: make chaos CHAOS=-update -->"
	endMarker   = "<!-- end chaos -->"
)

// table writes the results as a page shows them.
func table(results []*result, seed uint64, took time.Duration) string {
	var b strings.Builder
	var t tally
	sum := &result{plot: plot{Name: "**all**"}}
	row := func(r *result) {
		t := &r.tally
		fmt.Fprintf(&b, "| %s | %d | %d | %d | %d | %d | %d | %d | %d | %d | %d | %d | %d | **%d** | **%d** | %.0f | **%.1f** |\n",
			r.plot.Name, t.Agents, t.Brokers, t.Hubs, t.Cuts, t.Damage+t.Full, t.Power, t.Steps+t.Boot,
			r.Journalled, r.History, r.Spooled, r.Declared, r.SetAside, r.Lost, r.Duplicated,
			(time.Duration(r.Compared) * grid * time.Millisecond).Seconds(), r.wrongSeconds())
	}
	b.WriteString("| world | killed: agent | broker | hub | lines spoiled | disks full or damaged | power cuts | clocks set, reboots | taken by spools | in the history | still spooled | declared | set aside | lost | duplicated | seconds compared | wrong |\n")
	b.WriteString("|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n")
	for _, r := range results {
		row(r)
		s := &sum.tally
		t = r.tally
		s.Agents, s.Brokers, s.Hubs = s.Agents+t.Agents, s.Brokers+t.Brokers, s.Hubs+t.Hubs
		s.Cuts, s.Full, s.Damage, s.Power, s.Steps, s.Boot = s.Cuts+t.Cuts, s.Full+t.Full, s.Damage+t.Damage, s.Power+t.Power, s.Steps+t.Steps, s.Boot+t.Boot
		f, g := &sum.finding, &r.finding
		f.Journalled, f.History, f.Spooled, f.Declared, f.SetAside = f.Journalled+g.Journalled, f.History+g.History, f.Spooled+g.Spooled, f.Declared+g.Declared, f.SetAside+g.SetAside
		f.Marked, f.Lost, f.Duplicated = f.Marked+g.Marked, f.Lost+g.Lost, f.Duplicated+g.Duplicated
		sum.add(r.comparison)
	}
	row(sum)
	fmt.Fprintf(&b, "\nSeed %d: %d kills in %.0f s; %d records were marked with a clock that is not the hub's.\n", seed, sum.kills(), took.Seconds(), sum.Marked)
	return b.String()
}

// updatePage puts the table between its markers.
func updatePage(text string) error {
	root, err := moduleRoot()
	if err != nil {
		return err
	}
	path := filepath.Join(root, pageFile)
	page, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	changed, err := between(string(page), text)
	if err != nil {
		return err
	}
	return os.WriteFile(path, []byte(changed), 0o644) // a page
}

// between replaces what stands between the markers.
func between(page, text string) (string, error) {
	before, rest, ok1 := strings.Cut(page, beginMarker)
	_, after, ok2 := strings.Cut(rest, endMarker)
	if !ok1 || !ok2 {
		return "", fmt.Errorf("%s has no markers %s … %s", pageFile, beginMarker, endMarker)
	}
	return before + beginMarker + "\n\n" + strings.TrimSpace(text) + "\n\n" + endMarker + after, nil
}

func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", fmt.Errorf("run this inside the module: no go.mod above %s", dir)
		}
		dir = up
	}
}
