package network

import "slices"

// Tally counts the pairs of gateways that a blind way joins, as many as Blind
// lists, while more and more is closed. It does not look for the ways: gateways
// are joined when they lie in one part of what can be driven through unseen. It
// is not safe for use by many goroutines at once.
type Tally struct {
	n         *Network
	closed    Closed
	gateways  []int  // by place: how many are there
	part      []int  // by place: the part that it lies in, if it is not closed
	parts     []part // those that were divided since are empty
	pairs     int    // joined
	closing   []shut // what was added
	stretches []int  // by stretch: the last round in which it is taken as closed
	places    []int  // likewise
	visited   []int  // by place: the last round in which it was reached
	affected  []int  // by part: the last round in which it was looked at
	round     int    // of looking
	front     []int  // places to go on from
	touched   []int  // parts of a round
}

// part is a part of the network that can be driven through unseen.
type part struct {
	places   []int
	gateways int
}

// shut is what one closes, by numbers.
type shut struct{ stretches, places []int }

// Tally counts what is joined while c is closed.
func (n *Network) Tally(c Closed) *Tally {
	t := &Tally{
		n: n, closed: Closed{slices.Clone(c.stretches), slices.Clone(c.places)}, gateways: make([]int, len(n.places)), part: make([]int, len(n.places)),
		stretches: make([]int, len(n.stretches)), places: make([]int, len(n.places)), visited: make([]int, len(n.places)),
	}
	for _, g := range n.gateways {
		t.gateways[g.place]++
	}
	all := part{places: make([]int, len(n.places))}
	for i := range all.places {
		all.places[i] = i
	}
	t.parts, t.affected = []part{{}}, []int{0}
	t.round++
	t.divide(all.places, true)
	return t
}

// Pairs gives how many pairs of gateways are joined.
func (t *Tally) Pairs() int { return t.pairs }

// Add notes what could be closed besides, and gives the number by which Gain
// and Close know it: 0, 1, 2 …
func (t *Tally) Add(c Closed) int {
	var s shut
	for i, closed := range c.stretches {
		if closed && !t.closed.stretches[i] {
			s.stretches = append(s.stretches, i)
		}
	}
	for i, closed := range c.places {
		if closed && !t.closed.places[i] {
			s.places = append(s.places, i)
		}
	}
	t.closing = append(t.closing, s)
	return len(t.closing) - 1
}

// Gain gives how many pairs fewer would be joined if these were closed together.
func (t *Tally) Gain(numbers ...int) int {
	t.look(numbers)
	gain := 0
	for _, k := range t.touched {
		if p := &t.parts[k]; p.gateways > 1 {
			gain += pairs(p.gateways) - t.divide(p.places, false)
		}
	}
	return gain
}

// Close closes what has the number, and gives how many pairs fewer are joined.
func (t *Tally) Close(number int) int {
	t.look([]int{number})
	before := t.pairs
	for _, k := range t.touched {
		t.pairs -= pairs(t.parts[k].gateways)
		places := t.parts[k].places
		t.parts[k] = part{}
		t.divide(places, true)
	}
	for _, i := range t.closing[number].stretches {
		t.closed.stretches[i] = true
	}
	for _, i := range t.closing[number].places {
		t.closed.places[i] = true
	}
	return before - t.pairs
}

// look begins a round: these are taken as closed, and the parts that they lie in
// are touched.
func (t *Tally) look(numbers []int) {
	t.round++
	t.touched = t.touched[:0]
	touch := func(place int) {
		if k := t.part[place]; t.affected[k] != t.round {
			t.affected[k] = t.round
			t.touched = append(t.touched, k)
		}
	}
	for _, number := range numbers {
		for _, i := range t.closing[number].stretches {
			t.stretches[i] = t.round
			ends := t.n.stretches[i].ends
			if !t.closed.stretches[i] && !t.closed.places[ends[0]] && !t.closed.places[ends[1]] && ends[0] != ends[1] {
				touch(ends[0])
			}
		}
		for _, i := range t.closing[number].places {
			t.places[i] = t.round
			if !t.closed.places[i] {
				touch(i)
			}
		}
	}
}

// divide goes through places, those of a whole part, and gives how many pairs
// stay joined in this round. What it finds becomes the parts if keep is true.
func (t *Tally) divide(places []int, keep bool) int {
	joined := 0
	for _, root := range places {
		if t.shut(root) || t.visited[root] == t.round {
			continue
		}
		t.front = append(t.front[:0], root)
		t.visited[root] = t.round
		gateways := 0
		for next := 0; next < len(t.front); next++ {
			here := t.front[next]
			gateways += t.gateways[here]
			for _, e := range t.n.places[here].edges {
				s := &t.n.stretches[e]
				there := s.ends[0] + s.ends[1] - here
				if t.closed.stretches[e] || t.stretches[e] == t.round || t.shut(there) || t.visited[there] == t.round {
					continue
				}
				t.visited[there] = t.round
				t.front = append(t.front, there)
			}
		}
		joined += pairs(gateways)
		if keep {
			for _, i := range t.front {
				t.part[i] = len(t.parts)
			}
			t.parts = append(t.parts, part{slices.Clone(t.front), gateways})
			t.affected = append(t.affected, 0)
		}
	}
	if keep {
		t.pairs += joined
	}
	return joined
}

func (t *Tally) shut(place int) bool { return t.closed.places[place] || t.places[place] == t.round }

// pairs gives how many pairs there are of so many.
func pairs(n int) int { return n * (n - 1) / 2 }
