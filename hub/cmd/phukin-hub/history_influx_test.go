package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/phukin/phukin/hub/influx/influxtest"
	"github.com/phukin/phukin/hub/sqlite"
)

// flagsOf gives the flags that name a bucket of a server; prefix is "from-" for
// the source of an import.
func flagsOf(t *testing.T, s *influxtest.Server, prefix, bucket string) []string {
	t.Helper()
	token := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(token, []byte(s.Token+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	flags := []string{"--" + prefix + "influx-url=" + s.URL, "--" + prefix + "influx-bucket=" + s.Bucket(bucket), "--" + prefix + "influx-token-file=" + token}
	if s.Org != "" {
		flags = append(flags, "--"+prefix+"influx-org="+s.Org)
	}
	return flags
}

func TestAHistoryGoesIntoInfluxDBAndBack(t *testing.T) {
	for _, version := range influxtest.Versions {
		t.Run(version, func(t *testing.T) {
			s, err := influxtest.New(influxtest.Need(t, version), version, true)
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			}()
			intoInfluxDBAndBack(t, s)
		})
	}
}

func intoInfluxDBAndBack(t *testing.T, s *influxtest.Server) {
	db, dir := lived(t), t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	with := func(args []string, more ...[]string) []string {
		return slices.Concat(append([][]string{args}, more...)...)
	}
	first, second, third := flagsOf(t, s, "", "b1"), flagsOf(t, s, "", "b2"), flagsOf(t, s, "", "b3")
	fromFirst := flagsOf(t, s, "from-", "b1")
	same := regexp.MustCompile(`(?s)day +6 +6 +0 +0\n.*observation +6 +6 +0 +0\n.*day .* same\n.*both hold the same\n$`)

	// Directly, into the database that keeps the rest.
	ok(t, "history", "export", path("all.jsonl"), "--db", db)
	ok(t, "backup", path("moved.db"), "--without-history", "--db", db)
	into := with([]string{"history", "import", db, "--db", path("moved.db")}, first)
	if out := ok(t, into...); !same.MatchString(out) {
		t.Errorf("import into InfluxDB says\n%s", out)
	}
	if out := ok(t, into...); !regexp.MustCompile(`(?s)day +6 +0 +6 +0\n.*observation +6 +0 +6 +0\n.*both hold the same`).MatchString(out) {
		t.Errorf("a second import says\n%s", out)
	}
	out := ok(t, with([]string{"history", "verify", path("moved.db"), path("all.jsonl")}, first)...)
	if !strings.Contains(out, "6 ledger days and 6 observations are whole; 6 days are what their observations make of them") || !strings.Contains(out, "the two histories are the same") {
		t.Errorf("verify says\n%s", out)
	}

	// Through files, in and out again: they are the same to the byte.
	if out := ok(t, with([]string{"history", "import", path("all.jsonl"), "--db", path("second.db")}, second)...); !same.MatchString(out) {
		t.Errorf("import of a file into InfluxDB says\n%s", out)
	}
	ok(t, with([]string{"history", "export", path("out.jsonl"), "--db", path("second.db")}, second)...)
	if read(t, path("all.jsonl")) != read(t, path("out.jsonl")) {
		t.Errorf("what comes out of InfluxDB is\n%s\nand went in as\n%s", read(t, path("out.jsonl")), read(t, path("all.jsonl")))
	}

	// From one bucket into another, and back into SQLite.
	if out := ok(t, with([]string{"history", "import", path("moved.db"), "--db", path("third.db")}, fromFirst, third)...); !same.MatchString(out) {
		t.Errorf("import from InfluxDB into InfluxDB says\n%s", out)
	}
	ok(t, "backup", path("back.db"), "--without-history", "--db", path("moved.db"))
	if out := ok(t, with([]string{"history", "import", path("moved.db"), "--db", path("back.db")}, fromFirst)...); !same.MatchString(out) {
		t.Errorf("import from InfluxDB says\n%s", out)
	}
	if out := ok(t, "history", "verify", path("back.db"), db); !strings.Contains(out, "the two histories are the same") {
		t.Errorf("verify says\n%s", out)
	}
	// The agents are let in as before.
	for _, name := range []string{"moved.db", "back.db"} {
		d, err := sqlite.Open(t.Context(), path(name), sqlite.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if hash, err := d.TokenHash(t.Context(), "tb-1"); hash != "hash" || err != nil {
			t.Errorf("%s: the agent's token hash is %q, %v", name, hash, err)
		}
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}

	refused(t, "give --influx-url", "history", "export", "-", "--db", path("moved.db"))
	refused(t, "give --influx-url", "history", "import", path("all.jsonl"), "--db", path("moved.db"))
	refused(t, "give --from-influx-url", with([]string{"history", "import", path("moved.db"), "--db", path("none.db")}, first)...)
	refused(t, "has a history of its own", with([]string{"history", "import", path("all.jsonl"), "--db", db}, third)...)
	refused(t, "belongs to another SQLite database", with([]string{"history", "import", path("all.jsonl"), "--db", path("fourth.db")}, first)...)
	refused(t, "belongs to another SQLite database", with([]string{"history", "verify", path("moved.db")}, second)...)
	refused(t, "there is no bucket", with([]string{"history", "verify", path("moved.db")}, flagsOf(t, s, "", "b9"))...)
	// A history that contradicts what is there changes nothing.
	other := strings.Replace(read(t, path("all.jsonl")), "3600 up", "3600 degraded", 1)
	if err := os.WriteFile(path("other.jsonl"), []byte(other), 0o600); err != nil {
		t.Fatal(err)
	}
	refused(t, "line 5: take records of another history: ledger day 2022-01-08 of camera C-1 is there with the same revision 1 and says something else", with([]string{"history", "import", path("other.jsonl"), "--db", path("moved.db")}, first)...)
	if out := ok(t, with([]string{"history", "verify", path("moved.db"), path("all.jsonl")}, first)...); !strings.Contains(out, "the two histories are the same") {
		t.Errorf("after imports that were refused verify says\n%s", out)
	}
	s.Kill()
	refused(t, "it cannot be reached", with([]string{"history", "verify", path("moved.db")}, first)...)
}
