package plan

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/phukin/phukin/hub/geo"
)

// Document gives the canonical document of a plan that Compile or Build gave.
// What a plan fills in by itself stands in it in full. It returns an error for
// a time zone without a name, and for a route made in code with a chainage
// that does not come from posts.
func (p *Plan) Document() (*Document, error) {
	if _, err := loadZone(p.Location.String()); err != nil {
		return nil, err
	}
	d := &Document{}
	d.Append(Settings, []string{p.Name.VI, p.Name.EN, p.Root, p.Location.String(), formatFlag(p.Simulated), p.Note.VI, p.Note.EN, p.Level})
	for _, l := range p.Levels {
		d.Append(Levels, []string{l.Code, l.Name.VI, l.Name.EN, formatNumber(l.Density)})
	}
	for _, ph := range p.Phases {
		d.Append(Phases, []string{ph.Code, ph.Name.VI, ph.Name.EN, ph.From.String(), ph.To.String()})
	}
	for _, a := range p.Areas {
		lon, lat := formatPoint(a.Centre)
		d.Append(Areas, []string{a.Code, a.ValidFrom.String(), a.ValidTo.String(), a.Parent, a.Kind, a.Name, lon, lat, formatFlag(a.Synthetic), strings.Join(a.Successors, " ")})
	}
	if err := p.routeRows(d); err != nil {
		return nil, err
	}
	for _, j := range p.Junctions {
		d.Append(Junctions, []string{j.Code, j.Name, j.Route, p.formatPlace(j.Route, j.At)})
	}
	for _, g := range p.Gateways {
		d.Append(Gateways, []string{g.Code, g.Name, g.Route, p.formatPlace(g.Route, g.At), g.To})
	}
	for _, s := range p.Sites {
		lon, lat := formatPoint(s.Position)
		if r := p.Route(s.Route); r != nil && s.Position == r.Line.At(s.At) {
			lon, lat = "", "" // it follows from the chainage
		}
		d.Append(Sites, []string{s.Code, s.Name, s.Area, s.AreaFrom.String(), string(s.Kind), s.Route, p.formatPlace(s.Route, s.At), string(s.Side), lon, lat})
	}
	for i := range p.Cameras {
		d.Append(Cameras, p.Cameras[i].cells())
	}
	for _, t := range p.Targets {
		d.Append(Targets, []string{t.Phase, t.Area, formatWhole(t.Year), string(t.Measure), formatNumber(t.Value)})
	}
	for _, w := range p.Windows {
		if !w.Until.IsZero() {
			continue // it stands no more
		}
		d.Append(Maintenance, []string{w.Code, w.Camera, w.Site, w.Route, w.Area,
			momentOf(w.From, p.Location).String(), momentOf(w.To, p.Location).String(), w.Reason})
	}
	for _, f := range p.Figures {
		d.Append(Reported, []string{f.Code, string(f.Measure), f.Area, f.From.String(), f.To.String(), strconv.Itoa(f.Value), f.Source})
	}
	return d.Canonical(), nil
}

func (p *Plan) routeRows(d *Document) error {
	for i := range p.Routes {
		r := &p.Routes[i]
		if first, last := r.ends(); len(r.Posts) == 0 && (first != 0 || last != r.Line.Length()) {
			return fmt.Errorf("the chainage of route %q has no posts to write", r.Code)
		}
		d.Append(Routes, []string{r.Code, r.Name, r.Class, formatFlag(r.Synthetic)})
		for n, at := range r.Line.Points() {
			d.Append(Points, []string{r.Code, strconv.Itoa(n + 1), formatNumber(at.Lon), formatNumber(at.Lat)})
		}
		for _, post := range r.Posts {
			d.Append(Posts, []string{r.Code, formatChainage(post.Chainage), formatNumber(post.Position.Lon), formatNumber(post.Position.Lat)})
		}
	}
	return nil
}

// cells gives the row of a camera.
func (c *Camera) cells() []string {
	return []string{
		c.Code, c.Site, c.Agent, c.Phase,
		formatKnown(c.Azimuth), formatKnown(c.FOV), strconv.Itoa(c.Width), strconv.Itoa(c.Height),
		formatSome(c.FrameRate), c.Codec, formatSome(c.KeyframeGap), formatSome(c.MountingAt),
		string(c.Owner), c.Funding, formatSome(c.Cost), c.Recorder, formatWhole(c.StorageDays), string(c.Signage), c.Address.Reveal(),
		c.Due.String(), c.Planned.String(), c.Surveyed.String(), c.Installed.String(), c.Accepted.String(), c.Retired.String(),
		formatSome(c.Interval), c.Depth, c.Transport,
	}
}

// formatKnown writes a number; nothing for NaN, which is not known.
func formatKnown(v float64) string {
	if math.IsNaN(v) {
		return ""
	}
	return formatNumber(v)
}

// formatSome writes a number; nothing for 0, which means none.
func formatSome(v float64) string {
	if v == 0 {
		return ""
	}
	return formatNumber(v)
}

func formatWhole(v int) string {
	if v == 0 {
		return ""
	}
	return strconv.Itoa(v)
}

func formatFlag(v bool) string {
	if v {
		return "true"
	}
	return ""
}

func formatPoint(p geo.Point) (lon, lat string) {
	if p == (geo.Point{}) {
		return "", ""
	}
	return formatNumber(p.Lon), formatNumber(p.Lat)
}

// formatPlace writes a distance on a route as a chainage; nothing without a
// route.
func (p *Plan) formatPlace(route string, at float64) string {
	r := p.Route(route)
	if r == nil {
		return ""
	}
	return formatChainage(r.Chainage.Chainage(at))
}

// formatChainage writes a chainage in metres with decimals only where it has
// them, to the millimetre.
func formatChainage(m float64) string {
	mm := math.Round(m * 1000)
	whole, rest := math.Trunc(mm/1000), math.Abs(math.Mod(mm, 1000))
	if rest == 0 {
		return geo.FormatChainage(whole)
	}
	sign := ""
	if mm < 0 {
		sign = "-"
	}
	decimals := strings.TrimRight(fmt.Sprintf("%03.0f", rest), "0")
	return sign + geo.FormatChainage(math.Abs(whole)) + "." + decimals
}
