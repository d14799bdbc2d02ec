// Package enrol gives agents their credentials: a random token that is shown
// once and kept only as its hash.
package enrol

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/phukin/phukin/hub/wire"
)

// Agent is an enrolled agent.
type Agent struct {
	Code     string
	Enrolled time.Time
}

// ErrUnknown reports an agent that is not enrolled.
var ErrUnknown = errors.New("agent is not enrolled")

// Registry keeps the hashes of tokens.
type Registry interface {
	// SetTokenHash enrols an agent or replaces its token.
	SetTokenHash(ctx context.Context, agent, hash string, at time.Time) error
	// TokenHash gives the hash of an agent's token, or ErrUnknown.
	TokenHash(ctx context.Context, agent string) (string, error)
	// Enrolled lists the enrolled agents by code.
	Enrolled(ctx context.Context) ([]Agent, error)
}

// Issue enrols an agent, or replaces the token it has, and gives the token:
// 256 random bits. It is nowhere else to be had.
func Issue(ctx context.Context, r Registry, agent string, at time.Time) (token string, err error) {
	if err := wire.CheckCode(agent); err != nil {
		return "", fmt.Errorf("agent: %w", err)
	}
	if agent == HubUser {
		return "", fmt.Errorf("agent: code %q is the hub's own", agent)
	}
	token = newToken()
	if err := r.SetTokenHash(ctx, agent, Hash(token), at); err != nil {
		return "", err // a token that nobody will honour must not be shown
	}
	return token, nil
}

func newToken() string {
	raw := make([]byte, 32)
	_, _ = rand.Read(raw) // never fails: it ends the program instead
	return base64.RawURLEncoding.EncodeToString(raw)
}

// Hash gives the form in which a token is kept: SHA-256 in hex. A token is
// random, so nothing slower is needed.
func Hash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// Gate lets in agents whose token matches the registry.
type Gate struct{ Registry Registry }

// Admit says whether token is the agent's. An error of the registry admits
// nobody. How long it takes tells nothing of the token.
func (g Gate) Admit(ctx context.Context, agent, token string) bool {
	want, err := g.Registry.TokenHash(ctx, agent)
	return err == nil && want != "" && subtle.ConstantTimeCompare([]byte(want), []byte(Hash(token))) == 1
}
