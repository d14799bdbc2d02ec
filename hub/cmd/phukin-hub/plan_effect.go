package main

import (
	"fmt"
	"io"
	"math"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/phukin/phukin/hub/coverage"
	"github.com/phukin/phukin/hub/plan"
)

// effect writes what a difference does to the coverage: kilometres in view and
// controlled by the cameras that are planned, and by those that are accepted,
// at the plan's own level, before and after. Routes of which nothing changes
// are left out.
func effect(w io.Writer, old *plan.Document, after *plan.Compiled) error {
	day := plan.DateOf(time.Now(), after.Plan.Location)
	var before measured
	if old.Len() > 0 {
		c, err := plan.Compile(old)
		if err != nil {
			return err
		}
		if before, err = measure(c.Plan, day); err != nil {
			return err
		}
	}
	now, err := measure(after.Plan, day)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "\nđộ phủ tính bằng km ở mức %[1]q, trước → sau\n    coverage in km at the level %[1]q, before → after\n", now.level)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, strings.Join([]string{"tuyến", "dài", "trong tầm, kế hoạch", "kiểm soát, kế hoạch", "trong tầm, nghiệm thu", "kiểm soát, nghiệm thu"}, "\t"))
	fmt.Fprintln(t, strings.Join([]string{"route", "length", "in view, planned", "controlled, planned", "in view, accepted", "controlled, accepted"}, "\t"))
	changed := false
	for _, code := range append(now.codes, before.gone(now)...) {
		if a, b := before.routes[code], now.routes[code]; a.differs(b) {
			changed = true
			fmt.Fprintln(t, row(code, a, b))
		}
	}
	if !changed {
		fmt.Fprintln(t, "(không tuyến nào đổi: no route changes)\t\t\t\t\t")
	}
	fmt.Fprintln(t, row("tổng (total)", before.total, now.total))
	return t.Flush()
}

// kilometres is what one route has, in metres: its length, and what is in
// view and controlled by planned and by accepted cameras.
type kilometres [5]float64

func (k kilometres) differs(o kilometres) bool {
	for i := range k {
		if math.Abs(k[i]-o[i]) >= 1 {
			return true
		}
	}
	return false
}

func row(name string, a, b kilometres) string {
	cells := []string{name}
	for i := range a {
		if math.Abs(a[i]-b[i]) < 1 {
			cells = append(cells, fmt.Sprintf("%.2f", b[i]/1000))
		} else {
			cells = append(cells, fmt.Sprintf("%.2f → %.2f", a[i]/1000, b[i]/1000))
		}
	}
	return strings.Join(cells, "\t")
}

type measured struct {
	level  string
	codes  []string // of the routes, in the plan's order
	routes map[string]kilometres
	total  kilometres
}

// gone gives the routes that are not in another plan.
func (m measured) gone(now measured) (codes []string) {
	for _, code := range m.codes {
		if _, ok := now.routes[code]; !ok {
			codes = append(codes, code)
		}
	}
	return codes
}

func measure(p *plan.Plan, day plan.Date) (measured, error) {
	level, _ := p.LevelByCode(p.Level)
	eye, err := coverage.NewEye(p, level, nil)
	if err != nil {
		return measured{}, err
	}
	m := measured{level: level.Code, routes: map[string]kilometres{}}
	planned := eye.Cover(func(c *plan.Camera) bool { return c.InPlan(day) })
	accepted := eye.Cover(func(c *plan.Camera) bool { return c.ClaimedAccepted(day) })
	for i, r := range planned.Routes {
		a := accepted.Routes[i]
		m.codes = append(m.codes, r.Code)
		m.routes[r.Code] = kilometres{r.Length, r.InView, r.Controlled, a.InView, a.Controlled}
	}
	m.total = kilometres{planned.Total.Length, planned.Total.InView, planned.Total.Controlled, accepted.Total.InView, accepted.Total.Controlled}
	return m, nil
}
