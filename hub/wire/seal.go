package wire

import (
	"crypto/ecdh"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"

	"golang.org/x/crypto/nacl/box"
	"google.golang.org/protobuf/proto"

	"github.com/phukin/phukin/hub/wire/wirepb"
)

// Key is a public key of X25519.
type Key [32]byte

// String gives the first 16 hexadecimal digits, by which people compare keys.
func (k Key) String() string { return hex.EncodeToString(k[:8]) }

// Credentials are what a camera asks for.
type Credentials struct {
	Username, Password string // at most MaxCredential bytes each
}

// String tells nothing.
func (Credentials) String() string { return "***" }

// GoString tells nothing.
func (Credentials) GoString() string { return "***" }

// ErrSealed says that credentials do not open with a private key: they were
// sealed to another, or changed.
var ErrSealed = errors.New("the credentials are not sealed to this device's key")

// padTo is what the length of sealed credentials is a multiple of, but for the
// 48 bytes that sealing adds.
const padTo = 64

// NewKey draws a private key and gives it with its public key.
func NewKey() (private [32]byte, public Key, err error) {
	k, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		return private, public, err
	}
	return [32]byte(k.Bytes()), Key(k.PublicKey().Bytes()), nil
}

// PublicKey gives the public key of a private one.
func PublicKey(private [32]byte) (Key, error) {
	k, err := ecdh.X25519().NewPrivateKey(private[:])
	if err != nil {
		return Key{}, err
	}
	return Key(k.PublicKey().Bytes()), nil
}

// Seal seals a camera's credentials to an agent's key (NaCl sealed box:
// X25519, XSalsa20-Poly1305, and BLAKE2b for the nonce). Whoever seals cannot
// open what it sealed.
func Seal(to Key, camera string, c Credentials) ([]byte, error) {
	if err := CheckCode(camera); err != nil {
		return nil, fmt.Errorf("camera: %w", err)
	}
	for _, v := range []struct{ what, text string }{{"user name", c.Username}, {"password", c.Password}} {
		if len(v.text) > MaxCredential {
			return nil, fmt.Errorf("%s has %d bytes, at most %d are allowed", v.what, len(v.text), MaxCredential)
		}
	}
	pb := &wirepb.Credentials{Camera: camera, Username: c.Username, Password: c.Password}
	more := (padTo - proto.Size(pb)%padTo) % padTo
	if more == 1 || more == 2 { // the field has two bytes of its own, and is not there when it is empty
		more += padTo
	}
	if more > 0 {
		pb.Padding = make([]byte, more-2)
	}
	text, err := proto.Marshal(pb)
	if err != nil {
		return nil, errors.New("user name or password is not UTF-8")
	}
	public := [32]byte(to)
	return box.SealAnonymous(nil, text, &public, rand.Reader)
}

// Open opens what Seal sealed for a camera; the error is ErrSealed if it does
// not open with the key, and another one if it is for another camera.
func Open(private [32]byte, camera string, sealed []byte) (Credentials, error) {
	if len(sealed) > MaxSealed {
		return Credentials{}, fmt.Errorf("sealed credentials have %d bytes, at most %d are allowed", len(sealed), MaxSealed)
	}
	key, err := PublicKey(private)
	if err != nil {
		return Credentials{}, err
	}
	public := [32]byte(key)
	text, ok := box.OpenAnonymous(nil, sealed, &public, &private)
	if !ok {
		return Credentials{}, ErrSealed
	}
	var pb wirepb.Credentials
	if err := proto.Unmarshal(text, &pb); err != nil {
		return Credentials{}, errors.New("sealed credentials cannot be read") // err may quote them
	}
	c := Credentials{pb.GetUsername(), pb.GetPassword()}
	switch {
	case pb.GetCamera() != camera:
		return Credentials{}, fmt.Errorf("the credentials are those of camera %s", clip(pb.GetCamera()))
	case len(c.Username) > MaxCredential || len(c.Password) > MaxCredential:
		return Credentials{}, fmt.Errorf("user name or password has more than %d bytes", MaxCredential)
	}
	return c, nil
}
