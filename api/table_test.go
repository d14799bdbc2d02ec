package api_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"

	"github.com/phukin/phukin/api"
	"github.com/phukin/phukin/hub/wire"
)

// tableGen draws a table.
func tableGen() *rapid.Generator[api.Table] {
	return rapid.Custom(func(t *rapid.T) api.Table {
		table := api.Table{Name: api.Text{VI: rapid.String().Draw(t, "vi"), EN: rapid.String().Draw(t, "en")}}
		n := rapid.IntRange(1, 6).Draw(t, "columns")
		for i := range n {
			table.Columns = append(table.Columns, api.Column{
				Code: fmt.Sprintf("code_%d", i), Name: api.Text{VI: rapid.String().Draw(t, "vi"), EN: rapid.String().Draw(t, "en")}, Digits: rapid.IntRange(0, 6).Draw(t, "digits"),
			})
		}
		cell := rapid.OneOf(
			rapid.Just[any](nil), rapid.Map(rapid.Bool(), box[bool]), rapid.Map(rapid.Int(), box[int]), rapid.Map(rapid.Int64(), box[int64]), rapid.Map(rapid.Float64(), box[float64]),
			rapid.Map(rapid.String(), box[string]), rapid.Map(rapid.StringMatching(`[ \t=+\-@',"\r\n;a1]{0,6}`), box[string]), rapid.Map(rapid.SampledFrom([]string{"Thạch Hà", "Km12+500", "=1+1", "＝1", "-", "\xff", "a\x00b"}), box[string]))
		table.Rows = rapid.SliceOfN(rapid.SliceOfN(cell, n, n), 0, 8).Draw(t, "rows")
		return table
	})
}

func box[T any](v T) any { return v }

func TestATableComesBackFromCSVAsItWas(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		table := tableGen().Draw(t, "table")
		var b bytes.Buffer
		if err := api.CSV(&b, &table); err != nil {
			t.Fatal(err)
		}
		text, ok := strings.CutPrefix(b.String(), "\uFEFF")
		if !ok || !utf8.ValidString(text) {
			t.Fatalf("not UTF-8 with a byte order mark: %q", b.String())
		}
		records, err := csv.NewReader(strings.NewReader(text)).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		// A record that is one empty field is an empty line, which readers skip.
		if len(table.Columns) > 1 && len(records) != len(table.Rows)+1 {
			t.Fatalf("%d records of %d rows", len(records), len(table.Rows))
		}
		for i, c := range table.Columns {
			if records[0][i] != c.Code {
				t.Fatalf("column %d is headed %q, want %q", i, records[0][i], c.Code)
			}
		}
		if len(table.Columns) == 1 {
			return
		}
		for n, row := range table.Rows {
			for i, cell := range row {
				got := records[n+1][i]
				if v, ok := cell.(string); ok {
					if first, _ := utf8.DecodeRuneInString(got); strings.ContainsRune("=+-@\t\r\n＝＋－＠", first) {
						t.Fatalf("%q begins as a formula does", got)
					}
					want := strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(strings.ToValidUTF8(v, "\uFFFD"))
					if got != want && got != "'"+want {
						t.Fatalf("text %q came back as %q", v, got)
					}
					continue
				}
				if want := plain(cell); got != want {
					t.Fatalf("%v (%T) came back as %q", cell, cell, got)
				}
			}
		}
	})
}

// plain gives a cell that is no text as CSV has it.
func plain(cell any) string {
	switch v := cell.(type) {
	case nil:
		return ""
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return ""
		}
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return fmt.Sprint(cell)
}

func TestLinesOfCSVEndAsTheStandardSays(t *testing.T) {
	table := api.Table{Columns: []api.Column{{Code: "a"}, {Code: "b_m", Digits: 1}}, Rows: [][]any{{"x, \"y\"", 1.25}, {nil, -3}, {"-3", true}}}
	var b bytes.Buffer
	if err := api.CSV(&b, &table); err != nil {
		t.Fatal(err)
	}
	if want := "\uFEFFa,b_m\r\n\"x, \"\"y\"\"\",1.25\r\n,-3\r\n'-3,true\r\n"; b.String() != want {
		t.Errorf("%q, want %q", b.String(), want)
	}
}

func TestATableComesBackFromAWorkbookAsItWas(t *testing.T) {
	head := api.Head{AsOf: time.Date(2026, 11, 24, 1, 2, 3, 0, time.UTC), Simulated: true}
	loc := time.FixedZone("ICT", 7*3600)
	rapid.Check(t, func(t *rapid.T) {
		table := tableGen().Draw(t, "table")
		var b, again bytes.Buffer
		if err := api.XLSX(&b, &table, "vi", head, loc); err != nil {
			t.Fatal(err)
		}
		if err := api.XLSX(&again, &table, "vi", head, loc); err != nil || !bytes.Equal(b.Bytes(), again.Bytes()) {
			t.Fatalf("the same table gave other bytes (%v)", err)
		}
		f, err := excelize.OpenReader(&b)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		name := f.GetSheetName(0)
		get := func(column, row int) string {
			at, _ := excelize.CoordinatesToCellName(column+1, row+1)
			v, err := f.GetCellValue(name, at, excelize.Options{RawCellValue: true})
			if err != nil {
				t.Fatal(err)
			}
			if formula, _ := f.GetCellFormula(name, at); formula != "" {
				t.Fatalf("%s is a formula: %q", at, formula)
			}
			return v
		}
		if about := get(0, 0); !strings.Contains(about, "08:02 ngày 24/11/2026") || !strings.Contains(about, "MÔ PHỎNG") {
			t.Fatalf("about: %q", about)
		}
		for i, c := range table.Columns {
			if get(i, 2) != c.Code {
				t.Fatalf("column %d has the code %q, want %q", i, get(i, 2), c.Code)
			}
		}
		for n, row := range table.Rows {
			for i, cell := range row {
				got := get(i, n+3)
				switch v := cell.(type) {
				case string:
					if want := inXML(v); got != want {
						t.Fatalf("text %q came back as %q", v, got)
					}
				case float64:
					// The reader shows 15 digits.
					if f, err := strconv.ParseFloat(got, 64); err != nil || math.Abs(f-v) > 1e-14*math.Abs(v) {
						t.Fatalf("%v came back as %q", v, got)
					}
				case bool:
					if got != map[bool]string{true: "1", false: "0"}[v] {
						t.Fatalf("%v came back as %q", v, got)
					}
				default:
					if got != plain(cell) {
						t.Fatalf("%v came back as %q", v, got)
					}
				}
			}
		}
	})
}

// inXML gives a text as it can stand in a workbook, and as XML reads line ends.
func inXML(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0xFFFE || r == 0xFFFF {
			return utf8.RuneError
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	return s
}

func TestATableThatIsOutOfShapeIsRefused(t *testing.T) {
	for name, table := range map[string]api.Table{
		"a row that is too short": {Columns: []api.Column{{Code: "a"}, {Code: "b"}}, Rows: [][]any{{1}}},
		"a cell of another kind":  {Columns: []api.Column{{Code: "a"}}, Rows: [][]any{{time.Now()}}},
	} {
		if err := api.CSV(&bytes.Buffer{}, &table); err == nil {
			t.Errorf("%s: CSV takes it", name)
		}
		if err := api.XLSX(&bytes.Buffer{}, &table, "en", api.Head{}, time.UTC); err == nil {
			t.Errorf("%s: XLSX takes it", name)
		}
	}
}

// tablePaths are requests for answers with a table that has a row, by operation.
var tablePaths = map[string]string{
	"listCameras": "/api/v1/cameras", "listRoutes": "/api/v1/routes", "getRollout": "/api/v1/rollout", "listAgents": "/api/v1/agents", "listAlerts": "/api/v1/alerts",
	"getPlanRevision": "/api/v1/plan/revisions/1", "listOutages": "/api/v1/outages?from=2026-11-01", "getUptime": "/api/v1/uptime?by=site&every=month", "getUptimeGrid": "/api/v1/uptime/grid?every=month",
	"listSites": "/api/v1/sites", "listAreas": "/api/v1/areas",
}

// tabledOperations gives a request for every operation that says that it has a
// table.
func tabledOperations(t *testing.T, w *world) map[string]string {
	t.Helper()
	p, err := w.server.OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Paths map[string]map[string]struct {
			OperationID string
			Parameters  []struct{ Required bool }
			Responses   map[string]struct{ Content map[string]any }
		}
	}
	if err := json.Unmarshal(p, &doc); err != nil {
		t.Fatal(err)
	}
	requests := maps.Clone(tablePaths)
	c := w.inService(0)
	requests["getCoverageLoss"] = "/api/v1/coverage/loss?camera=" + c.Code
	for id, of := range map[string]string{"listCameraObservations": "/observations", "getCameraTimeline": "/timeline", "getCameraUptime": "/uptime", "listCameraOutages": "/outages"} {
		requests[id] = "/api/v1/cameras/" + c.Code + of
	}
	requests["getAgent"] = "/api/v1/agents/" + c.Agent
	for path, methods := range doc.Paths {
		for _, op := range methods {
			if op.Responses["200"].Content["text/csv"] == nil {
				delete(requests, op.OperationID)
			} else if requests[op.OperationID] == "" {
				if slices.ContainsFunc(op.Parameters, func(p struct{ Required bool }) bool { return p.Required }) {
					t.Errorf("tablePaths needs a request for %s", op.OperationID)
					continue
				}
				requests[op.OperationID] = path
			}
		}
	}
	return requests
}

var fileName = regexp.MustCompile(`^attachment; filename="phukin-[a-z-]+-\d{4}-\d\d-\d\d(--\d{4}-\d\d-\d\d)?-simulated\.csv"$`)

func TestEveryTableComesAsCSVAndAsAWorkbook(t *testing.T) {
	w := newWorld(t)
	c := w.inService(0)
	w.saw(0, seen(c.Code, w.on(10, 0), w.on(11, 0), wire.StatusUp))
	w.saw(1, seen(c.Code, w.on(11, 0), w.on(12, 0), wire.StatusDown))
	requests := tabledOperations(t, w)
	for id := range tablePaths {
		if requests[id] == "" {
			t.Errorf("%s is not documented with a table", id)
		}
	}
	for id, path := range requests {
		glue := "?"
		if strings.Contains(path, "?") {
			glue = "&"
		}
		rec := w.get(path, "Accept", "text/csv")
		if rec.Code != http.StatusOK || rec.Header().Get("Content-Type") != "text/csv; charset=utf-8; header=present" || !strings.Contains(strings.Join(rec.Header().Values("Vary"), ", ")+",", "Accept,") {
			t.Errorf("%s: %d %v %.200s", id, rec.Code, rec.Header(), rec.Body)
			continue
		}
		if d := rec.Header().Get("Content-Disposition"); !fileName.MatchString(d) || tablePaths[id] != "" && !strings.Contains(d, "2026-11-23") {
			t.Errorf("%s: %s", id, d)
		}
		if same := w.get(path + glue + "format=csv"); same.Body.String() != rec.Body.String() && id != "listAudit" { // which has these requests
			t.Errorf("%s: format=csv gives something else", id)
		}
		records, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(rec.Body.String(), "\uFEFF"))).ReadAll()
		if err != nil {
			t.Errorf("%s: %v", id, err)
			continue
		}
		if len(records) < 2 && tablePaths[id] != "" {
			t.Errorf("%s: no row", id)
		}
		head := slices.Clone(records[0])
		slices.Sort(head)
		if len(slices.Compact(head)) != len(records[0]) || slices.Contains(head, "") {
			t.Errorf("%s: codes of columns are not unique: %v", id, records[0])
		}
		book := w.get(path+glue+"format=xlsx", "Accept-Language", "en")
		f, err := excelize.OpenReader(bytes.NewReader(book.Body.Bytes()))
		if err != nil {
			t.Errorf("%s: %d %.200s: %v", id, book.Code, book.Body, err)
			continue
		}
		rows, err := f.GetRows(f.GetSheetName(0))
		if err != nil || len(rows) != len(records)+2 && id != "listAudit" || !strings.Contains(rows[0][0], "SIMULATED") || len(rows[1]) != len(records[0]) || !slices.Equal(rows[2], records[0]) {
			t.Errorf("%s: %v, %d rows of %d: %v", id, err, len(rows), len(records), rows[:min(len(rows), 4)])
		}
		for _, name := range rows[1] {
			if strings.TrimSpace(name) == "" {
				t.Errorf("%s: a column has no name: %v", id, rows[1])
			}
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestFiguresInATableAreThoseOfTheAnswer(t *testing.T) {
	w := newWorld(t)
	c := w.inService(0)
	w.saw(0, seen(c.Code, w.on(10, 0), w.on(13, 0), wire.StatusUp))
	w.saw(1, seen(c.Code, w.on(13, 0), w.on(14, 0), wire.StatusDown))
	list := answer[api.CameraList](w, "/api/v1/cameras")
	table := list.Table()
	rows := readCSV(t, w, "/api/v1/cameras?format=csv")
	if len(rows) != len(list.Items) || len(table.Rows) != len(rows) {
		t.Fatalf("%d rows, %d cameras", len(rows), len(list.Items))
	}
	for i, r := range list.Items {
		row := rows[i]
		if row["code"] != r.Code || row["status"] != r.Status.Status || row["up_s"] != strconv.FormatInt(r.Uptime.Up, 10) || row["site_name"] != r.Site.Name {
			t.Fatalf("%v, want %+v", row, r)
		}
		if r.Code == c.Code != (row["availability"] == "0.75") || r.Code != c.Code && row["availability"] != "" {
			t.Errorf("availability of %s: %q", r.Code, row["availability"])
		}
	}
	grid := readCSV(t, w, "/api/v1/uptime/grid?from=2026-11-22&to=2026-11-22&every=day&format=csv")
	i := slices.IndexFunc(grid, func(r map[string]string) bool { return r["camera"] == c.Code })
	if i < 0 || grid[i]["piece"] != "2026-11-22" || grid[i]["up_s"] != "10800" || grid[i]["down_s"] != "3600" || grid[i]["availability"] != "0.75" || grid[i]["outages"] != "1" {
		t.Errorf("grid: %v", grid[max(i, 0)])
	}
	fields := w.get("/api/v1/cameras?fields=status,code&format=csv").Body.String()
	if head, _, _ := strings.Cut(fields, "\r\n"); head != "\uFEFFcode,status,cause,fault,fell_on,rtsp_status,reasons,since,until" {
		t.Errorf("columns of two fields: %s", head)
	}
}

// readCSV asks for a table and gives its rows by the codes of the columns.
func readCSV(t *testing.T, w *world, path string) []map[string]string {
	t.Helper()
	rec := w.get(path)
	records, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(rec.Body.String(), "\uFEFF"))).ReadAll()
	if err != nil || rec.Code != http.StatusOK {
		t.Fatalf("%s: %d %v %.300s", path, rec.Code, err, rec.Body)
	}
	var rows []map[string]string
	for _, r := range records[1:] {
		row := map[string]string{}
		for i, v := range r {
			row[records[0][i]] = v
		}
		rows = append(rows, row)
	}
	return rows
}

func TestEachRepresentationHasItsOwnTag(t *testing.T) {
	w := newWorld(t)
	tags := map[string]bool{}
	for _, header := range [][]string{{}, {"Accept", "text/csv"}, {"Accept", mediaXLSX, "Accept-Language", "vi"}, {"Accept", mediaXLSX, "Accept-Language", "en"}} {
		first := w.get("/api/v1/agents", header...)
		tag := first.Header().Get("ETag")
		if first.Code != http.StatusOK || tag == "" || tags[tag] {
			t.Errorf("%v: %d, tag %s", header, first.Code, tag)
		}
		tags[tag] = true
		w.pass(10 * time.Second)
		again := w.get("/api/v1/agents", append(header, "If-None-Match", tag)...)
		if again.Code != http.StatusNotModified || again.Body.Len() != 0 || again.Header().Get("ETag") != tag || again.Header().Get("Vary") == "" {
			t.Errorf("%v: %d, %v", header, again.Code, again.Header())
		}
		for other := range tags {
			if other != tag && w.get("/api/v1/agents", append(header, "If-None-Match", other)...).Code != http.StatusOK {
				t.Errorf("%v: the tag %s of another representation counts", header, other)
			}
		}
	}
}

const mediaXLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

func TestWhatCannotBeHadIsSaidWithWhatCan(t *testing.T) {
	w := newWorld(t)
	for _, c := range []struct {
		path, accept string
		status       int
		says         string
	}{
		{"/api/v1/plan", "text/csv", 406, "application/json"},
		{"/api/v1/plan?format=csv", "", 406, "application/json"},
		{"/api/v1/agents", "application/pdf", 406, "text/csv"},
		{"/api/v1/agents", "application/json;q=0", 406, "text/csv"},
		{"/api/v1/agents?format=pdf", "", 422, "query.format"},
		{"/api/v1/agents?format=csv&format=json", "", 422, "query.format"},
		{"/api/v1/agents?format=json", "text/csv", 200, `{"as_of"`},
		{"/api/v1/agents", "text/html,application/xhtml+xml,*/*;q=0.8", 200, `{"as_of"`},
		{"/api/v1/cameras?days=0&format=csv", "", 422, "query.days"},
		{"/api/v1/uptime/grid?from=2023-09-25&every=day&format=xlsx", "", 422, "200000"},
	} {
		var header []string
		if c.accept != "" {
			header = []string{"Accept", c.accept}
		}
		rec := w.get(c.path, header...)
		if rec.Code != c.status || !strings.Contains(rec.Body.String(), c.says) || c.status > 299 && rec.Header().Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s, Accept %q: %d %s %.300s; want %d and %q", c.path, c.accept, rec.Code, rec.Header().Get("Content-Type"), rec.Body, c.status, c.says)
		}
	}
}

func TestWhatAClientLikesBestIsChosen(t *testing.T) {
	for accept, want := range map[string]string{
		"text/csv": "csv", "TEXT/CSV": "csv", "text/csv; charset=utf-8": "csv", "text/*": "csv", "*/*": "json", "text/csv, */*": "json", "text/csv, */*;q=0.9": "csv", "application/json;q=0.5, text/csv;q=0.4": "json",
		"application/json;q=0.5,text/csv": "csv", mediaXLSX: "xlsx", "application/*": "json", "application/*, application/json;q=0.1": "xlsx", "*/*, application/json;q=0": "csv",
		"text/csv;q=0": "", "image/png": "", ",": "", "text/csv;q=2": "", "text/csv;q=x": "", "text/csv;q=NaN": "",
	} {
		if got, ok := api.Acceptable(accept); got != want || ok != (want != "") {
			t.Errorf("%q: %q, want %q", accept, got, want)
		}
	}
	for header, want := range map[string]string{
		"": "vi", "vi": "vi", "en": "en", "en-US,en;q=0.9,vi;q=0.8": "en", "vi-VN,vi;q=0.9,en-US;q=0.6,en;q=0.5": "vi", "fr": "vi", "*": "vi", "fr, en;q=0.1": "en", "en;q=0": "vi", "en, *": "vi", "EN-gb": "en", "vi;q=0.2, en;q=0.2": "vi",
	} {
		if got := api.LanguageOf(header); got != want {
			t.Errorf("%q: %s, want %s", header, got, want)
		}
	}
}

func FuzzNegotiation(f *testing.F) {
	for _, s := range []string{"", "text/csv;q=0.5, */*", "en-US,en;q=0.9", ";;q==,", "a;q=1e400"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, header string) {
		if got, ok := api.Acceptable(header); ok != (got != "") {
			t.Errorf("%q: %q, %t", header, got, ok)
		}
		if got := api.LanguageOf(header); got != "vi" && got != "en" {
			t.Errorf("%q: %q", header, got)
		}
	})
}
