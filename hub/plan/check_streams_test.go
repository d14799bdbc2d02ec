package plan_test

import (
	"strings"
	"testing"

	"github.com/phukin/phukin/hub/plan"
)

// Two cameras with one stream are a fault, but every commune may have the same
// address in its own network.
func TestTwoCamerasOfOneStream(t *testing.T) {
	for _, x := range []struct {
		name, a, b string
		oneAgent   bool
		fault      bool
	}{
		{"one public address", "rtsp://203.0.113.9/live", "rtsp://203.0.113.9/live", false, true},
		{"spelt otherwise", "rtsp://Cam.example.vn/live", "rtsp://cam.example.vn:554/live/", false, true},
		{"another port", "rtsp://203.0.113.9:8554/live", "rtsp://203.0.113.9/live", true, false},
		{"another channel", "rtsp://203.0.113.9/live?channel=1", "rtsp://203.0.113.9/live?channel=2", true, false},
		{"one private address behind one agent", "rtsp://192.168.1.64/live", "rtsp://192.168.1.64:554/live", true, true},
		{"one private address behind two agents", "rtsp://192.168.1.64/live", "rtsp://192.168.1.64/live", false, false},
		{"private by IPv6", "rtsp://[fd00::1]/live", "rtsp://[fd00::1]/live", false, false},
		{"a name of the network itself", "rtsp://camera-1.local/live", "rtsp://camera-1.local/live", false, false},
		{"a name without a domain", "rtsp://camera-1/live", "rtsp://camera-1/live", false, false},
	} {
		t.Run(x.name, func(t *testing.T) {
			p := *mustRead(t, nil)
			p.Cameras[0].Address, p.Cameras[1].Address = plan.Address(x.a), plan.Address(x.b)
			if !x.oneAgent {
				p.Cameras[1].Agent = "tb-other"
			}
			_, err := plan.Build(p)
			if (err != nil) != x.fault || err != nil && !strings.Contains(err.Error(), "the same stream as") {
				t.Errorf("%v, want a fault: %t", err, x.fault)
			}
		})
	}
}
