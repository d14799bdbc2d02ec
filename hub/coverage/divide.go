package coverage

import "slices"

// sighting is what a camera's sector holds of a road, before borders that
// differ by a hair are drawn together.
type sighting struct {
	camera, road int32
	from, to     int64 // millimetres
}

// byRoad sorts sightings, which come by camera, by road, then camera.
func byRoad(seen []sighting, roads int) (sorted []sighting, starts []int32) {
	starts = make([]int32, roads+1)
	for i := range seen {
		starts[seen[i].road+1]++
	}
	for i := range roads {
		starts[i+1] += starts[i]
	}
	sorted, next := make([]sighting, len(seen)), slices.Clone(starts)
	for i := range seen {
		k := &next[seen[i].road]
		sorted[*k] = seen[i]
		*k++
	}
	return sorted, starts
}

// divide cuts every road into stretches at the borders of all that is seen of
// it, and finds out who controls which sections and sees which gateways.
func (e *Eye) divide(seen []sighting, starts []int32) {
	e.stretches = make([]stretch, 0, 2*len(seen)+len(e.parts))
	e.views = make([]view, 0, len(seen))
	e.watches = make([]watch, 0, len(seen))
	e.first = make([]int32, len(e.roads)+1)
	var d divider
	for k := range e.roads {
		e.first[k] = int32(len(e.stretches))
		d.road(e, k, seen[starts[k]:starts[k+1]])
	}
	e.first[len(e.roads)] = int32(len(e.stretches))
}

// divider holds what is used again from one road to the next.
type divider struct {
	landmarks []int64 // borders of the road's parts, ascending
	borders   []int64 // of its stretches, ascending
}

func (d *divider) road(e *Eye, k int, seen []sighting) {
	w := &e.roads[k]
	parts := e.parts[w.firstPart:w.lastPart]
	d.landmarks = append(d.landmarks[:0], 0)
	for i := range parts {
		d.landmarks = append(d.landmarks, parts[i].to)
	}
	d.borders = append(d.borders[:0], d.landmarks...)
	for i := range seen {
		s := &seen[i]
		s.from, s.to = d.snap(s.from), d.snap(s.to)
		d.borders = append(d.borders, s.from, s.to)
	}
	slices.Sort(d.borders)
	d.borders = thin(d.borders)

	base, p := int32(len(e.stretches)), 0
	for i := range len(d.borders) - 1 {
		for p < len(parts)-1 && parts[p].to <= d.borders[i] {
			p++
		}
		e.stretches = append(e.stretches, stretch{d.borders[i], d.borders[i+1], w.firstPart + int32(p)})
	}
	views := len(e.views)
	for i := range seen {
		s := &seen[i]
		v := view{s.camera, int32(k), base + d.border(s.from), base + d.border(s.to) - 1}
		if n := len(e.views); n > views && e.views[n-1].camera == v.camera && v.first <= e.views[n-1].last+1 {
			e.views[n-1].last = max(e.views[n-1].last, v.last)
		} else if v.first <= v.last {
			e.views = append(e.views, v)
		}
	}
	e.settle(w, e.views[views:])
}

// snap draws a border to a landmark that comes a hair after it. One that came a
// hair before it draws it in when the borders are thinned.
func (d *divider) snap(at int64) int64 {
	if i := upTo(d.landmarks, at) + 1; i < len(d.landmarks) && d.landmarks[i]-at <= hair {
		return d.landmarks[i]
	}
	return at
}

// thin leaves of borders that lie within a hair of each other the first.
func thin(borders []int64) []int64 {
	out := borders[:1]
	for _, b := range borders[1:] {
		if b-out[len(out)-1] > hair {
			out = append(out, b)
		}
	}
	return out
}

// border gives the index of the border that stands for a place.
func (d *divider) border(at int64) int32 { return int32(upTo(d.borders, at)) }

// upTo gives the index of the last of sorted numbers that is not above at.
func upTo(sorted []int64, at int64) int {
	low, n := 0, len(sorted) // sorted[low-1] <= at
	for n > 0 {
		if half := n / 2; sorted[low+half] <= at {
			low, n = low+half+1, n-half-1
		} else {
			n = half
		}
	}
	return low - 1
}

// settle finds out who controls the sections of a road, and who has its
// gateways in view.
func (e *Eye) settle(w *road, views []view) {
	watches, guards := len(e.watches), len(e.guards)
	for i := range views {
		v := &views[i]
		e.sees[v.camera] = true
		from, to := e.stretches[v.first].from, e.stretches[v.last].to
		for k := e.parts[e.stretches[v.first].part].section; k < w.lastSection; k++ {
			s := &e.sections[k]
			if s.from >= to {
				break
			}
			a, b := max(s.from, from), min(s.to, to)
			if b-a < s.need() {
				continue
			}
			e.watches = append(e.watches, watch{k, v.camera})
			for g := w.firstGateway; g < w.lastGateway; g++ {
				at := e.gateways[g].at
				if s.from-hair <= at && at <= s.to+hair && a-least <= at && at <= b+least {
					e.guards = append(e.guards, guard{g, v.camera})
				}
			}
		}
	}
	e.watches = unique(e.watches, watches, func(w watch) uint64 { return uint64(w.section)<<32 | uint64(w.camera) })
	e.guards = unique(e.guards, guards, func(g guard) uint64 { return uint64(g.gateway)<<32 | uint64(g.camera) })
}

// unique sorts what follows base by keys, and leaves out what is there twice.
func unique[T comparable](all []T, base int, key func(T) uint64) []T {
	tail := all[base:]
	for i := range tail { // they are few, and nearly in order
		for k := i; k > 0 && key(tail[k]) < key(tail[k-1]); k-- {
			tail[k], tail[k-1] = tail[k-1], tail[k]
		}
	}
	return all[:base+len(slices.Compact(tail))]
}
