package api

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/phukin/phukin/hub/account"
)

// meanings are the statuses that answer a request with something else than what
// it asked for, as the OpenAPI document explains them.
var meanings = map[int]string{
	http.StatusNotModified:                 "Nothing changed: what the client has, by If-None-Match, holds as of now",
	http.StatusBadRequest:                  "The query or the body cannot be read",
	http.StatusUnauthorized:                "Nobody said who they are, or the token is wrong, has expired or was revoked",
	http.StatusForbidden:                   "The role, its area, the scope of the token, or the X-CSRF-Token of a session is not enough",
	http.StatusNotFound:                    "There is none with this code or id, or none that the client may see",
	http.StatusNotAcceptable:               "The answer has no representation that Accept or format asks for; detail lists those that it has",
	http.StatusRequestTimeout:              "The body came too slowly",
	http.StatusConflict:                    "What is there already contradicts the change",
	http.StatusPreconditionFailed:          "Somebody else changed it since: If-Match names what is no longer there",
	http.StatusRequestEntityTooLarge:       "The body is too large",
	http.StatusRequestURITooLong:           "Path and query are too long",
	http.StatusUnsupportedMediaType:        "The body is of a type that is not taken",
	http.StatusUnprocessableEntity:         "A parameter, a header or a field of the body is not as described; errors name each",
	http.StatusPreconditionRequired:        "If-Match is missing",
	http.StatusTooManyRequests:             "Too many tokens or sessions that let nobody in came from this address; Retry-After says when to try again",
	http.StatusRequestHeaderFieldsTooLarge: "The header is too large",
	http.StatusInternalServerError:         "Something went wrong inside; instance has the id under which the hub's log says what",
	http.StatusServiceUnavailable:          "The hub is busy, the history is away, or the answer took too long",
}

// always are what every operation may answer.
var always = []int{
	http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusRequestURITooLong, http.StatusUnprocessableEntity,
	http.StatusRequestHeaderFieldsTooLarge, http.StatusInternalServerError,
}

// describeStatuses puts into the OpenAPI document every status that an operation
// can answer with beside those of success, as they follow from what the operation
// takes and from who may do it. What follows from nothing else, such as a
// conflict, an operation names in its Errors.
func (s *Server) describeStatuses() {
	doc := s.openapi.OpenAPI()
	doc.Components.Responses = map[string]*huma.Response{}
	describeNulls(doc)
	for op := range operationsOf(doc) {
		delete(op.Responses, "default")
		for _, status := range statusesOf(op) {
			doc.Components.Responses[componentOf(status)] = responseOf(status, meanings[status])
			op.Responses[strconv.Itoa(status)] = &huma.Response{Ref: "#/components/responses/" + componentOf(status)}
		}
		for _, p := range op.Parameters {
			if p.In == "query" && p.Schema.Type == huma.TypeString && len(p.Schema.Enum) == 0 && p.Schema.MinLength == nil {
				p.Schema.MinLength = new(1) // wellFormed sees to it
			}
		}
		if needsLogin(op) {
			op.Security = []map[string][]string{{"token": {}}, {"session": {}}}
		}
	}
}

// operationsOf gives the operations of a document.
func operationsOf(doc *huma.OpenAPI) func(func(*huma.Operation) bool) {
	return func(yield func(*huma.Operation) bool) {
		for _, path := range slices.Sorted(maps.Keys(doc.Paths)) {
			i := doc.Paths[path]
			for _, op := range []*huma.Operation{i.Get, i.Put, i.Post, i.Delete, i.Options, i.Head, i.Patch, i.Trace} {
				if op != nil && !yield(op) {
					return
				}
			}
		}
	}
}

// statusesOf gives the statuses that an operation can answer with instead of
// success.
func statusesOf(op *huma.Operation) []int {
	all := slices.Concat(always, op.Errors)
	if needsLogin(op) {
		all = append(all, http.StatusUnauthorized, http.StatusForbidden, http.StatusTooManyRequests)
	}
	if !unbounded[op.Path] || op.Path == eventsPath {
		all = append(all, http.StatusServiceUnavailable)
	}
	if op.RequestBody != nil {
		all = append(all, http.StatusRequestTimeout, http.StatusUnsupportedMediaType)
	}
	for _, p := range op.Parameters {
		switch {
		case p.In == "path":
			all = append(all, http.StatusNotFound)
		case p.In == "header" && p.Name == "If-None-Match":
			all = append(all, http.StatusNotModified)
		case p.In == "header" && p.Name == "If-Match":
			all = append(all, http.StatusPreconditionFailed, http.StatusPreconditionRequired)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// needsLogin says whether an operation asks who it is for.
func needsLogin(op *huma.Operation) bool {
	line, known := account.OperationOf(op.OperationID)
	return !known || line.Extent != account.Free
}

func componentOf(status int) string { return strings.ReplaceAll(http.StatusText(status), " ", "") }

func responseOf(status int, meaning string) *huma.Response {
	text := func(doc string) *huma.Param {
		return &huma.Param{Description: doc, Schema: &huma.Schema{Type: huma.TypeString}}
	}
	if status == http.StatusNotModified {
		return &huma.Response{Description: meaning, Headers: map[string]*huma.Param{
			"ETag": text("Entity tag of what the client has"), "Cache-Control": text(""), "Vary": text("")}}
	}
	r := &huma.Response{
		Description: meaning,
		Headers:     map[string]*huma.Param{"Content-Language": text("Language of its texts: vi, or en if Accept-Language likes that better")},
		Content:     map[string]*huma.MediaType{problemType: {Schema: &huma.Schema{Ref: "#/components/schemas/ErrorModel"}}},
	}
	switch status {
	case http.StatusUnauthorized:
		r.Headers["WWW-Authenticate"] = text("Bearer")
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		r.Headers["Retry-After"] = &huma.Param{Description: "Seconds; absent where nobody can say", Schema: &huma.Schema{Type: huma.TypeInteger}}
	}
	return r
}
