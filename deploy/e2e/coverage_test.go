package e2e_test

import (
	_ "embed"
	"encoding/csv"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/phukin/phukin/deploy/bench/peers"
	"github.com/phukin/phukin/hub/coverage"
	"github.com/phukin/phukin/hub/plan"
)

//go:embed testdata/coverage.sql
var coverageSQL string

// coverageFigures are those of a route in one state at one level: metres, and
// gateways. place is what is in view weighted by how far along the route it is,
// from 0 at its start to 1 at its end: it tells whether the same places are in
// view, and not only as many metres.
type coverageFigures struct{ length, inView, place, controlled, gateways float64 }

// The oracle reads the sample's files by itself and works everything out on
// its own, from the posts to the gaps, with PostGIS's geography: nothing of
// hub/geo or hub/coverage is in it.
func TestPostGISAgreesOnEveryRouteLevelAndState(t *testing.T) {
	pg, err := peers.StartPostGIS(t.Context())
	need(t, !errors.Is(err, peers.ErrNoPostGIS), "PostGIS", "apt-get install --no-install-recommends postgresql-15-postgis-3")
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := pg.Close(); err != nil {
			t.Error(err)
		}
	}()
	const dir = "../demo/plan"
	p, err := plan.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	day := plan.NewDate(2026, 11, 23) // the day the sample was made for
	want := askPostGIS(t, pg, dir, p, day)

	compared := 0
	for _, level := range p.Levels {
		claims, err := coverage.NewEye(p, level, nil)
		if err != nil {
			t.Fatal(err)
		}
		measured, err := coverage.NewEye(p, level, measuredWidth)
		if err != nil {
			t.Fatal(err)
		}
		for _, state := range coverage.States() {
			eye := claims
			counts, ok := coverage.ByPlan(state, day)
			if !ok {
				eye, counts = measured, func(c *plan.Camera) bool { return c.ClaimedAccepted(day) && number(c)%3 != 0 }
			}
			for _, r := range eye.Cover(counts).Routes {
				got := coverageFigures{length: r.Length, inView: r.InView, controlled: r.Controlled}
				for _, g := range r.Gateways {
					if g.InView {
						got.gateways++
					}
				}
				for _, v := range r.View {
					got.place += (v.To - v.From) * (v.To + v.From) / 2 / r.Length
				}
				key := fmt.Sprint(level.Code, " ", state, " ", r.Code)
				other, ok := want[key]
				if !ok {
					t.Fatalf("PostGIS has no figures for %s", key)
				}
				compared++
				for name, v := range map[string][2]float64{
					"length": {got.length, other.length}, "in view": {got.inView, other.inView}, "controlled": {got.controlled, other.controlled},
					"gateways": {got.gateways, other.gateways}, "in view by place": {got.place, other.place},
				} {
					if !(math.Abs(v[0]-v[1]) <= 0.5) {
						t.Errorf("%s: %s is %.3f here and %.3f in PostGIS", key, name, v[0], v[1])
					}
				}
			}
		}
	}
	if compared != len(p.Levels)*4*len(p.Routes) || compared != len(want) || len(p.Routes) != 12 {
		t.Errorf("%d figures were compared, PostGIS has %d", compared, len(want))
	}
}

// number gives the number in a camera's code, such as 7 of C-007.
func number(c *plan.Camera) int {
	n, err := strconv.Atoi(c.Code[2:])
	if err != nil {
		panic(err)
	}
	return n
}

// measuredWidth lets every fifth camera stream less than was planned.
func measuredWidth(c *plan.Camera) int {
	if number(c)%5 == 0 {
		return 640
	}
	return 0
}

func askPostGIS(t *testing.T, pg *peers.PostGIS, dir string, p *plan.Plan, day plan.Date) map[string]coverageFigures {
	t.Helper()
	do := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	query := func(sql string) [][]string {
		t.Helper()
		rows, err := pg.Query(sql)
		do(err)
		return rows
	}
	routes, err := os.ReadFile(filepath.Join(dir, "routes.geojson"))
	do(err)
	query("create table raw (doc jsonb);")
	do(pg.Copy("raw", [][]string{{string(routes)}}))
	for _, table := range []string{"sites", "cameras", "junctions", "gateways"} {
		f, err := os.Open(filepath.Join(dir, table+".csv"))
		do(err)
		rows, err := csv.NewReader(f).ReadAll()
		do(errors.Join(err, f.Close()))
		columns := ""
		for _, c := range rows[0] {
			columns += `, "` + c + `" text`
		}
		query("create table " + table + " (" + columns[2:] + ");")
		do(pg.Copy(table, rows[1:]))
	}
	levels := [][]string{}
	for _, l := range p.Levels {
		levels = append(levels, []string{l.Code, fmt.Sprint(l.Density)})
	}
	query("create table level (code text, density float8);")
	do(pg.Copy("level", levels))

	out := map[string]coverageFigures{}
	for _, row := range query(fmt.Sprintf("\\set day '''%s'''\n", day) + coverageSQL) {
		if len(row) != 8 {
			t.Fatalf("PostGIS answered %q", row)
		}
		var v [5]float64
		for i := range v {
			v[i], err = strconv.ParseFloat(row[3+i], 64)
			do(err)
		}
		out[row[0]+" "+row[1]+" "+row[2]] = coverageFigures{v[0], v[1], v[2], v[3], v[4]}
	}
	return out
}
