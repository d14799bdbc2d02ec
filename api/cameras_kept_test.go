package api_test

import (
	"bytes"
	"encoding/json"
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/phukin/phukin/api"
	"github.com/phukin/phukin/hub/wire"
)

// asJSON gives what encoding/json makes of a value.
func asJSON(t rapid.TB, v any) []byte {
	t.Helper()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestKeptCamerasAreEncodedAsEncodingJSONWould(t *testing.T) {
	text := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{`,"uptime":{`, "a<b>&\u2028", "\xff\x00\"\\", "Trường Tiểu học"}))
	ratio := rapid.Ptr(rapid.OneOf(rapid.Float64Range(0, 1), rapid.SampledFrom([]float64{0, 1, math.Copysign(0, -1), 1e-6, 9.9e-7, 1e-9, 1e-10, 5e-324, 1e-100, 1.0 / 3, 1e21, 1e20})), true)
	seconds := rapid.OneOf(rapid.Int64(), rapid.Int64Range(0, 1e7))
	moment := rapid.Ptr(rapid.Map(rapid.Int64Range(0, 4e9), func(s int64) time.Time { return time.Unix(s, 0).UTC() }), true)
	ref := rapid.Custom(func(t *rapid.T) api.Ref { return api.Ref{Code: text.Draw(t, "code"), Name: text.Draw(t, "name")} })
	picture := rapid.Custom(func(t *rapid.T) api.Picture {
		return api.Picture{Codec: text.Draw(t, "codec"), Width: rapid.Int().Draw(t, "width"), Height: rapid.Int().Draw(t, "height"), FrameRate: rapid.Float64Range(0, 100).Draw(t, "rate")}
	})
	row := rapid.Custom(func(t *rapid.T) api.CameraRow {
		return api.CameraRow{
			Code: text.Draw(t, "code"), Site: ref.Draw(t, "site"), SiteKind: text.Draw(t, "kind"), Area: ref.Draw(t, "area"), Route: rapid.Ptr(ref, true).Draw(t, "route"), Chainage: text.Draw(t, "chainage"),
			Agent: text.Draw(t, "agent"), Phase: text.Draw(t, "phase"), Owner: text.Draw(t, "owner"), Planned: picture.Draw(t, "planned"), Measured: rapid.Ptr(picture, true).Draw(t, "measured"),
			Milestones: api.Milestones{Due: text.Draw(t, "due"), Verified: text.Draw(t, "verified")},
			Status:     api.Status{Status: text.Draw(t, "status"), Reasons: rapid.SliceOfN(text, 0, 2).Draw(t, "reasons"), Since: moment.Draw(t, "since"), Until: moment.Draw(t, "until")},
			Uptime: api.Uptime{
				InService: seconds.Draw(t, "in service"), Up: seconds.Draw(t, "up"), Degraded: seconds.Draw(t, "degraded"), Down: seconds.Draw(t, "down"), Unknown: seconds.Draw(t, "unknown"), Maintenance: seconds.Draw(t, "maintenance"),
				Availability: ratio.Draw(t, "availability"), Observed: ratio.Draw(t, "observed"), Low: ratio.Draw(t, "low"), High: ratio.Draw(t, "high"), Outages: rapid.Int().Draw(t, "outages"),
			},
			Bars: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) [4]int {
				return [4]int{rapid.Int().Draw(t, "up"), rapid.Int().Draw(t, "degraded"), 0, rapid.IntRange(0, 86400).Draw(t, "unknown")}
			}), 0, 3).Draw(t, "bars"),
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		list := &api.CameraList{From: text.Draw(t, "from"), To: text.Draw(t, "to"), Items: rapid.SliceOfN(row, 1, 3).Draw(t, "rows")}
		list.Total, list.Next = rapid.Int().Draw(t, "total"), text.Draw(t, "next")
		want := asJSON(t, list)
		for i := range list.Items {
			list.Items[i].Keep()
		}
		var b bytes.Buffer
		b.WriteString("before")
		if ok, err := list.EncodeKept(&b); !ok || err != nil || !bytes.Equal(b.Bytes(), append([]byte("before"), want...)) {
			t.Fatalf("%t %v\n%s\nwant before%s", ok, err, b.Bytes(), want)
		}
	})
}

// A row that is kept is the one that would be made, whatever becomes of the
// camera.
func TestKeptCamerasAreThoseThatWouldBeMade(t *testing.T) {
	w := newTwins(t, true)
	began := w.clock().UnixMilli()
	rapid.Check(t, func(t *rapid.T) {
		for range rapid.IntRange(1, 8).Draw(t, "steps") {
			c := w.inService(rapid.IntRange(0, 1).Draw(t, "camera"))
			if rapid.Bool().Draw(t, "observed") {
				w.seq++
				at := w.clock().Add(-time.Minute)
				o := wire.Observation{Camera: c.Code, From: at.UnixMilli(), To: w.clock().UnixMilli(), Status: wire.StatusUp, Rung: wire.RungFresh}
				if o.Probes = 1; rapid.Bool().Draw(t, "measured") {
					o.Codec, o.Width, o.Height = rapid.SampledFrom([]wire.Codec{wire.CodecH264, wire.CodecH265}).Draw(t, "codec"), rapid.SampledFrom([]int{640, 1920}).Draw(t, "width"), 480
				}
				w.put(w.seq, o)
				if _, err := w.store.Fold(w.t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			s := wire.State{Camera: c.Code, Status: wire.StatusUp, Rung: wire.RungFresh, Since: began - rapid.Int64Range(0, 1).Draw(t, "since"), Probed: w.clock().UnixMilli()}
			switch rapid.IntRange(0, 2).Draw(t, "status") {
			case 0:
				s.Status, s.Rung, s.FellOn = wire.StatusDown, wire.RungResolve, wire.RungConnect
				s.Fault = rapid.SampledFrom([]wire.Fault{wire.FaultRefused, wire.FaultTimeout}).Draw(t, "fault")
			case 1:
				s.Status = wire.StatusDegraded
				s.Reasons = rapid.SampledFrom([][]wire.Reason{{wire.ReasonLowResolution}, {wire.ReasonLowFrameRate}, {wire.ReasonLowResolution, wire.ReasonLowFrameRate}}).Draw(t, "reasons")
			}
			if s.Status != wire.StatusDown && rapid.Bool().Draw(t, "seen") {
				s.Codec, s.Width, s.Height = rapid.SampledFrom([]wire.Codec{wire.CodecH264, wire.CodecH265}).Draw(t, "codec"), rapid.SampledFrom([]int{640, 1920}).Draw(t, "width"), rapid.SampledFrom([]int{480, 1080}).Draw(t, "height")
			}
			if rapid.Bool().Draw(t, "said") {
				w.live.Take(c.Agent, &wire.LiveMessage{Online: true, Whole: true, Sent: w.clock().UnixMilli(), Cameras: 1, Interval: 10_000, States: []wire.State{s}})
			}
			w.pass(rapid.SampledFrom([]time.Duration{time.Second, time.Second, 6 * time.Second, 2 * time.Minute, 24 * time.Hour}).Draw(t, "passes"))
			kept, made, err := w.hot.CameraRowsNow(w.t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for i := range kept {
				if !kept[i].Kept() {
					t.Fatalf("the row of %s is not kept", kept[i].Code)
				}
			}
			got, want := &api.CameraList{Items: kept}, asJSON(t, &api.CameraList{Items: made})
			var b bytes.Buffer
			if ok, err := got.EncodeKept(&b); !ok || err != nil || !bytes.Equal(b.Bytes(), want) || !bytes.Equal(asJSON(t, got), want) {
				t.Fatalf("%t %v\n%s\nwant %s", ok, err, b.Bytes(), want)
			}
		}
	})
}
