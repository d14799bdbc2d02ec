package sqlite

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// numbers is a slow, obviously right set of sequence numbers.
func numbers(ss []span) map[uint64]bool {
	set := map[uint64]bool{}
	for _, s := range ss {
		for n := s.first; n < s.next; n++ {
			set[n] = true
		}
	}
	return set
}

func TestSpansAreTheSetOfTheirNumbers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var ss spans
		set := map[uint64]bool{}
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			first := rapid.Uint64Range(0, 60).Draw(t, "first")
			s := span{first, first + rapid.Uint64Range(0, 12).Draw(t, "length")}
			before := slices.Clone(ss)
			all, fresh := ss.with(s)
			if !slices.Equal(before, ss) {
				t.Fatalf("%v was changed in place", before)
			}
			added := numbers(fresh)
			for n := s.first; n < s.next; n++ {
				if added[n] == set[n] {
					t.Fatalf("%v with %v: number %d is fresh: %v", before, s, n, added[n])
				}
				set[n] = true
			}
			ss = all
			have := numbers(ss)
			if len(have) != len(set) {
				t.Fatalf("%v with %v is %v", before, s, ss)
			}
			for i := range ss {
				if ss[i].first >= ss[i].next || i > 0 && ss[i-1].next >= ss[i].first {
					t.Fatalf("%v: a span is empty, or touches the one before", ss)
				}
			}
			from := rapid.Uint64Range(0, 80).Draw(t, "from")
			end := from
			for set[end] {
				end++
			}
			if got := ss.end(from); got != end {
				t.Fatalf("the run from %d of %v ends at %d, want %d", from, ss, got, end)
			}
			top := uint64(0)
			for n := range set {
				top = max(top, n+1)
			}
			if got := ss.top(); got != top {
				t.Fatalf("the top of %v is %d, want %d", ss, got, top)
			}
		}
	})
}
