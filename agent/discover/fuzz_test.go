package discover_test

import (
	"strings"
	"testing"

	"github.com/phukin/phukin/agent/discover"
)

func FuzzForeignXMLIsReadInBounds(f *testing.F) {
	f.Add([]byte(envelope(`<a token="x">text</a>`)))
	f.Add([]byte((&device{}).match("uuid:1", "http://127.0.0.1:80/onvif http://[::1]/x")))
	f.Add([]byte(laughs))
	f.Add([]byte(strings.Repeat("<a>", 100)))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, m := range discover.ReadMatches("uuid:1", data) {
			if !strings.HasPrefix(m.Service, "http://192.0.2.7") && !strings.HasPrefix(m.Service, "https://192.0.2.7") {
				t.Errorf("service is %q", m.Service)
			}
			if len(m.Name) > 500 || strings.ContainsAny(m.Name, "\n\x1b") {
				t.Errorf("name is %q", m.Name)
			}
		}
	})
}

func FuzzStreamAddressesAreHarmless(f *testing.F) {
	f.Add("rtsp://u:p@h:554/x?y=1#z")
	f.Add("rtsp://h/\"\n")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := discover.StreamURL(text)
		if err == nil && (strings.ContainsAny(s, " \"'\\\n\x1b") || strings.Contains(strings.SplitN(s, "/", 4)[2], "@")) {
			t.Errorf("%q gives %q", text, s)
		}
	})
}

func TestTooDeepTooManyAndTooLongAreRefused(t *testing.T) {
	nested := func(n int) string { return strings.Repeat("<a>", n) + strings.Repeat("</a>", n) }
	for _, c := range []struct {
		name, text string
		ok         bool
	}{
		{"deep enough", nested(32), true},
		{"too deep", nested(33), false},
		{"as many as may be", "<x>" + strings.Repeat("<a/>", 4095) + "</x>", true},
		{"one too many", "<x>" + strings.Repeat("<a/>", 4096) + "</x>", false},
		{"as long as may be", "<x>" + strings.Repeat("y", 64<<10) + "</x>", true},
		{"too long", "<x>" + strings.Repeat("y", 64<<10+1) + "</x>", false},
		{"never closed", "<x>", false},
		{"nothing", "", false},
	} {
		if err := discover.Parse([]byte(c.text)); (err == nil) != c.ok {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}
