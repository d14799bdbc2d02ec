package api_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// schema is what of JSON Schema requests are described with.
type schema struct {
	Ref                  string `json:"$ref"`
	Type                 kinds
	Format               string
	Enum                 []any
	Minimum, Maximum     *float64
	MinLength, MaxLength *int
	MinItems, MaxItems   *int
	Items                *schema
	Properties           map[string]schema
	Required             []string
	AdditionalProperties any
}

// kinds are the types that a value may have: one, or one and null.
type kinds []string

func (k *kinds) UnmarshalJSON(p []byte) error {
	var one string
	if json.Unmarshal(p, &one) == nil {
		*k = kinds{one}
		return nil
	}
	return json.Unmarshal(p, (*[]string)(k))
}

// resolve follows a reference.
func (d *document) resolve(s schema) schema {
	for s.Ref != "" {
		s = d.Components.Schemas[strings.TrimPrefix(s.Ref, "#/components/schemas/")]
	}
	return s
}

// badTexts gives what a parameter may not be, by its schema.
func (d *document) badTexts(s schema) map[string]string {
	s = d.resolve(s)
	bad := map[string]string{}
	switch {
	case slices.Contains(s.Type, "integer"):
		bad["a word"], bad["a fraction"], bad["a number beyond all"] = "many", "1.5", "99999999999999999999"
	case slices.Contains(s.Type, "number"):
		bad["a word"], bad["no number"], bad["no end"] = "many", "NaN", "+Inf"
	case slices.Contains(s.Type, "boolean"):
		bad["neither true nor false"] = "perhaps"
	case slices.Contains(s.Type, "array") && s.Items != nil:
		for name, text := range d.badTexts(*s.Items) {
			bad["among others "+name] = text
		}
		if s.MaxItems != nil {
			bad["too many"] = strings.Repeat("x,", *s.MaxItems) + "x"
		}
	case len(s.Enum) > 0:
		bad["none of those"] = "something-else"
	case s.MaxLength != nil && *s.MaxLength < 4000:
		bad["too long"] = strings.Repeat("x", *s.MaxLength+1)
	}
	switch s.Format {
	case "date-time", "date":
		bad["no moment"] = "yesterday"
	}
	if s.Minimum != nil {
		bad["too small"] = strconv.FormatFloat(*s.Minimum-1, 'f', -1, 64)
	}
	if s.Maximum != nil {
		bad["too large"] = strconv.FormatFloat(*s.Maximum+1, 'f', -1, 64)
	}
	return bad
}

// badParameters breaks each parameter by its schema: wrong type, out of bounds,
// none of the values, too long, empty, twice; and in the path, unknown.
func (m *matrix) badParameters() []attempt {
	var all []attempt
	for _, p := range m.op.Parameters {
		bad := m.doc.badTexts(p.Schema)
		at := p.In + "." + p.Name
		for _, why := range slices.Sorted(maps.Keys(bad)) {
			a := attempt{name: at + ": " + why, status: http.StatusUnprocessableEntity, at: at}
			switch p.In {
			case "query":
				a.path = m.with(p.Name, bad[why])
			case "path":
				a.path = m.inPath(p.Name, bad[why])
			default:
				a.header = []string{p.Name, bad[why]}
			}
			all = append(all, a)
		}
		switch p.In {
		case "query":
			if p.Required {
				path, _, _ := strings.Cut(m.example().path, "?")
				all = append(all, attempt{name: at + ": missing", path: path, status: http.StatusUnprocessableEntity, at: at})
			}
			all = append(all,
				attempt{name: at + ": empty", path: m.with(p.Name, ""), status: http.StatusUnprocessableEntity, at: at},
				attempt{name: at + ": twice", path: m.path(p.Name + "=1&" + p.Name + "=1"), status: http.StatusUnprocessableEntity, at: at})
		case "path":
			unknown := "khong-co"
			if slices.Contains(m.doc.resolve(p.Schema).Type, "integer") {
				unknown = "999999999"
			}
			all = append(all, attempt{name: at + ": unknown", path: m.inPath(p.Name, unknown), status: http.StatusNotFound})
		}
	}
	return all
}

// with gives the path of an example with another value of a query parameter.
func (m *matrix) with(name, value string) string {
	path, query, _ := strings.Cut(m.example().path, "?")
	q, err := url.ParseQuery(query)
	if err != nil {
		m.t.Fatal(err)
	}
	q.Set(name, value)
	return path + "?" + q.Encode()
}

// inPath gives the path of an example with another value of a parameter in it.
func (m *matrix) inPath(name, value string) string {
	path, query, _ := strings.Cut(m.example().path, "?")
	parts := strings.Split(path, "/")
	for i, part := range strings.Split(m.op.path, "/") {
		if part == "{"+name+"}" {
			parts[i] = url.PathEscape(value)
		}
	}
	if query != "" {
		query = "?" + query
	}
	return strings.Join(parts, "/") + query
}

// badBodies breaks a body: as a whole, and field by field.
func (m *matrix) badBodies() []attempt {
	if m.op.RequestBody == nil {
		return nil
	}
	all := []attempt{{name: "a body of another type", body: []byte("x"), header: []string{"Content-Type", "audio/ogg"}, status: http.StatusUnsupportedMediaType}}
	content, ok := m.op.RequestBody.Content["application/json"]
	if !ok {
		return all
	}
	if m.op.RequestBody.Required {
		all = append(all, attempt{name: "no body", body: []byte{}, status: http.StatusBadRequest})
	}
	all = append(all,
		attempt{name: "a body that ends too early", body: []byte(`{"`), status: http.StatusBadRequest, at: "body"},
		attempt{name: "a body that is no JSON", body: []byte(`<x/>`), status: http.StatusBadRequest, at: "body"},
		attempt{name: "a body that is no object", body: []byte(`7`), status: http.StatusUnprocessableEntity, at: "body"})
	for _, b := range m.doc.badValues(content.Schema, "body") {
		whole := b.in(m.example().body)
		all = append(all, attempt{name: b.at + ": " + b.why, body: whole, status: http.StatusUnprocessableEntity, at: b.named})
	}
	return all
}

// badValue is a value that may not stand at a place of a body.
type badValue struct {
	at, named string // such as body.roles[0].role; the place that the refusal names
	why       string
	value     any
	gone      bool // nothing may stand there
}

// in gives a body with the value in its place.
func (b badValue) in(body any) any {
	var v any
	p, _ := json.Marshal(body) // an example
	_ = json.Unmarshal(p, &v)
	keys := strings.FieldsFunc(strings.TrimPrefix(b.at, "body"), func(r rune) bool { return r == '.' || r == '[' || r == ']' })
	return put(v, keys, b)
}

func put(v any, keys []string, b badValue) any {
	if len(keys) == 0 {
		return b.value
	}
	if i, err := strconv.Atoi(keys[0]); err == nil {
		list, _ := v.([]any)
		for len(list) <= i {
			list = append(list, map[string]any{})
		}
		list[i] = put(list[i], keys[1:], b)
		return list
	}
	object, ok := v.(map[string]any)
	if !ok {
		object = map[string]any{}
	}
	if len(keys) == 1 && b.gone {
		delete(object, keys[0])
	} else {
		object[keys[0]] = put(object[keys[0]], keys[1:], b)
	}
	return object
}

// badValues gives what may not stand at a place of a body, or below it.
func (d *document) badValues(s schema, at string) []badValue {
	s = d.resolve(s)
	var all []badValue
	add := func(why string, value any) { all = append(all, badValue{at: at, named: at, why: why, value: value}) }
	is := func(t string) bool { return slices.Contains(s.Type, t) }
	switch {
	case is("object"):
		if at != "body" {
			add("a text", "x")
		}
		for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
			if slices.Contains(s.Required, name) {
				all = append(all, badValue{at: at + "." + name, named: at, why: "missing", gone: true})
			}
			all = append(all, d.badValues(s.Properties[name], at+"."+name)...)
		}
		if s.AdditionalProperties == false {
			all = append(all, badValue{at: at + ".colour", named: at + ".colour", why: "unknown", value: "red"})
		}
	case is("array"):
		add("a text", "x")
		if s.MinItems != nil && *s.MinItems > 0 {
			add("too few", []any{})
		}
		if s.Items != nil {
			all = append(all, d.badValues(*s.Items, at+"[0]")...)
		}
	case is("integer"), is("number"):
		add("a text", "x")
		if is("integer") {
			add("a fraction", 1.5)
		}
		if s.Minimum != nil {
			add("too small", *s.Minimum-1)
		}
		if s.Maximum != nil {
			add("too large", *s.Maximum+1)
		}
	case is("boolean"):
		add("a text", "x")
	case is("string"):
		add("a number", 7)
		switch {
		case len(s.Enum) > 0:
			add("none of those", "something-else")
		case s.Format == "date-time":
			add("no moment", "yesterday")
		}
		if s.MaxLength != nil && *s.MaxLength < 20_000 {
			add(fmt.Sprintf("longer than %d", *s.MaxLength), strings.Repeat("x", *s.MaxLength+1))
		}
		if s.MinLength != nil && *s.MinLength > 0 {
			add("too short", "")
		}
	}
	return all
}
