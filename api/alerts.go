package api

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/phukin/phukin/hub/alert"
	"github.com/phukin/phukin/hub/coverage"
	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/rollout"
	"github.com/phukin/phukin/hub/wire"
)

type alertsInput struct {
	Conditional
	Listing
	Kinds      []string `query:"kind" maxItems:"50" doc:"Only these kinds, separated by commas; docs/alerts.md lists them"`
	Severities []string `query:"severity" enum:"critical,warning,notice" doc:"Only these, separated by commas"`
	Area       string   `query:"area" maxLength:"100" doc:"Only what concerns cameras in the area that has this code today, or in one below it"`
	Route      string   `query:"route" maxLength:"100" doc:"Only what concerns cameras on this route"`
	Agent      string   `query:"agent" maxLength:"64" doc:"Only what concerns this agent or its cameras"`
}

func (s *Server) registerAlerts() {
	f := s.figures
	register(s, huma.Operation{
		OperationID: "listAlerts", Method: http.MethodGet, Path: "/api/v1/alerts", Tags: []string{"alerts"},
		Summary:     "What needs somebody now, the worst first",
		Description: "One cause is one alert. What is mended is gone by itself; nobody acknowledges anything. What concerns the hub itself is there whatever area, route or agent is asked for.",
	}, func(ctx context.Context, in *alertsInput) (*answer[AlertList], error) {
		body, at, err := f.alerts(ctx, in)
		if err != nil {
			return nil, err
		}
		return respond(in.Conditional, body, at, f.Plan.Simulated)
	})
}

func (f *figures) alerts(ctx context.Context, in *alertsInput) (*AlertList, time.Time, error) {
	pages, err := newPager(ctx, alertList, &in.Listing)
	if err != nil {
		return nil, time.Time{}, err
	}
	known, err := f.alertInput(ctx)
	if err != nil {
		return nil, time.Time{}, err
	}
	today := plan.DateOf(known.At, f.Plan.Location)
	concerns, err := f.concerning(in, today)
	if err != nil {
		return nil, known.At, err
	}
	body := &AlertList{}
	where := f.placing(ctx, today)
	for _, a := range alert.Find(known) {
		if len(in.Kinds) > 0 && !slices.Contains(in.Kinds, string(a.Kind)) || len(in.Severities) > 0 && !slices.Contains(in.Severities, string(a.Severity)) || !concerns(&a) {
			continue
		}
		switch a.Severity {
		case alert.Critical:
			body.Count.Critical++
		case alert.Warning:
			body.Count.Warning++
		default:
			body.Count.Notice++
		}
		row := f.alertRow(&a, today, where)
		pages.add(&row)
	}
	body.Items, body.Page = pages.rows()
	return body, known.At, nil
}

// concerning says which alerts a client asks for by area, route and agent.
func (f *figures) concerning(in *alertsInput, today plan.Date) (func(*alert.Alert) bool, error) {
	for _, k := range in.Kinds {
		if !slices.ContainsFunc(alert.Rules(), func(r alert.Rule) bool { return string(r.Kind) == k }) {
			return nil, invalid("kind", k, "không có loại cảnh báo này; docs/alerts.md liệt kê các loại", "is no kind of alert; docs/alerts.md lists them")
		}
	}
	if err := f.areaOn("area", in.Area, today); err != nil {
		return nil, err
	}
	if err := f.knownRoute(in.Route); err != nil {
		return nil, err
	}
	if _, heard := f.Live.Agent(in.Agent); in.Agent != "" && !hasAgent(f.Plan, in.Agent) && (!heard || !f.watches(in.Agent)) {
		return nil, invalid("agent", in.Agent, "không có thiết bị này; /api/v1/agents liệt kê các thiết bị", "is no agent that the plan names or that was heard of; /api/v1/agents lists them")
	}
	meant := func(c *plan.Camera) bool {
		site := f.Plan.Site(c.Site)
		return (in.Agent == "" || c.Agent == in.Agent) && (in.Route == "" || site != nil && site.Route == in.Route) &&
			(in.Area == "" || site != nil && f.inArea(site, in.Area, today))
	}
	return func(a *alert.Alert) bool {
		if a.Subject.Thing == alert.Hub || in.Area == "" && in.Route == "" && in.Agent == "" {
			return true
		}
		if in.Area == "" && in.Route == "" && a.Subject.Thing == alert.Agent {
			return a.Subject.Code == in.Agent
		}
		return slices.ContainsFunc(f.concerned(a), meant)
	}, nil
}

// concerned gives the cameras of the plan that an alert is about, or whose agent
// it is about.
func (f *figures) concerned(a *alert.Alert) []*plan.Camera {
	var all []*plan.Camera
	for _, code := range a.Cameras {
		if c := f.Plan.Camera(code); c != nil {
			all = append(all, c)
		}
	}
	if len(all) > 0 || a.Subject.Thing != alert.Agent {
		return all
	}
	for i := range f.Plan.Cameras {
		if c := &f.Plan.Cameras[i]; c.Agent == a.Subject.Code {
			all = append(all, c)
		}
	}
	return all
}

// alertRow gives an alert with the site, area, route and agent that all cameras
// which it concerns have.
func (f *figures) alertRow(a *alert.Alert, today plan.Date, where placing) AlertRow {
	row := AlertRow{
		ID: a.ID, Kind: string(a.Kind), Severity: string(a.Severity), Thing: string(a.Subject.Thing), Code: a.Subject.Code, Since: moments(a.Since),
		Text: Text(a.Text), Do: Text(a.Do), Cameras: list(a.Cameras),
	}
	if i := slices.IndexFunc(alert.Rules(), func(r alert.Rule) bool { return r.Kind == a.Kind }); i >= 0 {
		row.Name = Text(alert.Rules()[i].Name)
	}
	if a.Fault != wire.FaultNone {
		row.Fault, row.FellOn = a.Fault.String(), rungOrNone(a.FellOn)
	}
	sites, areas, routes, agents := map[Ref]bool{}, map[Ref]bool{}, map[Ref]bool{}, map[string]bool{}
	for _, c := range f.concerned(a) {
		agents[c.Agent] = true
		if s := f.Plan.Site(c.Site); s != nil {
			sites[Ref{s.Code, where.name(s)}], areas[f.siteArea(s, today)] = true, true
			routes[f.route(s.Route)] = true
		}
	}
	row.Site, row.Area = the(sites), the(areas)
	if row.Route = the(routes); row.Route != nil && row.Route.Code == "" {
		row.Route = nil
	}
	if agent := the(agents); agent != nil {
		row.Agent = *agent
	}
	switch a.Subject.Thing {
	case alert.Agent:
		row.Agent = a.Subject.Code
	case alert.Section:
		r := f.route(a.Subject.Route)
		row.Route = &r
	case alert.Area:
		r := f.area(a.Subject.Code, today)
		row.Area = &r
	}
	return row
}

// the gives the one member of a set, nil if there is another number of them.
func the[T comparable](set map[T]bool) *T {
	for v := range set {
		if len(set) == 1 {
			return &v
		}
	}
	return nil
}

// alertInput gathers what is known now. While the history cannot be reached that
// is the one thing that is known.
func (f *figures) alertInput(ctx context.Context) (*alert.Input, error) {
	in := &alert.Input{Plan: f.Plan, At: f.Now(), Started: f.Live.Started()}
	if since, what := f.Trouble(); what != nil {
		in.Away = &alert.Away{Since: since, Why: plan.Text{VI: what.VI, EN: what.EN}}
		return in, nil
	}
	m, err := f.now(ctx)
	if err != nil {
		return nil, err
	}
	in.At, in.Status, in.Seen = m.at, m.status, m.seen
	for _, a := range f.Live.Agents() {
		if f.watches(a.Code) {
			in.Agents = append(in.Agents, a)
		}
	}
	conflicts, err := f.Store.Conflicts(ctx)
	if err != nil {
		return nil, err
	}
	in.Conflicts = mine(f, conflicts)
	if in.Aside, in.Gaps, err = f.notes(ctx, m.at); err != nil {
		return nil, err
	}
	if f.Lists != nil {
		in.Lists = map[string]alert.List{}
		for code, st := range mine(f, f.Lists()) {
			in.Lists[code] = alert.List{
				Takes: st.Key != wire.Key{}, Made: st.At, Current: !st.TakenAt.IsZero() && st.TakenRevision == st.Revision, Lost: st.Lost, Trouble: st.Trouble,
			}
		}
	}
	for _, l := range rollout.Overdue(f.Plan, m.today) {
		in.Late = append(in.Late, alert.Late{Camera: l.Camera, Milestone: alert.Milestone(l.Milestone), Due: l.Due})
	}
	level, err := f.level("")
	if err != nil {
		return nil, err
	}
	states, err := f.coverage(m, level)
	if err != nil {
		return nil, err
	}
	accepted, working := states[coverage.Accepted], states[coverage.Working]
	for i := range accepted.Routes {
		r := &accepted.Routes[i]
		for k := range r.Sections {
			s := &r.Sections[k]
			in.Sections = append(in.Sections, alert.Stretch{
				Route: r.Code, FromChainage: s.FromChainage, ToChainage: s.ToChainage, Cameras: s.Cameras, Working: working.Routes[i].Sections[k].Controlled,
			})
		}
	}
	return in, nil
}

// mine leaves out the agents that a caller does not see.
func mine[T any](f *figures, all map[string]T) map[string]T {
	seen := map[string]T{}
	for code, v := range all {
		if f.watches(code) {
			seen[code] = v
		}
	}
	return seen
}

// recordNotes keep what was read of agents' entries in the quarantine and of
// their gaps, while there are as many.
type recordNotes struct {
	mu     sync.Mutex
	asides map[string]asideNote
	gaps   map[string]gapsNote
}

type asideNote struct {
	count history.AsideCount
	aside alert.Aside
}

type gapsNote struct {
	count  history.LossCount
	losses []history.Loss // the newest of them
}

// maxLosses is how many gaps of an agent are looked at.
const maxLosses = 1000

// notes gives what is set aside and lost by agent.
func (f *figures) notes(ctx context.Context, at time.Time) (map[string]alert.Aside, map[string]alert.Gaps, error) {
	f.records.mu.Lock()
	defer f.records.mu.Unlock()
	n := &f.records
	if n.asides == nil {
		n.asides, n.gaps = map[string]asideNote{}, map[string]gapsNote{}
	}
	counts, err := f.Store.AsideCounts(ctx)
	if err != nil {
		return nil, nil, err
	}
	asides := map[string]alert.Aside{}
	for agent, c := range mine(f, counts) {
		if c.Entries == 0 {
			continue
		}
		if n.asides[agent].count != c {
			entries, err := f.Store.Entries(ctx, history.Selection{Agent: agent}) // newest first
			if err != nil {
				return nil, nil, err
			}
			note := asideNote{count: c, aside: alert.Aside{Entries: len(entries)}}
			if len(entries) > 0 {
				note.aside.Newest, note.aside.Reason, note.aside.Oldest = entries[0].Received, entries[0].Reason, entries[len(entries)-1].Received
			}
			n.asides[agent] = note
		}
		asides[agent] = n.asides[agent].aside
	}
	lost, err := f.Store.LossCounts(ctx)
	if err != nil {
		return nil, nil, err
	}
	gaps := map[string]alert.Gaps{}
	for agent, c := range mine(f, lost) {
		if n.gaps[agent].count != c {
			losses, err := f.Store.Losses(ctx, agent)
			if err != nil {
				return nil, nil, err
			}
			n.gaps[agent] = gapsNote{c, slices.Clone(losses[max(0, len(losses)-maxLosses):])}
		}
		var g alert.Gaps
		for _, l := range n.gaps[agent].losses {
			if at.Sub(l.Received) < alert.GapWithin {
				g.Gaps++
				g.Records += int64(l.Next - l.From)
				if l.Received.After(g.Newest) {
					g.Newest = l.Received
				}
			}
		}
		if g.Gaps > 0 {
			gaps[agent] = g
		}
	}
	return asides, gaps, nil
}
