package ingest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/wire"
)

// aheadLimit is how far in the future an observation may end: more is a clock
// that is wrong, and evidence of what has not happened.
const aheadLimit = 5 * time.Minute

// earliest is before every observation that a clock in order can make.
var earliest = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli()

// pass takes a batch of which in.briefs tell, if none of its observations is
// to be set aside; else it gives nil. What it gives is not in the batch's memory;
// briefs are appended to those of c.
func (in *Ingest) pass(agent string, b *wire.Batch, payload []byte, c *chunk) *records {
	now := in.Now()
	limit := now.Add(aheadLimit).UnixMilli()
	in.owners.follow(in.Edition())
	begin := len(c.briefs)
	for i := range in.briefs {
		o := &in.briefs[i]
		owned := in.owners.of(o.Camera)
		if in.verdict(agent, o, owned, limit, now) != "" {
			c.briefs = c.briefs[:begin]
			return nil
		}
		c.briefs = append(c.briefs, history.Brief{Brief: *o, Memo: &owned.memo})
	}
	r := recordsOf(b)
	r.parts = []history.Batch{{
		Agent: agent, Epoch: b.Epoch, FirstSeq: b.FirstSeq, Received: now, Payload: payload, Briefs: c.briefs[begin:len(c.briefs):len(c.briefs)],
	}}
	return r
}

func recordsOf(b *wire.Batch) *records {
	return &records{epoch: b.Epoch, oldest: b.OldestSeq, stamp: b.Stamp, readable: true}
}

// sift parts what can be taken of a batch from what cannot. What it gives is
// not in the batch's memory.
func (in *Ingest) sift(agent string, b *wire.Batch, payload []byte) *records {
	r := recordsOf(b)
	whole := history.Batch{Agent: agent, Epoch: b.Epoch, FirstSeq: b.FirstSeq, Received: in.Now(), Payload: payload}
	r.part(whole, b, in.judge(agent, b, whole.Received))
	return r
}

// part cuts a batch where the reasons change for which its records are set
// aside.
func (r *records) part(whole history.Batch, b *wire.Batch, why []string) {
	obs, gaps := b.Observations, b.Gaps // what is not parted yet
	for i := 0; i < len(why); {
		k := i + 1
		for k < len(why) && why[k] == why[i] {
			k++
		}
		part := whole
		part.FirstSeq = b.FirstSeq + uint64(i)
		switch {
		case why[i] != "":
			part.Aside = &history.Aside{Count: k - i, Reason: why[i]}
			if r.reason == "" {
				r.reason = why[i]
			}
			obs, gaps = skip(obs, b, i, k), gaps[min(k-i, len(gaps)):]
		case len(gaps) > 0:
			part.Gaps, gaps, part.Payload = slices.Clone(gaps[:k-i]), gaps[k-i:], nil
		default:
			part.Observations, obs, part.Payload = cloned(obs[:k-i]), obs[k-i:], nil
		}
		r.parts = append(r.parts, part)
		i = k
	}
}

// cloned gives observations that share no memory with those.
func cloned(obs []wire.Observation) []wire.Observation {
	obs = slices.Clone(obs)
	for i := range obs {
		obs[i].Reasons, obs[i].Stages = slices.Clone(obs[i].Reasons), slices.Clone(obs[i].Stages)
	}
	return obs
}

// skip leaves out those of obs that are set aside with the records from i to
// k of b: not those that could not be read, which are not among them.
func skip(obs []wire.Observation, b *wire.Batch, i, k int) []wire.Observation {
	n := k - i
	for _, bad := range b.Bad {
		if at := int(bad.Seq - b.FirstSeq); at >= i && at < k {
			n--
		}
	}
	return obs[min(n, len(obs)):]
}

// judge says for each record of a batch what is wrong with it, empty if
// nothing is.
func (in *Ingest) judge(agent string, b *wire.Batch, now time.Time) []string {
	why := make([]string, b.Count())
	wrong := func(seq uint64, reason string) { why[seq-b.FirstSeq] = reason }
	limit := now.Add(aheadLimit).UnixMilli()
	in.owners.follow(in.Edition())
	for i := range b.Observations {
		o := wire.BriefOf(&b.Observations[i])
		wrong(b.Seq(i), in.verdict(agent, &o, in.owners.of(o.Camera), limit, now))
	}
	for _, bad := range b.Bad {
		wrong(bad.Seq, bad.Err.Error())
	}
	for i := range b.Gaps {
		if seq := b.FirstSeq + uint64(i); b.Gaps[i].Next > seq {
			wrong(seq, fmt.Sprintf("gap %d declares numbers up to %d lost, which are not before its own", seq, b.Gaps[i].Next-1))
		}
	}
	return why
}

// verdict says what is wrong with an observation that keeps the contract;
// empty if nothing is.
func (in *Ingest) verdict(agent string, o *wire.Brief, owned *owned, limit int64, now time.Time) string {
	if owned.agent != "" && owned.agent != agent && o.From >= in.Held(o.Camera, agent) {
		return fmt.Sprintf("camera %s belongs to agent %s by the plan", o.Camera, owned.agent)
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

// spoilt sets a message aside that cannot be read. If it says which records
// it has, they are accounted for.
func (in *Ingest) spoilt(agent string, payload []byte, err error) *records {
	b := history.Batch{Agent: agent, Payload: payload, Received: in.Now(), Aside: &history.Aside{Reason: err.Error()}}
	r := &records{reason: err.Error()}
	var body *wire.BatchError
	if errors.As(err, &body) {
		b.Epoch, b.FirstSeq, b.Aside.Count = body.Epoch, body.FirstSeq, body.Count
		r.epoch, r.oldest, r.stamp, r.readable = body.Epoch, body.OldestSeq, body.Stamp, true
	}
	r.parts = []history.Batch{b}
	return r
}

// owners remembers which agent the plan gives a camera to. Agents go round
// their cameras, so the one after the last is mostly the one that came after it
// before.
type owners struct {
	assigned func(camera string) string
	edition  uint64 // of what is remembered
	all      map[string]*owned
	last     *owned
}

// follow forgets what another edition of the plan said.
func (w *owners) follow(edition uint64) {
	if w.edition != edition {
		w.edition, w.all, w.last = edition, nil, nil
	}
}

type owned struct {
	camera, agent string
	next          *owned
	memo          history.Memo
}

// maxOwned bounds the memory, whatever cameras agents make up.
const maxOwned = 1 << 17

func (w *owners) of(camera string) *owned {
	if w.last != nil && w.last.next != nil && w.last.next.camera == camera {
		w.last = w.last.next
		return w.last
	}
	o := w.all[camera]
	if o == nil {
		if w.all == nil || len(w.all) >= maxOwned {
			w.all, w.last = map[string]*owned{}, nil
		}
		o = &owned{camera: strings.Clone(camera)}
		o.agent = w.assigned(o.camera)
		w.all[o.camera] = o
	}
	if w.last != nil {
		w.last.next = o
	}
	w.last = o
	return o
}
