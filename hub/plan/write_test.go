package plan_test

import (
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
