package sqlite_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/phukin/phukin/hub/assign"
	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/wire"
)

func TestKeysCredentialsAndListsAreKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "hub.db")
	db := openFile(t, path, utc)
	s, ctx, at := db.Assign(), t.Context(), time.UnixMilli(1_794_960_000_123)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, k := range []assign.Key{{Agent: "x", Key: wire.Key{1}, Since: at}, {Agent: "y", Key: wire.Key{2}, Since: at}, {Agent: "x", Key: wire.Key{3}, Since: at.Add(time.Hour)}} {
		must(s.SetKey(ctx, k))
	}
	first := assign.Credential{Camera: "a", Agent: "x", Key: wire.Key{1}, Sealed: []byte{0, 1, 255}, At: at, Author: "an"}
	second := assign.Credential{Camera: "a", Agent: "y", Key: wire.Key{2}, Sealed: []byte{7}, At: at.Add(time.Hour), Author: "bình"}
	for _, c := range []assign.Credential{first, {Camera: "b", Agent: "x", Sealed: []byte{}, At: at}, second} {
		must(s.SetCredential(ctx, c))
	}
	must(s.NoteSent(ctx, []assign.Sent{{Agent: "x", Revision: 3, Digest: 1<<64 - 1, At: at}, {Agent: "y", Revision: 3, Digest: 5, At: at}}))
	must(s.NoteTaken(ctx, []assign.Sent{{Agent: "x", TakenRevision: 3, TakenAt: at.Add(time.Minute)}, {Agent: "nobody", TakenRevision: 3, TakenAt: at}}))
	must(s.NoteSent(ctx, []assign.Sent{{Agent: "x", Revision: 4, Digest: 6, At: at.Add(time.Hour)}}))
	must(s.NoteSent(ctx, nil))
	must(db.Close())

	db = openFile(t, path, utc)
	defer db.Close()
	s = db.Assign()
	keys, err := s.Keys(ctx)
	must(err)
	if d := cmp.Diff(map[string]assign.Key{"x": {Agent: "x", Key: wire.Key{3}, Since: at.Add(time.Hour)}, "y": {Agent: "y", Key: wire.Key{2}, Since: at}}, keys); d != "" {
		t.Error(d)
	}
	credentials, err := s.Credentials(ctx)
	must(err)
	if d := cmp.Diff(map[string]assign.Credential{"a": second, "b": {Camera: "b", Agent: "x", Sealed: []byte{}, At: at}}, credentials); d != "" {
		t.Error(d)
	}
	sent, err := s.Sent(ctx)
	must(err)
	if d := cmp.Diff(map[string]assign.Sent{
		"x": {Agent: "x", Revision: 4, Digest: 6, At: at.Add(time.Hour), TakenRevision: 3, TakenAt: at.Add(time.Minute)}, "y": {Agent: "y", Revision: 3, Digest: 5, At: at},
	}, sent); d != "" {
		t.Error(d)
	}
}

// What one process does another one that runs notices.
func TestChangesOfCredentialsAndPlansAreNoticed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "hub.db")
	here, there := openFile(t, path, utc), openFile(t, path, utc)
	defer here.Close()
	defer there.Close()
	ctx := t.Context()
	look := func(revision int) int64 {
		t.Helper()
		r, n, err := here.Assign().Changes(ctx)
		if err != nil || r != revision {
			t.Fatalf("revision %d, %v; want %d", r, err, revision)
		}
		return n
	}
	before := look(0)
	if err := there.Assign().SetCredential(ctx, assign.Credential{Camera: "a", At: time.UnixMilli(1)}); err != nil {
		t.Fatal(err)
	}
	set := look(0)
	if had, err := there.Assign().ForgetCredential(ctx, "a"); !had || err != nil {
		t.Errorf("forget: %v, %v", had, err)
	}
	forgotten := look(0)
	if had, err := there.Assign().ForgetCredential(ctx, "a"); had || err != nil {
		t.Errorf("forget again: %v, %v", had, err)
	}
	if again := look(0); set <= before || forgotten <= set || again != forgotten {
		t.Errorf("%d, %d, %d, %d", before, set, forgotten, again)
	}
	if err := there.Assign().SetKey(ctx, assign.Key{Agent: "x", Since: time.UnixMilli(1)}); err != nil || look(0) != forgotten {
		t.Errorf("a key is a change of credentials (%v)", err)
	}
	if _, err := there.Plan().Commit(ctx, 0, smallPlan(t), plan.Revision{At: time.UnixMilli(1e12)}); err != nil {
		t.Fatal(err)
	}
	look(1)
}

func TestWhoHadACameraBeforeIsRead(t *testing.T) {
	db := openFile(t, filepath.Join(t.TempDir(), "hub.db"), utc)
	defer db.Close()
	ctx := t.Context()
	commit := func(base int, agents string) {
		t.Helper()
		d := smallPlan(t).Clone()
		d.Add(plan.Sites, map[string]string{"code": "S", "name": "Chợ", "area": "445", "kind": "market", "lon": "105.8", "lat": "18.3"})
		for i, agent := range strings.Fields(agents) {
			d.Add(plan.Cameras, map[string]string{"code": string(rune('a' + i)), "site": "S", "agent": agent, "phase": "P1", "azimuth": "0", "fov": "90", "width": "1920", "height": "1080", "owner": "public"})
		}
		if _, err := db.Plan().Commit(ctx, base, canonical(t, d), plan.Revision{At: time.UnixMilli(int64(base+1) * 1e12)}); err != nil {
			t.Fatal(err)
		}
	}
	commit(0, "x x y")
	commit(1, "y x y")
	commit(2, "x x")
	commit(3, "z x y")
	for revision, want := range map[int]string{1: "", 2: "a x 2", 3: "a x 2, a y 3, c y 3", 4: "a x 4, a y 3, c y 3"} {
		former, err := db.Assign().Former(ctx, revision)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, f := range former {
			if f.At.UnixMilli() != int64(f.Revision)*1e12 {
				t.Errorf("%+v", f)
			}
			got = append(got, strings.Join([]string{f.Camera, f.Agent, string(rune('0' + f.Revision))}, " "))
		}
		slices.Sort(got)
		if s := strings.Join(got, ", "); s != want {
			t.Errorf("up to revision %d: %q, want %q", revision, s, want)
		}
	}
}
