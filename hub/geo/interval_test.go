package geo_test

import (
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/phukin/phukin/hub/geo"
	"pgregory.net/rapid"
)

func TestUnionJoinsWhatTouches(t *testing.T) {
	type I = geo.Interval
	for _, c := range []struct {
		name     string
		in, want []I
		total    float64
		free     []I // of [0, 100]
	}{
		{"of nothing is nothing", nil, nil, 0, []I{{0, 100}}},
		{"sorts", []I{{30, 40}, {0, 10}}, []I{{0, 10}, {30, 40}}, 20, []I{{10, 30}, {40, 100}}},
		{"joins overlaps", []I{{0, 10}, {5, 20}}, []I{{0, 20}}, 20, []I{{20, 100}}},
		{"joins ends that meet", []I{{10, 20}, {20, 30}}, []I{{10, 30}}, 20, []I{{0, 10}, {30, 100}}},
		{"swallows what lies within", []I{{10, 90}, {20, 30}, {40, 50}}, []I{{10, 90}}, 80, []I{{0, 10}, {90, 100}}},
		{"keeps a point", []I{{50, 50}}, []I{{50, 50}}, 0, []I{{0, 50}, {50, 100}}},
		{"of everything leaves nothing", []I{{-5, 60}, {60, 105}}, []I{{-5, 105}}, 110, nil},
		{"past the end is not missed inside", []I{{120, 130}}, []I{{120, 130}}, 10, []I{{0, 100}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := geo.Union(slices.Clone(c.in))
			if diff := cmp.Diff(c.want, got, cmpopts.EquateEmpty()); diff != "" {
				t.Error("union:", diff)
			}
			if geo.Total(got) != c.total {
				t.Errorf("total %v, want %v", geo.Total(got), c.total)
			}
			if diff := cmp.Diff(c.free, geo.Complement(got, 100), cmpopts.EquateEmpty()); diff != "" {
				t.Error("complement:", diff)
			}
		})
	}
}

// On a ruler of whole metres, a metre is covered if any interval has it.
func TestUnionAndComplementAgreeWithCountingMetres(t *testing.T) {
	const length = 60
	rapid.Check(t, func(t *rapid.T) {
		var ruler [length]bool
		var in []geo.Interval
		for range rapid.IntRange(0, 8).Draw(t, "n") {
			from := rapid.IntRange(0, length).Draw(t, "from")
			to := rapid.IntRange(from, length).Draw(t, "to")
			in = append(in, geo.Interval{From: float64(from), To: float64(to)})
			for i := from; i < to; i++ {
				ruler[i] = true
			}
		}
		union := geo.Union(in)
		for i := 1; i < len(union); i++ {
			if union[i].From <= union[i-1].To {
				t.Fatalf("%v is not in order and apart", union)
			}
		}
		free := geo.Complement(union, length)
		for i, covered := range ruler {
			middle := func(v geo.Interval) bool { return v.From < float64(i)+0.5 && float64(i)+0.5 < v.To }
			if slices.ContainsFunc(union, middle) != covered {
				t.Fatalf("metre %d: covered is %v, union is %v", i, covered, union)
			}
			if slices.ContainsFunc(free, middle) == covered {
				t.Fatalf("metre %d: covered is %v, complement is %v", i, covered, free)
			}
		}
		if sum := geo.Total(union) + geo.Total(free); math.Abs(sum-length) > 1e-9 {
			t.Fatalf("covered and free make %v m of %v", sum, length)
		}
	})
}

func TestComplementTakesIntervalsThatOverlap(t *testing.T) {
	in := []geo.Interval{{From: 10, To: 90}, {From: 20, To: 30}, {From: 40, To: 50}}
	want := []geo.Interval{{From: 0, To: 10}, {From: 90, To: 100}}
	if diff := cmp.Diff(want, geo.Complement(in, 100)); diff != "" {
		t.Error(diff)
	}
}
