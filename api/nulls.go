package api

import (
	"reflect"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// describeNulls puts into a document where null may stand. In what is sent to the
// hub it counts as left out. In answers a pointer to a struct that is not left out
// when there is none is null, which huma describes of plain values alone.
func describeNulls(doc *huma.OpenAPI) {
	schemas := doc.Components.Schemas
	taken := map[string]bool{}
	for op := range operationsOf(doc) {
		if op.RequestBody != nil {
			for _, m := range op.RequestBody.Content {
				mayBeNull(schemas, m.Schema, taken)
			}
		}
	}
	for name, s := range schemas.Map() {
		if t := schemas.TypeFromRef("#/components/schemas/" + name); t != nil && !taken[name] {
			pointersMayBeNull(s, t)
		}
	}
}

// mayBeNull lets null stand for the fields of a schema that need not be there,
// and of those in it.
func mayBeNull(schemas huma.Registry, s *huma.Schema, seen map[string]bool) {
	for s != nil && s.Ref != "" {
		name := s.Ref[strings.LastIndexByte(s.Ref, '/')+1:]
		if seen[name] {
			return
		}
		seen[name] = true
		s = schemas.SchemaFromRef(s.Ref)
	}
	if s == nil {
		return
	}
	for field, p := range s.Properties {
		if p.Ref == "" && !slices.Contains(s.Required, field) {
			p.Nullable = true
		}
		mayBeNull(schemas, p, seen)
	}
	mayBeNull(schemas, s.Items, seen)
}

// pointersMayBeNull lets null stand where a struct has a pointer to another.
func pointersMayBeNull(s *huma.Schema, t reflect.Type) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return
	}
	for _, f := range reflect.VisibleFields(t) {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		p := s.Properties[name]
		if p == nil || p.Ref == "" || f.Type.Kind() != reflect.Pointer || strings.Contains(options, "omit") {
			continue
		}
		s.Properties[name] = &huma.Schema{Description: p.Description, AnyOf: []*huma.Schema{{Ref: p.Ref}, {Type: "null"}}}
	}
}
