package plan

import (
	"fmt"
	"net"
	"net/url"
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

// checkStream looks at what is expected of a camera's stream, and where it is.
func (s spot) checkStream(c *Camera) {
	s.checkWord("codec", c.Codec, "codec", false)
	s.checkRange("keyframe_gap", c.KeyframeGap, 0, maxGap, " seconds")
	address := c.Address.Reveal()
	if address == "" {
		return
	}
	// The address may hold a password, so no fault quotes it.
	const want = "write rtsp://host:port/path or rtsps://host:port/path, without user name and password"
	u, err := url.Parse(address)
	switch {
	case err != nil || len(address) > maxText || u.Host == "" || u.Scheme != "rtsp" && u.Scheme != "rtsps":
		s.fault("address", "not the address of a stream", want)
	case u.User != nil:
		s.fault("address", "holds a user name or password", "leave it out: it belongs into the agent's configuration alone")
	}
}

// checkAddresses finds cameras that would be watched by one stream.
func (d *draft) checkAddresses() {
	seen := map[string]*Camera{}
	for i := range d.plan.Cameras {
		c := &d.plan.Cameras[i]
		s := d.at(Cameras, i, c.Code)
		key := streamKey(c.Address.Reveal())
		if key == "" || !s.sound("address", "accepted", "retired") {
			continue
		}
		other := seen[key]
		if other != nil && together(c, other) {
			s.fault("address", "the same stream as "+quote(other.Code), "give each camera a stream of its own, or the day on which the other was retired")
			continue
		}
		seen[key] = c
	}
}

// streamKey gives what two spellings of one stream's address have in common.
func streamKey(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return ""
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"rtsp": "554", "rtsps": "322"}[u.Scheme]
	}
	return net.JoinHostPort(strings.ToLower(u.Hostname()), port) + strings.TrimSuffix(u.EscapedPath(), "/") + "?" + u.RawQuery
}

// together says whether two cameras may be in their place on one day.
func together(a, b *Camera) bool {
	before := func(x, y *Camera) bool {
		return !x.Retired.IsZero() && !y.Installed.IsZero() && x.Retired <= y.Installed
	}
	return !before(a, b) && !before(b, a)
}

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
