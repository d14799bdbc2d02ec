package e2e_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/phukin/phukin/deploy/bench/peers"
	"github.com/phukin/phukin/hub/wire"
)

// checked is what the test reads of a line of `phukin-agent check --json`.
type checked struct {
	Name, Subject, Status, Fault, Text, Hint string
	Stages                                   []struct{ Name string }
	Camera                                   *struct {
		Rung, Codec   string
		FellOn        string `json:"fell_on"`
		NoPassword    bool   `json:"no_password"`
		Width, Height int
		FrameRate     float64 `json:"frame_rate"`
		Reasons       []string
	}
}

// once keeps the cases that a single look at all cameras can hold: GStreamer
// answers 503 to whoever asks for a stream that it prepares for somebody else.
func once(s peers.Server, r *peers.Running) (cs []peers.Case) {
	asked := map[string]bool{}
	for _, c := range peers.Cases() {
		u := c.URL(r, false)
		early := c.FellOn == wire.RungTLS || c.FellOn == wire.RungAuth
		if c.Server == s && (early || !asked[u]) {
			asked[u] = asked[u] || !early
			cs = append(cs, c)
		}
	}
	return cs
}

// The same through the built program and its configuration file.
func TestCheckTellsOfRealCamerasInJSON(t *testing.T) {
	for _, s := range []peers.Server{peers.GStreamer, peers.VLC} {
		t.Run(string(s), func(t *testing.T) {
			r := startPeer(t, s)
			cases := once(s, r)
			dir := t.TempDir()
			var b strings.Builder
			fmt.Fprintf(&b, "agent: bench\nbroker:\n  url: mqtt://127.0.0.1:%s\n  password: secret\nspool:\n  dir: %s\nwindow: 1500ms\ntimeout: 12s\nmax_sessions: 4\ncameras:\n", freePort(t), dir)
			for i, c := range cases {
				fmt.Fprintf(&b, "  - code: CAM-%02d\n    width: %d\n    height: %d\n    frame_rate: %g\n", i, c.Video.Width, c.Video.Height, c.Video.FrameRate)
				for key, value := range c.Settings(r) {
					if key != "insecure" {
						value = fmt.Sprintf("%q", value)
					}
					fmt.Fprintf(&b, "    %s: %s\n", key, value)
				}
			}
			stdout, stderr, code := run(t, agentProgram(), "check", "--json", "--lang", "vi", "--config", write(t, dir, "agent.yaml", b.String()))
			if code != 1 {
				t.Errorf("exit %d, want 1: the broker is not there\n%s", code, stderr)
			}
			if strings.Contains(stdout+stderr, peers.Password) {
				t.Error("the password is printed")
			}
			var report []checked
			if err := json.Unmarshal([]byte(stdout), &report); err != nil {
				t.Fatalf("%v\n%s%s", err, stdout, stderr)
			}
			found := map[string]checked{}
			for _, k := range report {
				if k.Camera != nil {
					found[k.Subject] = k
				} else if k.Name == "broker" && k.Fault == "" {
					t.Errorf("the broker is not there: %+v", k)
				}
			}
			for i, c := range cases {
				compare(t, c, found[fmt.Sprintf("CAM-%02d", i)])
			}
		})
	}
}

func compare(t *testing.T, c peers.Case, k checked) {
	t.Helper()
	if k.Camera == nil {
		t.Errorf("%s: not in the report", c.Name())
		return
	}
	want := wire.RungFresh.String()
	fellOn := ""
	if c.Fault != wire.FaultNone {
		want, fellOn = k.Camera.Rung, c.FellOn.String()
		texts := wire.Texts(wire.VI)
		if k.Text != texts.Fault(c.Fault) || k.Hint != texts.Hint(c.Fault) || k.Status != "down" {
			t.Errorf("%s: %s, %q, %q", c.Name(), k.Status, k.Text, k.Hint)
		}
	} else if k.Status != "up" || k.Camera.Codec != c.Video.Codec.String() || k.Camera.Width != c.Video.Width || k.Camera.Height != c.Video.Height || k.Camera.NoPassword != (c.Auth == "none") {
		t.Errorf("%s: %s %+v, want up %+v", c.Name(), k.Status, *k.Camera, c.Video)
	}
	if k.Fault != c.Fault.String() || k.Camera.FellOn != fellOn || k.Camera.Rung != want {
		t.Errorf("%s: fault %q on %q, reached %s; want %q on %q", c.Name(), k.Fault, k.Camera.FellOn, k.Camera.Rung, c.Fault, fellOn)
	}
}
