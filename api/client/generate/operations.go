package main

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

const (
	asJSON  = "application/json"
	asTable = "format" // the parameter that chooses a representation; Accept does
	stream  = "text/event-stream"
)

// operations writes, for each operation, its parameters and its method.
func (w *writer) operations() error {
	all, err := w.doc.operations()
	if err != nil {
		return err
	}
	for _, op := range all {
		if err := w.operation(op); err != nil {
			return fmt.Errorf("%s %s: %w", strings.ToUpper(op.method), op.path, err)
		}
	}
	return nil
}

func (w *writer) operation(op placed) error {
	name := exported(op.ID)
	method := "http.Method" + exported(op.method)
	w.line("")
	w.line("// %sParams is what [Client.%s] is asked with.", name, name)
	w.line("type %sParams struct {", name)
	setters, path, err := w.params(op)
	if err != nil {
		return err
	}
	body, err := w.body(op)
	if err != nil {
		return err
	}
	w.line("}")
	w.line("")
	w.line("func (p %sParams) request() request {", name)
	w.line("r := newRequest(%s, %s)", method, path)
	for _, s := range setters {
		w.line("%s", s)
	}
	if body != "" {
		w.line("%s", body)
	}
	w.line("return r")
	w.line("}")
	return w.method(op, name)
}

// params writes the fields of the parameters, and gives the statements that put
// them into the request, and the path as a Go expression.
func (w *writer) params(op placed) (setters []string, path string, err error) {
	path = strconv.Quote(op.path)
	for _, p := range op.Parameters {
		if p.Name == asTable && p.In == "query" {
			continue
		}
		if p.Schema == nil {
			return nil, "", fmt.Errorf("parameter %s has no schema", p.Name)
		}
		t, err := w.goType(p.Schema, true)
		if err != nil {
			return nil, "", fmt.Errorf("parameter %s: %w", p.Name, err)
		}
		field := exported(p.Name)
		w.comment(p.Schema.says(p.Description))
		if p.In == "path" {
			w.line("%s %s", field, t)
			text := map[string]string{"string": "p." + field, "int64": "strconv.FormatInt(p." + field + ", 10)"}[t]
			if text == "" {
				return nil, "", fmt.Errorf("a %s in a path has no form", t)
			}
			before, after, ok := strings.Cut(path, "{"+p.Name+"}")
			if !ok {
				return nil, "", fmt.Errorf("the path does not have {%s}", p.Name)
			}
			path = before + `" + segment(` + text + `) + "` + after
			continue
		}
		to, ok := map[string]string{"query": "r.query", "header": "r.header"}[p.In]
		if !ok {
			return nil, "", fmt.Errorf("a parameter in %s has no place", p.In)
		}
		how, ok := map[string]string{"string": "setText", "*int64": "setInteger", "*float64": "setNumber", "*bool": "setBool", "*time.Time": "setMoment", "[]string": "setList"}[optional(t)]
		if !ok {
			return nil, "", fmt.Errorf("parameter %s: a %s has no form", p.Name, t)
		}
		if how == "setList" && (p.Explode == nil || *p.Explode) {
			return nil, "", fmt.Errorf("parameter %s: lists are separated by commas", p.Name)
		}
		w.line("%s %s", field, optional(t))
		setters = append(setters, fmt.Sprintf("%s(%s, %q, p.%s)", how, to, p.Name, field))
	}
	path = strings.TrimSuffix(path, ` + ""`)
	return setters, path, nil
}

// optional is the type of a parameter that may be left out.
func optional(t string) string {
	if t == "string" || strings.HasPrefix(t, "[]") || strings.HasPrefix(t, "*") {
		return t
	}
	return "*" + t
}

// body writes the fields of the body, and gives the statement that puts it into
// the request.
func (w *writer) body(op placed) (string, error) {
	if op.Body == nil {
		return "", nil
	}
	media := slices.Sorted(maps.Keys(op.Body.Content))
	if len(media) == 1 && media[0] == asJSON {
		t, err := w.goType(op.Body.Content[asJSON].Schema, true)
		if err != nil {
			return "", fmt.Errorf("body: %w", err)
		}
		w.line("Body %s", t)
		return "r.body = p.Body", nil
	}
	if len(media) == 0 {
		return "", fmt.Errorf("its body has no media type")
	}
	w.line("// Body is sent as it is, and ContentType says what it is: %s.", strings.Join(media, ", "))
	w.line("Body io.Reader")
	w.line("ContentType string")
	return "r.stream, r.contentType = p.Body, p.ContentType", nil
}

// method writes the method that asks for an operation.
func (w *writer) method(op placed, name string) error {
	media, answer, err := w.answer(op)
	if err != nil {
		return err
	}
	if len(media) == 1 && media[0] == stream {
		return nil // Follow is written by hand
	}
	w.line("")
	w.line("// %s: %s (%s %s)", name, sentence(op.Summary), strings.ToUpper(op.method), op.path)
	if op.Description != "" {
		w.line("//")
		w.comment(sentence(op.Description))
	}
	switch {
	case answer != "":
		if len(media) > 1 {
			w.line("//")
			w.line("// [Client.Fetch] gives it as %s too.", strings.Join(without(media, asJSON), ", "))
		}
		w.line("func (c *Client) %s(ctx context.Context, p %[1]sParams) (*Answer[%s], error) {", name, answer)
		w.line("return ask[%s](ctx, c, p.request())", answer)
	default:
		w.line("//")
		w.line("// The representation is one of %s.", strings.Join(media, ", "))
		w.line("func (c *Client) %s(ctx context.Context, mediaType string, p %[1]sParams) (*File, error) {", name)
		w.line("return c.Fetch(ctx, mediaType, p)")
	}
	w.line("}")
	return nil
}

func without(all []string, one string) []string {
	return slices.DeleteFunc(slices.Clone(all), func(s string) bool { return s == one })
}

// answer gives the representations of what an operation answers with when all is
// well, and the type of its JSON; struct{} when nothing is sent.
func (w *writer) answer(op placed) (media []string, answer string, err error) {
	answer = "struct{}"
	for _, status := range slices.Sorted(maps.Keys(op.Responses)) {
		if !strings.HasPrefix(status, "2") || len(op.Responses[status].Content) == 0 {
			continue
		}
		has := ""
		for _, m := range slices.Sorted(maps.Keys(op.Responses[status].Content)) {
			if !slices.Contains(media, m) {
				media = append(media, m)
			}
			if m == asJSON {
				if has, err = w.goType(op.Responses[status].Content[m].Schema, false); err != nil {
					return nil, "", fmt.Errorf("answer %s: %w", status, err)
				}
			}
		}
		if answer != "struct{}" && has != answer {
			return nil, "", fmt.Errorf("answers of several types: %s and %s", answer, has)
		}
		answer = has
	}
	return media, answer, nil
}

// events writes what turns the data of an event into its type.
func (w *writer) events() error {
	all, err := w.doc.operations()
	if err != nil {
		return err
	}
	for _, op := range all {
		if op.Responses["200"] == nil {
			continue
		}
		of, ok := op.Responses["200"].Content[stream]
		if !ok {
			continue
		}
		w.line("")
		w.line("// Value gives what the event holds, by its kind:")
		var cases strings.Builder
		for _, e := range of.Schema.OneOf {
			kind, data := e.Properties["event"], e.Properties["data"]
			if kind == nil || data == nil || len(kind.Enum) != 1 {
				return fmt.Errorf("%s: an event has no kind or no data", op.ID)
			}
			t, err := w.goType(data, false)
			if err != nil {
				return fmt.Errorf("%s: %w", op.ID, err)
			}
			w.line("// *%s of %s.", t, value(kind.Enum[0]))
			fmt.Fprintf(&cases, "case %q:\nv = new(%s)\n", value(kind.Enum[0]), t)
		}
		w.line("// A kind that is newer than this client is an error.")
		w.line("func (e *Event) Value() (any, error) {")
		w.line("var v any")
		w.line("switch e.Kind {\n%sdefault:\nreturn nil, fmt.Errorf(\"event %%s: this client does not know its kind %%q\", e.ID, e.Kind)\n}", cases.String())
		w.line("if err := json.Unmarshal(e.Data, v); err != nil {\nreturn nil, fmt.Errorf(\"event %%s: %%w\", e.ID, err)\n}")
		w.line("return v, nil")
		w.line("}")
	}
	return nil
}
