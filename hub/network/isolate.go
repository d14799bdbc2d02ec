package network

import "slices"

// isolate gives stretches that close all blind ways: of every gateway but one
// the fewest that cut it off from all others. That is at most twice what is
// needed (Dahlhaus et al., 1994, §3).
func (n *Network) isolate(c Closed) []int {
	var cuts [][]int
	for _, g := range n.gateways {
		if !c.places[g.place] {
			cuts = append(cuts, n.cutOff(g.place, c))
		}
	}
	if len(cuts) == 0 {
		return nil
	}
	most := 0
	for i := range cuts {
		if len(cuts[i]) > len(cuts[most]) {
			most = i
		}
	}
	all := slices.Concat(slices.Delete(cuts, most, most+1)...)
	slices.Sort(all)
	return slices.Compact(all)
}

// cutOff gives the fewest stretches that cut a place off from all gateways
// elsewhere: a smallest cut, found by ways that share no stretch (Menger, 1927;
// Ford and Fulkerson, 1956).
func (n *Network) cutOff(root int, c Closed) []int {
	others := make([]bool, len(n.places))
	for _, g := range n.gateways {
		others[g.place] = g.place != root
	}
	flow := make([]int, len(n.stretches)) // 1 from ends[0] to ends[1], -1 the other way
	by := make([]int, len(n.places))      // stretch by which a place is reached
	for {
		for i := range by {
			by[i] = -1
		}
		front, end := []int{root}, -1
		for len(front) > 0 && end < 0 {
			here := front[0]
			front = front[1:]
			for _, e := range n.places[here].edges {
				s := &n.stretches[e]
				next, way := s.ends[1], 1
				if s.ends[0] != here {
					next, way = s.ends[0], -1
				}
				if c.stretches[e] || c.places[next] || flow[e] == way || next == root || by[next] >= 0 {
					continue
				}
				by[next] = e
				if others[next] {
					end = next
					break
				}
				front = append(front, next)
			}
		}
		if end < 0 {
			break
		}
		for at := end; at != root; {
			s := &n.stretches[by[at]]
			if s.ends[1] == at {
				flow[by[at]]++
				at = s.ends[0]
			} else {
				flow[by[at]]--
				at = s.ends[1]
			}
		}
	}
	// Between what can still be reached and what cannot lies the cut.
	var cut []int
	inside := func(p int) bool { return p == root || by[p] >= 0 }
	for e := range n.stretches {
		s := &n.stretches[e]
		if !c.stretches[e] && !c.places[s.ends[0]] && !c.places[s.ends[1]] && inside(s.ends[0]) != inside(s.ends[1]) {
			cut = append(cut, e)
		}
	}
	return cut
}
