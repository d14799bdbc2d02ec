package api_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"image/png"
	"io"
	"math"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/phukin/phukin/api"
	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/wire"
)

const mapPath = "/api/v1/coverage/map"

// features is as much of a map as these tests look at.
type features struct {
	AsOf     *time.Time `json:"as_of"`
	Features []struct {
		Properties struct {
			Layer    string  `json:"layer"`
			Length   float64 `json:"length_m"`
			Working  bool    `json:"in_view_working"`
			Accepted bool    `json:"controlled_accepted"`
			Camera   string  `json:"camera"`
			Status   string  `json:"status"`
			Range    float64 `json:"range_m"`
		} `json:"properties"`
	} `json:"features"`
}

// working makes every camera work as planned.
func (w *world) working() {
	var all []wire.State
	for i := range w.plan.Cameras {
		c := &w.plan.Cameras[i]
		all = append(all, wire.State{Camera: c.Code, Status: wire.StatusUp, Rung: wire.RungFresh, Width: c.Width, Height: c.Height})
	}
	w.says(all...)
}

func TestTheMapHasTheFiguresOfTheCoverage(t *testing.T) {
	w := newWorld(t)
	w.working()
	m := answer[features](w, mapPath)
	if m.AsOf == nil || !m.AsOf.Equal(w.clock()) {
		t.Errorf("as of %v, want %v", m.AsOf, w.clock())
	}
	var length, inView, controlled float64
	up := 0
	for _, f := range m.Features {
		switch p := f.Properties; p.Layer {
		case "route_stretch":
			length += p.Length
			if p.Working {
				inView += p.Length
			}
			if p.Accepted {
				controlled += p.Length
			}
		case "camera":
			if p.Status == "up" {
				up++
			}
		}
	}
	c := answer[api.CoverageAnswer](w, "/api/v1/coverage")
	if math.Abs(length-c.Length) > 0.06 || math.Abs(inView-c.States["working"].InView) > 0.06 || math.Abs(controlled-c.States["accepted"].Controlled) > 0.06 {
		t.Errorf("map: %.3f m, %.3f in view, %.3f controlled; coverage: %v, %+v", length, inView, controlled, c.Length, c.States)
	}
	if list := answer[api.CameraList](w, "/api/v1/cameras?fields=status"); up != list.Count.Up || up == 0 {
		t.Errorf("%d cameras are up, want %d", up, list.Count.Up)
	}
}

// A picture that is smaller than planned has a shorter footprint as soon as it
// is measured, and only in the state that evidence decides.
func TestTheMapHasTheMeasuredFootprints(t *testing.T) {
	w := newWorld(t)
	var code string
	for i := 0; code == ""; i++ {
		if c := w.inService(i); c.Width == 1920 && !math.IsNaN(c.Azimuth) {
			code = c.Code
		}
	}
	w.says(wire.State{Camera: code, Status: wire.StatusUp, Rung: wire.RungFresh, Width: 640, Height: 360})
	reach := func(state string) float64 {
		for _, f := range answer[features](w, mapPath+"?level=detection&state="+state).Features {
			if p := f.Properties; p.Layer == "footprint" && p.Camera == code {
				return p.Range
			}
		}
		return 0
	}
	if planned, measured := reach("accepted"), reach("working"); measured <= 0 || planned < 2.5*measured {
		t.Errorf("reaches %.1f m as planned and %.1f as measured", planned, measured)
	}
}

func TestTheMapComesInTheFormThatWasAskedFor(t *testing.T) {
	w := newWorld(t)
	w.working()
	for _, c := range []struct{ query, accept, media string }{
		{"", "", "application/geo+json"},
		{"", "*/*", "application/geo+json"},
		{"", "text/html, image/png;q=0.9, image/svg+xml", "image/png"},
		{"?format=svg", "image/png", "image/svg+xml"},
		{"?format=png&width=400&height=700&route=DT550&cameras=false", "", "image/png"},
		{"?format=geojson&state=planned&level=detection&area=18562", "", "application/geo+json"},
	} {
		var header []string
		if c.accept != "" {
			header = []string{"Accept", c.accept}
		}
		rec := w.get(mapPath+c.query, header...)
		if rec.Code != http.StatusOK || rec.Header().Get("Content-Type") != c.media {
			t.Errorf("%s, accepting %q: %d %s %.200s", c.query, c.accept, rec.Code, rec.Header().Get("Content-Type"), rec.Body)
			continue
		}
		switch c.media {
		case "image/png":
			picture, err := png.Decode(rec.Body)
			if err != nil {
				t.Error(err)
			} else if b := picture.Bounds(); strings.Contains(c.query, "width=400") && (b.Dx() != 400 || b.Dy() != 700) {
				t.Errorf("%s: %v", c.query, b)
			}
		case "image/svg+xml":
			for d := xml.NewDecoder(rec.Body); ; {
				if _, err := d.Token(); errors.Is(err, io.EOF) {
					break
				} else if err != nil {
					t.Fatal(err)
				}
			}
		default:
			if !json.Valid(rec.Body.Bytes()) {
				t.Errorf("%s: not JSON", c.query)
			}
		}
		if d := rec.Header().Get("Content-Disposition"); !strings.Contains(d, "20261123-1") {
			t.Errorf("%s: %s", c.query, d)
		}
	}
}

// Asking again costs a line while nothing changed, whatever the time.
func TestTheMapsTagIsThatOfWhatItShows(t *testing.T) {
	w := newWorld(t)
	w.working()
	tags := map[string]string{}
	for _, query := range []string{"?format=geojson", "?format=svg", "?format=png", "?format=png&width=800", "?format=svg&cameras=false"} {
		tag := w.get(mapPath + query).Header().Get("ETag")
		if other, ok := tags[tag]; ok || tag == "" {
			t.Errorf("%s has the tag of %s: %q", query, other, tag)
		}
		tags[tag] = query
	}
	w.pass(3 * time.Second)
	for tag, query := range tags {
		rec := w.get(mapPath+query, "If-None-Match", tag)
		if rec.Code != http.StatusNotModified || rec.Body.Len() > 0 || rec.Header().Get("ETag") != tag {
			t.Errorf("%s: %d, %d bytes, tag %q", query, rec.Code, rec.Body.Len(), rec.Header().Get("ETag"))
		}
	}
	c := w.inService(0)
	w.says(wire.State{Camera: c.Code, Status: wire.StatusDown, Rung: wire.RungResolve, Fault: wire.FaultRefused, FellOn: wire.RungConnect})
	for tag, query := range tags {
		if query == "?format=svg&cameras=false" {
			continue
		}
		if rec := w.get(mapPath+query, "If-None-Match", tag); rec.Code != http.StatusOK {
			t.Errorf("%s: a camera fell, and the answer is %d", query, rec.Code)
		}
	}
}

func TestAMapThatCannotBeSaysWhatWouldBeRight(t *testing.T) {
	w := newWorld(t)
	for query, want := range map[string]string{
		"?level=face":                        "identification",
		"?state=promised":                    "working",
		"?route=QL9":                         "QL1A",
		"?area=99999":                        "18562",
		"?format=pdf":                        "geojson",
		"?width=10":                          "320",
		"?width=100000":                      "3508",
		"?height=100":                        "240",
		"?format=svg&height=250":             "at least",
		"?format=png&height=250&cameras=yes": "true or false",
		"?colour=1":                          "colour",
	} {
		rec := w.get(mapPath + query)
		if rec.Code != http.StatusUnprocessableEntity || rec.Header().Get("Content-Type") != "application/problem+json" || !bytes.Contains(rec.Body.Bytes(), []byte(want)) {
			t.Errorf("%s: %d %s %s", query, rec.Code, rec.Header().Get("Content-Type"), rec.Body)
		}
	}
}

func TestTheMapHidesAddresses(t *testing.T) {
	w := newWorldWith(t, func(p *plan.Plan) {
		for i := range p.Cameras {
			p.Cameras[i].Address = "rtsp://198.51.100.77/live"
		}
	})
	for _, query := range []string{"?format=geojson", "?format=svg"} {
		if body := w.get(mapPath + query).Body.String(); strings.Contains(body, "198.51.100.77") || strings.Contains(body, "rtsp") {
			t.Errorf("%s has an address", query)
		}
	}
}
