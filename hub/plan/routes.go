package plan

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
)

// routes reads a GeoJSON FeatureCollection of LineStrings (RFC 7946), one for
// each route, in WGS84. A third coordinate is passed over, and so are foreign
// members of the collection and its features; properties must be known ones.
func (d *draft) routes(data []byte) {
	if data == nil {
		return
	}
	n := 0
	err := features(data, func(line int, raw json.RawMessage) bool {
		if n++; n > MaxRows {
			d.faults.add(Fault{File: routesFile, Got: fmt.Sprintf("more than %d routes", MaxRows), Want: "split the plan"})
			return false
		}
		s := spot{d, routesFile, &row{line: line}, "", ""}
		d.add(routesFile, s.row)
		d.plan.Routes = append(d.plan.Routes, s.route(raw))
		return true
	})
	if err == nil {
		return
	}
	f := Fault{File: routesFile, Got: err.Error(), Want: "write a GeoJSON FeatureCollection of LineStrings (RFC 7946)"}
	if se := (*json.SyntaxError)(nil); errors.As(err, &se) {
		at := min(max(int(se.Offset), 0), len(data))
		f.Line = 1 + bytes.Count(data[:at], []byte("\n"))
		f.Got = "not JSON: " + se.Error()
	}
	d.faults.add(f)
	d.unread = append(d.unread, routesFile)
}

// features calls feature with each member of a FeatureCollection and the line
// it begins in, until it returns false.
func features(data []byte, feature func(line int, raw json.RawMessage) bool) error {
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

// place gives the distance on the line at which a chainage stands, in metres.
// It is not ok more than a metre off the line; within it is the line's end,
// because chainages are written in whole metres.
func (r *Route) place(chainage float64) (at float64, ok bool) {
	at = r.Chainage.At(chainage)
	on := math.Min(math.Max(at, 0), r.Line.Length())
	return on, math.Abs(at-on) <= 1
}

// ends gives the chainages of the two ends of the route, metres.
func (r *Route) ends() (first, last float64) {
	return r.Chainage.Chainage(0), r.Chainage.Chainage(r.Line.Length())
}
