package api

import (
	"context"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/phukin/phukin/hub/coverage"
	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/live"
	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/rollout"
	"github.com/phukin/phukin/hub/uptime"
)

// figures makes what the answers are made of, and keeps it while nothing
// changes. All answers of one moment rest on the same evidence.
type figures struct {
	Config

	service map[string]uptime.Service // by camera
	ledger  *ledger
	eyes    *eyes
	periods periods
	blind   blindWays

	painting sync.Mutex // held while a picture is painted

	mu     sync.Mutex // held while a moment is made
	moment atomic.Pointer[moment]

	rollouts   rollouts
	cameraRows cameraRows
	revisions  revisions
	pasts      pasts
	records    recordNotes
}

const (
	// momentAge is how long a moment is kept at most: agents fall silent and
	// time passes without any message.
	momentAge = 5 * time.Second
	// momentRest is how long it is kept at least, however much changes.
	momentRest = 500 * time.Millisecond
	// seenAge is how long what was ever seen of cameras is kept while the store has
	// written no ledger day.
	seenAge = time.Minute
)

func newFigures(c Config) *figures {
	if c.shared != nil && c.shared.Plan == c.Plan {
		return c.shared
	}
	f := &figures{
		Config: c, eyes: newEyes(c.Plan),
		service: make(map[string]uptime.Service, len(c.Plan.Cameras)), ledger: newLedger(c.Store, c.Plan.Location),
	}
	if c.shared != nil {
		f.ledger = c.shared.ledger
	}
	for i := range c.Plan.Cameras {
		f.service[c.Plan.Cameras[i].Code] = uptime.ServiceOf(c.Plan, &c.Plan.Cameras[i])
	}
	return f
}

// moment is what is known of all cameras at one time. It does not change.
type moment struct {
	number   uint64 // no other has it
	at       time.Time
	asked    time.Time // when it was asked for, if at had passed; zero for the present
	today    plan.Date
	liveRev  uint64
	storeRev uint64
	seen     map[string]history.Seen
	status   map[string]live.Status
	paused   map[string]uptime.Window // cameras in maintenance, which wins over what is seen
	unknown  int                      // cameras in service whose status is unknown
	working  func(*plan.Camera) bool
	width    func(*plan.Camera) int
	evidence uint64    // number of the moment that seen was read for
	read     time.Time // when that was
	board    []looks   // by camera of the plan: what coverage follows from
	covers   *covered
	all      *moment // of the whole plan, if this is of a part
}

// looks is how a camera counts for coverage.
type looks struct {
	works bool
	width int // measured, pixels; 0 when it never was
}

// covered keeps coverage by level. Moments of one day in which cameras look alike
// share it.
type covered struct {
	mu      sync.Mutex
	byLevel map[string]map[coverage.State]*coverage.Result
	routes  map[string][]RouteRow     // by level; they do not change
	answers map[string]CoverageAnswer // by level: what is the same in all moments
}

func newCovered() *covered {
	return &covered{byLevel: map[string]map[coverage.State]*coverage.Result{}, routes: map[string][]RouteRow{}, answers: map[string]CoverageAnswer{}}
}

// momentNumbers counts the moments that were made.
var momentNumbers atomic.Uint64

// now gives the present moment, or the one that a request is answered by.
func (f *figures) now(ctx context.Context) (*moment, error) {
	if m := momentOf(ctx, f); m != nil {
		return m, nil
	}
	if f.shared != nil {
		return f.cutMoment(ctx)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	at := f.Now()
	former := f.moment.Load()
	if former != nil && f.holds(former, at) {
		return former, nil
	}
	m := f.newMoment(at, plan.DateOf(at, f.Plan.Location))
	m.liveRev, m.storeRev = f.Live.Revision(), f.Store.Revision()
	if err := f.see(ctx, m, former); err != nil {
		return nil, err
	}
	for i := range f.Plan.Cameras {
		c := &f.Plan.Cameras[i]
		_, reported := m.seen[c.Code]
		service := f.service[c.Code]
		m.take(c, f.Live.Status(c.Code, c.Agent, service.In.Has(at.Unix()), reported), service, at.Unix())
	}
	m.board = make([]looks, len(f.Plan.Cameras))
	for i := range f.Plan.Cameras {
		c := &f.Plan.Cameras[i]
		m.board[i] = looks{m.working(c), m.width(c)}
	}
	if former != nil && former.today == m.today && slices.Equal(former.board, m.board) {
		m.covers = former.covers
	}
	f.moment.Store(m)
	return m, nil
}

// newMoment makes a moment of which nothing is known yet.
func (f *figures) newMoment(at time.Time, today plan.Date) *moment {
	m := &moment{
		number: momentNumbers.Add(1), at: at, today: today,
		status: make(map[string]live.Status, len(f.Plan.Cameras)), paused: map[string]uptime.Window{}, covers: newCovered(),
	}
	m.evidence = m.number
	m.working = func(c *plan.Camera) bool {
		_, paused := m.paused[c.Code]
		return !paused && m.status[c.Code].Working()
	}
	m.width = func(c *plan.Camera) int {
		if s := m.status[c.Code]; s.Known && s.State.Width > 0 {
			return s.State.Width
		}
		return m.seen[c.Code].Width // 0 leaves the planned one
	}
	return m
}

// take notes the status of a camera at a second, Unix.
func (m *moment) take(c *plan.Camera, s live.Status, service uptime.Service, at int64) {
	m.status[c.Code] = s
	if pause, ok := service.Pauses.At(at); ok && s.InService {
		m.paused[c.Code] = pause
	} else if s.InService && !s.Known {
		m.unknown++
	}
}

// see gives a moment what was ever seen of cameras.
func (f *figures) see(ctx context.Context, m, former *moment) (err error) {
	if former != nil && former.storeRev == m.storeRev && m.at.Sub(former.read).Abs() < seenAge {
		m.seen, m.evidence, m.read = former.seen, former.evidence, former.read
		return nil
	}
	m.evidence, m.read = m.number, m.at
	m.seen, err = f.Store.Seen(ctx)
	return err
}

// holds says whether a moment is still the present one.
func (f *figures) holds(m *moment, at time.Time) bool {
	age := at.Sub(m.at)
	changed := m.liveRev != f.Live.Revision() || m.storeRev != f.Store.Revision()
	return age >= 0 && (age < momentRest || !changed && age < momentAge)
}

// current gives the present moment if it is made already, nil otherwise.
func (f *figures) current() *moment {
	m := f.moment.Load()
	switch {
	case m == nil:
		return nil
	case f.shared != nil && m.all != f.shared.current(), f.shared == nil && !f.holds(m, f.Now()):
		return nil
	}
	return m
}

// coverage gives the coverage at a level in every state. What is claimed is
// taken at the planned resolution, what works at the measured one.
func (f *figures) coverage(m *moment, level plan.Level) (map[coverage.State]*coverage.Result, error) {
	kept := m.covers
	kept.mu.Lock()
	defer kept.mu.Unlock()
	if c, ok := kept.byLevel[level.Code]; ok {
		return c, nil
	}
	if m.all != nil {
		all, err := f.shared.coverage(m.all, level)
		if err == nil {
			kept.byLevel[level.Code] = f.cutCoverage(all, m)
		}
		return kept.byLevel[level.Code], err
	}
	claims, err := f.claimsEye(m, level)
	if err != nil {
		return nil, err
	}
	measured, err := f.eye(m, level, coverage.Working)
	if err != nil {
		return nil, err
	}
	all := map[coverage.State]*coverage.Result{}
	for _, s := range coverage.States() {
		eye, counts := measured, m.working
		if byPlan, ok := coverage.ByPlan(s, m.today); ok {
			eye, counts = claims, byPlan
		}
		r := eye.Cover(counts)
		all[s] = &r
	}
	kept.byLevel[level.Code] = all
	return all, nil
}

// eye gives the footprints that coverage has used for a state.
func (f *figures) eye(m *moment, level plan.Level, s coverage.State) (*coverage.Eye, error) {
	if s != coverage.Working {
		return f.claimsEye(m, level)
	}
	return f.eyes.at(level, m.today, f.widths(m))
}

// claimsEye gives the footprints by the planned resolution, on the day of a
// moment.
func (f *figures) claimsEye(m *moment, level plan.Level) (*coverage.Eye, error) {
	if f.shared != nil {
		return f.shared.claimsEye(m, level)
	}
	return f.eyes.at(level, m.today, nil)
}

// level gives the coverage level with a code, the plan's own if it is empty.
func (f *figures) level(code string) (plan.Level, error) {
	if code == "" {
		code = f.Plan.Level
	}
	l, ok := f.Plan.LevelByCode(code)
	if !ok {
		codes := make([]string, len(f.Plan.Levels))
		for i, l := range f.Plan.Levels {
			codes[i] = l.Code
		}
		have := strings.Join(codes, ", ")
		return l, invalid("level", code, "kế hoạch không có mức này; các mức có: "+have, "is not a level of this plan; there are: "+have)
	}
	return l, nil
}

// dayNumber gives the history's number of a plan's day.
func dayNumber(d plan.Date) history.DayNumber { return rollout.DayNumber(d) }

// dateOf gives the plan's day of a history's number.
func dateOf(d history.DayNumber) plan.Date { return plan.NewDate(1970, time.January, 1) + plan.Date(d) }

// area gives the reference to the area that a code means on a day, with its
// code alone if the plan does not know it.
func (f *figures) area(code string, on plan.Date) Ref {
	if a := f.Plan.AreaOn(code, on); a != nil {
		return Ref{code, a.Name}
	}
	return Ref{Code: code}
}

// siteArea gives the reference to the area that a site lies in on a day.
func (f *figures) siteArea(s *plan.Site, on plan.Date) Ref {
	if a := f.Plan.SiteArea(s, on); a != nil {
		return Ref{a.Code, a.Name}
	}
	return Ref{Code: s.Area}
}

func (f *figures) route(code string) Ref {
	if r := f.Plan.Route(code); r != nil {
		return Ref{code, r.Name}
	}
	return Ref{Code: code}
}
