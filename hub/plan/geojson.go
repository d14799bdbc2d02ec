package plan

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"sort"
)

// properties of a route's feature.
var routeProperties = []string{"code", "name", "class", "synthetic", "posts"}

type feature struct {
	Type     string
	Geometry *struct {
		Type        string
		Coordinates json.RawMessage
	}
	Properties map[string]json.RawMessage
}

// readRoutes reads a GeoJSON FeatureCollection of LineStrings (RFC 7946), one for
// each route, in WGS84. A third coordinate is passed over, and so are foreign
// members of the collection and its features; properties must be known ones.
func (d *Document) readRoutes(file string, data []byte) {
	for _, table := range []string{Routes, Points, Posts} {
		t := d.table(table)
		t.name, t.given = file, true
	}
	g := &geojson{
		doc:    d,
		routes: &Source{Name: file},
		points: &Source{Name: file, Item: "point", Column: "coordinates"},
		posts:  &Source{Name: file, Item: "post", Column: "posts"},
	}
	n := 0
	err := Features(data, func(line int, raw json.RawMessage) bool {
		if n++; n > MaxRows {
			d.Fault(Routes, Fault{File: file, Got: fmt.Sprintf("more than %d routes", MaxRows), Want: "split the plan"})
			return false
		}
		g.line = line
		g.route(raw)
		return true
	})
	if err == nil {
		return
	}
	line, got := notFeatures(data, err)
	d.Fault(Routes, Fault{File: file, Line: line, Got: got, Want: wantFeatures})
	d.Unread(Routes)
}

const wantFeatures = "write a GeoJSON FeatureCollection (RFC 7946)"

// notFeatures says what is wrong with a file that Features does not take, and
// in which line, 0 if in none.
func notFeatures(data []byte, err error) (line int, got string) {
	if se := (*json.SyntaxError)(nil); errors.As(err, &se) {
		at := min(max(int(se.Offset), 0), len(data))
		return 1 + bytes.Count(data[:at], []byte("\n")), "not JSON (" + quote(se.Error()) + ")"
	}
	return 0, err.Error()
}

// RefuseFeatures gives an error of Features as a refusal.
func RefuseFeatures(data []byte, err error) error {
	line, got := notFeatures(data, err)
	if line == 0 {
		return Refuse(got, wantFeatures)
	}
	return RefuseAt(fmt.Sprintf("line %d", line), got, wantFeatures)
}

// geojson reads features into the tables of routes, points and posts.
type geojson struct {
	doc                   *Document
	routes, points, posts *Source
	line                  int
	row                   Row // of the route
}

func (g *geojson) fault(column, got, want string) {
	if slices.Contains(g.row.bad, column) {
		return
	}
	g.row.bad = append(g.row.bad, column)
	g.doc.Fault(Routes, Fault{File: g.routes.Name, Line: g.line, Record: routesTable.Cell(g.row, "code"), Column: column, Got: got, Want: want})
}

func (g *geojson) set(column, v string) { g.row.Cells[routesTable.Column(column)] = v }

// route reads one feature. What it cannot make out of it stays empty, with a
// fault.
func (g *geojson) route(raw json.RawMessage) {
	g.row = Row{Cells: make([]string, len(routesTable.Columns)), src: g.routes, line: g.line, marks: map[string]mark{}}
	defer func() { g.doc.add(Routes, g.row) }()
	var f feature
	if err := json.Unmarshal(raw, &f); err != nil || f.Type != "Feature" {
		g.fault("type", "not a feature", `write {"type": "Feature", "geometry": …, "properties": …}`)
		g.row.bad = append(g.row.bad, append(slices.Clone(routeProperties), "coordinates")...)
		return
	}
	code := g.property(f.Properties, "code")
	g.set("code", code)
	g.set("name", g.property(f.Properties, "name"))
	g.set("class", g.property(f.Properties, "class"))
	g.unknown(f.Properties)
	if raw := f.Properties["synthetic"]; raw != nil {
		var synthetic bool
		if json.Unmarshal(raw, &synthetic) != nil {
			g.fault("synthetic", quote(string(raw))+" is not true or false", "write true or false without quotation marks")
		}
		if synthetic {
			g.set("synthetic", "true")
		}
	}
	g.readPosts(code, f.Properties["posts"])
	if f.Geometry == nil || f.Geometry.Type != "LineString" {
		kind := "nothing"
		if f.Geometry != nil {
			kind = quote(f.Geometry.Type)
		}
		g.fault("coordinates", "the geometry is "+kind, "draw the route as one LineString")
		return
	}
	g.readPoints(code, f.Geometry.Coordinates)
}

// property reads a text.
func (g *geojson) property(props map[string]json.RawMessage, name string) (v string) {
	raw := props[name]
	switch {
	case len(raw) == 0, string(raw) == "null":
		g.fault(name, "missing", "write it into the properties")
	case json.Unmarshal(raw, &v) != nil:
		g.fault(name, quote(string(raw))+" is not a text", "write it between quotation marks")
	}
	return clean(v)
}

func (g *geojson) unknown(props map[string]json.RawMessage) {
	var names []string
	for name := range props {
		if !slices.Contains(routeProperties, name) {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	for _, name := range names {
		g.fault(quote(name), "unknown property", "the properties are code, name, class, synthetic, posts")
	}
}

func (g *geojson) readPosts(route string, raw json.RawMessage) {
	if len(raw) == 0 || string(raw) == "null" {
		return
	}
	var marks []struct {
		Chainage string
		At       Position
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&marks); err != nil || len(marks) > MaxRows {
		g.fault("posts", "not a list of posts", `write [{"chainage": "Km0+000", "at": [lon, lat]}, …]`)
		return
	}
	for i, m := range marks {
		g.doc.add(Posts, Row{src: g.posts, line: g.line, nth: i + 1,
			Cells: []string{route, clean(m.Chainage), formatNumber(m.At.Lon), formatNumber(m.At.Lat)}})
	}
}

func (g *geojson) readPoints(route string, raw json.RawMessage) {
	if n := bytes.Count(raw, []byte("[")); n > MaxRows+1 {
		g.fault("coordinates", fmt.Sprintf("more than %d points", MaxRows), "simplify the line")
		return
	}
	var list []Position
	if err := json.Unmarshal(raw, &list); err != nil {
		g.fault("coordinates", "not a list of positions", "write [[lon, lat], …], numbers only")
		return
	}
	for i, p := range list {
		g.doc.add(Points, Row{src: g.points, line: g.line, nth: i + 1,
			Cells: []string{route, fmt.Sprint(i + 1), formatNumber(p.Lon), formatNumber(p.Lat)}})
	}
}

// Features calls feature with each member of a FeatureCollection and the line
// it begins in, until it returns false.
func Features(data []byte, feature func(line int, raw json.RawMessage) bool) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	if t, err := dec.Token(); err != nil {
		return truncated(err)
	} else if t != json.Delim('{') {
		return errors.New("not a JSON object")
	}
	kind, found, goOn := "", false, true
	line, counted := 1, 0
	for dec.More() && goOn {
		key, err := dec.Token()
		if err != nil {
			return truncated(err)
		}
		switch key {
		case "features":
			if t, err := dec.Token(); err != nil {
				return truncated(err)
			} else if t != json.Delim('[') {
				return errors.New(`"features" is not an array`)
			}
			found = true
			for dec.More() && goOn {
				var raw json.RawMessage
				if err := dec.Decode(&raw); err != nil {
					return truncated(err)
				}
				start := max(int(dec.InputOffset())-len(raw), counted)
				line += bytes.Count(data[counted:start], []byte("\n"))
				counted = start
				goOn = feature(line, raw)
			}
			if goOn {
				if _, err := dec.Token(); err != nil {
					return truncated(err)
				}
			}
		default:
			var raw json.RawMessage
			if err := dec.Decode(&raw); err != nil {
				return truncated(err)
			}
			if key == "type" && json.Unmarshal(raw, &kind) != nil {
				kind = ""
			}
			if key == "crs" && !wgs84(raw) {
				return errors.New(`its "crs" is not WGS84`)
			}
		}
	}
	switch {
	case !goOn:
		return nil
	case kind != "FeatureCollection":
		return fmt.Errorf("its type is %s", quote(kind))
	case !found:
		return errors.New(`it has no "features"`)
	}
	if _, err := dec.Token(); err != nil {
		return truncated(err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows after its end")
	}
	return nil
}

// truncated names the end of the file in the middle of a value.
func truncated(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("it ends in the middle")
	}
	return err
}

// wgs84 says whether the member "crs" of the old GeoJSON of 2008 names the
// only system that RFC 7946 knows; map programs still write it.
func wgs84(raw []byte) bool {
	for _, name := range []string{"CRS84", "EPSG::4326", "EPSG:4326", "null"} {
		if bytes.Contains(raw, []byte(name)) {
			return true
		}
	}
	return false
}
