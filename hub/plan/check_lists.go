package plan

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Bounds of what people enter beside the cameras.
const (
	maxTarget = 1e6
	maxFigure = 1_000_000_000
	maxWindow = 366 * 24 * time.Hour
)

// known gives the codes of things that others refer to.
func known[T any](list []T, code func(*T) string) map[string]bool {
	m := make(map[string]bool, len(list))
	for i := range list {
		m[code(&list[i])] = true
	}
	return m
}

// refers checks that a code, if there is one, is among the known ones.
func (s spot) refers(column, code, table string, codes map[string]bool) {
	if code != "" && !codes[code] && s.d.has(table) {
		s.fault(column, quote(code)+" is not in "+s.d.nameOf(table), "write a code that stands there, or nothing")
	}
}

func (d *draft) checkTargets() {
	phases := known(d.plan.Phases, func(p *Phase) string { return p.Code })
	areas := known(d.plan.Areas, func(a *Area) string { return a.Code })
	seen := newRegister("target")
	for i, t := range d.plan.Targets {
		s := d.at(Targets, i, strings.Join([]string{t.Phase, t.Area, formatWhole(t.Year), string(t.Measure)}, "/"))
		s.refers("phase", t.Phase, Phases, phases)
		s.refers("area", t.Area, Areas, areas)
		if t.Year != 0 {
			s.checkRange("year", float64(t.Year), firstYear, lastYear, "")
		}
		s.checkWord("measure", string(t.Measure), "measure of a target", true)
		if strings.HasSuffix(string(t.Measure), "_percent") {
			s.checkRange("value", t.Value, 0, 100, " per cent")
		} else {
			s.checkRange("value", t.Value, 0, maxTarget, "")
		}
		if s.sound("measure", "year") {
			seen.twice(s, "measure", s.code, "give one target for each phase, area, year and measure")
		}
	}
}

func (d *draft) checkWindows() {
	p := &d.plan
	cameras := known(p.Cameras, func(c *Camera) string { return c.Code })
	sites := known(p.Sites, func(x *Site) string { return x.Code })
	routes := known(p.Routes, func(r *Route) string { return r.Code })
	areas := known(p.Areas, func(a *Area) string { return a.Code })
	codes := newRegister("window")
	for i := range p.Windows {
		w := &p.Windows[i]
		s := d.at(Maintenance, i, w.Code)
		if w.Until.IsZero() {
			codes.code(s, w.Code)
		}
		s.refers("camera", w.Camera, Cameras, cameras)
		s.refers("site", w.Site, Sites, sites)
		s.refers("route", w.Route, Routes, routes)
		s.refers("area", w.Area, Areas, areas)
		given := slices.DeleteFunc([]string{w.Camera, w.Site, w.Route, w.Area}, func(x string) bool { return x == "" })
		if len(given) != 1 && s.sound("camera") {
			s.fault("camera", fmt.Sprintf("%d of camera, site, route and area", len(given)), "write just one of the four")
		}
		s.checkText("reason", w.Reason, true)
		switch {
		case w.From.IsZero() && s.sound("from"):
			s.fault("from", "missing", "write a day and time such as 2026-09-30 08:00")
		case w.To.IsZero() && s.sound("to"):
			s.fault("to", "missing", "write a day and time such as 2026-09-30 08:00")
		case !s.sound("from", "to"):
		case !w.From.Before(w.To):
			s.fault("to", momentOf(w.To, d.location()).String()+" is not after the beginning, "+momentOf(w.From, d.location()).String(), "write when it ends")
		case w.To.Sub(w.From) > maxWindow:
			s.fault("to", "more than a year", "retire a camera that is out of service for so long")
		}
	}
}

func (d *draft) checkFigures() {
	areas := known(d.plan.Areas, func(a *Area) string { return a.Code })
	codes := newRegister("figure")
	for i, f := range d.plan.Figures {
		s := d.at(Reported, i, f.Code)
		codes.code(s, f.Code)
		s.checkWord("measure", string(f.Measure), "figure", true)
		s.refers("area", f.Area, Areas, areas)
		if s.checkDay("from", f.From) && s.checkDay("to", f.To) && f.From > f.To {
			s.fault("to", fmt.Sprintf("%s lies before the first day, %s", f.To, f.From), "write the last day of the period")
		}
		s.checkRange("value", float64(f.Value), 0, maxFigure, "")
		s.checkText("source", f.Source, true)
	}
}
