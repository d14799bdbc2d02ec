package ingest

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/wire"
)

// aheadLimit is how far in the future an observation may end: more is a clock
// that is wrong, and evidence of what has not happened.
const aheadLimit = 5 * time.Minute

// earliest is before every observation that a clock in order can make.
var earliest = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli()

// sift parts what can be taken of a batch from what cannot.
func (in *Ingest) sift(agent string, b *wire.Batch, payload []byte) *records {
	now := in.Now()
	r := &records{epoch: b.Epoch, oldest: b.OldestSeq, stamp: b.Stamp, readable: true}
	frame := history.Batch{Agent: agent, Epoch: b.Epoch, FirstSeq: b.FirstSeq, Received: now}
	limit := now.Add(aheadLimit).UnixMilli()
	why := make([]string, b.Count())
	bad := false
	for i := range b.Observations {
		why[i] = in.judge(agent, &b.Observations[i], limit, now)
		bad = bad || why[i] != ""
	}
	for i := range b.Gaps {
		if seq := b.FirstSeq + uint64(i); b.Gaps[i].Next > seq {
			why[i], bad = fmt.Sprintf("gap %d declares numbers up to %d lost, which are not before its own", seq, b.Gaps[i].Next-1), true
		}
	}
	if !bad {
		frame.Observations, frame.Gaps = b.Observations, b.Gaps
		if len(b.Observations) > 0 {
			frame.Payload = bytes.Clone(payload)
		}
		r.parts = []history.Batch{frame}
		return r
	}
	for i := 0; i < len(why); {
		k := i + 1
		for k < len(why) && why[k] == why[i] {
			k++
		}
		part := frame
		part.FirstSeq += uint64(i)
		if len(b.Gaps) > 0 {
			part.Gaps = b.Gaps[i:k]
		} else {
			part.Observations = b.Observations[i:k]
		}
		if why[i] != "" {
			part = aside(part, why[i])
			if r.reason == "" {
				r.reason = why[i]
			}
		}
		r.parts = append(r.parts, part)
		i = k
	}
	return r
}

// judge says what is wrong with an observation that keeps the contract; empty
// if nothing is.
func (in *Ingest) judge(agent string, o *wire.Observation, limit int64, now time.Time) string {
	if owner := in.Assigned(o.Camera); owner != "" && owner != agent {
		return fmt.Sprintf("camera %s belongs to agent %s by the plan", o.Camera, owner)
	}
	if o.Clock == wire.ClockWrong { // kept as evidence of that
		return ""
	}
	if o.To > limit {
		return fmt.Sprintf("observation of camera %s ends %s from now: set the clock of the commune device", o.Camera, time.UnixMilli(o.To).Sub(now).Round(time.Second))
	}
	if o.From < earliest {
		return fmt.Sprintf("observation of camera %s begins at %s, by a clock that is said to be right: set the clock of the commune device", o.Camera, time.UnixMilli(o.From).UTC().Format(time.DateTime))
	}
	return ""
}

// aside makes of a batch one that is set aside; its records are what people
// will see of it.
func aside(b history.Batch, why string) history.Batch {
	b.Payload = wire.MarshalUp(wire.UpMessage{Batch: &wire.Batch{Epoch: b.Epoch, FirstSeq: b.FirstSeq, OldestSeq: b.FirstSeq, Observations: b.Observations, Gaps: b.Gaps}})
	b.Aside = &history.Aside{Count: b.Count(), Reason: why}
	b.Observations, b.Gaps = nil, nil
	return b
}

// spoilt sets a message aside that cannot be read. If it says which records
// it has, they are accounted for.
func (in *Ingest) spoilt(agent string, payload []byte, err error) *records {
	b := history.Batch{Agent: agent, Payload: bytes.Clone(payload), Received: in.Now(), Aside: &history.Aside{Reason: err.Error()}}
	r := &records{reason: err.Error()}
	var body *wire.BatchError
	if errors.As(err, &body) {
		b.Epoch, b.FirstSeq, b.Aside.Count = body.Epoch, body.FirstSeq, body.Count
		r.epoch, r.oldest, r.stamp, r.readable = body.Epoch, body.OldestSeq, body.Stamp, true
	}
	r.parts = []history.Batch{b}
	return r
}
