package network_test

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/phukin/phukin/hub/network"
)

func TestATallyCountsTheBlindWays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, lengths := town(t)
		n := network.New(p)
		now := n.Closed(views(t, lengths, p, 0, 1), least)
		tally := n.Tally(now)
		var others []network.Closed
		for i := range rapid.IntRange(1, 6).Draw(t, "candidates") {
			others = append(others, n.Closed(views(t, lengths, p, 0, 2), least))
			if got := tally.Add(others[i]); got != i {
				t.Fatalf("candidate %d has the number %d", i, got)
			}
		}
		check := func(what string, got, want int) {
			t.Helper()
			if got != want {
				t.Fatalf("%s: %d, by the ways themselves %d", what, got, want)
			}
		}
		for range rapid.IntRange(1, 8).Draw(t, "steps") {
			blind := len(n.Blind(now))
			check("pairs", tally.Pairs(), blind)
			together := now
			var set []int
			for i := range others {
				if rapid.Bool().Draw(t, "in the set") {
					set, together = append(set, i), together.And(others[i])
				}
			}
			check(fmt.Sprint("gain of ", set), tally.Gain(set...), blind-len(n.Blind(together)))
			i := rapid.IntRange(0, len(others)-1).Draw(t, "closed")
			now = now.And(others[i])
			check(fmt.Sprint("closing ", i), tally.Close(i), blind-len(n.Blind(now)))
		}
	})
}

// The tally of the network by hand: of 6 pairs a camera at W closes the 3 that
// begin there, and one that sees all of J all but the way round from W to E.
func TestATallyByHand(t *testing.T) {
	n := network.New(cross(t))
	tally := n.Tally(n.Closed(nil, least))
	west := tally.Add(n.Closed([]network.View{view("H", 0, 30)}, least))
	across := tally.Add(n.Closed([]network.View{view("H", 380, 420), view("V", 280, 320)}, least))
	expect(t, "pairs", tally.Pairs(), 6)
	expect(t, "west", tally.Gain(west), 3)
	expect(t, "across", tally.Gain(across), 5) // east and west still meet by the road around
	expect(t, "both", tally.Gain(west, across), 6)
	expect(t, "closing west", tally.Close(west), 3)
	expect(t, "closing it again", tally.Gain(west), 0)
	expect(t, "across after west", tally.Close(across), 3)
	expect(t, "pairs left", tally.Pairs(), 0)
}
