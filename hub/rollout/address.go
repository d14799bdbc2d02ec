package rollout

import (
	"regexp"
	"slices"
	"strings"

	"github.com/phukin/phukin/hub/plan"
)

// addresses finds cameras in the plan that have the stream of another one, or
// another stream of the same lens. An address of a private network means the
// camera of one agent alone: every commune may have a 192.168.1.64.
func (d *finder) addresses() {
	lenses := map[string][]*plan.Camera{}
	for i := range d.plan.Cameras {
		c := &d.plan.Cameras[i]
		if key := lensOf(c); key != "" && c.InPlan(d.on) {
			lenses[key] = append(lenses[key], c)
		}
	}
	for _, cameras := range lenses {
		for _, c := range cameras {
			var others []string
			since, one := never, true
			for _, o := range cameras {
				if o == c || !c.Together(o) {
					continue
				}
				others = append(others, o.Code)
				since = min(since, max(c.Planned, o.Planned))
				one = one && c.Stream() == o.Stream()
			}
			if len(others) == 0 {
				continue
			}
			slices.Sort(others)
			d.found = append(d.found, Discrepancy{Kind: DoubleAddress, Camera: c.Code, Site: c.Site, Since: since, Others: others, Do: d.doubleAddress(others, one)})
		}
	}
}

// streams are the ways in which makers of cameras write which stream of a lens
// an address means: Hikvision /Streaming/Channels/101 and 102, and before that
// /h264/ch1/main/av_stream and /sub/; Dahua channel=1&subtype=0 and 1. What the
// lens is stands in the groups.
var streams = []*regexp.Regexp{
	regexp.MustCompile(`(?i)^(.*/Streaming/Channels/\d+)0[1-9]((?:\?.*)?)$`),
	regexp.MustCompile(`(?i)^(.*/ch\d+)/(?:main|sub)(/av_stream(?:\?.*)?)$`),
	regexp.MustCompile(`(?i)^(.*/cam/realmonitor\?.*)subtype=\d+(.*)$`),
}

// lensOf gives what the addresses of all streams of a camera have in common;
// empty if it has no address.
func lensOf(c *plan.Camera) string {
	key := c.Stream()
	if key == "" {
		return ""
	}
	for _, s := range streams {
		if m := s.FindStringSubmatch(key); m != nil {
			return strings.ToLower(m[1]) + "|" + m[2]
		}
	}
	return key
}
