package account

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"
)

// Desk lets people and programs in. Make it with NewDesk. It is safe for use by
// several goroutines.
type Desk struct {
	Store Store
	now   func() time.Time
	hash  *Hasher

	byPair, byUser, byNetwork *Limiter // tries to log in
	links                     *Limiter // tries of set-up links, by network
	lookUps                   *Limiter // tokens and sessions that let nobody in, by network

	mu    sync.Mutex
	known map[string]remembered // by hash of a session's id or of a token
	alien map[string]time.Time  // hashes that let nobody in, and when that was looked up
	round uint64                // grows when known is forgotten: a look-up that began before is not kept
}

// remembered is who a secret stood for a moment ago.
type remembered struct {
	who Principal
	at  time.Time
}

const (
	// rememberFor is how long a look-up is taken for true: so long a disabled user
	// or a revoked token may still be answered.
	rememberFor = 2 * time.Second
	// mostRemembered is how many look-ups are kept.
	mostRemembered = 4096
	// noteEvery is how exactly the use of sessions and tokens is noted.
	noteEvery = time.Minute
)

// NewDesk makes a desk. now defaults to time.Now.
func NewDesk(s Store, p Params, now func() time.Time) *Desk {
	if now == nil {
		now = time.Now
	}
	return &Desk{
		Store: s, now: now, hash: NewHasher(p, min(2, runtime.GOMAXPROCS(0))),
		byPair:    &Limiter{Burst: 5, Every: time.Minute},
		byUser:    &Limiter{Burst: 30, Every: 30 * time.Second},
		byNetwork: &Limiter{Burst: 30, Every: 20 * time.Second},
		links:     &Limiter{Burst: 10, Every: 30 * time.Second},
		lookUps:   &Limiter{Burst: 100, Every: time.Second},
		known:     map[string]remembered{},
		alien:     map[string]time.Time{},
	}
}

// ErrLogin reports a user name and password that let nobody in. It does not say
// which of the two is wrong.
var ErrLogin = errors.New("user name or password is wrong")

// TooOften reports too many tries.
type TooOften struct{ Wait time.Duration }

// Error says how long to wait.
func (e *TooOften) Error() string {
	return fmt.Sprintf("too many tries: wait %v", e.Wait.Round(time.Second))
}

// Login lets a user in from an address and gives the id of a new session. A
// session whose id the browser has already ends. It fails with ErrLogin,
// *TooOften, or ErrBusy. Whether the user exists, is disabled or has no password
// yet makes no difference to what it says and how long it takes.
func (d *Desk) Login(ctx context.Context, name, password, from string, former Secret) (Secret, error) {
	at, network := d.now(), Network(from)
	if CheckName(name) != nil {
		name = "" // nobody's; and no key for texts of any length
	}
	undo, err := d.take(at, name, network)
	if err != nil {
		return "", err
	}
	u, err := d.Store.User(ctx, name)
	if err != nil && !errors.Is(err, ErrUnknown) {
		return "", err
	}
	kept := u.Password
	if err != nil || u.Disabled {
		kept = ""
	}
	ok, weak, err := d.hash.Verify(ctx, kept, password)
	if err != nil {
		undo()
		return "", err
	}
	if !ok {
		return "", ErrLogin
	}
	undo()
	if weak {
		if better, err := d.hash.Hash(ctx, password); err == nil {
			if err := d.Store.Rehash(ctx, name, kept, better); err != nil {
				return "", err
			}
		}
	}
	return d.open(ctx, name, former)
}

// open begins a session.
func (d *Desk) open(ctx context.Context, name string, former Secret) (Secret, error) {
	if former != "" {
		if err := d.Logout(ctx, former); err != nil {
			return "", err
		}
	}
	id, at := NewSecret(), d.now()
	if err := d.Store.PutSession(ctx, Session{Hash: id.Hash(), User: name, Created: at, Seen: at}); err != nil {
		return "", err
	}
	return id, nil
}

// take counts a try to log in. undo takes it back.
func (d *Desk) take(at time.Time, name, network string) (undo func(), err error) {
	var taken []func()
	undo = func() {
		for _, f := range taken {
			f()
		}
	}
	for _, l := range []struct {
		limiter *Limiter
		key     string
	}{{d.byNetwork, network}, {d.byPair, name + " " + network}, {d.byUser, name}} {
		wait, ok := l.limiter.Take(l.key, at)
		if !ok {
			undo()
			return nil, &TooOften{wait}
		}
		taken = append(taken, func() { l.limiter.Back(l.key, at) })
	}
	return undo, nil
}

// Logout ends a session.
func (d *Desk) Logout(ctx context.Context, id Secret) error {
	if err := d.Store.EndSession(ctx, id.Hash()); err != nil {
		return err
	}
	d.Forget()
	return nil
}

// Forget makes the desk look everybody up again: something was changed here.
func (d *Desk) Forget() {
	d.mu.Lock()
	defer d.mu.Unlock()
	clear(d.known)
	clear(d.alien)
	d.round++
}

// BySession gives who has the session with an id, and whether there is one. It
// fails with *TooOften for an address from which too many came that let nobody
// in; an empty address has no such bound.
func (d *Desk) BySession(ctx context.Context, id Secret, from string) (Principal, bool, error) {
	p, ok, err := d.remember(id.Hash(), from, func(hash string) (Principal, bool, error) {
		s, err := d.Store.Session(ctx, hash)
		if err != nil {
			return Principal{}, false, err
		}
		at := d.now()
		if s.Over(at) {
			return Principal{}, false, nil
		}
		u, err := d.Store.User(ctx, s.User)
		if err != nil || u.Disabled {
			return Principal{}, false, err
		}
		if at.Sub(s.Seen) >= noteEvery {
			if err := d.Store.Touch(ctx, hash, at); err != nil {
				return Principal{}, false, err
			}
		}
		return Principal{Name: u.Name, Via: ViaSession, Grants: u.Grants, Scope: ScopeWrite, Since: s.Created}, true, nil
	})
	p.Secret = id
	return p, ok, err
}

// ByToken gives who has a token, and whether it lets in. It fails as BySession
// does.
func (d *Desk) ByToken(ctx context.Context, token Secret, from string) (Principal, bool, error) {
	if !likeToken(token.Reveal()) {
		return Principal{}, false, nil
	}
	return d.remember(token.Hash(), from, func(hash string) (Principal, bool, error) {
		t, err := d.Store.Token(ctx, hash)
		if err != nil {
			return Principal{}, false, err
		}
		at := d.now()
		if t.Over(at) {
			return Principal{}, false, nil
		}
		if at.Sub(t.Used) >= noteEvery {
			if err := d.Store.UseToken(ctx, t.ID, at); err != nil {
				return Principal{}, false, err
			}
		}
		return Principal{Name: t.Name + " (" + t.ID + ")", Via: ViaToken, Grants: []Grant{t.Grant}, Scope: t.Scope, Since: t.Created}, true, nil
	})
}

// remember gives what look found at most rememberFor ago. Who is not known is no
// error, but so many of those are looked up for one network and no more.
func (d *Desk) remember(hash, from string, look func(hash string) (Principal, bool, error)) (Principal, bool, error) {
	at := d.now()
	d.mu.Lock()
	r, ok := d.known[hash]
	refused, alien := d.alien[hash]
	round := d.round
	d.mu.Unlock()
	fresh := func(t time.Time) bool { return at.Sub(t) >= 0 && at.Sub(t) < rememberFor }
	switch {
	case ok && fresh(r.at):
		return r.who, true, nil
	case alien && fresh(refused):
		return Principal{}, false, nil
	}
	network := Network(from)
	if from != "" {
		if wait, ok := d.lookUps.Take(network, at); !ok {
			return Principal{}, false, &TooOften{wait}
		}
	}
	who, found, err := look(hash)
	if err != nil && !errors.Is(err, ErrUnknown) {
		return Principal{}, false, fmt.Errorf("look up who asks: %w", err)
	}
	found = found && err == nil
	if found && from != "" {
		d.lookUps.Back(network, at)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if !found {
		if len(d.alien) >= mostRemembered {
			clear(d.alien)
		}
		if round == d.round {
			d.alien[hash] = at
		}
		return Principal{}, false, nil
	}
	if len(d.known) >= mostRemembered {
		clear(d.known)
	}
	if round == d.round {
		d.known[hash] = remembered{who, at}
	}
	return who, true, nil
}

// NewLink makes a set-up link for a user, or for the first administrator if name
// is empty, and gives its secret. Earlier ones for the same are of no use any
// more.
func (d *Desk) NewLink(ctx context.Context, name string) (Secret, Link, error) {
	if name != "" {
		if _, err := d.Store.User(ctx, name); err != nil {
			return "", Link{}, fmt.Errorf("user %q: %w", name, err)
		}
	}
	s, l := NewSecret(), Link{User: name, Expires: d.now().Add(LinkLife)}
	if err := d.Store.PutLink(ctx, s.Hash(), l); err != nil {
		return "", Link{}, err
	}
	return s, l, nil
}

// FirstLink makes a link for the first administrator, unless there is one who
// can log in.
func (d *Desk) FirstLink(ctx context.Context) (s Secret, needed bool, err error) {
	has, err := d.Store.HasAdmin(ctx)
	if err != nil || has {
		return "", false, err
	}
	s, _, err = d.NewLink(ctx, "")
	return s, err == nil, err
}

// Link gives a link that can still be used, ErrUnknown, or *TooOften. Looking
// does not spend it.
func (d *Desk) Link(ctx context.Context, s Secret, from string) (Link, error) {
	at, network := d.now(), Network(from)
	wait, ok := d.links.Take(network, at)
	if !ok {
		return Link{}, &TooOften{wait}
	}
	l, err := d.Store.Link(ctx, s.Hash(), at)
	if err == nil {
		d.links.Back(network, at)
	}
	return l, err
}

// SetUp spends a link: it sets the password of its user, or makes the first
// administrator with a name, and opens a session.
func (d *Desk) SetUp(ctx context.Context, s Secret, name, password, from string, former Secret) (User, Secret, error) {
	l, err := d.Link(ctx, s, from)
	if err != nil {
		return User{}, "", err
	}
	if l.User != "" {
		name = l.User
	}
	if err := CheckName(name); err != nil {
		return User{}, "", err
	}
	if err := CheckPassword(password, name); err != nil {
		return User{}, "", err
	}
	kept, err := d.hash.Hash(ctx, password)
	if err != nil {
		return User{}, "", err
	}
	at := d.now()
	first := User{Name: name, Password: kept, Created: at, Grants: []Grant{{Role: Admin, Since: at}}}
	u, err := d.Store.UseLink(ctx, s.Hash(), at, kept, first)
	if err != nil {
		return User{}, "", err
	}
	d.Forget()
	id, err := d.open(ctx, u.Name, former)
	return u, id, err
}

// AddUser adds a user without a password and gives the secret of a set-up link.
func (d *Desk) AddUser(ctx context.Context, u User) (Secret, Link, error) {
	if err := errors.Join(CheckName(u.Name), CheckFullName(u.FullName), CheckGrants(u.Grants)); err != nil {
		return "", Link{}, err
	}
	u.Created, u.Password, u.Disabled = d.now(), "", false
	if err := d.Store.AddUser(ctx, u); err != nil {
		return "", Link{}, err
	}
	return d.NewLink(ctx, u.Name)
}

// NewToken makes a token and gives its secret, which is nowhere else to be had.
func (d *Desk) NewToken(ctx context.Context, t Token) (Secret, Token, error) {
	t.Created = d.now()
	if t.Expires.IsZero() {
		t.Expires = t.Created.Add(TokenLife)
	}
	if err := CheckToken(&t, t.Created); err != nil {
		return "", Token{}, err
	}
	s, id := newToken()
	t.ID = id
	if err := d.Store.AddToken(ctx, s.Hash(), t); err != nil {
		return "", Token{}, err
	}
	return s, t, nil
}
