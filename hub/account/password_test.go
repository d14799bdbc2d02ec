package account_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/phukin/phukin/hub/account"
)

// quick are costs for tests alone.
var quick = account.Params{Memory: 64, Time: 1, Threads: 1}

func TestAPasswordIsVerifiedByItsHash(t *testing.T) {
	h := account.NewHasher(quick, 2)
	kept, err := h.Hash(t.Context(), "một mật khẩu dài")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(kept, "$argon2id$v=19$m=64,t=1,p=1$") {
		t.Errorf("kept as %s", kept)
	}
	again, err := h.Hash(t.Context(), "một mật khẩu dài")
	if err != nil || again == kept {
		t.Errorf("two hashes of one password are the same, so there is no salt (%v)", err)
	}
	for password, want := range map[string]bool{
		"một mật khẩu dài":             true,
		"mo\u0323\u0302t mật khẩu dài": true, // composed by another keyboard
		"một mật khẩu dài ":            false, "": false, "Một mật khẩu dài": false,
	} {
		if ok, weak, err := h.Verify(t.Context(), kept, password); ok != want || weak || err != nil {
			t.Errorf("%q: %t, weak %t, %v", password, ok, weak, err)
		}
	}
	if ok, _, err := h.Verify(t.Context(), "", ""); ok || err != nil {
		t.Errorf("a user without a password: %t, %v", ok, err)
	}
}

func TestAHashOfLowerCostsIsWeak(t *testing.T) {
	old, err := account.NewHasher(quick, 1).Hash(t.Context(), "mật khẩu cũ rồi")
	if err != nil {
		t.Fatal(err)
	}
	for name, p := range map[string]account.Params{
		"more memory": {Memory: 128, Time: 1, Threads: 1}, "more passes": {Memory: 64, Time: 2, Threads: 1}, "more threads": {Memory: 64, Time: 1, Threads: 2},
	} {
		if ok, weak, err := account.NewHasher(p, 1).Verify(t.Context(), old, "mật khẩu cũ rồi"); !ok || !weak || err != nil {
			t.Errorf("%s: ok %t, weak %t, %v", name, ok, weak, err)
		}
	}
}

func TestHashingWaitsForASlotAndRefusesACrowd(t *testing.T) {
	h := account.NewHasher(account.Params{Memory: 8 << 10, Time: 1, Threads: 1}, 1)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var mu sync.Mutex
	var wg sync.WaitGroup
	busy, done := 0, 0
	for range 64 {
		wg.Go(func() {
			_, err := h.Hash(ctx, "x")
			mu.Lock()
			defer mu.Unlock()
			switch {
			case errors.Is(err, account.ErrBusy):
				busy++
			case err == nil:
				done++
			default:
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if busy == 0 || done < 9 || busy+done != 64 {
		t.Errorf("%d were refused, %d hashed", busy, done)
	}
	cancel()
	for range 20 { // nobody who went away keeps a place
		if _, err := h.Hash(ctx, "x"); err != nil && !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
	}
	if _, err := h.Hash(t.Context(), "x"); err != nil {
		t.Error(err)
	}
}

func TestNewPasswordsThatAreGuessedFirstAreRefused(t *testing.T) {
	for password, ok := range map[string]bool{
		"mười ký tự": true, "chín ký t": false, strings.Repeat("ab", 64): true, strings.Repeat("ab", 64) + "a": false,
		"nguyen.van.an": false, "NGUYEN.VAN.AN": false, "aaaaaaaaaaaa": false, "mười\xffkýtự dài": false, "": false,
	} {
		if err := account.CheckPassword(password, "nguyen.van.an"); (err == nil) != ok {
			t.Errorf("%q: %v", password, err)
		}
	}
}

// Whatever stands in the database, a look at it ends soon and says no.
func FuzzKeptPassword(f *testing.F) {
	good, err := account.NewHasher(quick, 1).Hash(context.Background(), "x")
	if err != nil {
		f.Fatal(err)
	}
	for _, s := range []string{good, "", "$argon2id$v=19$m=64,t=1,p=1$$", "$argon2id$v=19$m=4294967295,t=4294967295,p=255$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA",
		"$argon2i$v=19$m=64,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA", strings.Replace(good, "m=64", "m=1", 1), strings.Replace(good, "p=1", "p=0", 1)} {
		f.Add(s)
	}
	h := account.NewHasher(quick, 1)
	f.Fuzz(func(t *testing.T, kept string) {
		ok, _, err := h.Verify(t.Context(), kept, "not the password")
		if ok {
			t.Errorf("%q lets in (%v)", kept, err)
		}
	})
}
