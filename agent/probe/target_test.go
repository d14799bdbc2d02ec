package probe_test

import (
	"strings"
	"testing"
	"time"

	"github.com/phukin/phukin/agent/probe"
)

func TestValidateNamesTheFieldAndWhatWouldBeRight(t *testing.T) {
	const ok = "rtsp://camera.local/stream"
	for _, tc := range []struct {
		name   string
		target probe.Target
		want   []string // parts of the error, none for a valid target
	}{
		{"everything by default", probe.Target{URL: ok}, nil},
		{"IPv6 and port", probe.Target{URL: "rtsp://[fe80::1%25eth0]:8554/a?b=c"}, nil},
		{"upper-case scheme", probe.Target{URL: "RTSP://10.0.0.1/"}, nil},
		{"credentials in the URL", probe.Target{URL: "rtsp://admin:hunter%40" + secretText + "@10.0.0.1/"}, nil},
		{"no URL", probe.Target{}, []string{"url: ", "rtsp://host"}},
		{"TLS", probe.Target{URL: "rtsps://10.0.0.1/", Insecure: true}, nil},
		{"light, with a short timeout", probe.Target{URL: ok, Depth: probe.Light, Timeout: time.Second}, nil},
		{"UDP ports", probe.Target{URL: ok, UDPPorts: probe.PortRange{First: 40001, Last: 40003}}, nil},
		{"the last UDP ports", probe.Target{URL: ok, UDPPorts: probe.PortRange{First: 65534, Last: 65535}}, nil},
		{"one UDP port", probe.Target{URL: ok, UDPPorts: probe.PortRange{First: 40000, Last: 40000}}, []string{"udp ports: ", "40000 to 40000"}},
		{"UDP ports that are no pair", probe.Target{URL: ok, UDPPorts: probe.PortRange{First: 40001, Last: 40002}}, []string{"udp ports: "}},
		{"UDP ports backwards", probe.Target{URL: ok, UDPPorts: probe.PortRange{First: 40010, Last: 40000}}, []string{"udp ports: "}},
		{"UDP port 0", probe.Target{URL: ok, UDPPorts: probe.PortRange{Last: 40000}}, []string{"udp ports: "}},
		{"to the key frame, with a short timeout", probe.Target{URL: ok, Depth: probe.Keyframe, Timeout: time.Second}, nil},
		{"to the key frame, without time", probe.Target{URL: ok, Depth: probe.Keyframe, Timeout: time.Millisecond}, []string{"timeout: ", "100ms"}},
		{"no depth", probe.Target{URL: ok, Depth: 3}, []string{"depth: "}},
		{"no transport", probe.Target{URL: ok, Transport: 3}, []string{"transport: "}},
		{"light, without time", probe.Target{URL: ok, Depth: probe.Light, Timeout: time.Millisecond}, []string{"timeout: ", "100ms"}},
		{"http", probe.Target{URL: "http://10.0.0.1/"}, []string{"url: ", "rtsp://host"}},
		{"no host", probe.Target{URL: "rtsp:///x"}, []string{"url: ", "no host"}},
		{"opaque", probe.Target{URL: "rtsp:x"}, []string{"url: ", "no host"}},
		{"port 0", probe.Target{URL: "rtsp://h:0/x"}, []string{"url: ", "1 to 65535"}},
		{"port too great", probe.Target{URL: "rtsp://h:70000/x"}, []string{"url: ", "1 to 65535"}},
		{"hash in the password", probe.Target{URL: "rtsp://admin:" + secretText + "#1@10.0.0.1/"}, []string{"url: ", "%23"}},
		{"percent in the password", probe.Target{URL: "rtsp://admin:" + secretText + "%@10.0.0.1/"}, []string{"url: ", "%40"}},
		{"space in the query", probe.Target{URL: "rtsp://10.0.0.1/x?a b=" + secretText}, []string{"url: ", "%XX"}},
		{"line end", probe.Target{URL: "rtsp://10.0.0.1/" + secretText + "\r\nX: y"}, []string{"url: "}},
		{"too long", probe.Target{URL: ok + strings.Repeat("/"+secretText, 300)}, []string{"url: ", "2048"}},
		{"control character in the user", probe.Target{URL: ok, Username: "a\r\nb"}, []string{"username: ", "control characters"}},
		{"endless password", probe.Target{URL: ok, Password: probe.Secret(strings.Repeat(secretText, 100))}, []string{"password: ", "256"}},
		{"short window", probe.Target{URL: ok, Window: time.Millisecond}, []string{"window: ", "100ms"}},
		{"negative window", probe.Target{URL: ok, Window: -time.Second}, []string{"window: ", "100ms"}},
		{"window beyond the timeout", probe.Target{URL: ok, Window: 8 * time.Second}, []string{"timeout: ", "twice the window"}},
		{"endless timeout", probe.Target{URL: ok, Timeout: time.Hour}, []string{"timeout: ", "5m0s"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			err := tc.target.Validate()
			if (err == nil) != (tc.want == nil) {
				t.Fatalf("error %v, want one with %q", err, tc.want)
			}
			for _, w := range tc.want {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("error %q, want %q in it", err, w)
				}
			}
			if err == nil {
				return
			}
			if strings.Contains(err.Error(), secretText) {
				t.Errorf("error %q holds the secret", err)
			}
			res := probe.Probe(t.Context(), tc.target)
			if !res.Aborted() || res.OK() || res.Err.Error() != err.Error() || res.Reached != 0 || res.Fault != 0 {
				t.Errorf("a probe of it gives %+v", res)
			}
		})
	}
}
