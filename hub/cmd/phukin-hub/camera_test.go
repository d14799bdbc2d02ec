package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/phukin/phukin/hub/assign"
	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/sqlite"
	"github.com/phukin/phukin/hub/wire"
)

// typed runs a command line with a text on standard input.
func typed(t *testing.T, text string, args ...string) (string, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "stdin")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	old := os.Stdin
	os.Stdin = f
	defer func() { os.Stdin = old }()
	return run(t, args...)
}

func TestCredentialsOfCamerasAreEnteredListedAndForgotten(t *testing.T) {
	_, path := desk(t)
	p, err := plan.ReadDir(samplePlan)
	if err != nil {
		t.Fatal(err)
	}
	camera, agent := p.Cameras[0].Code, p.Cameras[0].Agent
	use := func(f func(s assign.Store)) {
		t.Helper()
		db, err := sqlite.Open(t.Context(), path, sqlite.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		f(db.Assign())
	}
	key := func(k wire.Key) {
		use(func(s assign.Store) {
			if err := s.SetKey(t.Context(), assign.Key{Agent: agent, Key: k, Since: time.Now()}); err != nil {
				t.Fatal(err)
			}
		})
	}
	fails := func(want, text string, args ...string) {
		t.Helper()
		if _, err := typed(t, text, append([]string{"camera", "credentials"}, args...)...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v, want %q", args, err, want)
		}
	}
	fails("has not told its key yet", "hunter2\n", "set", camera, "-u", "viewer", "--db", path)
	private, public, err := wire.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	key(public)
	fails("camera nobody is not in the plan", "hunter2\n", "set", "nobody", "-u", "viewer", "--db", path)
	fails("there is no password on standard input", "\n", "set", camera, "-u", "viewer", "--db", path)
	fails("password has 300 bytes", strings.Repeat("p", 300)+"\n", "set", camera, "-u", "viewer", "--db", path)
	fails("database", "hunter2\n", "set", camera, "-u", "viewer", "--db", path+".none")
	fails("no credentials of camera", "", "forget", camera, "--db", path)

	if out, err := typed(t, "hunter2\r\nmore", "camera", "credentials", "set", camera, "--user", "viewer", "--db", path); err != nil || out != "" {
		t.Fatalf("%q, %v", out, err)
	}
	use(func(s assign.Store) {
		all, err := s.Credentials(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		c := all[camera]
		if got, err := wire.Open(private, camera, c.Sealed); err != nil || got.Username != "viewer" || got.Password != "hunter2" || c.Author != "an" || c.Agent != agent {
			t.Errorf("%#v, %v, %+v", got, err, c)
		}
	})
	// The password is nowhere in the file.
	for _, suffix := range []string{"", "-wal"} {
		if text, _ := os.ReadFile(path + suffix); strings.Contains(string(text), "hunter2") || strings.Contains(string(text), "viewer") {
			t.Error("the database holds the credentials as they are")
		}
	}
	if out := ok(t, "camera", "credentials", "list", "--db", path); !strings.Contains(out, camera) || !strings.Contains(out, "in order") || !strings.Contains(out, public.String()) {
		t.Error(out)
	}
	key(wire.Key{9})
	if out := ok(t, "camera", "credentials", "list", "--db", path); !strings.Contains(out, "cannot be opened: the agent's key is "+(wire.Key{9}).String()+" now; enter them again") {
		t.Error(out)
	}
	ok(t, "camera", "credentials", "forget", camera, "--db", path)
	if out := ok(t, "camera", "credentials", "list", "--db", path); strings.Contains(out, camera) {
		t.Error(out)
	}
}
