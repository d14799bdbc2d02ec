package api

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/uptime"
	"github.com/phukin/phukin/hub/wire"
)

type camerasInput struct {
	Conditional
	Listing
	CameraFilter
	Status []string `query:"status" enum:"up,degraded,down,unknown,maintenance,not_in_service" doc:"Cameras that are so now; several with commas"`
	Days   int      `query:"days" default:"90" minimum:"1" maximum:"1100" doc:"Length of the period of the figures: so many local days up to and including today"`
	Bars   bool     `query:"bars" doc:"Add to each camera the seconds by status of every day of the period"`
}

func (s *Server) registerCameras() {
	f := s.figures
	register(s, huma.Operation{
		OperationID: "listCameras", Method: http.MethodGet, Path: "/api/v1/cameras", Tags: []string{"cameras"},
		Summary: "Cameras of the plan: what it says of them, their status now, and their uptime over a period",
	}, func(ctx context.Context, in *camerasInput) (*answer[CameraList], error) {
		body, at, err := f.cameras(ctx, in)
		if err != nil {
			return nil, err
		}
		return respond(in.Conditional, body, at, f.Plan.Simulated)
	})
}

func (f *figures) cameras(ctx context.Context, in *camerasInput) (*CameraList, time.Time, error) {
	m, err := f.now(ctx)
	if err != nil {
		return nil, time.Time{}, err
	}
	meant, err := f.meant(&in.CameraFilter, m.today)
	if err != nil {
		return nil, time.Time{}, err
	}
	pages, err := newPager(ctx, cameraList, &in.Listing)
	if err != nil {
		return nil, time.Time{}, err
	}
	last := dayNumber(m.today)
	first := last - history.DayNumber(in.Days-1)
	// Figures move with every second; who asks for the status alone gets an
	// answer that changes only when a status does.
	figures := cameraList.needs(&in.Listing, "uptime") || in.Bars && cameraList.needs(&in.Listing, "bars")
	var known *uptime.Snapshot
	var cuts []int64
	if figures {
		if known, err = f.ledger.snapshot(ctx, first, m.at); err != nil {
			return nil, time.Time{}, err
		}
		cuts = uptime.Moments(uptime.Cuts(first, last, uptime.Daily), f.Plan.Location)
		cuts[len(cuts)-1] = m.at.Unix()
	}
	list := &CameraList{From: first.String(), To: last.String()}
	period := uptime.Window{From: first.Start(f.Plan.Location).Unix(), To: m.at.Unix()}
	var total sums
	var daily []uptime.Figure
	where := f.placing(ctx, m.today)
	pages.held = make([]heldRow[CameraRow], 0, len(f.Plan.Cameras))
	for i := range f.Plan.Cameras {
		c := &f.Plan.Cameras[i]
		if !meant(c) {
			continue
		}
		row := f.cameraRow(m, i, where)
		if len(in.Status) > 0 && !slices.Contains(in.Status, row.Status.Status) {
			continue
		}
		list.Count.add(row.Status.Status)
		if figures {
			service := f.service[c.Code]
			counted := service.Counted()
			one := sums{known.Figure(c.Code, counted, period), paused(service, period)}
			total.add(one)
			row.Uptime = uptimeRow(one)
			if in.Bars {
				daily = known.Series(c.Code, counted, cuts, daily[:0])
				row.Bars = bars(daily)
			}
		}
		pages.add(&row)
	}
	if figures {
		u := uptimeRow(total)
		list.Uptime = &u
	}
	list.Items, list.Page = pages.rows()
	return list, m.at, nil
}

func (f *figures) camera(m *moment, c *plan.Camera, where placing) CameraRow {
	row := CameraRow{
		Code: c.Code, Site: Ref{Code: c.Site}, Agent: c.Agent, Phase: c.Phase, Owner: string(c.Owner),
		Planned:    Picture{Width: c.Width, Height: c.Height, FrameRate: c.FrameRate},
		Milestones: milestones(c, m.seen),
		Status:     m.statusRow(c.Code),
	}
	if site := f.Plan.Site(c.Site); site != nil {
		row.Site.Name, row.SiteKind, row.Area = where.name(site), string(site.Kind), f.siteArea(site, m.today)
		if r := f.Plan.Route(site.Route); r != nil {
			row.Route = &Ref{r.Code, r.Name}
			row.Chainage = where.chainage(site, r)
		}
	}
	seen := m.seen[c.Code]
	if s := m.status[c.Code]; s.Known && s.State.Width > 0 {
		row.Measured = &Picture{Codec: s.State.Codec.String(), Width: s.State.Width, Height: s.State.Height, FrameRate: rate(seen.FrameRate)}
	} else if seen.Width > 0 {
		row.Measured = &Picture{Codec: seen.Codec.String(), Width: seen.Width, Height: seen.Height, FrameRate: rate(seen.FrameRate)}
	}
	return row
}

// rate rounds a frame rate to hundredths: more was not measured.
func rate(v float32) float64 { return float64(int(v*100+0.5)) / 100 }

func milestones(c *plan.Camera, seen map[string]history.Seen) Milestones {
	m := Milestones{
		Due: c.Due.String(), Planned: c.Planned.String(), Surveyed: c.Surveyed.String(),
		Installed: c.Installed.String(), Accepted: c.Accepted.String(), Retired: c.Retired.String(),
	}
	if s, ok := seen[c.Code]; ok {
		m.Enrolled, m.Verified = s.Enrolled.String(), s.Verified.String()
	}
	return m
}

func (m *moment) statusRow(camera string) Status {
	s := m.status[camera]
	pause, paused := m.paused[camera]
	switch {
	case !s.InService:
		return Status{Status: "not_in_service"}
	case paused:
		return Status{Status: "maintenance", Since: moments(time.Unix(pause.From, 0)), Until: moments(time.Unix(pause.To, 0))}
	case !s.Known:
		return Status{Status: "unknown", Cause: string(s.Cause), Since: moments(s.Since)}
	}
	row := Status{Status: s.State.Status.String(), RTSPStatus: s.State.RTSPStatus, Since: moments(time.UnixMilli(s.State.Since))}
	if s.State.Status == wire.StatusDown {
		row.Fault, row.FellOn = s.State.Fault.String(), s.State.FellOn.String()
	}
	for _, r := range s.State.Reasons {
		row.Reasons = append(row.Reasons, r.String())
	}
	return row
}

// moments gives a time for an answer, nothing for none.
func moments(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// sums are a figure with the time that maintenance took from it.
type sums struct {
	uptime.Figure
	paused int64
}

func (s *sums) add(o sums) {
	s.Add(o.Figure)
	s.paused += o.paused
}

// paused counts the seconds of a period in which a camera was in service and in
// maintenance.
func paused(s uptime.Service, period uptime.Window) int64 {
	if len(s.Pauses) == 0 {
		return 0
	}
	return s.In.And(s.Pauses).Within(period).Seconds()
}

func uptimeRow(g sums) Uptime {
	u := Uptime{InService: g.InService(), Up: g.Up, Degraded: g.Degraded, Down: g.Down, Unknown: g.Unknown, Maintenance: g.paused, Outages: g.Outages}
	ratios := new([4]float64) // together, for there are many rows
	var ok bool
	if ratios[0], ok = g.Availability(); ok {
		u.Availability = &ratios[0]
	}
	if ratios[1], ok = g.Observed(); ok {
		u.Observed = &ratios[1]
	}
	if ratios[2], ratios[3], ok = g.Bounds(); ok {
		u.Low, u.High = &ratios[2], &ratios[3]
	}
	return u
}

func bars(daily []uptime.Figure) [][4]int {
	b := make([][4]int, len(daily))
	for i, d := range daily {
		b[i] = [4]int{int(d.Up), int(d.Degraded), int(d.Down), int(d.Unknown)}
	}
	return b
}

func (n *StatusCount) add(status string) {
	switch status {
	case "up":
		n.Up++
	case "degraded":
		n.Degraded++
	case "down":
		n.Down++
	case "unknown":
		n.Unknown++
	case "maintenance":
		n.Maintenance++
	default:
		n.NotInService++
	}
}
