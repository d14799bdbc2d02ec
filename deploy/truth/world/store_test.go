package world_test

import (
	"path/filepath"
	"testing"

	"github.com/phukin/phukin/deploy/truth/world"
)

// What the store gives back of the first worlds keeps to the truth as well.
func TestTheStoreKeepsToTheTruth(t *testing.T) {
	worlds := 40
	if testing.Short() {
		worlds = 10
	}
	for seed := 1; seed <= worlds; seed++ {
		script := world.Scripts().Example(seed)
		w, err := world.PlayStored(t.Context(), script, filepath.Join(t.TempDir(), "hub.db"))
		if err != nil {
			t.Fatalf("world %d: %v", seed, err)
		}
		stored, failures := w.Check()
		for _, f := range failures {
			t.Errorf("world %d: %v", seed, f)
		}
		if w, err = world.Play(script, nil); err != nil {
			t.Fatal(err)
		}
		if pure, _ := w.Check(); stored != pure {
			t.Errorf("world %d: the store makes %+v of it, the functions alone %+v", seed, stored, pure)
		}
	}
}
