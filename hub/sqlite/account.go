package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/phukin/phukin/hub/account"
)

// Accounts keeps users, tokens, sessions, links and the audit log in the file.
// It implements account.Store.
type Accounts struct{ db *DB }

var _ account.Store = Accounts{}

// Accounts gives the store of who may do what.
func (d *DB) Accounts() Accounts { return Accounts{d} }

const userColumns = "SELECT name, full_name, password, disabled, created_ms, issuer, subject FROM account"

// User implements account.Store.
func (a Accounts) User(ctx context.Context, name string) (account.User, error) {
	u, err := userOf(ctx, a.db.read, name)
	if err != nil && !errors.Is(err, account.ErrUnknown) {
		err = fmt.Errorf("read user %s: %w", name, err)
	}
	return u, err
}

// userOf gives a user with its grants, or account.ErrUnknown.
func userOf(ctx context.Context, db queryer, name string) (account.User, error) {
	return userWhere(ctx, db, "name = ?", name)
}

func userWhere(ctx context.Context, db queryer, where string, args ...any) (account.User, error) {
	u, err := scanUser(db.QueryRowContext(ctx, userColumns+" WHERE "+where, args...))
	if errors.Is(err, sql.ErrNoRows) {
		return u, account.ErrUnknown
	}
	if err != nil {
		return u, err
	}
	err = scan(ctx, db, "SELECT role, area, since_ms FROM account_grant WHERE account = ? ORDER BY area, role", func(rows *sql.Rows) error {
		g, err := scanGrant(rows)
		u.Grants = append(u.Grants, g)
		return err
	}, u.Name)
	return u, err
}

// UserByIdentity implements account.Store.
func (a Accounts) UserByIdentity(ctx context.Context, i account.Identity) (account.User, error) {
	if i.None() {
		return account.User{}, account.ErrUnknown
	}
	u, err := userWhere(ctx, a.db.read, "issuer = ? AND subject = ?", i.Issuer, i.Subject)
	return u, told(err, "look up who has an identity")
}

// row is one row, alone or among others.
type row interface{ Scan(dest ...any) error }

func scanUser(r row) (account.User, error) {
	var u account.User
	var created int64
	err := r.Scan(&u.Name, &u.FullName, &u.Password, &u.Disabled, &created, &u.Identity.Issuer, &u.Identity.Subject)
	u.Created = time.UnixMilli(created)
	return u, err
}

func scanGrant(r row, before ...any) (account.Grant, error) {
	var g account.Grant
	var since int64
	err := r.Scan(append(before, &g.Role, &g.Area, &since)...)
	g.Since = time.UnixMilli(since)
	return g, err
}

// Users implements account.Store.
func (a Accounts) Users(ctx context.Context) ([]account.User, error) {
	var all []account.User
	at := map[string]int{}
	err := scan(ctx, a.db.read, userColumns+" ORDER BY name", func(rows *sql.Rows) error {
		u, err := scanUser(rows)
		at[u.Name] = len(all)
		all = append(all, u)
		return err
	})
	if err == nil {
		err = scan(ctx, a.db.read, "SELECT account, role, area, since_ms FROM account_grant ORDER BY account, area, role", func(rows *sql.Rows) error {
			var name string
			g, err := scanGrant(rows, &name)
			if i, ok := at[name]; ok { // another may have been added meanwhile
				all[i].Grants = append(all[i].Grants, g)
			}
			return err
		})
	}
	if err != nil {
		return nil, fmt.Errorf("list the users: %w", err)
	}
	return all, nil
}

// AddUser implements account.Store.
func (a Accounts) AddUser(ctx context.Context, u account.User) error {
	err := a.db.update(ctx, func(tx *sql.Conn) error { return addUser(ctx, tx, u) })
	return told(err, "add user "+u.Name)
}

// told says what failed, but for what a store says instead of an answer.
func told(err error, what string) error {
	if err == nil || errors.Is(err, account.ErrUnknown) || errors.Is(err, account.ErrTaken) || errors.Is(err, account.ErrLast) {
		return err
	}
	return fmt.Errorf("%s: %w", what, err)
}

func addUser(ctx context.Context, tx *sql.Conn, u account.User) error {
	ctx = context.WithoutCancel(ctx) // each statement is short
	done, err := tx.ExecContext(ctx, "INSERT INTO account (name, full_name, password, disabled, created_ms, issuer, subject) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
		u.Name, u.FullName, u.Password, u.Disabled, u.Created.UnixMilli(), u.Identity.Issuer, u.Identity.Subject)
	if err != nil {
		return err
	}
	if n, err := done.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, account.ErrTaken)
	}
	return addGrants(ctx, tx, u)
}

func addGrants(ctx context.Context, tx *sql.Conn, u account.User) error {
	for _, g := range u.Grants {
		if _, err := tx.ExecContext(ctx, "INSERT INTO account_grant (account, role, area, since_ms) VALUES (?, ?, ?, ?)", u.Name, string(g.Role), g.Area, g.Since.UnixMilli()); err != nil {
			return err
		}
	}
	return nil
}

// ChangeUser implements account.Store.
func (a Accounts) ChangeUser(ctx context.Context, name string, change func(*account.User) error) (account.User, error) {
	var u account.User
	err := a.db.update(ctx, func(tx *sql.Conn) error {
		ctx := context.WithoutCancel(ctx) // each statement is short
		var err error
		if u, err = userOf(ctx, tx, name); err != nil {
			return err
		}
		administered, identity := u.Administers(), u.Identity
		if err := change(&u); err != nil {
			return err
		}
		u.Name = name
		if _, err := tx.ExecContext(ctx, "UPDATE account SET full_name = ?, disabled = ? WHERE name = ?", u.FullName, u.Disabled, name); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, "DELETE FROM account_grant WHERE account = ?", name); err != nil {
			return err
		}
		if err := addGrants(ctx, tx, u); err != nil {
			return err
		}
		if u.Identity != identity {
			if err := setIdentity(ctx, tx, u); err != nil {
				return err
			}
		}
		if u.Disabled {
			if err := endSessions(ctx, tx, name); err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, "DELETE FROM account_link WHERE account = ?", name); err != nil {
				return err
			}
		}
		if !administered {
			return nil
		}
		if has, err := hasAdmin(ctx, tx); err != nil || !has {
			return errors.Join(err, account.ErrLast)
		}
		return nil
	})
	return u, told(err, "change user "+name)
}

// setIdentity gives a user the identity that it says, and ends its sessions.
func setIdentity(ctx context.Context, tx *sql.Conn, u account.User) error {
	var taken bool
	err := tx.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM account WHERE issuer = ? AND subject = ? AND issuer <> '' AND name <> ?)", u.Identity.Issuer, u.Identity.Subject, u.Name).Scan(&taken)
	if err != nil {
		return err
	}
	if taken {
		return account.ErrTaken
	}
	if _, err := tx.ExecContext(ctx, "UPDATE account SET issuer = ?, subject = ? WHERE name = ?", u.Identity.Issuer, u.Identity.Subject, u.Name); err != nil {
		return err
	}
	return endSessions(ctx, tx, u.Name)
}

func endSessions(ctx context.Context, tx *sql.Conn, name string) error {
	_, err := tx.ExecContext(ctx, "DELETE FROM account_session WHERE account = ?", name)
	return err
}

// Rehash implements account.Store.
func (a Accounts) Rehash(ctx context.Context, name, old, hash string) error {
	err := a.db.update(ctx, func(tx *sql.Conn) error {
		_, err := tx.ExecContext(context.WithoutCancel(ctx), "UPDATE account SET password = ? WHERE name = ? AND password = ?", hash, name, old)
		return err
	})
	return told(err, "keep the password of "+name)
}

// HasAdmin implements account.Store.
func (a Accounts) HasAdmin(ctx context.Context) (bool, error) {
	has, err := hasAdmin(ctx, a.db.read)
	return has, told(err, "look for an administrator")
}

func hasAdmin(ctx context.Context, db queryer) (has bool, err error) {
	err = db.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM account a JOIN account_grant g ON g.account = a.name "+
		"WHERE a.disabled = 0 AND a.password <> '' AND g.role = 'admin' AND g.area = '')").Scan(&has)
	return has, err
}

// PutLink implements account.Store.
func (a Accounts) PutLink(ctx context.Context, hash string, l account.Link) error {
	err := a.db.update(ctx, func(tx *sql.Conn) error {
		ctx := context.WithoutCancel(ctx) // each statement is short
		if _, err := tx.ExecContext(ctx, "DELETE FROM account_link WHERE account = ?", l.User); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, "INSERT INTO account_link (hash, account, expires_ms) VALUES (?, ?, ?)", hash, l.User, l.Expires.UnixMilli())
		return err
	})
	return told(err, "keep a set-up link")
}

// Link implements account.Store.
func (a Accounts) Link(ctx context.Context, hash string, now time.Time) (account.Link, error) {
	l, err := linkOf(ctx, a.db.read, hash, now)
	return l, told(err, "look up a set-up link")
}

func linkOf(ctx context.Context, db queryer, hash string, now time.Time) (account.Link, error) {
	var l account.Link
	var expires int64
	err := db.QueryRowContext(ctx, "SELECT account, expires_ms FROM account_link WHERE hash = ? AND expires_ms > ?", hash, now.UnixMilli()).Scan(&l.User, &expires)
	if errors.Is(err, sql.ErrNoRows) {
		return l, account.ErrUnknown
	}
	l.Expires = time.UnixMilli(expires)
	return l, err
}

// UseLink implements account.Store.
func (a Accounts) UseLink(ctx context.Context, hash string, now time.Time, password string, first account.User) (account.User, error) {
	var u account.User
	err := a.db.update(ctx, func(tx *sql.Conn) error {
		ctx := context.WithoutCancel(ctx) // each statement is short
		l, err := linkOf(ctx, tx, hash, now)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, "DELETE FROM account_link WHERE hash = ?", hash); err != nil {
			return err
		}
		if l.User == "" {
			if has, err := hasAdmin(ctx, tx); err != nil || has {
				return errors.Join(err, account.ErrUnknown) // somebody was faster
			}
			u = first
			return addUser(ctx, tx, u)
		}
		if u, err = userOf(ctx, tx, l.User); err != nil {
			return err
		}
		if u.Disabled {
			return account.ErrUnknown
		}
		u.Password = password
		if _, err := tx.ExecContext(ctx, "UPDATE account SET password = ? WHERE name = ?", password, u.Name); err != nil {
			return err
		}
		return endSessions(ctx, tx, u.Name)
	})
	return u, told(err, "set a password")
}

// UseLinkForIdentity implements account.Store.
func (a Accounts) UseLinkForIdentity(ctx context.Context, hash string, now time.Time, i account.Identity) (account.User, error) {
	var u account.User
	err := a.db.update(ctx, func(tx *sql.Conn) error {
		ctx := context.WithoutCancel(ctx) // each statement is short
		l, err := linkOf(ctx, tx, hash, now)
		if err != nil {
			return err
		}
		if l.User == "" {
			return account.ErrUnknown
		}
		if u, err = userOf(ctx, tx, l.User); err != nil {
			return err
		}
		if u.Disabled {
			return account.ErrUnknown
		}
		if _, err := tx.ExecContext(ctx, "DELETE FROM account_link WHERE hash = ?", hash); err != nil {
			return err
		}
		u.Identity = i
		return setIdentity(ctx, tx, u)
	})
	return u, told(err, "give a user an identity")
}
