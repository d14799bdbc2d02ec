package probe

import (
	"fmt"
	"math"
	"time"
)

// clockRate is that of RTP timestamps: 90 kHz, RFC 6184 §8.2.1 and RFC 7798
// §7.2.1 allow no other.
const clockRate = 90000

// Pace of the timestamps against our clock that is plausible.
const (
	minPace = 0.5
	maxPace = 2.0
)

// restart is the jump of sequence numbers from which on the camera is taken to
// have begun anew (MAX_DROPOUT of RFC 3550 A.1).
const restart = 3000

// moment is a timestamp, continued beyond 32 bits, and when it came.
type moment struct {
	at time.Time
	ts int64
}

// window measures the video from a key frame on. All of its time comes from
// its arguments.
type window struct {
	start  time.Time
	length time.Duration

	ssrc   uint32
	seq    uint16
	begun  bool // seq and ssrc are set
	wanted int  // packets sent, by sequence numbers
	unique int  // packets received, repeated ones not counted
	bytes  int64

	packets, frames int
	ts              uint32 // of the last packet
	first, middle   moment // first frame; first one in the second half
	latest          moment // the greatest timestamp
	least           int64
	prior           moment  // last frame's first packet
	jitter          float64 // in ticks

	keyframes int
	key       int64
	gap       int64 // longest between key frames, in ticks
}

// newWindow opens a window at start, with the key frame k as its first frame.
func newWindow(start time.Time, length time.Duration, k keyframe) *window {
	m := moment{k.at, int64(k.ts)}
	return &window{start: start, length: length, ts: k.ts, frames: 1, keyframes: 1, key: m.ts,
		first: m, latest: m, least: m.ts, prior: m}
}

// extend continues a timestamp beyond 32 bits, relative to the latest.
func (w *window) extend(ts uint32) int64 {
	return w.latest.ts + int64(int32(ts-uint32(w.latest.ts))) //nolint:gosec // modular arithmetic of RFC 3550
}

// packet takes an RTP packet with n bytes of payload.
func (w *window) packet(at time.Time, ssrc uint32, seq uint16, ts uint32, n int) {
	w.packets++
	w.bytes += int64(n)
	w.count(ssrc, seq)
	if ts == w.ts {
		return
	}
	w.ts = ts
	w.frames++
	m := moment{at, w.extend(ts)}
	w.least = min(w.least, m.ts)
	if m.ts > w.latest.ts {
		w.latest = m
		if w.middle.at.IsZero() && at.Sub(w.start) >= w.length/2 {
			w.middle = m
		}
	}
	// RFC 3550 A.8, on the first packet of each frame: the others of a frame
	// share its timestamp, so their spacing would pass for jitter.
	d := m.at.Sub(w.prior.at).Seconds()*clockRate - float64(m.ts-w.prior.ts)
	w.jitter += (math.Abs(d) - w.jitter) / 16
	w.prior = m
}

// count keeps the account of losses, RFC 3550 A.3.
func (w *window) count(ssrc uint32, seq uint16) {
	d := int16(seq - w.seq) //nolint:gosec // modular arithmetic of RFC 3550
	switch {
	case !w.begun, ssrc != w.ssrc, d >= restart, d < -100:
		w.begun, w.ssrc, w.seq = true, ssrc, seq
		w.wanted++
		w.unique++
	case d > 0:
		w.seq = seq
		w.wanted += int(d)
		w.unique++
	}
}

// keyframe takes a whole key frame.
func (w *window) keyframe(ts uint32) {
	t := w.extend(ts)
	if t == w.key {
		return // that which opened the window
	}
	w.keyframes++
	w.gap = max(w.gap, t-w.key)
	w.key = t
}

// quietUntil is when the camera counts as stalled unless timestamps advance
// before: half a window after they last did, or five frame intervals if that
// is more, but at most three quarters of the window.
func (w *window) quietUntil() time.Time {
	limit := w.length / 2
	if rate := w.rate(); rate > 0 {
		limit = max(limit, time.Duration(min(5/rate, w.length.Seconds())*float64(time.Second)))
	} else {
		limit = w.length
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
		return float64(w.frames-1) * clockRate / float64(span)
	}
	return 0
}

// verdict says at the window's end why the video is not fresh, or nil.
func (w *window) verdict() error {
	if w.latest == w.first {
		return fmt.Errorf("timestamps stood still for %v", w.length)
	}
	whole := pace(w.first, w.latest)
	if whole >= minPace && whole <= maxPace {
		return nil
	}
	if !w.middle.at.IsZero() && w.latest != w.middle {
		if p := pace(w.middle, w.latest); p >= minPace && p <= maxPace {
			return nil
		}
	}
	return fmt.Errorf("timestamps advance at %.2f times the pace of the clock", whole)
}

// pace is how fast timestamps go against our clock.
func pace(from, to moment) float64 {
	return float64(to.ts-from.ts) / clockRate / max(to.at.Sub(from.at).Seconds(), 1e-6)
}

// report writes what was measured.
func (w *window) report(res *Result) {
	res.Packets, res.Frames, res.Keyframes = w.packets, w.frames, w.keyframes
	res.FrameRate = w.rate()
	res.BitRate = float64(w.bytes) * 8 / w.length.Seconds()
	res.KeyframeGap = float64(w.gap) / clockRate
	if w.wanted > 0 {
		res.Loss = float64(w.wanted-w.unique) / float64(w.wanted)
	}
	res.Jitter = w.jitter / clockRate * 1000
}
