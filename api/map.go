package api

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/phukin/phukin/hub/coverage"
	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/report/mapfile"
)

type mapInput struct {
	Conditional
	Accept  string `header:"Accept" hidden:"true"`
	Level   string `query:"level" doc:"Code of the coverage level; the plan's own when absent"`
	State   string `query:"state" default:"working" enum:"planned,installed,accepted,working" doc:"What is drawn, and whose gaps and footprints are listed; stretches and sections have all states"`
	Area    string `query:"area" doc:"Show only what lies in the area that has this code today"`
	Route   string `query:"route" doc:"Show only the route that has this code"`
	Cameras bool   `query:"cameras" default:"true" doc:"False leaves out cameras, footprints and sites"`
	Format  string `query:"format" enum:"geojson,svg,png" doc:"Form of the map; when absent the Accept header chooses, and geojson if that names none"`
	Width   int    `query:"width" default:"1123" minimum:"320" maximum:"3508" doc:"Width of the drawing in pixels; letters and lines grow with it from 1123 on, an A4 sheet in landscape"`
	Height  int    `query:"height" minimum:"240" maximum:"3508" doc:"Height of the drawing in pixels; follows from the width when absent"`
}

// mapPath is where the map is.
const mapPath = "/api/v1/coverage/map"

// mapFormat is a form in which a map is written.
type mapFormat struct {
	name, media string
	write       func(*mapfile.Map, io.Writer, mapfile.Size) error
}

var mapFormats = []mapFormat{
	{"geojson", "application/geo+json", func(m *mapfile.Map, w io.Writer, _ mapfile.Size) error { return m.WriteGeoJSON(w) }},
	{"svg", "image/svg+xml", (*mapfile.Map).WriteSVG},
	{"png", "image/png", (*mapfile.Map).WritePNG},
}

// mapAnswer is a map with its entity tag.
type mapAnswer struct {
	ETag         string   `header:"ETag"`
	CacheControl string   `header:"Cache-Control"`
	Vary         []string `header:"Vary"`
	ContentType  string   `header:"Content-Type"`
	Disposition  string   `header:"Content-Disposition"`
	Body         func(huma.Context)
}

func (s *Server) registerMap() {
	f := s.figures
	content := map[string]*huma.MediaType{}
	for _, x := range mapFormats {
		content[x.media] = &huma.MediaType{Schema: &huma.Schema{Type: "string"}}
	}
	content["application/geo+json"].Schema = &huma.Schema{Type: "object", Description: "FeatureCollection (RFC 7946); docs/map.md lists layers and properties"}
	content["image/png"].Schema.Format = "binary"
	register(s, huma.Operation{
		OperationID: "getCoverageMap", Method: http.MethodGet, Path: mapPath, Tags: []string{"coverage"},
		Summary:   "The coverage as a map: GeoJSON for geographic information systems, SVG and PNG to look at and to print",
		Responses: map[string]*huma.Response{"200": {Description: "The map", Content: content}},
	}, f.coverageMap)
}

func (f *figures) coverageMap(ctx context.Context, in *mapInput) (*mapAnswer, error) {
	format := formatOf(in)
	size := mapfile.Size{Width: in.Width, Height: in.Height}
	m, at, err := f.mapOf(ctx, in)
	if err != nil {
		return nil, err
	}
	// The tag is that of the map without the moment, which alone is no news. A
	// picture follows from what the SVG says.
	tag := fnv.New64a()
	fmt.Fprintf(tag, "%s ", format.name)
	write := format.write
	if format.name == "png" {
		write = (*mapfile.Map).WriteSVG
	}
	if err := write(m, tag, size); err != nil {
		return nil, refusedMap(err)
	}
	answer := &mapAnswer{
		ETag: fmt.Sprintf(`W/"%016x"`, tag.Sum64()), CacheControl: "no-cache", Vary: []string{"Accept"}, ContentType: format.media,
		Disposition: fmt.Sprintf(`inline; filename="phukin-%s-%s-%s.%s"`, in.State, at.In(f.Plan.Location).Format("20060102-1504"), safe(in), format.name),
	}
	if matches(in.IfNoneMatch, answer.ETag) {
		return nil, huma.ErrorWithHeaders(huma.Status304NotModified(), http.Header{"ETag": {answer.ETag}, "Cache-Control": {"no-cache"}, "Vary": {"Accept"}})
	}
	m.At = at
	if format.name == "png" {
		picture, err := f.paint(m, size)
		if err != nil {
			return nil, err
		}
		write = func(_ *mapfile.Map, w io.Writer, _ mapfile.Size) error {
			_, err := w.Write(picture)
			return err
		}
	}
	answer.Body = func(ctx huma.Context) {
		if err := write(m, ctx.BodyWriter(), size); err != nil && ctx.Context().Err() == nil {
			f.Log.Debug("map not delivered", "format", format.name, "error", err)
		}
	}
	return answer, nil
}

// paint makes the PNG. One is made at a time: each takes room for all its pixels.
func (f *figures) paint(m *mapfile.Map, size mapfile.Size) ([]byte, error) {
	f.painting.Lock()
	defer f.painting.Unlock()
	var b bytes.Buffer
	if err := m.WritePNG(&b, size); err != nil {
		return nil, refusedMap(fmt.Errorf("paint the map: %w", err))
	}
	return b.Bytes(), nil
}

// mapOf makes the map that a client asks for, without its moment.
func (f *figures) mapOf(ctx context.Context, in *mapInput) (*mapfile.Map, time.Time, error) {
	_, m, level, states, err := f.atLevel(ctx, AsOf{}, in.Level)
	if err != nil {
		return nil, time.Time{}, err
	}
	state := coverage.State(in.State)
	counts, claimed := coverage.ByPlan(state, m.today)
	if !claimed {
		counts = m.working
	}
	eye, err := f.eye(m, level, state)
	if err != nil {
		return nil, time.Time{}, err
	}
	made, err := mapfile.New(mapfile.Source{
		Plan: f.Plan, State: state, Covers: states, Eye: eye, Counts: counts, Today: m.today,
		Status: func(c *plan.Camera) mapfile.Status {
			row := m.statusRow(c.Code)
			s := mapfile.Status{Code: row.Status, Cause: row.Cause, Fault: row.Fault}
			if row.Since != nil {
				s.Since = *row.Since
			}
			return s
		},
	}, mapfile.Options{Area: in.Area, Route: in.Route, NoCameras: !in.Cameras})
	if err != nil {
		return nil, time.Time{}, refusedMap(err)
	}
	return made, m.at, nil
}

// refusedMap puts what a map refuses into an error for the client; another
// error stays what it is.
func refusedMap(err error) error {
	var wrong *mapfile.Error
	switch {
	case !errors.As(err, &wrong):
		return err
	case wrong.Option == "":
		return newProblem(http.StatusUnprocessableEntity, wrong.VI, wrong.EN)
	}
	return invalid(wrong.Option, nil, wrong.VI, wrong.EN)
}

// formatOf gives the format that a client wants.
func formatOf(in *mapInput) mapFormat {
	for _, f := range mapFormats {
		if f.name == in.Format {
			return f
		}
	}
	for part := range strings.SplitSeq(in.Accept, ",") {
		media, _, _ := strings.Cut(part, ";")
		for _, f := range mapFormats {
			if strings.TrimSpace(strings.ToLower(media)) == f.media {
				return f
			}
		}
	}
	return mapFormats[0]
}

// safe gives what a map is restricted to for the name of its file.
func safe(in *mapInput) string {
	name := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			return r
		}
		return '-'
	}, strings.Trim(in.Area+"-"+in.Route, "-"))
	if name == "" {
		return "all"
	}
	return name
}
