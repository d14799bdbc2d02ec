package api

import (
	"context"
	"math"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/phukin/phukin/hub/account"
	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/wire"
)

// CameraPeriod is the part of a request that names a camera and a period.
type CameraPeriod struct {
	Period
	Code string `path:"code" minLength:"1" maxLength:"64" doc:"The camera's code in the plan"`
}

type cameraUptimeInput struct {
	CameraPeriod
	Every string `query:"every" enum:"day,week,month,quarter,year" doc:"Add a series in such pieces"`
}

type cameraOutagesInput struct {
	CameraPeriod
	Listing
}

func (s *Server) registerCamera() {
	f := s.figures
	register(s, huma.Operation{
		OperationID: "getCamera", Method: http.MethodGet, Path: "/api/v1/cameras/{code}", Tags: []string{"cameras"},
		Summary: "One camera with all that the plan and the evidence say of it, and its uptime over a period", Errors: []int{http.StatusNotFound},
	}, f.cameraAnswer)
	register(s, huma.Operation{
		OperationID: "getCameraUptime", Method: http.MethodGet, Path: "/api/v1/cameras/{code}/uptime", Tags: []string{"cameras"},
		Summary: "Availability of one camera over a period, as /uptime has it for all", Errors: []int{http.StatusNotFound},
	}, func(ctx context.Context, in *cameraUptimeInput) (*answer[UptimeAnswer], error) {
		if f.Plan.Camera(in.Code) == nil {
			return nil, missing("cameras", in.Code)
		}
		body, at, err := f.uptime(ctx, &uptimeInput{Period: in.Period, CameraFilter: CameraFilter{Camera: in.Code}, By: "camera", Every: in.Every})
		if err != nil {
			return nil, err
		}
		return respond(in.Conditional, body, at, f.Plan.Simulated)
	})
	register(s, huma.Operation{
		OperationID: "listCameraOutages", Method: http.MethodGet, Path: "/api/v1/cameras/{code}/outages", Tags: []string{"cameras"},
		Summary: "Outages of one camera in a period, with the others that a common cause hit, newest first", Errors: []int{http.StatusNotFound},
	}, func(ctx context.Context, in *cameraOutagesInput) (*answer[OutageList], error) {
		if f.Plan.Camera(in.Code) == nil {
			return nil, missing("cameras", in.Code)
		}
		body, at, err := f.outages(ctx, &outagesInput{Period: in.Period, Listing: in.Listing, CameraFilter: CameraFilter{Camera: in.Code}})
		if err != nil {
			return nil, err
		}
		return respond(in.Conditional, body, at, f.Plan.Simulated)
	})
}

func (f *figures) cameraAnswer(ctx context.Context, in *CameraPeriod) (*answer[CameraAnswer], error) {
	c := f.Plan.Camera(in.Code)
	if c == nil {
		return nil, missing("cameras", in.Code)
	}
	m, err := f.now(ctx)
	if err != nil {
		return nil, err
	}
	days, period, err := f.period(in.Period, m.at)
	if err != nil {
		return nil, err
	}
	service := f.service[c.Code]
	counted := service.Counted()
	known, err := f.ledger.reaching(ctx, days.First, m.at, f.outagesBegin(period, m.at))
	if err != nil {
		return nil, err
	}
	where := f.placing(ctx, m.today)
	row := f.camera(m, c, where)
	body := &CameraAnswer{
		Code: c.Code, Site: row.Site, SiteKind: row.SiteKind, Area: row.Area, Route: row.Route, Chainage: row.Chainage,
		Agent: c.Agent, Phase: c.Phase, Owner: string(c.Owner), Funding: c.Funding, Cost: c.Cost, Recorder: c.Recorder,
		StorageDays: c.StorageDays, Signage: string(c.Signage), Stream: f.stream(ctx, c, m.today),
		Planned: PlannedStream{
			Picture:     Picture{Codec: codecOf(c), Width: c.Width, Height: c.Height, FrameRate: c.FrameRate},
			KeyframeGap: c.KeyframeGap, Interval: c.Interval, Depth: c.Depth, Transport: c.Transport,
		},
		Milestones: row.Milestones, Status: row.Status, Maintenance: f.ahead(c, m),
		From: days.First.String(), To: days.Last.String(),
		Uptime:  uptimeRow(sums{known.Figure(c.Code, counted, period), paused(service, period)}),
		Repairs: repairsRow(known.Repairs(c.Code, counted, period, m.at.Unix())),
	}
	if site := f.Plan.Site(c.Site); site != nil && where.sees(site) {
		body.Position = where.position(site)
		body.View = &CameraView{Azimuth: number(c.Azimuth), FOV: number(c.FOV), Mounting: c.MountingAt}
	}
	if row.Measured != nil {
		body.Measured = &Measured{Picture: *row.Measured}
		if seen := m.seen[c.Code]; seen.MeasuredAt > 0 {
			body.Measured.At = moments(time.UnixMilli(seen.MeasuredAt))
		}
	}
	return respond(in.Conditional, body, m.at, f.Plan.Simulated)
}

// codecOf gives the codec that the plan expects, by the name that probes have for
// it.
func codecOf(c *plan.Camera) string {
	if c.Codec == "mjpeg" {
		return wire.CodecJPEG.String()
	}
	return c.Codec
}

// number gives a number of the plan, nil for one that is not known.
func number(v float64) *float64 {
	if math.IsNaN(v) {
		return nil
	}
	return &v
}

// ahead gives the maintenance of a camera that has not ended.
func (f *figures) ahead(c *plan.Camera, m *moment) []Pause {
	pauses := []Pause{}
	for i := range f.Plan.Windows {
		if w := &f.Plan.Windows[i]; w.To.After(m.at) && w.Until.IsZero() && f.Plan.Covers(w, c) {
			pauses = append(pauses, Pause{w.Code, w.From.UTC(), w.To.UTC(), w.Reason})
		}
	}
	slices.SortStableFunc(pauses, func(a, b Pause) int { return a.From.Compare(b.From) })
	return pauses
}

// stream gives where a camera's stream is expected, to who has the right to know
// where the camera is.
func (f *figures) stream(ctx context.Context, c *plan.Camera, today plan.Date) *Stream {
	a, site := accessOf(ctx), f.Plan.Site(c.Site)
	address := c.Address.Reveal()
	if a == nil || site == nil || address == "" || !a.who.Has(account.RightAddresses).HasSite(f.Plan, site, today) {
		return nil
	}
	return &Stream{Address: withoutCredentials(address)}
}

// secretKeys are what names in an address begin with whose values let somebody in.
var secretKeys = []string{"user", "usr", "login", "account", "pass", "pwd", "psw", "token", "auth", "secret", "key"}

// withoutCredentials gives an address with *** for what may be a user name or a
// password: before the host, and as name=value in its path or query, where many
// cameras take them.
func withoutCredentials(address string) string {
	scheme, rest, ok := strings.Cut(address, "://")
	if !ok {
		return "***"
	}
	end := strings.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}
	host := rest[:end]
	if at := strings.LastIndexByte(host, '@'); at >= 0 {
		host = "***@" + host[at+1:]
	}
	var b strings.Builder
	b.WriteString(scheme + "://" + host)
	secret := false // the value that is being read is hidden
	for rest = rest[end:]; rest != ""; {
		// A part ends where a name may begin. An underscore ends one as well if a
		// name and = follow: user=a_password=b_channel=1.
		cut := 1 + strings.IndexAny(rest[1:], "/?#&;_")
		if cut == 0 {
			cut = len(rest)
		}
		part := rest[:cut]
		rest = rest[cut:]
		name, _, named := strings.Cut(part[1:], "=")
		begins := part[0] != '_' || named
		if begins {
			secret = named && slices.ContainsFunc(secretKeys, func(k string) bool { return strings.HasPrefix(strings.ToLower(name), k) })
		}
		switch {
		case begins && secret:
			b.WriteString(part[:1] + name + "=***")
		case !secret:
			b.WriteString(part)
		}
	}
	return b.String()
}
