package probe_test

import (
	"fmt"
	"testing"
)

// reporter is what a check tells its findings to.
type reporter interface {
	Helper()
	Errorf(format string, args ...any)
	Logf(format string, args ...any)
}

// attempts is how often a mode may be tried. Modes play against the clock, and
// a machine that is busy with something else for a tenth of a second makes a
// good probe measure nonsense; what is really wrong is wrong every time.
const attempts = 3

// attempt collects what one try found.
type attempt struct{ wrong, said []string }

func (a *attempt) Helper() {}
func (a *attempt) Errorf(format string, args ...any) {
	a.wrong = append(a.wrong, fmt.Sprintf(format, args...))
}
func (a *attempt) Logf(format string, args ...any) {
	a.said = append(a.said, fmt.Sprintf(format, args...))
}

// try runs f until it finds nothing wrong, and reports the last try that did.
func try(t *testing.T, f func(r reporter)) {
	t.Helper()
	for n := 1; ; n++ {
		var a attempt
		f(&a)
		for _, s := range a.said {
			t.Log(s)
		}
		if len(a.wrong) == 0 {
			return
		}
		for _, s := range a.wrong {
			if n == attempts {
				t.Error(s)
			} else {
				t.Logf("try %d: %s", n, s)
			}
		}
		if n == attempts {
			return
		}
	}
}
