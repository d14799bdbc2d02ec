package plan

import (
	"fmt"
	"slices"

	"github.com/phukin/phukin/hub/geo"
)

// maxMeanings is how often a code may be used again. It bounds what looking
// through all areas of a code costs.
const maxMeanings = 100

func (d *draft) checkAreas() {
	p := &d.plan
	byCode := map[string][]int{}
	for i, a := range p.Areas {
		if len(byCode[a.Code]) == maxMeanings {
			d.at(Areas, i, a.Code).fault("code", fmt.Sprintf("%s stands here more than %d times", quote(a.Code), maxMeanings), "give each area a code of its own")
			continue
		}
		byCode[a.Code] = append(byCode[a.Code], i)
	}
	keys := newRegister("area")
	for i, a := range p.Areas {
		s := d.at(Areas, i, a.Code)
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
			s.fault("parent", quote(a.Parent)+" is not in "+d.nameOf(Areas), "write the code of an area, or nothing at the top")
		}
	}
	d.checkHierarchy()
	d.checkSuccessors(byCode)
	if !d.has(Settings) || !d.has(Areas) {
		return
	}
	if _, ok := byCode[p.Root]; !ok {
		s := d.at(Settings, 0, "")
		if p.Root == "" {
			s.fault("root", "missing", "write the code of the area that the plan is for")
		} else {
			s.fault("root", quote(p.Root)+" is not in "+d.nameOf(Areas), "write the code of the area that the plan is for")
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

// checkSuccessors looks for the areas that follow one when it ends.
func (d *draft) checkSuccessors(byCode map[string][]int) {
	for i, a := range d.plan.Areas {
		s := d.at(Areas, i, a.Code)
		if len(a.Successors) > 0 && a.ValidTo.IsZero() && s.sound("valid_to") {
			s.fault("successors", quote(a.Code)+" is still in force", "write the last day in force into valid_to, or leave the successors out")
		}
		for _, code := range a.Successors {
			follows := slices.ContainsFunc(byCode[code], func(j int) bool {
				b := d.plan.Areas[j]
				return b.ValidFrom > a.ValidTo || b.ValidTo.IsZero() || b.ValidTo > a.ValidTo
			})
			switch {
			case len(byCode[code]) == 0:
				s.fault("successors", quote(code)+" is not in "+d.nameOf(Areas), "write the codes of areas")
			case !follows && s.sound("valid_to"):
				s.fault("successors", fmt.Sprintf("%s is not in force after %s", quote(code), a.ValidTo), "write the codes of areas that follow")
			}
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

// origins gives the parents of each code and the codes that it followed: what
// followed a part of the plan's area is a part of it still.
func (p *Plan) origins() map[string][]string {
	m := p.parents()
	for _, a := range p.Areas {
		for _, code := range a.Successors {
			if !slices.Contains(m[code], a.Code) {
				m[code] = append(m[code], a.Code)
			}
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
			s := d.at(Areas, i, a.Code)
			s.fault("parent", fmt.Sprintf("%s stands above itself", quote(a.Code)), "write the area that this one is a part of")
		}
	}
}

func (d *draft) checkSites() {
	p := &d.plan
	routes := d.routesByCode()
	origins := p.origins()
	known := map[string]bool{}
	within := map[string]bool{}
	meanings := map[string][]Date{}
	for _, a := range p.Areas {
		meanings[a.Code] = append(meanings[a.Code], a.ValidFrom)
		if !known[a.Code] {
			known[a.Code] = true
			within[a.Code] = above(origins, a.Code)[p.Root]
		}
	}
	for code := range within { // a wrong parent is a fault of the area alone
		for c := range above(origins, code) {
			within[code] = within[code] || !known[c]
		}
	}
	codes := newRegister("site")
	for i, x := range p.Sites {
		s := d.at(Sites, i, x.Code)
		codes.code(s, x.Code)
		s.checkText("name", x.Name, true)
		s.checkWord("kind", string(x.Kind), "kind of site", true)
		s.checkWord("side", string(x.Side), "side of a road", false)
		if x.Side != "" && x.Route == "" {
			s.fault("side", "a side without a route", "write the route, or leave the side out")
		}
		switch {
		case !d.has(Areas):
		case !known[x.Area]:
			s.fault("area", quote(x.Area)+" is not in "+d.nameOf(Areas), "write the code of an area")
		case !x.AreaFrom.IsZero() && !slices.Contains(meanings[x.Area], x.AreaFrom) && s.sound("area_from"):
			s.fault("area_from", fmt.Sprintf("no area %s begins on %s", quote(x.Area), x.AreaFrom), "write a first day from "+d.nameOf(Areas))
		case !within[x.Area] && known[p.Root]:
			s.fault("area", fmt.Sprintf("%s is no part of %s, the area of the plan", quote(x.Area), quote(p.Root)), "write the code of an area of the plan")
		case len(meanings[x.Area]) > 1 && x.AreaFrom.IsZero() && d.rows != nil:
			s.warn("area", fmt.Sprintf("%s has meant %d areas, the latest of which is taken", quote(x.Area), len(meanings[x.Area])), "write in area_from the first day of the one that is meant")
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
