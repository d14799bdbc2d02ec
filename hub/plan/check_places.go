package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/phukin/phukin/hub/geo"
)

func (d *draft) checkAreas() {
	p := &d.plan
	byCode := map[string][]int{}
	for i, a := range p.Areas {
		byCode[a.Code] = append(byCode[a.Code], i)
	}
	keys := newRegister("area")
	for i, a := range p.Areas {
		s := d.at(areasFile, i, a.Code)
		s.checkCode("code", a.Code)
		s.checkText("name", a.Name, true)
		s.checkText("kind", a.Kind, true)
		s.checkYear("valid_from", a.ValidFrom)
		s.checkYear("valid_to", a.ValidTo)
		s.checkPosition(a.Centre)
		if s.sound("valid_from") {
			keys.only(s, fmt.Sprintf("%s\x00%d", a.Code, a.ValidFrom), a.Code, "give each area a code and a first day of its own")
		}
		if !a.ValidTo.IsZero() && a.ValidTo < a.ValidFrom && s.sound("valid_from", "valid_to") {
			s.fault("valid_to", fmt.Sprintf("%s lies before the first day, %s", a.ValidTo, a.ValidFrom), "write the last day in force")
		}
		d.checkOverlap(s, i, byCode[a.Code])
		if _, ok := byCode[a.Parent]; a.Parent != "" && !ok {
			s.fault("parent", quote(a.Parent)+" is not in "+areasFile, "write the code of an area, or nothing at the top")
		}
	}
	d.checkHierarchy()
	if !d.has(planFile) || !d.has(areasFile) {
		return
	}
	if _, ok := byCode[p.Root]; !ok {
		s := d.at(planFile, 0, "")
		if p.Root == "" {
			s.fault("root", "missing", "write the code of the area that the plan is for")
		} else {
			s.fault("root", quote(p.Root)+" is not in "+areasFile, "write the code of the area that the plan is for")
		}
	}
}

// checkOverlap finds an earlier area of the same code that is in force at the
// same time.
func (d *draft) checkOverlap(s spot, i int, same []int) {
	a := d.plan.Areas[i]
	end := func(x Area) Date {
		if x.ValidTo.IsZero() {
			return Forever
		}
		return x.ValidTo
	}
	for _, j := range same {
		b := d.plan.Areas[j]
		if j >= i {
			return
		}
		if a.ValidFrom != b.ValidFrom && a.ValidFrom <= end(b) && b.ValidFrom <= end(a) && s.sound("code", "valid_from", "valid_to") {
			s.fault("valid_from", fmt.Sprintf("%s is in force twice at the same time", quote(a.Code)),
				"end the earlier area on the day before the later one begins")
			return
		}
	}
}

// parents gives the parents of each code, over all its meanings.
func (p *Plan) parents() map[string][]string {
	m := make(map[string][]string, len(p.Areas))
	for _, a := range p.Areas {
		if a.Parent != "" && !slices.Contains(m[a.Code], a.Parent) {
			m[a.Code] = append(m[a.Code], a.Parent)
		}
	}
	return m
}

// above gives all codes above a code, itself included.
func above(parents map[string][]string, code string) map[string]bool {
	seen := map[string]bool{code: true}
	for queue := []string{code}; len(queue) > 0; {
		next := parents[queue[0]]
		queue = queue[1:]
		for _, c := range next {
			if !seen[c] {
				seen[c] = true
				queue = append(queue, c)
			}
		}
	}
	return seen
}

func (d *draft) checkHierarchy() {
	parents := d.plan.parents()
	for i, a := range d.plan.Areas {
		if a.Parent == "" {
			continue
		}
		if above(parents, a.Parent)[a.Code] {
			s := d.at(areasFile, i, a.Code)
			s.fault("parent", fmt.Sprintf("%s stands above itself", quote(a.Code)), "write the area that this one is a part of")
		}
	}
}

var siteKinds = []SiteKind{SiteRoute, SiteJunction, SiteGateway, SiteSchool, SiteMarket, SiteHealth, SiteOffice, SiteOther}

func kindNames() string {
	names := make([]string, len(siteKinds))
	for i, k := range siteKinds {
		names[i] = string(k)
	}
	return strings.Join(names, ", ")
}

func (d *draft) checkSites() {
	p := &d.plan
	routes := d.routesByCode()
	parents := p.parents()
	known := map[string]bool{}
	within := map[string]bool{}
	for _, a := range p.Areas {
		if !known[a.Code] {
			known[a.Code] = true
			within[a.Code] = above(parents, a.Code)[p.Root]
		}
	}
	codes := newRegister("site")
	for i, x := range p.Sites {
		s := d.at(sitesFile, i, x.Code)
		codes.code(s, x.Code)
		s.checkText("name", x.Name, true)
		if !slices.Contains(siteKinds, x.Kind) {
			s.fault("kind", quote(string(x.Kind))+" is no kind of site", "write one of "+kindNames())
		}
		switch {
		case !d.has(areasFile):
		case !known[x.Area]:
			s.fault("area", quote(x.Area)+" is not in "+areasFile, "write the code of an area")
		case !within[x.Area] && known[p.Root]:
			s.fault("area", fmt.Sprintf("%s is no part of %s, the area of the plan", quote(x.Area), quote(p.Root)), "write the code of an area of the plan")
		}
		s.checkPosition(x.Position)
		on := d.checkOn(s, routes, x.Route, x.At)
		switch {
		case on && s.sound("lon", "lat"):
			if away := geo.Distance(x.Position, routes[x.Route].Line.At(x.At)); !(away <= maxSiteOffset) {
				s.fault("chainage", fmt.Sprintf("%.0f m away from the site's position", away),
					fmt.Sprintf("correct chainage or lon and lat, which must not lie more than %d m apart", maxSiteOffset))
			}
		case x.Route == "" && x.Position == geo.Point{} && s.sound("route", "lon", "lat"):
			s.fault("lon", "neither position nor route", "write lon and lat, or route and chainage")
		}
	}
}

// checkPosition looks at a position in the columns lon and lat; the zero
// Point is none.
func (s spot) checkPosition(p geo.Point) {
	if p == (geo.Point{}) || !s.sound("lon", "lat") {
		return
	}
	if got, want := strange(p); got != "" {
		s.fault("lon", got, want)
		s.row.spoil("lat")
	}
}
