package api

import (
	"context"
	"sync"
	"time"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/live"
	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/uptime"
	"github.com/phukin/phukin/hub/wire"
)

// AsOf is the part of a request for figures that says as of when, and by which
// plan.
type AsOf struct {
	AsOf     string `query:"as_of" maxLength:"40" doc:"As of the end of this day, yyyy-mm-dd, or of this moment (RFC 3339): what was seen later does not count; what was seen before and came late does. Now when absent, and for today"`
	Revision int    `query:"revision" minimum:"0" doc:"Number of the revision of the plan to go by; the plan in force when absent"`
}

// asOf gives the figures that a request is about, by its plan, and its moment.
func (f *figures) asOf(ctx context.Context, in AsOf) (*figures, *moment, error) {
	g, err := f.by(ctx, in.Revision)
	if err != nil {
		return nil, nil, err
	}
	if in.AsOf == "" {
		m, err := g.now(ctx)
		return g, m, err
	}
	day, at, err := dayOrMoment("as_of", in.AsOf)
	if err != nil {
		return nil, nil, err
	}
	now := f.Now()
	today := dayNumber(plan.DateOf(now, f.Plan.Location))
	switch {
	case at.IsZero() && day > today, at.After(now):
		return nil, nil, invalid("as_of", in.AsOf, "lúc này chưa đến: chỉ có số liệu đến bây giờ", "has not come yet: there are figures up to now")
	case at.IsZero() && day == today:
		m, err := g.now(ctx)
		return g, m, err
	case at.IsZero():
		at = (day + 1).Start(f.Plan.Location)
	}
	m, err := g.then(ctx, at.Truncate(time.Second).UTC())
	return g, m, err
}

// then gives a moment that has passed, by what the ledger has of the time before
// it. What was measured last stands for what was measured then, which no ledger
// day says.
func (f *figures) then(ctx context.Context, at time.Time) (*moment, error) {
	if f.shared != nil {
		all, err := f.shared.then(ctx, at)
		if err != nil {
			return nil, err
		}
		return f.cutOf(all), nil
	}
	last := at.Unix() - 1 // the second before the moment says how it was
	m := f.newMoment(at, plan.DateOf(time.Unix(last, 0), f.Plan.Location))
	m.asked = f.Now()
	day := dayNumber(m.today)
	known, err := f.known(ctx, m, day)
	if err != nil {
		return nil, err
	}
	seen, err := f.Store.Seen(ctx)
	if err != nil {
		return nil, err
	}
	m.seen = make(map[string]history.Seen, len(seen))
	for code, s := range seen {
		if s.Enrolled > day {
			continue
		}
		if s.Verified > day {
			s.Verified = history.NoDay
		}
		m.seen[code] = s
	}
	for i := range f.Plan.Cameras {
		c := &f.Plan.Cameras[i]
		_, reported := m.seen[c.Code]
		s := live.Status{InService: f.service[c.Code].In.Has(last), Cause: live.CauseNoEvidence}
		if !reported {
			s.Cause = live.CauseNotEnrolled
		}
		if r := runAt(known.Timeline(c.Code, day), int(last-day.Start(f.Plan.Location).Unix())); !r.Unknown() {
			s.Known, s.State, s.Cause = true, wire.State{Camera: c.Code, Status: r.Status, Fault: r.Fault, FellOn: r.FellOn}, ""
		}
		m.take(c, s, f.service[c.Code], last)
	}
	return m, nil
}

// runAt gives what a timeline has at a second of its day.
func runAt(line history.Timeline, second int) history.Run {
	for _, r := range line {
		if second -= r.Seconds; second < 0 {
			return r
		}
	}
	return history.Run{}
}

// known gives the ledger from a day on, as of a moment.
func (f *figures) known(ctx context.Context, m *moment, first history.DayNumber) (*uptime.Snapshot, error) {
	s, err := f.ledger.snapshot(ctx, first, m.reading())
	if err != nil {
		return nil, err
	}
	return f.pasts.until(s, m), nil
}

// reaching is known with what begins the outages of a period.
func (f *figures) reaching(ctx context.Context, m *moment, first history.DayNumber, period uptime.Window) (*uptime.Snapshot, error) {
	begin := f.outagesBegin(period, m.at)
	s, err := f.ledger.reaching(ctx, first, m.reading(), func(s *uptime.Snapshot) bool { return begin(f.pasts.until(s, m)) })
	if err != nil {
		return nil, err
	}
	return f.pasts.until(s, m), nil
}

// reading gives the moment at which the ledger of a moment is read.
func (m *moment) reading() time.Time {
	if m.asked.IsZero() {
		return m.at
	}
	return m.asked
}

// pasts keeps what ledgers were at moments that have passed, the newest asked
// for.
type pasts struct {
	mu   sync.Mutex
	kept []keptPast // last asked for last
}

type keptPast struct {
	of, cut *uptime.Snapshot
	at      int64
}

// maxPasts is how many are kept. Each takes what is new of its last months.
const maxPasts = 4

// until gives of a ledger what a moment that has passed knew.
func (p *pasts) until(s *uptime.Snapshot, m *moment) *uptime.Snapshot {
	if m.asked.IsZero() {
		return s
	}
	at := m.at.Unix()
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, k := range p.kept {
		if k.of == s && k.at == at {
			p.kept = append(append(p.kept[:i:i], p.kept[i+1:]...), k)
			return k.cut
		}
	}
	cut := s.Until(at)
	if len(p.kept) >= maxPasts {
		p.kept = p.kept[1:]
	}
	p.kept = append(p.kept, keptPast{s, cut, at})
	return cut
}

// revisions keeps the figures by stored revisions of the plan that were asked
// for last.
type revisions struct {
	mu   sync.Mutex
	kept []*figures // last asked for last
}

// maxRevisions is how many are kept: each has footprints of its own.
const maxRevisions = 3

// by gives the figures by a stored revision of the plan, those of the plan in
// force for 0.
func (f *figures) by(ctx context.Context, number int) (*figures, error) {
	if number == 0 || number == f.Plan.Revision.Number {
		return f, nil
	}
	p, err := f.revised(ctx, number)
	if err != nil {
		return nil, err
	}
	c := f.Config
	c.Plan, c.PlanNow, c.shared = p, nil, nil
	if f.shared != nil {
		if c.shared, err = f.shared.by(ctx, number); err != nil {
			return nil, err
		}
	}
	r := &f.revisions
	r.mu.Lock()
	defer r.mu.Unlock()
	for i, g := range r.kept {
		if g.Plan.Revision.Number == number && g.shared == c.shared {
			r.kept = append(append(r.kept[:i:i], r.kept[i+1:]...), g)
			return g, nil
		}
	}
	g := newFigures(c)
	if p.Location.String() == f.Plan.Location.String() {
		g.ledger = f.ledger
	}
	if len(r.kept) >= maxRevisions {
		r.kept = r.kept[1:]
	}
	r.kept = append(r.kept, g)
	return g, nil
}

// simulated says whether figures by a revision of the plan, which was found
// already, are made up.
func (f *figures) simulated(ctx context.Context, revision int) bool {
	g, err := f.by(ctx, revision)
	return f.Plan.Simulated || err == nil && g.Plan.Simulated
}
