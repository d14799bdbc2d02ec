package account

import (
	"context"
	"errors"
	"fmt"
)

// Identity is who somebody is at a provider of OpenID Connect. The zero value is
// nobody.
type Identity struct {
	Issuer  string // address of the provider, as its ID tokens write it
	Subject string // as the provider calls them for ever
}

// None says whether it is nobody.
func (i Identity) None() bool { return i == Identity{} }

// String gives the identity for people and for the audit log.
func (i Identity) String() string { return fmt.Sprintf("%q at %s", i.Subject, i.Issuer) }

// CheckIdentity refuses what no provider may say (OpenID Connect Core 1.0,
// section 2): an empty subject, or one of more than 255 characters.
func CheckIdentity(i Identity) error {
	if i.Issuer == "" || i.Subject == "" {
		return errors.New("identity: give the provider's address and the subject, both")
	}
	return errors.Join(checkText("issuer", i.Issuer, 500), checkText("subject", i.Subject, 255))
}

// ErrDisabled reports a user who is known and disabled.
var ErrDisabled = errors.New("this user is disabled")

// Attempt counts a try to log in by a provider, before the provider is asked.
// undo takes it back: it was none that counts. It fails with *TooOften.
func (d *Desk) Attempt(from string) (undo func(), err error) {
	at, network := d.now(), Network(from)
	if wait, ok := d.byNetwork.Take(network, at); !ok {
		return nil, &TooOften{wait}
	}
	return func() { d.byNetwork.Back(network, at) }, nil
}

// Enter lets in the user who has an identity that was proved just now, and gives
// the id of a new session. A session whose id the browser has already ends. It
// fails with ErrUnknown if the identity is no user's, or with ErrDisabled.
func (d *Desk) Enter(ctx context.Context, i Identity, former Secret) (User, Secret, error) {
	u, err := d.Store.UserByIdentity(ctx, i)
	if err != nil {
		return User{}, "", err
	}
	if u.Disabled {
		return u, "", ErrDisabled
	}
	id, err := d.open(ctx, u.Name, former)
	return u, id, err
}

// SetUpIdentity spends the set-up link of a user: from now on who has an identity
// that was proved just now is that user. It opens a session. It fails with
// ErrUnknown if the link is not there or is the first administrator's, who needs
// a password, and with ErrTaken if the identity is another user's.
func (d *Desk) SetUpIdentity(ctx context.Context, s Secret, i Identity, from string, former Secret) (User, Secret, error) {
	l, err := d.Link(ctx, s, from)
	if err != nil {
		return User{}, "", err
	}
	if l.User == "" {
		return User{}, "", ErrUnknown
	}
	if err := CheckIdentity(i); err != nil {
		return User{}, "", err
	}
	u, err := d.Store.UseLinkForIdentity(ctx, s.Hash(), d.now(), i)
	if err != nil {
		return User{}, "", err
	}
	d.Forget()
	id, err := d.open(ctx, u.Name, former)
	return u, id, err
}
