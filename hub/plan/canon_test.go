package plan_test

import (
	"testing"

	"github.com/phukin/phukin/hub/plan"
)

func TestOneTextForEachValue(t *testing.T) {
	tests := []struct {
		kind     plan.CellKind
		in, want string
	}{
		{plan.ChainageCell, "Km12+500", "Km12+500"}, {plan.ChainageCell, "12+500", "Km12+500"}, {plan.ChainageCell, "12.5", "Km12+500"},
		{plan.ChainageCell, "12,5", "Km12+500"}, {plan.ChainageCell, "km 12 + 500", "Km12+500"}, {plan.ChainageCell, "Km12,5", "Km12+500"},
		{plan.ChainageCell, "Km12", "Km12+000"}, {plan.ChainageCell, "Km12+500,25", "Km12+500.25"}, {plan.ChainageCell, "-0.25", "-Km0+250"},
		{plan.ChainageCell, "495.06", "Km495+060"}, {plan.ChainageCell, "12", "12"}, {plan.ChainageCell, "12.500.000", "12.500.000"}, {plan.ChainageCell, "1e3", "1e3"},
		{plan.NumberCell, "4,50", "4.5"}, {plan.NumberCell, "+007", "7"}, {plan.NumberCell, "0,1000000000000000055", "0.1"}, {plan.NumberCell, "1.212,5", "1.212,5"},
		{plan.WholeCell, "0080", "80"}, {plan.WholeCell, "8.0", "8.0"},
		{plan.DayCell, "30/9/2026", "2026-09-30"}, {plan.DayCell, "30-09-2026", "2026-09-30"}, {plan.DayCell, "30.9.2026", "2026-09-30"},
		{plan.DayCell, "2026-09-30 00:00", "2026-09-30"}, {plan.DayCell, "9/30/2026", "9/30/2026"}, {plan.DayCell, "30/9/26", "30/9/26"},
		{plan.MomentCell, "30/9/2026  8:05", "2026-09-30 08:05"}, {plan.MomentCell, "8:05 30/9/2026", "2026-09-30 08:05"}, {plan.MomentCell, "30/9/2026", "2026-09-30 00:00"},
		{plan.MomentCell, "2026-09-30T08:05:00", "2026-09-30 08:05"}, {plan.MomentCell, "2026-09-30 08:05:30", "2026-09-30 08:05:30"},
		{plan.FlagCell, "Có", "true"}, {plan.FlagCell, "X", "true"}, {plan.FlagCell, "không", ""}, {plan.FlagCell, "perhaps", "perhaps"},
		{plan.CodesCell, " 18562,18565;  18571 ", "18562 18565 18571"},
		{plan.TextCell, " Cho\u031b\u0323 ", "Chợ"}, {plan.CodeCell, "007", "007"},
	}
	for _, test := range tests {
		c := plan.Column{Name: "x", Kind: test.kind}
		if got := c.Canonical(test.in); got != test.want {
			t.Errorf("kind %d: %q is %q, want %q", test.kind, test.in, got, test.want)
		}
	}
	end := plan.Column{Name: "to", Kind: plan.MomentCell}
	if got := end.Canonical("30/9/2026"); got != "2026-10-01 00:00" {
		t.Errorf("a window that ends on a day ends at %s", got)
	}
}

// The canonical text of a cell is its own canonical text.
func FuzzCell(f *testing.F) {
	for _, s := range []string{"Km12+500", "12,5", "30/09/2026", "2026-09-30 08:00", "8:00 1/1/2026", "có", "-0,0", "h265", "18562 18565", "Cho\u031b\u0323", "Km99999+999.999", "1e9", "-Km0+000"} {
		for kind := range plan.WordCell + 1 {
			f.Add(s, uint8(kind), false)
		}
	}
	f.Fuzz(func(t *testing.T, s string, kind uint8, end bool) {
		c := plan.Column{Name: "from", Kind: plan.CellKind(kind % uint8(plan.WordCell+1))}
		if end {
			c.Name = "to"
		}
		once := c.Canonical(s)
		if twice := c.Canonical(once); twice != once {
			t.Fatalf("kind %d: %q is %q, and that is %q", c.Kind, s, once, twice)
		}
	})
}
