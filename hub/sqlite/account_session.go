package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/phukin/phukin/hub/account"
)

// PutSession implements account.Store.
func (a Accounts) PutSession(ctx context.Context, s account.Session) error {
	err := a.db.update(ctx, func(tx *sql.Conn) error {
		ctx := context.WithoutCancel(ctx) // each statement is short
		_, err := tx.ExecContext(ctx, "DELETE FROM account_session WHERE created_ms <= ? OR seen_ms <= ?",
			s.Created.Add(-account.SessionMost).UnixMilli(), s.Created.Add(-account.SessionIdle).UnixMilli())
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, "INSERT INTO account_session (hash, account, created_ms, seen_ms) VALUES (?, ?, ?, ?)", s.Hash, s.User, s.Created.UnixMilli(), s.Seen.UnixMilli())
		return err
	})
	return told(err, "begin a session")
}

// Session implements account.Store.
func (a Accounts) Session(ctx context.Context, hash string) (account.Session, error) {
	s := account.Session{Hash: hash}
	var created, seen int64
	err := a.db.read.QueryRowContext(ctx, "SELECT account, created_ms, seen_ms FROM account_session WHERE hash = ?", hash).Scan(&s.User, &created, &seen)
	if errors.Is(err, sql.ErrNoRows) {
		return s, account.ErrUnknown
	}
	s.Created, s.Seen = time.UnixMilli(created), time.UnixMilli(seen)
	return s, told(err, "look up a session")
}

// Touch implements account.Store.
func (a Accounts) Touch(ctx context.Context, hash string, at time.Time) error {
	return a.run(ctx, "note the use of a session", "UPDATE account_session SET seen_ms = MAX(seen_ms, ?) WHERE hash = ?", at.UnixMilli(), hash)
}

// EndSession implements account.Store.
func (a Accounts) EndSession(ctx context.Context, hash string) error {
	return a.run(ctx, "end a session", "DELETE FROM account_session WHERE hash = ?", hash)
}

// run runs one statement that writes.
func (a Accounts) run(ctx context.Context, what, query string, args ...any) error {
	return told(a.db.update(ctx, func(tx *sql.Conn) error {
		_, err := tx.ExecContext(context.WithoutCancel(ctx), query, args...)
		return err
	}), what)
}

// AddToken implements account.Store.
func (a Accounts) AddToken(ctx context.Context, hash string, t account.Token) error {
	return a.run(ctx, "keep a token", "INSERT INTO account_token (id, hash, name, scope, role, area, created_ms, expires_ms, author, revoked, used_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0)",
		t.ID, hash, t.Name, string(t.Scope), string(t.Grant.Role), t.Grant.Area, t.Created.UnixMilli(), t.Expires.UnixMilli(), t.Author)
}

const tokenColumns = "SELECT id, name, scope, role, area, created_ms, expires_ms, author, revoked, used_ms FROM account_token"

func scanToken(r row) (account.Token, error) {
	var t account.Token
	var created, expires, used int64
	err := r.Scan(&t.ID, &t.Name, &t.Scope, &t.Grant.Role, &t.Grant.Area, &created, &expires, &t.Author, &t.Revoked, &used)
	t.Created, t.Expires = time.UnixMilli(created), time.UnixMilli(expires)
	t.Grant.Since = t.Created
	if used != 0 {
		t.Used = time.UnixMilli(used)
	}
	return t, err
}

// Token implements account.Store.
func (a Accounts) Token(ctx context.Context, hash string) (account.Token, error) {
	t, err := scanToken(a.db.read.QueryRowContext(ctx, tokenColumns+" WHERE hash = ?", hash))
	if errors.Is(err, sql.ErrNoRows) {
		return t, account.ErrUnknown
	}
	return t, told(err, "look up a token")
}

// Tokens implements account.Store.
func (a Accounts) Tokens(ctx context.Context) ([]account.Token, error) {
	var all []account.Token
	err := scan(ctx, a.db.read, tokenColumns+" ORDER BY created_ms DESC, id", func(rows *sql.Rows) error {
		t, err := scanToken(rows)
		all = append(all, t)
		return err
	})
	return all, told(err, "list the tokens")
}

// RevokeToken implements account.Store.
func (a Accounts) RevokeToken(ctx context.Context, id string) (account.Token, error) {
	var t account.Token
	err := a.db.update(ctx, func(tx *sql.Conn) error {
		ctx := context.WithoutCancel(ctx) // each statement is short
		if _, err := tx.ExecContext(ctx, "UPDATE account_token SET revoked = 1 WHERE id = ?", id); err != nil {
			return err
		}
		var err error
		t, err = scanToken(tx.QueryRowContext(ctx, tokenColumns+" WHERE id = ?", id))
		if errors.Is(err, sql.ErrNoRows) {
			return account.ErrUnknown
		}
		return err
	})
	return t, told(err, "revoke a token")
}

// UseToken implements account.Store.
func (a Accounts) UseToken(ctx context.Context, id string, at time.Time) error {
	return a.run(ctx, "note the use of a token", "UPDATE account_token SET used_ms = MAX(used_ms, ?) WHERE id = ?", at.UnixMilli(), id)
}
