package network

import (
	"cmp"
	"container/heap"
	"math"
	"slices"
)

// Way is a way from one gateway to another.
type Way struct {
	From, To string // codes of gateways, From before To
	Length   float64
	Steps    []Step // at least one, unless both gateways are one place
}

// Step is a stretch as it is driven along.
type Step struct {
	Stretch
	Backward bool // from To to From
}

// path is a way by numbers.
type path struct {
	from, to int // of gateways
	places   []int
	edges    []int
	length   float64
}

// Blind gives the blind ways between gateways, shortest first: of each two
// gateways between which there are any, the shortest.
func (n *Network) Blind(c Closed) []Way {
	var ways []Way
	for _, p := range n.blind(c) {
		ways = append(ways, n.way(p))
	}
	slices.SortStableFunc(ways, func(a, b Way) int {
		return cmp.Or(cmp.Compare(math.Round(a.Length*1000), math.Round(b.Length*1000)), cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To))
	})
	return ways
}

func (n *Network) way(p path) Way {
	w := Way{From: n.gateways[p.from].code, To: n.gateways[p.to].code, Length: p.length}
	for i, e := range p.edges {
		s := &n.stretches[e]
		w.Steps = append(w.Steps, Step{s.Stretch, s.ends[0] != p.places[i] || s.ends[0] == s.ends[1]})
	}
	return w
}

// blind gives the shortest blind way of every two gateways that have one, by
// their order.
func (n *Network) blind(c Closed) []path {
	var all []path
	for i, g := range n.gateways {
		if c.places[g.place] {
			continue
		}
		from := n.shortest(g.place, c)
		for k := i + 1; k < len(n.gateways); k++ {
			if to := n.gateways[k].place; from[to].reached {
				all = append(all, from.path(n, i, k))
			}
		}
	}
	return all
}

// tree is the shortest blind ways from one place to all others.
type tree []visit

type visit struct {
	reached bool
	length  float64
	edge    int // by which the place is reached, -1 at the root
	before  int // the place before
}

// shortest finds the shortest ways from a place (Dijkstra, 1959). Of ways of
// one length it takes the one that it meets first in the plan's order.
func (n *Network) shortest(root int, c Closed) tree {
	t := make(tree, len(n.places))
	for i := range t {
		t[i].length = math.Inf(1)
	}
	t[root] = visit{length: 0, edge: -1, before: -1}
	q := &queue{{root, 0}}
	for q.Len() > 0 {
		here, _ := heap.Pop(q).(stop)
		if t[here.place].reached {
			continue
		}
		t[here.place].reached = true
		for _, e := range n.places[here.place].edges {
			s := &n.stretches[e]
			next := s.ends[0] + s.ends[1] - here.place
			if c.stretches[e] || c.places[next] {
				continue
			}
			if l := here.length + s.Length(); l < t[next].length {
				t[next] = visit{length: l, edge: e, before: here.place}
				heap.Push(q, stop{next, l})
			}
		}
	}
	return t
}

func (t tree) path(n *Network, from, to int) path {
	p := path{from: from, to: to}
	at := n.gateways[to].place
	p.length = t[at].length
	for p.places = append(p.places, at); t[at].before >= 0; p.places = append(p.places, at) {
		p.edges = append(p.edges, t[at].edge)
		at = t[at].before
	}
	slices.Reverse(p.places)
	slices.Reverse(p.edges)
	return p
}

type stop struct {
	place  int
	length float64
}

// queue is a heap of places, the nearest first.
type queue []stop

func (q queue) Len() int { return len(q) }
func (q queue) Less(i, j int) bool {
	return q[i].length < q[j].length || q[i].length == q[j].length && q[i].place < q[j].place
}
func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *queue) Push(x any) {
	s, _ := x.(stop)
	*q = append(*q, s)
}

func (q *queue) Pop() any {
	old := *q
	s := old[len(old)-1]
	*q = old[:len(old)-1]
	return s
}
