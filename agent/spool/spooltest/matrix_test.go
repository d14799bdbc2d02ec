package spooltest_test

import (
	"fmt"
	"os"
	"os/exec"
	"testing"

	"github.com/phukin/phukin/agent/spool/spooltest"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(spooltest.ChildDir); dir != "" {
		fmt.Println(spooltest.AppendForEver(dir, os.Stdout))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

func TestWhateverHappensToASpoolItOpensAndLosesNothingInSilence(t *testing.T) {
	o := spooltest.Options{
		Dir: t.TempDir(), Long: os.Getenv("PHUKIN_SPOOL_LONG") != "",
		Child: func() *exec.Cmd { return exec.Command(os.Args[0]) },
	}
	var rows []spooltest.Row
	err := spooltest.Matrix(t.Context(), o, func(r spooltest.Row) {
		rows = append(rows, r)
		if r.Wrong != "" {
			t.Errorf("%s: opens: %s, kept: %s, declared: %s, numbers: %s: %s", r.Damage, r.Opens, r.Kept, r.Declared, r.Numbers, r.Wrong)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if skips := spooltest.LoudSkips(rows); skips != "" {
		fmt.Fprint(os.Stderr, skips)
		if os.Getenv("PHUKIN_REQUIRE_PEERS") != "" {
			t.Error(skips)
		}
	}
	if len(rows) < 60 {
		t.Errorf("only %d rows", len(rows))
	}
}
