package geofile

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/phukin/phukin/hub/geo"
	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/wire"
)

// onRoute is how near a route a camera of OpenStreetMap stands on it, metres.
const onRoute = 40

// isCamera says whether a feature is a camera by OpenStreetMap's tags.
func isCamera(f *feature) bool {
	if f.Geometry == nil || f.Geometry.Type != "Point" {
		return false
	}
	p := f.props()
	kind := p["surveillance:type"]
	return p["man_made"] == "surveillance" && (kind == "" || kind == "camera" || kind == "ALPR")
}

// Cameras puts the cameras of GeoJSON with OpenStreetMap's tags onto base:
//
//	ref, or the number of the node   code of the camera, and of its site with D- before it
//	name                             name of the site
//	camera:direction, direction      azimuth: degrees, a compass point, or a range, whose width is then the field of view
//	camera:type=dome, panning        no azimuth needed: 0, with a field of view of 360 unless another is set
//	height, camera:height            mounting height
//	surveillance=public              owner
//	surveillance:zone=traffic        kind of the site, with its place on a route that is near
//
// Camera:angle is a tilt and is not used. Set gives what the tags do not say:
// columns of cameras, and area, area_from and kind for their sites. Cameras and sites
// that the plan has keep everything but what the tags do say.
func Cameras(file string, data []byte, base *plan.Document, set map[string]string) (*plan.Document, error) {
	c, err := plan.Compile(base)
	if err != nil {
		return nil, err
	}
	o := osm{out: base.Clone(), plan: c.Plan, src: &plan.Source{Name: file}, set: set,
		cameras: base.Keyed(plan.Cameras), sites: base.Keyed(plan.Sites),
		rows: map[string][][]string{}, lines: map[string]map[string]int{plan.Cameras: {}, plan.Sites: {}}}
	for name := range set {
		if plan.TableByName(plan.Cameras).Column(name) < 0 && name != "area" && name != "area_from" && name != "kind" {
			return nil, plan.RefuseAt("--set "+name, "no column of cameras", "name one of them, or area, area_from or kind of their sites")
		}
	}
	var failed error
	n := 0
	err = plan.Features(data, func(line int, raw json.RawMessage) bool {
		var f feature
		if n++; n > plan.MaxRows {
			failed = plan.Refuse(fmt.Sprintf("more than %d features", plan.MaxRows), "leave out what is no camera")
		} else if err := json.Unmarshal(raw, &f); err != nil {
			failed = refuse(line, "not a feature", wantFeature)
		} else if isCamera(&f) {
			failed = o.camera(&f, line)
		}
		return failed == nil
	})
	if failed != nil {
		return nil, failed
	}
	if err != nil {
		return nil, plan.RefuseFeatures(data, err)
	}
	for table, lines := range o.lines {
		o.out.Keep(table, func(r plan.Row) bool { return lines[cell(table, r, "code")] == 0 })
		for i, r := range o.rows[table] {
			o.out.AppendFrom(table, r, o.src, lines[r[0]], i+1)
		}
	}
	return o.out, nil
}

type osm struct {
	out            *plan.Document
	plan           *plan.Plan
	src            *plan.Source
	set            map[string]string
	cameras, sites map[string][]string
	rows           map[string][][]string     // by table; the code comes first in both
	lines          map[string]map[string]int // by table and code, where it stands
}

func (o *osm) camera(f *feature, line int) error {
	p := f.props()
	var at plan.Position
	if err := json.Unmarshal(f.Geometry.Coordinates, &at); err != nil {
		return refuse(line, "not a list of positions", "write [lon, lat], numbers only")
	}
	code := nodeCode(f, p)
	if code == "" {
		return refuse(line, "a camera without ref and without id", "give it a ref")
	}
	if before := o.lines[plan.Cameras][code]; before > 0 {
		return refuse(line, fmt.Sprintf("%q already stands in line %d", code, before), "give each camera a code of its own")
	}

	t := plan.TableByName(plan.Cameras)
	cells := o.start(t, o.cameras[code])
	site := cells[t.Column("site")]
	if site == "" {
		site = "D-" + code
	}
	put := func(column, v string) {
		if v != "" {
			cells[t.Column(column)] = v
		}
	}
	put("code", code)
	put("site", site)
	azimuth, fov := direction(first(p, "camera:direction", "direction"))
	put("azimuth", azimuth)
	put("fov", fov)
	if kind := p["camera:type"]; (kind == "dome" || kind == "panning") && cells[t.Column("azimuth")] == "" {
		put("azimuth", "0")
		if cells[t.Column("fov")] == "" {
			put("fov", "360")
		}
	}
	put("mounting_height", metres(first(p, "camera:height", "height")))
	if p["surveillance"] == "public" && cells[t.Column("owner")] == "" {
		put("owner", string(plan.OwnerPublic))
	}
	o.replace(plan.Cameras, code, cells, line)
	o.site(site, p, geo.Point(at), line)
	return nil
}

// site adds or moves the site of a camera.
func (o *osm) site(code string, p map[string]string, at geo.Point, line int) {
	t := plan.TableByName(plan.Sites)
	old := o.sites[code]
	cells := o.start(t, old)
	put := func(column, v string) { cells[t.Column(column)] = v }
	put("code", code)
	put("lon", format(at.Lon))
	put("lat", format(at.Lat))
	if old == nil {
		put("name", p["name"])
		if p["name"] == "" {
			put("name", "Camera "+strings.TrimPrefix(code, "D-"))
		}
		put("area", o.set["area"])
		put("area_from", o.set["area_from"])
		if v := o.set["kind"]; v != "" {
			put("kind", v)
		} else if p["surveillance:zone"] != "traffic" {
			put("kind", string(plan.SiteOther))
		}
	}
	if p["surveillance:zone"] == "traffic" {
		route, chainage := o.near(at)
		put("route", route)
		put("chainage", chainage)
		if cells[t.Column("kind")] == "" {
			put("kind", string(plan.SiteOther))
			if route != "" {
				put("kind", string(plan.SiteRoute))
			}
		}
	}
	o.replace(plan.Sites, code, cells, line)
}

// near gives the place on the nearest route, if one is near.
func (o *osm) near(at geo.Point) (route, chainage string) {
	best := float64(onRoute)
	for i := range o.plan.Routes {
		r := &o.plan.Routes[i]
		if along, off := r.Line.Project(at); off <= best {
			best, route = off, r.Code
			m := r.Chainage.Chainage(along)
			chainage = geo.FormatChainage(math.Round(m))
		}
	}
	return route, chainage
}

// start gives the cells to begin with: those the plan has, or what was set.
func (o *osm) start(t *plan.Table, old []string) []string {
	if old != nil {
		return slices.Clone(old)
	}
	cells := make([]string, len(t.Columns))
	if t.Name == plan.Cameras {
		for name, v := range o.set {
			if i := t.Column(name); i >= 0 {
				cells[i] = v
			}
		}
	}
	return cells
}

// replace puts a row in the place of that of its code. Of two cameras at one
// site the first tells where it is.
func (o *osm) replace(table, code string, cells []string, line int) {
	if o.lines[table][code] == 0 {
		o.lines[table][code] = line
		o.rows[table] = append(o.rows[table], cells)
	}
}

// nodeCode gives the code of a camera: its ref, or the number of its node.
func nodeCode(f *feature, p map[string]string) string {
	if ref := strings.ReplaceAll(strings.TrimSpace(p["ref"]), " ", "-"); wire.CheckCode(ref) == nil {
		return ref
	}
	id := first(p, "@id", "id", "osm_id")
	if id == "" && f.ID != nil {
		if n, ok := f.ID.(float64); ok {
			id = strconv.FormatFloat(n, 'f', -1, 64)
		} else {
			id = fmt.Sprint(f.ID)
		}
	}
	id = "OSM-" + strings.TrimPrefix(id, "node/")
	if id == "OSM-" || wire.CheckCode(id) != nil {
		return ""
	}
	return id
}

func first(p map[string]string, names ...string) string {
	for _, n := range names {
		if p[n] != "" {
			return p[n]
		}
	}
	return ""
}

// compass has the points that OpenStreetMap writes for directions.
var compass = []string{"N", "NNE", "NE", "ENE", "E", "ESE", "SE", "SSE", "S", "SSW", "SW", "WSW", "W", "WNW", "NW", "NNW"}

// direction reads degrees, a compass point, or a range of degrees or points,
// clockwise: then the middle is the azimuth, and the width the field of view.
// What it cannot read it gives back, so that it becomes a fault.
func direction(s string) (azimuth, fov string) {
	s = strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(s), "°"))
	from, to, isRange := strings.Cut(s, "-")
	a, ok := degrees(from)
	switch {
	case s == "":
		return "", ""
	case !ok:
		return s, ""
	case !isRange:
		return format(a), ""
	}
	b, ok := degrees(to)
	if !ok {
		return s, ""
	}
	width := math.Mod(b-a+360, 360)
	if width == 0 {
		width = 360
	}
	return format(math.Mod(a+width/2, 360)), format(width)
}

func degrees(s string) (float64, bool) {
	s = strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(s), "°"))
	if i := slices.Index(compass, strings.ToUpper(s)); i >= 0 {
		return float64(i) * 22.5, true
	}
	v, err := strconv.ParseFloat(s, 64)
	return v, err == nil && v >= 0 && v <= 360
}

// metres reads a height such as 4, 4.5 m.
func metres(s string) string {
	return strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(s), "m"))
}
