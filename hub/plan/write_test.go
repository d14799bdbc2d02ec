package plan_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/phukin/phukin/hub/geo"
	"github.com/phukin/phukin/hub/plan"
)

// Whatever plan is written reads back as the same plan, and is written again
// as the same bytes.
func TestAPlanWrittenReadsBackTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, err := plan.Build(drawPlan(t))
		if err != nil {
			t.Fatalf("the plan drawn is wrong: %v", err)
		}
		first, err := plan.Encode(p)
		if err != nil {
			t.Fatal(err)
		}
		q, err := plan.Read(mapFS(first))
		if err != nil {
			t.Fatalf("%v\n%s", err, first["plan.yaml"])
		}
		if d := cmp.Diff(p, q, same); d != "" {
			t.Fatal(d)
		}
		second, err := plan.Encode(q)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(first, second); d != "" {
			t.Fatalf("written again it differs: %s", d)
		}
	})
}

func mapFS(all map[string][]byte) fstest.MapFS {
	fsys := fstest.MapFS{}
	for name, data := range all {
		fsys[name] = &fstest.MapFile{Data: data}
	}
	return fsys
}

var (
	drawCode = rapid.StringMatching(`[A-Za-z0-9][A-Za-z0-9._-]{0,11}`)
	drawName = rapid.StringMatching(`[a-zA-ZđĐàáảãạăằẳẵặơưỳ0-9"',;:#{}\[\]&*!|>%@\\<-][ a-zA-ZđĐàáảãạăằẳẵặơưỳ0-9"',;:#{}\[\]&*!|>%@\\<-]{0,20}[a-zA-Zđ0-9"':,]`)
)

func drawText(t *rapid.T) plan.Text {
	return plan.Text{VI: drawName.Draw(t, "vi"), EN: drawName.Draw(t, "en")}
}

func drawPlan(t *rapid.T) plan.Plan {
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
		s := plan.Site{Code: c, Name: drawName.Draw(t, "name"), Area: rapid.SampledFrom(p.Areas).Draw(t, "area").Code}
		s.Kind = rapid.SampledFrom([]plan.SiteKind{plan.SiteRoute, plan.SiteMarket, plan.SiteOther}).Draw(t, "kind")
		if rapid.Bool().Draw(t, "on a route") {
			s.Route, s.At = place()
		} else {
			s.Position = drawPoint(t)
		}
		p.Sites = append(p.Sites, s)
	}
	for _, c := range drawCodes(t, 0, 6) {
		p.Cameras = append(p.Cameras, drawCamera(t, c, &p))
	}
	return p
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

func TestWriteMakesADirectoryThatReadDirReads(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	p := mustRead(t, nil)
	if err := plan.Write(dir, p); err != nil {
		t.Fatal(err)
	}
	q, err := plan.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(p, q, same); d != "" {
		t.Error(d)
	}
	blocked := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(blocked, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := plan.Write(blocked, p); err == nil {
		t.Error("a plan was written into a file")
	}
}

func TestEncodeNeedsATimeZoneWithAName(t *testing.T) {
	p := mustRead(t, nil)
	p.Location = time.FixedZone("somewhere", 3600)
	if _, err := plan.Encode(p); err == nil {
		t.Error("a time zone that cannot be read back was written")
	}
}
