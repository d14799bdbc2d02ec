package uptime

import (
	"cmp"
	"slices"
)

// Window is the time [From, To), Unix seconds.
type Window struct{ From, To int64 }

// And gives the part that both windows have; From = To when there is none.
func (w Window) And(o Window) Window {
	r := Window{max(w.From, o.From), min(w.To, o.To)}
	if r.To < r.From {
		r.To = r.From
	}
	return r
}

// Seconds gives the length of the window, 0 for one that is upside down.
func (w Window) Seconds() int64 { return max(w.To-w.From, 0) }

// Spans is a set of seconds: windows in ascending order that are not empty and
// neither overlap nor touch. Make it with Union.
type Spans []Window

// Union gives the seconds that lie in any of the windows, which may overlap,
// touch, lie in each other, and be empty.
func Union(windows ...Window) Spans {
	ws := slices.DeleteFunc(slices.Clone(windows), func(w Window) bool { return w.To <= w.From })
	slices.SortFunc(ws, func(a, b Window) int { return cmp.Compare(a.From, b.From) })
	var s Spans
	for _, w := range ws {
		if n := len(s); n > 0 && w.From <= s[n-1].To {
			s[n-1].To = max(s[n-1].To, w.To)
			continue
		}
		s = append(s, w)
	}
	return s
}

// And gives the seconds that lie in both sets.
func (s Spans) And(o Spans) Spans {
	var r Spans
	for i, j := 0, 0; i < len(s) && j < len(o); {
		if w := s[i].And(o[j]); w.To > w.From {
			r = append(r, w)
		}
		if s[i].To < o[j].To {
			i++
		} else {
			j++
		}
	}
	return r
}

// Without gives the seconds of s that do not lie in o.
func (s Spans) Without(o Spans) Spans {
	var r Spans
	j := 0
	for _, w := range s {
		for j < len(o) && o[j].To <= w.From {
			j++
		}
		at := w.From
		for k := j; k < len(o) && o[k].From < w.To; k++ {
			if o[k].From > at {
				r = append(r, Window{at, o[k].From})
			}
			at = max(at, o[k].To)
		}
		if at < w.To {
			r = append(r, Window{at, w.To})
		}
	}
	return r
}

// Within gives the seconds of s that lie in the window.
func (s Spans) Within(w Window) Spans { return s.And(Union(w)) }

// At gives the window of the set that a second lies in, and whether there is
// one.
func (s Spans) At(t int64) (Window, bool) {
	i, _ := slices.BinarySearchFunc(s, t, func(w Window, t int64) int {
		if w.To <= t {
			return -1
		}
		return 1
	})
	if i < len(s) && s[i].From <= t {
		return s[i], true
	}
	return Window{}, false
}

// secondsIn counts the seconds of s that lie in the window.
func (s Spans) secondsIn(w Window) (n int64) {
	i, _ := slices.BinarySearchFunc(s, w.From, func(p Window, t int64) int {
		if p.To <= t {
			return -1
		}
		return 1
	})
	for ; i < len(s) && s[i].From < w.To; i++ {
		n += s[i].And(w).Seconds()
	}
	return n
}

// Has says whether a second lies in the set.
func (s Spans) Has(t int64) bool {
	_, ok := s.At(t)
	return ok
}

// Seconds counts them.
func (s Spans) Seconds() (n int64) {
	for _, w := range s {
		n += w.To - w.From
	}
	return n
}

// or gives the seconds that lie in either set.
func (s Spans) or(o Spans) Spans { return Union(append(s[:len(s):len(s)], o...)...) }
