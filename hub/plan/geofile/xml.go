package geofile

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/phukin/phukin/hub/geo"
	"github.com/phukin/phukin/hub/plan"
)

// walk reads XML and tells of each element: open with its attributes and the
// line it begins on, close with the text directly inside it. Elements are
// known by their names without prefix; those of depth over 100 are refused.
func walk(data []byte, root string, open func(e xml.StartElement, line int) error, close func(name, text string) error) error {
	if bytes.HasPrefix(data, []byte("PK\x03\x04")) {
		return plan.Refuse("a ZIP file", "unpack it and give the .kml in it")
	}
	d := xml.NewDecoder(bytes.NewReader(data))
	d.CharsetReader = func(charset string, _ io.Reader) (io.Reader, error) {
		return nil, plan.Refuse(fmt.Sprintf("its encoding is %q", charset), "save the file as UTF-8")
	}
	var texts [][]byte
	for {
		line, _ := d.InputPos()
		t, err := d.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return notXML(line, err)
		}
		switch t := t.(type) {
		case xml.StartElement:
			if len(texts) == 0 && t.Name.Local != root {
				return refuse(line, fmt.Sprintf("begins with <%s>, not <%s>", short(t.Name.Local), root), "give the file the ending of its format, .kml or .gpx")
			}
			if len(texts) >= 100 {
				return refuse(line, "nested too deep", "save it once more with a map program")
			}
			texts = append(texts, nil)
			err = open(t, line)
		case xml.EndElement:
			text := string(texts[len(texts)-1])
			texts = texts[:len(texts)-1]
			if err = close(t.Name.Local, text); err != nil {
				err = inLine(line, err)
			}
		case xml.CharData:
			if len(texts) > 0 {
				texts[len(texts)-1] = append(texts[len(texts)-1], t...)
			}
		}
		if err != nil {
			return err
		}
	}
}

// notXML says what is wrong with a file that the parser does not take.
func notXML(line int, err error) error {
	if r := (*plan.Refusal)(nil); errors.As(err, &r) {
		return inLine(line, r)
	}
	return refuse(line, fmt.Sprintf("not XML (%q)", err), "save it once more with a map program")
}

// inLine gives a refusal the line that it is about.
func inLine(line int, err error) error {
	r := (*plan.Refusal)(nil)
	if !errors.As(err, &r) || r.Place != "" {
		return err
	}
	return refuse(line, r.Is, r.Want)
}

func attr(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// kml reads the lines, tracks and points of placemarks.
func (m *Map) kml(data []byte) error {
	var (
		at     int
		name   string
		props  map[string]string
		data1  string // name of the datum that is open
		pieces [][]geo.Point
		points []geo.Point
		kind   string // of the geometry that is open
		track  []geo.Point
	)
	return walk(data, "kml", func(e xml.StartElement, line int) error {
		switch e.Name.Local {
		case "Placemark":
			at, name, props, pieces, points = line, "", map[string]string{}, nil, nil
		case "LineString", "Point", "LinearRing":
			kind = e.Name.Local
		case "Track":
			kind, track = "Track", nil
		case "Data", "SimpleData":
			data1 = attr(e, "name")
		}
		return nil
	}, func(tag, text string) error {
		switch tag {
		case "name":
			if props != nil && name == "" {
				name = strings.TrimSpace(text)
			}
		case "value", "SimpleData":
			if props != nil && data1 != "" && len(props) < 1000 {
				props[data1] = strings.TrimSpace(text)
			}
		case "coordinates":
			list, err := coordinates(text)
			if err != nil {
				return err
			}
			switch kind {
			case "LineString":
				pieces = append(pieces, list)
			case "Point":
				points = append(points, list...)
			}
		case "coord": // of a track: longitude, latitude, altitude
			list, err := coordinates(strings.Join(strings.Fields(text), ","))
			if err != nil {
				return err
			}
			track = append(track, list...)
		case "Track":
			pieces = append(pieces, track)
		case "Placemark":
			for _, p := range pieces {
				if err := m.add(Line{Name: name, Props: props, Points: p, At: at}); err != nil {
					return err
				}
			}
			for _, p := range points {
				if err := m.mark(name, props["route"], p, at); err != nil {
					return err
				}
			}
			props = nil
		}
		return nil
	})
}

// coordinates reads tuples lon,lat[,alt] with blanks between them.
func coordinates(text string) ([]geo.Point, error) {
	fields := strings.Fields(text)
	if len(fields) > plan.MaxRows {
		return nil, plan.Refuse(fmt.Sprintf("more than %d points", plan.MaxRows), "simplify the line")
	}
	list := make([]geo.Point, 0, len(fields))
	for _, f := range fields {
		parts := strings.Split(f, ",")
		if len(parts) < 2 || len(parts) > 3 {
			return nil, plan.Refuse(fmt.Sprintf("%q is not a position", short(f)), "write longitude,latitude without blanks")
		}
		lon, err := number(parts[0])
		if err != nil {
			return nil, err
		}
		lat, err := number(parts[1])
		if err != nil {
			return nil, err
		}
		list = append(list, geo.Point{Lon: lon, Lat: lat})
	}
	return list, nil
}

// madeUp is the source of a track of a line that is made up.
const madeUp = "synthetic"

// gpx reads tracks, with their segments as pieces, routes and waypoints.
func (m *Map) gpx(data []byte) error {
	var (
		at     int
		props  map[string]string
		open   string // trk, rte or wpt
		points []geo.Point
		here   geo.Point
		pieces [][]geo.Point
		inside string // a point that is open: its name is not the track's
	)
	return walk(data, "gpx", func(e xml.StartElement, line int) error {
		switch tag := e.Name.Local; tag {
		case "trk", "rte":
			at, open, props, pieces, points = line, tag, map[string]string{}, nil, nil
		case "wpt", "trkpt", "rtept":
			lon, err := number(attr(e, "lon"))
			if err != nil {
				return inLine(line, err)
			}
			lat, err := number(attr(e, "lat"))
			if err != nil {
				return inLine(line, err)
			}
			here = geo.Point{Lon: lon, Lat: lat}
			inside = tag
			if tag == "wpt" {
				at, open, props = line, tag, map[string]string{}
			} else if points = append(points, here); len(points) > plan.MaxRows {
				return refuse(line, fmt.Sprintf("more than %d points", plan.MaxRows), "simplify the line")
			}
		}
		return nil
	}, func(tag, text string) error {
		switch tag {
		case "name", "desc", "type", "src":
			if props != nil && (inside == "" || inside == "wpt") {
				props[tag] = strings.TrimSpace(text)
			}
		case "trkpt", "rtept":
			inside = ""
		case "trkseg":
			pieces, points = append(pieces, points), nil
		case "trk", "rte":
			if open == "rte" {
				pieces = append(pieces, points)
			}
			// A track of ours has the code as its name, the name as its
			// description and the class as its type.
			known := map[string]string{"code": props["name"], "class": props["type"]}
			if props["src"] == madeUp {
				known["synthetic"] = "true"
			}
			name := props["desc"]
			if name == "" {
				name = props["name"]
			}
			for _, p := range pieces {
				if err := m.add(Line{Name: name, Props: known, Points: p, At: at}); err != nil {
					return err
				}
			}
			props = nil
		case "wpt":
			inside = ""
			err := m.mark(props["name"], props["type"], here, at)
			props = nil
			return err
		}
		return nil
	})
}
