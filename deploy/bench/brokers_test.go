package main

import (
	"slices"
	"testing"

	"github.com/phukin/phukin/hub/broker/brokertest"
)

func TestThePageShowsWhatAnAgentCanAndCannotDo(t *testing.T) {
	kinds, cases := brokertest.Kinds(), brokertest.Cases()
	rows := cells(section(t, reliabilityFile, "broker-matrix"))
	if len(rows) != len(cases) {
		t.Errorf("%d lines, want %d: make broker-matrix MATRIX=-update", len(rows), len(cases))
	}
	for i, c := range cases[:min(len(rows), len(cases))] {
		want := []string{c.Name}
		for _, k := range kinds {
			want = append(want, c.Want(k))
		}
		if want = append(want, "ok"); !slices.Equal(rows[i], want) {
			t.Errorf("the page shows %q, want %q: make broker-matrix MATRIX=-update", rows[i], want)
		}
	}
}

func TestAnOutcomeThatIsNotExpectedDiffers(t *testing.T) {
	kinds, cases := brokertest.Kinds(), brokertest.Cases()[:2]
	got := make([][]string, 2)
	for i := range cases {
		for _, k := range kinds {
			got[i] = append(got[i], cases[i].Want(k))
		}
	}
	got[1][2] = "flies"
	rows, differ := brokerTable(kinds, cases, got)
	if differ != 1 || rows[0][len(rows[0])-1] != "ok" || rows[1][len(rows[1])-1] != "DIFFERS" || rows[1][3] != "flies, not "+cases[1].Want(kinds[2]) {
		t.Errorf("%d differ: %q", differ, rows)
	}
}
