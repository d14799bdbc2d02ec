package plan_test

import (
	"math"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/plan/plantest"
)

// Whatever plan is written reads back as the same plan, and is written again
// as the same bytes.
func TestAPlanWrittenReadsBackTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, err := plan.Build(plantest.Plan(t))
		if err != nil {
			t.Fatalf("the plan drawn is wrong: %v", err)
		}
		first, err := plan.Encode(p)
		if err != nil {
			t.Fatal(err)
		}
		q, err := plan.Read(mapFS(first))
		if err != nil {
			t.Fatalf("%v\n%s", err, first["plan.yaml"])
		}
		if d := cmp.Diff(p, q, same); d != "" {
			t.Fatal(d)
		}
		second, err := plan.Encode(q)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(first, second); d != "" {
			t.Fatalf("written again it differs: %s", d)
		}
	})
}

// A camera of which nobody knows where it looks, or how wide, is in the plan all
// the same; coverage counts it for its place.
func TestADirectionThatIsNotKnownStaysSo(t *testing.T) {
	p, err := plan.Read(files(map[string]string{"cameras.csv": `code,site,agent,phase,azimuth,fov,width,height,owner
C-1,S1,tb-18562,P1,,68,1920,1080,public
C-2,S2,tb-18562,P1,270,,1280,720,household
C-3,S2,tb-18562,P1,0,360,1280,720,household
`}))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		a, b, c := p.Camera("C-1"), p.Camera("C-2"), p.Camera("C-3")
		if !math.IsNaN(a.Azimuth) || a.FOV != 68 || b.Azimuth != 270 || !math.IsNaN(b.FOV) || c.Azimuth != 0 || c.FOV != 360 {
			t.Fatalf("%v %v, %v %v, %v %v", a.Azimuth, a.FOV, b.Azimuth, b.FOV, c.Azimuth, c.FOV)
		}
		written, err := plan.Encode(p)
		if err != nil {
			t.Fatal(err)
		}
		if p, err = plan.Read(mapFS(written)); err != nil {
			t.Fatal(err)
		}
	}
}

func mapFS(all map[string][]byte) fstest.MapFS {
	fsys := fstest.MapFS{}
	for name, data := range all {
		fsys[name] = &fstest.MapFile{Data: data}
	}
	return fsys
}

func TestWriteMakesADirectoryThatReadDirReads(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	p := mustRead(t, nil)
	if err := plan.Write(dir, p); err != nil {
		t.Fatal(err)
	}
	q, err := plan.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(p, q, same); d != "" {
		t.Error(d)
	}
	blocked := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(blocked, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := plan.Write(blocked, p); err == nil {
		t.Error("a plan was written into a file")
	}
}

func TestEncodeNeedsATimeZoneWithAName(t *testing.T) {
	p := mustRead(t, nil)
	p.Location = time.FixedZone("somewhere", 3600)
	if _, err := plan.Encode(p); err == nil {
		t.Error("a time zone that cannot be read back was written")
	}
}
