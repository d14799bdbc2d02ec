package probe

import (
	"fmt"
	"math"
	"time"
)

// Pace of the timestamps against our clock that is plausible.
const (
	minPace = 0.5
	maxPace = 2.0
)

// moment is a timestamp, continued beyond 32 bits and without jumps, and when
// it came.
type moment struct {
	at time.Time
	ts int64
}

// window measures the video from a key frame on. All of its time comes from
// its arguments.
type window struct {
	start  time.Time
	length time.Duration
	clock  float64 // ticks of the RTP clock per second

	packets, frames int
	bytes           int64
	stamps          timestamps
	first, middle   moment // first frame; first one in the second half
	latest          moment // the greatest timestamp
	least           int64
	prior, before   moment  // first packets of this frame and of the last one
	jitter          float64 // in ticks

	keyframes int
	key       int64
	gap       int64 // longest between key frames, in ticks

	static staticness
	note   func(*Result) // writes what the receiver knows
}

// newWindow opens a window at start, with the key frame k as its first frame.
func newWindow(start time.Time, length time.Duration, clock int, k picture) *window {
	m := moment{k.at, int64(k.ts)}
	return &window{start: start, length: length, clock: float64(clock), frames: 1, keyframes: 1, key: m.ts,
		stamps: timestamps{ts: k.ts, raw: m.ts}, first: m, latest: m, least: m.ts, prior: m, before: m}
}

// packet takes an RTP packet with n bytes of payload. anew says that the
// camera began anew with it: its timestamp has nothing to do with those before.
func (w *window) packet(at time.Time, ts uint32, marker, anew bool, n int) {
	w.packets++
	w.bytes += int64(n)
	if ts == w.stamps.ts && !anew {
		w.stamps.same(at, marker, w.patience(250*time.Millisecond))
		return
	}
	t, jumped := w.stamps.next(at, ts, marker, anew, w)
	w.frames++
	m := moment{at, t}
	w.least = min(w.least, m.ts)
	if m.ts > w.latest.ts {
		w.latest = m
		if w.middle.at.IsZero() && at.Sub(w.start) >= w.length/2 {
			w.middle = m
		}
	}
	// RFC 3550 A.8, on the first packet of each frame: the others of a frame
	// share its timestamp, so their spacing would pass for jitter.
	if !jumped {
		d := m.at.Sub(w.prior.at).Seconds()*w.clock - float64(m.ts-w.prior.ts)
		w.jitter += (math.Abs(d) - w.jitter) / 16
	}
	w.prior, w.before = m, w.prior
}

// picture takes a picture that has ended, after the packet that ended it.
func (w *window) picture(p picture) {
	w.static.add(p)
	if !p.key {
		return
	}
	t := w.prior.ts
	if p.ts != w.stamps.ts {
		t = w.before.ts
	}
	if t == w.key {
		return // that which opened the window
	}
	w.keyframes++
	w.gap = max(w.gap, t-w.key)
	w.key = t
}

// patience is five frame intervals, but at least least.
func (w *window) patience(least time.Duration) time.Duration {
	if rate := w.rate(); rate > 0 {
		return max(least, time.Duration(min(5/rate, w.length.Seconds())*float64(time.Second)))
	}
	return least
}

// quietUntil is when the camera counts as stalled unless timestamps advance
// before: half a window after they last did, or five frame intervals if that
// is more, but at most three quarters of the window.
func (w *window) quietUntil() time.Time {
	limit := w.length
	if w.rate() > 0 {
		limit = w.patience(w.length / 2)
	}
	last := w.latest.at
	if last.Before(w.start) {
		last = w.start
	}
	return last.Add(min(limit, w.length*3/4))
}

func (w *window) end() time.Time { return w.start.Add(w.length) }

// rate is the frame rate by timestamps, 0 if there is none yet.
func (w *window) rate() float64 {
	if span := w.latest.ts - w.least; span > 0 {
		return float64(w.frames-1) * w.clock / float64(span)
	}
	return 0
}

// verdict says at the window's end why the video is not fresh, or nil.
func (w *window) verdict() error {
	if w.latest == w.first {
		return fmt.Errorf("timestamps stood still for %v", w.length)
	}
	if n := w.stamps.jumps; n > 3 && n > w.frames/4 {
		return fmt.Errorf("timestamps jump at %d of %d frames", n, w.frames)
	}
	whole := w.pace(w.first, w.latest)
	if whole >= minPace && whole <= maxPace {
		return nil
	}
	if !w.middle.at.IsZero() && w.latest != w.middle {
		if p := w.pace(w.middle, w.latest); p >= minPace && p <= maxPace {
			return nil
		}
	}
	return fmt.Errorf("timestamps advance at %.2f times the pace of the clock", whole)
}

// pace is how fast timestamps go against our clock.
func (w *window) pace(from, to moment) float64 {
	return float64(to.ts-from.ts) / w.clock / max(to.at.Sub(from.at).Seconds(), 1e-6)
}

// report writes what was measured.
func (w *window) report(res *Result) {
	res.Packets, res.Frames, res.Keyframes = w.packets, w.frames, w.keyframes
	res.FrameRate = w.rate()
	res.BitRate = float64(w.bytes) * 8 / w.length.Seconds()
	res.KeyframeGap = float64(w.gap) / w.clock
	res.Jitter = w.jitter / w.clock * 1000
	res.TimestampFaults = w.stamps.jumps + w.stamps.stops
	res.SuspectStatic = w.static.suspect()
	if w.note != nil {
		w.note(res)
	}
}
