package probe_test

import (
	"strings"
	"testing"

	"github.com/phukin/phukin/agent/probe"
)

func TestTheTransportOfTheCameraDecidesTheChannels(t *testing.T) {
	for _, tc := range []struct {
		in        string
		rtp, rtcp byte
		fails     bool
	}{
		{"", 0, 1, false},
		{"RTP/AVP/TCP;unicast", 0, 1, false},
		{"RTP/AVP/TCP;unicast;interleaved=2-3;ssrc=1", 2, 3, false},
		{"rtp/avp/tcp; Interleaved = 4", 4, 5, false},
		{"RTP/AVP/TCP; Interleaved=4 - 9", 4, 9, false},
		{"RTP/AVP/TCP;interleaved=255", 255, 0, false},
		{"RTP/AVP;interleaved=0-1", 0, 1, false},
		{"RTP/AVP;unicast;client_port=1-2", 0, 0, true},
		{"RTP/AVP/UDP;unicast", 0, 0, true},
		{"RTP/AVP/TCP;multicast", 0, 0, true},
		{"RTP/AVP/TCP;interleaved=256-257", 0, 0, true},
		{"RTP/AVP/TCP;interleaved=-1", 0, 0, true},
		{"RTP/AVP/TCP;interleaved=0-x", 0, 0, true},
	} {
		rtp, rtcp, err := probe.ParseTransport(tc.in)
		if (err != nil) != tc.fails || err == nil && (rtp != tc.rtp || rtcp != tc.rtcp) {
			t.Errorf("%q: %d, %d, %v", tc.in, rtp, rtcp, err)
		}
	}
}

func TestControlAddressesAreResolvedAsCamerasExpect(t *testing.T) {
	for _, tc := range []struct{ base, control, want string }{
		{"rtsp://h/a", "", "rtsp://h/a"},
		{"rtsp://h/a", "*", "rtsp://h/a"},
		{"rtsp://h/a", "trackID=1", "rtsp://h/a/trackID=1"},
		{"rtsp://h/a/", "trackID=1", "rtsp://h/a/trackID=1"},
		{"rtsp://h/a/", "/trackID=1", "rtsp://h/a/trackID=1"},
		{"rtsp://h/a?x=1", "trackID=1", "rtsp://h/a?x=1/trackID=1"},
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
	for in, want := range map[string]string{
		"4711": "4711", " 4711 ;timeout=60": "4711", ";timeout=60": "", "": "", "a b": "", "a\rb": "", strings.Repeat("1", 300): "",
	} {
		if got := probe.SessionID(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
