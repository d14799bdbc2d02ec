package mapfile

import (
	"bufio"
	"encoding/json"
	"io"
	"strconv"

	"github.com/phukin/phukin/hub/geo"
)

// prop is a property of a feature; its value is a text, a number, a truth value
// or nil.
type prop struct {
	name  string
	value any
}

type props []prop

// features writes a collection of features, one a line, while they come.
type features struct {
	w         *bufio.Writer
	simulated bool
	n         int
	buf       []byte
	err       error
}

func newFeatures(w io.Writer, simulated bool) *features {
	return &features{w: bufio.NewWriterSize(&limited{w: w}, 32<<10), simulated: simulated}
}

// begin writes the head of the collection: members of its own beside the
// features, which readers that do not know them pass over (RFC 7946 §6.1).
func (f *features) begin(head props) {
	f.buf = append(f.buf[:0], `{"type":"FeatureCollection"`...)
	for _, p := range head {
		f.buf = append(f.buf, ',')
		f.prop(p)
	}
	f.buf = append(f.buf, `,"features":[`...)
	f.flush()
}

// end closes the collection and gives the first error there was.
func (f *features) end() error {
	f.buf = append(f.buf[:0], "\n]}\n"...)
	f.flush()
	if f.err == nil {
		f.err = f.w.Flush()
	}
	return f.err
}

func (f *features) flush() {
	if f.err == nil {
		_, f.err = f.w.Write(f.buf)
	}
	f.buf = f.buf[:0]
}

// line writes a feature along a road. What is shorter than the grid of
// positions has no geometry.
func (f *features) line(layer string, points []geo.Point, p props) {
	points = grid(points)
	if len(points) < 2 {
		f.feature(layer, p, nil)
		return
	}
	f.feature(layer, p, func() {
		f.buf = append(f.buf, `{"type":"LineString","coordinates":`...)
		f.positions(points)
		f.buf = append(f.buf, '}')
	})
}

func (f *features) point(layer string, at geo.Point, p props) { f.pointIf(layer, at, true, p) }

// pointIf writes a feature whose place may not be known.
func (f *features) pointIf(layer string, at geo.Point, known bool, p props) {
	if !known {
		f.feature(layer, p, nil)
		return
	}
	f.feature(layer, p, func() {
		f.buf = append(f.buf, `{"type":"Point","coordinates":`...)
		f.position(at)
		f.buf = append(f.buf, '}')
	})
}

// polygon writes a feature with an area. A ring that is too small for the grid
// of positions has no geometry.
func (f *features) polygon(layer string, ring []geo.Point, p props) {
	ring = grid(ring)
	if len(ring) < 4 || !(signedArea(ring) > 0) {
		f.feature(layer, p, nil)
		return
	}
	f.feature(layer, p, func() {
		f.buf = append(f.buf, `{"type":"Polygon","coordinates":[`...)
		f.positions(ring)
		f.buf = append(f.buf, "]}"...)
	})
}

func (f *features) feature(layer string, p props, geometry func()) {
	if f.err != nil {
		return
	}
	if f.n > 0 {
		f.buf = append(f.buf, ',')
	}
	f.n++
	f.buf = append(f.buf, "\n"+`{"type":"Feature","geometry":`...)
	if geometry != nil {
		geometry()
	} else {
		f.buf = append(f.buf, "null"...)
	}
	f.buf = append(f.buf, `,"properties":{"layer":`...)
	f.buf = strconv.AppendQuote(f.buf, layer)
	if f.simulated {
		f.buf = append(f.buf, `,"simulated":true`...)
	}
	for _, x := range p {
		f.buf = append(f.buf, ',')
		f.prop(x)
	}
	f.buf = append(f.buf, "}}"...)
	f.flush()
}

func (f *features) prop(p prop) {
	f.buf = strconv.AppendQuote(f.buf, p.name)
	f.buf = append(f.buf, ':')
	switch v := p.value.(type) {
	case nil:
		f.buf = append(f.buf, "null"...)
	case bool:
		f.buf = strconv.AppendBool(f.buf, v)
	case int:
		f.buf = strconv.AppendInt(f.buf, int64(v), 10)
	case float64:
		f.buf = strconv.AppendFloat(f.buf, v, 'f', -1, 64)
	default:
		encoded, err := json.Marshal(v)
		if err != nil && f.err == nil {
			f.err = err
		}
		f.buf = append(f.buf, encoded...)
	}
}

func (f *features) positions(points []geo.Point) {
	f.buf = append(f.buf, '[')
	for i, p := range points {
		if i > 0 {
			f.buf = append(f.buf, ',')
		}
		f.position(p)
	}
	f.buf = append(f.buf, ']')
}

// position writes longitude and latitude to 7 decimals (RFC 7946 §11.2).
func (f *features) position(p geo.Point) {
	f.buf = append(f.buf, '[')
	f.buf = degrees(f.buf, p.Lon)
	f.buf = append(f.buf, ',')
	f.buf = degrees(f.buf, p.Lat)
	f.buf = append(f.buf, ']')
}

func degrees(b []byte, v float64) []byte {
	from := len(b)
	b = strconv.AppendFloat(b, v, 'f', 7, 64)
	for b[len(b)-1] == '0' {
		b = b[:len(b)-1]
	}
	if b[len(b)-1] == '.' {
		b = b[:len(b)-1]
	}
	if string(b[from:]) == "-0" {
		return append(b[:from], '0')
	}
	return b
}

// limited passes on no more than MaxSize bytes.
type limited struct {
	w io.Writer
	n int
}

func (l *limited) Write(p []byte) (int, error) {
	if l.n += len(p); l.n > MaxSize {
		return 0, ErrTooLarge
	}
	return l.w.Write(p)
}
