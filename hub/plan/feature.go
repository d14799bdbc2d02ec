package plan

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"sort"

	"github.com/phukin/phukin/hub/geo"
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

// route reads one feature. What it cannot make out of it stays zero, with a
// fault.
func (s *spot) route(raw json.RawMessage) (r Route) {
	var f feature
	if err := json.Unmarshal(raw, &f); err != nil || f.Type != "Feature" {
		s.fault("type", "not a feature", `write {"type": "Feature", "geometry": …, "properties": …}`)
		s.row.spoil(append(slices.Clone(routeProperties), "coordinates")...)
		return r
	}
	r.Code = s.property(f.Properties, "code")
	s.code = r.Code
	r.Name = s.property(f.Properties, "name")
	r.Class = s.property(f.Properties, "class")
	s.unknown(f.Properties)
	if raw := f.Properties["synthetic"]; raw != nil && json.Unmarshal(raw, &r.Synthetic) != nil {
		s.fault("synthetic", quote(string(raw))+" is not true or false", "write true or false without quotation marks")
	}
	r.Posts = s.posts(f.Properties["posts"])
	if f.Geometry == nil || f.Geometry.Type != "LineString" {
		kind := "nothing"
		if f.Geometry != nil {
			kind = quote(f.Geometry.Type)
		}
		s.fault("coordinates", "the geometry is "+kind, "draw the route as one LineString")
		return r
	}
	r.Line = s.line(f.Geometry.Coordinates)
	if r.Line != nil && s.sound("posts") {
		s.calibrate(&r)
	}
	return r
}

// property reads a text.
func (s *spot) property(props map[string]json.RawMessage, name string) (v string) {
	raw := props[name]
	switch {
	case len(raw) == 0, string(raw) == "null":
		s.fault(name, "missing", "write it into the properties")
	case json.Unmarshal(raw, &v) != nil:
		s.fault(name, quote(string(raw))+" is not a text", "write it between quotation marks")
	}
	return clean(v)
}

func (s *spot) unknown(props map[string]json.RawMessage) {
	var names []string
	for name := range props {
		if !slices.Contains(routeProperties, name) {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	for _, name := range names {
		s.fault(quote(name), "unknown property", "the properties are code, name, class, synthetic, posts")
	}
}

func (s *spot) posts(raw json.RawMessage) []Post {
	if len(raw) == 0 || string(raw) == "null" {
		return nil
	}
	var marks []struct {
		Chainage string
		At       position
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&marks); err != nil || len(marks) > MaxRows {
		s.fault("posts", "not a list of posts", `write [{"chainage": "Km0+000", "at": [lon, lat]}, …]`)
		return nil
	}
	var posts []Post
	for i, m := range marks {
		chainage, err := geo.ParseChainage(m.Chainage)
		if err != nil {
			s.fault("posts", fmt.Sprintf("post %d: %s is not a chainage", i+1, quote(m.Chainage)), "write Km12+500, metres from 0 to 999")
			return nil
		}
		if got, want := strange(geo.Point(m.At)); got != "" {
			s.fault("posts", fmt.Sprintf("post %d: %s", i+1, got), want)
			return nil
		}
		posts = append(posts, Post{chainage, geo.Point(m.At)})
	}
	return posts
}

func (s *spot) line(raw json.RawMessage) *geo.Line {
	if n := bytes.Count(raw, []byte("[")); n > MaxRows+1 {
		s.fault("coordinates", fmt.Sprintf("more than %d points", MaxRows), "simplify the line")
		return nil
	}
	var list []position
	if err := json.Unmarshal(raw, &list); err != nil {
		s.fault("coordinates", "not a list of positions", "write [[lon, lat], …], numbers only")
		return nil
	}
	points := make([]geo.Point, len(list))
	for i, p := range list {
		points[i] = geo.Point(p)
		if got, want := strange(points[i]); got != "" {
			s.fault("coordinates", fmt.Sprintf("point %d: %s", i+1, got), want)
			return nil
		}
	}
	if len(points) < 2 {
		s.fault("coordinates", fmt.Sprintf("%d points", len(points)), "a route has at least two")
		return nil
	}
	// Map programs often give a point twice where two pieces were joined.
	points = slices.Compact(points)
	l, err := geo.NewLine(points)
	if err != nil {
		s.fault("coordinates", err.Error(), "draw a line that goes from place to place")
		return nil
	}
	return l
}

// position is a GeoJSON position: longitude, latitude and perhaps an
// altitude, which is passed over.
type position geo.Point

var errPosition = errors.New("a position is [lon, lat]")

// UnmarshalJSON reads an array of two or three numbers.
func (p *position) UnmarshalJSON(raw []byte) error {
	if len(raw) > 1000 {
		return errPosition
	}
	var v []*float64
	if err := json.Unmarshal(raw, &v); err != nil {
		return err
	}
	if len(v) < 2 || len(v) > 3 || slices.Contains(v, nil) {
		return errPosition
	}
	*p = position{Lon: *v[0], Lat: *v[1]}
	return nil
}

// strange says what is wrong with a position and what would be right, or
// nothing.
func strange(p geo.Point) (got, want string) {
	here := fmt.Sprintf("longitude %s, latitude %s", formatNumber(p.Lon), formatNumber(p.Lat))
	switch in := func(v, most float64) bool { return math.Abs(v) <= most }; {
	case in(p.Lon, 180) && in(p.Lat, 90):
		return "", ""
	case in(p.Lon, 90) && in(p.Lat, 180):
		return here + " are swapped", "write the longitude first, then the latitude"
	default:
		return here + " is no place on earth", "write degrees in WGS84, longitude -180 to 180 and latitude -90 to 90"
	}
}
