package account

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"
)

// Params are the costs of argon2id (RFC 9106).
type Params struct {
	Memory  uint32 // KiB
	Time    uint32 // passes
	Threads uint8
}

// DefaultParams are what OWASP's Password Storage Cheat Sheet asks for at
// least: 19 MiB, 2 passes, 1 thread.
var DefaultParams = Params{Memory: 19 << 10, Time: 2, Threads: 1}

// Bounds of what is computed for a kept hash, whatever stands in it.
const (
	mostMemory  = 256 << 10 // KiB
	mostTime    = 16
	mostThreads = 8
	saltLength  = 16
	keyLength   = 32
)

// Bounds of a password, in characters.
const (
	LeastPassword = 10
	MostPassword  = 128
)

// CheckPassword refuses a new password that is too short or too long, or the
// user's own name. There are no rules about kinds of characters: length is what
// counts.
func CheckPassword(password, name string) error {
	n := utf8.RuneCountInString(password)
	switch {
	case !utf8.ValidString(password):
		return ErrPassword
	case n < LeastPassword, n > MostPassword:
		return ErrPassword
	case strings.EqualFold(password, name) || strings.Trim(password, password[:1]) == "":
		return ErrPassword
	}
	return nil
}

// ErrPassword reports a new password that is not taken.
var ErrPassword = fmt.Errorf("the password needs %d to %d characters, must not be the user name, and not one character again and again", LeastPassword, MostPassword)

// ErrBusy reports that too many passwords are being checked.
var ErrBusy = errors.New("too many logins at this moment")

// Hasher computes hashes of passwords, a few at a time: each takes Params.Memory.
// Make it with NewHasher.
type Hasher struct {
	params Params
	slots  chan struct{} // one for each that is computed
	queue  chan struct{} // one for each that is computed or waits
	decoy  string        // a hash of nothing anybody knows
}

// NewHasher makes a hasher that computes so many at a time while as many times
// eight more wait.
func NewHasher(p Params, atOnce int) *Hasher {
	h := &Hasher{params: p, slots: make(chan struct{}, atOnce), queue: make(chan struct{}, 9*atOnce)}
	h.decoy = encode(p, NewSecret().Reveal()[:saltLength], make([]byte, keyLength))
	return h
}

// enter waits for a slot. It fails with ErrBusy when too many wait, and with
// the context's error when that ends.
func (h *Hasher) enter(ctx context.Context) (leave func(), err error) {
	select {
	case h.queue <- struct{}{}:
	default:
		return nil, ErrBusy
	}
	select {
	case h.slots <- struct{}{}:
		return func() { <-h.slots; <-h.queue }, nil
	case <-ctx.Done():
		<-h.queue
		return nil, ctx.Err()
	}
}

// Hash gives the form in which a password is kept.
func (h *Hasher) Hash(ctx context.Context, password string) (string, error) {
	leave, err := h.enter(ctx)
	if err != nil {
		return "", err
	}
	defer leave()
	salt := make([]byte, saltLength)
	_, _ = rand.Read(salt) // never fails: it ends the program instead
	p := h.params
	return encode(p, string(salt), argon2.IDKey(prepared(password), salt, p.Time, p.Memory, p.Threads, keyLength)), nil
}

// Verify says whether the password is the one that was kept, and whether the
// kept form is weaker than what Hash would give now. An empty kept form is
// nobody's: it takes as long, and the answer is no.
func (h *Hasher) Verify(ctx context.Context, kept, password string) (ok, weak bool, err error) {
	leave, err := h.enter(ctx)
	if err != nil {
		return false, false, err
	}
	defer leave()
	nobody := kept == ""
	if nobody {
		kept = h.decoy
	}
	p, salt, key, err := decode(kept)
	if err != nil {
		return false, false, err
	}
	got := argon2.IDKey(prepared(password), salt, p.Time, p.Memory, p.Threads, uint32(len(key)))
	same := subtle.ConstantTimeCompare(got, key) == 1
	weak = p.Memory < h.params.Memory || p.Time < h.params.Time || p.Threads < h.params.Threads
	return same && !nobody, weak, nil
}

// prepared brings a password into one form however a keyboard composed its
// letters, and bounds what is hashed.
func prepared(password string) []byte {
	const most = 4 * MostPassword
	return norm.NFC.Bytes([]byte(password[:min(len(password), most)]))
}

// encode writes a hash in the form of the reference implementation:
// $argon2id$v=19$m=…,t=…,p=…$salt$hash.
func encode(p Params, salt string, key []byte) string {
	b := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, p.Memory, p.Time, p.Threads, b.EncodeToString([]byte(salt)), b.EncodeToString(key))
}

var errHash = errors.New("the kept form of a password is damaged: give its user a new set-up link")

// decode reads what encode writes. What is out of bounds is refused.
func decode(s string) (p Params, salt, key []byte, err error) {
	parts := strings.Split(s, "$")
	if len(s) > 512 || len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != "v="+strconv.Itoa(argon2.Version) {
		return p, nil, nil, errHash
	}
	costs := strings.Split(parts[3], ",")
	if len(costs) != 3 {
		return p, nil, nil, errHash
	}
	var values [3]uint64
	for i, name := range []string{"m=", "t=", "p="} {
		number, ok := strings.CutPrefix(costs[i], name)
		if values[i], err = strconv.ParseUint(number, 10, 32); !ok || err != nil || values[i] == 0 {
			return p, nil, nil, errHash
		}
	}
	if values[0] > mostMemory || values[1] > mostTime || values[2] > mostThreads || values[0] < 8*values[2] {
		return p, nil, nil, errHash
	}
	p = Params{Memory: uint32(values[0]), Time: uint32(values[1]), Threads: uint8(values[2])}
	b := base64.RawStdEncoding.Strict()
	var bad error
	salt, err = b.DecodeString(parts[4])
	key, bad = b.DecodeString(parts[5])
	if err != nil || bad != nil || len(salt) < 8 || len(salt) > 64 || len(key) < 16 || len(key) > 64 {
		return p, nil, nil, errHash
	}
	return p, salt, key, nil
}
