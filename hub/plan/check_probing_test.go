package plan_test

import (
	"strings"
	"testing"

	"github.com/phukin/phukin/hub/plan"
)

func TestHowACameraIsProbedIsHeldToItsBounds(t *testing.T) {
	for name, x := range map[string]struct {
		edit func(*plan.Camera)
		want string // in the fault; empty: it is good
	}{
		"nothing said":              {func(*plan.Camera) {}, ""},
		"the least":                 {func(c *plan.Camera) { c.Interval, c.Depth, c.Transport = 10, "both", "auto" }, ""},
		"the most":                  {func(c *plan.Camera) { c.Interval, c.Depth, c.Transport = 3600, "full", "udp" }, ""},
		"too often":                 {func(c *plan.Camera) { c.Interval = 9.5 }, "interval: 9.5 is out of range: write 10 to 3600 seconds"},
		"too seldom":                {func(c *plan.Camera) { c.Interval = 3601 }, "interval: 3601 is out of range"},
		"an unknown depth":          {func(c *plan.Camera) { c.Depth = "deep" }, `depth: "deep" is no depth: write both or full`},
		"an unknown way":            {func(c *plan.Camera) { c.Transport = "quic" }, `transport: "quic" is no transport: write auto, tcp or udp`},
		"a password in the address": {func(c *plan.Camera) { c.Address = "rtsp://viewer:hunter2@192.0.2.1/" }, "address: holds a user name or password: leave it out"},
	} {
		t.Run(name, func(t *testing.T) {
			p := made(t)
			x.edit(&p.Cameras[0])
			_, err := plan.Build(p)
			if x.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), x.want) || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("%v, want %q", err, x.want)
			}
		})
	}
}
