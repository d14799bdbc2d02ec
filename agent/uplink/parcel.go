package uplink

import (
	"github.com/phukin/phukin/agent/clock"
	"github.com/phukin/phukin/agent/spool"
	"github.com/phukin/phukin/hub/wire"
)

// parcel is a batch in the making: its records have the times of the device.
type parcel struct {
	wire.Batch
	spans      []spool.Span // of each observation
	gaps       []spool.Gap  // of each gap
	unreadable int          // gaps that stand for a record which is no observation
}

// cut makes a batch of the first of the records: as far as their numbers are
// consecutive and below stop, and they are all observations or all gaps. A record
// that is no observation of this contract is made a gap that declares itself.
func cut(records []spool.Record, stop uint64) parcel {
	p := parcel{Batch: wire.Batch{FirstSeq: records[0].Seq}}
	for i, r := range records {
		if r.Seq != p.FirstSeq+uint64(i) || r.Seq >= stop {
			break
		}
		gap, o := r.Gap, wire.Observation{}
		foreign := false
		if gap == nil {
			var err error
			if o, err = wire.UnmarshalObservation(r.Payload); err != nil {
				gap, foreign = &spool.Gap{From: r.Seq, Next: r.Seq + 1, First: r.Span, Last: r.Span, Why: spool.WhyUnreadable}, true
			}
		}
		if gap == nil {
			if len(p.gaps) > 0 {
				break
			}
			p.Observations, p.spans = append(p.Observations, o), append(p.spans, r.Span)
			continue
		}
		if len(p.Observations) > 0 {
			break
		}
		p.Gaps, p.gaps = append(p.Gaps, wire.Gap{From: gap.From, Next: gap.Next, Why: whyOf(gap.Why)}), append(p.gaps, *gap)
		if foreign {
			p.unreadable++
		}
	}
	return p
}

// whys are the spool's reasons in the words of the contract.
var whys = map[spool.Why]wire.GapWhy{
	spool.WhyOverflow: wire.GapOverflow, spool.WhyDamaged: wire.GapDamaged,
	spool.WhySkipped: wire.GapSkipped, spool.WhyUnreadable: wire.GapUnreadable,
}

func whyOf(w spool.Why) wire.GapWhy {
	if why, ok := whys[w]; ok {
		return why
	}
	return wire.GapDamaged
}

// place gives every record its time by the hub's clock, or marks it. now is the
// hub's time, 0 when it is not known.
func (p *parcel) place(k *clock.Knowledge, now int64) {
	for i, s := range p.spans {
		o := &p.Observations[i]
		o.From, o.To, o.Clock = k.Place(s, now)
	}
	for i := range p.gaps {
		g, out := &p.gaps[i], &p.Gaps[i]
		if g.First == (spool.Span{}) || g.Last == (spool.Span{}) {
			continue // nobody knows when
		}
		begin, end, by := k.Place(g.First, now)
		_, last, by2 := k.Place(g.Last, now)
		out.Begin, out.End, out.Clock = min(begin, last), max(end, last), max(by, by2)
	}
}
