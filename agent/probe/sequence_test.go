package probe_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/phukin/phukin/agent/probe"
	"github.com/phukin/phukin/hub/wire"
)

func TestSequenceNumbersAreReadAsRFC3550Says(t *testing.T) {
	for _, tc := range []struct {
		name                               string
		seqs                               []uint16
		expected, received, lost, restarts int
	}{
		{"in order", []uint16{1, 2, 3}, 3, 3, 0, 0},
		{"that wrap", []uint16{65534, 65535, 0, 1}, 4, 4, 0, 0},
		{"with one missing", []uint16{1, 2, 4}, 4, 3, 1, 0},
		{"with one missing at the wrap", []uint16{65535, 1}, 3, 2, 1, 0},
		{"with one repeated", []uint16{1, 2, 2, 3}, 3, 3, 0, 0},
		{"with a loss and a repetition, which does not hide it", []uint16{1, 3, 3, 3}, 3, 2, 1, 0},
		{"with one late", []uint16{1, 3, 2, 4}, 4, 4, 0, 0},
		{"with one late and repeated", []uint16{1, 3, 2, 2, 4}, 4, 4, 0, 0},
		{"with a late one from before the first", []uint16{10, 9, 11}, 2, 2, 0, 0},
		{"with a gap of 2999", []uint16{1, 3000}, 3000, 2, 2998, 0},
		{"with one far off, which does not count", []uint16{1, 30000, 2}, 2, 2, 0, 0},
		{"that begin anew", []uint16{1, 2, 30000, 30001, 30002}, 4, 4, 0, 1},
		{"that begin anew twice", []uint16{1, 30000, 30001, 5, 6}, 3, 3, 0, 2},
		{"that stand still", []uint16{7, 7, 7, 7}, 1, 1, 0, 0},
		{"that run backwards", []uint16{9, 8, 7, 6}, 1, 1, 0, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			e, r, l, n := probe.Account(tc.seqs)
			if e != tc.expected || r != tc.received || l != tc.lost || n != tc.restarts {
				t.Errorf("%d expected, %d received, %d lost, %d restarts", e, r, l, n)
			}
		})
	}
}

// However packets are dropped, repeated and shifted a little, what is lost is
// what never came.
func TestWhatIsLostIsWhatNeverCame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		first := rapid.Uint16().Draw(t, "first")
		n := rapid.IntRange(2, 400).Draw(t, "n")
		seqs, lost := []uint16{first}, 0
		for i := 1; i < n; i++ {
			what := rapid.IntRange(0, 9).Draw(t, "what")
			if i == n-1 {
				what = 9 // a loss at the end shows with the next packet only
			}
			switch what {
			case 0:
				lost++
			case 1:
				seqs = append(seqs, first+uint16(i), first+uint16(i))
			default:
				seqs = append(seqs, first+uint16(i))
			}
		}
		for i := 1; i+2 < len(seqs); i += 3 { // not the first one and not the last
			if rapid.Bool().Draw(t, "swap") {
				seqs[i], seqs[i+1] = seqs[i+1], seqs[i]
			}
		}
		e, r, l, restarts := probe.Account(seqs)
		if e != n || r != n-lost || l != lost || restarts != 0 {
			t.Fatalf("%d expected, %d received, %d lost, %d restarts; want %d, %d, %d: %v", e, r, l, restarts, n, n-lost, lost, seqs)
		}
	})
}

// Packets that overtake each other on the line are put in order, so that the
// key frame is whole; over TCP nothing waits.
func TestPacketsOverUDPArePutInOrder(t *testing.T) {
	key := []rtpPacket{{1, 9, false, "\x7c\x85\x80a"}, {2, 9, false, "\x7c\x05b"}, {3, 9, true, "\x7c\x45c"}, {4, 10, true, "\x41\x80x"}}
	for _, tc := range []struct {
		name  string
		order []int
		udp   bool
		whole int
	}{
		{"in order", []int{0, 1, 2}, true, 1},
		{"two swapped", []int{0, 2, 1}, true, 1},
		{"two swapped over TCP", []int{0, 2, 1}, false, 0},
		{"the next picture in between", []int{0, 3, 2, 1}, true, 1},
		{"one twice", []int{0, 1, 1, 2, 2}, true, 1},
		{"one missing", []int{0, 2, 3}, true, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := probe.NewReceiver(wire.CodecH264, time.Second, h264Set...)
			if tc.udp {
				r.OverUDP()
			}
			for _, i := range tc.order {
				r.Packet(epoch, key[i].bytes())
			}
			if r.Whole() != tc.whole {
				t.Errorf("%d whole key frames, want %d", r.Whole(), tc.whole)
			}
		})
	}
}

func TestAPacketThatNeverComesIsNotWaitedForLong(t *testing.T) {
	for wait, n := range map[time.Duration]int{time.Millisecond: 60, 200 * time.Millisecond: 8} {
		r := probe.NewReceiver(wire.CodecH264, time.Second, h264Set...)
		r.OverUDP()
		at, sent := epoch, 0
		for i := range n {
			if i == 2 {
				continue
			}
			at = at.Add(wait)
			p := rtpPacket{uint16(i), uint32(i) * 3600, true, "\x65\x80x"}
			r.Packet(at, p.bytes())
			sent++
		}
		res, _, _, ok := r.Measured()
		if !ok || res.Lost != 1 || res.LossBy != probe.LossByLine || res.Packets != sent {
			t.Errorf("every %v: %d lost by the %s, %d packets of %d", wait, res.Lost, res.LossBy, res.Packets, sent)
		}
	}
}
