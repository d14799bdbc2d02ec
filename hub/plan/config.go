package plan

import (
	"errors"
	"fmt"
	"slices"
	"strings"
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

// readConfig reads plan.yaml. It walks the syntax tree instead of decoding
// into structs: so every unknown key and every odd value is reported with its
// line, and codes keep their leading zeros also without quotation marks.
func (d *Document) readConfig(data []byte) {
	for _, table := range []string{Settings, Levels, Phases} {
		t := d.table(table)
		t.name, t.given = planFile, true
	}
	root, err := parseYAML(data)
	if err != nil {
		f := Fault{File: planFile, Got: notYAML(err), Want: "mind the indentation and the colons"}
		if se := (*yaml.SyntaxError)(nil); errors.As(err, &se) && se.Token != nil && se.Token.Position != nil {
			f.Line = se.Token.Position.Line
		}
		d.Fault(Settings, f)
		d.Unread(Settings, Levels, Phases)
		return
	}
	m := d.mapping(Settings, root, "", "name", "root", "time_zone", "simulated", "note", "level", "levels", "phases")
	m.scalars("root", "time_zone", "simulated", "level")
	m.text("name")
	m.text("note")
	for _, l := range m.list(Levels, "code", "name", "density") {
		l.scalars("code", "density")
		l.text("name")
		d.add(Levels, l.row)
	}
	for _, p := range m.list(Phases, "code", "name", "from", "to") {
		p.scalars("code", "from", "to")
		p.text("name")
		d.add(Phases, p.row)
	}
	d.add(Settings, m.row)
	if slices.Contains(m.row.bad, Phases) {
		d.Unread(Phases)
	}
}

// errDocuments: a file of none or several documents.
var errDocuments = errors.New("not one document")

// notYAML says what is wrong with a file that cannot be parsed.
func notYAML(err error) string {
	if errors.Is(err, errDocuments) {
		return err.Error()
	}
	detail := err.Error()
	if se := (*yaml.SyntaxError)(nil); errors.As(err, &se) {
		detail = se.Message
	}
	return "not YAML (" + quote(detail) + ")"
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
		return nil, fmt.Errorf("%w but %d", errDocuments, len(docs))
	}
	return docs[0].Body, nil
}

// yamlMap is a mapping of plan.yaml that becomes a row.
type yamlMap struct {
	doc    *Document
	table  *Table
	row    Row
	values map[string]ast.Node
}

func (d *Document) mapping(table string, n ast.Node, prefix string, keys ...string) *yamlMap {
	t := TableByName(table)
	m := &yamlMap{d, t, Row{
		Cells: make([]string, len(t.Columns)), line: lineOf(n), marks: map[string]mark{}, src: &Source{Name: planFile, Prefix: prefix},
	}, nil}
	m.values = m.pairs(n, "", keys...)
	return m
}

// pairs gives the values of a mapping by their keys, which must be known.
func (m *yamlMap) pairs(n ast.Node, prefix string, keys ...string) map[string]ast.Node {
	values := map[string]ast.Node{}
	var pairs []*ast.MappingValueNode
	switch n := n.(type) {
	case *ast.MappingNode:
		pairs = n.Values
	case *ast.MappingValueNode:
		pairs = []*ast.MappingValueNode{n}
	default:
		m.fault(lineOf(n), prefix, "not a mapping", "write the keys "+strings.Join(keys, ", "))
		m.row.bad = append(m.row.bad, keys...) // nor is anything missing from it
	}
	for _, p := range pairs {
		key := p.Key.GetToken().Value
		if !slices.Contains(keys, key) {
			m.fault(lineOf(p.Key), prefix+quote(key), "unknown key", "the keys are "+strings.Join(keys, ", "))
			continue
		}
		if prefix == "" {
			m.row.marks[key] = mark{line: lineOf(p.Key)}
		}
		values[key] = p.Value // the parser refuses a key that stands twice
	}
	return values
}

func (m *yamlMap) fault(line int, key, got, want string) {
	if slices.Contains(m.row.bad, key) {
		return
	}
	m.row.bad = append(m.row.bad, key)
	m.doc.Fault(m.table.Name, Fault{File: planFile, Line: line, Column: m.row.src.Prefix + key, Got: got, Want: want})
}

func (m *yamlMap) set(column, v string) { m.row.Cells[m.table.Column(column)] = v }

// scalars takes plain values as they are written, without quotation marks.
func (m *yamlMap) scalars(keys ...string) {
	for _, key := range keys {
		m.set(key, m.scalar(key, m.values[key]))
	}
}

func (m *yamlMap) scalar(key string, n ast.Node) string {
	switch n := n.(type) {
	case nil, *ast.NullNode:
		return ""
	case *ast.StringNode:
		return clean(n.Value)
	case *ast.LiteralNode:
		return clean(n.Value.Value)
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return clean(n.GetToken().Value)
	default:
		m.fault(lineOf(n), key, "not a plain value", "write a text or a number")
		return ""
	}
}

// text takes a text in two languages. One that is given plainly is both.
func (m *yamlMap) text(key string) {
	n := m.values[key]
	switch n.(type) {
	case *ast.MappingNode, *ast.MappingValueNode:
		line := m.row.marks[key].line
		values := m.pairs(n, key+".", "vi", "en")
		vi, en := m.scalar(key, values["vi"]), m.scalar(key, values["en"])
		if (vi == "" || en == "") && vi != en {
			m.fault(line, key, "empty: one language is missing", "write both vi and en")
		}
		m.set(key, vi)
		m.set(key+"_en", en)
		m.row.marks[key+"_en"] = mark{line, key}
	default:
		m.set(key, m.scalar(key, n))
	}
}

// list takes the list under a key, which is the name of a table.
func (m *yamlMap) list(table string, keys ...string) []*yamlMap {
	n := m.values[table]
	switch n := n.(type) {
	case nil, *ast.NullNode:
		return nil
	case *ast.SequenceNode:
		list := make([]*yamlMap, len(n.Values))
		for i, v := range n.Values {
			list[i] = m.doc.mapping(table, v, fmt.Sprintf("%s[%d].", table, i), keys...)
		}
		return list
	}
	m.fault(lineOf(n), table, "not a list", "write one item a line, each after a dash")
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
