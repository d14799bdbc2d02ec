package plan

import (
	"fmt"
	"slices"

	"github.com/phukin/phukin/hub/geo"
	"github.com/phukin/phukin/hub/wire"
)

// routes makes the routes of their rows, points and posts.
func (d *draft) routes() {
	points := d.byRoute(Points)
	posts := d.byRoute(Posts)
	taken, n := map[string]bool{}, map[string]int{}
	for _, r := range d.doc.Rows(Routes) {
		n[routesTable.Cell(r, "code")]++
	}
	d.each(Routes, func(r *record) {
		d.add(Routes, r.row)
		route := Route{
			Code: r.text("code"), Name: r.text("name"), Class: r.text("class"), Synthetic: r.flag("synthetic"),
		}
		var postSpots []*record
		mine, beside := points[route.Code], posts[route.Code]
		if n[route.Code] > 1 { // a fault, but not of what stands with the route itself
			mine, beside = r.own(mine), r.own(beside)
		}
		route.Posts, postSpots = d.posts(beside)
		route.Line = r.line(mine)
		if route.Line != nil && r.sound("posts") && !slices.ContainsFunc(postSpots, func(p *record) bool { return len(p.row.bad) > 0 }) {
			r.calibrate(&route, postSpots)
		}
		taken[route.Code] = true
		d.plan.Routes = append(d.plan.Routes, route)
	})
	for _, rest := range []map[string][]*record{points, posts} {
		for code, list := range rest {
			if code != "" && list[0].row.src != nil && list[0].row.src.Item != "" {
				continue // of a feature that is at fault already
			}
			if code != "" && !taken[code] && d.has(Routes) {
				list[0].fault("route", quote(code)+" is not in "+d.nameOf(Routes), "write the code of a route")
			}
		}
	}
}

// own gives of the rows with a route's code those that are its own: all, or
// those of its feature where rows stand together with their route.
func (r *record) own(rows []*record) []*record {
	if r.row.src == nil || r.row.src.Sheet {
		return rows
	}
	return slices.DeleteFunc(slices.Clone(rows), func(p *record) bool {
		return p.row.src != nil && p.row.src.Item != "" && p.row.src.Name == r.row.src.Name && p.row.line != r.row.line
	})
}

// byRoute gives the rows of a table of places by the code of their route, in
// the order of the document.
func (d *draft) byRoute(table string) map[string][]*record {
	m := map[string][]*record{}
	d.each(table, func(r *record) {
		route := r.text("route")
		r.code = route
		m[route] = append(m[route], r)
	})
	return m
}

// line makes the line of a route of its points. It is nil, with a fault, if
// that cannot be.
func (r *record) line(rows []*record) *geo.Line {
	if !r.sound("coordinates") || !r.d.has(Points) || len(rows) == 0 && wire.CheckCode(r.code) != nil {
		return nil
	}
	points := make([]geo.Point, 0, len(rows))
	sound := true
	var last *record
	var kept []*record
	for _, p := range rows {
		at := p.point()
		p.checkPosition(at)
		if at == (geo.Point{}) && p.sound("lon", "lat") {
			p.fault("lon", "longitude 0, latitude 0 is in the Gulf of Guinea", "write degrees in WGS84, longitude first")
		}
		n := p.whole("n")
		if last != nil && p.sound("n") && last.text("n") == p.text("n") && p.row.nth == 0 {
			p.fault("n", fmt.Sprintf("%d stands twice on %s", n, quote(r.code)), "number the points of a route 1, 2, 3 …")
		}
		sound = sound && len(p.row.bad) == 0
		if last != nil && repeats(last.row.Row, p.row.Row) {
			if p.row.nth == 0 {
				p.warn("lon", "repeats the point before it", "leave it out; it is passed over")
			}
			continue
		}
		last = p
		points, kept = append(points, at), append(kept, p)
	}
	if !sound {
		r.row.spoil("coordinates")
		return nil
	}
	if len(points) > MaxRows {
		r.fault("coordinates", fmt.Sprintf("more than %d points", MaxRows), "simplify the line")
		return nil
	}
	switch len(points) {
	case 0:
		r.fault("coordinates", "missing", "a route has a line of at least two points")
		return nil
	case 1:
		r.fault("coordinates", "a single point", "a route has a line of at least two points")
		return nil
	}
	l, err := geo.NewLine(points)
	if err != nil {
		r.fault("coordinates", err.Error(), "draw a line that goes from place to place")
		return nil
	}
	r.checkLine(kept, points)
	return l
}

// posts reads the posts of a route.
func (d *draft) posts(rows []*record) ([]Post, []*record) {
	var posts []Post
	for _, p := range rows {
		m, _ := p.chainage()
		at := p.point()
		p.checkPosition(at)
		posts = append(posts, Post{m, at})
	}
	return posts, rows
}

// calibrate derives a route's chainage from its line and posts. What is wrong
// with a post is held against its row, or against the route if it was made in
// code.
func (s spot) calibrate(r *Route, rows []*record) {
	const want = "list the posts in the direction of the line, with growing chainage, each beside the route"
	fault := func(i int, got, want string) {
		if i < len(rows) {
			rows[i].fault("chainage", got, want)
			s.row.spoil("posts")
			return
		}
		s.fault("posts", fmt.Sprintf("post %d: %s", i+1, got), want)
	}
	marks := make([]geo.Post, len(r.Posts))
	for i, p := range r.Posts {
		if got, want := strange(p.Position); got != "" {
			fault(i, got, want)
			return
		}
		at, off := r.Line.Project(p.Position)
		if !(off <= maxPostOffset) {
			fault(i, fmt.Sprintf("%s stands %.0f m off the route", geo.FormatChainage(p.Chainage), off), want)
			return
		}
		marks[i] = geo.Post{At: at, Chainage: p.Chainage}
		if i > 0 && !(at > marks[i-1].At) {
			fault(i, fmt.Sprintf("%s stands before %s on the line: the chainage runs backwards", geo.FormatChainage(p.Chainage), geo.FormatChainage(r.Posts[i-1].Chainage)), want)
			return
		}
	}
	c, err := geo.NewCalibration(r.Line.Length(), marks)
	if err != nil {
		if len(rows) > 0 {
			fault(0, err.Error(), want)
			return
		}
		s.fault("posts", err.Error(), want)
		return
	}
	r.Chainage = c
}

// routesByCode gives the routes read so far; of two with one code the first.
func (d *draft) routesByCode() map[string]*Route {
	m := make(map[string]*Route, len(d.plan.Routes))
	for i := range d.plan.Routes {
		if r := &d.plan.Routes[i]; m[r.Code] == nil {
			m[r.Code] = r
		}
	}
	return m
}
