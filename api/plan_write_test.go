package api_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"slices"
	"strings"
	"testing"

	"github.com/phukin/phukin/api"
	"github.com/phukin/phukin/hub/account"
	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/plan/sheet"
	"github.com/phukin/phukin/hub/wire"
)

const (
	workbook = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	folder   = "application/zip"
)

// planDocument gives the newest plan of the store.
func (w *world) planDocument() *plan.Document {
	w.t.Helper()
	r, err := plan.Newest(w.t.Context(), w.store.Plan())
	if err != nil {
		w.t.Fatal(err)
	}
	doc, err := w.store.Plan().Document(w.t.Context(), r.Number)
	if err != nil {
		w.t.Fatal(err)
	}
	return doc.Clone()
}

// set changes a cell of the row with a code.
func set(t *testing.T, doc *plan.Document, table, code, column, value string) {
	t.Helper()
	tab := plan.TableByName(table)
	i := slices.IndexFunc(doc.Rows(table), func(r plan.Row) bool { return tab.Cell(r, "code") == code })
	if i < 0 {
		t.Fatalf("%s has no %s", table, code)
	}
	doc.Set(table, i, column, value)
}

// drop removes the row with a code.
func drop(doc *plan.Document, table, code string) {
	tab := plan.TableByName(table)
	doc.Keep(table, func(r plan.Row) bool { return tab.Cell(r, "code") != code })
}

func book(t *testing.T, doc *plan.Document) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := sheet.Write(&b, doc, sheet.VI, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// planETag gives the tag of the newest revision, as the plan's own export has it.
func (w *world) planETag() string {
	w.t.Helper()
	rec := w.get("/api/v1/plan/export?format=geojson")
	if rec.Code != http.StatusOK || rec.Header().Get("ETag") == "" {
		w.t.Fatalf("export: %d %s", rec.Code, rec.Body)
	}
	return rec.Header().Get("ETag")
}

// send sends a file up and decodes the answer into v, if it is given.
func (w *world) send(path string, file []byte, status int, v any, header ...string) http.Header {
	w.t.Helper()
	if !slices.Contains(header, "Content-Type") {
		header = append(header, "Content-Type", workbook)
	}
	rec := w.ask(http.MethodPost, path, w.admin, file, append(header, "Accept-Language", "en")...)
	if rec.Code != status {
		w.t.Fatalf("POST %s: %d, want %d: %.2000s", path, rec.Code, status, rec.Body)
	}
	if v != nil {
		if err := json.Unmarshal(rec.Body.Bytes(), v); err != nil {
			w.t.Fatal(err)
		}
	}
	return rec.Header()
}

// planExample is a request about the plan that changes nothing of it that
// another would need.
func (w *world) planExample(id string, op [2]string) example {
	w.t.Helper()
	doc := w.planDocument()
	set(w.t, doc, plan.Cameras, "C-001", "funding", fmt.Sprintf("nguồn %d", w.clock().UnixNano()+int64(len(w.t.Name()))))
	switch id {
	case "listPlanRevisions", "exportPlan":
		return example{path: op[1]}
	case "getPlanRevision":
		return example{path: "/api/v1/plan/revisions/1"}
	case "previewPlan":
		return example{path: op[1], body: w.zipped(doc), header: []string{"Content-Type", folder}}
	case "importPlan":
		w.pass(1)
		return example{path: op[1] + "?reason=x", body: w.zipped(doc), header: []string{"Content-Type", folder, "If-Match", w.planETag()}}
	case "restorePlan":
		// There must be something to restore.
		if _, err := w.store.Plan().Commit(w.t.Context(), len(w.revisions()), canonical(w.t, doc), plan.Revision{At: w.clock(), Author: "An", Reason: "x"}); err != nil {
			w.t.Fatal(err)
		}
		w.pass(1)
		return example{path: "/api/v1/plan/revisions/1/restore", header: []string{"If-Match", w.planETag()}}
	}
	w.t.Fatalf("%s needs an example", id)
	return example{}
}

func canonical(t *testing.T, doc *plan.Document) *plan.Document {
	t.Helper()
	c, err := plan.Compile(doc)
	if err != nil {
		t.Fatal(err)
	}
	return c.Document
}

func (w *world) revisions() []plan.Revision {
	w.t.Helper()
	all, err := w.store.Plan().Revisions(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	return all
}

// zipped gives a plan as the files of its folder.
func (w *world) zipped(doc *plan.Document) []byte {
	w.t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, data := range doc.Folder() {
		f, err := z.Create(name)
		if err == nil {
			_, err = f.Write(data)
		}
		if err != nil {
			w.t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		w.t.Fatal(err)
	}
	return b.Bytes()
}

func TestAPlanIsExportedChangedPreviewedAndImported(t *testing.T) {
	w := newWorld(t)
	out := w.get("/api/v1/plan/export?lang=vi")
	if out.Code != 200 || out.Header().Get("Content-Disposition") != `attachment; filename="phukin-plan-1-simulated.xlsx"` {
		t.Fatalf("%d %v", out.Code, out.Header())
	}
	tag := out.Header().Get("ETag")
	if rec := w.get("/api/v1/plan/export?lang=vi", "If-None-Match", tag); rec.Code != http.StatusNotModified {
		t.Errorf("the same again: %d", rec.Code)
	}
	doc, _, err := sheet.Read(bytes.NewReader(out.Body.Bytes()), int64(out.Body.Len()), nil)
	if err != nil {
		t.Fatal(err)
	}
	if canonical(t, doc).Digest() != w.plan.Revision.Digest {
		t.Fatal("the workbook is another plan")
	}
	set(t, doc, plan.Cameras, "C-001", "azimuth", "123")

	// What it would change is told, and nothing is changed.
	var p api.PreviewAnswer
	h := w.send("/api/v1/plan/preview", book(t, doc), 200, &p)
	want := []api.DiffTable{{Table: "cameras", Name: api.Text{VI: "Camera", EN: "Cameras"}, Changed: 1, Rows: []api.DiffRow{{Key: "C-001", Change: "changed", Cells: []api.DiffField{
		{Column: "azimuth", Name: p.Tables[0].Rows[0].Cells[0].Name, Was: p.Tables[0].Rows[0].Cells[0].Was, Is: "123"}}}}}}
	if got, _ := json.Marshal(p.Tables); !p.Good || p.Base != 1 || string(got) != mustJSON(t, want) {
		t.Errorf("good %t, base %d, tables %s", p.Good, p.Base, got)
	}
	if p.Coverage == nil || p.Coverage.Total.Was.Length != p.Coverage.Total.Is.Length || p.Coverage.Total.Is.Length < 1000 {
		t.Errorf("coverage: %+v", p.Coverage)
	}
	fewer := doc.Clone()
	fewer.Keep(plan.Cameras, func(r plan.Row) bool { return plan.TableByName(plan.Cameras).Cell(r, "code") > "C-040" })
	var less api.PreviewAnswer
	w.send("/api/v1/plan/preview?rows=3", book(t, fewer), 200, &less)
	if c := less.Coverage; !less.Good || c.Total.Is.PlannedInView >= c.Total.Was.PlannedInView || len(c.Routes) == 0 || less.Tables[0].Removed != 40 || len(less.Tables[0].Rows) != 3 || less.Tables[0].More != 37 {
		t.Errorf("without 40 cameras: %+v %+v", c, less.Tables)
	}
	if n := len(w.revisions()); n != 1 {
		t.Fatalf("%d revisions after a look", n)
	}

	// The tag of the export, that of the preview and that of the plan itself are of
	// the same plan.
	for _, tag := range []string{tag, h.Get("ETag"), w.get("/api/v1/plan").Header().Get("ETag"), w.get("/api/v1/plan/revisions/1").Header().Get("ETag")} {
		if !strings.HasPrefix(tag, `W/"plan-1-`) {
			t.Errorf("tag %s", tag)
		}
	}
	var made api.MadeAnswer
	h = w.send("/api/v1/plan/revisions?reason=C%C3%B4ng+v%C4%83n+7", book(t, doc), 201, &made, "If-Match", tag)
	if made.Number != 2 || made.Author != "test ("+tokenID(w.admin)+")" || made.Reason != "Công văn 7" || made.Changed != 1 || made.Added+made.Removed != 0 || made.Contents.Cameras != 180 {
		t.Errorf("made %+v", made)
	}
	if h.Get("Location") != "/api/v1/plan/revisions/2" || !strings.HasPrefix(h.Get("ETag"), `W/"plan-2-`) {
		t.Errorf("headers %v", h)
	}
	list := answer[api.RevisionList](w, "/api/v1/plan/revisions")
	if len(list.Items) != 2 || list.Items[0] != made.RevisionRow {
		t.Errorf("revisions %+v", list.Items)
	}
	one := answer[api.RevisionAnswer](w, "/api/v1/plan/revisions/2")
	if got, _ := json.Marshal(one.Tables); string(got) != mustJSON(t, want) || !one.Newest {
		t.Errorf("revision 2: %s", got)
	}
	if rec := w.get("/api/v1/plan/revisions/2?format=csv"); rec.Code != 200 || !strings.Contains(rec.Body.String(), "cameras,C-001,changed,azimuth,") {
		t.Errorf("as a table: %d %s", rec.Code, rec.Body)
	}

	// The plan in force is the new one once it was taken up.
	w.follow()
	if a := answer[api.PlanAnswer](w, "/api/v1/plan"); a.Revision != 2 {
		t.Errorf("in force is revision %d", a.Revision)
	}

	// Somebody who read the former plan loses nothing of this one.
	set(t, doc, plan.Cameras, "C-001", "azimuth", "200")
	rec := w.ask("POST", "/api/v1/plan/revisions?reason=x", w.admin, book(t, doc), "Content-Type", workbook, "If-Match", tag)
	if rec.Code != http.StatusPreconditionFailed || rec.Header().Get("ETag") != h.Get("ETag") {
		t.Errorf("over a plan that was not read: %d %v %s", rec.Code, rec.Header(), rec.Body)
	}
	w.send("/api/v1/plan/revisions?reason=x", book(t, doc), 201, nil, "If-Match", `"other", `+rec.Header().Get("ETag"))

	// And back.
	var back api.MadeAnswer
	h = w.send("/api/v1/plan/revisions/1/restore", nil, 201, &back, "If-Match", "*")
	if back.Number != 4 || back.Reverts != 1 || back.Digest != list.Items[1].Digest || back.Reason != "quay lại lần sửa 1" {
		t.Errorf("restored: %+v", back)
	}
	rec = w.ask("POST", "/api/v1/plan/revisions/1/restore", w.admin, map[string]string{"reason": "lại"}, "If-Match", h.Get("ETag"))
	if rec.Code != http.StatusConflict {
		t.Errorf("nothing to restore: %d %s", rec.Code, rec.Body)
	}
	if rec := w.get("/api/v1/audit?operation=importPlan"); !strings.Contains(rec.Body.String(), "revision 2: Công văn 7") {
		t.Errorf("audit: %s", rec.Body)
	}
}

func mustJSON(t *testing.T, v any) string {
	t.Helper()
	p, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(p)
}

// tokenID gives the id that a token begins with.
func tokenID(token string) string { return strings.Split(token, "_")[1] }

func TestEveryFormOfAnExportIsTheSamePlan(t *testing.T) {
	w := newWorld(t)
	doc := w.planDocument()
	set(t, doc, plan.Cameras, "C-001", "azimuth", "77")
	w.send("/api/v1/plan/revisions?reason=x", w.zipped(doc), 201, nil, "If-Match", "*", "Content-Type", folder)
	for _, n := range []int{1, 2} {
		want := w.revisions()[n-1].Digest
		for _, lang := range []string{"vi", "en"} {
			rec := w.get(fmt.Sprintf("/api/v1/plan/export?revision=%d", n), "Accept-Language", lang)
			got, _, err := sheet.Read(bytes.NewReader(rec.Body.Bytes()), int64(rec.Body.Len()), nil)
			if err != nil || canonical(t, got).Digest() != want {
				t.Errorf("revision %d as a workbook in %s is another plan: %v", n, lang, err)
			}
		}
		rec := w.get(fmt.Sprintf("/api/v1/plan/export?revision=%d&format=zip", n))
		z, err := zip.NewReader(bytes.NewReader(rec.Body.Bytes()), int64(rec.Body.Len()))
		if err != nil {
			t.Fatal(err)
		}
		if c, err := plan.Compile(plan.ReadFolder(z)); err != nil || c.Document.Digest() != want {
			t.Errorf("revision %d as a folder is another plan: %v", n, err)
		}
	}
	for format, has := range map[string]string{"geojson": `"FeatureCollection"`, "kml": "<kml", "gpx": "<gpx"} {
		if rec := w.get("/api/v1/plan/export?format=" + format); rec.Code != 200 || !strings.Contains(rec.Body.String(), has) {
			t.Errorf("%s: %d %.100s", format, rec.Code, rec.Body)
		}
	}
}

func TestAPlanThatIsNotInOrderIsRefusedWithItsPlaces(t *testing.T) {
	w := newWorld(t)
	doc := w.planDocument()
	set(t, doc, plan.Cameras, "C-001", "azimuth", "north")
	set(t, doc, plan.Sites, "D-001", "area", "99999")
	var p api.PreviewAnswer
	w.send("/api/v1/plan/preview", book(t, doc), 200, &p)
	if p.Good || len(p.Faults) != 2 || len(p.Tables) != 0 || p.Coverage != nil {
		t.Fatalf("preview %+v", p)
	}
	f := p.Faults[1]
	if f.Table != "cameras" || f.Sheet != "Camera" || f.Column != "azimuth" || f.Row < 2 || !strings.HasSuffix(f.Cell, fmt.Sprint(f.Row)) || f.Record != "C-001" ||
		!strings.Contains(f.Text.EN, `"north" is not a number`) || !strings.Contains(f.Text.VI, "không phải") {
		t.Errorf("fault %+v", f)
	}
	rec := w.ask("POST", "/api/v1/plan/revisions?reason=x", w.admin, book(t, doc), "Content-Type", workbook, "If-Match", "*")
	var refused struct {
		Detail string
		Errors []struct{ Location, Message string }
	}
	if err := json.Unmarshal(rec.Body.Bytes(), &refused); err != nil || rec.Code != 422 || len(refused.Errors) != 2 || refused.Errors[1].Location != "body.Camera!"+f.Cell ||
		refused.Errors[1].Message != f.Text.VI || !strings.Contains(refused.Detail, "2 chỗ sai") {
		t.Errorf("import: %d %s", rec.Code, rec.Body)
	}
	if n := len(w.revisions()); n != 1 {
		t.Errorf("%d revisions", n)
	}
}

func TestACameraWithEvidenceDoesNotVanish(t *testing.T) {
	w := newWorld(t)
	c := w.inService(0)
	w.saw(0, wire.Observation{Camera: c.Code, From: w.clock().UnixMilli() - 60_000, To: w.clock().UnixMilli(), Status: wire.StatusUp, Rung: wire.RungFresh})
	doc := w.planDocument()
	drop(doc, plan.Cameras, c.Code)
	var p api.PreviewAnswer
	w.send("/api/v1/plan/preview", book(t, doc), 200, &p)
	if p.Good || !slices.Equal(p.WouldVanish, []string{c.Code}) {
		t.Errorf("preview: good %t, %v", p.Good, p.WouldVanish)
	}
	rec := w.ask("POST", "/api/v1/plan/revisions?reason=x", w.admin, book(t, doc), "Content-Type", workbook, "If-Match", "*")
	if rec.Code != 422 || !strings.Contains(rec.Body.String(), "body.cameras."+c.Code) {
		t.Errorf("import: %d %s", rec.Code, rec.Body)
	}
	var made api.MadeAnswer
	w.send("/api/v1/plan/revisions?reason=x&retire=true", book(t, doc), 201, &made, "If-Match", "*")
	if !slices.Equal(made.Retired, []string{c.Code}) || made.Changed != 1 || made.Removed != 0 {
		t.Errorf("with retire: %+v", made)
	}
	if cells := w.planDocument().Keyed(plan.Cameras)[c.Code]; cells == nil || cells[plan.TableByName(plan.Cameras).Column("retired")] != "2026-11-23" {
		t.Errorf("the camera is %v", cells)
	}

	// Neither does it by going back to a revision before it was there.
	bare := w.planDocument()
	drop(bare, plan.Cameras, "C-002")
	w.send("/api/v1/plan/revisions?reason=x", book(t, bare), 201, nil, "If-Match", "*")
	if _, err := w.store.Plan().Commit(t.Context(), 3, w.planDocument(), plan.Revision{}); err == nil {
		t.Fatal("an unchanged plan is a revision")
	}
	w.send("/api/v1/plan/revisions/1/restore", nil, 201, nil, "If-Match", "*")
	w.saw(1, wire.Observation{Camera: "C-002", From: w.clock().UnixMilli() - 60_000, To: w.clock().UnixMilli(), Status: wire.StatusUp, Rung: wire.RungFresh})
	rec = w.ask("POST", "/api/v1/plan/revisions/3/restore", w.admin, nil, "If-Match", "*")
	if rec.Code != http.StatusConflict || !strings.Contains(rec.Body.String(), "C-002") {
		t.Errorf("restore: %d %s", rec.Code, rec.Body)
	}
}

func TestWhatIsSentUpIsRefusedForWhatItIs(t *testing.T) {
	w := newWorld(t)
	good := w.zipped(w.planDocument())
	const imports, look = "/api/v1/plan/revisions?reason=x", "/api/v1/plan/preview"
	for name, c := range map[string]struct {
		path   string
		body   []byte
		header []string
		status int
		says   string
	}{
		"no If-Match":           {imports, good, []string{"Content-Type", folder}, 428, "If-Match is missing"},
		"another If-Match":      {imports, good, []string{"Content-Type", folder, "If-Match", `"plan-7-0123456789abcdef"`}, 412, "changed since"},
		"an If-Match of no tag": {imports, good, []string{"Content-Type", folder, "If-Match", `plan-1`}, 412, "changed since"},
		"no reason":             {"/api/v1/plan/revisions", good, []string{"Content-Type", folder, "If-Match", "*"}, 422, "query.reason"},
		"two lines of reason":   {"/api/v1/plan/revisions?reason=a%0ab", good, []string{"Content-Type", folder, "If-Match", "*"}, 422, "query.reason"},
		"nothing changes":       {imports, good, []string{"Content-Type", folder, "If-Match", "*"}, 409, "nothing changes"},
		"another type":          {look, good, []string{"Content-Type", "application/json"}, 415, "multipart/form-data"},
		"no type":               {look, good, []string{"Content-Type", ""}, 415, "multipart/form-data"},
		"no body":               {look, nil, []string{"Content-Type", workbook}, 400, "body"},
		"not a workbook":        {look, []byte("hello"), []string{"Content-Type", workbook}, 422, "body"},
		"not a folder":          {look, []byte("hello"), []string{"Content-Type", folder}, 422, "ZIP"},
		"a form of no parts":    {look, []byte("x"), []string{"Content-Type", "multipart/form-data; boundary=b"}, 422, "body"},
		"a form cut off":        {look, []byte("--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.zip\"\r\n\r\nPK"), []string{"Content-Type", "multipart/form-data; boundary=b"}, 400, "field file"},
		"too long":              {look, make([]byte, 8<<20+1), []string{"Content-Type", workbook}, 413, ""},
		"a parameter too many":  {look + "?x=1", good, []string{"Content-Type", folder}, 422, "query.x"},
		"no such revision":      {"/api/v1/plan/revisions/9/restore", nil, []string{"If-Match", "*"}, 404, "no revision 9"},
		"restore blindly":       {"/api/v1/plan/revisions/1/restore", nil, nil, 428, "If-Match"},
		"restore a former one":  {"/api/v1/plan/revisions/1/restore", nil, []string{"If-Match", `"x"`}, 412, "changed since"},
	} {
		rec := w.ask("POST", c.path, w.admin, c.body, append(c.header, "Accept-Language", "en")...)
		if rec.Code != c.status || !strings.Contains(rec.Body.String(), c.says) || rec.Header().Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %d, want %d: %.400s", name, rec.Code, c.status, rec.Body)
		}
	}
	for path, status := range map[string]int{"/api/v1/plan/revisions/9": 404, "/api/v1/plan/export?revision=9": 404, "/api/v1/plan/export?format=doc": 422, "/api/v1/plan/revisions/0": 422} {
		if rec := w.get(path); rec.Code != status {
			t.Errorf("GET %s: %d %s", path, rec.Code, rec.Body)
		}
	}
	if n := len(w.revisions()); n != 1 {
		t.Errorf("%d revisions", n)
	}
	for _, role := range []account.Role{account.Viewer, account.Author, account.Technician} {
		if rec := w.ask("POST", look, w.token(account.ScopeWrite, account.Grant{Role: role}), good, "Content-Type", folder); rec.Code != 403 {
			t.Errorf("%s: %d", role, rec.Code)
		}
	}
	if rec := w.ask("POST", look, w.token(account.ScopeExport, account.Grant{Role: account.Admin}), good, "Content-Type", folder); rec.Code != 403 {
		t.Errorf("a token that may not write: %d", rec.Code)
	}
}

func TestAFormSendsAPlanUp(t *testing.T) {
	w := newWorld(t)
	doc := w.planDocument()
	set(t, doc, plan.Cameras, "C-001", "azimuth", "5")
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	part, err := form.CreatePart(textproto.MIMEHeader{"Content-Disposition": {`form-data; name="file"; filename="Kế hoạch.XLSX"`}, "Content-Type": {"application/octet-stream"}})
	if err == nil {
		_, err = io.Copy(part, bytes.NewReader(book(t, doc)))
	}
	if err == nil {
		err = form.WriteField("reason", "Tờ trình 3")
	}
	if err != nil || form.Close() != nil {
		t.Fatal(err)
	}
	var made api.MadeAnswer
	w.send("/api/v1/plan/revisions", b.Bytes(), 201, &made, "If-Match", "*", "Content-Type", form.FormDataContentType())
	if made.Reason != "Tờ trình 3" || made.Changed != 1 {
		t.Errorf("%+v", made)
	}
}

func TestAStreamAddressIsInNoDifference(t *testing.T) {
	w := newWorld(t)
	doc := w.planDocument()
	set(t, doc, plan.Cameras, "C-001", "address", "rtsp://10.1.2.3:554/secret-path")
	rec := w.ask("POST", "/api/v1/plan/preview", w.admin, book(t, doc), "Content-Type", workbook)
	if rec.Code != 200 || !strings.Contains(rec.Body.String(), `"address"`) || strings.Contains(rec.Body.String(), "secret-path") {
		t.Errorf("%d %s", rec.Code, rec.Body)
	}
}

// An operation that waits for a body without end lets a few clients that send
// none keep all others out.
func TestEveryBodyIsWaitedForWithinBounds(t *testing.T) {
	if ids := newWorld(t).server.Untimed(); len(ids) > 0 {
		t.Errorf("without a limit in time: %v", ids)
	}
}

// overtaken is a store in which somebody else makes a revision just before each
// that is to be made.
type overtaken struct {
	plan.Store
	faster func()
}

func (o overtaken) Commit(ctx context.Context, base int, doc *plan.Document, r plan.Revision) (plan.Revision, error) {
	o.faster()
	return o.Store.Commit(ctx, base, doc, r)
}

// Of two imports that were both based on the newest revision when they began, one
// is made, and the other learns which revision is there now.
func TestOfTwoImportsAtOnceOneIsTold(t *testing.T) {
	w := newWorld(t)
	first := w.planDocument()
	set(t, first, plan.Cameras, "C-001", "funding", "của người nhanh hơn")
	store := overtaken{w.store.Plan(), func() {
		if _, err := w.store.Plan().Commit(t.Context(), 1, canonical(t, first), plan.Revision{At: w.clock(), Author: "Bình", Reason: "x"}); err != nil {
			t.Fatal(err)
		}
	}}
	tag := w.planETag()
	s, err := api.New(api.Config{Plan: w.plan, Plans: store, Evidence: w.store.PlanEvidence, Store: w.store, Live: w.live, Accounts: w.store.Accounts(), Passwords: quick, Now: w.clock})
	if err != nil {
		t.Fatal(err)
	}
	w.server = s
	second := w.planDocument()
	set(t, second, plan.Cameras, "C-002", "funding", "của người chậm hơn")
	header := w.send("/api/v1/plan/revisions?reason=y", book(t, second), http.StatusPreconditionFailed, nil, "If-Match", tag)
	if got, now := header.Get("ETag"), w.planETag(); got == tag || !strings.HasPrefix(now, strings.TrimSuffix(got, `"`)) {
		t.Errorf("told %s, want that of the newest, %s", got, now)
	}
	if all := w.revisions(); len(all) != 2 || all[1].Author != "Bình" {
		t.Errorf("%+v", all)
	}
}
