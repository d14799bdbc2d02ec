package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
)

// field is a field of a struct as encoding/json sees it.
type field struct {
	name      string
	index     []int
	omitempty bool
}

// structFields keeps the fields of the types of answers.
var structFields sync.Map // of reflect.Type: []field

// jsonFields lists the fields of a struct in order, those of structs that are
// embedded in it in their place.
func jsonFields(t reflect.Type) []field {
	if known, ok := structFields.Load(t); ok {
		return known.([]field)
	}
	var all []field
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous && name == "" && f.Type.Kind() == reflect.Struct {
			for _, inner := range jsonFields(f.Type) {
				inner.index = append([]int{i}, inner.index...)
				all = append(all, inner)
			}
			continue
		}
		if f.IsExported() && name != "" && name != "-" {
			all = append(all, field{name, []int{i}, slices.Contains(strings.Split(options, ","), "omitempty")})
		}
	}
	structFields.Store(t, all)
	return all
}

// fieldsOf lists the JSON names of a row's fields in order.
func fieldsOf[T any]() []string {
	var names []string
	for _, f := range jsonFields(reflect.TypeFor[T]()) {
		names = append(names, f.name)
	}
	return names
}

// checkFields refuses names that a row does not have.
func checkFields[T any](names []string) error {
	if len(names) == 0 {
		return nil
	}
	have := fieldsOf[T]()
	for _, n := range names {
		if !slices.Contains(have, n) {
			return invalid("fields", n, "các dòng này không có trường đó; các trường có: "+strings.Join(have, ", "), "is not a field of these rows; there are: "+strings.Join(have, ", "))
		}
	}
	return nil
}

// encode writes the body of an answer as JSON, of its rows the fields that were
// asked for.
func encode(b *bytes.Buffer, body any) error {
	if own, ok := body.(interface {
		encodeTo(*bytes.Buffer) (bool, error)
	}); ok {
		if done, err := own.encodeTo(b); done {
			return err
		}
	}
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	p, ok := body.(interface{ chosen() []string })
	if !ok || len(p.chosen()) == 0 {
		return e.Encode(body)
	}
	o := objects{b, e}
	row := func(name string) bool { return slices.Contains(p.chosen(), name) }
	err := o.write(reflect.ValueOf(body).Elem(), func(string) bool { return true }, func(rows reflect.Value) error {
		b.WriteByte('[')
		for i := range rows.Len() {
			if i > 0 {
				b.WriteByte(',')
			}
			if err := o.write(rows.Index(i), row, nil); err != nil {
				return err
			}
		}
		b.WriteByte(']')
		return nil
	})
	b.WriteByte('\n')
	return err
}

// objects writes structs field by field.
type objects struct {
	*bytes.Buffer
	json *json.Encoder
}

// write writes the fields that are wanted; the field items, if given, with
// items.
func (o objects) write(v reflect.Value, want func(name string) bool, items func(reflect.Value) error) error {
	o.WriteByte('{')
	first := true
	for _, f := range jsonFields(v.Type()) {
		value := v.FieldByIndex(f.index)
		if !want(f.name) || f.omitempty && isEmpty(value) {
			continue
		}
		if !first {
			o.WriteByte(',')
		}
		first = false
		fmt.Fprintf(o, "%q:", f.name)
		if f.name == "items" && items != nil {
			if err := items(value); err != nil {
				return err
			}
			continue
		}
		if err := o.json.Encode(value.Interface()); err != nil {
			return err
		}
		o.Truncate(o.Len() - 1) // the end of the line
	}
	o.WriteByte('}')
	return nil
}

// isEmpty says what omitempty leaves out.
func isEmpty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Array, reflect.Map, reflect.Slice, reflect.String:
		return v.Len() == 0
	case reflect.Struct:
		return false
	}
	return v.IsZero()
}
