package api

import (
	"context"
	"reflect"
)

// finite refuses numbers that are none, and those without an end, in the query of
// an operation: huma takes NaN for a number within any bounds.
func finite[I, O any](handler func(context.Context, *I) (*O, error)) func(context.Context, *I) (*O, error) {
	var numbers []reflect.StructField
	for _, f := range reflect.VisibleFields(reflect.TypeFor[I]()) {
		if f.Tag.Get("query") != "" && f.Type.Kind() == reflect.Float64 {
			numbers = append(numbers, f)
		}
	}
	if len(numbers) == 0 {
		return handler
	}
	return func(ctx context.Context, in *I) (*O, error) {
		for _, f := range numbers {
			if v := reflect.ValueOf(in).Elem().FieldByIndex(f.Index).Float(); v-v != 0 {
				return nil, invalid(f.Tag.Get("query"), nil, "phải là số, như 12.5", "must be a number such as 12.5")
			}
		}
		return handler(ctx, in)
	}
}
