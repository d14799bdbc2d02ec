package uptime

import (
	"cmp"
	"slices"

	"github.com/phukin/phukin/hub/plan"
)

// By says what cameras are put together by.
type By string

// What figures are made by.
const (
	ByTotal   By = "total"
	ByArea    By = "area" // the commune, by code and first day in force
	ByRoute   By = "route"
	BySite    By = "site"
	ByPhase   By = "phase"
	ByFunding By = "funding" // source of the money
	ByOwner   By = "owner"
	ByCamera  By = "camera"
)

// Key names a group. From is set for areas alone: codes are used again with
// other meanings.
type Key struct {
	Code string
	From plan.Date
}

// KeyOf gives the group of a camera on a day: areas are those of the day. Code
// is empty for what has none, such as a camera off the routes by route.
func KeyOf(p *plan.Plan, c *plan.Camera, by By, on plan.Date) Key {
	site := p.Site(c.Site)
	switch by {
	case ByCamera:
		return Key{Code: c.Code}
	case BySite:
		return Key{Code: c.Site}
	case ByPhase:
		return Key{Code: c.Phase}
	case ByFunding:
		return Key{Code: c.Funding}
	case ByOwner:
		return Key{Code: string(c.Owner)}
	case ByRoute:
		if site != nil {
			return Key{Code: site.Route}
		}
	case ByArea:
		if site == nil {
			break
		}
		if a := p.SiteArea(site, on); a != nil {
			return Key{a.Code, a.ValidFrom}
		}
		return Key{Code: site.Area}
	}
	return Key{}
}

// TargetOf gives the target of a measure for an area on a day: of those whose
// year is that of the day, or that have none, the one of the area, or else the
// one of the whole plan; of several the one of the year. Targets of a single
// phase are not meant.
func TargetOf(p *plan.Plan, m plan.Measure, area string, year int) (plan.Target, bool) {
	var found []plan.Target
	for _, t := range p.Targets {
		if t.Measure == m && t.Phase == "" && (t.Area == "" || t.Area == area || t.Area == p.Root) && (t.Year == 0 || t.Year == year) {
			found = append(found, t)
		}
	}
	if len(found) == 0 {
		return plan.Target{}, false
	}
	own := func(t plan.Target) int {
		switch {
		case area != "" && t.Area == area:
			return 0
		case t.Area == "":
			return 2
		}
		return 1
	}
	return slices.MinFunc(found, func(a, b plan.Target) int {
		return cmp.Or(cmp.Compare(own(a), own(b)), cmp.Compare(b.Year, a.Year))
	}), true
}
