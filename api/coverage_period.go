package api

import (
	"context"
	"math"
	"net/http"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/phukin/phukin/hub/coverage"
	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/uptime"
)

type coveragePeriodInput struct {
	Period
	AsOf
	Listing
	Level string `query:"level" doc:"Code of the coverage level; the plan's own when absent"`
	By    string `query:"by" default:"total" enum:"total,route,class,area" doc:"What road is put together by; areas are those of the last day"`
	Every string `query:"every" enum:"day,week,month,quarter,year" doc:"Add a series in such pieces"`
}

// maxCoverDays bounds a period of coverage: three years.
const maxCoverDays = 1100

func (s *Server) registerCoveragePeriod() {
	f := s.figures
	register(s, huma.Operation{
		OperationID: "getCoveragePeriod", Method: http.MethodGet, Path: "/api/v1/coverage/period", Tags: []string{"coverage"},
		Summary: "Coverage by working cameras over a period, weighed by time, with bounds for what nobody knows",
	}, func(ctx context.Context, in *coveragePeriodInput) (*answer[CoveragePeriod], error) {
		body, at, err := f.coveragePeriod(ctx, in)
		if err != nil {
			return nil, err
		}
		return respond(in.Conditional, body, at, f.simulated(ctx, in.Revision))
	})
}

func (f *figures) coveragePeriod(ctx context.Context, in *coveragePeriodInput) (*CoveragePeriod, time.Time, error) {
	f, m, err := f.asOf(ctx, in.AsOf)
	if err != nil {
		return nil, time.Time{}, err
	}
	level, err := f.level(in.Level)
	if err != nil {
		return nil, time.Time{}, err
	}
	days, window, err := f.coverDays(in.Period, dayNumber(m.today), m.at)
	if err != nil {
		return nil, time.Time{}, err
	}
	pages, err := newPager(ctx, coverPeriodList, &in.Listing)
	if err != nil {
		return nil, time.Time{}, err
	}
	body := &CoveragePeriod{
		Revision: in.Revision,
		Level:    levelRow(level), From: days.First.String(), To: days.Last.String(), Seconds: window.Seconds(), By: in.By, Every: in.Every,
	}
	var cuts []int64
	if in.Every != "" {
		if body.Pieces, cuts, err = f.pieces(days, window, in.Every); err != nil {
			return nil, time.Time{}, err
		}
	}
	over, err := f.over(ctx, m, level, days, window)
	if err != nil {
		return nil, time.Time{}, err
	}
	if n := len(over.groups(in.By)) * len(body.Pieces); n > maxFigures {
		return nil, time.Time{}, tooMany("every", in.Every, n, maxFigures)
	}
	for i, g := range over.groups(in.By) {
		row := f.periodGroup(in.By, i, g.Code, dateOf(days.Last))
		row.CoverTimes = coverTimes(g.Times, window.Seconds())
		if window.Seconds() > 0 {
			row.Length = metres(float64(g.InView.All) / 1000 / float64(window.Seconds()))
		}
		if cuts != nil {
			row.Series = over.series(in.By, i, cuts)
		}
		pages.add(&row)
	}
	body.Items, body.Page = pages.rows()
	return body, m.at, nil
}

// coverDays is period, with the bound of coverage.
func (f *figures) coverDays(in Period, today history.DayNumber, at time.Time) (uptime.Days, uptime.Window, error) {
	days, window, err := f.periodBy(in, today, at)
	if n := int(days.Last - days.First + 1); err == nil && n > maxCoverDays {
		err = tooManyDays(beginOf(in), days.First.String(), n, maxCoverDays)
	}
	return days, window, err
}

func (f *figures) periodGroup(by string, i int, key string, on plan.Date) CoveragePeriodGroup {
	switch by {
	case "route":
		return CoveragePeriodGroup{Code: f.Plan.Routes[i].Code, Name: f.Plan.Routes[i].Name}
	case "class":
		return CoveragePeriodGroup{Code: key, Name: key}
	case "area":
		code, from, name := f.areaOf(key, on)
		return CoveragePeriodGroup{Code: code, ValidFrom: from, Name: name}
	}
	return CoveragePeriodGroup{Name: f.Plan.Name.VI}
}

// periods keeps the newest answers over time while the ledger and the footprints
// are what they were made of. They are made one at a time.
type periods struct {
	mu   sync.Mutex
	kept []keptPeriod // last asked for last
}

type keptPeriod struct {
	level  string
	window uptime.Window
	ledger *uptime.Snapshot
	eye    *coverage.Eye
	over   *overTime
}

// maxPeriods is how many are kept. One of a month takes some 10 kB for each
// route.
const maxPeriods = 8

// overTime is the coverage over a period, and what its days are put together
// by.
type overTime struct {
	coverage.Period
	class []int // of each route, in Classes
	loc   *time.Location
}

// over weighs the coverage of a window by time.
func (f *figures) over(ctx context.Context, m *moment, level plan.Level, days uptime.Days, window uptime.Window) (*overTime, error) {
	ledger, err := f.known(ctx, m, days.First)
	if err != nil {
		return nil, err
	}
	eye, err := f.eyes.at(level, dateOf(days.Last), f.widths(m))
	if err != nil {
		return nil, err
	}
	p := &f.periods
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, k := range p.kept {
		if k.level == level.Code && k.window == window && k.ledger == ledger && k.eye == eye {
			p.kept = append(append(p.kept[:i:i], p.kept[i+1:]...), k)
			return k.over, nil
		}
	}
	over := &overTime{loc: f.Plan.Location, class: f.classes()}
	// Month by month: so much of the ledger is unpacked at once, and no more.
	for first := days.First; first <= days.Last; first += 31 {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		last := min(first+30, days.Last)
		part := uptime.Days{First: first, Last: last}.Window(f.Plan.Location).And(window)
		over.add(eye.Over(coverage.Window(part), f.evidence(ledger, first, last)))
	}
	over.Window = coverage.Window(window)
	if len(p.kept) >= maxPeriods {
		p.kept = p.kept[1:]
	}
	p.kept = append(p.kept, keptPeriod{level.Code, window, ledger, eye, over})
	return over, nil
}

// classes gives for each route which of the classes of a result is its own.
func (f *figures) classes() []int {
	at, of := map[string]int{}, make([]int, len(f.Plan.Routes))
	for i := range f.Plan.Routes {
		c := f.Plan.Routes[i].Class
		if _, ok := at[c]; !ok {
			at[c] = len(at)
		}
		of[i] = at[c]
	}
	return of
}

// evidence gives what is known of cameras on some days.
func (f *figures) evidence(ledger *uptime.Snapshot, first, last history.DayNumber) coverage.Evidence {
	return coverage.Evidence{
		Location: f.Plan.Location,
		Days: func(code string) []history.Day {
			days := make([]history.Day, 0, last-first+1)
			for n := first; n <= last; n++ {
				days = append(days, history.Day{Camera: code, Number: n, Timeline: ledger.Timeline(code, n)})
			}
			return days
		},
		Service: func(c *plan.Camera) []coverage.Window {
			counted := f.service[c.Code].Counted()
			windows := make([]coverage.Window, len(counted))
			for i, w := range counted {
				windows[i] = coverage.Window(w)
			}
			return windows
		},
	}
}

// add takes the coverage of the time that follows into o.
func (o *overTime) add(p coverage.Period) {
	if o.Routes == nil {
		o.Period = p
		return
	}
	o.Total.Add(p.Total)
	for i := range p.Routes {
		o.Routes[i].Add(p.Routes[i])
	}
	for i := range p.Classes {
		o.Classes[i].Add(p.Classes[i].Times)
	}
	for i := range p.Areas {
		o.Areas[i].Add(p.Areas[i].Times)
	}
	o.Days = append(o.Days, p.Days...)
}

// groups gives the figures by total, route, class or area. Areas without road
// and places are left out.
func (o *overTime) groups(by string) []coverage.GroupTimes {
	switch by {
	case "route":
		all := make([]coverage.GroupTimes, len(o.Routes))
		for i := range o.Routes {
			all[i].Times = o.Routes[i]
		}
		return all
	case "class":
		return o.Classes
	case "area":
		if unknown := o.Areas[0]; unknown.InView.All+unknown.Places.All > 0 {
			return append(o.Areas[1:len(o.Areas):len(o.Areas)], unknown)
		}
		return o.Areas[1:]
	}
	return []coverage.GroupTimes{{Times: o.Total}}
}

// series gives the figures of the i-th group between cuts.
func (o *overTime) series(by string, i int, cuts []int64) []CoverTimes {
	sums := make([]coverage.Times, len(cuts)-1)
	piece := 0
	for d := range o.Days {
		day := &o.Days[d]
		for piece < len(sums)-1 && day.Number.Start(o.loc).Unix() >= cuts[piece+1] {
			piece++
		}
		switch by {
		case "route":
			sums[piece].Add(day.Routes[i])
		case "class":
			for k, c := range o.class {
				if c == i {
					sums[piece].Add(day.Routes[k])
				}
			}
		case "area":
			sums[piece].Add(day.Areas[(i+1)%len(day.Areas)])
		default:
			sums[piece].Add(day.Total)
		}
	}
	rows := make([]CoverTimes, len(sums))
	for k := range sums {
		rows[k] = coverTimes(sums[k], cuts[k+1]-cuts[k])
	}
	return rows
}

// coverTimes gives means over so many seconds.
func coverTimes(t coverage.Times, seconds int64) CoverTimes {
	c := CoverTimes{
		InView: coverMean(t.InView, seconds, 1000), Controlled: coverMean(t.Controlled, seconds, 1000),
		Sections: coverMean(t.Sections, seconds, 1), Gateways: coverMean(t.Gateways, seconds, 1),
	}
	if t.Places.All > 0 {
		places := coverMean(t.Places, seconds, 1)
		c.Places = &places
	}
	return c
}

// coverMean gives the mean of a weight over so many seconds, in a unit of which
// it counts so many parts.
func coverMean(w coverage.Weight, seconds int64, parts float64) CoverMean {
	if seconds == 0 {
		return CoverMean{}
	}
	mean := func(v int64) float64 { return math.Round(float64(v)/float64(seconds)/parts*1000) / 1000 }
	c := CoverMean{All: mean(w.All), Seen: mean(w.Seen), Maybe: mean(w.Maybe)}
	c.Unseen = math.Round((c.All-c.Seen-c.Maybe)*1000) / 1000
	if v, ok := w.Share(); ok {
		v = math.Round(v*1e6) / 1e6
		c.Share = &v
	}
	if v, ok := w.Known(); ok {
		v = math.Round(v*1e6) / 1e6
		c.Known = &v
	}
	if low, high, ok := w.Bounds(); ok {
		low, high = math.Floor(low*1e6)/1e6, math.Ceil(high*1e6)/1e6
		c.Low, c.High = &low, &high
	}
	return c
}
