package history

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	"github.com/phukin/phukin/hub/wire"
)

// Run is a stretch of a timeline with one status and one reason for it.
type Run struct {
	Seconds int
	Status  wire.Status // 0 is unknown: no observation covers the stretch
	Fault   wire.Fault  // only with StatusDown
	FellOn  wire.Rung   // rung on which the probe fell; only with StatusDown
}

// Unknown says whether nobody looked during the run.
func (r Run) Unknown() bool { return r.Status == 0 }

func (r Run) same(o Run) bool {
	return r.Status == o.Status && r.Fault == o.Fault && r.FellOn == o.FellOn
}

// Timeline is a day's runs in order, from its first second to its last.
// Neighbouring runs differ.
type Timeline []Run

// Count is the seconds of each evidence status, and the outages: runs of
// down, whatever their fault, that begin or go on in the timeline.
type Count struct {
	Up, Degraded, Down, Unknown int64
	Outages                     int
}

// Add takes another count into c; outages that touch are not stitched here.
func (c *Count) Add(o Count) {
	c.Up += o.Up
	c.Degraded += o.Degraded
	c.Down += o.Down
	c.Unknown += o.Unknown
	c.Outages += o.Outages
}

// Count sums the timeline.
func (t Timeline) Count() Count { return t.Within(0, t.Seconds()) }

// Seconds gives the length of the timeline.
func (t Timeline) Seconds() int {
	n := 0
	for _, r := range t {
		n += r.Seconds
	}
	return n
}

// Within sums the part of the timeline from second a to second b, exclusive.
func (t Timeline) Within(a, b int) Count {
	var c Count
	at, down := 0, false
	for _, r := range t {
		n := int64(min(at+r.Seconds, b) - max(at, a))
		at += r.Seconds
		if n <= 0 {
			continue
		}
		switch r.Status {
		case wire.StatusUp:
			c.Up += n
		case wire.StatusDegraded:
			c.Degraded += n
		case wire.StatusDown:
			c.Down += n
			if !down {
				c.Outages++
			}
		default:
			c.Unknown += n
		}
		down = r.Status == wire.StatusDown
	}
	return c
}

func (t Timeline) String() string {
	var b strings.Builder
	for i, r := range t {
		if i > 0 {
			b.WriteByte(' ')
		}
		switch {
		case r.Unknown():
			fmt.Fprintf(&b, "%d×unknown", r.Seconds)
		case r.Fault != 0:
			fmt.Fprintf(&b, "%d×%s(%s@%s)", r.Seconds, r.Status, r.Fault, r.FellOn)
		default:
			fmt.Fprintf(&b, "%d×%s", r.Seconds, r.Status)
		}
	}
	return b.String()
}

// timelineVersion is the first byte of an encoded timeline.
const timelineVersion = 1

// maxDaySeconds bounds a local day: 24 hours and the farthest that a clock
// was ever put back.
const maxDaySeconds = 48 * 3600

// AppendBinary appends the timeline's stored form: a version byte, then for
// each run its length (uvarint), status byte and, for down, fault and rung.
// It refuses what UnmarshalBinary would.
func (t Timeline) AppendBinary(p []byte) ([]byte, error) {
	p = append(p, timelineVersion)
	for i, r := range t {
		if err := t.check(i); err != nil {
			return nil, fmt.Errorf("encode a timeline: %w", err)
		}
		p = binary.AppendUvarint(p, uint64(r.Seconds))
		p = append(p, byte(r.Status))
		if r.Status == wire.StatusDown {
			p = append(p, byte(r.Fault), byte(r.FellOn))
		}
	}
	if n := t.Seconds(); n > maxDaySeconds {
		return nil, fmt.Errorf("encode a timeline: %d seconds, at most %d are allowed", n, maxDaySeconds)
	}
	return p, nil
}

// check says whether run i is one that a timeline may have there.
func (t Timeline) check(i int) error {
	r := t[i]
	switch {
	case r.Seconds < 1 || r.Seconds > maxDaySeconds:
		return fmt.Errorf("run %d has %d seconds", i, r.Seconds)
	case !r.Unknown() && !r.Status.Valid() || !r.Fault.Valid() || !r.FellOn.Valid():
		return fmt.Errorf("run %d has status %d, fault %d, rung %d", i, r.Status, r.Fault, r.FellOn)
	case r.Status != wire.StatusDown && (r.Fault != wire.FaultNone || r.FellOn != wire.RungNone):
		return fmt.Errorf("run %d is not down and has a fault", i)
	case i > 0 && t[i-1].same(r):
		return fmt.Errorf("run %d is like the one before", i)
	}
	return nil
}

var errTimeline = errors.New("stored timeline is damaged")

// UnmarshalBinary reads what AppendBinary wrote, and nothing else. What it
// leaves in t after an error means nothing.
func (t *Timeline) UnmarshalBinary(p []byte) error {
	if len(p) == 0 || p[0] != timelineVersion {
		return fmt.Errorf("%w: version is not %d", errTimeline, timelineVersion)
	}
	p = p[1:]
	*t = (*t)[:0]
	total := 0
	for len(p) > 0 {
		n, w := binary.Uvarint(p)
		if w <= 0 || n > maxDaySeconds || w > 1 && p[w-1] == 0 || len(p) < w+1 {
			return fmt.Errorf("%w: length of run %d", errTimeline, len(*t))
		}
		r := Run{Seconds: int(n), Status: wire.Status(p[w])}
		p = p[w+1:]
		if r.Status == wire.StatusDown {
			if len(p) < 2 {
				return fmt.Errorf("%w: run %d is cut", errTimeline, len(*t))
			}
			r.Fault, r.FellOn = wire.Fault(p[0]), wire.Rung(p[1])
			p = p[2:]
		}
		*t = append(*t, r)
		if err := t.check(len(*t) - 1); err != nil {
			return fmt.Errorf("%w: %w", errTimeline, err)
		}
		if total += r.Seconds; total > maxDaySeconds {
			return fmt.Errorf("%w: more than %d seconds", errTimeline, maxDaySeconds)
		}
	}
	return nil
}

// At gives the run that holds second s of the day; an unknown run of no
// length when the timeline does not reach so far.
func (t Timeline) At(s int) Run {
	for _, r := range t {
		if s < r.Seconds {
			return r
		}
		s -= r.Seconds
	}
	return Run{}
}
