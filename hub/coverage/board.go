package coverage

// Board keeps the figures of the cameras that count up to date while they come
// and go. A change costs what the camera has in view, not what the plan has.
// It is not safe for use by many goroutines at once.
type Board struct {
	e       *Eye
	links   *links
	counted []bool  // by camera
	seen    []int32 // by stretch: how many see it
	watched []int32 // by section: how many control it
	guarded []int32 // by gateway: how many have it in view
	manned  []int32 // by place: how many hang there
	routes  []sum
	classes []sum
	areas   []sum
	total   sum
}

// Board makes a board on which no camera counts.
func (e *Eye) Board() *Board {
	b := &Board{
		e: e, links: e.linked(), counted: make([]bool, len(e.cameras)),
		seen: make([]int32, len(e.stretches)), watched: make([]int32, len(e.sections)),
		guarded: make([]int32, len(e.gateways)), manned: make([]int32, len(e.places)),
		routes: make([]sum, len(e.roads)), classes: make([]sum, len(e.classes)), areas: make([]sum, len(e.areas)),
	}
	for i := range e.parts {
		p := &e.parts[i]
		b.each(p.road, p.area, func(s *sum) { s.length += p.to - p.from })
	}
	for i := range e.sections {
		b.ofSection(int32(i), func(s *sum) { s.sections++ })
	}
	for i := range e.gateways {
		p := &e.parts[e.gateways[i].part]
		b.each(p.road, p.area, func(s *sum) { s.gateways++ })
	}
	for i := range e.places {
		b.areas[e.places[i].area].places++
		b.total.places++
	}
	return b
}

// each changes the sums of a road and of an area, and those above them.
func (b *Board) each(road, area int32, change func(*sum)) {
	change(&b.routes[road])
	change(&b.classes[b.e.roads[road].class])
	change(&b.areas[area])
	change(&b.total)
}

func (b *Board) ofSection(i int32, change func(*sum)) {
	p := &b.e.parts[b.e.sections[i].middle(b.e.parts)]
	b.each(p.road, p.area, change)
}

// Counts says whether the camera with a number counts.
func (b *Board) Counts(camera int) bool { return b.counted[camera] }

// Set says whether the camera with a number counts from now on. It does not
// allocate.
func (b *Board) Set(camera int, counts bool) {
	if b.counted[camera] == counts {
		return
	}
	b.counted[camera] = counts
	e, by := b.e, int32(1)
	if !counts {
		by = -1
	}
	for _, k := range b.links.views.of(camera) {
		v := &e.views[k]
		inView := int64(0)
		for i := v.first; i <= v.last; i++ {
			if !turned(&b.seen[i], by) {
				continue
			}
			x := &e.stretches[i]
			length := int64(by) * (x.to - x.from)
			inView += length
			b.areas[e.parts[x.part].area].inView += length
		}
		b.routes[v.road].inView += inView
		b.classes[e.roads[v.road].class].inView += inView
		b.total.inView += inView
	}
	for _, k := range b.links.sections.of(camera) {
		if !turned(&b.watched[k], by) {
			continue
		}
		s := &e.sections[k]
		for i := s.firstPart; i < s.lastPart; i++ {
			p := &e.parts[i]
			length := int64(by) * (p.to - p.from)
			b.routes[p.road].controlled += length
			b.classes[e.roads[p.road].class].controlled += length
			b.areas[p.area].controlled += length
			b.total.controlled += length
		}
		b.ofSection(k, func(s *sum) { s.controlledSections += int(by) })
	}
	for _, k := range b.links.gateways.of(camera) {
		if turned(&b.guarded[k], by) {
			p := &e.parts[e.gateways[k].part]
			b.each(p.road, p.area, func(s *sum) { s.inViewGws += int(by) })
		}
	}
	if k := e.cameras[camera].place; k >= 0 && turned(&b.manned[k], by) {
		b.areas[e.places[k].area].coveredPlaces += int(by)
		b.total.coveredPlaces += int(by)
	}
}

// turned changes how many there are, and says whether that made some of none,
// or none of some.
func turned(n *int32, by int32) bool {
	before := *n
	*n += by
	return (before > 0) != (*n > 0)
}

// Total gives the figures of all routes.
func (b *Board) Total() Total { return b.total.total() }

// Route gives the figures of a route by its place in the plan.
func (b *Board) Route(i int) Total { return b.routes[i].total() }

// Classes gives the figures of the classes of routes, as Result has them.
func (b *Board) Classes() []Group { return b.e.classGroups(b.classes) }

// Areas gives the figures of the areas, as Result has them.
func (b *Board) Areas() []Group { return b.e.areaGroups(b.areas) }

// AppendGaps appends to dst the gaps in view of a route by its place in the
// plan, ascending, and returns the longer slice. It does not allocate if dst
// has room.
func (b *Board) AppendGaps(dst []Gap, route int) []Gap {
	e := b.e
	w := &e.roads[route]
	open := false
	for i := e.first[route]; i < e.first[route+1]; i++ {
		x := &e.stretches[i]
		switch {
		case b.seen[i] > 0:
			open = false
		case open:
			g := &dst[len(dst)-1]
			g.To, g.ToChainage = metres(x.to), w.chainage(x.to)
		default:
			dst = append(dst, Gap{Route: w.route.Code, From: metres(x.from), To: metres(x.to), FromChainage: w.chainage(x.from), ToChainage: w.chainage(x.to)})
			open = true
		}
	}
	return dst
}
