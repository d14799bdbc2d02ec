package world_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/phukin/phukin/deploy/truth/world"
)

func TestFiguresKeepToTheTruth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, err := world.Play(world.Scripts().Draw(t, "world"), nil)
		if err != nil {
			t.Fatal(err)
		}
		_, failures := w.Check()
		for _, f := range failures {
			t.Error(f)
		}
	})
}

// The same worlds as `make truth` begins with.
func TestTheFirstWorldsOfTheCampaign(t *testing.T) {
	for seed := 1; seed <= 250; seed++ {
		w, err := world.Play(world.Scripts().Example(seed), nil)
		if err != nil {
			t.Fatal(err)
		}
		_, failures := w.Check()
		for _, f := range failures {
			t.Errorf("world %d: %v", seed, f)
		}
	}
}

func TestEveryMistakeIsNoticed(t *testing.T) {
	for _, m := range world.Mistakes() {
		t.Run(m.Name, func(t *testing.T) {
			for seed := range 300 {
				w, err := world.Play(world.Scripts().Example(seed), &m)
				if err != nil {
					t.Fatal(err)
				}
				if _, failures := w.Check(); len(failures) > 0 {
					t.Logf("in world %d: %v", seed, failures[0])
					return
				}
			}
			t.Error("no world showed it")
		})
	}
}
