package wire_test

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/phukin/phukin/hub/wire"
)

func TestEveryWordOfTheContractIsSaidInBothLanguages(t *testing.T) {
	for _, lang := range []wire.Lang{wire.VI, wire.EN} {
		c := wire.Texts(lang)
		said := func(what, text string) {
			t.Helper()
			if strings.TrimSpace(text) == "" || strings.TrimSpace(text) != text {
				t.Errorf("%s: %s is called %q", lang, what, text)
			}
		}
		for _, f := range wire.Faults() {
			said("fault "+f.String(), c.Fault(f))
			said("hint for "+f.String(), c.Hint(f))
		}
		for _, r := range wire.Rungs() {
			said("rung "+r.String(), c.Rung(r))
		}
		said("rung none", c.Rung(wire.RungNone))
		for _, r := range wire.Reasons() {
			said("reason "+r.String(), c.Reason(r))
		}
		for _, s := range []wire.Status{wire.StatusUp, wire.StatusDegraded, wire.StatusDown} {
			said("status "+s.String(), c.Status(s))
		}
		for _, s := range []string{"unknown", "not_in_service", "maintenance"} {
			said("status "+s, c.Statuses[s])
		}
		for _, s := range []string{"agent_offline", "not_enrolled", "no_evidence"} {
			said("cause "+s, c.Causes[s])
		}
	}
	if diff := cmp.Diff(wire.Texts(wire.EN), wire.Texts("fr")); diff != "" {
		t.Errorf("an unknown language does not get English: %s", diff)
	}
}

// The web reads the same files, so that no key may be in one only, and none
// may be a word the contract does not have.
func TestBothLanguagesHaveTheSameKeys(t *testing.T) {
	read := func(path string) map[string]map[string]string {
		p, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var c map[string]map[string]string
		if err := json.Unmarshal(p, &c); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		return c
	}
	vi, en := read("texts/vi.json"), read("texts/en.json")
	keys := func(c map[string]map[string]string) map[string][]string {
		all := map[string][]string{}
		for section, words := range c {
			all[section] = slices.Sorted(maps.Keys(words))
		}
		return all
	}
	if diff := cmp.Diff(keys(vi), keys(en)); diff != "" {
		t.Errorf("vi.json and en.json have different keys (-vi +en):\n%s", diff)
	}
	for section, n := range map[string]int{"status": 6, "cause": 3, "rung": len(wire.Rungs()) + 1, "reason": len(wire.Reasons()), "fault": len(wire.Faults()), "hint": len(wire.Faults())} {
		if len(vi[section]) != n {
			t.Errorf("section %s has %d words, the contract has %d", section, len(vi[section]), n)
		}
	}
	if len(vi) != 6 {
		t.Errorf("vi.json has sections %v", slices.Sorted(maps.Keys(vi)))
	}
}

// Names are keys of texts, of the API and of stored reports.
func TestNamesAreDistinctAndUnknownNumbersSaySo(t *testing.T) {
	names := map[string]bool{}
	for _, f := range wire.Faults() {
		names[f.String()] = true
	}
	if len(names) != len(wire.Faults()) {
		t.Errorf("%d names for %d faults", len(names), len(wire.Faults()))
	}
	for got, want := range map[string]string{
		wire.StatusUp.String(): "up", wire.StatusDegraded.String(): "degraded", wire.StatusDown.String(): "down",
		wire.RungNone.String(): "none", wire.RungFresh.String(): "fresh", wire.FaultNone.String(): "", wire.FaultMalformed.String(): "malformed",
		wire.ReasonLoss.String(): "loss", wire.CodecH264.String(): "h264", wire.CodecH265.String(): "h265",
		wire.Status(9).String(): "unknown(9)", wire.Rung(99).String(): "unknown(99)", wire.Fault(255).String(): "unknown(255)",
	} {
		if got != want {
			t.Errorf("name %q, want %q", got, want)
		}
	}
	for n := range 256 {
		if got, want := wire.Status(n).Valid(), n >= 1 && n <= 3; got != want {
			t.Errorf("Status(%d).Valid() = %v", n, got)
		}
		if got, want := wire.Fault(n).Valid(), n <= len(wire.Faults()); got != want {
			t.Errorf("Fault(%d).Valid() = %v", n, got)
		}
		if got, want := wire.Rung(n).Valid(), n <= len(wire.Rungs()); got != want {
			t.Errorf("Rung(%d).Valid() = %v", n, got)
		}
		if got, want := wire.Reason(n).Valid(), n >= 1 && n <= len(wire.Reasons()); got != want {
			t.Errorf("Reason(%d).Valid() = %v", n, got)
		}
	}
}
