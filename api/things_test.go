package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/phukin/phukin/api"
	"github.com/phukin/phukin/hub/account"
	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/uptime"
	"github.com/phukin/phukin/hub/wire"
)

// windowGen draws windows around a short day.
func windowGen(day uptime.Window) *rapid.Generator[uptime.Window] {
	return rapid.Custom(func(t *rapid.T) uptime.Window {
		from := rapid.Int64Range(day.From-5, day.To+5).Draw(t, "from")
		return uptime.Window{From: from, To: from + rapid.Int64Range(0, 20).Draw(t, "length")}
	})
}

// A day's spans are held against a look at every second of it.
func TestATimelineIsWhatEverySecondWas(t *testing.T) {
	const number = history.DayNumber(20_000)
	rapid.Check(t, func(t *rapid.T) {
		length := rapid.IntRange(1, 60).Draw(t, "seconds")
		day := uptime.Window{From: 1_000_000, To: 1_000_000 + int64(length)}
		var seen history.Timeline
		var each []history.Run // of every second
		for len(each) < length {
			r := history.Run{Seconds: rapid.IntRange(1, length-len(each)).Draw(t, "run"), Status: rapid.SampledFrom([]wire.Status{0, wire.StatusUp, wire.StatusDegraded, wire.StatusDown}).Draw(t, "status")}
			if r.Status == wire.StatusDown {
				r.Fault, r.FellOn = rapid.SampledFrom([]wire.Fault{wire.FaultTimeout, wire.FaultRefused}).Draw(t, "fault"), wire.RungConnect
			}
			seen = append(seen, r)
			for range r.Seconds {
				each = append(each, r)
			}
		}
		in := rapid.SliceOfN(windowGen(day), 0, 3).Draw(t, "in")
		pauses := rapid.SliceOfN(windowGen(day), 0, 3).Draw(t, "pauses")
		shown := uptime.Window{From: day.From, To: day.From + rapid.Int64Range(0, int64(length)).Draw(t, "shown")}

		has := func(ws []uptime.Window, at int64) bool {
			return slices.ContainsFunc(ws, func(w uptime.Window) bool { return w.From <= at && at < w.To })
		}
		var want []string
		for at := shown.From; at < shown.To; at++ {
			r := each[at-day.From]
			s := "unknown"
			switch {
			case !has(in, at):
				s = "not_in_service"
			case has(pauses, at):
				s = "maintenance"
			case r.Status == wire.StatusDown:
				s = "down " + r.Fault.String() + " " + r.FellOn.String()
			case !r.Unknown():
				s = r.Status.String()
			}
			want = append(want, s)
		}
		var got []string
		spans := api.DaySpans(number, shown, seen, uptime.Service{In: uptime.Union(in...), Pauses: uptime.Union(pauses...)})
		for i, s := range spans {
			if s.From.Unix() != shown.From+int64(len(got)) || s.To.Unix()-s.From.Unix() != s.Seconds || s.Seconds < 1 || s.Day != number.String() {
				t.Fatalf("span %d is %+v, after %d seconds", i, s, len(got))
			}
			text := strings.TrimSpace(s.Status + " " + strings.TrimSpace(s.Fault+" "+s.FellOn))
			if i > 0 && got[len(got)-1] == text {
				t.Fatalf("spans %d and %d are both %s", i-1, i, text)
			}
			for range s.Seconds {
				got = append(got, text)
			}
		}
		if !slices.Equal(got, want) {
			t.Fatalf("got  %v\nwant %v", got, want)
		}
	})
}

// What a timeline says of a camera adds up to its uptime.
func TestATimelineAddsUpToTheUptime(t *testing.T) {
	w := newWorld(t)
	c := w.inService(0)
	w.saw(0, seen(c.Code, w.on(8, 0), w.on(9, 30), wire.StatusUp))
	w.saw(1, seen(c.Code, w.on(9, 30), w.on(9, 45), wire.StatusDown))
	line := answer[api.Timeline](w, "/api/v1/cameras/"+c.Code+"/timeline?period=2026-11-22")
	sums := map[string]int64{}
	for _, s := range line.Items {
		sums[s.Status] += s.Seconds
	}
	if u := line.Uptime; sums["up"] != u.Up || sums["down"] != u.Down || sums["unknown"] != u.Unknown || u.Up != 5400 || u.Down != 900 || sums["up"]+sums["down"]+sums["unknown"] != 86400 {
		t.Errorf("%v; uptime %+v", sums, line.Uptime)
	}
	one := answer[api.UptimeAnswer](w, "/api/v1/cameras/"+c.Code+"/uptime?period=2026-11-22")
	if len(one.Items) != 1 || one.Items[0].Uptime.Up != 5400 {
		t.Errorf("%+v", one.Items)
	}
	if rec := w.get("/api/v1/cameras/" + c.Code + "/timeline?period=2026-11-22"); strings.Count(rec.Body.String(), `"fell_on":"connect"`) != 1 {
		t.Errorf("%s", rec.Body)
	}
}

// Where a stream is, and where a camera stands to the metre, is for those who go
// there.
func TestWhoSeesWhereAStreamIs(t *testing.T) {
	w := newWorldWith(t, func(p *plan.Plan) {
		for i := range p.Cameras {
			p.Cameras[i].Address = plan.Address("rtsp://192.0.2.7:554/live/" + p.Cameras[i].Code)
		}
	})
	camera := slices.Min(codesOf(w.camerasOf(own)))
	for _, role := range account.Roles() {
		for _, area := range []string{own, ""} {
			rec := w.ask(http.MethodGet, "/api/v1/cameras/"+camera, w.token(account.ScopeRead, account.Grant{Role: role, Area: area}), nil)
			var got api.CameraAnswer
			if err := json.Unmarshal(rec.Body.Bytes(), &got); err != nil || rec.Code != http.StatusOK {
				t.Fatalf("%s: %d %s", role, rec.Code, rec.Body)
			}
			may := slices.Contains([]account.Role{account.Technician, account.Staff, account.Admin}, role)
			if (got.Stream != nil) != may || (got.Position != nil) != may || (got.View != nil) != may {
				t.Errorf("%s in %q: stream %v, position %v, view %v; want %v", role, area, got.Stream, got.Position, got.View, may)
			}
			if may && got.Stream.Address != "rtsp://192.0.2.7:554/live/"+camera {
				t.Errorf("%s: %s", role, got.Stream.Address)
			}
			if strings.Contains(rec.Body.String(), "192.0.2.7") != may {
				t.Errorf("%s: %s", role, rec.Body)
			}
		}
	}
}

func codesOf(set map[string]bool) (codes []string) {
	for c := range set {
		codes = append(codes, c)
	}
	return codes
}

func TestAddressesAreShownWithoutCredentials(t *testing.T) {
	for address, want := range map[string]string{
		"rtsp://192.0.2.1/live":                                     "rtsp://192.0.2.1/live",
		"rtsp://a:b@192.0.2.1/live":                                 "rtsp://***@192.0.2.1/live",
		"rtsp://a:b@c@192.0.2.1/live":                               "rtsp://***@192.0.2.1/live",
		"rtsp://192.0.2.1/user=a&password=b&channel=1&stream=0.sdp": "rtsp://192.0.2.1/user=***&password=***&channel=1&stream=0.sdp",
		"rtsp://192.0.2.1/user=a_password=b_channel=1_stream=0.sdp": "rtsp://192.0.2.1/user=***_password=***_channel=1_stream=0.sdp",
		"rtsp://192.0.2.1:554/cam?Token=x#y":                        "rtsp://192.0.2.1:554/cam?Token=***#y",
		"192.0.2.1/live":                                            "***",
	} {
		if got := api.WithoutCredentials(address); got != want {
			t.Errorf("%s is shown as %s, want %s", address, got, want)
		}
	}
}

// Pages of observations are the whole list, newest first, whatever their length.
func TestObservationsComeInPages(t *testing.T) {
	w := newWorld(t)
	c := w.inService(0)
	const n = 23
	for i := range n {
		from := w.on(1, 0).Add(time.Duration(i) * 7 * time.Minute)
		w.put(uint64(i), seen(c.Code, from, from.Add(7*time.Minute), []wire.Status{wire.StatusUp, wire.StatusDown, wire.StatusDegraded}[i%3]))
	}
	w.fold()
	path := "/api/v1/cameras/" + c.Code + "/observations?period=2026-11-22"
	whole := answer[api.ObservationList](w, path)
	if len(whole.Items) != n || whole.Next != "" {
		t.Fatalf("%d of %d, next %q", len(whole.Items), n, whole.Next)
	}
	if !slices.IsSortedFunc(whole.Items, func(a, b api.EvidenceHere) int { return b.From.Compare(a.From) }) {
		t.Error("not the newest first")
	}
	for _, limit := range []int{1, 4, n - 1, n} {
		var got []string
		for after := ""; ; {
			page := answer[api.ObservationList](w, fmt.Sprintf("%s&limit=%d%s", path, limit, after))
			for _, o := range page.Items {
				got = append(got, fmt.Sprint(o.Seq, o.From, o.Status))
			}
			if page.Next == "" || len(got) > n {
				break
			}
			after = "&after=" + page.Next
		}
		var want []string
		for _, o := range whole.Items {
			want = append(want, fmt.Sprint(o.Seq, o.From, o.Status))
		}
		if !slices.Equal(got, want) {
			t.Errorf("limit=%d:\ngot  %v\nwant %v", limit, got, want)
		}
	}
	for query, at := range map[string]string{"period=2026-11-22&after=x": "query.after", "from=2026-01-01&to=2026-11-22": "query.from", "period=2026": "query.period"} {
		if rec := w.get("/api/v1/cameras/" + c.Code + "/observations?" + query); rec.Code != http.StatusUnprocessableEntity || !strings.Contains(rec.Body.String(), at) {
			t.Errorf("%s: %d %s", query, rec.Code, rec.Body)
		}
	}
}

func FuzzObservationCursor(f *testing.F) {
	f.Add("1795539198000_1f_7_tb-1")
	f.Add("-1_0_0_a_b")
	f.Add("___")
	f.Fuzz(func(t *testing.T, text string) {
		again, ok := api.ParseObservationCursor(text)
		if !ok {
			return
		}
		if third, ok := api.ParseObservationCursor(again); !ok || third != again {
			t.Errorf("%q is %q, and that %q", text, again, third)
		}
	})
}

// An area has what its communes have together, and the plan's area has all.
func TestAnAreaHasItsFigures(t *testing.T) {
	w := newWorld(t)
	list := answer[api.AreaList](w, "/api/v1/areas")
	sites, cameras, length := 0, 0, 0.0
	var root api.AreaAnswer
	for _, a := range list.Items {
		one := answer[api.AreaAnswer](w, "/api/v1/areas/"+a.Code)
		switch {
		case a.Parent == nil:
			root = one
		case len(one.Below) == 0:
			sites, cameras, length = sites+one.Sites, cameras+one.Cameras, length+one.Length
		}
	}
	if root.Sites != len(w.plan.Sites) || root.Cameras != len(w.plan.Cameras) {
		t.Errorf("%d sites and %d cameras in all, want %d and %d", root.Sites, root.Cameras, len(w.plan.Sites), len(w.plan.Cameras))
	}
	if sites != root.Sites || cameras != root.Cameras || length > root.Length+0.1*float64(len(list.Items)) {
		t.Errorf("communes have %d sites, %d cameras, %.1f m; all %d, %d, %.1f m", sites, cameras, length, root.Sites, root.Cameras, root.Length)
	}
	total := 0.0
	for _, r := range root.Routes {
		total += r.Length
	}
	if d := total - root.Length; d > 1 || d < -1 {
		t.Errorf("routes of the root have %.1f m, want %.1f", total, root.Length)
	}
}
