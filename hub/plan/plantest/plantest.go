// Package plantest draws random plans, and random edits of them, for the
// property tests of rooms that read, write or keep plans.
package plantest

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"pgregory.net/rapid"

	"github.com/phukin/phukin/hub/geo"
	"github.com/phukin/phukin/hub/plan"
)

var (
	drawCode = rapid.StringMatching(`[A-Za-z0-9][A-Za-z0-9._-]{0,11}`)
	drawName = rapid.StringMatching(`[a-zA-ZđĐàáảãạăằẳẵặơưỳ0-9"',;:#{}\[\]&*!|>%@\\<-][ a-zA-ZđĐàáảãạăằẳẵặơưỳ0-9"',;:#{}\[\]&*!|>%@\\<-]{0,20}[a-zA-Zđ0-9"':,]`)
)

func drawText(t *rapid.T) plan.Text {
	return plan.Text{VI: drawName.Draw(t, "vi"), EN: drawName.Draw(t, "en")}
}

// Plan draws a plan as code would make it, for plan.Build.
func Plan(t *rapid.T) plan.Plan {
	p := plan.Plan{
		Name: drawText(t), Root: drawCode.Draw(t, "root"), Simulated: rapid.Bool().Draw(t, "simulated"),
		Location: rapid.SampledFrom([]*time.Location{nil, time.UTC}).Draw(t, "zone"),
	}
	if rapid.Bool().Draw(t, "with note") {
		p.Note = drawText(t)
	}
	if rapid.Bool().Draw(t, "with levels") {
		for _, c := range drawCodes(t, 1, 4) {
			p.Levels = append(p.Levels, plan.Level{Code: c, Name: drawText(t), Density: rapid.Float64Range(1, 2000).Draw(t, "density")})
		}
		p.Level = p.Levels[0].Code
	}
	for _, c := range drawCodes(t, 1, 3) {
		from := drawDay(t)
		p.Phases = append(p.Phases, plan.Phase{Code: c, Name: drawText(t), From: from, To: from.AddDays(rapid.IntRange(0, 900).Draw(t, "days"))})
	}
	p.Areas = append(p.Areas, plan.Area{Code: p.Root, Kind: "huyện", Name: drawName.Draw(t, "area")})
	for i := range rapid.IntRange(0, 4).Draw(t, "areas") {
		a := plan.Area{Code: fmt.Sprintf("a.%d", i), ValidFrom: drawDay(t), Parent: p.Root, Kind: "xã", Name: drawName.Draw(t, "area")}
		if rapid.Bool().Draw(t, "with centre") {
			a.Centre, a.Synthetic = drawPoint(t), true
		}
		if rapid.Bool().Draw(t, "ended") {
			a.ValidTo, a.Successors = a.ValidFrom.AddDays(700), []string{p.Root}
			if rapid.Bool().Draw(t, "code used again") {
				p.Areas = append(p.Areas, plan.Area{Code: a.Code, ValidFrom: a.ValidTo.AddDays(1 + rapid.IntRange(0, 9).Draw(t, "gap")), Kind: "phường", Name: drawName.Draw(t, "area")})
				a.Successors = append(a.Successors, a.Code)
			}
		}
		p.Areas = append(p.Areas, a)
	}
	for i := range rapid.IntRange(1, 3).Draw(t, "routes") {
		p.Routes = append(p.Routes, drawRoute(t, fmt.Sprintf("R%d", i)))
	}
	place := func() (route string, at float64) {
		r := p.Routes[rapid.IntRange(0, len(p.Routes)-1).Draw(t, "route")]
		q, err := plan.Build(plan.Plan{ // only to have the chainage
			Name: p.Name, Root: p.Root, Areas: p.Areas[:1], Phases: p.Phases, Routes: []plan.Route{r}})
		if err != nil {
			t.Fatal(err)
		}
		c := q.Routes[0].Chainage
		last := int(c.Chainage(r.Line.Length())*1000) - int(c.Chainage(0)*1000) - 1
		mm := int(c.Chainage(0)*1000) + 1 + rapid.IntRange(0, last-1).Draw(t, "chainage")
		return r.Code, c.At(float64(mm) / 1000)
	}
	for i := range rapid.IntRange(0, 3).Draw(t, "junctions") {
		j := plan.Junction{Code: fmt.Sprintf("J%d", i), Name: drawName.Draw(t, "name")}
		j.Route, j.At = place()
		p.Junctions = append(p.Junctions, j)
	}
	for i := range rapid.IntRange(0, 3).Draw(t, "gateways") {
		g := plan.Gateway{Code: fmt.Sprintf("G%d", i), Name: drawName.Draw(t, "name"), To: drawName.Draw(t, "to")}
		g.Route, g.At = place()
		p.Gateways = append(p.Gateways, g)
	}
	for _, c := range drawCodes(t, 1, 5) {
		a := rapid.SampledFrom(p.Areas).Draw(t, "area")
		s := plan.Site{Code: c, Name: drawName.Draw(t, "name"), Area: a.Code}
		if rapid.Bool().Draw(t, "one of several") {
			s.AreaFrom = a.ValidFrom
		}
		s.Kind = rapid.SampledFrom([]plan.SiteKind{plan.SiteRoute, plan.SiteMarket, plan.SiteBorder, plan.SiteOther}).Draw(t, "kind")
		if rapid.Bool().Draw(t, "on a route") {
			s.Route, s.At = place()
			s.Side = rapid.SampledFrom([]plan.Side{"", plan.SideLeft, plan.SideRight, plan.SideMiddle}).Draw(t, "side")
		} else {
			s.Position = drawPoint(t)
		}
		p.Sites = append(p.Sites, s)
	}
	for _, c := range drawCodes(t, 0, 6) {
		p.Cameras = append(p.Cameras, drawCamera(t, c, &p))
	}
	drawMore(t, &p)
	return p
}

// drawMore draws targets, maintenance and figures.
func drawMore(t *rapid.T, p *plan.Plan) {
	for i, m := range rapid.SliceOfNDistinct(rapid.SampledFrom([]plan.Measure{plan.MeasureCameras, plan.MeasureControlled, plan.MeasureRepair}), 0, 3, rapid.ID).Draw(t, "measures") {
		x := plan.Target{Measure: m, Value: rapid.Float64Range(0, 100).Draw(t, "value")}
		if i > 0 {
			x.Phase, x.Area, x.Year = p.Phases[0].Code, p.Root, rapid.IntRange(2020, 2030).Draw(t, "year")
		}
		p.Targets = append(p.Targets, x)
	}
	for i := range rapid.IntRange(0, 3).Draw(t, "windows") {
		from := drawDay(t).Start(time.UTC).Add(time.Duration(rapid.IntRange(0, 1439).Draw(t, "minute")) * time.Minute)
		w := plan.Window{Code: fmt.Sprintf("W%d", i), From: from, To: from.Add(time.Duration(rapid.IntRange(1, 9999).Draw(t, "minutes")) * time.Minute), Reason: drawName.Draw(t, "reason")}
		switch {
		case len(p.Cameras) > 0 && rapid.Bool().Draw(t, "of a camera"):
			w.Camera = p.Cameras[0].Code
		case rapid.Bool().Draw(t, "of a route"):
			w.Route = p.Routes[0].Code
		default:
			w.Area = p.Root
		}
		p.Windows = append(p.Windows, w)
	}
	for i := range rapid.IntRange(0, 3).Draw(t, "figures") {
		from := drawDay(t)
		p.Figures = append(p.Figures, plan.Figure{
			Code: fmt.Sprintf("F%d", i), Measure: plan.FigureAssisted, Area: rapid.SampledFrom([]string{"", p.Root}).Draw(t, "area"),
			From: from, To: from.AddDays(rapid.IntRange(0, 400).Draw(t, "days")), Value: rapid.IntRange(0, 1e6).Draw(t, "value"), Source: drawName.Draw(t, "source"),
		})
	}
}

func drawCodes(t *rapid.T, least, most int) []string {
	return rapid.SliceOfNDistinct(drawCode, least, most, rapid.ID).Draw(t, "codes")
}

func drawDay(t *rapid.T) plan.Date {
	return plan.NewDate(2015, 1, 1).AddDays(rapid.IntRange(0, 5000).Draw(t, "day"))
}

func drawPoint(t *rapid.T) geo.Point {
	return geo.Point{Lon: rapid.Float64Range(105.7, 106.1).Draw(t, "lon"), Lat: rapid.Float64Range(18.1, 18.5).Draw(t, "lat")}
}

func drawRoute(t *rapid.T, code string) plan.Route {
	from := drawPoint(t)
	points := []geo.Point{from}
	for i := range rapid.IntRange(1, 6).Draw(t, "points") {
		points = append(points, geo.Point{Lon: from.Lon + float64(i+1)*.003, Lat: from.Lat + rapid.Float64Range(-.002, .002).Draw(t, "bend")})
	}
	l, err := geo.NewLine(points)
	if err != nil {
		t.Fatal(err)
	}
	r := plan.Route{Code: code, Name: drawName.Draw(t, "name"), Class: drawName.Draw(t, "class"), Synthetic: rapid.Bool().Draw(t, "synthetic"), Line: l}
	if rapid.Bool().Draw(t, "with posts") {
		start := float64(rapid.IntRange(-2, 900).Draw(t, "start"))*1000 + .5
		r.Posts = []plan.Post{
			{Chainage: start, Position: l.At(0)},
			{Chainage: start + l.Length()*rapid.Float64Range(.9, 1.1).Draw(t, "stretch"), Position: l.At(l.Length())},
		}
		r.Posts[1].Chainage = float64(int(r.Posts[1].Chainage))
	}
	return r
}

func drawCamera(t *rapid.T, code string, p *plan.Plan) plan.Camera {
	c := plan.Camera{
		Code: code, Site: rapid.SampledFrom(p.Sites).Draw(t, "site").Code, Agent: drawCode.Draw(t, "agent"),
		Phase:   rapid.SampledFrom(p.Phases).Draw(t, "phase").Code,
		Azimuth: rapid.Float64Range(0, 360).Draw(t, "azimuth"), FOV: rapid.Float64Range(1, 360).Draw(t, "fov"),
		Width: rapid.IntRange(1, 8000).Draw(t, "width"), Height: rapid.IntRange(1, 8000).Draw(t, "height"),
		FrameRate: rapid.Float64Range(0, 60).Draw(t, "rate"), MountingAt: rapid.Float64Range(0, 20).Draw(t, "mounting"),
		Owner:   rapid.SampledFrom([]plan.Owner{plan.OwnerPublic, plan.OwnerHousehold}).Draw(t, "owner"),
		Funding: rapid.SampledFrom([]string{"", "Ngân sách xã", "a, b"}).Draw(t, "funding"), Cost: rapid.Float64Range(0, 100).Draw(t, "cost"),
		Codec:       rapid.SampledFrom([]string{"", "h264", "h265", "mjpeg"}).Draw(t, "codec"),
		KeyframeGap: rapid.Float64Range(0, 60).Draw(t, "gap"), Recorder: rapid.SampledFrom([]string{"", "Đầu ghi 1"}).Draw(t, "recorder"),
		StorageDays: rapid.IntRange(0, 90).Draw(t, "storage"), Interval: rapid.SampledFrom([]float64{0, 0, 10, 12.5, 3600}).Draw(t, "interval"), Depth: rapid.SampledFrom([]string{"", "both", "full"}).Draw(t, "depth"),
		Transport: rapid.SampledFrom([]string{"", "auto", "tcp", "udp"}).Draw(t, "transport"), Signage: rapid.SampledFrom([]plan.Signage{"", plan.SignageYes, plan.SignageNo}).Draw(t, "signage"),
	}
	if rapid.Bool().Draw(t, "with address") {
		c.Address = plan.Address("rtsp://10.0.0.1:554/" + code)
	}
	day := drawDay(t)
	for _, d := range []*plan.Date{&c.Planned, &c.Surveyed, &c.Installed, &c.Accepted, &c.Retired} {
		day = day.AddDays(rapid.IntRange(0, 200).Draw(t, "days"))
		if rapid.IntRange(0, 4).Draw(t, "has day") > 0 {
			*d = day
		}
	}
	if c.Installed.IsZero() {
		c.Accepted = 0
	}
	if rapid.Bool().Draw(t, "with due") {
		c.Due = drawDay(t)
	}
	return c
}

// Document draws a canonical document: a plan with some of its cells that may
// be empty left empty.
func Document(t *rapid.T) *plan.Document {
	p, err := plan.Build(Plan(t))
	if err != nil {
		t.Fatalf("the plan drawn is wrong: %v", err)
	}
	doc, err := p.Document()
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range []string{plan.Settings, plan.Levels, plan.Phases, plan.Areas, plan.Cameras, plan.Targets} {
		for i := range doc.Rows(table) {
			for _, c := range []string{"name_en", "note_en", "time_zone", "lon", "due", "funding", "planned"} {
				if at := plan.TableByName(table).Column(c); at >= 0 && rapid.Bool().Draw(t, "leave out") {
					doc.Set(table, i, c, "")
					if c == "lon" {
						doc.Set(table, i, "lat", "")
					}
				}
			}
		}
	}
	return Compile(t, doc)
}

// Compile gives the canonical form of a document that must be in order.
func Compile(t *rapid.T, doc *plan.Document) *plan.Document {
	c, err := plan.Compile(doc)
	if err != nil {
		t.Fatalf("the document drawn is wrong: %v", err)
	}
	return c.Document
}

// Edit draws a few edits of a document and gives it as it is then.
func Edit(t *rapid.T, doc *plan.Document) *plan.Document {
	doc = doc.Clone()
	for range rapid.IntRange(1, 5).Draw(t, "edits") {
		cameras := doc.Rows(plan.Cameras)
		switch what := rapid.IntRange(0, 6).Draw(t, "edit"); {
		case what == 0:
			doc.Set(plan.Settings, 0, "name", drawName.Draw(t, "name"))
		case what == 1:
			doc.Set(plan.Sites, rapid.IntRange(0, len(doc.Rows(plan.Sites))-1).Draw(t, "site"), "name", drawName.Draw(t, "name"))
		case what == 2:
			doc.Add(plan.Reported, map[string]string{"code": fmt.Sprintf("F%d", len(doc.Rows(plan.Reported))+100+rapid.IntRange(0, 1e6).Draw(t, "n")),
				"measure": "cases_assisted", "from": "2026-01-01", "to": "2026-12-31", "value": "7", "source": drawName.Draw(t, "source")})
			doc = only(doc, plan.Reported)
		case what == 3:
			doc.Add(plan.Targets, map[string]string{"year": strconv.Itoa(2031 + len(doc.Rows(plan.Targets)) + rapid.IntRange(0, 50).Draw(t, "year")*3), "measure": "sites", "value": "5"})
			doc = only(doc, plan.Targets)
		case len(cameras) == 0:
		case what == 4:
			i := rapid.IntRange(0, len(cameras)-1).Draw(t, "camera")
			doc.Set(plan.Cameras, i, "azimuth", strconv.Itoa(rapid.IntRange(0, 360).Draw(t, "azimuth")))
			doc.Set(plan.Cameras, i, "cost", strconv.Itoa(rapid.IntRange(1, 100).Draw(t, "cost")))
		case what == 5 && len(doc.Rows(plan.Maintenance)) == 0:
			doc.Remove(plan.Cameras, rapid.IntRange(0, len(cameras)-1).Draw(t, "camera"))
		default:
			c := append([]string(nil), cameras[0].Cells...)
			t := plan.TableByName(plan.Cameras)
			c[t.Column("code")] = fmt.Sprintf("N%d-%s", len(cameras), c[t.Column("code")])
			c[t.Column("address")] = ""
			doc.Append(plan.Cameras, c)
			doc = only(doc, plan.Cameras)
		}
	}
	return Compile(t, doc)
}

// only leaves of rows with one key the first.
func only(doc *plan.Document, table string) *plan.Document {
	seen, t := map[string]bool{}, plan.TableByName(table)
	for i := 0; i < len(doc.Rows(table)); {
		if key := t.KeyOf(doc.Rows(table)[i]); !seen[key] {
			seen[key] = true
			i++
			continue
		}
		doc.Remove(table, i)
	}
	return doc
}

// English gives the English lines of an error about a plan, one for each
// fault; the Vietnamese ones are the catalogue's.
func English(err error) string {
	var faults *plan.Faults
	var refusal *plan.Refusal
	switch {
	case err == nil:
		return ""
	case errors.As(err, &faults):
		return strings.Replace(err.Error(), faults.Error(), faults.EN(), 1)
	case errors.As(err, &refusal):
		return strings.Replace(err.Error(), refusal.Error(), refusal.EN(), 1)
	}
	return err.Error()
}
