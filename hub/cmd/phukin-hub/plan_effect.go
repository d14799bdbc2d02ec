package main

import (
	"fmt"
	"io"
	"math"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/revise"
)

// effect writes what a proposal does to the coverage: kilometres in view and
// controlled by the cameras that are planned, and by those that are accepted,
// at the plan's own level, before and after. Routes of which nothing changes
// are left out.
func effect(w io.Writer, p *revise.Proposal) error {
	e, err := p.Effect(plan.DateOf(time.Now(), p.Compiled.Plan.Location))
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "\nđộ phủ tính bằng km ở mức %[1]q, trước → sau\n    coverage in km at the level %[1]q, before → after\n", e.Level)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, strings.Join([]string{"tuyến", "dài", "trong tầm, kế hoạch", "kiểm soát, kế hoạch", "trong tầm, nghiệm thu", "kiểm soát, nghiệm thu"}, "\t"))
	fmt.Fprintln(t, strings.Join([]string{"route", "length", "in view, planned", "controlled, planned", "in view, accepted", "controlled, accepted"}, "\t"))
	changed := false
	for _, r := range e.Routes {
		if r.Changes() {
			changed = true
			fmt.Fprintln(t, row(r.Code, r.Change))
		}
	}
	if !changed {
		fmt.Fprintln(t, "(không tuyến nào đổi: no route changes)\t\t\t\t\t")
	}
	fmt.Fprintln(t, row("tổng (total)", e.Total))
	return t.Flush()
}

func row(name string, c revise.Change) string {
	cells := []string{name}
	for _, p := range c.Pairs() {
		if math.Abs(p[0]-p[1]) < 1 {
			cells = append(cells, fmt.Sprintf("%.2f", p[1]/1000))
		} else {
			cells = append(cells, fmt.Sprintf("%.2f → %.2f", p[0]/1000, p[1]/1000))
		}
	}
	return strings.Join(cells, "\t")
}
