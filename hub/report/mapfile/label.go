package mapfile

import "math"

// label is a text that wants a place on the map.
type label struct {
	text  string
	size  float64
	bold  bool
	fill  ink
	spots []spot // where it may stand, best first
	must  bool   // is drawn even where it covers something
	plate bool   // stands on a plate with a border
}

// spot is a place where a label may stand.
type spot struct {
	middle xy
	worse  float64 // than the first, as if so many cells were covered
}

// labels places labels one after the other so that they cover as little as
// can be.
type labels struct {
	frame  box
	taken  []box // labels that stand, and what they may not cover
	marks  []box // symbols
	cell   float64
	across int
	lines  []bool // cells that a road runs through
}

func newLabels(frame box, cell float64) *labels {
	l := &labels{frame: frame, cell: cell, across: int(frame.width()/cell) + 1}
	l.lines = make([]bool, l.across*(int(frame.height()/cell)+1))
	return l
}

func (l *labels) cellOf(p xy) (column, row int) {
	return int((p.x - l.frame.left) / l.cell), int((p.y - l.frame.top) / l.cell)
}

// road notes where a line runs.
func (l *labels) road(line []xy) {
	for i := range len(line) - 1 {
		a, b := line[i], line[i+1]
		n := int(math.Hypot(b.x-a.x, b.y-a.y)/l.cell*2) + 1
		for k := range n + 1 {
			t := float64(k) / float64(n)
			if p := (xy{a.x + t*(b.x-a.x), a.y + t*(b.y-a.y)}); l.frame.holds(p) {
				c, r := l.cellOf(p)
				l.lines[r*l.across+c] = true
			}
		}
	}
}

// covered counts the cells of roads under a box.
func (l *labels) covered(b box) float64 {
	c0, r0 := l.cellOf(xy{max(b.left, l.frame.left), max(b.top, l.frame.top)})
	c1, r1 := l.cellOf(xy{min(b.right, l.frame.right), min(b.bottom, l.frame.bottom)})
	n := 0.0
	for r := r0; r <= r1; r++ {
		for c := c0; c <= c1; c++ {
			if l.lines[r*l.across+c] {
				n++
			}
		}
	}
	return n
}

// place finds the best spot for a label, and takes it. It is not ok if the
// label would cover another.
func (l *labels) place(x *label) (b box, ok bool) {
	w, h := faceOf(x.bold).width(x.text, x.size)+0.5*x.size, 1.25*x.size
	best := math.Inf(1)
	for _, s := range x.spots {
		c := box{s.middle.x - w/2, s.middle.y - h/2, s.middle.x + w/2, s.middle.y + h/2}
		if !c.within(l.frame) {
			continue
		}
		if cost := s.worse + l.cost(c, x.plate); cost < best {
			best, b = cost, c
		}
	}
	limit := 1e6
	if x.must {
		limit = math.Inf(1)
	}
	if best >= limit {
		return box{}, false
	}
	l.taken = append(l.taken, b)
	return b, true
}

// cost says how bad it is to put something there. A plate may stand on a road.
func (l *labels) cost(b box, plate bool) float64 {
	cost := 0.0
	for _, t := range l.taken {
		if a := t.shared(b.grown(1)); a > 0 {
			cost += 1e6 + 1e3*a
		}
	}
	for _, m := range l.marks {
		cost += m.shared(b) / (l.cell * l.cell) * 8
	}
	if !plate {
		cost += l.covered(b)
	}
	return cost
}

// beside gives the spots around a point for a text of a size, at a distance
// from it: to the right first, then to the left, above and below.
func beside(at xy, text string, size float64, bold bool, away float64) []spot {
	w, h := faceOf(bold).width(text, size)+0.5*size, 1.25*size
	var out []spot
	for ring := range 3 {
		d := away + float64(ring)*0.9*size
		for i, dir := range []xy{{1, 0}, {-1, 0}, {1, -0.8}, {1, 0.8}, {-1, -0.8}, {-1, 0.8}, {0, -1}, {0, 1}} {
			out = append(out, spot{xy{at.x + dir.x*(d+w/2), at.y + dir.y*(d+h/2)}, float64(ring)*6 + float64(i)*0.2})
		}
	}
	return out
}
