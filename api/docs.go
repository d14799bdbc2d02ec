package api

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"hash/fnv"
	"html/template"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"
)

// The page at /api/docs is made from the OpenAPI document: without scripts and
// without anything from elsewhere.
var (
	//go:embed docs.html
	docsHTML string
	//go:embed docs.css
	docsCSS string

	docsTemplate = template.Must(template.New("docs").Parse(docsHTML))
	docsPolicy   = fmt.Sprintf("default-src 'none'; style-src 'sha256-%s'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'", styleHash())
)

func styleHash() string {
	h := sha256.Sum256([]byte(docsCSS))
	return base64.StdEncoding.EncodeToString(h[:])
}

// docsPage is what the page is made of.
type docsPage struct {
	Lang    language
	Style   template.CSS
	Title   string
	Version string
	Groups  []docsGroup
	Schemas []docsSchema
	Others  []docsStatus
}

// docsStatus is a status of anything else than success.
type docsStatus struct {
	Status         int
	Title, Meaning string
}

type docsGroup struct {
	Name       string
	Operations []docsOperation
}

type docsOperation struct {
	ID, Method, Path, Summary, Description string
	Parameters                             []docsField
	Body                                   template.HTML
	Answers                                []docsAnswer
}

type docsAnswer struct {
	Status, Kind string
	Type         template.HTML
}

type docsField struct {
	Name, In, Doc string
	Type          template.HTML
	Must          bool
}

type docsSchema struct {
	Name   string
	Doc    string
	Fields []docsField
}

// In gives one of two texts, that of the page's language.
func (p *docsPage) In(vi, en string) string { return Text{VI: vi, EN: en}.In(p.Lang) }

// registerDocs serves the page. The document must be whole when it is first
// asked for.
func (s *Server) registerDocs() {
	type rendered struct {
		once sync.Once
		body []byte
		tag  string
		err  error
	}
	pages := map[language]*rendered{vietnamese: {}, english: {}}
	s.echo.GET("/api/docs", func(c echo.Context) error {
		l := languageOf(c.Request().Header.Get("Accept-Language"))
		h := c.Response().Header()
		switch lang := c.QueryParam("lang"); language(lang) {
		case vietnamese, english:
			l = language(lang)
		case "":
			h.Add("Vary", "Accept-Language")
		default:
			return invalid("lang", lang, "phải là vi hoặc en", "must be vi or en")
		}
		p := pages[l]
		p.once.Do(func() {
			p.body, p.err = renderDocs(s.openapi.OpenAPI(), l)
			sum := fnv.New64a()
			_, _ = sum.Write(p.body)
			p.tag = fmt.Sprintf(`W/"%016x"`, sum.Sum64())
		})
		if p.err != nil {
			return p.err
		}
		h.Set("Content-Security-Policy", docsPolicy)
		h.Set("Content-Language", string(l))
		h.Set("Cache-Control", "no-cache")
		h.Set("ETag", p.tag)
		if matches(c.Request().Header.Get("If-None-Match"), p.tag) {
			return c.NoContent(http.StatusNotModified)
		}
		return c.Blob(http.StatusOK, "text/html; charset=utf-8", p.body)
	})
}

func renderDocs(doc *huma.OpenAPI, l language) ([]byte, error) {
	p := docsPage{Lang: l, Style: template.CSS(docsCSS), Title: doc.Info.Title, Version: doc.Info.Version}
	groups := map[string]*docsGroup{}
	for _, path := range slices.Sorted(maps.Keys(doc.Paths)) {
		item := doc.Paths[path]
		for _, op := range []*huma.Operation{item.Get, item.Post, item.Put, item.Patch, item.Delete} {
			if op == nil {
				continue
			}
			tag := "other"
			if len(op.Tags) > 0 {
				tag = op.Tags[0]
			}
			if groups[tag] == nil {
				groups[tag] = &docsGroup{Name: tag}
			}
			groups[tag].Operations = append(groups[tag].Operations, docsOperationOf(op))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(groups)) {
		p.Groups = append(p.Groups, *groups[name])
	}
	schemas := doc.Components.Schemas.Map()
	for _, name := range slices.Sorted(maps.Keys(schemas)) {
		p.Schemas = append(p.Schemas, docsSchemaOf(name, schemas[name]))
	}
	for _, status := range slices.Sorted(maps.Keys(meanings)) {
		p.Others = append(p.Others, docsStatus{status, titleOf(status).In(l), meanings[status]})
	}
	var b bytes.Buffer
	if err := docsTemplate.Execute(&b, &p); err != nil {
		return nil, fmt.Errorf("render the page of the API: %w", err)
	}
	return b.Bytes(), nil
}

func docsOperationOf(op *huma.Operation) docsOperation {
	d := docsOperation{ID: op.OperationID, Method: op.Method, Path: op.Path, Summary: op.Summary, Description: op.Description}
	for _, p := range op.Parameters {
		d.Parameters = append(d.Parameters, docsField{Name: p.Name, In: p.In, Doc: p.Description, Type: typeOf(p.Schema), Must: p.Required || p.In == "path"})
	}
	if op.RequestBody != nil {
		for _, kind := range slices.Sorted(maps.Keys(op.RequestBody.Content)) {
			d.Body += template.HTML(template.HTMLEscapeString(kind)+" ") + typeOf(op.RequestBody.Content[kind].Schema)
		}
	}
	var refusals []string // they mean the same everywhere
	for _, status := range slices.Sorted(maps.Keys(op.Responses)) {
		r := op.Responses[status]
		if r.Ref != "" {
			refusals = append(refusals, status)
			continue
		}
		if len(r.Content) == 0 {
			d.Answers = append(d.Answers, docsAnswer{Status: status, Kind: r.Description})
		}
		for _, kind := range slices.Sorted(maps.Keys(r.Content)) {
			d.Answers = append(d.Answers, docsAnswer{Status: status, Kind: kind, Type: typeOf(r.Content[kind].Schema)})
		}
	}
	if len(refusals) > 0 {
		d.Answers = append(d.Answers, docsAnswer{Status: strings.Join(refusals, ", "), Kind: problemType, Type: `<a href="#statuses">…</a>`})
	}
	return d
}

func docsSchemaOf(name string, s *huma.Schema) docsSchema {
	d := docsSchema{Name: name, Doc: s.Description}
	for _, field := range slices.Sorted(maps.Keys(s.Properties)) {
		f := s.Properties[field]
		d.Fields = append(d.Fields, docsField{Name: field, Doc: f.Description, Type: typeOf(f), Must: slices.Contains(s.Required, field)})
	}
	return d
}

// typeOf says what a value is, with a link to what it is made of.
func typeOf(s *huma.Schema) template.HTML {
	if s == nil {
		return ""
	}
	if s.Ref != "" {
		name := template.HTMLEscapeString(s.Ref[strings.LastIndexByte(s.Ref, '/')+1:])
		return template.HTML(`<a href="#` + name + `">` + name + `</a>`)
	}
	var t string
	switch {
	case len(s.AnyOf) > 0:
		return typeOf(s.AnyOf[0])
	case s.Items != nil:
		return "[" + typeOf(s.Items) + "]"
	case len(s.Enum) > 0:
		words := make([]string, len(s.Enum))
		for i, w := range s.Enum {
			words[i] = fmt.Sprint(w)
		}
		t = strings.Join(words, " | ")
	default:
		t = cmp.Or(s.Format, s.Type, "any")
	}
	for _, bound := range []struct {
		sign string
		v    *float64
	}{{"≥", s.Minimum}, {"≤", s.Maximum}} {
		if bound.v != nil {
			t += fmt.Sprintf(" %s %v", bound.sign, *bound.v)
		}
	}
	if s.MaxLength != nil {
		t += fmt.Sprintf(" (≤ %d)", *s.MaxLength)
	}
	if s.Default != nil {
		t += fmt.Sprintf(" = %v", s.Default)
	}
	text := template.HTML(template.HTMLEscapeString(t))
	if of, ok := s.AdditionalProperties.(*huma.Schema); ok {
		text = "{…: " + typeOf(of) + "}"
	}
	return text
}
