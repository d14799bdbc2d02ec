package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// byHand are the schemas that the client has a better type for.
var byHand = []string{"ErrorModel", "ErrorDetail"}

// writer writes Go; gofmt sets it out.
type writer struct {
	strings.Builder
	doc *document
	// sent are the schemas that requests hold: in them a property that is left
	// out differs from an empty one.
	sent map[string]bool
}

func (w *writer) line(format string, args ...any) { fmt.Fprintf(w, format+"\n", args...) }

// comment writes what the document says of a thing.
func (w *writer) comment(text string) {
	for l := range strings.SplitSeq(strings.TrimSpace(text), "\n") {
		if l = strings.TrimSpace(l); l != "" {
			w.line("// %s", l)
		}
	}
}

// sentence ends a text as a sentence ends.
func sentence(s string) string {
	s = strings.TrimSpace(s)
	if s == "" || strings.HasSuffix(s, ".") || strings.HasSuffix(s, "?") {
		return s
	}
	return s + "."
}

// says tells what a schema allows.
func (s *schema) says(description string) string {
	parts := []string{sentence(description)}
	enum := s.Enum
	if len(enum) == 0 && s.Items != nil {
		enum = s.Items.Enum
	}
	if len(enum) > 0 {
		values := make([]string, len(enum))
		for i, v := range enum {
			values[i] = value(v)
		}
		parts = append(parts, "One of: "+strings.Join(values, ", ")+".")
	}
	switch {
	case s.Minimum != nil && s.Maximum != nil:
		parts = append(parts, value(*s.Minimum)+" to "+value(*s.Maximum)+".")
	case s.Minimum != nil && *s.Minimum != 0:
		parts = append(parts, "At least "+value(*s.Minimum)+".")
	case s.Maximum != nil:
		parts = append(parts, "At most "+value(*s.Maximum)+".")
	}
	if s.Default != nil {
		parts = append(parts, "It defaults to "+value(s.Default)+".")
	}
	return strings.TrimSpace(strings.Join(parts, " "))
}

func value(v any) string {
	if f, ok := v.(float64); ok {
		return strconv.FormatFloat(f, 'f', -1, 64)
	}
	if s, ok := v.(string); ok {
		return s
	}
	p, _ := json.Marshal(v)
	return string(p)
}

// goType gives the type of a schema's values.
func (w *writer) goType(s *schema, sent bool) (string, error) {
	if s == nil {
		return "json.RawMessage", nil
	}
	if s.Ref != "" {
		name, err := s.refName()
		if err == nil && w.doc.Components.Schemas[name] == nil {
			err = fmt.Errorf("there is no schema %s", name)
		}
		if slices.Contains(byHand, name) {
			err = fmt.Errorf("%s stands inside an answer", name)
		}
		return exported(name), err
	}
	if of := s.orNull(); of != nil {
		t, err := w.goType(of, sent)
		return "*" + t, err
	}
	if len(s.OneOf)+len(s.AnyOf)+len(s.AllOf) > 0 {
		return "", fmt.Errorf("oneOf, anyOf and allOf have no type in Go")
	}
	kind, nullable, err := s.Type.split()
	if err != nil {
		return "", err
	}
	var t string
	switch kind {
	case "":
		return "json.RawMessage", nil
	case "string":
		switch {
		case s.Format == "date-time":
			t = "time.Time"
		case s.Encoding == "base64":
			return "[]byte", nil
		default:
			t = "string"
		}
	case "integer":
		t = "int64"
	case "number":
		t = "float64"
	case "boolean":
		t = "bool"
	case "array":
		of, err := w.goType(s.Items, sent)
		return "[]" + of, err
	case "object":
		switch {
		case len(s.Properties) > 0:
			var b writer
			b.doc, b.sent = w.doc, w.sent
			if err := b.fields(s, sent); err != nil {
				return "", err
			}
			t = "struct {\n" + b.String() + "}"
		case s.Additional.of != nil:
			of, err := w.goType(s.Additional.of, sent)
			return "map[string]" + of, err
		default:
			return "json.RawMessage", nil
		}
	default:
		return "", fmt.Errorf("values of type %q have no type in Go", kind)
	}
	if nullable {
		t = "*" + t
	}
	return t, nil
}

// fields writes the fields of a struct. What may be absent is a pointer, slice or
// map, nil when it is; a text is empty then, unless it is sent.
func (w *writer) fields(s *schema, sent bool) error {
	seen := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		p := s.Properties[name]
		t, err := w.goType(p, sent)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		tag := name
		if !slices.Contains(s.Required, name) {
			tag += ",omitzero"
			bare := strings.HasPrefix(t, "*") || strings.HasPrefix(t, "[]") || strings.HasPrefix(t, "map[") || t == "json.RawMessage"
			if !bare && (t != "string" || sent) {
				t = "*" + t
			}
		}
		field := exported(name)
		if other, ok := seen[field]; ok {
			return fmt.Errorf("%s and %s are both %s in Go", other, name, field)
		}
		seen[field] = name
		w.comment(p.says(p.Description))
		w.line("%s %s `json:%q`", field, t, tag)
	}
	return nil
}

// types writes the types of all schemas.
func (w *writer) types() error {
	for _, name := range slices.Sorted(maps.Keys(w.doc.Components.Schemas)) {
		if slices.Contains(byHand, name) {
			continue
		}
		s := w.doc.Components.Schemas[name]
		t, err := w.goType(s, w.sent[name])
		if err != nil {
			return fmt.Errorf("schema %s: %w", name, err)
		}
		w.line("")
		if s.Description != "" {
			w.comment(sentence(s.Description))
		} else {
			w.line("// %s is that schema of the document.", exported(name))
		}
		w.line("type %s %s", exported(name), t)
	}
	return nil
}

// reach notes the schemas that a schema consists of.
func (w *writer) reach(s *schema) {
	if s == nil {
		return
	}
	if name, err := s.refName(); err == nil {
		if !w.sent[name] {
			w.sent[name] = true
			w.reach(w.doc.Components.Schemas[name])
		}
		return
	}
	for _, p := range s.Properties {
		w.reach(p)
	}
	for _, of := range s.AnyOf {
		w.reach(of)
	}
	w.reach(s.Items)
	w.reach(s.Additional.of)
}
