package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// document is what is read of an OpenAPI 3.1 document. What stands in it beside
// does not change the client.
type document struct {
	Info struct {
		Version string `json:"version"`
	} `json:"info"`
	Paths      map[string]map[string]*operation `json:"paths"`
	Components struct {
		Schemas map[string]*schema `json:"schemas"`
	} `json:"components"`
}

type operation struct {
	ID          string              `json:"operationId"`
	Summary     string              `json:"summary"`
	Description string              `json:"description"`
	Parameters  []*parameter        `json:"parameters"`
	Body        *content            `json:"requestBody"`
	Responses   map[string]*content `json:"responses"`
}

type parameter struct {
	Name        string  `json:"name"`
	In          string  `json:"in"`
	Description string  `json:"description"`
	Required    bool    `json:"required"`
	Explode     *bool   `json:"explode"`
	Schema      *schema `json:"schema"`
}

// content is a body in its representations, by media type.
type content struct {
	Content map[string]struct {
		Schema *schema `json:"schema"`
	} `json:"content"`
}

type schema struct {
	Ref         string             `json:"$ref"`
	Type        types              `json:"type"`
	Format      string             `json:"format"`
	Encoding    string             `json:"contentEncoding"`
	Description string             `json:"description"`
	Properties  map[string]*schema `json:"properties"`
	Required    []string           `json:"required"`
	Items       *schema            `json:"items"`
	Additional  additional         `json:"additionalProperties"`
	Enum        []any              `json:"enum"`
	Default     any                `json:"default"`
	Minimum     *float64           `json:"minimum"`
	Maximum     *float64           `json:"maximum"`
	OneOf       []*schema          `json:"oneOf"`
	AnyOf       []*schema          `json:"anyOf"`
	AllOf       []*schema          `json:"allOf"`
}

// types are the kinds of values that a schema allows; one stands alone, or
// several in a list.
type types []string

func (t *types) UnmarshalJSON(p []byte) error {
	var one string
	if json.Unmarshal(p, &one) == nil {
		*t = types{one}
		return nil
	}
	return json.Unmarshal(p, (*[]string)(t))
}

// split gives the one type of values, and whether null is allowed beside.
func (t types) split() (kind string, nullable bool, err error) {
	for _, k := range t {
		switch {
		case k == "null":
			nullable = true
		case kind != "":
			return "", false, fmt.Errorf("values of several types %v have no type in Go", []string(t))
		default:
			kind = k
		}
	}
	return kind, nullable, nil
}

// orNull gives the one schema that stands beside null, nil if it is not so.
func (s *schema) orNull() *schema {
	if len(s.AnyOf) == 2 && s.AnyOf[0].Ref != "" && slices.Equal(s.AnyOf[1].Type, types{"null"}) {
		return s.AnyOf[0]
	}
	return nil
}

// additional is the schema of properties that are not named, or whether there
// may be any.
type additional struct{ of *schema }

func (a *additional) UnmarshalJSON(p []byte) error {
	var any bool
	if json.Unmarshal(p, &any) == nil {
		if any {
			a.of = &schema{}
		}
		return nil
	}
	return json.Unmarshal(p, &a.of)
}

// refName gives the name of the component that a schema refers to.
func (s *schema) refName() (string, error) {
	name, ok := strings.CutPrefix(s.Ref, "#/components/schemas/")
	if !ok {
		return "", fmt.Errorf("$ref %q does not name a schema of the document", s.Ref)
	}
	return name, nil
}

// placed is an operation with where it is.
type placed struct {
	*operation
	method, path string
}

// operations lists all operations by their id.
func (d *document) operations() ([]placed, error) {
	var all []placed
	for path, of := range d.Paths {
		for method, op := range of {
			if op.ID == "" {
				return nil, fmt.Errorf("%s %s has no operationId", method, path)
			}
			all = append(all, placed{op, method, path})
		}
	}
	slices.SortFunc(all, func(a, b placed) int { return strings.Compare(a.ID, b.ID) })
	for i := 1; i < len(all); i++ {
		if all[i].ID == all[i-1].ID {
			return nil, fmt.Errorf("two operations are called %s", all[i].ID)
		}
	}
	return all, nil
}
