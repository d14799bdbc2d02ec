package history

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"slices"
)

var _ Moving = (*joined)(nil)

// sentAtOnce is about how many observations are in memory together while they
// are brought into their order.
const sentAtOnce = 16_384

// Sent implements Moving.
func (s *joined) Sent(ctx context.Context) iter.Seq2[Identified, error] {
	return func(yield func(Identified, error) bool) {
		stopped := false
		err := s.sent(ctx, func(o Identified) bool {
			stopped = !yield(o, nil)
			return !stopped
		})
		if err != nil && !stopped {
			yield(Identified{}, fmt.Errorf("read observations: %w", err))
		}
	}
}

func (s *joined) sent(ctx context.Context, yield func(Identified) bool) error {
	agents, err := s.Senders(ctx)
	if err != nil {
		return err
	}
	for _, agent := range agents {
		refs, err := s.Refs(ctx, agent, NoDay, math.MaxInt32)
		if err != nil {
			return err
		}
		slices.SortFunc(refs, func(x, y Ref) int { return cmp.Or(cmp.Compare(x.Epoch, y.Epoch), cmp.Compare(x.FirstSeq, y.FirstSeq)) })
		for len(refs) > 0 {
			n, count := 0, 0
			for n < len(refs) && (n == 0 || count+refs[n].Count <= sentAtOnce) {
				count += refs[n].Count
				n++
			}
			if more, err := s.sentIn(ctx, refs[:n], count, yield); err != nil || !more {
				return err
			}
			refs = refs[n:]
		}
	}
	return nil
}

// sentIn gives the observations of refs, which are in order; it is false when
// nobody wants more. What is missing in the evidence is an error after the
// others were given.
func (s *joined) sentIn(ctx context.Context, refs []Ref, count int, yield func(Identified) bool) (more bool, err error) {
	obs := make([]Identified, 0, count)
	err = s.decode(ctx, refs, func(o Identified) {
		o.Reasons, o.Stages = slices.Clone(o.Reasons), slices.Clone(o.Stages)
		obs = append(obs, o)
	})
	if missing := (*MissingError)(nil); err != nil && !errors.As(err, &missing) {
		return false, err
	}
	slices.SortFunc(obs, func(x, y Identified) int { return cmp.Or(cmp.Compare(x.Epoch, y.Epoch), cmp.Compare(x.Seq, y.Seq)) })
	for _, o := range obs {
		if !yield(o) {
			return false, nil
		}
	}
	return err == nil, err
}

// Take implements Moving. What may fail is tried first; then observations and
// days are put into the evidence, and the parcel is entered in the register.
// Interrupted in between it has left days there that the source has as well,
// and nothing else that anybody sees: taken again it is whole.
func (s *joined) Take(ctx context.Context, p *Parcel, dry bool) (Taken, error) {
	s.appending.Lock()
	defer s.appending.Unlock()
	s.folding.Lock()
	defer s.folding.Unlock()
	taken, err := s.take(ctx, p, dry)
	if err != nil {
		return Taken{}, fmt.Errorf("take records of another history: %w", err)
	}
	return taken, nil
}

func (s *joined) take(ctx context.Context, p *Parcel, dry bool) (Taken, error) {
	taken, err := s.Accept(ctx, p, nil, true)
	if err != nil {
		return Taken{}, err
	}
	days, n, err := s.compare(ctx, p.Days)
	if err != nil {
		return Taken{}, err
	}
	taken.Add(n)
	batches := s.batches(p.Observations)
	fresh, err := s.Fresh(ctx, batches)
	if err != nil {
		return Taken{}, err
	}
	taken.Add(countFresh(batches, fresh))
	if dry {
		return taken, nil
	}
	entries := make([]Placed, len(batches))
	var records []Records
	for i := range batches {
		own, err := s.cut(&batches[i], fresh[i])
		if err != nil {
			return Taken{}, fmt.Errorf("observations of agent %s from %d on: %w", batches[i].Agent, batches[i].FirstSeq, err)
		}
		entries[i] = Placed{Batch: batches[i], Refs: make([]Ref, len(own))} // filled in when they are placed
		records = append(records, own...)
	}
	if err := s.putMoved(ctx, entries, records); err != nil {
		return Taken{}, err
	}
	if len(days) > 0 {
		// Whatever happens from here on, some may be there.
		defer s.revision.Add(1)
		if err := s.evidence.PutDays(ctx, days); err != nil {
			return Taken{}, err
		}
	}
	_, err = s.Accept(ctx, p, entries, false)
	return taken, err
}

// batches makes batches of numbers that follow each other.
func (s *joined) batches(obs []Identified) []Batch {
	var batches []Batch
	received := s.Now()
	for i := range obs {
		o := &obs[i]
		if n := len(batches); n > 0 {
			b := &batches[n-1]
			if b.Agent == o.Agent && b.Epoch == o.Epoch && b.Next() == o.Seq && len(b.Observations) < maxRecords {
				b.Observations = append(b.Observations, o.Observation)
				continue
			}
		}
		batches = append(batches, Batch{Agent: o.Agent, Epoch: o.Epoch, FirstSeq: o.Seq, Received: received})
		b := &batches[len(batches)-1]
		b.Observations = append(b.Observations, o.Observation)
	}
	return batches
}

func countFresh(batches []Batch, fresh [][]Span) Taken {
	var t Taken
	for i := range batches {
		n := 0
		for _, f := range fresh[i] {
			n += int(f.Next - f.First)
		}
		t.New += n
		t.Same += batches[i].Count() - n
	}
	return t
}

// putMoved places records, puts them into the evidence, and fills in the refs
// of the entries. Unlike with Append, what the evidence refuses is an error:
// the source has it still.
func (s *joined) putMoved(ctx context.Context, entries []Placed, records []Records) error {
	if len(records) == 0 {
		return nil
	}
	refs := make([]*Ref, len(records))
	for i := range records {
		refs[i] = &records[i].Ref
	}
	if err := s.Place(ctx, refs); err != nil {
		return err
	}
	if err := s.evidence.Put(ctx, records); err != nil {
		return err
	}
	for i := range entries {
		for k := range entries[i].Refs {
			entries[i].Refs[k] = records[k].Ref
		}
		records = records[len(entries[i].Refs):]
	}
	return nil
}

// compare holds days that come from elsewhere against those that stand, and
// gives those that are to be put.
func (s *joined) compare(ctx context.Context, days []Day) (put []Day, taken Taken, err error) {
	if len(days) == 0 {
		return nil, taken, nil
	}
	stands, err := s.standing(ctx, days)
	if err != nil {
		return nil, taken, err
	}
	for i := range days {
		d := days[i]
		at := cameraDay{d.Camera, d.Number}
		old, there := stands[at]
		if there {
			t, order, ok := d.Join(&old)
			if !ok {
				return nil, taken, &ConflictError{Kind: "day", At: i, What: fmt.Sprintf("ledger day %s of camera %s is there with the same revision %d and says something else", d.Number, d.Camera, d.Revision)}
			}
			switch {
			case order == 0:
				taken.Same++
				continue
			case order < 0:
				taken.Older++
				continue
			}
			d.Timeline = t
		}
		taken.New++
		stands[at] = d
		put = append(put, d)
	}
	return put, taken, nil
}

// standing checks days, and gives those that are in the evidence.
func (s *joined) standing(ctx context.Context, days []Day) (map[cameraDay]Day, error) {
	first, last := s.evidence.Keeps()
	q := Query{First: days[0].Number, Last: days[0].Number}
	meant := map[cameraDay]bool{}
	for i := range days {
		d := &days[i]
		if d.Number < first || d.Number > last {
			return nil, fmt.Errorf("ledger day %s of camera %s: days from %s to %s are kept here", d.Number, d.Camera, first, last)
		}
		if err := d.Check(d.Number.Seconds(s.Location)); err != nil {
			return nil, fmt.Errorf("ledger day %s of camera %s: %w", d.Number, d.Camera, err)
		}
		q.First, q.Last = min(q.First, d.Number), max(q.Last, d.Number)
		q.Cameras = append(q.Cameras, d.Camera)
		meant[cameraDay{d.Camera, d.Number}] = true
	}
	stands := map[cameraDay]Day{}
	for d, err := range s.evidence.Days(ctx, q) {
		if err != nil {
			return nil, err
		}
		if at := (cameraDay{d.Camera, d.Number}); meant[at] {
			d.Timeline = slices.Clone(d.Timeline)
			stands[at] = d
		}
	}
	return stands, nil
}
