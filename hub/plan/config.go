package plan

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // the zone of a plan is known, whatever the machine has

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// DefaultZone is the time zone of a plan that names none.
const DefaultZone = "Asia/Ho_Chi_Minh"

// DefaultLevel is the code of the level that figures use in a plan that names
// none.
const DefaultLevel = "observation"

// DefaultLevels gives the levels of a plan that lists none: detection,
// observation, recognition and identification (DORI) of IEC 62676-4:2014.
func DefaultLevels() []Level {
	return []Level{
		{"detection", Text{"Phát hiện", "Detection"}, 25},
		{"observation", Text{"Quan sát", "Observation"}, 62.5},
		{"recognition", Text{"Nhận biết", "Recognition"}, 125},
		{"identification", Text{"Nhận dạng", "Identification"}, 250},
	}
}

// config reads plan.yaml. It walks the syntax tree instead of decoding into
// structs: so every unknown key and every odd value is reported with its
// line, and codes keep their leading zeros also without quotation marks.
func (d *draft) config(data []byte) {
	if data == nil {
		return
	}
	root, err := parseYAML(data)
	if err != nil {
		f := Fault{File: planFile, Got: "not YAML: " + quote(err.Error()), Want: "mind the indentation and the colons"}
		if se := (*yaml.SyntaxError)(nil); errors.As(err, &se) && se.Token != nil && se.Token.Position != nil {
			f.Line, f.Got = se.Token.Position.Line, "not YAML: "+quote(se.Message)
		}
		d.faults.add(f)
		d.unread = append(d.unread, planFile)
		return
	}
	m := d.mapping(root, "", "name", "root", "time_zone", "simulated", "note", "level", "levels", "phases")
	d.plan.Name = m.text("name")
	d.plan.Root = m.scalar("root")
	d.plan.Note = m.text("note")
	d.plan.Level = m.scalar("level")
	d.plan.Location = m.zone("time_zone")
	d.plan.Simulated = m.flag("simulated")
	d.add(planFile, m.row)
	for _, l := range m.list(levelsKey, "code", "name", "density") {
		d.add(levelsKey, l.row)
		d.plan.Levels = append(d.plan.Levels, Level{l.scalar("code"), l.text("name"), l.number("density")})
	}
	for _, p := range m.list(phasesKey, "code", "name", "from", "to") {
		d.add(phasesKey, p.row)
		d.plan.Phases = append(d.plan.Phases, Phase{p.scalar("code"), p.text("name"), p.date("from"), p.date("to")})
	}
}

// parseYAML gives the root of the only document. The parser is not ours: a
// panic of it is an error in the file.
func parseYAML(data []byte) (root ast.Node, err error) {
	defer func() {
		if r := recover(); r != nil {
			root, err = nil, fmt.Errorf("cannot be parsed: %v", r)
		}
	}()
	f, err := parser.ParseBytes(data, 0)
	if err != nil {
		return nil, err
	}
	docs := slices.DeleteFunc(f.Docs, func(x *ast.DocumentNode) bool { return x == nil || x.Body == nil })
	if len(docs) != 1 {
		return nil, fmt.Errorf("%d documents instead of one", len(docs))
	}
	return docs[0].Body, nil
}

// yamlMap is a mapping of plan.yaml.
type yamlMap struct {
	spot
	values map[string]ast.Node
}

func (d *draft) mapping(n ast.Node, prefix string, keys ...string) yamlMap {
	m := yamlMap{spot{d, planFile, &row{line: lineOf(n), lines: map[string]int{}}, "", prefix}, map[string]ast.Node{}}
	var pairs []*ast.MappingValueNode
	switch n := n.(type) {
	case *ast.MappingNode:
		pairs = n.Values
	case *ast.MappingValueNode:
		pairs = []*ast.MappingValueNode{n}
	default:
		m.fault("", "not a mapping", "write the keys "+strings.Join(keys, ", "))
		m.row.spoil(keys...) // nor is anything missing from it
	}
	for _, p := range pairs {
		key := p.Key.GetToken().Value
		if !slices.Contains(keys, key) {
			m.row.lines[quote(key)] = lineOf(p.Key)
			m.fault(quote(key), "unknown key", "the keys are "+strings.Join(keys, ", "))
			continue
		}
		m.row.lines[key] = lineOf(p.Key)
		m.values[key] = p.Value // the parser refuses a key that stands twice
	}
	return m
}

// scalar gives a plain value as it is written, without quotation marks.
func (m yamlMap) scalar(key string) string {
	switch n := m.values[key].(type) {
	case nil, *ast.NullNode:
		return ""
	case *ast.StringNode:
		return clean(n.Value)
	case *ast.LiteralNode:
		return clean(n.Value.Value)
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return clean(n.GetToken().Value)
	default:
		m.fault(key, "not a plain value", "write a text or a number")
		return ""
	}
}

// text reads a text in two languages. One that is given plainly, or in one
// language only, is both.
func (m yamlMap) text(key string) Text {
	n := m.values[key]
	switch n.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		t := m.d.mapping(n, m.prefix+key+".", "vi", "en")
		return Text{t.scalar("vi"), t.scalar("en")}
	}
	s := m.scalar(key)
	return Text{s, s}
}

func (m yamlMap) number(key string) float64 {
	s := m.scalar(key)
	v, ok := parseNumber(s)
	if !ok && s != "" {
		m.fault(key, quote(s)+" is not a number", "write digits, with a point or a comma before the decimals")
	}
	return v
}

func (m yamlMap) flag(key string) bool {
	s := m.scalar(key)
	v, ok := parseFlag(s)
	if !ok {
		m.fault(key, quote(s)+" is not yes or no", "write true or false")
	}
	return v
}

func (m yamlMap) date(key string) Date {
	s := m.scalar(key)
	v, err := ParseDate(s)
	if err != nil {
		m.fault(key, quote(s)+" is not a day from 1971 to 2199", "write 2026-09-30 or 30/09/2026")
	}
	return v
}

// zone reads the name of a time zone; nil if there is none.
func (m yamlMap) zone(key string) *time.Location {
	s := m.scalar(key)
	if s == "" {
		return nil
	}
	loc, err := loadZone(s)
	if err != nil {
		m.fault(key, quote(s)+" is not a time zone that this machine knows", "write a name such as "+DefaultZone)
	}
	return loc
}

func (m yamlMap) list(key string, keys ...string) []yamlMap {
	n := m.values[key]
	switch n := n.(type) {
	case nil, *ast.NullNode:
		return nil
	case *ast.SequenceNode:
		list := make([]yamlMap, len(n.Values))
		for i, v := range n.Values {
			list[i] = m.d.mapping(v, fmt.Sprintf("%s%s[%d].", m.prefix, key, i), keys...)
		}
		return list
	}
	m.fault(key, "not a list", "write one item a line, each after a dash")
	return nil
}

func lineOf(n ast.Node) int {
	if n == nil {
		return 0
	}
	if t := n.GetToken(); t != nil && t.Position != nil {
		return t.Position.Line
	}
	return 0
}

// loadZone finds a time zone. The default one is known also where there is no
// time zone database: it has been seven hours ahead ever since 1975-06-13.
func loadZone(name string) (*time.Location, error) {
	if name == "Local" {
		return nil, fmt.Errorf("time zone %q depends on the machine", name)
	}
	loc, err := time.LoadLocation(name)
	if err != nil && name == DefaultZone {
		return time.FixedZone(DefaultZone, 7*60*60), nil
	}
	return loc, err
}
