package wire_test

import (
	"fmt"
	"testing"

	"github.com/phukin/phukin/hub/wire"
	"github.com/phukin/phukin/hub/wire/wiretest"
)

// payloads gives batches of a commune's day with how many observations they
// have in all.
func payloads(size int) (batches []wire.Batch, ps [][]byte) {
	for b := range wiretest.Batches(1, 50, size) {
		batches = append(batches, b)
		ps = append(ps, wire.MarshalUp(wire.UpMessage{Batch: &b}))
	}
	return batches, ps
}

func perObservation(b *testing.B, size int) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*size), "ns/observation")
}

func BenchmarkDecode(b *testing.B) {
	for _, size := range []int{1, 50, 1000} {
		_, ps := payloads(size)
		b.Run(fmt.Sprintf("Decoder/%d", size), func(b *testing.B) {
			b.ReportAllocs()
			var d wire.Decoder
			for i := 0; b.Loop(); i++ {
				if _, err := d.UnmarshalUp(ps[i%len(ps)]); err != nil {
					b.Fatal(err)
				}
			}
			perObservation(b, size)
		})
		b.Run(fmt.Sprintf("Briefs/%d", size), func(b *testing.B) {
			b.ReportAllocs()
			var d wire.Decoder
			var briefs []wire.Brief
			for i := 0; b.Loop(); i++ {
				var err error
				if _, briefs, err = d.UnmarshalBriefs(ps[i%len(ps)], briefs[:0]); err != nil || len(briefs) != size {
					b.Fatal(err, len(briefs))
				}
			}
			perObservation(b, size)
		})
		b.Run(fmt.Sprintf("UnmarshalUp/%d", size), func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if _, err := wire.UnmarshalUp(ps[i%len(ps)]); err != nil {
					b.Fatal(err)
				}
			}
			perObservation(b, size)
		})
	}
}

func BenchmarkEncode(b *testing.B) {
	for _, size := range []int{1, 50, 1000} {
		batches, _ := payloads(size)
		b.Run(fmt.Sprintf("MarshalUp/%d", size), func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				wire.MarshalUp(wire.UpMessage{Batch: &batches[i%len(batches)]})
			}
			perObservation(b, size)
		})
	}
}

func BenchmarkMarshalObservation(b *testing.B) {
	batches, _ := payloads(50)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		wire.MarshalObservation(&batches[0].Observations[i%50])
	}
}
