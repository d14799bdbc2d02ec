package history

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/phukin/phukin/hub/wire"
)

// JoinOptions are the settings of a joined Store.
type JoinOptions struct {
	// Location is the time zone of ledger days. It must be given.
	Location *time.Location
	// Keep is how long the Evidence takes records for at the least, counted
	// from the moment under which they are kept. It must be positive.
	Keep time.Duration
	// Now tells the time. It defaults to time.Now.
	Now func() time.Time
}

// Join makes a Store of a Register and an Evidence, which can be moved. Observations are put into
// the Evidence first and entered in the Register then, and only what is
// entered counts. So whatever is interrupted in between leaves nothing behind
// that anybody sees, and what comes again replaces it. The Evidence must be
// written to by this Store alone.
func Join(r Register, e Evidence, o JoinOptions) (Moving, error) {
	switch {
	case o.Location == nil:
		return nil, errors.New("history: no time zone given")
	case o.Keep <= 0:
		return nil, errors.New("history: not said how long records are kept")
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &joined{Register: r, evidence: e, JoinOptions: o}, nil
}

type joined struct {
	Register
	JoinOptions
	evidence  Evidence
	revision  atomic.Uint64
	appending sync.Mutex
	folding   sync.Mutex
}

// Append implements Store.
func (s *joined) Append(ctx context.Context, batches []Batch) error {
	s.appending.Lock()
	defer s.appending.Unlock()
	fresh, err := s.Fresh(ctx, batches)
	if err != nil {
		return fmt.Errorf("append %d batches: %w", len(batches), err)
	}
	entries := make([]Placed, len(batches))
	var records []Records
	for i := range batches {
		entries[i].Batch = batches[i]
		own, err := s.cut(&batches[i], fresh[i])
		if err != nil {
			return fmt.Errorf("append the batch of agent %s at %d: %w", batches[i].Agent, batches[i].FirstSeq, err)
		}
		entries[i].Refs = make([]Ref, len(own)) // filled in when they are placed
		records = append(records, own...)
	}
	if entries, err = s.keep(ctx, entries, records); err != nil {
		return fmt.Errorf("append %d batches: %w", len(batches), err)
	}
	if err := s.Enter(ctx, entries); err != nil {
		return fmt.Errorf("append %d batches: %w", len(batches), err)
	}
	return nil
}

// keep places records and puts them into the evidence. It gives the entries
// with their refs, and before them what is to be set aside.
func (s *joined) keep(ctx context.Context, entries []Placed, records []Records) ([]Placed, error) {
	if len(records) == 0 {
		return entries, nil
	}
	refs := make([]*Ref, len(records))
	for i := range records {
		refs[i] = &records[i].Ref
	}
	if err := s.Place(ctx, refs); err != nil {
		return nil, err
	}
	err := s.evidence.Put(ctx, records)
	reasons := map[Ref]string{}
	var refused *RefusedError
	if errors.As(err, &refused) {
		for _, r := range refused.Refused {
			reasons[r.Ref] = r.Reason
		}
	} else if err != nil {
		return nil, err
	}
	var aside []Placed
	for i := range entries {
		e := &entries[i]
		own := records[:len(e.Refs)]
		records = records[len(e.Refs):]
		e.Refs = e.Refs[:0]
		for _, r := range own {
			reason, bad := reasons[r.Ref]
			if !bad {
				e.Refs = append(e.Refs, r.Ref)
				continue
			}
			aside = append(aside, Placed{Batch: Batch{
				Agent: r.Agent, Epoch: r.Epoch, FirstSeq: r.FirstSeq, Received: e.Received,
				Aside: &Aside{Count: r.Count, Reason: reason}, Payload: r.Payload,
			}})
		}
	}
	return append(aside, entries...), nil
}

// maxRecords is how many observations are encoded here as one run at most: as
// many of the greatest possible size stay below wire.MaxMessage.
const maxRecords = 400

// cut makes records of those observations of a batch that are fresh.
func (s *joined) cut(b *Batch, fresh []Span) ([]Records, error) {
	if b.Aside != nil || len(b.Gaps) > 0 || len(fresh) == 0 {
		return nil, nil
	}
	if b.Payload != nil && fresh[0] == (Span{b.FirstSeq, b.Next()}) {
		return []Records{s.records(b, b.FirstSeq, b.Briefs, b.Payload)}, nil
	}
	obs := b.Observations
	if b.Payload != nil {
		m, err := wire.UnmarshalUp(b.Payload)
		if err != nil || m.Batch == nil || len(m.Batch.Observations) != len(b.Briefs) {
			return nil, fmt.Errorf("the payload is not what it should be: %w", err)
		}
		obs = m.Batch.Observations
	}
	var records []Records
	var briefs []Brief
	for _, f := range fresh {
		for first := f.First; first < f.Next; first += maxRecords {
			part := obs[first-b.FirstSeq : min(first+maxRecords, f.Next)-b.FirstSeq]
			briefs = briefs[:0]
			for i := range part {
				briefs = append(briefs, BriefOf(&part[i]))
			}
			payload := wire.MarshalUp(wire.UpMessage{Batch: &wire.Batch{Epoch: b.Epoch, FirstSeq: first, OldestSeq: first, Observations: part}})
			records = append(records, s.records(b, first, briefs, payload))
		}
	}
	return records, nil
}

// ahead is how far a record may lie in the future of the hub's clock.
const ahead = 24 * time.Hour

// records makes a run of b's observations, whose first number is first. They
// are kept under the end of the newest, as a store with a retention of its own
// should forget them. But what a wrong clock says, what came too late and
// what lies too far ahead is kept under the moment at which it was received:
// such a store would not take it otherwise. The digits below the millisecond
// are those of first, so that neighbours are apart to begin with.
func (s *joined) records(b *Batch, first uint64, briefs []Brief, payload []byte) Records {
	received := b.Received
	if received.IsZero() {
		received = s.Now()
	}
	now, at := received.UnixMilli(), int64(0)
	for i := range briefs {
		to := briefs[i].To
		if briefs[i].Clock == wire.ClockWrong {
			to = now
		}
		at = max(at, to)
	}
	if at < now-s.Keep.Milliseconds() || at > now+ahead.Milliseconds() {
		at = now
	}
	return Records{
		Ref:     Ref{Agent: b.Agent, Epoch: b.Epoch, FirstSeq: first, Count: len(briefs), At: at*1e6 + int64(first%1e6), Sum: SumOf(payload)},
		Payload: payload,
	}
}

// Days implements Store.
func (s *joined) Days(ctx context.Context, q Query) iter.Seq2[Day, error] {
	return s.evidence.Days(ctx, q)
}

// lastMoment is after every observation that hub/wire takes: the year 3000.
const lastMoment = 32_600_000_000_000

// Observations implements Store.
func (s *joined) Observations(ctx context.Context, p Period) iter.Seq2[Identified, error] {
	return func(yield func(Identified, error) bool) {
		cameras := Codes(p.Cameras)
		if cameras == nil {
			all, err := s.Reported(ctx)
			if err != nil {
				yield(Identified{}, fmt.Errorf("read observations: %w", err))
				return
			}
			cameras = all
		}
		for len(cameras) > 0 {
			group := cameras[:min(camerasAtOnce, len(cameras))]
			obs, err := s.observations(ctx, group, p.From, p.To)
			if missing := (*MissingError)(nil); err != nil && !errors.As(err, &missing) {
				obs = nil
			}
			for _, o := range obs {
				if !yield(o, nil) {
					return
				}
			}
			if err != nil {
				yield(Identified{}, fmt.Errorf("read observations of cameras %s to %s: %w", group[0], group[len(group)-1], err))
				return
			}
			cameras = cameras[len(group):]
		}
	}
}

// camerasAtOnce is how many cameras' observations are in memory together: what
// one agent sent of them is read once. Three months of one take some megabytes.
const camerasAtOnce = 8

func (s *joined) observations(ctx context.Context, cameras []string, from, to int64) ([]Identified, error) {
	if from >= to {
		return nil, nil
	}
	first, last := DayOf(max(from, 0), s.Location), DayOf(min(to, lastMoment)-1, s.Location)
	wanted, asked := map[string]bool{}, map[string]bool{}
	var refs []Ref
	for _, camera := range cameras {
		wanted[camera] = true
		agents, err := s.Reporters(ctx, camera)
		if err != nil {
			return nil, err
		}
		for _, agent := range agents {
			if asked[agent] {
				continue
			}
			asked[agent] = true
			own, err := s.Refs(ctx, agent, first, last)
			if err != nil {
				return nil, err
			}
			refs = append(refs, own...)
		}
	}
	var obs []Identified
	err := s.decode(ctx, refs, func(o Identified) {
		if wanted[o.Camera] && o.From < to && o.To > from {
			o.Reasons, o.Stages = slices.Clone(o.Reasons), slices.Clone(o.Stages)
			obs = append(obs, o)
		}
	})
	slices.SortFunc(obs, func(x, y Identified) int { return cmp.Or(cmp.Compare(x.Camera, y.Camera), compareIdentified(&x, &y)) })
	return obs, err
}

// decode calls f for every observation that refs refer to. Their Reasons and
// Stages are good only until f returns.
func (s *joined) decode(ctx context.Context, refs []Ref, f func(Identified)) error {
	if len(refs) == 0 {
		return nil
	}
	var d wire.Decoder
	for r, err := range s.evidence.Records(ctx, refs) {
		if err != nil {
			return err
		}
		m, err := d.UnmarshalUp(r.Payload)
		if err == nil && (m.Batch == nil || len(m.Batch.Observations) != r.Count || m.Batch.Epoch != r.Epoch) {
			err = errors.New("they are not those that were put")
		}
		if err != nil {
			return fmt.Errorf("stored records of agent %s at %d: %w", r.Agent, r.FirstSeq, err)
		}
		for i := range m.Batch.Observations {
			f(Identified{Agent: r.Agent, Epoch: r.Epoch, Seq: m.Batch.Seq(i), Observation: m.Batch.Observations[i]})
		}
	}
	return nil
}

// Revision implements Store.
func (s *joined) Revision() uint64 { return s.revision.Load() }
