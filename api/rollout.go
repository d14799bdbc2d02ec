package api

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/rollout"
)

// RolloutDay is the part of a request about the roll-out that says of which day
// and by which plan.
type RolloutDay struct {
	Conditional
	Day      string `query:"day" doc:"The figures are those of the end of this day, yyyy-mm-dd; today when absent"`
	Revision int    `query:"revision" minimum:"0" doc:"Number of the revision of the plan to go by; the plan in force when absent"`
}

// RolloutPart names a part of the cameras.
type RolloutPart struct {
	Phase string `query:"phase" doc:"Only cameras of this phase"`
	Area  string `query:"area" doc:"Only cameras of this commune, or of those in this area"`
}

type rolloutInput struct {
	RolloutDay
	By string `query:"by" default:"phase" enum:"phase,area,route,funding,owner" doc:"What cameras are put together by"`
}

type curveInput struct {
	Conditional
	RolloutPart
	From     string `query:"from" doc:"First day, yyyy-mm-dd; the plan's first when absent"`
	To       string `query:"to" doc:"Last day, yyyy-mm-dd; the plan's last when absent"`
	Every    string `query:"every" default:"month" enum:"day,week,month" doc:"Length of the pieces; each has the state at its end, and today has its own"`
	Revision int    `query:"revision" minimum:"0" doc:"Number of the revision of the plan to go by; the plan in force when absent"`
}

type overdueInput struct {
	RolloutDay
	RolloutPart
	Listing
	Milestone string `query:"milestone" enum:"installed,accepted" doc:"Only what is late with this"`
}

type discrepancyInput struct {
	RolloutDay
	RolloutPart
	Listing
	Days int    `query:"days" default:"7" minimum:"1" maximum:"366" doc:"Days up to and including the day on which an accepted camera must have been down, or silent, to be listed"`
	Kind string `query:"kind" enum:"never_seen,unclaimed,unplanned,resolution,dead,silent,retired_seen,double_address" doc:"Only this kind"`
}

func (s *Server) registerRollout() {
	f := s.figures
	operation := func(id, path, summary string) huma.Operation {
		return huma.Operation{OperationID: id, Method: http.MethodGet, Path: "/api/v1/rollout" + path, Tags: []string{"rollout"}, Summary: summary}
	}
	register(s, operation("getRollout", "", "How far the roll-out had come on a day: what the plan claims beside what evidence shows, of the plan and of its targets"),
		func(ctx context.Context, in *rolloutInput) (*answer[RolloutAnswer], error) {
			r, err := f.rollout(ctx, in.RolloutDay)
			if err != nil {
				return nil, err
			}
			return respond(in.Conditional, r.progress(in), r.at, r.plan.Simulated)
		})
	register(s, operation("getRolloutCurve", "/curve", "S-curve: what was to be installed by a day, what is claimed and what was seen"),
		func(ctx context.Context, in *curveInput) (*answer[RolloutCurve], error) {
			r, err := f.rollout(ctx, RolloutDay{Revision: in.Revision})
			if err != nil {
				return nil, err
			}
			body, err := r.curve(in)
			if err != nil {
				return nil, err
			}
			return respond(in.Conditional, body, r.at, r.plan.Simulated)
		})
	register(s, operation("listRolloutOverdue", "/overdue", "Milestones that are late: of which camera, by how many days"),
		func(ctx context.Context, in *overdueInput) (*answer[OverdueList], error) {
			r, err := f.rollout(ctx, in.RolloutDay)
			if err != nil {
				return nil, err
			}
			body, err := r.overdue(ctx, in)
			if err != nil {
				return nil, err
			}
			return respond(in.Conditional, body, r.at, r.plan.Simulated)
		})
	register(s, operation("listRolloutDiscrepancies", "/discrepancies", "Where plan and evidence contradict each other, and what to do about it"),
		func(ctx context.Context, in *discrepancyInput) (*answer[DiscrepancyList], error) {
			r, err := f.rollout(ctx, in.RolloutDay)
			if err != nil {
				return nil, err
			}
			body, err := r.discrepancies(ctx, in)
			if err != nil {
				return nil, err
			}
			return respond(in.Conditional, body, r.at, r.plan.Simulated)
		})
	register(s, operation("getRolloutForecast", "/forecast", "When the roll-out will be complete if the next months are like the last ones, between two bounds"),
		func(ctx context.Context, in *rolloutInput) (*answer[ForecastAnswer], error) {
			r, err := f.rollout(ctx, in.RolloutDay)
			if err != nil {
				return nil, err
			}
			return respond(in.Conditional, r.forecast(in), r.at, r.plan.Simulated)
		})
}

// rolledOut makes answers about the roll-out as of a day, by a plan.
type rolledOut struct {
	figures  *figures
	plan     *plan.Plan
	revision int // that was asked for; 0 for the plan in force
	seen     map[string]history.Seen
	evidence uint64 // as moment.evidence
	at       time.Time
	today    plan.Date
	day      plan.Date
	where    placing
}

// rollout gives what makes the answers to a request.
func (f *figures) rollout(ctx context.Context, in RolloutDay) (*rolledOut, error) {
	m, err := f.now(ctx)
	if err != nil {
		return nil, err
	}
	r := &rolledOut{f, f.Plan, in.Revision, m.seen, m.evidence, m.at, m.today, m.today, f.placing(ctx, m.today)}
	if in.Day != "" {
		if r.day, err = plan.ParseDate(in.Day); err != nil {
			return nil, notADay("day", in.Day)
		}
		if r.day > m.today {
			return nil, invalid("day", in.Day, "ngày này chưa đến: xem /api/v1/rollout/curve để biết dự kiến", "has not come yet: ask /api/v1/rollout/curve for what is scheduled")
		}
	}
	if in.Revision > 0 && in.Revision != f.Plan.Revision.Number {
		if r.plan, err = f.revised(ctx, in.Revision); err != nil {
			return nil, err
		}
		r.where.plan = r.plan
	}
	return r, nil
}

// rollouts keeps what was made last: a stored revision of the plan, and the
// answers of the last evidence.
type rollouts struct {
	mu       sync.Mutex
	revision *plan.Plan
	evidence uint64 // as moment.evidence
	progress map[progressKey]*RolloutAnswer
}

// progressKey is what a RolloutAnswer of a moment depends on.
type progressKey struct {
	plan *plan.Plan
	day  plan.Date
	by   string
}

// revised gives a stored revision of the plan.
func (f *figures) revised(ctx context.Context, number int) (*plan.Plan, error) {
	if f.PlanAt == nil {
		return nil, invalid("revision", number,
			"kế hoạch của máy chủ này là một thư mục tệp, không có bản sửa đổi: phukin-hub plan import đưa kế hoạch vào cơ sở dữ liệu",
			"this hub's plan is a folder of files, which has no revisions: phukin-hub plan import puts it into the database")
	}
	f.rollouts.mu.Lock()
	defer f.rollouts.mu.Unlock()
	if p := f.rollouts.revision; p != nil && p.Revision.Number == number {
		return p, nil
	}
	p, err := f.PlanAt(ctx, number)
	switch {
	case errors.Is(err, plan.ErrNoRevision):
		return nil, invalid("revision", number, "kế hoạch không có bản sửa đổi này: phukin-hub plan log liệt kê các bản", "there is no such revision of the plan: phukin-hub plan log lists them")
	case err != nil:
		return nil, err
	}
	f.rollouts.revision = p
	return p, nil
}

// part gives what says whether a camera is of the part that was asked for.
func (r *rolledOut) part(in RolloutPart) (func(*plan.Camera) bool, error) {
	if in.Phase != "" && !slices.ContainsFunc(r.plan.Phases, func(ph plan.Phase) bool { return ph.Code == in.Phase }) {
		var codes []string
		for _, ph := range r.plan.Phases {
			codes = append(codes, ph.Code)
		}
		return nil, invalid("phase", in.Phase, "kế hoạch không có giai đoạn này; các giai đoạn có: "+strings.Join(codes, ", "), "is not a phase of this plan; there are: "+strings.Join(codes, ", "))
	}
	within, ok := rollout.Within(r.plan, in.Area, r.day)
	if !ok {
		return nil, noArea(in.Area, r.day)
	}
	return func(c *plan.Camera) bool { return (in.Phase == "" || c.Phase == in.Phase) && within(c) }, nil
}

// name gives what a group is called.
func (r *rolledOut) name(by rollout.By, k rollout.Key) Text {
	name := k.Code
	switch {
	case by == rollout.ByTotal:
		return Text{"Tổng cộng", "Total"}
	case k.Code == "" && by == rollout.ByRoute:
		return Text{"Ngoài các tuyến", "Off the routes"}
	case k.Code == "":
		return Text{"Chưa ghi", "Not given"}
	case by == rollout.ByOwner && k.Code == string(plan.OwnerPublic):
		return Text{"Công", "Public"}
	case by == rollout.ByOwner && k.Code == string(plan.OwnerHousehold):
		return Text{"Hộ dân", "Household"}
	case by == rollout.ByPhase:
		for _, ph := range r.plan.Phases {
			if ph.Code == k.Code {
				return Text(ph.Name)
			}
		}
	case by == rollout.ByArea:
		for i := range r.plan.Areas {
			if a := &r.plan.Areas[i]; a.Code == k.Code && a.ValidFrom == k.From {
				name = a.Name
			}
		}
	case by == rollout.ByRoute:
		if route := r.plan.Route(k.Code); route != nil {
			name = route.Name
		}
	}
	return Text{name, name}
}

// place gives where a camera is: its site, its commune on the day, and its
// route, if it has one.
func (r *rolledOut) place(c *plan.Camera) (site, area Ref, route *Ref) {
	site = Ref{Code: c.Site}
	s := r.plan.Site(c.Site)
	if s == nil {
		return site, area, nil
	}
	site.Name, area.Code = r.where.name(s), s.Area
	if a := r.plan.SiteArea(s, r.day); a != nil {
		area = Ref{a.Code, a.Name}
	}
	if to := r.plan.Route(s.Route); to != nil {
		route = &Ref{to.Code, to.Name}
	}
	return site, area, route
}

// known gives a day for an answer, nil for none.
func known(d plan.Date) *string {
	if d.IsZero() {
		return nil
	}
	s := d.String()
	return &s
}
