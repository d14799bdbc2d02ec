package probe_test

import (
	"errors"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/phukin/phukin/agent/probe"
)

func TestTheTransportOfTheCameraDecides(t *testing.T) {
	for in, want := range map[string]string{
		"":                    "as asked",
		"RTP/AVP/TCP;unicast": "as asked",
		"RTP/AVP/TCP;unicast;interleaved=2-3;ssrc=1": "tcp 2-3",
		"rtp/avp/tcp; Interleaved = 4":               "tcp 4-5",
		"RTP/AVP/TCP; Interleaved=4 - 9":             "tcp 4-9",
		"RTP/AVP/TCP;interleaved=255":                "tcp 255-0",
		"RTP/AVP;interleaved=0-1":                    "tcp 0-1",
		"RTP/AVP;unicast;client_port=1000-1001":      "udp client 1000-1001 server 0-0",
		"RTP/AVP/UDP;unicast":                        "udp client 0-0 server 0-0",
		"RTP/AVP;unicast;client_port=4000-4001;server_port=5000-5001;source=10.0.0.1": "udp client 4000-4001 server 5000-5001",
		"RTP/AVP;server_port=5000":                               "udp client 0-0 server 5000-5001",
		"RTP/AVP;server_port=0-1":                                "udp client 0-0 server 0-0",
		"RTP/AVP;server_port=65535":                              "udp client 0-0 server 0-0",
		"RTP/AVP/TCP;multicast":                                  "multicast",
		"RTP/AVP;multicast;interleaved=0-1":                      "multicast",
		"RTP/AVP;multicast;port=1-2,RTP/AVP/TCP;interleaved=0-1": "multicast",
		"RTP/AVP/TCP;interleaved=256-257":                        "",
		"RTP/AVP/TCP;interleaved=-1":                             "",
		"RTP/AVP/TCP;interleaved=0-x":                            "",
		"RTP/AVP;server_port=65536-65537":                        "",
		"RTP/AVP;client_port=x":                                  "",
		"RTP/AVP;server_port=":                                   "",
	} {
		got, err := probe.ParseTransport(in)
		if got != want || (err != nil) != (want == "") || err != nil && !errors.Is(err, probe.ErrMalformed) {
			t.Errorf("%q: %q, %v; want %q", in, got, err, want)
		}
	}
}

func FuzzTransport(f *testing.F) {
	f.Add("RTP/AVP/TCP;unicast;interleaved=2-3;ssrc=1")
	f.Add("RTP/AVP;unicast;client_port=4000-4001;server_port=5000-5001;source=10.0.0.1")
	f.Add("RTP/AVP;multicast;port=1-2,RTP/AVP")
	f.Fuzz(func(t *testing.T, s string) {
		got, err := probe.ParseTransport(s)
		if err != nil && (!errors.Is(err, probe.ErrMalformed) || !utf8.ValidString(err.Error()) || len(err.Error()) > 400) {
			t.Errorf("%q", err)
		}
		if strings.HasPrefix(got, "tcp") && !strings.Contains(strings.ToLower(s), "interleaved") {
			t.Errorf("%q gives %q", s, got)
		}
	})
}

func TestControlAddressesAreResolvedAsCamerasExpect(t *testing.T) {
	for _, tc := range []struct{ base, control, want string }{
		{"rtsp://h/a", "", "rtsp://h/a"},
		{"rtsp://h/a", "*", "rtsp://h/a"},
		{"rtsp://h/a", "trackID=1", "rtsp://h/a/trackID=1"},
		{"rtsp://h/a/", "trackID=1", "rtsp://h/a/trackID=1"},
		{"rtsp://h/a/", "/trackID=1", "rtsp://h/a/trackID=1"},
		{"rtsp://h/a?x=1", "trackID=1", "rtsp://h/a?x=1/trackID=1"},
		{"rtsp://h/a?x=1/", "trackID=1", "rtsp://h/a?x=1/trackID=1"},
		{"rtsp://h/a?x=1&y=/", "/trackID=1", "rtsp://h/a?x=1&y=/trackID=1"},
		{"rtsps://h/a", "rtsps://h/a/1?b=c", "rtsps://h/a/1?b=c"},
		{"rtsp://h/a", "rtsp:/b", "rtsp://h/a/rtsp:/b"},
		{"rtsp://h/a", "?ctype=video", "rtsp://h/a?ctype=video"},
		{"rtsp://h/a", "rtsp://x/b", "rtsp://x/b"},
		{"rtsp://h/a", "RTSP://x/b", "RTSP://x/b"},
		{"rtsp://h/a", "a b", ""},
		{"rtsp://h/a", "a\rb", ""},
		{"rtsp://h/a", strings.Repeat("a", 3000), ""},
	} {
		got, err := probe.ControlURL(tc.base, tc.control)
		if got != tc.want || (err != nil) != (tc.want == "") {
			t.Errorf("%q with %.20q: %q, %v; want %q", tc.base, tc.control, got, err, tc.want)
		}
	}
}

func TestTheSessionIsWhatStandsBeforeItsParameters(t *testing.T) {
	const minute = time.Minute
	for _, tc := range []struct {
		in, id  string
		timeout time.Duration
	}{
		{"4711", "4711", minute},
		{" 4711 ;timeout=60", "4711", minute},
		{"4711;timeout=10", "4711", 10 * time.Second},
		{"4711; Timeout = \"10\"", "4711", 10 * time.Second},
		{"4711;timeout=1;x", "4711", time.Second},
		{"4711;timeout=0", "4711", minute},
		{"4711;timeout=-1", "4711", minute},
		{"4711;timeout=86400", "4711", minute},
		{"4711;timeout=99999999999999999999", "4711", minute},
		{";timeout=60", "", minute},
		{"", "", minute},
		{"a b", "", minute},
		{"a\rb", "", minute},
		{strings.Repeat("1", 300), "", minute},
	} {
		if id, timeout := probe.SessionID(tc.in); id != tc.id || timeout != tc.timeout {
			t.Errorf("%q: %q, %v; want %q, %v", tc.in, id, timeout, tc.id, tc.timeout)
		}
	}
}
