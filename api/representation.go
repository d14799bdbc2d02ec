package api

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cespare/xxhash/v2"
	"github.com/danielgtaylor/huma/v2"
)

// representation is a form that an answer is sent in.
type representation string

const (
	asJSON representation = "json"
	asCSV  representation = "csv"
	asXLSX representation = "xlsx"
)

var mediaTypes = map[representation]string{
	asJSON: "application/json",
	asCSV:  "text/csv",
	asXLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}

// maxTable is how many rows a table may have.
const maxTable = 200_000

// answer is an answer that can be sent in each of its representations: as JSON,
// and where its body has a table as CSV and XLSX.
type answer[T any] struct {
	body *T
	have string // entity tags that the client has
	tag  string // of the content: all but the moment it holds for
	json []byte
	// fill, if set, gives the body what its table needs.
	fill func() error
}

// tabular is a body with a table.
type tabular interface{ Table() Table }

// headed is an answer's body with its Head.
type headed[T any] interface {
	*T
	head() *Head
}

func (h *Head) head() *Head { return h }

// respond gives body as of a moment. Its Head comes first in it.
func respond[T any, P headed[T]](in Conditional, body P, at time.Time, simulated bool) (*answer[T], error) {
	*body.head() = Head{AsOf: at, Simulated: simulated}
	var b bytes.Buffer
	if err := encode(&b, body); err != nil {
		return nil, fmt.Errorf("encode the answer: %w", err)
	}
	return &answer[T]{body: body, have: in.IfNoneMatch, tag: tagOf(b.Bytes()), json: b.Bytes()}, nil
}

// tagOf gives the tag of an answer in JSON. It covers all but the moment at its
// beginning, which alone is no news.
func tagOf(p []byte) string {
	if _, rest, ok := bytes.Cut(p, []byte(",")); ok {
		p = rest
	}
	return fmt.Sprintf("%016x", xxhash.Sum64(p))
}

// wanted is what a request wants an answer to be like.
type wanted struct {
	form representation
	lang language
}

type wantedKey struct{}

// sent is an answer as it goes out.
type sent struct {
	ETag         string   `header:"ETag" doc:"Entity tag of the answer in this representation"`
	CacheControl string   `header:"Cache-Control"`
	ContentType  string   `header:"Content-Type"`
	Disposition  string   `header:"Content-Disposition" doc:"File name of a table: what it is, and of which period"`
	Vary         []string `header:"Vary"`
	Body         []byte
}

// presentable is an answer, whatever its body.
type presentable interface {
	describe(*huma.Operation, huma.Registry) (tabled bool)
	present(path string, w wanted, loc *time.Location) (*sent, error)
}

// describe puts the answer's representations into an operation's description.
func (a *answer[T]) describe(op *huma.Operation, schemas huma.Registry) (tabled bool) {
	t := reflect.TypeFor[T]()
	content := map[string]*huma.MediaType{mediaTypes[asJSON]: {Schema: schemas.Schema(t, true, t.Name())}}
	if _, tabled = any(a.body).(tabular); tabled {
		content[mediaTypes[asCSV]] = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString}}
		content[mediaTypes[asXLSX]] = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}
		op.Parameters = append(op.Parameters, &huma.Param{
			Name: "format", In: "query", Description: "Representation of the answer, whatever Accept says; csv and xlsx are its table",
			Schema: &huma.Schema{Type: huma.TypeString, Enum: []any{asJSON, asCSV, asXLSX}},
		})
	}
	op.Errors = append(op.Errors, http.StatusNotAcceptable)
	if op.Responses == nil {
		op.Responses = map[string]*huma.Response{}
	}
	status := cmp.Or(op.DefaultStatus, http.StatusOK)
	op.Responses[strconv.Itoa(status)] = &huma.Response{Description: http.StatusText(status), Content: content}
	return tabled
}

// present gives the answer as it is wanted, or 304 when the client has the same
// already.
func (a *answer[T]) present(path string, w wanted, loc *time.Location) (*sent, error) {
	out := &sent{ETag: fmt.Sprintf(`W/"%s"`, a.tag), CacheControl: "no-cache", ContentType: mediaTypes[w.form], Vary: []string{"Accept"}}
	switch w.form {
	case asCSV:
		out.ETag = fmt.Sprintf(`W/"%s-csv"`, a.tag)
		out.ContentType += "; charset=utf-8; header=present"
	case asXLSX:
		out.ETag = fmt.Sprintf(`W/"%s-xlsx-%s"`, a.tag, w.lang)
		out.Vary = append(out.Vary, "Accept-Language")
	}
	if matches(a.have, out.ETag) {
		return nil, huma.ErrorWithHeaders(huma.Status304NotModified(), http.Header{"ETag": {out.ETag}, "Cache-Control": {out.CacheControl}, "Vary": out.Vary})
	}
	if w.form == asJSON {
		out.Body = a.json
		return out, nil
	}
	if a.fill != nil {
		if err := a.fill(); err != nil {
			return nil, err
		}
	}
	t := any(a.body).(tabular).Table()
	if err := checkRows(len(t.Rows)); err != nil {
		return nil, err
	}
	head := any(a.body).(interface{ head() *Head }).head()
	out.Disposition = fmt.Sprintf(`attachment; filename="%s.%s"`, a.fileName(path, head, loc), w.form)
	var b bytes.Buffer
	var err error
	if w.form == asCSV {
		err = t.writeCSV(&b)
	} else {
		err = t.writeXLSX(&b, w.lang, head, loc)
	}
	out.Body = b.Bytes()
	return out, err
}

func checkRows(n int) error {
	if n <= maxTable {
		return nil
	}
	return invalid("format", nil,
		fmt.Sprintf("bảng có %d dòng, được phép nhiều nhất %d: hãy chọn kỳ ngắn hơn, đoạn dài hơn, hoặc json", n, maxTable),
		fmt.Sprintf("the table has %d rows, at most %d are allowed: ask for a shorter period or longer pieces, or for json", n, maxTable))
}

// fileName says what the answer at a path is, and of which period or else of
// which day: phukin-uptime-grid-2026-07-01--2026-09-30.
func (a *answer[T]) fileName(path string, h *Head, loc *time.Location) string {
	name := "phukin"
	for part := range strings.SplitSeq(strings.TrimPrefix(path, "/api/v"+Version+"/"), "/") {
		if !strings.HasPrefix(part, "{") {
			name += "-" + part
		}
	}
	v := reflect.ValueOf(a.body).Elem()
	from, to := v.FieldByName("From"), v.FieldByName("To")
	if from.Kind() == reflect.String && to.Kind() == reflect.String {
		name += "-" + from.String() + "--" + to.String()
	} else {
		name += "-" + h.AsOf.Add(-time.Nanosecond).In(loc).Format(time.DateOnly) // the end of a day is of that day
	}
	if h.Simulated {
		name += "-simulated"
	}
	return name
}

// choose finds the representation that a request wants, among those that an
// operation has: by its parameter format, which what comes after does not see,
// or else by Accept.
func (s *Server) choose(offers []representation) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		w := wanted{asJSON, languageOf(ctx.Header("Accept-Language"))}
		u := ctx.URL()
		query := u.Query()
		accept := ctx.Header("Accept")
		found := true
		switch {
		case query.Has("format"):
			w.form = representation(strings.Join(query["format"], ","))
			if _, known := mediaTypes[w.form]; !known {
				s.write(ctx, invalid("format", string(w.form), "phải là một trong các giá trị: json, csv, xlsx", "must be one of: json, csv, xlsx"))
				return
			}
			found = slices.Contains(offers, w.form)
			query.Del("format")
			u.RawQuery = query.Encode()
			ctx = withURL{ctx, u}
		case accept != "":
			w.form, found = acceptable(accept, offers)
		}
		if !found {
			types := make([]string, len(offers))
			for i, o := range offers {
				types[i] = mediaTypes[o]
			}
			ctx.AppendHeader("Vary", "Accept")
			have := strings.Join(types, ", ")
			s.write(ctx, newProblem(http.StatusNotAcceptable, "câu trả lời này chỉ có các dạng: "+have, "this answer can be had as "+have))
			return
		}
		next(huma.WithValue(ctx, wantedKey{}, w))
	}
}

type humaContext huma.Context

// withURL is a request with another URL.
type withURL struct {
	humaContext
	url url.URL
}

func (c withURL) URL() url.URL         { return c.url }
func (c withURL) Unwrap() huma.Context { return c.humaContext }

func wantedOf(ctx context.Context) wanted {
	w, ok := ctx.Value(wantedKey{}).(wanted)
	if !ok {
		w = wanted{asJSON, vietnamese}
	}
	return w
}

// write answers with a problem before an operation is reached.
func (s *Server) write(ctx huma.Context, p *problem) {
	l := languageOf(ctx.Header("Accept-Language"))
	ctx.SetHeader("Content-Type", problemType)
	ctx.SetHeader("Content-Language", string(l))
	ctx.AppendHeader("Vary", "Accept-Language")
	ctx.SetStatus(p.status)
	if err := huma.DefaultJSONFormat.Marshal(ctx.BodyWriter(), p.model(l)); err != nil {
		s.figures.Log.Debug("error not delivered", "error", err)
	}
}
