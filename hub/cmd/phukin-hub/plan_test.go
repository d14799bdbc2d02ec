package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/plan/plantest"
	"github.com/phukin/phukin/hub/plan/sheet"
	"github.com/phukin/phukin/hub/sqlite"
	"github.com/phukin/phukin/hub/wire"
)

const samplePlan = "../../../deploy/demo/plan"

// run runs a command line as the program does, and gives what it prints.
func run(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var c commands
	parser := kong.Must(&c, kong.Name("phukin-hub"), kong.BindTo(t.Context(), (*context.Context)(nil)))
	k, err := parser.Parse(args)
	if err != nil {
		t.Fatal(err)
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	old := os.Stdout
	os.Stdout = w
	text := make(chan string)
	go func() {
		data, _ := io.ReadAll(r)
		text <- string(data)
	}()
	err = k.Run()
	os.Stdout = old
	return func() string { _ = w.Close(); return <-text }(), err
}

func ok(t *testing.T, args ...string) string {
	t.Helper()
	out, err := run(t, args...)
	if err != nil {
		t.Fatalf("%v: %v", args, err)
	}
	return out
}

// desk is a folder with a database that holds the sample as revision 1.
func desk(t *testing.T) (dir, db string) {
	t.Helper()
	t.Setenv("PHUKIN_AUTHOR", "an")
	dir = t.TempDir()
	db = filepath.Join(dir, "hub.db")
	ok(t, "plan", "import", samplePlan, "--db", db, "--reason", "KH 12")
	return dir, db
}

// change writes the sample's cameras with one text replaced.
func change(t *testing.T, dir, old, new string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(samplePlan, "cameras.csv"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(data, []byte(old)) {
		t.Fatalf("no %q in the sample", old)
	}
	path := filepath.Join(dir, "cameras.csv")
	if err := os.WriteFile(path, bytes.Replace(data, []byte(old), []byte(new), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestTheSampleGoesFromWorkbookToHubToWorkbook(t *testing.T) {
	t.Setenv("PHUKIN_AUTHOR", "an")
	dir := t.TempDir()
	first, second, db := filepath.Join(dir, "1.xlsx"), filepath.Join(dir, "2.xlsx"), filepath.Join(dir, "hub.db")
	ok(t, "plan", "export", "--from", samplePlan, first)
	ok(t, "plan", "check", first)
	ok(t, "plan", "import", first, "--db", db, "--reason", "x")
	ok(t, "plan", "export", second, "--db", db)
	a, err := os.ReadFile(first)
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(second)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(a, b) {
		t.Error("the two workbooks differ")
	}
	if out := ok(t, "plan", "import", second, "--db", db, "--reason", "x"); !strings.Contains(out, "nothing changed: the plan stays at revision 1\n") {
		t.Error(out)
	}
	for _, format := range []string{"folder", "csv"} {
		out := filepath.Join(dir, format)
		ok(t, "plan", "export", out, "--db", db, "--format", format)
		if got := ok(t, "plan", "diff", out, second); got != "không có gì khác (no difference)\n" {
			t.Errorf("%s: %s", format, got)
		}
	}
	for _, name := range []string{"r.geojson", "r.kml", "r.gpx"} {
		out := filepath.Join(dir, name)
		ok(t, "plan", "export", out, "--db", db)
		if got := ok(t, "plan", "diff", "1", out, "--db", db); got != "không có gì khác (no difference)\n" {
			t.Errorf("%s: %s", name, got)
		}
	}
	if _, err := run(t, "plan", "export", second, "--db", db); err == nil || !strings.Contains(plantest.English(err), "is there already") {
		t.Errorf("a file was overwritten: %v", err)
	}
}

func TestOneChangedCellIsOneLineAndARevisionThatCanBeReverted(t *testing.T) {
	dir, db := desk(t)
	path := change(t, dir, "C-001,D-001,tb-18592,GD1,149,", "C-001,D-001,tb-18592,GD1,60,")
	out := ok(t, "plan", "import", path, "--db", db, "--dry-run")
	for _, want := range []string{"cameras C-001 azimuth: 149 → 60\ntổng cộng (in all): cameras 1 đổi (changed)\n", "QL1A          23.32   0.62 → 0.61", "tổng (total)  194.19  3.24 → 3.23"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	ok(t, "plan", "import", path, "--db", db, "--reason", "đo lại")
	if got := ok(t, "plan", "diff", "1", "2", "--db", db); got != "cameras C-001 azimuth: 149 → 60\ntổng cộng (in all): cameras 1 đổi (changed)\n" {
		t.Error(got)
	}
	ok(t, "plan", "revert", "1", "--db", db)
	if got := ok(t, "plan", "diff", "1", "3", "--db", db); got != "không có gì khác (no difference)\n" {
		t.Error(got)
	}
	log := ok(t, "plan", "log", "--db", db)
	for _, want := range []string{"KH 12", "đo lại", "(= 1) quay lại lần sửa 1"} {
		if !strings.Contains(log, want) {
			t.Errorf("no %q in\n%s", want, log)
		}
	}
	today := plan.DateOf(time.Now(), time.UTC).AddDays(1).String()
	ok(t, "plan", "export", filepath.Join(dir, "as-of.xlsx"), "--db", db, "--as-of", today)
	if _, err := run(t, "plan", "export", filepath.Join(dir, "before.xlsx"), "--db", db, "--as-of", "30/06/2020"); !errors.Is(err, plan.ErrNoRevision) {
		t.Errorf("before the first revision: %v", err)
	}
}

func TestNothingIsWrittenUnlessAllOfItIsRight(t *testing.T) {
	dir, db := desk(t)
	path := change(t, dir, "GD1,149,", "GD1,149°,")
	if _, err := run(t, "plan", "import", path, "--db", db, "--reason", "x"); err == nil || !strings.Contains(plantest.English(err), `cameras.csv:2: azimuth: "149°" is not a number`) {
		t.Errorf("error is %v", err)
	}
	path = change(t, dir, "GD1,149,", "GD1,150,")
	if _, err := run(t, "plan", "import", path, "--db", db); err == nil || !strings.Contains(plantest.English(err), "say why with --reason") {
		t.Errorf("error is %v", err)
	}
	if log := ok(t, "plan", "log", "--db", db); strings.Count(log, "\n") != 3 {
		t.Errorf("there is a revision more:\n%s", log)
	}
}

func TestACameraWithEvidenceIsRetiredNotRemoved(t *testing.T) {
	dir, db := desk(t)
	store, err := sqlite.Open(t.Context(), db, sqlite.Options{Location: time.UTC})
	if err != nil {
		t.Fatal(err)
	}
	from := time.Now().Add(-time.Hour).UnixMilli()
	if err := store.Append(t.Context(), []history.Batch{{Agent: "tb-18592", Epoch: 1, FirstSeq: 1, Observations: []wire.Observation{
		{Camera: "C-001", From: from, To: from + 60_000, Status: wire.StatusUp, Probes: 1}}}}); err != nil {
		t.Fatal(err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(samplePlan, "cameras.csv"))
	if err != nil {
		t.Fatal(err)
	}
	rows := strings.SplitAfter(string(data), "\n")
	path := filepath.Join(dir, "cameras.csv")
	if err := os.WriteFile(path, []byte(rows[0]+strings.Join(rows[3:], "")), 0o600); err != nil { // without C-001 and C-002
		t.Fatal(err)
	}
	if _, err := run(t, "plan", "import", path, "--db", db, "--reason", "x"); err == nil || !strings.Contains(plantest.English(err), "evidence would be removed (C-001): write the day") {
		t.Errorf("error is %v", err)
	}
	ok(t, "plan", "import", path, "--db", db, "--reason", "x", "--retire")
	got := ok(t, "plan", "diff", "1", "2", "--db", db)
	if !strings.Contains(got, "cameras C-001 retired: (trống) → 20") || !strings.Contains(got, "cameras C-002 bỏ (removed): ") || !strings.Contains(got, "tổng cộng (in all): cameras 1 đổi (changed), 1 bỏ (removed)") {
		t.Error(got)
	}
}

func TestServeTakesTheNewestRevision(t *testing.T) {
	dir, db := desk(t)
	p, err := servedPlan(t.Context(), "", db)
	if err != nil || p.Revision.Number != 1 || len(p.Cameras) != 180 {
		t.Errorf("plan %v, %v", p, err)
	}
	if p, err := servedPlan(t.Context(), samplePlan, db); err != nil || p.Revision.Number != 0 {
		t.Errorf("a folder that is named comes first: %v", err)
	}
	if _, err := servedPlan(t.Context(), "", filepath.Join(dir, "none.db")); err == nil || !strings.Contains(plantest.English(err), "phukin-hub plan import") {
		t.Errorf("error is %v", err)
	}
}

// A plan of 20,000 cameras is imported within 20 seconds.
func TestTwentyThousandCamerasAreImportedInTime(t *testing.T) {
	if testing.Short() || raceDetector {
		t.Skip("a large plan, whose time says nothing under the race detector: make norace-tests runs it without")
	}
	t.Setenv("PHUKIN_AUTHOR", "an")
	folder, err := plan.ReadFolderDir(samplePlan)
	if err != nil {
		t.Fatal(err)
	}
	c, err := plan.Compile(folder)
	if err != nil {
		t.Fatal(err)
	}
	doc := c.Document
	base, code := doc.Rows(plan.Cameras), plan.TableByName(plan.Cameras).Column("code")
	for i := len(base); i < 20_000; i++ {
		cells := append([]string(nil), base[i%len(base)].Cells...)
		cells[code] = fmt.Sprintf("X-%06d", i)
		doc.Append(plan.Cameras, cells)
	}
	dir := t.TempDir()
	path, db := filepath.Join(dir, "big.xlsx"), filepath.Join(dir, "hub.db")
	if err := writeNew(path, false, func(w io.Writer) error { return sheet.Write(w, doc.Canonical(), sheet.VI, nil) }); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	ok(t, "plan", "import", path, "--db", db, "--reason", "x")
	took := time.Since(start)
	t.Logf("imported after %v", took)
	if took > 20*time.Second {
		t.Errorf("it took %v", took)
	}
	ok(t, "plan", "export", filepath.Join(dir, "folder"), "--db", db, "--format", "folder")
	cameras := filepath.Join(dir, "folder", "cameras.csv")
	data, err := os.ReadFile(cameras)
	if err != nil {
		t.Fatal(err)
	}
	i := bytes.Index(data, []byte("\nX-012345,")) + 1
	line := string(data[i : i+bytes.IndexByte(data[i:], '\n')])
	fields := strings.Split(line, ",")
	fields[4] = "7"
	if err := os.WriteFile(cameras, []byte(strings.Replace(string(data), line, strings.Join(fields, ","), 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := ok(t, "plan", "diff", "1", cameras, "--db", db); !strings.HasPrefix(got, "cameras X-012345 azimuth: ") || strings.Count(got, "\n") != 2 {
		t.Errorf("the difference of one cell is %q", got)
	}
}
