package api

import (
	"slices"
	"strings"

	"github.com/phukin/phukin/hub/plan"
)

// CameraFilter is the part of a request that says which cameras it means: those
// for which all that is given is so.
type CameraFilter struct {
	Camera string `query:"camera" maxLength:"64" doc:"This camera alone"`
	Site   string `query:"site" maxLength:"64" doc:"Cameras of this site"`
	Route  string `query:"route" maxLength:"64" doc:"Cameras on this route"`
	Area   string `query:"area" maxLength:"64" doc:"Cameras in the area that has this code on the last day that is asked about, or in one below it"`
	Agent  string `query:"agent" maxLength:"64" doc:"Cameras of this agent"`
	Phase  string `query:"phase" maxLength:"64" doc:"Cameras of this phase"`
	Owner  string `query:"owner" enum:"public,household" doc:"Cameras of such owners"`
}

// meant gives what says whether a camera is meant. It refuses codes that the
// plan does not have; areas are those of a day.
func (f *figures) meant(in *CameraFilter, on plan.Date) (func(*plan.Camera) bool, error) {
	p := f.Plan
	if in.Camera != "" && p.Camera(in.Camera) == nil {
		return nil, noSuch("camera", in.Camera, "camera", "a camera", "/api/v1/cameras", nil)
	}
	if in.Site != "" && p.Site(in.Site) == nil {
		return nil, noSuch("site", in.Site, "điểm lắp đặt", "a site", "/api/v1/cameras?fields=site", nil)
	}
	if err := f.knownRoute(in.Route); err != nil {
		return nil, err
	}
	if err := f.areaOn("area", in.Area, on); err != nil {
		return nil, err
	}
	if in.Agent != "" && !hasAgent(p, in.Agent) {
		return nil, noSuch("agent", in.Agent, "thiết bị xã có camera", "an agent with cameras", "/api/v1/agents", nil)
	}
	if in.Phase != "" && !slices.ContainsFunc(p.Phases, func(ph plan.Phase) bool { return ph.Code == in.Phase }) {
		return nil, noSuch("phase", in.Phase, "giai đoạn", "a phase", "/api/v1/plan", codesOf(p.Phases, func(ph *plan.Phase) string { return ph.Code }))
	}
	if *in == (CameraFilter{}) {
		return func(*plan.Camera) bool { return true }, nil
	}
	is := func(want, have string) bool { return want == "" || want == have }
	return func(c *plan.Camera) bool {
		if !is(in.Camera, c.Code) || !is(in.Site, c.Site) || !is(in.Agent, c.Agent) || !is(in.Phase, c.Phase) || !is(in.Owner, string(c.Owner)) {
			return false
		}
		if in.Route == "" && in.Area == "" {
			return true
		}
		s := p.Site(c.Site)
		return s != nil && is(in.Route, s.Route) && f.inArea(s, in.Area, on)
	}, nil
}

// inArea says whether a site lies in the area that a code means on a day, or in
// one below it; it does if the code is empty.
func (f *figures) inArea(s *plan.Site, code string, on plan.Date) bool {
	return code == "" || slices.ContainsFunc(f.Plan.SiteAreas(s, on), func(a *plan.Area) bool { return a.Code == code })
}

// areaOn refuses the code of an area that the plan does not have on a day.
func (f *figures) areaOn(parameter, code string, on plan.Date) error {
	if a := f.Plan.AreaOn(code, on); code == "" || a != nil && a.InForce(on) {
		return nil
	}
	return noAreaIn(parameter, code, on)
}

func (f *figures) knownRoute(code string) error {
	if code == "" || f.Plan.Route(code) != nil {
		return nil
	}
	return noSuch("route", code, "tuyến", "a route", "/api/v1/routes", codesOf(f.Plan.Routes, func(r *plan.Route) string { return r.Code }))
}

// noSuch refuses a code that the plan does not have, and says which it has, or
// where they stand if there are many.
func noSuch(parameter, code, vi, en, where string, have []string) error {
	const most = 20
	if len(have) == 0 || len(have) > most {
		return invalid(parameter, code, "kế hoạch không có "+vi+" này; "+where+" có danh sách", "is not "+en+" of this plan; "+where+" lists them")
	}
	all := strings.Join(have, ", ")
	return invalid(parameter, code, "kế hoạch không có "+vi+" này; có: "+all, "is not "+en+" of this plan; there are: "+all)
}

func codesOf[T any](all []T, code func(*T) string) []string {
	codes := make([]string, len(all))
	for i := range all {
		codes[i] = code(&all[i])
	}
	return codes
}
