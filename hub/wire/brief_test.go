package wire_test

import (
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"github.com/phukin/phukin/hub/wire"
	"github.com/phukin/phukin/hub/wire/wiretest"
)

// agree checks that UnmarshalBriefs says of a payload what UnmarshalUp says. It
// reports whether briefs came of it.
func agree(t rapid.TB, d *wire.Decoder, p []byte) bool {
	t.Helper()
	before := []wire.Brief{{Camera: "before"}}
	short, briefs, err := d.UnmarshalBriefs(p, before)
	if len(briefs) == 0 || briefs[0] != before[0] {
		t.Fatalf("what was there before is gone: %v", briefs)
	}
	briefs = briefs[1:]
	whole, wholeErr := wire.UnmarshalUp(p)
	if (err == nil) != (wholeErr == nil) || err != nil && err.Error() != wholeErr.Error() {
		t.Fatalf("UnmarshalBriefs gives %v, UnmarshalUp %v", err, wholeErr)
	}
	if err != nil || whole.Batch == nil || len(whole.Batch.Bad) > 0 || len(whole.Batch.Gaps) > 0 {
		if len(briefs) > 0 {
			t.Fatalf("%d briefs of what is no batch of good observations", len(briefs))
		}
		return false
	}
	if len(briefs) == 0 { // an odd frame, or values that nobody reads
		same(t, whole.Batch.Observations, short.Batch.Observations, nil)
		return false
	}
	want := []wire.Brief{}
	for i := range whole.Batch.Observations {
		want = append(want, wire.BriefOf(&whole.Batch.Observations[i]))
	}
	same(t, want, briefs, nil)
	whole.Batch.Observations = nil
	same(t, *whole.Batch, wire.Batch{Epoch: short.Batch.Epoch, FirstSeq: short.Batch.FirstSeq, OldestSeq: short.Batch.OldestSeq, Stamp: short.Batch.Stamp}, nil)
	return true
}

func TestBriefsSayWhatTheWholeSays(t *testing.T) {
	var d wire.Decoder
	for b := range wiretest.Batches(3, 50, 50) {
		if !agree(t, &d, wire.MarshalUp(wire.UpMessage{Batch: &b})) {
			t.Fatal("no briefs of a good batch")
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		b := wire.Batch{Epoch: 1, FirstSeq: 9, OldestSeq: rapid.Uint64Range(0, 9).Draw(t, "oldest")}
		b.Observations = rapid.SliceOfN(genObservation(), 1, 20).Draw(t, "observations")
		if !agree(t, &d, wire.MarshalUp(wire.UpMessage{Batch: &b})) {
			t.Fatalf("no briefs of a good batch")
		}
	})
}

// Bits are flipped until values are out of bounds in every way.
func TestBriefsOfDamagedBatches(t *testing.T) {
	var d wire.Decoder
	r := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // to be repeated
	good, all := 0, 0
	for b := range wiretest.Batches(5, 20, 12) {
		p := wire.MarshalUp(wire.UpMessage{Batch: &b})
		for range 40 {
			q := append([]byte(nil), p...)
			for range 1 + r.IntN(2) {
				q[r.IntN(len(q))] ^= 1 << r.IntN(8)
			}
			if all++; agree(t, &d, q) {
				good++
			}
		}
		if all >= 20_000 {
			break
		}
	}
	if good < all/20 || good > all*19/20 {
		t.Errorf("%d of %d damaged batches are good all the same: this looks at one side only", good, all)
	}
}
