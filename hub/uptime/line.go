package uptime

import (
	"encoding/binary"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/wire"
)

// A packed line is the timeline of one day: for each run its length times four
// plus its status as a uvarint, and for down the fault and the rung. A day that
// is up, degraded or unknown from end to end needs none: its seconds tell.

// appendLine packs a timeline that fills its day.
func appendLine(p []byte, t history.Timeline) []byte {
	if len(t) == 1 && t[0].Status != wire.StatusDown {
		return p
	}
	for _, r := range t {
		p = binary.AppendUvarint(p, uint64(r.Seconds)<<2|uint64(r.Status))
		if r.Status == wire.StatusDown {
			p = append(p, byte(r.Fault), byte(r.FellOn))
		}
	}
	return p
}

// cutRun takes the first run of a packed line.
func cutRun(p []byte) (history.Run, []byte) {
	v, n := uint64(p[0]), 1
	if v >= 0x80 {
		v, n = binary.Uvarint(p)
	}
	r := history.Run{Seconds: int(v >> 2), Status: wire.Status(v & 3)}
	p = p[n:]
	if r.Status == wire.StatusDown {
		r.Fault, r.FellOn = wire.Fault(p[0]), wire.Rung(p[1])
		p = p[2:]
	}
	return r, p
}

// fit gives a timeline that has exactly so many seconds: what is missing at its
// end is unknown, what is beyond is left out, and neighbours differ.
func fit(t history.Timeline, seconds int) history.Timeline {
	n := 0
	alike := false
	for i, r := range t {
		n += r.Seconds
		alike = alike || r.Seconds < 1 || i > 0 && t[i-1].Status == r.Status && t[i-1].Fault == r.Fault && t[i-1].FellOn == r.FellOn
	}
	if n == seconds && !alike {
		return t
	}
	var f history.Timeline
	for _, r := range append(t[:len(t):len(t)], history.Run{Seconds: max(seconds-n, 0)}) {
		if r.Seconds = min(r.Seconds, seconds); r.Seconds < 1 {
			continue
		}
		seconds -= r.Seconds
		if k := len(f); k > 0 && f[k-1].Status == r.Status && f[k-1].Fault == r.Fault && f[k-1].FellOn == r.FellOn {
			f[k-1].Seconds += r.Seconds
			continue
		}
		f = append(f, r)
	}
	return f
}
