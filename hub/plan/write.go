package plan

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/phukin/phukin/hub/geo"
)

// Write writes a plan that Read or Build gave into a directory, which it
// makes if it has to. Files of the plan that are there are replaced, others
// are left alone.
func Write(dir string, p *Plan) error {
	files, err := Encode(p)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("write plan: %w", err)
	}
	for _, name := range fileNames {
		if err := os.WriteFile(filepath.Join(dir, name), files[name], 0o644); err != nil {
			return fmt.Errorf("write plan: %w", err)
		}
	}
	return nil
}

// Encode gives the files of a plan that Read or Build gave, by name. The same
// plan gives the same bytes, and reading them gives the plan again; only
// chainages are rounded, to the millimetre. It returns an error for a time
// zone without a name, and for a route made in code with a chainage that does
// not come from posts.
func Encode(p *Plan) (map[string][]byte, error) {
	if _, err := loadZone(p.Location.String()); err != nil {
		return nil, fmt.Errorf("write plan: %w", err)
	}
	for i := range p.Routes {
		r := &p.Routes[i]
		if first, last := r.ends(); len(r.Posts) == 0 && (first != 0 || last != r.Line.Length()) {
			return nil, fmt.Errorf("write plan: the chainage of route %q has no posts to write", r.Code)
		}
	}
	return map[string][]byte{
		planFile:      p.encodeConfig(),
		areasFile:     p.encodeAreas(),
		routesFile:    p.encodeRoutes(),
		junctionsFile: p.encodeJunctions(),
		gatewaysFile:  p.encodeGateways(),
		sitesFile:     p.encodeSites(),
		camerasFile:   p.encodeCameras(),
	}, nil
}

func (p *Plan) encodeConfig() []byte {
	var b bytes.Buffer
	text := func(indent, key string, t Text) {
		fmt.Fprintf(&b, "%s%s:\n%s  vi: %q\n%s  en: %q\n", indent, key, indent, t.VI, indent, t.EN)
	}
	text("", "name", p.Name)
	fmt.Fprintf(&b, "root: %q\ntime_zone: %q\nsimulated: %t\n", p.Root, p.Location.String(), p.Simulated)
	if p.Note != (Text{}) {
		text("", "note", p.Note)
	}
	fmt.Fprintf(&b, "level: %q\nlevels:\n", p.Level)
	for _, l := range p.Levels {
		fmt.Fprintf(&b, "  - code: %q\n    density: %s # pixels per metre\n", l.Code, formatNumber(l.Density))
		text("    ", "name", l.Name)
	}
	b.WriteString("phases:\n")
	for _, ph := range p.Phases {
		fmt.Fprintf(&b, "  - code: %q\n    from: %s\n    to: %s\n", ph.Code, ph.From, ph.To)
		text("    ", "name", ph.Name)
	}
	return b.Bytes()
}

// encodeTable writes a header and n rows.
func encodeTable(cols []column, n int, row func(i int) []string) []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	header := make([]string, len(cols))
	for i, c := range cols {
		header[i] = c.name
	}
	_ = w.Write(header) // a bytes.Buffer takes everything
	for i := range n {
		_ = w.Write(row(i))
	}
	w.Flush()
	return b.Bytes()
}

func (p *Plan) encodeAreas() []byte {
	return encodeTable(areaColumns, len(p.Areas), func(i int) []string {
		a := p.Areas[i]
		lon, lat := formatPoint(a.Centre)
		return []string{a.Code, a.ValidFrom.String(), a.ValidTo.String(), a.Parent, a.Kind, a.Name, lon, lat, strconv.FormatBool(a.Synthetic)}
	})
}

func (p *Plan) encodeJunctions() []byte {
	return encodeTable(junctionColumns, len(p.Junctions), func(i int) []string {
		j := p.Junctions[i]
		return []string{j.Code, j.Name, j.Route, p.formatPlace(j.Route, j.At)}
	})
}

func (p *Plan) encodeGateways() []byte {
	return encodeTable(gatewayColumns, len(p.Gateways), func(i int) []string {
		g := p.Gateways[i]
		return []string{g.Code, g.Name, g.Route, p.formatPlace(g.Route, g.At), g.To}
	})
}

func (p *Plan) encodeSites() []byte {
	return encodeTable(siteColumns, len(p.Sites), func(i int) []string {
		s := p.Sites[i]
		lon, lat := formatPoint(s.Position)
		if r := p.Route(s.Route); r != nil && s.Position == r.Line.At(s.At) {
			lon, lat = "", "" // it follows from the chainage
		}
		return []string{s.Code, s.Name, s.Area, string(s.Kind), s.Route, p.formatPlace(s.Route, s.At), lon, lat}
	})
}

func (p *Plan) encodeCameras() []byte {
	return encodeTable(cameraColumns, len(p.Cameras), func(i int) []string {
		c := p.Cameras[i]
		return []string{
			c.Code, c.Site, c.Agent, c.Phase,
			formatNumber(c.Azimuth), formatNumber(c.FOV), strconv.Itoa(c.Width), strconv.Itoa(c.Height),
			formatNumber(c.FrameRate), formatNumber(c.MountingAt),
			string(c.Owner), c.Funding, formatNumber(c.Cost),
			c.Due.String(), c.Planned.String(), c.Surveyed.String(),
			c.Installed.String(), c.Accepted.String(), c.Retired.String(),
		}
	})
}

// encodeRoutes writes GeoJSON with one line for the properties, one for the
// posts and one for the positions of each route, so that a change can be
// seen.
func (p *Plan) encodeRoutes() []byte {
	var b bytes.Buffer
	b.WriteString("{\"type\": \"FeatureCollection\", \"features\": [")
	for i := range p.Routes {
		r := &p.Routes[i]
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "\n{\"type\": \"Feature\", \"properties\": {\"code\": %s, \"name\": %s, \"class\": %s, \"synthetic\": %t",
			jsonText(r.Code), jsonText(r.Name), jsonText(r.Class), r.Synthetic)
		if len(r.Posts) > 0 {
			b.WriteString(",\n  \"posts\": [")
			for j, post := range r.Posts {
				if j > 0 {
					b.WriteString(", ")
				}
				fmt.Fprintf(&b, "{\"chainage\": %q, \"at\": %s}", formatChainage(post.Chainage), jsonPoint(post.Position))
			}
			b.WriteByte(']')
		}
		b.WriteString("},\n  \"geometry\": {\"type\": \"LineString\", \"coordinates\": [")
		for j, point := range r.Line.Points() {
			if j > 0 {
				b.WriteString(", ")
			}
			b.WriteString(jsonPoint(point))
		}
		b.WriteString("]}}")
	}
	b.WriteString("\n]}\n")
	return b.Bytes()
}

func jsonText(s string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a string always can be
	return string(bytes.TrimSpace(b.Bytes()))
}

func jsonPoint(p geo.Point) string {
	return "[" + formatNumber(p.Lon) + ", " + formatNumber(p.Lat) + "]"
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
