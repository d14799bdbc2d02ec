package api

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/phukin/phukin/hub/coverage"
	"github.com/phukin/phukin/hub/geo"
	"github.com/phukin/phukin/hub/network"
	"github.com/phukin/phukin/hub/plan"
)

type blindWaysInput struct {
	StateQuery
	Listing
}

func (s *Server) registerBlindWays() {
	f := s.figures
	register(s, huma.Operation{
		OperationID: "listBlindWays", Method: http.MethodGet, Path: "/api/v1/coverage/blind-ways", Tags: []string{"coverage"},
		Summary: "Ways from gateway to gateway that pass no camera, shortest first, and the fewest cameras that would close them all",
	}, func(ctx context.Context, in *blindWaysInput) (*answer[BlindWays], error) {
		body, at, err := f.blindWays(ctx, in)
		if err != nil {
			return nil, err
		}
		return respond(in.Conditional, body, at, f.simulated(ctx, in.Revision))
	})
}

// whyBlindWays says why anybody asks for them. It is what the source report of
// the programme gives as its reason (DOMAIN §1).
var whyBlindWays = Text{
	VI: "Đối tượng phạm tội hoạt động lưu động trên các tuyến giữa các huyện: đi từ cửa ngõ này đến cửa ngõ kia mà không qua camera nào thì không ai thấy.",
	EN: "Offenders move along the routes between districts: who drives from one gateway to another without passing a camera is seen by nobody.",
}

func (f *figures) blindWays(ctx context.Context, in *blindWaysInput) (*BlindWays, time.Time, error) {
	f, m, err := f.asOf(ctx, in.AsOf)
	if err != nil {
		return nil, time.Time{}, err
	}
	level, err := f.level(in.Level)
	if err != nil {
		return nil, time.Time{}, err
	}
	pages, err := newPager(ctx, wayList, &in.Listing)
	if err != nil {
		return nil, time.Time{}, err
	}
	found, err := f.blindAt(m, level, coverage.State(in.State))
	if err != nil {
		return nil, time.Time{}, err
	}
	n := found.gateways
	body := &BlindWays{
		Revision: in.Revision, Level: levelRow(level), State: in.State, Why: whyBlindWays, Gateways: n, Pairs: n * (n - 1) / 2,
		Closing: f.closing(m, found.closing, f.placing(ctx, m.today)),
	}
	for _, w := range found.ways {
		if len(w.Steps) == 0 {
			body.AtOnePlace++
		}
	}
	names := f.gatewaysByCode()
	ref := func(code string) Ref {
		if g := names[code]; g != nil {
			return Ref{code, g.Name}
		}
		return Ref{Code: code}
	}
	for i := range found.ways {
		w := &found.ways[i]
		pages.add(&BlindWay{From: ref(w.From), To: ref(w.To), Length: metres(w.Length), way: w})
	}
	body.Items, body.Page = pages.rows()
	for i := range body.Items {
		body.Items[i].Steps = f.steps(body.Items[i].way.Steps)
	}
	return body, m.at, nil
}

// steps gives a way as it is driven: what goes on along a route is one step.
func (f *figures) steps(all []network.Step) []WayStep {
	rows := []WayStep{}
	for i, s := range all {
		from, to := s.FromChainage, s.ToChainage
		if s.Backward {
			from, to = to, from
		}
		goesOn := false
		if i > 0 && all[i-1].Route == s.Route && all[i-1].Backward == s.Backward {
			before := all[i-1]
			goesOn = !s.Backward && before.To == s.From || s.Backward && before.From == s.To
		}
		if goesOn {
			last := &rows[len(rows)-1]
			last.To, last.Length = geo.FormatChainage(to), last.Length+s.Length()
			continue
		}
		rows = append(rows, WayStep{Route: f.route(s.Route), From: geo.FormatChainage(from), To: geo.FormatChainage(to), Length: s.Length()})
	}
	for i := range rows {
		rows[i].Length = metres(rows[i].Length)
	}
	return rows
}

func (f *figures) closing(m *moment, c network.Closing, where placing) Closing {
	row := Closing{Fewest: c.Fewest, Cameras: []ClosingCamera{}, Stretches: []ClosingStretch{}}
	for _, code := range c.Cameras {
		cam := f.Plan.Camera(code)
		r := ClosingCamera{Code: code, Site: f.siteOf(code, where), Claimed: claimed(cam, m.today), Status: m.statusRow(code).Status}
		if s := f.Plan.Site(cam.Site); s != nil {
			if route := f.Plan.Route(s.Route); route != nil {
				r.Route = &Ref{route.Code, route.Name}
				r.Chainage = where.chainage(s, route)
			}
		}
		row.Cameras = append(row.Cameras, r)
	}
	for _, s := range c.Stretches {
		row.Stretches = append(row.Stretches, ClosingStretch{
			Route: f.route(s.Route), From: geo.FormatChainage(s.FromChainage), To: geo.FormatChainage(s.ToChainage), Length: metres(s.Length()),
		})
	}
	return row
}

// claimed gives how far the plan claims that a camera has come.
func claimed(c *plan.Camera, on plan.Date) string {
	switch {
	case c.ClaimedAccepted(on):
		return string(coverage.Accepted)
	case c.ClaimedInstalled(on):
		return string(coverage.Installed)
	}
	return string(coverage.Planned)
}

// blindWays keeps what was found while the cameras that count and the
// footprints are the same: closing ways is a long search. It is made for one
// question at a time.
type blindWays struct {
	mu      sync.Mutex
	network *network.Network
	kept    map[blindKey]*foundBlind
}

// maxBlind is how many are kept before all are made anew.
const maxBlind = 16

type blindKey struct {
	level string
	state coverage.State
	day   plan.Date
}

type foundBlind struct {
	eye, planned *coverage.Eye // of cameras that count, and of those that could
	counted      []bool        // by their numbers
	gateways     int
	ways         []network.Way
	closing      network.Closing
}

// blindAt gives the blind ways of a moment, and what would close them.
func (f *figures) blindAt(m *moment, level plan.Level, state coverage.State) (*foundBlind, error) {
	planned, err := f.claimsEye(m, level)
	if err != nil {
		return nil, err
	}
	eye, err := f.eye(m, level, state)
	if err != nil {
		return nil, err
	}
	counts, ok := coverage.ByPlan(state, m.today)
	if !ok {
		counts = m.working
	}
	now := &foundBlind{eye: eye, planned: planned, counted: make([]bool, eye.Cameras())}
	could := make([]bool, eye.Cameras())
	for i := range could {
		c := eye.Camera(i)
		now.counted[i] = counts(c)
		could[i] = !now.counted[i] && c.InPlan(m.today)
	}
	b := &f.blind
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.network == nil {
		b.network, b.kept = network.New(f.Plan), map[blindKey]*foundBlind{}
	}
	key := blindKey{level.Code, state, m.today}
	if k := b.kept[key]; k != nil && k.eye == eye && k.planned == planned && slices.Equal(k.counted, now.counted) {
		return k, nil
	}
	var views []network.View
	for _, c := range viewsOf(eye, now.counted) {
		views = append(views, c.Views...)
	}
	closed := b.network.Closed(views, coverage.Least)
	now.gateways, now.ways = len(b.network.Gateways()), b.network.Blind(closed)
	now.closing = b.network.Close(closed, viewsOf(planned, could), coverage.Least)
	if len(b.kept) >= maxBlind {
		clear(b.kept)
	}
	b.kept[key] = now
	return now, nil
}

// viewsOf gives what cameras have in view, by their numbers; those without a view
// are left out.
func viewsOf(eye *coverage.Eye, which []bool) []network.Camera {
	chosen := map[string]bool{}
	for i, yes := range which {
		if yes {
			chosen[eye.Camera(i).Code] = true
		}
	}
	var all []network.Camera
	for _, p := range eye.Footprints() {
		if !chosen[p.Camera] || len(p.Stretch) == 0 {
			continue
		}
		c := network.Camera{Code: p.Camera}
		for _, s := range p.Stretch {
			c.Views = append(c.Views, network.View{Route: s.Route, Interval: s.Interval})
		}
		all = append(all, c)
	}
	return all
}
