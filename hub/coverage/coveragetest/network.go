// Package coveragetest makes large plans and their evidence, drawn by a seed,
// for benchmarks and for peers to be measured on.
package coveragetest

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/phukin/phukin/hub/geo"
	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/wire"
)

// Network draws a plan of winding routes with so many points each, about 50 m
// apart, which cross each other within some 30 km, and of cameras by them, two
// to a site at the most.
func Network(routes, vertices, cameras int, seed uint64) *plan.Plan {
	rng := rand.New(rand.NewPCG(seed, seed))
	p := &plan.Plan{}
	middle := geo.Point{Lon: 105.9, Lat: 18.37}
	for i := range routes {
		at := geo.Move(middle, rng.Float64()*360, math.Sqrt(rng.Float64())*15000)
		course := rng.Float64() * 360
		points := []geo.Point{round(at)}
		for range vertices - 1 {
			course += rng.NormFloat64() * 6
			at = geo.Move(at, course, 30+40*rng.Float64())
			points = append(points, round(at))
		}
		line, err := geo.NewLine(points)
		if err != nil {
			panic(err) // steps of 30 m at 18°N are always a line
		}
		r := plan.Route{Code: fmt.Sprintf("R%03d", i), Class: []string{"quốc lộ", "đường tỉnh", "đường xã"}[i%3], Line: line}
		p.Routes = append(p.Routes, r)
		for k, d := 0, 400+800*rng.Float64(); d < line.Length(); k, d = k+1, d+400+1600*rng.Float64() {
			p.Junctions = append(p.Junctions, plan.Junction{Code: fmt.Sprintf("J%03d-%02d", i, k), Route: r.Code, At: d})
		}
		for k, d := range []float64{30, line.Length() - 30} {
			p.Gateways = append(p.Gateways, plan.Gateway{Code: fmt.Sprintf("G%03d-%d", i, k), Route: r.Code, At: d})
		}
	}
	kinds := []plan.SiteKind{plan.SiteRoute, plan.SiteJunction, plan.SiteRoute, plan.SiteSchool}
	for i := range cameras {
		if i%5 != 4 || len(p.Sites) == 0 { // else one more at the last site
			r := &p.Routes[rng.IntN(len(p.Routes))]
			at := rng.Float64() * r.Line.Length()
			p.Sites = append(p.Sites, plan.Site{
				Code: fmt.Sprintf("S%04d", len(p.Sites)), Area: fmt.Sprintf("A%02d", rng.IntN(22)), Kind: kinds[rng.IntN(len(kinds))],
				Route: r.Code, At: at, Position: round(geo.Move(r.Line.At(at), rng.Float64()*360, 6*rng.Float64())),
			})
		}
		s := &p.Sites[len(p.Sites)-1]
		along := p.Routes[0].Line.BearingAt(0)
		for k := range p.Routes {
			if p.Routes[k].Code == s.Route {
				along = p.Routes[k].Line.BearingAt(s.At)
			}
		}
		p.Cameras = append(p.Cameras, plan.Camera{
			Code: fmt.Sprintf("C%04d", i), Site: s.Code,
			Azimuth: math.Mod(along+180*float64(rng.IntN(2))+30*rng.Float64()+345, 360),
			FOV:     []float64{40, 55, 68, 78, 90, 100, 110}[rng.IntN(7)], Width: []int{1280, 1920, 2560}[rng.IntN(3)],
			MountingAt: 4 + 3*rng.Float64(), Planned: 1, Installed: 1, Accepted: 1,
		})
	}
	return p
}

// round rounds as plans keep positions.
func round(p geo.Point) geo.Point {
	return geo.Point{Lon: math.Round(p.Lon*1e7) / 1e7, Lat: math.Round(p.Lat*1e7) / 1e7}
}

// Ledger draws the ledger days of cameras from first on: on most of them all
// is well, on others a camera is down for some hours or nobody looked.
func Ledger(p *plan.Plan, first history.DayNumber, days int, seed uint64) map[string][]history.Day {
	rng := rand.New(rand.NewPCG(seed, seed+1))
	out := make(map[string][]history.Day, len(p.Cameras))
	for i := range p.Cameras {
		ledger := make([]history.Day, 0, days)
		for d := range days {
			ledger = append(ledger, history.Day{Camera: p.Cameras[i].Code, Number: first + history.DayNumber(d), Timeline: timeline(rng)})
		}
		out[p.Cameras[i].Code] = ledger
	}
	return out
}

func timeline(rng *rand.Rand) history.Timeline {
	const day = 86400
	up := history.Run{Seconds: day, Status: wire.StatusUp}
	if rng.IntN(3) > 0 {
		return history.Timeline{up}
	}
	var t history.Timeline
	left := day
	for n := 1 + rng.IntN(4); n > 0; n-- {
		up.Seconds = 1 + rng.IntN(left/2)
		other := history.Run{Seconds: 1 + rng.IntN(left/4), Status: wire.StatusDown, Fault: wire.FaultTimeout, FellOn: wire.RungConnect}
		if rng.IntN(4) == 0 {
			other = history.Run{Seconds: other.Seconds}
		}
		t = append(t, up, other)
		left -= up.Seconds + other.Seconds
	}
	up.Seconds = left
	return append(t, up)
}
