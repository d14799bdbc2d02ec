package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/phukin/phukin/deploy/bench/peers"
	"github.com/phukin/phukin/hub/coverage"
	"github.com/phukin/phukin/hub/coverage/coveragetest"
	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/plan"
)

// The plan that coverage is measured on.
const (
	coverageRoutes   = 200
	coverageVertices = 200 // of a route
	coverageCameras  = 2000
	coverageDays     = 30
	coverageFirst    = history.DayNumber(20750)
)

var coverageLevel = plan.Level{Code: "detection", Density: 25}

//go:embed coverage.sql
var coverageSQL string

//go:embed coverage_union.sql
var coverageUnionSQL string

func coveragePlan() *plan.Plan {
	return coveragetest.Network(coverageRoutes, coverageVertices, coverageCameras, 1)
}

type coverageOrder struct {
	Do    string // level, plan, cover, change or month
	Times int
}

type coverageAnswer struct {
	CPU    time.Duration // of all times
	Allocs float64       // of one time
	InView []float64     // metres, by route
}

// coverageChild computes coverage of the large plan.
func coverageChild(_ context.Context, in io.Reader, out io.Writer) error {
	p := coveragePlan()
	roads, err := coverage.NewRoads(p)
	if err != nil {
		return err
	}
	eye, err := roads.Eye(coverageLevel, nil)
	if err != nil {
		return err
	}
	board := eye.Board()
	every := func(*plan.Camera) bool { return true }
	var ledger map[string][]history.Day // in the process that is asked for a month alone
	start := coverageFirst.Start(time.UTC).Unix()
	always := []coverage.Window{{From: 0, To: math.MaxInt64}}
	evidence := coverage.Evidence{Location: time.UTC,
		Days:    func(code string) []history.Day { return ledger[code] },
		Service: func(*plan.Camera) []coverage.Window { return always }}
	i, total := 0, 0.0
	tasks := map[string]func() error{
		"level": func() error {
			e, err := roads.Eye(coverageLevel, nil)
			if err == nil {
				total += e.Cover(every).Total.InView
			}
			return err
		},
		"plan": func() error {
			e, err := coverage.NewEye(p, coverageLevel, nil)
			if err == nil {
				total += e.Cover(every).Total.InView
			}
			return err
		},
		"cover": func() error { total += eye.Cover(every).Total.InView; return nil },
		"change": func() error {
			board.Set(i%coverageCameras, i/coverageCameras%2 == 0)
			total += board.Total().InView
			i++
			return nil
		},
		"month": func() error {
			if ledger == nil {
				ledger = coveragetest.Ledger(p, coverageFirst, coverageDays, 1)
			}
			total += float64(eye.Over(coverage.Window{From: start, To: start + coverageDays*86400}, evidence).Total.InView.Seen)
			return nil
		},
	}
	orders, answers := json.NewDecoder(in), json.NewEncoder(out)
	for {
		var o coverageOrder
		if err := orders.Decode(&o); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		var a coverageAnswer
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		began := cpu()
		for range o.Times {
			if err := tasks[o.Do](); err != nil {
				return err
			}
		}
		a.CPU = cpu() - began
		runtime.ReadMemStats(&after)
		if o.Times > 0 {
			a.Allocs = float64((after.Mallocs - before.Mallocs) / uint64(o.Times))
		}
		for _, r := range eye.Cover(every).Routes {
			a.InView = append(a.InView, r.InView)
		}
		if err := answers.Encode(a); err != nil {
			return err
		}
	}
}

// coverageCost measures what coverage costs, beside PostGIS: its backend's CPU
// time against that of all of ours, the collecting of garbage included. Both
// take turns, and begin at the same line: here the plan is made ready
// (coverage.Roads), there it is in tables, with an index on its routes and its
// sections cut. It runs without parallel workers, so that all it uses is seen,
// and without its compiler of expressions, which costs more than it saves here.
func coverageCost(ctx context.Context, o options, f *figures) error {
	rounds, ours, months := 9, 50, 5
	if o.short {
		rounds, ours, months = 3, 20, 2
	}
	var a coverageAnswer
	child, err := spawn(ctx, "coverage", coverageOrder{Do: "plan", Times: 5}, &a)
	if err != nil {
		return err
	}
	defer func() { child.close() }()
	each := func(what string, times int) (time.Duration, error) {
		err := child.ask(coverageOrder{Do: what, Times: times}, &a)
		return a.CPU / time.Duration(times), err
	}

	pg, err := peers.StartPostGIS(ctx)
	switch {
	case errors.Is(err, peers.ErrNoPostGIS) && os.Getenv("PHUKIN_REQUIRE_PEERS") == "":
		fmt.Fprintln(os.Stderr, "LOUD SKIP:", err)
	case err != nil:
		return err
	default:
		err := errors.Join(besidePostGIS(pg, each, rounds, ours, a.InView, f), pg.Close())
		if err != nil {
			return err
		}
	}

	change, err := each("change", 400_000)
	if err != nil {
		return err
	}
	f.add("one camera's status changes, and all figures with it", fmt.Sprintf("%d ns", change.Nanoseconds()), "", "", fmt.Sprintf("%.0f allocations", a.Allocs), "≤ 10 µs, none", change <= 10*time.Microsecond && a.Allocs == 0)
	if child, err = again(ctx, child, coverageOrder{Do: "month", Times: 2}, &a); err != nil {
		return err
	}
	var month []time.Duration
	for range rounds {
		d, err := each("month", months)
		if err != nil {
			return err
		}
		month = append(month, d)
	}
	f.add(fmt.Sprintf("a month over time: %d days of %d cameras", coverageDays, coverageCameras), ms(median(month)), "", "", "", "≤ 50 ms", median(month) <= 50*time.Millisecond)
	return nil
}

// again ends a child and starts another one of its kind.
func again(ctx context.Context, old *process, order, answer any) (*process, error) {
	p, err := spawn(ctx, "coverage", order, answer)
	if err != nil {
		return old, err
	}
	old.close()
	return p, nil
}

// besidePostGIS measures the two comparisons with PostGIS.
func besidePostGIS(pg *peers.PostGIS, each func(string, int) (time.Duration, error), rounds, ours int, inView []float64, f *figures) error {
	if err := fillPostGIS(pg); err != nil {
		return err
	}
	pid, err := pg.Backend()
	if err != nil {
		return err
	}
	turns := func(what, query string, times int) (here, there time.Duration, ratio float64, err error) {
		var heres, theres []time.Duration
		var ratios []float64
		for range rounds {
			h, err := each(what, ours)
			if err != nil {
				return 0, 0, 0, err
			}
			before, err := cpuOf(pid)
			if err != nil {
				return 0, 0, 0, err
			}
			for range times {
				rows, err := pg.Query(query)
				if err != nil {
					return 0, 0, 0, err
				}
				if err := sameMetres(inView, rows); err != nil {
					return 0, 0, 0, err
				}
			}
			after, err := cpuOf(pid)
			if err != nil {
				return 0, 0, 0, err
			}
			t := (after - before) / time.Duration(times)
			heres, theres, ratios = append(heres, h), append(theres, t), append(ratios, float64(t)/float64(h))
		}
		return median(heres), median(theres), median(ratios), nil
	}
	here, there, ratio, err := turns("level", coverageSQL, 2)
	if err != nil {
		return err
	}
	f.add(fmt.Sprintf("all measures at one level, with no footprint known: %d cameras, %d routes of %d points", coverageCameras, coverageRoutes, coverageVertices), ms(here),
		"PostGIS: the same sectors on the same routes, ST_LineLocatePoint and union, to the same metres", ms(there), fmt.Sprintf("%.0f× less", ratio), "≥ 100× less", ratio >= 100)
	whole, err := each("plan", ours)
	if err != nil {
		return err
	}
	f.add("… and the plan made ready anew: index of the routes, sections, areas", ms(whole), "PostGIS, which has index and sections in its tables", ms(there), fmt.Sprintf("%.0f× less", float64(there)/float64(whole)), "", true)
	here, there, ratio, err = turns("cover", coverageUnionSQL, 10)
	if err != nil {
		return err
	}
	f.add("… when the footprints are there already", ms(here), "PostGIS: ST_LineLocatePoint of their ends, and union; kilometres in view alone", ms(there), fmt.Sprintf("%.0f× less", ratio), "", true)
	return nil
}

// sameMetres holds PostGIS's metres in view against ours, route by route.
func sameMetres(want []float64, rows [][]string) error {
	if len(rows) != len(want) {
		return fmt.Errorf("PostGIS gives %d routes, not %d", len(rows), len(want))
	}
	for i, row := range rows {
		m, err := strconv.ParseFloat(row[1], 64)
		if err != nil {
			return err
		}
		if math.Abs(m-want[i]) > 0.5 {
			return fmt.Errorf("route %s: PostGIS has %.2f m in view, here it is %.2f m", row[0], m, want[i])
		}
	}
	return nil
}

// fillPostGIS puts the plan into tables.
func fillPostGIS(pg *peers.PostGIS) error {
	p := coveragePlan()
	eye, err := coverage.NewEye(p, coverageLevel, nil)
	if err != nil {
		return err
	}
	text := func(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
	var routes, sections, gateways, cameras, pieces [][]string
	lines := map[string]int{}
	for i, r := range eye.Cover(func(*plan.Camera) bool { return true }).Routes {
		lines[r.Code] = i
		var b strings.Builder
		for k, q := range p.Routes[i].Line.Points() {
			if k > 0 {
				b.WriteByte(',')
			}
			fmt.Fprint(&b, text(q.Lon), " ", text(q.Lat))
		}
		routes = append(routes, []string{r.Code, "SRID=4326;LINESTRING(" + b.String() + ")"})
		for _, s := range r.Sections {
			sections = append(sections, []string{r.Code, text(s.From), text(s.To)})
		}
		for _, g := range r.Gateways {
			gateways = append(gateways, []string{r.Code, g.Code, text(g.At)})
		}
	}
	for _, x := range eye.Footprints() {
		c := p.Cameras[indexOf(p, x.Camera)]
		cameras = append(cameras, []string{c.Code, fmt.Sprintf("SRID=4326;POINT(%s %s)", text(x.Sector.Apex.Lon), text(x.Sector.Apex.Lat)),
			text(c.Azimuth), text(c.FOV), strconv.Itoa(c.Width), text(c.MountingAt)})
		for _, s := range x.Stretch {
			line := p.Routes[lines[s.Route]].Line
			a, b := line.At(s.From), line.At(s.To)
			pieces = append(pieces, []string{s.Route, fmt.Sprintf("SRID=4326;POINT(%s %s)", text(a.Lon), text(a.Lat)), fmt.Sprintf("SRID=4326;POINT(%s %s)", text(b.Lon), text(b.Lat))})
		}
	}
	// Metres on a plane around the middle of the plan, so that shares of a line
	// are shares of its metres: a few millionths off, 15 km from there.
	if _, err := pg.Query(`set jit = off; set max_parallel_workers_per_gather = 0;
insert into spatial_ref_sys (srid, proj4text) values (900900, '+proj=tmerc +lat_0=18.37 +lon_0=105.9 +k=1 +ellps=WGS84 +units=m');
create table route (code text primary key, geom geometry(linestring, 4326), length float8);
create table section (route text, a float8, b float8);
create table gateway (route text, code text, at float8);
create table camera (code text, geom geometry(point, 4326), azimuth float8, fov float8, width float8, height float8);
create table piece (route text, a geometry(point, 4326), b geometry(point, 4326));`); err != nil {
		return err
	}
	for table, rows := range map[string][][]string{"route (code, geom)": routes, "section": sections, "gateway": gateways, "camera": cameras, "piece": pieces} {
		if err := pg.Copy(table, rows); err != nil {
			return err
		}
	}
	_, err = pg.Query(`update route set length = st_length(geom::geography);
update camera set azimuth = azimuth - (st_x(geom) - 105.9) * sin(radians(st_y(geom))); -- from true north to that of the plane
alter table route alter geom type geometry using st_transform(geom, 900900);
alter table camera alter geom type geometry using st_transform(geom, 900900);
alter table piece alter a type geometry using st_transform(a, 900900), alter b type geometry using st_transform(b, 900900);
create index on route using gist (geom);
vacuum full analyze;`)
	return err
}

// indexOf gives the place of a camera in a plan that lists them by code.
func indexOf(p *plan.Plan, code string) int {
	for i := range p.Cameras {
		if p.Cameras[i].Code == code {
			return i
		}
	}
	return -1
}
