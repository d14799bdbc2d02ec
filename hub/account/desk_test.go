package account_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/phukin/phukin/hub/account"
	"github.com/phukin/phukin/hub/sqlite"
)

const good = "mật khẩu tốt"

// desk is a desk over a new database with a clock that the test sets.
type desk struct {
	*account.Desk
	t  *testing.T
	db *sqlite.DB

	mu sync.Mutex
	at time.Time
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{t: t, at: time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)}
	db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "hub.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	d.db = db
	d.Desk = account.NewDesk(db.Accounts(), quick, d.now)
	return d
}

func (d *desk) now() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.at
}

func (d *desk) pass(p time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.at = d.at.Add(p)
}

// user adds a user with a password.
func (d *desk) user(name string, grants ...account.Grant) {
	d.t.Helper()
	if grants == nil {
		grants = []account.Grant{{Role: account.Viewer}}
	}
	secret, _, err := d.AddUser(d.t.Context(), account.User{Name: name, Grants: grants})
	if err != nil {
		d.t.Fatal(err)
	}
	if _, _, err := d.SetUp(d.t.Context(), secret, "", good, "192.0.2.1", ""); err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) in(id account.Secret) bool {
	d.t.Helper()
	_, ok, err := d.BySession(d.t.Context(), id, "192.0.2.9")
	if err != nil {
		d.t.Fatal(err)
	}
	return ok
}

func TestTheFirstAdministratorComesByALinkOnce(t *testing.T) {
	d := newDesk(t)
	old, needed, err := d.FirstLink(t.Context())
	if err != nil || !needed {
		t.Fatal(needed, err)
	}
	secret, _, err := d.FirstLink(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := d.SetUp(t.Context(), old, "an", good, "", ""); !errors.Is(err, account.ErrUnknown) {
		t.Errorf("an earlier link: %v", err)
	}
	for _, bad := range []struct{ name, password string }{{"an", "short"}, {"A", good}, {"nguyen.van.an", "nguyen.van.an"}} {
		if _, _, err := d.SetUp(t.Context(), secret, bad.name, bad.password, "", ""); err == nil {
			t.Errorf("%v is taken", bad)
		}
	}
	u, id, err := d.SetUp(t.Context(), secret, "an", good, "", "")
	if err != nil || !u.Administers() || !d.in(id) {
		t.Fatalf("%+v %v", u, err)
	}
	if _, _, err := d.SetUp(t.Context(), secret, "binh", good, "", ""); !errors.Is(err, account.ErrUnknown) {
		t.Errorf("the link again: %v", err)
	}
	if _, needed, err := d.FirstLink(t.Context()); needed || err != nil {
		t.Errorf("a link though there is an administrator: %t %v", needed, err)
	}
}

func TestTwoWhoUseALinkAtOnceAreOne(t *testing.T) {
	d := newDesk(t)
	secret, _, err := d.FirstLink(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	won := make(chan string, 4)
	for _, name := range []string{"an", "binh", "chi", "dung"} {
		wg.Go(func() {
			if _, _, err := d.SetUp(t.Context(), secret, name, good, "", ""); err == nil {
				won <- name
			} else if !errors.Is(err, account.ErrUnknown) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	users, err := d.Store.Users(t.Context())
	if err != nil || len(won) != 1 || len(users) != 1 || users[0].Name != <-won {
		t.Errorf("%d won, users %v, %v", len(won), users, err)
	}
}

func TestALinkExpires(t *testing.T) {
	d := newDesk(t)
	secret, l, err := d.AddUser(t.Context(), account.User{Name: "an", Grants: []account.Grant{{Role: account.Viewer}}})
	if err != nil || !l.Expires.Equal(d.now().Add(account.LinkLife)) {
		t.Fatal(l, err)
	}
	d.pass(account.LinkLife - time.Second)
	if _, err := d.Link(t.Context(), secret, ""); err != nil {
		t.Errorf("a second before: %v", err)
	}
	d.pass(time.Second)
	if _, _, err := d.SetUp(t.Context(), secret, "", good, "", ""); !errors.Is(err, account.ErrUnknown) {
		t.Errorf("after a day: %v", err)
	}
}

func TestASecretIsKeptNowhere(t *testing.T) {
	d := newDesk(t)
	d.user("an")
	id, err := d.Login(t.Context(), "an", good, "192.0.2.1", "")
	if err != nil {
		t.Fatal(err)
	}
	link, _, err := d.NewLink(t.Context(), "an")
	if err != nil {
		t.Fatal(err)
	}
	token, _, err := d.NewToken(t.Context(), account.Token{Name: "x", Scope: account.ScopeRead, Grant: account.Grant{Role: account.Viewer}})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "copy.db")
	if err := d.db.Backup(t.Context(), file); err != nil {
		t.Fatal(err)
	}
	kept, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for name, s := range map[string]account.Secret{"session": id, "link": link, "token": token, "password": good} {
		if strings.Contains(string(kept), s.Reveal()) {
			t.Errorf("the %s is in the database", name)
		}
		if p, err := json.Marshal(s); err != nil || strings.Contains(fmt.Sprintf("%v %+v %#v %s %q %s", s, s, s, s, s, p), s.Reveal()) {
			t.Errorf("the %s is printed", name)
		}
	}
	for name, s := range map[string]account.Secret{"session": id, "link": link, "token": token} {
		if !strings.Contains(string(kept), s.Hash()) {
			t.Errorf("not even the hash of the %s is in the database: the test looks at the wrong file", name)
		}
	}
}

func TestASessionEndsWhenNobodyUsesIt(t *testing.T) {
	d := newDesk(t)
	d.user("an")
	id, err := d.Login(t.Context(), "an", good, "192.0.2.1", "")
	if err != nil {
		t.Fatal(err)
	}
	begin := d.now()
	for d.now().Sub(begin) < account.SessionMost-account.SessionIdle {
		d.pass(account.SessionIdle - time.Minute)
		if !d.in(id) {
			t.Fatalf("used all the time, and over after %v", d.now().Sub(begin))
		}
	}
	d.pass(account.SessionIdle + time.Minute)
	if d.in(id) {
		t.Error("nobody used it for two hours")
	}
	if id, err = d.Login(t.Context(), "an", good, "192.0.2.1", ""); err != nil {
		t.Fatal(err)
	}
	begin = d.now()
	for d.now().Sub(begin) < account.SessionMost-time.Hour {
		d.pass(time.Hour)
		if !d.in(id) {
			t.Fatalf("over after %v", d.now().Sub(begin))
		}
	}
	d.pass(time.Hour)
	if d.in(id) {
		t.Error("twelve hours have passed since the login")
	}
}

func TestALoginGivesANewSessionAndEndsTheFormer(t *testing.T) {
	d := newDesk(t)
	d.user("an")
	first, err := d.Login(t.Context(), "an", good, "192.0.2.1", "chosen by somebody else")
	if err != nil || first == "chosen by somebody else" {
		t.Fatal(err)
	}
	if !d.in(first) {
		t.Fatal("not in")
	}
	second, err := d.Login(t.Context(), "an", good, "192.0.2.1", first)
	if err != nil || second == first || d.in(first) || !d.in(second) {
		t.Errorf("first in %t, second in %t, %v", d.in(first), d.in(second), err)
	}
	if err := d.Logout(t.Context(), second); err != nil || d.in(second) {
		t.Errorf("after logging out: %v", err)
	}
}

func TestWhoIsDisabledIsOutAndStaysOut(t *testing.T) {
	d := newDesk(t)
	d.user("chef", account.Grant{Role: account.Admin})
	d.user("an")
	id, err := d.Login(t.Context(), "an", good, "192.0.2.1", "")
	if err != nil || !d.in(id) {
		t.Fatal(err)
	}
	link, _, err := d.NewLink(t.Context(), "an")
	if err != nil {
		t.Fatal(err)
	}
	set := func(name string, disabled bool) error {
		_, err := d.Store.ChangeUser(t.Context(), name, func(u *account.User) error { u.Disabled = disabled; return nil })
		return err
	}
	if err := set("an", true); err != nil {
		t.Fatal(err)
	}
	d.pass(2 * time.Second) // so long a look-up is taken for true
	if d.in(id) {
		t.Error("the session goes on")
	}
	if _, err := d.Login(t.Context(), "an", good, "192.0.2.1", ""); !errors.Is(err, account.ErrLogin) {
		t.Errorf("login: %v", err)
	}
	if _, _, err := d.SetUp(t.Context(), link, "", good, "", ""); !errors.Is(err, account.ErrUnknown) {
		t.Errorf("link: %v", err)
	}
	if err := set("an", false); err != nil {
		t.Fatal(err)
	}
	if d.in(id) {
		t.Error("the session came back")
	}
	if err := set("chef", true); !errors.Is(err, account.ErrLast) {
		t.Errorf("the last administrator: %v", err)
	}
	if _, err := d.Store.ChangeUser(t.Context(), "chef", func(u *account.User) error { u.Grants = []account.Grant{{Role: account.Admin, Area: "1"}}; return nil }); !errors.Is(err, account.ErrLast) {
		t.Errorf("the last administrator's role: %v", err)
	}
	if u, err := d.Store.User(t.Context(), "chef"); err != nil || !u.Administers() {
		t.Errorf("%+v %v", u, err)
	}
	if err := set("nobody", true); !errors.Is(err, account.ErrUnknown) {
		t.Errorf("%v", err)
	}
}

func TestANewPasswordEndsTheSessions(t *testing.T) {
	d := newDesk(t)
	d.user("an")
	id, err := d.Login(t.Context(), "an", good, "192.0.2.1", "")
	if err != nil {
		t.Fatal(err)
	}
	link, _, err := d.NewLink(t.Context(), "an")
	if err != nil {
		t.Fatal(err)
	}
	_, fresh, err := d.SetUp(t.Context(), link, "", "một mật khẩu khác", "", "")
	if err != nil || d.in(id) || !d.in(fresh) {
		t.Errorf("the old session is in %t, the new one %t, %v", d.in(id), d.in(fresh), err)
	}
	if _, err := d.Login(t.Context(), "an", good, "192.0.2.1", ""); !errors.Is(err, account.ErrLogin) {
		t.Errorf("the old password: %v", err)
	}
}

func TestTriesToLogInAreBounded(t *testing.T) {
	d := newDesk(t)
	d.user("an")
	var often *account.TooOften
	try := func(name, password, from string) error {
		_, err := d.Login(t.Context(), name, password, from, "")
		return err
	}
	for i := range 5 {
		if err := try("an", "wrong", "192.0.2.1"); !errors.Is(err, account.ErrLogin) {
			t.Fatalf("try %d: %v", i, err)
		}
	}
	if err := try("an", good, "192.0.2.1"); !errors.As(err, &often) || often.Wait != time.Minute {
		t.Errorf("the sixth: %v", err)
	}
	if err := try("an", good, "192.0.2.2"); err != nil {
		t.Errorf("from elsewhere: %v", err)
	}
	d.pass(time.Minute)
	for range 20 {
		if err := try("an", good, "192.0.2.1"); err != nil {
			t.Fatalf("who gets it right uses no tries up: %v", err)
		}
	}
	n := 0
	for i := range 64 { // many names from one network
		if err := try("user"+string(rune('a'+i%26))+string(rune('a'+i/26)), "wrong", "2001:db8::"+string(rune('a'+i%6))); errors.As(err, &often) {
			n++
		}
	}
	if n != 64-30 {
		t.Errorf("%d of 64 tries from one network were refused", n)
	}
	d.pass(time.Hour)
	n = 0
	for i := range 64 { // one name from many networks
		if err := try("an", "wrong", "198.51.100."+string(rune('0'+i%10))+string(rune('0'+i/10))); errors.As(err, &often) {
			n++
		}
	}
	if n != 64-30 {
		t.Errorf("%d of 64 tries for one name were refused", n)
	}
}

func TestAPasswordIsHashedAnewWhenCostsRise(t *testing.T) {
	d := newDesk(t)
	d.user("an")
	dear := account.NewDesk(d.Store, account.Params{Memory: 128, Time: 1, Threads: 1}, d.now)
	if _, err := dear.Login(t.Context(), "an", "wrong", "192.0.2.1", ""); !errors.Is(err, account.ErrLogin) {
		t.Fatal(err)
	}
	u, err := d.Store.User(t.Context(), "an")
	if err != nil || !strings.Contains(u.Password, "m=64,") {
		t.Fatalf("%s %v", u.Password, err)
	}
	if _, err := dear.Login(t.Context(), "an", good, "192.0.2.1", ""); err != nil {
		t.Fatal(err)
	}
	if u, err = d.Store.User(t.Context(), "an"); err != nil || !strings.Contains(u.Password, "m=128,") {
		t.Errorf("%s %v", u.Password, err)
	}
	if _, err := dear.Login(t.Context(), "an", good, "192.0.2.1", ""); err != nil {
		t.Error(err)
	}
}

func TestTokensLetInUntilTheyAreOver(t *testing.T) {
	d := newDesk(t)
	secret, k, err := d.NewToken(t.Context(), account.Token{Name: "báo cáo", Scope: account.ScopeExport, Grant: account.Grant{Role: account.Author, Area: "18562"}, Expires: d.now().Add(time.Hour), Author: "an"})
	if err != nil {
		t.Fatal(err)
	}
	who, ok, err := d.ByToken(t.Context(), secret, "192.0.2.9")
	if err != nil || !ok || who.Scope != account.ScopeExport || len(who.Grants) != 1 || who.Grants[0].Area != "18562" || !who.Grants[0].Since.Equal(k.Created.Truncate(time.Millisecond)) || who.Name != "báo cáo ("+k.ID+")" {
		t.Fatalf("%+v %t %v", who, ok, err)
	}
	all, err := d.Store.Tokens(t.Context())
	if err != nil || len(all) != 1 || !all[0].Used.Equal(d.now()) {
		t.Errorf("%+v %v", all, err)
	}
	for _, bad := range []account.Secret{"", "phukin_", secret[:len(secret)-1], secret + "x", "phukin_00000000_" + secret[16:]} {
		if _, ok, err := d.ByToken(t.Context(), bad, "192.0.2.9"); ok || err != nil {
			t.Errorf("%s lets in (%v)", bad.Reveal(), err)
		}
	}
	d.pass(time.Hour)
	if _, ok, err := d.ByToken(t.Context(), secret, "192.0.2.9"); ok || err != nil {
		t.Errorf("after it expired (%v)", err)
	}
	other, k, err := d.NewToken(t.Context(), account.Token{Name: "x", Scope: account.ScopeRead, Grant: account.Grant{Role: account.Viewer}})
	if err != nil || k.Expires.Sub(k.Created) != account.TokenLife {
		t.Fatal(k, err)
	}
	if _, err := d.Store.RevokeToken(t.Context(), k.ID); err != nil {
		t.Fatal(err)
	}
	if _, ok, err := d.ByToken(t.Context(), other, "192.0.2.9"); ok || err != nil {
		t.Errorf("after it was revoked (%v)", err)
	}
	if _, err := d.Store.RevokeToken(t.Context(), "ffffffff"); !errors.Is(err, account.ErrUnknown) {
		t.Errorf("%v", err)
	}
}

func TestTokensThatAreNotMade(t *testing.T) {
	d := newDesk(t)
	fine := account.Token{Name: "x", Scope: account.ScopeRead, Grant: account.Grant{Role: account.Viewer}}
	for name, change := range map[string]func(*account.Token){
		"without a name": func(k *account.Token) { k.Name = "" }, "a name of two lines": func(k *account.Token) { k.Name = "a\nb" },
		"a scope that is none": func(k *account.Token) { k.Scope = "all" }, "a role that is none": func(k *account.Token) { k.Grant.Role = "boss" },
		"over already": func(k *account.Token) { k.Expires = d.now() }, "for ever": func(k *account.Token) { k.Expires = d.now().AddDate(3, 0, 0) },
	} {
		k := fine
		change(&k)
		if _, _, err := d.NewToken(t.Context(), k); err == nil {
			t.Errorf("%s: it is made", name)
		}
	}
}

func TestTheAuditLogSaysWhoDidWhat(t *testing.T) {
	d := newDesk(t)
	s := d.Store
	record := func(e account.Entry) int64 {
		t.Helper()
		e.At = d.now()
		id, err := s.Record(t.Context(), e)
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	first := record(account.Entry{Who: "an", Via: account.ViaSession, Operation: "createUser", What: "/api/v1/users", From: "192.0.2.1"})
	if err := s.Outcome(t.Context(), first, 201, `"binh" viewer`); err != nil {
		t.Fatal(err)
	}
	fold := account.Entry{Via: account.ViaOpen, Operation: "listCameras", What: "?format=csv", From: "192.0.2.9", Status: 200, Fold: true}
	a := record(fold)
	d.pass(59 * time.Minute)
	if b := record(fold); a != b {
		t.Error("two like ones within an hour are two entries")
	}
	d.pass(time.Minute)
	c := record(fold)
	if c == a {
		t.Error("after an hour it is the same entry")
	}
	fold.From = "192.0.2.10"
	if record(fold) == c {
		t.Error("from another address it is the same entry")
	}
	all, err := s.Audit(t.Context(), account.Query{Limit: 10})
	if err != nil || len(all) != 4 {
		t.Fatalf("%+v %v", all, err)
	}
	last := all[3]
	if last.Who != "an" || last.Status != 201 || last.What != `/api/v1/users "binh" viewer` || last.Count != 1 || last.From != "192.0.2.1" {
		t.Errorf("%+v", last)
	}
	if x := all[2]; x.Count != 2 || x.Last.Sub(x.At) != 59*time.Minute {
		t.Errorf("%+v", x)
	}
	for name, q := range map[string]struct {
		q account.Query
		n int
	}{
		"of one": {account.Query{Who: "an", Limit: 10}, 1}, "of an operation": {account.Query{Operation: "listCameras", Limit: 10}, 3},
		"older": {account.Query{Before: c, Limit: 10}, 2}, "a few": {account.Query{Limit: 2}, 2}, "of no time": {account.Query{To: all[3].At, Limit: 10}, 0},
		"since": {account.Query{From: d.now(), Limit: 10}, 2}, "none said": {account.Query{}, 1},
	} {
		if got, err := s.Audit(t.Context(), q.q); err != nil || len(got) != q.n {
			t.Errorf("%s: %d entries, want %d, %v", name, len(got), q.n, err)
		}
	}
}

func TestALookUpThatFailsLetsNobodyIn(t *testing.T) {
	d := newDesk(t)
	d.user("an")
	id, err := d.Login(t.Context(), "an", good, "192.0.2.1", "")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, ok, err := d.BySession(ctx, id, "192.0.2.9"); ok || err == nil {
		t.Errorf("in %t, %v", ok, err)
	}
	if !d.in(id) {
		t.Error("and now it is forgotten")
	}
}

// A password is hashed whoever is asked for: who does not exist, has no password
// yet or is disabled takes as long as who does.
func TestALoginTakesAsLongForNobody(t *testing.T) {
	d := newDesk(t)
	slow := account.Params{Memory: 16 << 10, Time: 4, Threads: 1}
	d.Desk = account.NewDesk(d.db.Accounts(), slow, d.now)
	d.user("an")
	d.user("binh")
	if _, _, err := d.AddUser(t.Context(), account.User{Name: "chi", Grants: []account.Grant{{Role: account.Viewer}}}); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Store.ChangeUser(t.Context(), "binh", func(u *account.User) error { u.Disabled = true; return nil }); err != nil {
		t.Fatal(err)
	}
	least := map[string]time.Duration{}
	for range 4 {
		for _, name := range []string{"an", "binh", "chi", "nobody", "No Name", strings.Repeat("x", 100_000)} {
			d.pass(time.Hour)
			begin := time.Now()
			if _, err := d.Login(t.Context(), name, "wrong password", "192.0.2.1", ""); !errors.Is(err, account.ErrLogin) {
				t.Fatalf("%.20s: %v", name, err)
			}
			if took := time.Since(begin); least[name] == 0 || took < least[name] {
				least[name] = took
			}
		}
	}
	for name, took := range least {
		if took < least["an"]/2 || took > 2*least["an"] {
			t.Errorf("%.20s: %v, and %v for who is there", name, took, least["an"])
		}
	}
}

// Who sends token after token that lets nobody in is soon told to wait, and costs
// the store nothing more; the same wrong one again and again costs it little, and
// does not keep others of that network out.
func TestLookUpsOfStrangersAreBounded(t *testing.T) {
	d := newDesk(t)
	secret, _, err := d.NewToken(t.Context(), account.Token{Name: "x", Scope: account.ScopeRead, Grant: account.Grant{Role: account.Viewer}})
	if err != nil {
		t.Fatal(err)
	}
	strange := func() account.Secret { return account.Secret("phukin_00000000_" + account.NewSecret().Reveal()) }
	wrong := strange()
	for range 1000 { // a program whose token was revoked
		if _, ok, err := d.ByToken(t.Context(), wrong, "192.0.2.9"); ok || err != nil {
			t.Fatal(ok, err)
		}
	}
	if _, ok, err := d.ByToken(t.Context(), secret, "192.0.2.9"); !ok || err != nil {
		t.Fatal(ok, err)
	}
	var often *account.TooOften
	for n := 0; ; n++ {
		_, ok, err := d.ByToken(t.Context(), strange(), "192.0.2.9")
		if errors.As(err, &often) {
			if n < 50 || often.Wait <= 0 {
				t.Errorf("told to wait %v after %d", often.Wait, n)
			}
			break
		}
		if ok || err != nil || n > 200 {
			t.Fatalf("the %dth: %v %v", n, ok, err)
		}
	}
	if _, ok, err := d.ByToken(t.Context(), secret, "192.0.2.9"); !ok || err != nil {
		t.Errorf("who was known a moment ago: %v %v", ok, err)
	}
	if _, ok, err := d.ByToken(t.Context(), strange(), "198.51.100.1"); ok || err != nil {
		t.Errorf("from elsewhere: %v %v", ok, err)
	}
	d.pass(often.Wait)
	if _, _, err := d.ByToken(t.Context(), strange(), "192.0.2.9"); err != nil {
		t.Errorf("after the wait: %v", err)
	}
}
