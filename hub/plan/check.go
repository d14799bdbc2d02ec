package plan

import (
	"fmt"
	"slices"

	"github.com/phukin/phukin/hub/geo"
	"github.com/phukin/phukin/hub/wire"
)

// How far positions that mean the same place may lie apart, metres.
const (
	maxPostOffset     = 60  // a post from its route
	maxJunctionSpread = 60  // the places of one junction on its routes
	maxSiteOffset     = 200 // a site from its chainage
)

// check looks at the whole plan, however it came about.
func (d *draft) check() {
	d.checkConfig()
	d.checkAreas()
	d.checkRoutes()
	d.checkJunctions()
	d.checkGateways()
	d.checkSites()
	d.checkCameras()
	d.checkAddresses()
	d.checkTargets()
	d.checkWindows()
	d.checkFigures()
	d.checkGeometry()
}

func (d *draft) checkConfig() {
	p := &d.plan
	s := d.at(Settings, 0, "")
	if d.has(Settings) {
		s.checkBoth("name", p.Name, true)
		s.checkBoth("note", p.Note, false)
		if _, ok := p.LevelByCode(p.Level); !ok {
			s.fault("level", quote(p.Level)+" is none of the levels", "write the code of the level that figures use when none is named")
		}
	}
	levels := newRegister("level")
	for i, l := range p.Levels {
		s := d.at(Levels, i, l.Code)
		levels.code(s, l.Code)
		s.checkBoth("name", l.Name, true)
		s.checkRange("density", l.Density, 1, 10000, " pixels per metre")
	}
	if len(p.Phases) == 0 && d.has(Phases) {
		const want = "list at least one phase with code, name, from and to"
		if name := d.doc.nameOf(Phases); name != d.doc.nameOf(Settings) {
			d.faults.add(Fault{File: name, Got: "none", Want: want, table: Phases})
		} else {
			s.fault(Phases, "none", want)
		}
	}
	phases := newRegister("phase")
	for i, ph := range p.Phases {
		s := d.at(Phases, i, ph.Code)
		phases.code(s, ph.Code)
		s.checkBoth("name", ph.Name, true)
		if s.checkDay("from", ph.From) && s.checkDay("to", ph.To) && s.sound("from") && ph.From > ph.To {
			s.fault("to", fmt.Sprintf("%s lies before the first day, %s", ph.To, ph.From), "write the last day of the phase")
		}
	}
}

// checkDay looks at a day that must be there.
func (s spot) checkDay(column string, day Date) bool {
	if day.IsZero() {
		s.fault(column, "missing", "write a day such as 2026-09-30")
	} else {
		s.checkYear(column, day)
	}
	return s.sound(column)
}

// checkYear looks at a day that may be missing. Only one made in code can lie
// out of bounds.
func (s spot) checkYear(column string, day Date) {
	if day < 0 || day >= Forever {
		s.fault(column, "a day out of bounds", fmt.Sprintf("write a day of the years %d to %d", firstYear, lastYear))
	}
}

// checkBoth looks at a text in both languages.
func (s spot) checkBoth(column string, t Text, required bool) {
	s.checkText(column, t.VI, required)
	if s.sound(column) && t.EN != t.VI {
		s.checkText(column+"_en", t.EN, required)
	}
	if !required && (t.VI == "") != (t.EN == "") {
		s.fault(column, "one language is missing", "write both vi and en")
	}
}

// checkWord looks at one of the words of a column.
func (s spot) checkWord(column, word, isNo string, required bool) {
	if word == "" && !required || !s.sound(column) {
		return
	}
	t := TableByName(s.table)
	c := &t.Columns[t.Column(column)]
	if !slices.ContainsFunc(c.Words, func(w Word) bool { return w.Word == word }) {
		s.fault(column, quote(word)+" is no "+isNo, "write "+c.wordList())
	}
}

// register finds codes that stand more than once.
type register struct {
	what string         // the word for one of them
	seen map[string]int // line of each key, 0 if made in code
}

func newRegister(what string) register { return register{what, map[string]int{}} }

// code checks the form of a code and that it is the only one.
func (g register) code(s spot, code string) {
	s.checkCode("code", code)
	g.only(s, code, code, fmt.Sprintf("give each %s a code of its own", g.what))
}

// only checks that a key is the only one of its kind; want says what to do
// about it.
func (g register) only(s spot, key, code, want string) {
	if code != "" {
		g.twiceAs(s, "code", key, code, want)
	}
}

// twice checks that a key is the only one, for a table without codes.
func (g register) twice(s spot, column, key, want string) { g.twiceAs(s, column, key, key, want) }

func (g register) twiceAs(s spot, column, key, code, want string) {
	line, twice := g.seen[key]
	switch {
	case !twice:
		g.seen[key] = s.row.line
	case line > 0:
		s.fault(column, fmt.Sprintf("%s already stands in line %d", quote(code), line), want)
	default:
		s.fault(column, quote(code)+" stands twice", want)
	}
}

// checkCode looks at the form of a code: all of them stand in addresses.
func (s spot) checkCode(column, code string) {
	if wire.CheckCode(code) == nil {
		return
	}
	got := quote(code) + " cannot be a code"
	if code == "" {
		got = "missing"
	}
	s.fault(column, got, fmt.Sprintf("write 1 to %d letters A–Z without accents, digits, '.', '-' and '_'", wire.MaxCode))
}

func (d *draft) checkRoutes() {
	routes := newRegister("route")
	for i, r := range d.plan.Routes {
		s := d.at(Routes, i, r.Code)
		routes.code(s, r.Code)
		s.checkText("name", r.Name, true)
		s.checkText("class", r.Class, true)
		if r.Line == nil && s.sound("code") {
			s.fault("coordinates", "missing", "a route has a line of at least two points")
		}
	}
}

// checkOn looks at a place on a route. It says whether the place can be found
// on a map.
func (d *draft) checkOn(s spot, routes map[string]*Route, code string, at float64) bool {
	r := routes[code]
	switch {
	case code == "" || !s.sound("route"):
		return false
	case r == nil:
		if d.has(Routes) {
			s.fault("route", quote(code)+" is not in "+d.nameOf(Routes), "write the code of a route")
		}
		return false
	case r.Line == nil || r.Chainage == nil || !s.sound("chainage"):
		return false
	case !(at >= 0 && at <= r.Line.Length()):
		s.fault("chainage", fmt.Sprintf("%s m from the start is off the route", formatNumber(at)),
			fmt.Sprintf("write 0 to %.1f m", r.Line.Length()))
		return false
	}
	return true
}

func (d *draft) checkJunctions() {
	type first struct {
		name string
		line int
		at   *geo.Point
	}
	routes := d.routesByCode()
	places := map[string]*first{}
	rows := newRegister("junction")
	for i, j := range d.plan.Junctions {
		s := d.at(Junctions, i, j.Code)
		s.checkCode("code", j.Code)
		s.checkText("name", j.Name, true)
		on := d.checkOn(s, routes, j.Route, j.At)
		if s.sound("code", "route", "chainage") {
			rows.only(s, fmt.Sprintf("%s\x00%s\x00%v", j.Code, j.Route, j.At), j.Code, "write one row for each route through a junction")
		}
		f := places[j.Code]
		if f == nil {
			f = &first{name: j.Name, line: s.row.line}
			places[j.Code] = f
		}
		if f.name != j.Name {
			s.fault("name", fmt.Sprintf("%s is called %s elsewhere", quote(j.Code), quote(f.name)), "one code is one place: give it one name")
		}
		if !on {
			continue
		}
		here := routes[j.Route].Line.At(j.At)
		if f.at == nil {
			f.at = &here
		}
		if away := geo.Distance(*f.at, here); !(away <= maxJunctionSpread) {
			s.fault("chainage", fmt.Sprintf("%s lies %.0f m from where another of its routes has it", quote(j.Code), away),
				fmt.Sprintf("one code is one place: %d m at most", maxJunctionSpread))
		}
	}
}

func (d *draft) checkGateways() {
	routes := d.routesByCode()
	codes := newRegister("gateway")
	for i, g := range d.plan.Gateways {
		s := d.at(Gateways, i, g.Code)
		codes.code(s, g.Code)
		s.checkText("name", g.Name, true)
		s.checkText("to", g.To, false)
		if g.Route == "" {
			s.fault("route", "missing", "write the code of a route")
		}
		d.checkOn(s, routes, g.Route, g.At)
	}
}
