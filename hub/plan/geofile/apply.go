package geofile

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/phukin/phukin/hub/geo"
	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/wire"
)

// maxJoin is how far apart two pieces of one route may end and begin, metres.
const maxJoin = 50

// Merge puts the routes of a document in the form of routes.geojson onto base:
// those of the same code are replaced, others are added, and the rest stay.
// Posts of a route stay if the document has none for it.
func Merge(base, doc *plan.Document) *plan.Document {
	out := base.Clone()
	out.TakeFaults(doc)
	codes, withPosts := map[string]bool{}, map[string]bool{}
	for _, r := range doc.Rows(plan.Routes) {
		codes[cell(plan.Routes, r, "code")] = true
	}
	for _, r := range doc.Rows(plan.Posts) {
		withPosts[cell(plan.Posts, r, "route")] = true
	}
	out.Keep(plan.Routes, func(r plan.Row) bool { return !codes[cell(plan.Routes, r, "code")] })
	out.Keep(plan.Points, func(r plan.Row) bool { return !codes[cell(plan.Points, r, "route")] })
	out.Keep(plan.Posts, func(r plan.Row) bool { return !withPosts[cell(plan.Posts, r, "route")] })
	for _, table := range []string{plan.Routes, plan.Points, plan.Posts} {
		for _, r := range doc.Rows(table) {
			out.AppendRow(table, r)
		}
	}
	return out
}

func cell(table string, r plan.Row, column string) string {
	return plan.TableByName(table).Cell(r, column)
}

// Apply puts lines and posts onto base. A line is of the route whose code or
// name it has; route, if given, is the code for a file of one route. Pieces of
// one route are joined where they meet. A new route needs code, name and class
// in the file. File is its name, for faults.
func Apply(file string, m *Map, base *plan.Document, route string) (*plan.Document, error) {
	known := routesOf(base)
	pieces := map[string][]Line{}
	var order []string
	for _, l := range m.Lines {
		code := route
		if code == "" {
			code = known.match(l)
		}
		if code == "" {
			return nil, refuse(l.At, fmt.Sprintf("%q is the code or name of no route", short(l.Name)), "name the route with --route, or add it to the plan first")
		}
		if pieces[code] == nil {
			order = append(order, code)
		}
		pieces[code] = append(pieces[code], l)
	}
	doc := &plan.Document{}
	points := &plan.Source{Name: file, Item: "point", Column: "coordinates"}
	for _, code := range order {
		line, err := join(code, pieces[code])
		if err != nil {
			return nil, err
		}
		first := pieces[code][0]
		if err := known.row(doc, file, code, first); err != nil {
			return nil, err
		}
		for i, p := range line {
			doc.AppendFrom(plan.Points, []string{code, strconv.Itoa(i + 1), format(p.Lon), format(p.Lat)}, points, first.At, i+1)
		}
	}
	posts := &plan.Source{Name: file, Item: "post", Column: "posts"}
	for i, p := range m.Posts {
		code := p.Route
		if route != "" {
			code = route
		}
		if code == "" && len(order) == 1 {
			code = order[0]
		}
		if code == "" {
			return nil, refuse(p.At, fmt.Sprintf("the post %q stands on no route", short(p.Chainage)), "give a file with one route, or name it with --route")
		}
		doc.AppendFrom(plan.Posts, []string{code, p.Chainage, format(p.Position.Lon), format(p.Position.Lat)}, posts, p.At, i+1)
	}
	if len(order) == 0 { // posts alone
		out := base.Clone()
		for _, r := range doc.Rows(plan.Posts) {
			out.AppendRow(plan.Posts, r)
		}
		return out, nil
	}
	return Merge(base, doc), nil
}

// routes are those of a plan, by their codes.
type routes map[string]plan.Row

func routesOf(doc *plan.Document) routes {
	m := routes{}
	for _, r := range doc.Rows(plan.Routes) {
		m[cell(plan.Routes, r, "code")] = r
	}
	return m
}

// match gives the code of the route that a line is of, "" if none is sure.
func (m routes) match(l Line) string {
	for _, name := range []string{l.Props["code"], l.Props["ref"], l.Name} {
		if name == "" {
			continue
		}
		var found []string
		for code, r := range m {
			if same(name, code) || same(name, cell(plan.Routes, r, "name")) {
				found = append(found, code)
			}
		}
		if len(found) == 1 {
			return found[0]
		}
	}
	if code := l.Props["code"]; wire.CheckCode(code) == nil && l.Name != "" && l.Props["class"] != "" {
		return code
	}
	return ""
}

// same compares names without regard to case, blanks, points and dashes:
// "QL.1A" is "QL1A".
func same(a, b string) bool {
	plain := func(s string) string {
		return strings.Map(func(r rune) rune {
			if strings.ContainsRune(" .-_", r) {
				return -1
			}
			return r
		}, s)
	}
	return strings.EqualFold(plain(a), plain(b))
}

// row adds the row of a route: the one it has, with what the file says of it.
func (m routes) row(doc *plan.Document, file, code string, l Line) error {
	t := plan.TableByName(plan.Routes)
	old, ok := m[code]
	name, class, synthetic := l.Name, l.Props["class"], l.Props["synthetic"]
	if ok {
		if class == "" || name == "" || same(name, code) {
			name, class, synthetic = t.Cell(old, "name"), t.Cell(old, "class"), t.Cell(old, "synthetic")
		}
	} else if name == "" || class == "" {
		return refuse(l.At, fmt.Sprintf("the plan has no route %q", code), "add it to the sheet of routes first, or give the line a name and a class")
	}
	cells := make([]string, len(t.Columns))
	for column, v := range map[string]string{"code": code, "name": name, "class": class, "synthetic": synthetic} {
		cells[t.Column(column)] = v
	}
	doc.AppendFrom(plan.Routes, cells, &plan.Source{Name: file}, l.At, 0)
	return nil
}

// join makes one line of pieces that follow each other, turning them round
// where that makes them meet.
func join(route string, pieces []Line) ([]geo.Point, error) {
	var line []geo.Point
	for i, l := range pieces {
		p := l.Points
		if len(p) == 0 {
			continue
		}
		if len(line) == 0 {
			line = slices.Clone(p)
			continue
		}
		end, start := line[len(line)-1], line[0]
		switch {
		case geo.Distance(end, p[0]) <= maxJoin:
		case geo.Distance(end, p[len(p)-1]) <= maxJoin:
			p = slices.Clone(p)
			slices.Reverse(p)
		case geo.Distance(start, p[0]) <= maxJoin && i == 1: // the first piece lies the other way round
			slices.Reverse(line)
		default:
			return nil, refuse(l.At, fmt.Sprintf("piece %d of %q begins %.0f m from where the one before it ends", i+1, route, geo.Distance(end, p[0])), "join the pieces in their order, or make them routes of their own")
		}
		line = append(line, p...)
	}
	return line, nil
}

func format(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
