package account

import (
	"context"
	"errors"
	"time"
)

// What a store may say instead of an answer.
var (
	ErrUnknown = errors.New("not known")
	ErrTaken   = errors.New("taken already")
	ErrLast    = errors.New("the last administrator of the whole plan cannot be disabled, nor lose that role")
)

// Session is a login by a browser.
type Session struct {
	Hash    string // of its id
	User    string
	Created time.Time
	Seen    time.Time // to the minute
}

// Limits of a session.
const (
	SessionIdle = 2 * time.Hour  // without a request
	SessionMost = 12 * time.Hour // since the login
)

// Over says whether a session has reached one of its limits.
func (s *Session) Over(now time.Time) bool {
	return now.Sub(s.Seen) >= SessionIdle || now.Sub(s.Created) >= SessionMost || now.Before(s.Created.Add(-time.Minute))
}

// LinkLife is how long a set-up link can be used.
const LinkLife = 24 * time.Hour

// Link lets somebody set a password, once.
type Link struct {
	User    string // empty: makes the first administrator
	Expires time.Time
}

// Store keeps users, tokens, sessions, links and the audit log. What is changed
// is seen by the next call, also by that of another process.
type Store interface {
	// User gives a user, or ErrUnknown.
	User(ctx context.Context, name string) (User, error)
	// Users lists all users by name.
	Users(ctx context.Context) ([]User, error)
	// AddUser adds a user, or fails with ErrTaken.
	AddUser(ctx context.Context, u User) error
	// UserByIdentity gives the user who has an identity, or ErrUnknown.
	UserByIdentity(ctx context.Context, i Identity) (User, error)
	// ChangeUser changes a user's full name, grants, identity and whether it is
	// disabled, or fails with ErrUnknown, with ErrTaken if another has the identity,
	// or with ErrLast. Its sessions end when it is disabled or has another identity.
	ChangeUser(ctx context.Context, name string, change func(*User) error) (User, error)
	// Rehash keeps another form of the password that a user has, if the kept form is
	// still the old one.
	Rehash(ctx context.Context, name, old, hash string) error
	// HasAdmin says whether there is a user who Administers.
	HasAdmin(ctx context.Context) (bool, error)

	// PutLink keeps a link by the hash of its secret, in place of those that were
	// for the same user.
	PutLink(ctx context.Context, hash string, l Link) error
	// Link gives a link that has not expired, or ErrUnknown.
	Link(ctx context.Context, hash string, now time.Time) (Link, error)
	// UseLink spends a link that has not expired: it sets the password of its user
	// and ends the user's sessions; or, for a link without one, adds first. It fails
	// with ErrUnknown if the link is not there, and changes nothing when it fails.
	UseLink(ctx context.Context, hash string, now time.Time, password string, first User) (User, error)
	// UseLinkForIdentity spends a link of a user that has not expired: it gives the
	// user an identity and ends the user's sessions. It fails with ErrUnknown if there
	// is no such link, with ErrTaken if another has the identity, and changes nothing
	// when it fails.
	UseLinkForIdentity(ctx context.Context, hash string, now time.Time, i Identity) (User, error)

	// PutSession keeps a session, and forgets those that are over.
	PutSession(ctx context.Context, s Session) error
	// Session gives a session, or ErrUnknown.
	Session(ctx context.Context, hash string) (Session, error)
	// Touch notes that a session was used.
	Touch(ctx context.Context, hash string, at time.Time) error
	// EndSession forgets a session; one that is not there is no error.
	EndSession(ctx context.Context, hash string) error

	// AddToken keeps a token by the hash of its secret.
	AddToken(ctx context.Context, hash string, t Token) error
	// Token gives the token with a hash, or ErrUnknown.
	Token(ctx context.Context, hash string) (Token, error)
	// Tokens lists all tokens, the newest first.
	Tokens(ctx context.Context) ([]Token, error)
	// RevokeToken revokes a token, or fails with ErrUnknown.
	RevokeToken(ctx context.Context, id string) (Token, error)
	// UseToken notes that a token was used.
	UseToken(ctx context.Context, id string, at time.Time) error

	// Record adds an entry to the audit log and gives its number; one that has Fold
	// counts on the entry that is there.
	Record(ctx context.Context, e Entry) (int64, error)
	// Outcome notes how what was recorded ended, and adds to what it was if there is
	// more to say.
	Outcome(ctx context.Context, id int64, status int, more string) error
	// Audit gives entries, the newest first.
	Audit(ctx context.Context, q Query) ([]Entry, error)
	// AuditCount says how many entries there are, whatever Before and Limit say.
	AuditCount(ctx context.Context, q Query) (int, error)
}
