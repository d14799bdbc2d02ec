package enrol_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/phukin/phukin/hub/enrol"
)

// registry is an enrol.Registry in memory that can be told to fail.
type registry struct {
	hashes map[string]string
	at     time.Time
	fail   error
}

func (r *registry) SetTokenHash(_ context.Context, agent, hash string, at time.Time) error {
	if r.fail == nil {
		r.hashes[agent], r.at = hash, at
	}
	return r.fail
}

func (r *registry) TokenHash(_ context.Context, agent string) (string, error) {
	hash, ok := r.hashes[agent]
	switch {
	case r.fail != nil:
		return hash, r.fail
	case !ok:
		return "", enrol.ErrUnknown
	}
	return hash, nil
}

func (r *registry) Enrolled(context.Context) ([]enrol.Agent, error) { return nil, r.fail }

func newRegistry() *registry { return &registry{hashes: map[string]string{}} }

func TestAnAgentIsAdmittedWithItsNewestTokenAlone(t *testing.T) {
	r, at := newRegistry(), time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	issue := func(agent string) string {
		t.Helper()
		token, err := enrol.Issue(t.Context(), r, agent, at)
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	old := issue("a")
	token, other := issue("a"), issue("b")
	r.hashes["nobody"] = "" // known, and not enrolled
	for _, x := range []struct {
		name, agent, token string
		in                 bool
	}{
		{"its token", "a", token, true},
		{"the other one's", "b", other, true},
		{"a token that was replaced", "a", old, false},
		{"another agent's token", "a", other, false},
		{"the hash instead of the token", "a", enrol.Hash(token), false},
		{"a token cut short", "a", token[:len(token)-1], false},
		{"no token", "a", "", false},
		{"an agent nobody knows", "x", token, false},
		{"an agent nobody knows without a token", "x", "", false},
		{"an agent that is known and not enrolled", "nobody", "", false},
	} {
		if got := (enrol.Gate{Registry: r}).Admit(t.Context(), x.agent, x.token); got != x.in {
			t.Errorf("%s: admitted %v, want %v", x.name, got, x.in)
		}
	}
	if !r.at.Equal(at) {
		t.Errorf("enrolled at %v, want %v", r.at, at)
	}
}

func TestARegistryThatFailsAdmitsNobody(t *testing.T) {
	r := newRegistry()
	token, err := enrol.Issue(t.Context(), r, "a", time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	r.fail = errors.New("the disk is away")
	if (enrol.Gate{Registry: r}).Admit(t.Context(), "a", token) {
		t.Error("admitted on an error")
	}
}

func TestATokenThatWasNotKeptIsNotGiven(t *testing.T) {
	r := newRegistry()
	r.fail = errors.New("the disk is away")
	if token, err := enrol.Issue(t.Context(), r, "a", time.Time{}); !errors.Is(err, r.fail) || token != "" {
		t.Errorf("gives %q and %v, want the error alone", token, err)
	}
}

func TestACodeThatCannotStandInATopicIsRefused(t *testing.T) {
	r := newRegistry()
	for _, code := range []string{"", "a/b", "+", "#", "..", "xã", strings.Repeat("a", 65)} {
		if token, err := enrol.Issue(t.Context(), r, code, time.Time{}); err == nil || token != "" {
			t.Errorf("%q is enrolled", code)
		}
	}
	if len(r.hashes) != 0 {
		t.Errorf("kept: %v", r.hashes)
	}
}

func TestTokensAreLongAndNeverTheSame(t *testing.T) {
	r, seen := newRegistry(), map[string]bool{}
	for range 100 {
		token, err := enrol.Issue(t.Context(), r, "a", time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		if len(token) != 43 || seen[token] { // 256 bits in base64
			t.Fatalf("token %q is too short or came before", token)
		}
		seen[token] = true
		if strings.Contains(r.hashes["a"], token) {
			t.Fatal("the token itself is kept")
		}
	}
}

func TestTheHashIsSHA256InHex(t *testing.T) {
	// The example of FIPS 180-2, appendix B.1. Databases hold these hashes.
	const want = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
	if got := enrol.Hash("abc"); got != want {
		t.Errorf("hash is %s, want %s", got, want)
	}
}
