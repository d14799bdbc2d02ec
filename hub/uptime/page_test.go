package uptime_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/uptime"
	"github.com/phukin/phukin/hub/wire"
)

// page is an example of docs/uptime.md.
type page struct {
	t       *testing.T
	loc     *time.Location
	index   *uptime.Index
	order   []string
	service map[string][]uptime.Window
	pauses  map[string][]uptime.Window
	agents  map[string]string
	days    uptime.Days
}

func TestTheExamplesOfThePageAreTrue(t *testing.T) {
	text, err := os.ReadFile("../../docs/uptime.md")
	if err != nil {
		t.Fatal(err)
	}
	examples, checked := 0, 0
	for i, block := range strings.Split(string(text), "```example\n")[1:] {
		block, _, closed := strings.Cut(block, "```")
		if !closed {
			t.Fatalf("example %d has no end", i+1)
		}
		examples++
		t.Run(fmt.Sprint(i+1), func(t *testing.T) {
			p := page{t: t, service: map[string][]uptime.Window{}, pauses: map[string][]uptime.Window{}, agents: map[string]string{}}
			for line := range strings.Lines(block) {
				cells := strings.Split(strings.TrimSpace(line), " | ")
				if says, ok := strings.CutPrefix(cells[0], "= "); ok {
					p.check(line, says, cells[1:])
					checked++
				} else {
					p.learn(line, cells)
				}
			}
		})
	}
	if examples < 10 || checked < 25 {
		t.Errorf("%d examples with %d lines were found", examples, checked)
	}
}

// learn takes a line of what is known.
func (p *page) learn(line string, cells []string) {
	p.t.Helper()
	words := strings.Fields(cells[0])
	var err error
	switch words[0] {
	case "zone":
		if p.loc, err = time.LoadLocation(words[1]); err != nil {
			p.t.Fatal(err)
		}
		p.index = uptime.NewIndex(p.loc)
	case "day":
		d := history.Day{Camera: words[1], Number: day(words[2])}
		for _, c := range cells[1:] {
			w := strings.Fields(c)
			r := history.Run{Seconds: p.seconds(w[1]), Status: map[string]wire.Status{"up": wire.StatusUp, "degraded": wire.StatusDegraded, "down": wire.StatusDown, "unknown": 0}[w[0]]}
			if r.Status == wire.StatusDown {
				r.Fault, r.FellOn = wire.FaultTimeout, wire.RungConnect
			}
			d.Timeline = append(d.Timeline, r)
		}
		p.index.Put(d)
	case "service":
		if !slices.Contains(p.order, words[1]) {
			p.order = append(p.order, words[1])
		}
		p.service[words[1]] = append(p.service[words[1]], p.window(cells[1:]))
	case "maintenance":
		p.pauses[words[1]] = append(p.pauses[words[1]], p.window(cells[1:]))
	case "agent":
		for _, c := range strings.Fields(cells[1]) {
			p.agents[c] = words[1]
		}
	case "period":
		p.days = uptime.Days{First: day(words[1]), Last: day(cells[1])}
	default:
		p.t.Fatalf("what is %q?", line)
	}
}

func (p *page) seconds(s string) int {
	d, err := time.ParseDuration(s)
	if err != nil {
		p.t.Fatal(err)
	}
	return int(d.Seconds())
}

func (p *page) moment(s string) int64 {
	t, err := time.ParseInLocation("2006-01-02 15:04", s, p.loc)
	if err != nil {
		p.t.Fatal(err)
	}
	return t.Unix()
}

func (p *page) window(cells []string) uptime.Window {
	return uptime.Window{From: p.moment(cells[0]), To: p.moment(cells[1])}
}

func (p *page) serviceOf(camera string) uptime.Service {
	return uptime.Service{In: uptime.Union(p.service[camera]...), Pauses: uptime.Union(p.pauses[camera]...)}
}

// figure adds up the cameras of a name in a period.
func (p *page) figure(name string, days uptime.Days) (f uptime.Figure, r uptime.Repairs, paused int64) {
	w := days.Window(p.loc)
	for _, c := range p.order {
		if name != "total" && name != c {
			continue
		}
		s := p.serviceOf(c)
		f.Add(p.index.Snapshot().Figure(c, s.Counted(), w))
		r.Add(p.index.Snapshot().Repairs(c, s.Counted(), w, w.To))
		paused += s.In.And(s.Pauses).Within(w).Seconds()
	}
	return f, r, paused
}

// check makes the line again from what is known.
func (p *page) check(line, says string, cells []string) {
	p.t.Helper()
	words := strings.Fields(says)
	var got string
	switch {
	case words[0] == "outage":
		got = p.outage(words[1], cells[0])
	case words[0] == "incident":
		got = p.incident(words[1], words[2], cells[1])
	case words[0] == "target":
		var percent float64
		if _, err := fmt.Sscan(words[1], &percent); err != nil {
			p.t.Fatal(err)
		}
		f, _, _ := p.figure("total", p.days)
		got = fmt.Sprintf("= target %s | %s", words[1], f.Against(percent))
	case says == "before", says == "year before":
		other := p.days.Before()
		if says == "year before" {
			other = p.days.YearBefore()
		}
		now, _, _ := p.figure("total", p.days)
		then, _, _ := p.figure("total", other)
		got = fmt.Sprintf("= %s | %s", says, now.Than(then))
	default:
		name, days := says, p.days
		if words[0] == "day" {
			name, days = "total", uptime.Days{First: day(words[1]), Last: day(words[1])}
		}
		f, r, paused := p.figure(name, days)
		got = "= " + says
		for _, c := range cells {
			key := strings.Fields(c)[0]
			got += " | " + key + " " + value(key, f, r, paused)
		}
	}
	if want := strings.TrimSpace(line); got != want {
		p.t.Errorf("the page says\n%s\nand it is\n%s", want, got)
	}
}

func value(key string, f uptime.Figure, r uptime.Repairs, paused int64) string {
	ratios := strings.Split(strings.Trim(string(uptime.AppendFigure(nil, &f)), "[]"), ",")
	between := func(low, high float64, ok bool) string {
		if !ok {
			return "none"
		}
		return span(int64(low)) + " .. " + span(int64(high))
	}
	switch key {
	case "in":
		return span(f.InService())
	case "up":
		return span(f.Up)
	case "degraded":
		return span(f.Degraded)
	case "down":
		return span(f.Down)
	case "unknown":
		return span(f.Unknown)
	case "maintenance":
		return span(paused)
	case "outages":
		return fmt.Sprint(f.Outages)
	case "least":
		return fmt.Sprint(r.Fewest)
	case "open":
		return fmt.Sprint(r.Open)
	case "A":
		return strings.ReplaceAll(ratios[5], "null", "none")
	case "low":
		return ratios[6]
	case "high":
		return ratios[7]
	case "observed":
		return ratios[8]
	case "MTTR":
		return between(r.MTTR())
	case "MTBF":
		return between(r.MTBF())
	case "longest":
		return between(float64(r.Longest), float64(r.LongestAtMost), true)
	}
	return "is no figure"
}

// span writes seconds as 1h30m.
func span(seconds int64) string {
	s := (time.Duration(seconds) * time.Second).String()
	s = strings.TrimSuffix(s, "0s")
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	if s == "" {
		return "0s"
	}
	return s
}

func (p *page) write(t int64) string { return time.Unix(t, 0).In(p.loc).Format("2006-01-02 15:04") }

// outage writes the outage that begins at a moment.
func (p *page) outage(camera, from string) string {
	w := p.days.Window(p.loc)
	for _, o := range p.index.Snapshot().Outages(camera, p.serviceOf(camera).Counted(), w, w.To) {
		if p.write(o.From) != from {
			continue
		}
		s := fmt.Sprintf("= outage %s | %s | %s", camera, from, p.write(o.To))
		if o.Earliest < o.From {
			s += " | earliest " + p.write(o.Earliest)
		}
		if o.Latest > o.To {
			s += " | latest " + p.write(o.Latest)
		}
		if o.Open {
			s += " | open"
		}
		if o.Continues {
			s += " | continues"
		}
		if o.Counted != o.To-o.From {
			s += " | counts " + span(o.Counted)
		}
		return s
	}
	return "there is none"
}

// incident writes the incident of a place that begins at a moment.
func (p *page) incident(place, code, from string) string {
	var members []uptime.Member
	for _, c := range p.order {
		members = append(members, uptime.Member{Camera: c, Site: c, Agent: p.agents[c], Counted: p.serviceOf(c).Counted()})
	}
	w := p.days.Window(p.loc)
	for _, in := range p.index.Snapshot().Incidents(members, w, w.To) {
		if string(in.Place) != place || in.Code != code || p.write(in.From) != from {
			continue
		}
		var cameras []string
		for _, o := range in.Outages {
			cameras = append(cameras, o.Camera)
		}
		return fmt.Sprintf("= incident %s %s | %s | %s | %s", place, code, strings.Join(cameras, " "), from, p.write(in.To))
	}
	return "there is none"
}
