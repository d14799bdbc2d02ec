package assign_test

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/phukin/phukin/hub/assign"
	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/wire"
)

// planOf makes a plan with these cameras at one site.
func planOf(t testing.TB, cameras ...plan.Camera) *plan.Plan {
	t.Helper()
	p := plan.Plan{
		Name: plan.Text{VI: "Kế hoạch", EN: "Plan"}, Root: "R",
		Phases: []plan.Phase{{Code: "P", Name: plan.Text{VI: "Một", EN: "One"}, From: plan.NewDate(2026, 1, 1), To: plan.NewDate(2026, 12, 31)}},
		Areas:  []plan.Area{{Code: "R", Kind: "huyện", Name: "Huyện"}},
		Sites:  []plan.Site{{Code: "S", Name: "Chợ", Area: "R", Kind: plan.SiteMarket}},
	}
	p.Sites[0].Position.Lon, p.Sites[0].Position.Lat = 105.8, 18.3
	for _, c := range cameras {
		c.Site, c.Phase, c.FOV, c.Owner = "S", "P", 90, plan.OwnerPublic
		if c.Width == 0 {
			c.Width, c.Height = 1920, 1080
		}
		p.Cameras = append(p.Cameras, c)
	}
	built, err := plan.Build(p)
	if err != nil {
		t.Fatal(err)
	}
	return built
}

var today = plan.NewDate(2026, 6, 1)

func TestAListHasWhatThePlanSaysOfItsCameras(t *testing.T) {
	p := planOf(t,
		plan.Camera{Code: "b", Agent: "x", Address: "rtsp://192.0.2.2/b", FrameRate: 12.5, KeyframeGap: 4, Interval: 60.5, Depth: "full", Transport: "udp"},
		plan.Camera{Code: "a", Agent: "x", Address: "rtsps://192.0.2.1/a", Width: 640, Height: 360, KeyframeGap: 0.01},
		plan.Camera{Code: "no-address", Agent: "x"},
		plan.Camera{Code: "gone", Agent: "x", Address: "rtsp://192.0.2.3/", Installed: plan.NewDate(2026, 1, 1), Retired: today},
		plan.Camera{Code: "until-tomorrow", Agent: "y", Address: "rtsp://192.0.2.4/", Installed: plan.NewDate(2026, 1, 1), Retired: today + 1},
		plan.Camera{Code: "later", Agent: "z", Address: "rtsp://192.0.2.5/", Planned: today + 1},
	)
	lists, bad := assign.Lists(p, today, map[string]assign.Credential{"a": {Sealed: []byte("s")}, "other": {Sealed: []byte("o")}})
	want := map[string][]wire.Assigned{
		"x": {
			{Camera: "a", Address: "rtsps://192.0.2.1/a", Width: 640, Height: 360, KeyframeGap: 100, Sealed: []byte("s")},
			{Camera: "b", Address: "rtsp://192.0.2.2/b", Width: 1920, Height: 1080, FrameRate: 12.5, KeyframeGap: 4000, LightInterval: 60_500, Depth: wire.DepthFull, Transport: wire.TransportUDP},
		},
		"y": {{Camera: "until-tomorrow", Address: "rtsp://192.0.2.4/", Width: 1920, Height: 1080}},
		"z": {},
	}
	if d := cmp.Diff(want, lists); d != "" || len(bad) > 0 {
		t.Errorf("%s\n%v", d, bad)
	}
	lists, _ = assign.Lists(p, today+1, nil)
	if len(lists["y"]) != 0 || len(lists["z"]) != 1 {
		t.Errorf("the day after: %v", lists)
	}
}

// Whatever the plan, every camera that is to be watched is in the list of its
// agent, once, and nothing else is in any.
func TestEveryCameraIsInTheListOfItsAgentAlone(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		var cameras []plan.Camera
		for i := range rapid.IntRange(0, 12).Draw(r, "cameras") {
			c := plan.Camera{Code: fmt.Sprintf("c%02d", i), Agent: rapid.SampledFrom([]string{"x", "y", "z"}).Draw(r, "agent")}
			if rapid.Bool().Draw(r, "address") {
				c.Address = plan.Address(fmt.Sprintf("rtsp://192.0.2.1/%d", i))
			}
			if rapid.Bool().Draw(r, "planned") {
				c.Planned = today + plan.Date(rapid.IntRange(-1, 1).Draw(r, "day"))
			}
			if rapid.Bool().Draw(r, "retired") {
				c.Installed, c.Retired = today-50, today+plan.Date(rapid.IntRange(-1, 1).Draw(r, "day"))
				c.Planned = 0
			}
			cameras = append(cameras, c)
		}
		p := planOf(t, cameras...)
		lists, bad := assign.Lists(p, today, nil)
		if len(bad) > 0 {
			r.Fatalf("bad: %v", bad)
		}
		found := map[string]string{}
		for agent, l := range lists {
			if !slices.IsSortedFunc(l, func(a, b wire.Assigned) int { return strings.Compare(a.Camera, b.Camera) }) {
				r.Fatalf("%v is in no order", l)
			}
			for _, a := range l {
				if found[a.Camera] != "" {
					r.Fatalf("%s is in two lists", a.Camera)
				}
				found[a.Camera] = agent
			}
		}
		for _, c := range cameras {
			want := ""
			if c.Address != "" && c.Planned <= today && (c.Retired == 0 || c.Retired > today) {
				want = c.Agent
			}
			if found[c.Code] != want {
				r.Fatalf("%+v is in the list of %q, want %q", c, found[c.Code], want)
			}
		}
	})
}

func TestAListThatSaysTheSameIsTheSame(t *testing.T) {
	cameras := []wire.Assigned{{Camera: "a", Address: "rtsp://h/"}}
	first, sent, same, err := assign.Payload(cameras, assign.Sent{}, 3)
	if err != nil || same || sent.Revision != 3 || sent.Digest != wire.ListDigest(first) {
		t.Fatalf("%+v, %v, %v", sent, same, err)
	}
	sent.TakenRevision = 3
	again, now, same, err := assign.Payload(cameras, sent, 9)
	if err != nil || !same || now != sent || !bytes.Equal(again, first) {
		t.Errorf("%+v, %v, %v", now, same, err)
	}
	cameras[0].Width = 7
	other, now, same, err := assign.Payload(cameras, sent, 9)
	if err != nil || same || now.Revision != 9 || now.TakenRevision != 3 || bytes.Equal(other, first) {
		t.Errorf("%+v, %v, %v", now, same, err)
	}
	none, now, same, err := assign.Payload(nil, now, 10)
	if l, lerr := wire.UnmarshalList(none); err != nil || same || lerr != nil || len(l.Cameras) != 0 || l.Revision != 10 || now.Revision != 10 {
		t.Errorf("%+v, %v, %v", now, same, err)
	}
	if _, kept, _, err := assign.Payload(make([]wire.Assigned, wire.MaxList+1), sent, 11); err == nil || kept != sent {
		t.Errorf("%+v, %v", kept, err)
	}
}

func TestCredentialsAreSealedToTheAgentThatWatches(t *testing.T) {
	private, key, err := wire.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	p := planOf(t, plan.Camera{Code: "a", Agent: "x"}, plan.Camera{Code: "b", Agent: "y"})
	keys := map[string]assign.Key{"x": {Agent: "x", Key: key}}
	c, err := assign.Seal(p, keys, "a", wire.Credentials{Username: "u", Password: "p"})
	if err != nil || c.Camera != "a" || c.Agent != "x" || c.Key != key {
		t.Fatalf("%+v, %v", c, err)
	}
	if got, err := wire.Open(private, "a", c.Sealed); err != nil || got.Password != "p" {
		t.Errorf("%#v, %v", got, err)
	}
	for camera, want := range map[string]string{"b": "agent y, which watches camera b, has not told its key yet", "c": "camera c is not in the plan"} {
		if _, err := assign.Seal(p, keys, camera, wire.Credentials{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	if _, err := assign.Seal(p, keys, "a", wire.Credentials{Password: strings.Repeat("p", 257)}); err == nil {
		t.Error("a password of any length is sealed")
	}

	kept := map[string]assign.Credential{"a": c, "gone": c}
	if lost := assign.Lost(p, keys, kept); len(lost) != 0 {
		t.Errorf("lost: %v", lost)
	}
	moved := planOf(t, plan.Camera{Code: "a", Agent: "y"})
	keys["y"] = assign.Key{Agent: "y", Key: wire.Key{9}}
	if lost := assign.Lost(moved, keys, kept); !slices.Equal(lost, []string{"a"}) {
		t.Errorf("after the camera went to another agent: %v", lost)
	}
	keys["x"] = assign.Key{Agent: "x", Key: wire.Key{8}}
	if lost := assign.Lost(p, keys, kept); !slices.Equal(lost, []string{"a"}) {
		t.Errorf("after the agent changed its key: %v", lost)
	}
}

func TestAFormerAgentMaySpeakOfTheTimeBeforeItLetGo(t *testing.T) {
	moved := time.UnixMilli(1_794_960_000_000)
	p := planOf(t, plan.Camera{Code: "a", Agent: "y"})
	o := assign.NewOwners(p, []assign.Former{
		{Camera: "a", Agent: "x", Revision: 3, At: moved.Add(-time.Hour)}, {Camera: "a", Agent: "x", Revision: 7, At: moved}, {Camera: "a", Agent: "x", Revision: 5, At: moved.Add(-time.Minute)},
	})
	const slack = 5 * 60 * 1000
	for name, x := range map[string]struct {
		agent string
		sent  assign.Sent
		want  int64
	}{
		"who never had it":                     {"z", assign.Sent{TakenAt: moved}, 0},
		"who has it":                           {"y", assign.Sent{}, 0},
		"who takes no lists":                   {"x", assign.Sent{Revision: 7}, moved.UnixMilli() + slack},
		"who still works from the former list": {"x", assign.Sent{Revision: 7, TakenRevision: 6, TakenAt: moved.Add(-time.Hour)}, math.MaxInt64},
		"who took the list without it":         {"x", assign.Sent{Revision: 7, TakenRevision: 7, TakenAt: moved.Add(time.Hour)}, moved.Add(time.Hour).UnixMilli() + slack},
		"who took a later one":                 {"x", assign.Sent{Revision: 9, TakenRevision: 9, TakenAt: moved.Add(2 * time.Hour)}, moved.Add(2*time.Hour).UnixMilli() + slack},
		"whose clock is behind the revision's": {"x", assign.Sent{Revision: 7, TakenRevision: 7, TakenAt: moved.Add(-time.Hour)}, moved.UnixMilli() + slack},
	} {
		if got := o.Held("a", x.agent, x.sent); got != x.want {
			t.Errorf("%s: %d, want %d", name, got, x.want)
		}
	}
	if o.Owner("a") != "y" || o.Owner("b") != "" {
		t.Errorf("owners %q and %q", o.Owner("a"), o.Owner("b"))
	}
}
