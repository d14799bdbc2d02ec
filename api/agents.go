package api

import (
	"context"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/phukin/phukin/hub/assign"
	"github.com/phukin/phukin/hub/wire"
)

func (s *Server) registerAgents() {
	f := s.figures
	register(s, huma.Operation{
		OperationID: "listAgents", Method: http.MethodGet, Path: "/api/v1/agents", Tags: []string{"agents"},
		Summary: "All commune devices that the plan names or that were heard of",
	}, func(ctx context.Context, in *agentsInput) (*answer[AgentList], error) {
		body, at, err := f.agents(ctx, in)
		if err != nil {
			return nil, err
		}
		return respond(in.Conditional, body, at, f.Plan.Simulated)
	})
}

type agentsInput struct {
	Conditional
	Listing
	Agent  string `query:"agent" maxLength:"64" doc:"This one alone"`
	Area   string `query:"area" maxLength:"64" doc:"Those with a camera in the area that has this code today, or in one below it"`
	Online string `query:"online" enum:"true,false" doc:"Only those that are online, or that are not"`
}

func (f *figures) agents(ctx context.Context, in *agentsInput) (*AgentList, time.Time, error) {
	pages, err := newPager(ctx, agentList, &in.Listing)
	if err != nil {
		return nil, time.Time{}, err
	}
	m, err := f.now(ctx)
	if err != nil {
		return nil, time.Time{}, err
	}
	if err := f.areaOn("area", in.Area, m.today); err != nil {
		return nil, time.Time{}, err
	}
	aside, err := f.Store.AsideCounts(ctx)
	if err != nil {
		return nil, m.at, err
	}
	losses, err := f.Store.LossCounts(ctx)
	if err != nil {
		return nil, m.at, err
	}
	conflicts, err := f.Store.Conflicts(ctx)
	if err != nil {
		return nil, m.at, err
	}
	rows := map[string]*AgentRow{}
	row := func(code string) *AgentRow {
		if rows[code] == nil {
			n := aside[code]
			rows[code] = &AgentRow{Code: code, SetAside: n.Records, SetAsideMessages: n.Messages, Quarantine: n.Entries, Lost: losses[code].Records, Gaps: losses[code].Gaps}
		}
		return rows[code]
	}
	// An agent in doubt is shown even if nothing of it ever got through.
	for code, c := range conflicts {
		row(code).Conflict = &ConflictRow{What: c.What, First: c.First.UTC(), Last: c.Last.UTC(), Count: c.Count}
	}
	areas, within := map[string]map[Ref]bool{}, map[string]bool{}
	for i := range f.Plan.Cameras {
		c := &f.Plan.Cameras[i]
		if c.Agent == "" || !c.InPlan(m.today) {
			continue
		}
		row(c.Agent).Cameras++
		if site := f.Plan.Site(c.Site); site != nil {
			if areas[c.Agent] == nil {
				areas[c.Agent] = map[Ref]bool{}
			}
			areas[c.Agent][f.siteArea(site, m.today)] = true
			within[c.Agent] = within[c.Agent] || f.inArea(site, in.Area, m.today)
		}
	}
	for _, a := range f.Live.Agents() {
		r := row(a.Code)
		r.Online, r.Version, r.Spooled, r.Configured, r.LastSeen = a.Online, a.Version, int64(a.Spooled), a.Cameras, moments(a.LastSeen)
		r.Overruns = int64(min(a.Overruns, math.MaxInt64))
		if a.Refusal.Reason != "" {
			r.Refusal = &RefusalRow{Code: a.Refusal.Code.String(), Reason: a.Refusal.Reason, At: a.RefusedAt.UTC()}
		}
	}
	if f.Lists != nil {
		for code, st := range f.Lists() {
			row(code).List = listRow(&st)
		}
		for _, a := range f.Live.Agents() {
			if l := rows[a.Code].List; l != nil {
				l.Refused = a.ListRefused
			}
		}
	}
	for code, in := range areas {
		for ref := range in {
			if len(in) == 1 {
				rows[code].Area = &ref
			}
		}
	}
	if in.Agent != "" && (rows[in.Agent] == nil || !f.watches(in.Agent)) {
		return nil, time.Time{}, noAgent(in.Agent)
	}
	for _, r := range rows {
		if f.watches(r.Code) && (in.Agent == "" || r.Code == in.Agent) && (in.Area == "" || within[r.Code]) && (in.Online == "" || in.Online == strconv.FormatBool(r.Online)) {
			pages.add(r)
		}
	}
	list := &AgentList{}
	list.Items, list.Page = pages.rows()
	return list, m.at, nil
}

func noAgent(code string) *problem {
	return invalid("agent", code, "không có thiết bị xã này trong kế hoạch, cũng chưa từng nghe thấy; /api/v1/agents có danh sách",
		"is no agent that the plan names or that was heard of; /api/v1/agents lists them")
}

func listRow(st *assign.State) *ListRow {
	l := &ListRow{Revision: st.Revision, Cameras: st.Cameras, Made: st.At.UTC(), Lost: st.Lost, Trouble: st.Trouble}
	if !st.TakenAt.IsZero() {
		l.TakenRevision, l.Taken, l.Current = &st.TakenRevision, moments(st.TakenAt), st.TakenRevision == st.Revision
	}
	if st.Key != (wire.Key{}) {
		l.Key = st.Key.String()
	}
	return l
}
