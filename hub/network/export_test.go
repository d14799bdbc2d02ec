package network

// Isolate gives the stretches of isolate.
func (n *Network) Isolate(c Closed) []Stretch {
	var out []Stretch
	for _, e := range n.isolate(c) {
		out = append(out, n.stretches[e].Stretch)
	}
	return out
}
