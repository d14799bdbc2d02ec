// Package wiretest makes observations like those of a commune's agent, for
// tests and benches that need realistic sizes and costs. They are made up, and
// the same for the same seed on every machine.
//
// # The commune
//
// The cameras of one agent are probed with default settings: a light probe
// every 30 s, a full one every 5 min, an observation closed by the first probe
// that is 5 min after its beginning. Every camera has its own two grids, and a
// probe begins some tenths of a millisecond after its grid point (exponential, mean 0.8 ms), now
// and then tens of milliseconds.
//
//   - Codes are TH-18562-001 and so on.
//   - Way: 70 % of the cameras on a wired network, connecting in 0.5 ms (median,
//     log-normal with σ 0.4 from camera to camera, 0.25 from probe to probe); the others
//     over a wireless bridge, 3 ms (σ 0.5 and 0.45).
//   - Answers to OPTIONS, DESCRIBE, DESCRIBE with Digest, SETUP and PLAY take 3, 7, 9,
//     8 and 12 ms at the median (σ 0.5 from camera to camera, 0.2 from probe to
//     probe), and one in thirty takes 2 to 8 times as long. 1 camera of 20 has a host name that
//     is resolved in 1.5 ms; the others have an address, "resolved" in
//     microseconds.
//   - The first packet comes after 25 ms (σ 0.5). Half of the cameras begin with a key
//     frame, the others send the next one of their groups. The window is 2 s and up to a
//     picture.
//   - Streams: 1080p (60 %), 720p, 1440p, D1; H.264 (60 %) or H.265; 25, 20, 15 or 12
//     frames a second, measured with σ 0.05 %; a key frame every second (30 %), 2 s (45 %)
//     or 4 s; bit rates by size and codec, with the hour of the day and σ 0.15
//     from window to window.
//   - Jitter is 3 ms (σ 0.6 and 0.35). One camera of ten loses packets, in a third of its
//     windows, up to 1 %.
//   - State: 5 % of the cameras are degraded all day, 4 % are down all day, and every
//     camera falls for 20 min (exponential) once in two days.
package wiretest

import (
	"container/heap"
	"iter"
	"math/rand/v2"

	"github.com/phukin/phukin/hub/wire"
)

// Begin is the moment at which Day begins, in Unix milliseconds.
const Begin = 1_794_960_000_000

const dayLength = 24 * 3600 * 1000

// Day gives the observations of one agent's cameras over a day, in the order
// in which the agent reports them: when the probe that closes one has ended. All of them keep the bounds of the contract.
func Day(seed uint64, cameras int) iter.Seq[wire.Observation] {
	return func(yield func(wire.Observation) bool) {
		q := make(queue, 0, cameras)
		for i := range cameras {
			c := newCamera(rand.New(rand.NewPCG(seed, uint64(i))), i)
			c.fold()
			q = append(q, c)
		}
		heap.Init(&q)
		for len(q) > 0 {
			c := q[0]
			if c.reported > Begin+dayLength {
				return
			}
			if !yield(c.closed) {
				return
			}
			c.fold()
			heap.Fix(&q, 0)
		}
	}
}

// Batches gives the observations of Day in batches, as an agent's uplink sends
// them: with an epoch, consecutive numbers, and a stamp. What is left over at the end
// of the day is in no batch.
func Batches(seed uint64, cameras, size int) iter.Seq[wire.Batch] {
	return func(yield func(wire.Batch) bool) {
		b := wire.Batch{Epoch: seed*0x9e3779b97f4a7c15 + 1, FirstSeq: 4_711_000}
		for o := range Day(seed, cameras) {
			b.Observations = append(b.Observations, o)
			if len(b.Observations) < size {
				continue
			}
			b.OldestSeq, b.Stamp = b.FirstSeq, o.To-Begin+864_000_000
			if !yield(b) {
				return
			}
			b.FirstSeq, b.Observations = b.Next(), nil
		}
	}
}

// queue has the camera first whose observation is reported first.
type queue []*camera

func (q queue) Len() int           { return len(q) }
func (q queue) Less(i, j int) bool { return q[i].reported < q[j].reported }
func (q queue) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }
func (q *queue) Push(c any)        { *q = append(*q, c.(*camera)) }
func (q *queue) Pop() any          { panic("wiretest: cameras stay") }
