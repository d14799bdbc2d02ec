package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// fieldsOf lists the JSON names of a row's fields in order.
func fieldsOf[T any]() []string {
	var names []string
	t := reflect.TypeFor[T]()
	for i := range t.NumField() {
		if name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ","); name != "" && name != "-" {
			names = append(names, name)
		}
	}
	return names
}

// checkFields refuses names that a row does not have.
func checkFields[T any](names []string) error {
	have := fieldsOf[T]()
	for _, n := range names {
		if !slices.Contains(have, n) {
			return invalid("fields", n, "các dòng này không có trường đó; các trường có: "+strings.Join(have, ", "), "is not a field of these rows; there are: "+strings.Join(have, ", "))
		}
	}
	return nil
}

// only encodes the named fields of a row, in the row's own order; all of them
// when none is named.
func only(row any, names []string) ([]byte, error) {
	v := reflect.ValueOf(row)
	t := v.Type()
	var b bytes.Buffer
	b.WriteByte('{')
	for i := range t.NumField() {
		name, options, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		if name == "" || name == "-" || len(names) > 0 && !slices.Contains(names, name) {
			continue
		}
		if options == "omitempty" && v.Field(i).IsZero() {
			continue
		}
		p, err := json.Marshal(v.Field(i).Interface())
		if err != nil {
			return nil, err
		}
		if b.Len() > 1 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "%q:", name)
		b.Write(p)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}
