package mapfile

import "github.com/phukin/phukin/hub/geo"

// Stretch is a stretch as tests see it, with lengths in millimetres.
type Stretch struct {
	Route              int
	From, To           int64
	Section            int
	Area               string
	InView, Controlled [states]bool
}

// Stretches gives what is shown of the routes.
func (m *Map) Stretches() []Stretch {
	var out []Stretch
	for _, x := range m.stretches {
		out = append(out, Stretch{x.route, x.from, x.to, x.section, x.area, x.inView, x.controlled})
	}
	return out
}

// Gap is a gap as tests see it.
type Gap struct {
	Route, Sections int
	From, To        int64
}

// Gaps gives the gaps of the map's state.
func (m *Map) Gaps() (inView, ofControl []Gap) {
	own := m.own()
	for _, g := range m.gaps(func(x *stretch) bool { return !x.inView[own] }) {
		inView = append(inView, Gap{g.route, 0, g.from, g.to})
	}
	for _, g := range m.gaps(func(x *stretch) bool { return !x.controlled[own] }) {
		ofControl = append(ofControl, Gap{g.route, g.sections, g.from, g.to})
	}
	return inView, ofControl
}

// Labels gives the boxes of the labels that stand on the map, each as left,
// top, right, bottom, and how many there are of what they keep clear of.
func (m *Map) Labels(size Size) (boxes [][4]float64, before int, err error) {
	a, err := m.artist(size)
	if err != nil {
		return nil, 0, err
	}
	for _, b := range a.labels.taken {
		boxes = append(boxes, [4]float64{b.left, b.top, b.right, b.bottom})
	}
	return boxes, 2, nil
}

// Place gives what tells where a position is drawn.
func (m *Map) Place(size Size) (func(geo.Point) (x, y float64), error) {
	a, err := m.artist(size)
	if err != nil {
		return nil, err
	}
	return func(p geo.Point) (x, y float64) {
		at := a.plane.at(p)
		return at.x, at.y
	}, nil
}

// Has says whether the drawing's font has a letter.
func Has(bold bool, r rune) bool {
	f := faceOf(bold)
	i, err := f.font.GlyphIndex(&f.buf, r)
	return err == nil && i != 0
}

// Dashes cuts a line along the x axis into dashes, as their ends.
func Dashes(length float64, dash []float64) (ends [][2]float64) {
	for _, d := range dashes([]xy{{0, 0}, {length / 3, 0}, {length / 3, 0}, {length, 0}}, dash) {
		ends = append(ends, [2]float64{d[0].x, d[len(d)-1].x})
	}
	return ends
}
