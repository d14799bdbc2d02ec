package probe_test

import (
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/phukin/phukin/agent/probe"
	"github.com/phukin/phukin/hub/wire"
)

func TestARedirectLeadsWhereItMay(t *testing.T) {
	const from = "rtsp://Camera.local:8554/live/main?a=b"
	for _, tc := range []struct {
		from, location, to string
		trusted            bool
		fault              wire.Fault
	}{
		{from, "rtsp://camera.local:8554/other", "rtsp://camera.local:8554/other", true, 0},
		{from, "RTSP://CAMERA.LOCAL/live", "rtsp://CAMERA.LOCAL/live", true, 0},
		{from, "rtsps://camera.local/live?x=1#f", "rtsps://camera.local/live?x=1", true, 0},
		{from, "/other", "rtsp://Camera.local:8554/other", true, 0},
		{from, "other?c=d", "rtsp://Camera.local:8554/live/other?c=d", true, 0},
		{from, "?a=c", "rtsp://Camera.local:8554/live/main?a=c", true, 0},
		{from, "//10.0.0.1/x", "rtsp://10.0.0.1/x", false, 0},
		{from, "rtsp://camera.local.evil.example/x", "rtsp://camera.local.evil.example/x", false, 0},
		{from, "rtsp://camera.local@evil.example/x", "rtsp://evil.example/x", false, 0},
		{from, "rtsp://evil.example:554@camera.local:8554/x", "rtsp://camera.local:8554/x", true, 0},
		{from, "rtsp://camera.local:8554/live/main?a=b", "", false, wire.FaultRedirectLoop},
		{from, "RTSP://CAMERA.LOCAL:8554/live/main?a=b", "", false, wire.FaultRedirectLoop},
		{from, "", "", false, wire.FaultBadStatus},
		{from, "http://camera.local:8554/live", "", false, wire.FaultBadStatus},
		{from, "file:///etc/passwd", "", false, wire.FaultBadStatus},
		{from, "rtsp://camera.local:0/", "", false, wire.FaultBadStatus},
		{from, "rtsp://[::1/", "", false, wire.FaultBadStatus},
		{from, "rtsp://h/" + strings.Repeat("a", 3000), "", false, wire.FaultBadStatus},
		{"rtsps://h/a", "rtsp://h/b", "", false, wire.FaultBadStatus},
		{"rtsps://h/a", "rtsps://h:322/a", "", false, wire.FaultRedirectLoop},
		{"rtsp://h/a", "rtsp://h:554/a", "", false, wire.FaultRedirectLoop},
		{"rtsp://h/a", "rtsps://h/a", "rtsps://h/a", true, 0},
		{"rtsp://h/a", "rtsp://h/A", "rtsp://h/A", true, 0},
	} {
		to, trusted, fault, err := probe.Redirect(tc.from, tc.location)
		if to != tc.to || trusted != tc.trusted || fault != tc.fault || (err != nil) != (tc.fault != 0) {
			t.Errorf("from %s to %.60q: %q, trusted %v, fault %v, %v", tc.from, tc.location, to, trusted, fault, err)
		}
	}
}

func FuzzRedirect(f *testing.F) {
	f.Add("rtsp://camera.local:8554/other?x=1#f")
	f.Add("//admin:hunter2@camera.local/%zz")
	f.Add("rtsps://[fe80::1%25eth0]:322/")
	f.Fuzz(func(t *testing.T, location string) {
		to, trusted, _, err := probe.Redirect("rtsps://camera.local/live/main", location)
		if err != nil {
			if s := err.Error(); !utf8.ValidString(s) || len(s) > 400 || strings.Contains(s, "/live") {
				t.Errorf("error %q", s)
			}
			return
		}
		u, err := url.Parse(to)
		if err != nil || u.Scheme != "rtsps" || u.User != nil {
			t.Fatalf("%q leads to %q", location, to)
		}
		if trusted != strings.EqualFold(u.Hostname(), "camera.local") {
			t.Errorf("%q leads to %q, trusted %v", location, to, trusted)
		}
	})
}
