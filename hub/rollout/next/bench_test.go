package next_test

import (
	"fmt"
	"testing"

	"github.com/phukin/phukin/hub/coverage/coveragetest"
	"github.com/phukin/phukin/hub/network"
	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/rollout/next"
)

// large is a plan of 2,000 cameras on 200 routes, 600 of whose sites are to
// come. The routes are joined to one network: every junction of a route is one
// of the next route too.
func large() *plan.Plan {
	p := coveragetest.Network(200, 200, 2000, 1)
	at := map[string][]float64{}
	for _, j := range p.Junctions {
		at[j.Route] = append(at[j.Route], j.At)
	}
	for i := range p.Routes {
		here, there := p.Routes[i].Code, p.Routes[(i+1)%len(p.Routes)].Code
		for k := range min(len(at[here]), len(at[there])) / 2 {
			code := fmt.Sprint("X", i, "-", k)
			p.Junctions = append(p.Junctions, plan.Junction{Code: code, Route: here, At: at[here][2*k]}, plan.Junction{Code: code, Route: there, At: at[there][2*k+1]})
		}
	}
	coming := map[string]bool{}
	for i := 0; len(coming) < 600; i++ {
		coming[p.Sites[(i*7)%len(p.Sites)].Code] = true
	}
	for i := range p.Cameras {
		c := &p.Cameras[i]
		c.Planned, c.Cost = 0, float64(8+i%9)
		if c.Installed = today; coming[c.Site] {
			c.Installed, c.Accepted = 0, 0
		}
	}
	return p
}

// BenchmarkRank ranks all 600 sites, footprints and network included; nothing
// there is the hardest case for ways.
func BenchmarkRank(b *testing.B) {
	p := large()
	for _, by := range next.Orders() {
		for name, counts := range map[string]func(*plan.Camera) bool{"": there, "-nothing-there": func(*plan.Camera) bool { return false }} {
			b.Run(string(by)+name, func(b *testing.B) {
				for b.Loop() {
					r := ranked(b, p, next.Question{Eye: eyeOf(b, p), Network: network.New(p), There: counts, By: by,
						Planned: func(c *plan.Camera) bool { return c.Installed == 0 }})
					if r.Candidates != 600 || len(r.Sites) != 600 {
						b.Fatal(r.Candidates)
					}
					b.ReportMetric(float64(r.Together.Ways), "ways")
				}
			})
		}
	}
}
