package clock

import (
	"crypto/rand"
	"encoding/binary"
	"hash/fnv"
)

// draw gives a random name for a boot.
func draw() uint64 {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	return binary.LittleEndian.Uint64(b[:])
}

// nameOf makes a boot's name of the text that the system names it by.
func nameOf(id []byte) uint64 {
	h := fnv.New64a()
	_, _ = h.Write(id)
	return h.Sum64()
}
