// Package geofile reads the lines of routes, and the posts beside them, from
// what map programs and GPS receivers write: GeoJSON (RFC 7946), KML (OGC
// 12-007r2) and GPX 1.1; and cameras from GeoJSON with OpenStreetMap's tags. It
// puts them onto a plan's document, where plan.Compile judges them, and writes
// lines again.
//
// Files come from anybody: they are bounded by plan.MaxFile, lines by
// plan.MaxRows points, and files by 10,000 lines. Positions are WGS84.
package geofile

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/phukin/phukin/hub/geo"
	"github.com/phukin/phukin/hub/plan"
)

const (
	maxLines = 10_000
	maxName  = 1000 // bytes of a name that are kept
)

// Line is a line of a file, or one of the pieces that a route is drawn in.
type Line struct {
	Name   string            // as the map shows it
	Props  map[string]string // code, class and others, as far as the file has them
	Points []geo.Point
	At     int // line of the file on which it begins
}

// Post is a point of a file whose name is a chainage.
type Post struct {
	Chainage string
	Route    string // code, "" if the file does not say
	Position geo.Point
	At       int
}

// Map is what was read of a file.
type Map struct {
	Lines []Line
	Posts []Post
}

// Lines reads a file in the format "geojson" (or "json"), "kml" or "gpx". An
// error names the line of the file.
func Lines(format string, r io.Reader) (*Map, error) {
	data, err := io.ReadAll(io.LimitReader(r, plan.MaxFile+1))
	switch {
	case err != nil:
		return nil, plan.Refuse(fmt.Sprintf("cannot be read (%q)", err), "make it a file that this program may read")
	case len(data) > plan.MaxFile:
		return nil, plan.Refuse(fmt.Sprintf("larger than %d MiB", plan.MaxFile>>20), "leave out what is no route")
	}
	m := &Map{}
	switch format {
	case "geojson", "json":
		err = m.geojson(data)
	case "kml":
		err = m.kml(data)
	case "gpx":
		err = m.gpx(data)
	default:
		return nil, plan.Refuse(fmt.Sprintf("%q is no format of lines", format), "give GeoJSON, KML or GPX")
	}
	if err != nil {
		return nil, err
	}
	if len(m.Lines) == 0 && len(m.Posts) == 0 {
		return nil, plan.Refuse("there is no line in it", "draw each route as one line, or record a track")
	}
	return m, nil
}

const (
	wantFeature   = `write {"type": "Feature", "geometry": …, "properties": …}`
	wantPositions = "write [[lon, lat], …], numbers only"
)

// refuse refuses a file for what stands in a line of it.
func refuse(line int, is, want string) error {
	return plan.RefuseAt(fmt.Sprintf("line %d", line), is, want)
}

// add keeps a line.
func (m *Map) add(l Line) error {
	if len(m.Lines) >= maxLines {
		return plan.Refuse(fmt.Sprintf("more than %d lines", maxLines), "leave out what is no route")
	}
	if len(l.Points) > plan.MaxRows {
		return refuse(l.At, fmt.Sprintf("more than %d points", plan.MaxRows), "simplify the line")
	}
	if len(l.Name) > maxName {
		l.Name = strings.ToValidUTF8(l.Name[:maxName], "")
	}
	m.Lines = append(m.Lines, l)
	return nil
}

// mark keeps a point if its name is a chainage.
func (m *Map) mark(name, route string, at geo.Point, line int) error {
	if _, err := geo.ParseChainage(strings.TrimSpace(name)); err != nil {
		return nil
	}
	if len(m.Posts) >= plan.MaxRows {
		return plan.Refuse(fmt.Sprintf("more than %d posts", plan.MaxRows), "leave out what is no route")
	}
	m.Posts = append(m.Posts, Post{strings.TrimSpace(name), route, at, line})
	return nil
}

// number reads a coordinate. What is out of range is judged later, with its
// place.
func number(s string) (float64, error) {
	v, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	if err != nil || v != v || v > 1e9 || v < -1e9 {
		return 0, plan.Refuse(fmt.Sprintf("%q is not a coordinate", short(s)), "write degrees with a point before the decimals")
	}
	return v + 0, nil
}

func short(s string) string {
	const most = 40
	if len(s) > most {
		return strings.ToValidUTF8(s[:most], "") + "…"
	}
	return s
}

// feature is a GeoJSON feature of any kind.
type feature struct {
	Type     string
	ID       any
	Geometry *struct {
		Type        string
		Coordinates json.RawMessage
	}
	Properties map[string]json.RawMessage
}

// props gives the properties that are texts or plain values.
func (f *feature) props() map[string]string {
	all := make(map[string]string, len(f.Properties))
	for name, raw := range f.Properties {
		var s string
		if json.Unmarshal(raw, &s) != nil {
			s = string(raw)
			if s == "null" || strings.HasPrefix(s, "{") || strings.HasPrefix(s, "[") {
				continue
			}
		}
		all[name] = s
	}
	return all
}

func (m *Map) geojson(data []byte) error {
	var failed error
	err := plan.Features(data, func(line int, raw json.RawMessage) bool {
		failed = m.feature(line, raw)
		return failed == nil
	})
	if failed != nil {
		return failed
	}
	if err != nil {
		return plan.RefuseFeatures(data, err)
	}
	return nil
}

func (m *Map) feature(line int, raw json.RawMessage) error {
	var f feature
	if err := json.Unmarshal(raw, &f); err != nil || f.Type != "Feature" {
		return refuse(line, "not a feature", wantFeature)
	}
	if f.Geometry == nil {
		return nil
	}
	props := f.props()
	var pieces [][]plan.Position
	switch f.Geometry.Type {
	case "LineString":
		pieces = make([][]plan.Position, 1)
		if err := json.Unmarshal(f.Geometry.Coordinates, &pieces[0]); err != nil {
			return refuse(line, "not a list of positions", wantPositions)
		}
	case "MultiLineString":
		if err := json.Unmarshal(f.Geometry.Coordinates, &pieces); err != nil {
			return refuse(line, "not a list of positions", wantPositions)
		}
	case "Point":
		var at plan.Position
		if json.Unmarshal(f.Geometry.Coordinates, &at) == nil {
			return m.mark(props["name"], props["route"], geo.Point(at), line)
		}
	}
	for _, piece := range pieces {
		l := Line{Name: props["name"], Props: props, At: line}
		for _, p := range piece {
			l.Points = append(l.Points, geo.Point(p))
		}
		if err := m.add(l); err != nil {
			return err
		}
	}
	return nil
}

// IsPlan says whether GeoJSON is in the form of a plan's routes.geojson: its
// lines have a code and a class.
func IsPlan(data []byte) bool {
	found := false
	_ = plan.Features(data, func(_ int, raw json.RawMessage) bool { // what is wrong is told when it is read
		var f feature
		if json.Unmarshal(raw, &f) == nil && f.Geometry != nil && f.Geometry.Type == "LineString" {
			found = f.Properties["code"] != nil && f.Properties["class"] != nil
			return false
		}
		return true
	})
	return found
}

// HasPoints says whether GeoJSON holds a camera by OpenStreetMap's tags.
func HasPoints(data []byte) bool {
	found := false
	_ = plan.Features(data, func(_ int, raw json.RawMessage) bool {
		var f feature
		found = json.Unmarshal(raw, &f) == nil && isCamera(&f)
		return !found
	})
	return found
}
