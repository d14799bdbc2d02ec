// Package assignment keeps on disk what the hub has assigned to this device:
// the newest list of cameras as it came, so that the agent works without the
// hub from the first moment after a restart, and the private key to which the
// hub seals cameras' credentials.
//
// Both files live in one folder. They are written beside their place, synced
// and renamed, so that there is the old one or the new one and never half of
// either. What is read is bounded and carries a checksum: a file that is
// damaged is an error that says so, and never a part of a list.
package assignment

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/phukin/phukin/hub/wire"
)

const (
	keyName  = "key"
	listName = "list"

	// A file begins with what it is, and has a SHA-256 of all before it at its
	// end.
	keyMagic  = "phukin key 1\n"
	listMagic = "phukin list 1\n"
	timeBytes = 8 // Unix milliseconds, big endian

	maxKey  = len(keyMagic) + 32 + sha256.Size
	maxList = len(listMagic) + timeBytes + wire.MaxMessage + sha256.Size
)

// ErrNone says that no list was kept yet.
var ErrNone = errors.New("no list of cameras was kept yet")

// Store is the folder. It is safe for use by several goroutines, but for Keep,
// which one at a time may call.
type Store struct {
	dir     string
	private [32]byte
	public  wire.Key
	mended  error
}

// Open opens the folder, and makes it and the key if they are not there. A key
// that is damaged is set aside and another one drawn; Mended says so.
func Open(dir string) (*Store, error) {
	s := &Store{dir: dir}
	if err := s.open(); err != nil {
		return nil, fmt.Errorf("keep what the hub assigns: %w", err)
	}
	return s, nil
}

func (s *Store) open() error {
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return err
	}
	path := filepath.Join(s.dir, keyName)
	err := s.readKey(path)
	switch {
	case err == nil:
		return s.private600(path)
	case errors.Is(err, fs.ErrNotExist):
	case errors.Is(err, errDamaged):
		s.mended = fmt.Errorf("the key to cameras' credentials was damaged, and another one was drawn: what the hub has sealed must be entered there again (%w)", err)
		if err := os.Rename(path, path+".damaged"); err != nil {
			return err
		}
	default:
		return err
	}
	if s.private, s.public, err = wire.NewKey(); err != nil {
		return err
	}
	return write(path, append([]byte(keyMagic), s.private[:]...))
}

// Exists says whether a folder has ever been opened, and so whether Open makes
// nothing.
func Exists(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, keyName))
	return err == nil
}

func (s *Store) readKey(path string) (err error) {
	body, err := read(path, keyMagic, maxKey)
	if err != nil {
		return err
	}
	if len(body) != len(s.private) {
		return fmt.Errorf("%s: %w", path, errDamaged)
	}
	s.private = [32]byte(body)
	s.public, err = wire.PublicKey(s.private)
	return err
}

// private600 takes away from others what an administrator may have given them.
func (s *Store) private600(path string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	st, err := os.Stat(path)
	if err != nil || st.Mode().Perm()&0o077 == 0 {
		return err
	}
	s.mended = fmt.Errorf("the key %s could be read by others; it is for its owner alone now", path)
	return os.Chmod(path, 0o600)
}

// Mended says what was wrong when the folder was opened, nil if nothing was.
func (s *Store) Mended() error { return s.mended }

// Key gives the public key.
func (s *Store) Key() wire.Key { return s.public }

// Open opens a camera's credentials. See wire.Open.
func (s *Store) Open(camera string, sealed []byte) (wire.Credentials, error) {
	return wire.Open(s.private, camera, sealed)
}

// Keep keeps a list as it came, in place of the one before. When it returns
// without an error the list is on the device.
func (s *Store) Keep(payload []byte, at time.Time) error {
	if len(payload) > wire.MaxMessage {
		return fmt.Errorf("keep the list: it has %d bytes, at most %d are allowed", len(payload), wire.MaxMessage)
	}
	b := binary.BigEndian.AppendUint64([]byte(listMagic), uint64(at.UnixMilli()))
	if err := write(filepath.Join(s.dir, listName), append(b, payload...)); err != nil {
		return fmt.Errorf("keep the list: %w", err)
	}
	return nil
}

// Last gives the list that was kept, and when it came by the device's clock.
// The error is ErrNone if there is none.
func (s *Store) Last() (payload []byte, at time.Time, err error) {
	path := filepath.Join(s.dir, listName)
	body, err := read(path, listMagic, maxList)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, at, ErrNone
	case err == nil && len(body) < timeBytes:
		err = fmt.Errorf("%s: %w", path, errDamaged)
	}
	if err != nil {
		return nil, at, fmt.Errorf("read the list that was kept: %w", err)
	}
	return body[timeBytes:], time.UnixMilli(int64(binary.BigEndian.Uint64(body))), nil
}

var errDamaged = errors.New("the file is damaged")

// read gives what is between a file's magic and its checksum.
func read(path, magic string, most int) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	text, err := io.ReadAll(io.LimitReader(f, int64(most)+1))
	if err != nil {
		return nil, err
	}
	end := len(text) - sha256.Size
	if len(text) > most || end < len(magic) || string(text[:len(magic)]) != magic {
		return nil, fmt.Errorf("%s: %w", path, errDamaged)
	}
	if sum := sha256.Sum256(text[:end]); !bytes.Equal(sum[:], text[end:]) {
		return nil, fmt.Errorf("%s: %w", path, errDamaged)
	}
	return text[len(magic):end], nil
}

// write writes text and its checksum to a file that is there whole or not at
// all, for its owner alone.
func write(path string, text []byte) (err error) {
	sum := sha256.Sum256(text)
	beside := path + ".new"
	f, err := os.OpenFile(beside, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(append(text, sum[:]...))
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(beside, path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(beside))
	}
	return syncDir(filepath.Dir(path))
}
