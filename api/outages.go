package api

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/phukin/phukin/hub/uptime"
	"github.com/phukin/phukin/hub/wire"
)

type outagesInput struct {
	Period
	AsOf
	Listing
	CameraFilter
	Place []string `query:"place" enum:"agent,site,camera,agent_offline" doc:"Incidents whose cause lies there; several with commas"`
	Fault []string `query:"fault" doc:"Incidents with this fault, such as timeout; several with commas"`
	Open  string   `query:"open" enum:"true,false" doc:"Only incidents after which nothing was seen, or only the others"`
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
		return respond(in.Conditional, body, at, f.simulated(ctx, in.Revision))
	})
}

func (f *figures) outages(ctx context.Context, in *outagesInput) (*OutageList, time.Time, error) {
	f, m, err := f.asOf(ctx, in.AsOf)
	if err != nil {
		return nil, time.Time{}, err
	}
	days, period, err := f.periodAt(in.Period, m)
	if err != nil {
		return nil, time.Time{}, err
	}
	pages, err := newPager(ctx, incidentList, &in.Listing)
	if err != nil {
		return nil, time.Time{}, err
	}
	wanted, err := f.meant(&in.CameraFilter, dateOf(days.Last))
	if err != nil {
		return nil, time.Time{}, err
	}
	if err := knownFaults(in.Fault); err != nil {
		return nil, time.Time{}, err
	}
	known, err := f.reaching(ctx, m, days.First, period)
	if err != nil {
		return nil, time.Time{}, err
	}
	body := &OutageList{Revision: in.Revision, From: days.First.String(), To: days.Last.String()}
	// Whether a cause is common is asked of all cameras; what is shown is those
	// with one that was asked for.
	members := make([]uptime.Member, len(f.Plan.Cameras))
	meant := map[string]bool{}
	var repairs uptime.Repairs
	for i := range f.Plan.Cameras {
		c := &f.Plan.Cameras[i]
		members[i] = uptime.Member{Camera: c.Code, Site: c.Site, Agent: c.Agent, Counted: f.service[c.Code].Counted()}
		if meant[c.Code] = wanted(c); meant[c.Code] {
			repairs.Add(known.Repairs(c.Code, members[i].Counted, period, m.at.Unix()))
		}
	}
	body.Repairs = repairsRow(repairs)
	where := f.placing(ctx, m.today)
	incidents := known.Incidents(members, period, m.at.Unix())
	for i := range incidents {
		x := &incidents[i]
		if !slices.ContainsFunc(x.Outages, func(o uptime.Outage) bool { return meant[o.Camera] }) {
			continue
		}
		row := IncidentRow{Place: string(x.Place), Code: x.Code, OutageTimes: outageTimes(&x.Outage), Cameras: make([]OutageRow, len(x.Outages))}
		for k := range x.Outages {
			o := &x.Outages[k]
			row.Cameras[k] = OutageRow{Code: o.Camera, Site: f.siteOf(o.Camera, where), OutageTimes: outageTimes(o)}
		}
		if (len(in.Place) == 0 || slices.Contains(in.Place, row.Place)) && (len(in.Fault) == 0 || slices.Contains(in.Fault, row.Fault)) &&
			(in.Open == "" || in.Open == strconv.FormatBool(row.Open)) {
			pages.add(&row)
		}
	}
	body.Items, body.Page = pages.rows()
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

// knownFaults refuses what is not a fault.
func knownFaults(codes []string) error {
	for _, code := range codes {
		if !slices.ContainsFunc(wire.Faults(), func(f wire.Fault) bool { return f.String() == code }) {
			have := strings.Join(codesOf(wire.Faults(), func(f *wire.Fault) string { return f.String() }), ", ")
			return invalid("fault", code, "không phải một lỗi; các lỗi có: "+have, "is not a fault; there are: "+have)
		}
	}
	return nil
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
