package network

import (
	"cmp"
	"slices"
)

// Camera is a camera that could be put to work, and what it would have in view.
type Camera struct {
	Code  string
	Views []View
}

// Closing is a set of cameras that closes all blind ways.
type Closing struct {
	// Cameras are those of the given ones that are needed, by code.
	Cameras []string
	// Stretches are where a camera is needed besides, anywhere on each, in the
	// order of Network.Stretches.
	Stretches []Stretch
	// Fewest says that no smaller set would do: none with fewer stretches, and none
	// with as many stretches and fewer cameras. Otherwise the search was given up,
	// and the set is a good one.
	Fewest bool
}

// Close finds the fewest cameras that close all blind ways: first as few as
// can be that are not among the given ones, which the plan has already, and then
// as few of these as can be. Without any given it finds the fewest stretches on
// which a camera would do. Least is as in Closed.
//
// Gateways that are one place cannot be closed against each other; whoever is
// there has passed both.
//
// Closing ways between many gateways at once is a hard problem (the multiway
// cut of Dahlhaus et al., 1994). It is solved exactly by its ways: a smallest set
// that closes the ways found so far either closes all, or leaves a way to be
// found. That is given up after a bounded search, of which Fewest tells.
func (n *Network) Close(c Closed, cameras []Camera, least float64) Closing {
	cameras = slices.Clone(cameras)
	slices.SortStableFunc(cameras, func(a, b Camera) int { return cmp.Compare(a.Code, b.Code) })
	all := len(cameras) + len(n.stretches)
	s := &search{
		n: n, closed: c, cameras: make([]Closed, len(cameras)), left: searchLimit,
		chosen: make([]bool, all), without: make([]bool, all), used: make([]int, all),
	}
	for i := range cameras {
		s.cameras[i] = n.Closed(cameras[i].Views, least)
	}
	for _, e := range n.isolate(c) {
		s.isolated = append(s.isolated, len(cameras)+e)
	}
	chosen := s.solve()
	out := Closing{Fewest: s.left > 0}
	for _, k := range chosen {
		if k < len(cameras) {
			out.Cameras = append(out.Cameras, cameras[k].Code)
		} else {
			out.Stretches = append(out.Stretches, n.stretches[k-len(cameras)].Stretch)
		}
	}
	return out
}

// searchLimit is how many times a search looks at a way before it is given up.
const searchLimit = 20_000_000

// search is for a smallest set of candidates: the number of a camera, or,
// after those, of a stretch. A stretch costs more than all cameras.
type search struct {
	n       *Network
	closed  Closed
	cameras []Closed
	ways    [][]int // candidates that close each way found so far, ascending
	open    [][]int // the same, as far as they matter
	left    int     // looks at ways that may still be taken

	chosen, without []bool // candidates of the set that is looked at, and those not to be in it
	used            []int  // by the last count that a candidate was used in
	count           int
	best            []int
	bestCost        int
	isolated        []int // stretches that close all ways, and mostly more than are needed
}

func (s *search) cost(candidate int) int {
	if candidate < len(s.cameras) {
		return 1
	}
	return len(s.cameras) + 1
}

func (s *search) costOf(chosen []int) int {
	sum := 0
	for _, k := range chosen {
		sum += s.cost(k)
	}
	return sum
}

// solve gives the set, ascending.
func (s *search) solve() []int {
	var chosen []int
	for {
		found := s.n.blind(s.with(chosen))
		before := len(s.ways)
		s.count++
		for _, p := range found {
			if len(p.edges) > 0 {
				s.add(p)
			}
		}
		if len(s.ways) == before {
			return s.needed(chosen)
		}
		if s.left > 0 {
			chosen = s.hit()
		}
		if s.left <= 0 { // given up: what helps most, again and again
			if chosen = s.greedy(chosen); s.costOf(chosen) >= s.costOf(s.isolated) {
				return s.needed(s.isolated)
			}
		}
	}
}

// needed sorts the chosen ones, and leaves out what a search that was given up
// has taken in vain, the dearest first.
func (s *search) needed(chosen []int) []int {
	chosen = slices.Sorted(slices.Values(chosen))
	if s.left > 0 {
		return chosen
	}
	for i := len(chosen) - 1; i >= 0; i-- {
		without := slices.Delete(slices.Clone(chosen), i, i+1)
		if !slices.ContainsFunc(s.n.blind(s.with(without)), func(p path) bool { return len(p.edges) > 0 }) {
			chosen = without
		}
	}
	return chosen
}

// with gives what is closed when the chosen ones work.
func (s *search) with(chosen []int) Closed {
	c := Closed{slices.Clone(s.closed.stretches), slices.Clone(s.closed.places)}
	for _, k := range chosen {
		if k < len(s.cameras) {
			c.add(s.cameras[k])
		} else {
			c.stretches[k-len(s.cameras)] = true
		}
	}
	return c
}

// add notes which candidates close a way, unless a candidate of its closes
// another one that was added in the same count: that may be enough.
func (s *search) add(p path) {
	var by []int
	for i := range s.cameras {
		c := &s.cameras[i]
		if slices.ContainsFunc(p.edges, func(e int) bool { return c.stretches[e] }) || slices.ContainsFunc(p.places, func(q int) bool { return c.places[q] }) {
			by = append(by, i)
		}
	}
	for _, e := range p.edges {
		by = append(by, len(s.cameras)+e)
	}
	slices.Sort(by)
	by = slices.Compact(by)
	if slices.ContainsFunc(by, func(k int) bool { return s.used[k] == s.count }) {
		return
	}
	for _, k := range by {
		s.used[k] = s.count
	}
	s.ways = append(s.ways, by)
}

// hit gives a cheapest set that closes all ways found so far, if the search is
// not given up.
func (s *search) hit() []int {
	s.best = s.greedy(nil)
	if s.costOf(s.isolated) < s.costOf(s.best) {
		s.best = s.isolated
	}
	s.bestCost = s.costOf(s.best)
	s.open = s.lessened()
	s.branch(nil, 0)
	return s.best
}

// lessened gives the ways found so far without the candidates that another one
// makes needless: it closes the same ways or more, and costs no more.
func (s *search) lessened() [][]int {
	closes := make([][]int, len(s.chosen)) // ways, ascending
	for i, w := range s.ways {
		for _, k := range w {
			closes[k] = append(closes[k], i)
		}
	}
	needless := func(k int) bool {
		for _, j := range s.ways[closes[k][0]] { // whatever closes the same ways is among these
			switch {
			case j == k || s.cost(j) > s.cost(k) || len(closes[j]) < len(closes[k]):
			case s.cost(j) == s.cost(k) && len(closes[j]) == len(closes[k]) && j > k: // of equals the first stays
			case within(closes[k], closes[j]):
				return true
			}
		}
		return false
	}
	gone := make([]bool, len(s.chosen))
	for k := range closes {
		gone[k] = len(closes[k]) > 0 && needless(k)
	}
	out := make([][]int, len(s.ways))
	for i, w := range s.ways {
		out[i] = slices.DeleteFunc(slices.Clone(w), func(k int) bool { return gone[k] })
	}
	return out
}

// within says whether all of a is in b; both ascend.
func within(a, b []int) bool {
	for _, v := range a {
		for len(b) > 0 && b[0] < v {
			b = b[1:]
		}
		if len(b) == 0 || b[0] != v {
			return false
		}
	}
	return true
}

// branch looks for a set that is cheaper than the best so far among those that
// hold what is chosen and nothing of what it is to be without.
func (s *search) branch(chosen []int, cost int) {
	if s.left <= 0 {
		return
	}
	bound, pick := s.rest()
	if pick == nil {
		if cost < s.bestCost {
			s.best, s.bestCost = slices.Clone(chosen), cost
		}
		return
	}
	if cost+bound >= s.bestCost {
		return
	}
	var tried []int
	for _, k := range pick {
		if s.without[k] {
			continue
		}
		s.chosen[k] = true
		s.branch(append(chosen[:len(chosen):len(chosen)], k), cost+s.cost(k))
		s.chosen[k], s.without[k] = false, true // sets with it were looked at
		tried = append(tried, k)
	}
	for _, k := range tried {
		s.without[k] = false
	}
}

// rest gives a bound for what the ways that are open cost at least, and the
// one of them that has the fewest candidates; nil if there is none. Ways that share
// no candidate cost at least the cheapest candidate each.
func (s *search) rest() (bound int, pick []int) {
	s.count++
	s.left -= len(s.open)
	fewest := 0
	for _, w := range s.open {
		cheapest, n, apart, open := 0, 0, true, true
		for _, k := range w {
			if s.chosen[k] {
				open = false
				break
			}
			if s.without[k] {
				continue
			}
			if n++; cheapest == 0 || s.cost(k) < cheapest {
				cheapest = s.cost(k)
			}
			apart = apart && s.used[k] != s.count
		}
		switch {
		case !open:
			continue
		case n == 0: // nothing is left that closes it
			return 1 << 40, w
		case pick == nil || n < fewest:
			pick, fewest = w, n
		}
		if apart {
			bound += cheapest
			for _, k := range w {
				s.used[k] = s.count
			}
		}
	}
	return bound, pick
}

// greedy adds candidates to chosen until all ways found so far are closed,
// each time the one that closes most of them for its cost.
func (s *search) greedy(chosen []int) []int {
	chosen = slices.Clone(chosen)
	closes := make([]int, len(s.chosen))
	for {
		clear(closes)
		for _, w := range s.ways {
			if slices.ContainsFunc(w, func(k int) bool { return slices.Contains(chosen, k) }) {
				continue
			}
			for _, k := range w {
				closes[k]++
			}
		}
		best := 0
		for k := range closes {
			if closes[k]*s.cost(best) > closes[best]*s.cost(k) {
				best = k
			}
		}
		if len(closes) == 0 || closes[best] == 0 {
			return chosen
		}
		chosen = append(chosen, best)
	}
}
