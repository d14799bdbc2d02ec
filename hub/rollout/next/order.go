package next

import "container/heap"

// byValue takes the candidates that are worth most, as long as any is worth
// something. A candidate is never worth more when others are there, so what it
// was worth when it was last asked is a bound, and only those at the front need
// to be asked again (Minoux, 1978): the order is that of asking all.
func (r *ranker) byValue(standing Standing, value func(*candidate, amounts) float64) {
	q := &queue{}
	for i := range r.candidates {
		if c := &r.candidates[i]; !c.taken {
			c.value = value(c, r.gain(c))
			q.all = append(q.all, c)
		}
	}
	heap.Init(q)
	for r.more() && q.Len() > 0 && q.all[0].value > 0 {
		c := q.all[0]
		if now := value(c, r.gain(c)); now < c.value {
			c.value = now
			heap.Fix(q, 0)
			continue
		}
		heap.Pop(q)
		r.take(c, standing)
	}
}

// queue is a heap of candidates, the one that is worth most first.
type queue struct{ all []*candidate }

func (q *queue) Len() int { return len(q.all) }
func (q *queue) Less(i, j int) bool {
	a, b := q.all[i], q.all[j]
	return a.value > b.value || a.value == b.value && a.Code < b.Code
}
func (q *queue) Swap(i, j int) { q.all[i], q.all[j] = q.all[j], q.all[i] }
func (q *queue) Push(x any) {
	c, _ := x.(*candidate)
	q.all = append(q.all, c)
}

func (q *queue) Pop() any {
	c := q.all[len(q.all)-1]
	q.all = q.all[:len(q.all)-1]
	return c
}

// byWays takes the candidates that close most ways. All are asked each time: a
// candidate may close more when others are there.
func (r *ranker) byWays() {
	for r.more() {
		var left []*candidate
		var best *candidate
		most := 0
		for i := range r.candidates {
			c := &r.candidates[i]
			if c.taken || r.ctx.Err() != nil {
				continue
			}
			left = append(left, c)
			if gain := r.tally.Gain(c.closes); gain > most {
				best, most = c, gain
			}
		}
		if best != nil {
			r.take(best, Ranked)
			continue
		}
		group := r.group(left)
		if group == nil {
			return
		}
		for i, c := range group {
			if !r.more() {
				return
			}
			var others []string
			for k, o := range group {
				if k != i {
					others = append(others, o.Code)
				}
			}
			r.take(c, Ranked, others...)
		}
	}
}

// group gives candidates that close a way together, of which none can be
// spared; nil if all together close none. Of those that come first by code it
// takes as few as reach: the last of them is needed then, and among those before
// it the next one is looked for (Junker's QuickXplain, 2004).
func (r *ranker) group(left []*candidate) []*candidate {
	var needed []*candidate
	closes := func(first int) bool {
		numbers := make([]int, 0, first+len(needed))
		for _, c := range left[:first] {
			numbers = append(numbers, c.closes)
		}
		for _, c := range needed {
			numbers = append(numbers, c.closes)
		}
		return r.tally.Gain(numbers...) > 0
	}
	if !closes(len(left)) {
		return nil
	}
	for r.ctx.Err() == nil && !closes(0) {
		low, high := 0, len(left) // so many do not reach, so many do
		for high-low > 1 {
			if half := (low + high) / 2; closes(half) {
				high = half
			} else {
				low = half
			}
		}
		needed = append([]*candidate{left[high-1]}, needed...)
		left = left[:high-1]
	}
	return needed
}
