package account

import (
	"context"
	"errors"
)

// TokenOver says whether a token lets in no more. It is no use of the token.
func (d *Desk) TokenOver(ctx context.Context, token Secret) (bool, error) {
	t, err := d.Store.Token(ctx, token.Hash())
	if errors.Is(err, ErrUnknown) {
		return true, nil
	}
	return err == nil && t.Over(d.now()), err
}

// SessionOver says whether a session lets in no more, or its user is disabled. It
// is no use of the session.
func (d *Desk) SessionOver(ctx context.Context, id Secret) (bool, error) {
	s, err := d.Store.Session(ctx, id.Hash())
	if err == nil && !s.Over(d.now()) {
		var u User
		u, err = d.Store.User(ctx, s.User)
		if err == nil {
			return u.Disabled, nil
		}
	}
	if err == nil || errors.Is(err, ErrUnknown) {
		return true, nil
	}
	return false, err
}
