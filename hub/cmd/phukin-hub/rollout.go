package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/phukin/phukin/api"
	"github.com/phukin/phukin/api/client"
)

type rolloutCmd struct {
	Status        rolloutStatusCmd        `cmd:"" default:"withargs" help:"How far it had come on a day: claimed beside verified, of the plan and of its targets."`
	Curve         rolloutCurveCmd         `cmd:"" help:"S-curve: what was to be installed by a day, what is claimed and what was seen."`
	Overdue       rolloutOverdueCmd       `cmd:"" help:"Milestones that are late, longest first."`
	Discrepancies rolloutDiscrepanciesCmd `cmd:"" help:"Where plan and evidence contradict each other, and what to do."`
	Forecast      rolloutForecastCmd      `cmd:"" help:"When it will be complete if the next months are like the last ones."`
}

// tabled is an answer that can be written as a table.
type tabled interface{ Table() api.Table }

// about are the flags of which day and plan an answer is.
type about struct {
	asking
	Day      string `placeholder:"DAY" help:"As of the end of this day, yyyy-mm-dd; today when absent."`
	Revision int64  `placeholder:"N" help:"By this revision of the plan; the plan in force when absent."`
}

// part are the flags that leave out cameras.
type part struct {
	Phase string `placeholder:"CODE" help:"Only cameras of this phase."`
	Area  string `placeholder:"CODE" help:"Only cameras of this commune."`
}

type rolloutStatusCmd struct {
	about
	By string `default:"phase" enum:"phase,area,route,funding,owner" help:"phase, area, route, funding or owner (${default})."`
}

func (c *rolloutStatusCmd) Run(ctx context.Context) error {
	q := client.GetRolloutParams{Day: c.Day, Revision: given(c.Revision), By: c.By}
	return c.show(ctx, os.Stdout, q, &api.RolloutAnswer{}, 2, "code", "name_vi", "planned", "surveyed", "installed", "accepted", "enrolled", "verified", "overdue",
		"installed_of_plan_percent", "verified_of_plan_percent", "target_percent", "sites_planned", "sites_installed")
}

type rolloutCurveCmd struct {
	asking
	part
	From     string `placeholder:"DAY" help:"First day; the plan's first when absent."`
	To       string `placeholder:"DAY" help:"Last day; the plan's last when absent."`
	Every    string `default:"month" enum:"day,week,month" help:"day, week or month (${default})."`
	Revision int64  `placeholder:"N" help:"By this revision of the plan; the plan in force when absent."`
}

func (c *rolloutCurveCmd) Run(ctx context.Context) error {
	q := client.GetRolloutCurveParams{Phase: c.Phase, Area: c.Area, From: c.From, To: c.To, Every: c.Every, Revision: given(c.Revision)}
	return c.show(ctx, os.Stdout, q, &api.RolloutCurve{}, 1, "day", "scheduled", "planned", "surveyed", "installed", "accepted", "enrolled", "verified", "installed_verified")
}

type rolloutOverdueCmd struct {
	about
	part
}

func (c *rolloutOverdueCmd) Run(ctx context.Context) error {
	q := client.ListRolloutOverdueParams{Day: c.Day, Revision: given(c.Revision), Phase: c.Phase, Area: c.Area}
	return c.show(ctx, os.Stdout, q, &api.OverdueList{}, 9, "camera", "site", "site_name", "area_name", "route", "phase", "milestone", "reached", "due", "days")
}

type rolloutDiscrepanciesCmd struct {
	about
	part
	Days int64  `default:"7" help:"Days that an accepted camera must have been down, or silent (${default})."`
	Kind string `placeholder:"KIND" help:"Only this kind: never_seen, unclaimed, unplanned, resolution, dead, silent, retired_seen or double_address."`
}

func (c *rolloutDiscrepanciesCmd) Run(ctx context.Context) error {
	q := client.ListRolloutDiscrepanciesParams{Day: c.Day, Revision: given(c.Revision), Phase: c.Phase, Area: c.Area, Days: &c.Days, Kind: c.Kind}
	return c.show(ctx, os.Stdout, q, &api.DiscrepancyList{}, 7, "kind", "camera", "site", "area_name", "since", "age_days", "do_vi")
}

type rolloutForecastCmd struct {
	about
	By string `default:"phase" enum:"phase,area,route,funding,owner" help:"phase, area, route, funding or owner (${default})."`
}

func (c *rolloutForecastCmd) Run(ctx context.Context) error {
	q := client.GetRolloutForecastParams{Day: c.Day, Revision: given(c.Revision), By: c.By}
	return c.show(ctx, os.Stdout, q, &api.ForecastAnswer{}, 2, "code", "milestone", "planned", "reached", "remaining", "last_6_months", "state", "earliest", "middle", "latest", "due", "verdict")
}

// show asks and writes the answer in the form that is wanted. A table for people
// has the columns named, of which the first ones hold words; it is made of the
// answer in JSON, for which a token need not be one for files.
func (a *asking) show(ctx context.Context, w io.Writer, q client.Question, into tabled, words int, columns ...string) error {
	if err := a.only(tables...); err != nil {
		return err
	}
	if a.Format != "table" {
		return a.copy(ctx, w, q)
	}
	if err := a.decode(ctx, q, into); err != nil {
		return err
	}
	return writeTable(w, into.Table(), words, columns)
}

// writeTable writes some columns of a table for people. A text in English stands
// below the one in Vietnamese.
func writeTable(w io.Writer, t api.Table, words int, columns []string) error {
	out := rows{left: words}
	var at []int
	for _, code := range columns {
		i := slices.IndexFunc(t.Columns, func(c api.Column) bool { return c.Code == code })
		at = append(at, i)
		out.vi, out.en = append(out.vi, t.Columns[i].Name.VI), append(out.en, t.Columns[i].Name.EN)
	}
	for _, row := range t.Rows {
		cells, below, both := make([]string, len(at)), make([]string, len(at)), false
		for k, i := range at {
			most := maxSentence
			if t.Columns[i].Code == "name_vi" || t.Columns[i].Code == "site_name" {
				most = maxName
			}
			cells[k] = short(cellText(row[i], t.Columns[i].Digits, "–"), most)
			if name, ok := strings.CutSuffix(t.Columns[i].Code, "_vi"); ok && t.Columns[i+1].Code == name+"_en" && row[i+1] != row[i] {
				below[k], both = short(cellText(row[i+1], 0, ""), most), true
			}
		}
		out.add(cells...)
		if both {
			out.add(below...)
		}
	}
	return out.write(w)
}

// Bounds of the cells of a table for people, in characters.
const (
	maxName     = 36
	maxSentence = 400
)

// cellText writes a cell; none stands for what is not known.
func cellText(v any, digits int, none string) string {
	switch v := v.(type) {
	case nil:
		return none
	case float64:
		if v == float64(int64(v)) && digits == 0 {
			return strconv.FormatInt(int64(v), 10)
		}
		return strconv.FormatFloat(v, 'f', digits, 64)
	}
	return fmt.Sprint(v)
}
