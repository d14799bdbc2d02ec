package api

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/uptime"
	"github.com/phukin/phukin/hub/wire"
)

type outagesInput struct {
	Period
	Camera string `query:"camera" doc:"Of this camera alone"`
	Site   string `query:"site" doc:"Of the cameras of this site"`
	Route  string `query:"route" doc:"Of the cameras on this route"`
	Area   string `query:"area" doc:"Of the cameras in the area that has this code on the last day"`
	Limit  int    `query:"limit" default:"200" minimum:"1" maximum:"5000" doc:"So many incidents, the newest"`
}

func (s *Server) registerOutages() {
	f := s.figures
	register(s, huma.Operation{
		OperationID: "listOutages", Method: http.MethodGet, Path: "/api/v1/outages", Tags: []string{"uptime"},
		Summary: "Outages of a period, those of a common cause as one, newest first",
	}, func(ctx context.Context, in *outagesInput) (*answer[OutageList], error) {
		body, at, err := f.outages(ctx, in)
		if err != nil {
			return nil, err
		}
		return respond(in.Conditional, body, at, f.Plan.Simulated)
	})
}

func (f *figures) outages(ctx context.Context, in *outagesInput) (*OutageList, time.Time, error) {
	m, err := f.now(ctx)
	if err != nil {
		return nil, time.Time{}, err
	}
	days, period, err := f.period(in.Period, m.at)
	if err != nil {
		return nil, time.Time{}, err
	}
	known, err := f.ledger.reaching(ctx, days.First, m.at, f.outagesBegin(period, m.at))
	if err != nil {
		return nil, time.Time{}, err
	}
	body := &OutageList{From: days.First.String(), To: days.Last.String(), Items: []IncidentRow{}}
	// Whether a cause is common is asked of all cameras; what is shown is those
	// with one that was asked for.
	members := make([]uptime.Member, len(f.Plan.Cameras))
	meant := map[string]bool{}
	var repairs uptime.Repairs
	for i := range f.Plan.Cameras {
		c := &f.Plan.Cameras[i]
		members[i] = uptime.Member{Camera: c.Code, Site: c.Site, Agent: c.Agent, Counted: f.service[c.Code].Counted()}
		if meant[c.Code] = f.meant(in, c, dateOf(days.Last)); meant[c.Code] {
			repairs.Add(known.Repairs(c.Code, members[i].Counted, period, m.at.Unix()))
		}
	}
	body.Repairs = repairsRow(repairs)
	where := f.placing(ctx, m.today)
	incidents := known.Incidents(members, period, m.at.Unix())
	slices.Reverse(incidents)
	for i := range incidents {
		x := &incidents[i]
		if !slices.ContainsFunc(x.Outages, func(o uptime.Outage) bool { return meant[o.Camera] }) {
			continue
		}
		if body.Total++; body.Total > in.Limit {
			continue
		}
		row := IncidentRow{Place: string(x.Place), Code: x.Code, OutageTimes: outageTimes(&x.Outage), Cameras: make([]OutageRow, len(x.Outages))}
		for k := range x.Outages {
			o := &x.Outages[k]
			row.Cameras[k] = OutageRow{Code: o.Camera, Site: f.siteOf(o.Camera, where), OutageTimes: outageTimes(o)}
		}
		body.Items = append(body.Items, row)
	}
	return body, m.at, nil
}

// outagesBegin says whether every outage of a period has a beginning, so that
// more of the ledger would not change it.
func (f *figures) outagesBegin(period uptime.Window, at time.Time) func(*uptime.Snapshot) bool {
	return func(s *uptime.Snapshot) bool {
		for code, service := range f.service {
			for _, o := range s.Outages(code, service.Counted(), period, at.Unix()) {
				if o.Beginless {
					return false
				}
			}
		}
		return true
	}
}

func (f *figures) meant(in *outagesInput, c *plan.Camera, on plan.Date) bool {
	for by, code := range map[uptime.By]string{uptime.ByCamera: in.Camera, uptime.BySite: in.Site, uptime.ByRoute: in.Route, uptime.ByArea: in.Area} {
		if code != "" && uptime.KeyOf(f.Plan, c, by, on).Code != code {
			return false
		}
	}
	return true
}

func (f *figures) siteOf(camera string, where placing) Ref {
	c := f.Plan.Camera(camera)
	if s := f.Plan.Site(c.Site); s != nil {
		return Ref{s.Code, where.name(s)}
	}
	return Ref{Code: c.Site}
}

func outageTimes(o *uptime.Outage) OutageTimes {
	t := OutageTimes{
		From: time.Unix(o.From, 0).UTC(), To: time.Unix(o.To, 0).UTC(), Open: o.Open, Continues: o.Continues, Counted: o.Counted,
	}
	if o.Earliest < o.From {
		t.Earliest = moments(time.Unix(o.Earliest, 0))
	}
	if o.Latest > o.To {
		t.Latest = moments(time.Unix(o.Latest, 0))
	}
	if o.Fault != wire.FaultNone {
		t.Fault, t.FellOn = o.Fault.String(), o.FellOn.String()
	}
	return t
}
