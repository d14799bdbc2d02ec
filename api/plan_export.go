package api

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/plan/geofile"
	"github.com/phukin/phukin/hub/plan/sheet"
	"github.com/phukin/phukin/hub/revise"
)

type exportInput struct {
	Conditional
	Language string `header:"Accept-Language" hidden:"true"`
	Revision int    `query:"revision" minimum:"1" maximum:"1000000000" doc:"The newest when absent"`
	Format   string `query:"format" default:"xlsx" enum:"xlsx,zip,geojson,kml,gpx" doc:"xlsx: a workbook; zip: the files of a folder of a plan; geojson, kml, gpx: the lines of the routes alone"`
	Lang     string `query:"lang" enum:"vi,en" doc:"Language of the headings and notes of a workbook; when absent that of Accept-Language"`
}

// fileAnswer is a file with its entity tag.
type fileAnswer struct {
	ETag         string `header:"ETag" doc:"For If-Match of the import, if it is the newest revision"`
	CacheControl string `header:"Cache-Control"`
	Vary         string `header:"Vary"`
	ContentType  string `header:"Content-Type"`
	Disposition  string `header:"Content-Disposition"`
	Body         []byte
}

// planFormat is a form in which a plan is exported.
type planFormat struct {
	media, ending string
	write         func(doc *plan.Document, lang sheet.Lang, at time.Time) ([]byte, error)
}

var planFormats = map[string]planFormat{
	"xlsx": {typeXLSX, ".xlsx", func(doc *plan.Document, lang sheet.Lang, _ time.Time) ([]byte, error) {
		var b bytes.Buffer
		err := sheet.Write(&b, doc, lang, nil)
		return b.Bytes(), err
	}},
	"zip": {typeZIP, ".zip", func(doc *plan.Document, _ sheet.Lang, at time.Time) ([]byte, error) {
		var b bytes.Buffer
		err := revise.WriteFolder(&b, doc.Folder(), at)
		return b.Bytes(), err
	}},
	"geojson": {"application/geo+json", ".geojson", func(doc *plan.Document, _ sheet.Lang, _ time.Time) ([]byte, error) { return doc.EncodeRoutes(), nil }},
	"kml":     {"application/vnd.google-earth.kml+xml", ".kml", func(doc *plan.Document, _ sheet.Lang, _ time.Time) ([]byte, error) { return geofile.KML(doc) }},
	"gpx":     {"application/gpx+xml", ".gpx", func(doc *plan.Document, _ sheet.Lang, _ time.Time) ([]byte, error) { return geofile.GPX(doc) }},
}

func (s *Server) registerPlanExport() {
	f := s.figures
	content := map[string]*huma.MediaType{}
	for _, x := range planFormats {
		content[x.media] = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}
	}
	content[planFormats["geojson"].media].Schema = &huma.Schema{Type: huma.TypeObject, Description: "FeatureCollection (RFC 7946), as docs/plan.md describes routes.geojson"}
	register(s, huma.Operation{
		OperationID: "exportPlan", Method: http.MethodGet, Path: "/api/v1/plan/export", Tags: []string{"plan"},
		Summary:   "A revision of the plan as a workbook or a folder, to be changed and imported again, with exact positions and stream addresses; or its lines for maps",
		Responses: map[string]*huma.Response{"200": {Description: "The file", Content: content}}, Errors: []int{http.StatusNotFound, http.StatusConflict},
	}, func(ctx context.Context, in *exportInput) (*fileAnswer, error) {
		lang := sheet.Lang(cmp.Or(in.Lang, string(languageOf(in.Language))))
		r, err := f.exported(ctx, in.Revision)
		if err != nil {
			return nil, err
		}
		format := planFormats[in.Format]
		tag := weak(fmt.Sprintf("%s.%s-%s", planTag(r), in.Format, lang))
		if matches(in.IfNoneMatch, tag) {
			return nil, huma.ErrorWithHeaders(huma.Status304NotModified(), http.Header{"ETag": {tag}, "Cache-Control": {"no-cache"}, "Vary": {"Accept-Language"}})
		}
		doc, err := f.Plans.Document(ctx, r.Number)
		if err != nil {
			return nil, err
		}
		leave, err := s.common.reading(ctx)
		if err != nil {
			return nil, err
		}
		defer leave()
		data, err := format.write(doc, lang, r.At)
		if err != nil {
			return nil, err
		}
		name := fmt.Sprintf("phukin-plan-%d", r.Number)
		if f.Plan.Simulated {
			name += "-simulated"
		}
		return &fileAnswer{tag, "no-cache", "Accept-Language", format.media, fmt.Sprintf(`attachment; filename="%s%s"`, name, format.ending), data}, nil
	})
}

// exported finds the revision that is asked for, 0 for the newest.
func (f *figures) exported(ctx context.Context, number int) (plan.Revision, error) {
	if number > 0 {
		r, _, err := f.revision(ctx, number)
		return r, err
	}
	if err := f.keepsPlan(); err != nil {
		return plan.Revision{}, err
	}
	return plan.Newest(ctx, f.Plans)
}
