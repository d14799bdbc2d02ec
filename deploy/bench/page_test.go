package main

import (
	"flag"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/phukin/phukin/agent/probe"
	"github.com/phukin/phukin/agent/probe/probetest"
	"github.com/phukin/phukin/deploy/bench/hostile"
	"github.com/phukin/phukin/deploy/bench/peers"
	"github.com/phukin/phukin/hub/wire"
)

var update = flag.Bool("update", false, "write the table of hints into docs/probe.md")

// section gives what stands between the markers of a name on a page.
func section(t *testing.T, file, name string) string {
	t.Helper()
	page, err := os.ReadFile("../../" + file)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(page), "<!-- begin "+name)
	_, rest, line := strings.Cut(rest, "\n")
	text, _, ended := strings.Cut(rest, "<!-- end "+name+" -->")
	if !ok || !line || !ended {
		t.Fatalf("%s has no section %s", file, name)
	}
	return strings.TrimSpace(text) + "\n"
}

// cells gives the rows of a table without its head.
func cells(table string) (rows [][]string) {
	for i, line := range strings.Split(strings.TrimSpace(table), "\n") {
		if i < 2 {
			continue
		}
		parts := strings.Split(strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(line), "|"), "|"), "|")
		for k := range parts {
			parts[k] = strings.TrimSpace(parts[k])
		}
		rows = append(rows, parts)
	}
	return rows
}

func TestThePageHasEveryFaultWithBothHints(t *testing.T) {
	if *update {
		if err := updatePage(pageFile, "hints", hintTable()); err != nil {
			t.Fatal(err)
		}
	}
	if got := section(t, pageFile, "hints"); got != hintTable() {
		t.Errorf("the table of hints is not that of hub/wire/texts: go test ./deploy/bench -update\n%s", got)
	}
	if n := len(cells(section(t, pageFile, "hints"))); n != len(wire.Faults()) {
		t.Errorf("%d faults, want %d", n, len(wire.Faults()))
	}
}

func TestThePageShowsEveryModeAsExpected(t *testing.T) {
	shown := map[string]string{}
	for _, row := range cells(section(t, pageFile, "modes")) {
		shown[row[0]] = row[1]
		if row[1] != row[2] || row[4] != "ok" {
			t.Errorf("%v", row)
		}
	}
	for _, m := range probetest.Modes() {
		if shown[m.Name] != hostile.Expected(m) {
			t.Errorf("%q is shown as %q, want %q: make probe-matrix MATRIX=-update", m.Name, shown[m.Name], hostile.Expected(m))
		}
		delete(shown, m.Name)
	}
	for name := range shown {
		t.Errorf("%q is no mode any more: make probe-matrix MATRIX=-update", name)
	}
}

func TestThePageShowsEveryWayToAskRealServers(t *testing.T) {
	shown := map[string]bool{}
	for _, row := range cells(section(t, pageFile, "servers")) {
		shown[strings.Join(row[:5], "|")] = true
		if row[4] != row[5] || row[7] != "ok" {
			t.Errorf("%v", row)
		}
	}
	for _, c := range peers.Cases() {
		if row := strings.Join([]string{string(c.Server), c.Codec, c.Auth, c.Transport, wanted(c)}, "|"); !shown[row] {
			t.Errorf("%s is not shown: make probe-matrix MATRIX=-update", row)
		}
	}
	if len(shown) != len(peers.Cases()) {
		t.Errorf("%d rows, want %d", len(shown), len(peers.Cases()))
	}
}

func TestThePageShowsEveryFigure(t *testing.T) {
	rows := cells(section(t, pageFile, "figures"))
	bounds := map[string]bool{}
	for _, row := range rows {
		bounds[row[5]] = true
	}
	for _, b := range []string{"≤ 1.30×", "≤ 1.15×", "≥ 150× less", "≤ 20 MB", "≤ 32 MB", "≤ 100 ms"} {
		if !bounds[b] {
			t.Errorf("no figure with the bound %s", b)
		}
	}
}

func TestAResultThatIsNotTheModesDiffers(t *testing.T) {
	for _, m := range probetest.Modes() {
		right := probe.Result{Fault: m.Fault, FellOn: m.FellOn, RTSPStatus: m.Status, Codec: m.Codec, Width: m.Width, Height: m.Height, Elapsed: time.Second}
		if m.Good() {
			right.Reached = wire.RungFresh
		} else {
			right.Codec, right.Width, right.Height = wire.CodecH264, 1, 1 // not looked at after a fall
		}
		if d := hostile.Differs(m, &right); d != "" {
			t.Errorf("%s: %s", m.Name, d)
		}
		wrong := right
		wrong.Fault, wrong.FellOn = wire.FaultRefused, wire.RungFresh
		if hostile.Differs(m, &wrong) == "" {
			t.Errorf("%s: a wrong fault does not differ", m.Name)
		}
		if m.Good() {
			wrong = right
			wrong.Width++
			if hostile.Differs(m, &wrong) == "" {
				t.Errorf("%s: a wrong width does not differ", m.Name)
			}
		}
	}
}

func TestOnlyWhatStandsBetweenMarkersIsReplaced(t *testing.T) {
	page := "a\n<!-- begin x: how -->\nold\n<!-- end x -->\nb\n"
	got, err := between(page, "x", "new\n")
	if err != nil || got != "a\n<!-- begin x: how -->\n\nnew\n\n<!-- end x -->\nb\n" {
		t.Errorf("%q, %v", got, err)
	}
	if again, err := between(got, "x", "new"); err != nil || again != got {
		t.Errorf("twice: %q, %v", again, err)
	}
	for _, bad := range []string{"", "<!-- begin x -->", "<!-- end x -->\n<!-- begin x -->\n", "<!-- begin x --><!-- end x -->"} {
		if _, err := between(bad, "x", "new"); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}

func TestAMissedBoundIsShownAndCounts(t *testing.T) {
	var f figures
	f.add("a", "1", "", "", "", "≤ 2", true)
	f.add("b", "1", "", "", "", "", false)
	if f.missed {
		t.Error("missed without a bound")
	}
	f.add("c", "3", "", "", "", "≤ 2", false)
	if !f.missed || f.rows[0][6] != "ok" || f.rows[1][6] != "" || f.rows[2][6] != "MISSED" {
		t.Errorf("%+v", f)
	}
}
