package clock

import (
	"slices"
	"sync"
	"time"
)

// Bounds and limits.
const (
	maxBoots   = 8
	maxSteps   = 8
	maxSamples = 8
	// tolerance is how far samples may be off before they are believed.
	tolerance = 250
	// insist is how many samples in a row must be off.
	insist = 3
	// set is a correction that only a clock that was set can need.
	set = 60_000
)

// Knowledge is what is known of the hub's clock. The zero value knows nothing.
type Knowledge struct {
	mu      sync.Mutex
	boots   []boot   // oldest first
	samples []sample // newest last, of one boot, that agree with its newest step
	off     []sample // newest samples in a row that do not
	of      uint64   // the boot of samples and off
}

// boot is what is known of one run of the monotonic clock.
type boot struct {
	id    uint64
	steps []step // ascending; the first holds back to the start
}

// step says that from a moment on the hub's clock is the monotonic one plus
// offset.
type step struct{ from, offset int64 }

type sample struct{ offset, trip int64 }

// best is the offset of the sample that is known best.
func best(samples []sample) int64 {
	return slices.MinFunc(samples, func(a, b sample) int { return int(a.trip - b.trip) }).offset
}

// Learn takes an answer of the hub: to a message that was sent at a moment of
// a boot's monotonic clock, heard now, with the hub's time in Unix milliseconds.
// It says whether what is known has changed and should be kept.
func (k *Knowledge) Learn(id uint64, sent, now, hub int64) (changed bool) {
	if sent > now || hub <= 0 {
		return false
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.of != id {
		k.of, k.samples, k.off = id, nil, nil
	}
	s := sample{offset: hub - (sent+now)/2, trip: now - sent}
	b := k.boot(id)
	if b == nil {
		k.samples = []sample{s}
		k.boots = append(k.boots, boot{id: id, steps: []step{{offset: s.offset}}})
		if len(k.boots) > maxBoots {
			k.boots = slices.Delete(k.boots, 0, 1)
		}
		return true
	}
	last := b.steps[len(b.steps)-1]
	if abs(s.offset-last.offset) <= tolerance+s.trip/2 {
		k.off = nil
		k.samples = newest(append(k.samples, s), maxSamples)
		return false
	}
	if k.off = append(k.off, s); len(k.off) < insist {
		return false
	}
	k.samples, k.off = k.off, nil
	if now <= last.from { // the monotonic clock is not one: the newest word counts
		b.steps = b.steps[:len(b.steps)-1]
		now = last.from
	}
	b.steps = newest(append(b.steps, step{now, best(k.samples)}), maxSteps)
	return true
}

func newest[T any](list []T, most int) []T { return slices.Delete(list, 0, max(0, len(list)-most)) }

func (k *Knowledge) boot(id uint64) *boot {
	for i := range k.boots {
		if k.boots[i].id == id {
			return &k.boots[i]
		}
	}
	return nil
}

// Hub gives the hub's time in Unix milliseconds at a moment of a boot; ok is
// false when nothing is known of that boot.
func (k *Knowledge) Hub(id uint64, mono int64) (ms int64, ok bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if b := k.boot(id); b != nil {
		return b.hub(mono), true
	}
	return 0, false
}

// Trip gives the shortest round trip among the samples that count, zero when
// there is none.
func (k *Knowledge) Trip() time.Duration {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.samples) == 0 {
		return 0
	}
	least := slices.MinFunc(k.samples, func(a, b sample) int { return int(a.trip - b.trip) }).trip
	return time.Duration(least) * time.Millisecond
}

// at gives the step that holds at a moment.
func (b *boot) at(mono int64) int {
	i := len(b.steps) - 1
	for i > 0 && mono < b.steps[i].from {
		i--
	}
	return i
}

// hub places a moment. It never gives less for a later moment, except across a
// step that set the clock back.
func (b *boot) hub(mono int64) int64 { return b.by(b.at(mono), mono) }

// by places a moment as the i-th step has it.
func (b *boot) by(i int, mono int64) int64 {
	s := b.steps[i]
	ms := mono + s.offset
	if i == 0 {
		return ms
	}
	was := b.by(i-1, s.from)
	if back := was - (s.from + s.offset); back > 0 && back <= set {
		return max(ms, was+(mono-s.from)/2)
	}
	return ms
}

// torn says whether the clock was set between two moments.
func (b *boot) torn(from, to int64) bool {
	for i := b.at(from) + 1; i <= b.at(to); i++ {
		if s := b.steps[i]; abs(s.from+s.offset-b.by(i-1, s.from)) > set {
			return true
		}
	}
	return false
}

func abs(n int64) int64 { return max(n, -n) }
