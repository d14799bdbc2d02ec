package history

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/phukin/phukin/hub/wire"
)

// foldChunk is how many days of agents are folded at once: their observations
// are in memory together.
const foldChunk = 16

// Fold implements Store.
func (s *joined) Fold(ctx context.Context) (int, error) {
	s.folding.Lock()
	defer s.folding.Unlock()
	written := 0
	var last AgentDay // one sweep: what comes in meanwhile must not keep others waiting
	for {
		todo, err := s.Unfolded(ctx, last, foldChunk)
		if err != nil {
			return written, fmt.Errorf("fold ledger days: %w", err)
		}
		if len(todo) == 0 {
			return written, nil
		}
		last = todo[len(todo)-1]
		n, err := s.fold(ctx, todo)
		if n > 0 {
			written += n
			s.revision.Add(1)
		}
		if err == nil {
			err = s.Folded(ctx, todo)
		}
		if err != nil {
			return written, fmt.Errorf("fold ledger days: %w", err)
		}
		if len(todo) < foldChunk {
			return written, nil
		}
	}
}

type (
	cameraDay struct {
		camera string
		day    DayNumber
	}
	agentDay struct {
		agent string
		day   DayNumber
	}
	dayRange struct{ first, last DayNumber }
)

// folder collects the observations of the days that are folded together.
type folder struct {
	s    *joined
	todo map[agentDay]bool
	obs  map[cameraDay][]Identified
	// incomplete says that records are missing in the store: then days are
	// only filled, for what was known of them must not be lost as well.
	incomplete bool
}

// fold computes the ledger of every camera that agents reported on the days
// in todo, and gives how many days it wrote.
func (s *joined) fold(ctx context.Context, todo []AgentDay) (int, error) {
	f := folder{s: s, todo: map[agentDay]bool{}, obs: map[cameraDay][]Identified{}}
	ranges := map[string]dayRange{}
	for _, t := range todo {
		f.todo[agentDay{t.Agent, t.Day}] = true
		widen(ranges, t.Agent, t.Day)
	}
	if err := f.collect(ctx, ranges, func(agent string, at cameraDay) bool { return f.todo[agentDay{agent, at.day}] }); err != nil {
		return 0, err
	}
	if err := f.others(ctx, ranges); err != nil {
		return 0, err
	}
	changed, listed, err := f.changed(ctx)
	if err != nil || len(changed) == 0 {
		return 0, err
	}
	// Before the days: if it is interrupted here, they change once more and the
	// same revisions are listed again.
	if err := s.List(ctx, listed); err != nil {
		return 0, err
	}
	if err := s.evidence.PutDays(ctx, changed); err != nil {
		return 0, err
	}
	return len(changed), nil
}

func widen(ranges map[string]dayRange, agent string, day DayNumber) {
	r, ok := ranges[agent]
	if !ok {
		r = dayRange{day, day}
	}
	ranges[agent] = dayRange{min(r.first, day), max(r.last, day)}
}

// collect takes in the observations of agents that lie in their days.
func (f *folder) collect(ctx context.Context, ranges map[string]dayRange, take func(agent string, at cameraDay) bool) error {
	var refs []Ref
	for agent, r := range ranges {
		own, err := f.s.Refs(ctx, agent, r.first, r.last)
		if err != nil {
			return err
		}
		refs = append(refs, own...)
	}
	loc := f.s.Location
	err := f.s.decode(ctx, refs, func(o Identified) {
		if o.Clock == wire.ClockWrong {
			return
		}
		o.Reasons, o.Stages = nil, nil // no ledger day has them
		for day := DayOf(o.From, loc); day <= DayOf(o.To-1, loc); day++ {
			if at := (cameraDay{o.Camera, day}); take(o.Agent, at) {
				f.obs[at] = append(f.obs[at], o)
			}
		}
	})
	if missing := (*MissingError)(nil); errors.As(err, &missing) {
		f.incomplete = true
		return nil
	}
	return err
}

// others takes in what other agents saw of the same cameras: it belongs to
// their days as well.
func (f *folder) others(ctx context.Context, ranges map[string]dayRange) error {
	mine := map[cameraDay]bool{}
	for at := range f.obs {
		mine[at] = true
	}
	more := map[string]dayRange{}
	for agent, r := range ranges {
		shared, err := f.s.Shared(ctx, agent)
		if err != nil {
			return err
		}
		for camera, others := range shared {
			for day := r.first; day <= r.last; day++ {
				if !mine[cameraDay{camera, day}] {
					continue
				}
				for _, other := range others {
					if !f.todo[agentDay{other, day}] {
						widen(more, other, day)
					}
				}
			}
		}
	}
	return f.collect(ctx, more, func(agent string, at cameraDay) bool { return mine[at] && !f.todo[agentDay{agent, at.day}] })
}

// changed gives the days that differ from what stands in the ledger, with
// their revisions, and those that are revisions of closed days.
func (f *folder) changed(ctx context.Context) (changed []Day, listed []Change, err error) {
	if len(f.obs) == 0 {
		return nil, nil, nil
	}
	span, cameras := dayRange{1 << 30, -1 << 30}, map[string]bool{}
	for at := range f.obs {
		span = dayRange{min(span.first, at.day), max(span.last, at.day)}
		cameras[at.camera] = true
	}
	codes := make([]string, 0, len(cameras))
	for c := range cameras {
		codes = append(codes, c)
	}
	slices.Sort(codes)
	ledger := map[cameraDay]Day{}
	for d, err := range f.s.evidence.Days(ctx, Query{Cameras: codes, First: span.first, Last: span.last}) {
		if err != nil {
			return nil, nil, err
		}
		if at := (cameraDay{d.Camera, d.Number}); f.obs[at] != nil {
			d.Timeline = slices.Clone(d.Timeline)
			ledger[at] = d
		}
	}
	pruned, err := f.s.Pruned(ctx)
	if err != nil {
		return nil, nil, err
	}
	now, loc := f.s.Now(), f.s.Location
	for at, obs := range f.obs {
		old, stands := ledger[at]
		t := Fold(obs, at.day, loc)
		if stands && (f.incomplete || at.day.Start(loc).UnixMilli() < pruned) {
			t = Fill(old.Timeline, t)
		}
		if stands && slices.Equal(old.Timeline, t) {
			continue
		}
		d := Day{Camera: at.camera, Number: at.day, Revision: old.Revision, Timeline: t}
		closed := at.day.Closed(now, loc)
		if !stands || closed {
			d.Revision++
		}
		if closed {
			before := old.Timeline
			if !stands {
				before = Timeline{{Seconds: t.Seconds()}}
			}
			listed = append(listed, Change{Camera: at.camera, Day: at.day, Revision: d.Revision, At: now, Before: before.Count(), After: t.Count()})
		}
		changed = append(changed, d)
	}
	slices.SortFunc(changed, func(x, y Day) int {
		return cmp.Or(cmp.Compare(x.Number, y.Number), cmp.Compare(x.Camera, y.Camera))
	})
	return changed, listed, nil
}
