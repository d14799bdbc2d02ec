package clock

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
)

// MaxNote bounds what Marshal gives, in bytes.
const MaxNote = 1 << 10

const (
	noteVersion = 1
	maxValue    = 1 << 53 // milliseconds, either way: nothing that overflows
)

// Marshal encodes what is known, to be kept beside the spool: the version, the
// number of boots, and for each its name (8 bytes, little endian), the number of
// its steps, and their from and offset as signed varints. When it would exceed
// MaxNote the oldest boots are left out.
func (k *Knowledge) Marshal() []byte {
	k.mu.Lock()
	defer k.mu.Unlock()
	for boots := k.boots; ; boots = boots[1:] {
		p := []byte{noteVersion}
		p = binary.AppendUvarint(p, uint64(len(boots)))
		for _, b := range boots {
			p = binary.LittleEndian.AppendUint64(p, b.id)
			p = binary.AppendUvarint(p, uint64(len(b.steps)))
			for _, s := range b.steps {
				p = binary.AppendVarint(p, s.from)
				p = binary.AppendVarint(p, s.offset)
			}
		}
		if len(p) <= MaxNote {
			return p
		}
	}
}

// Unmarshal takes what Marshal gave. Nothing at all is knowledge of nothing; so
// is, beside the error, what cannot be read.
func (k *Knowledge) Unmarshal(p []byte) error {
	boots, err := parse(p)
	k.mu.Lock()
	defer k.mu.Unlock()
	k.boots, k.samples, k.off = boots, nil, nil
	if err != nil {
		return fmt.Errorf("note of the hub's clock: %w", err)
	}
	return nil
}

var errNote = errors.New("it is damaged")

func parse(p []byte) ([]boot, error) {
	if len(p) == 0 {
		return nil, nil
	}
	if p[0] != noteVersion {
		return nil, fmt.Errorf("its version is %d, this program knows %d", p[0], noteVersion)
	}
	p = p[1:]
	count := func(least, most uint64) (int, bool) {
		n, size := binary.Uvarint(p)
		if size <= 0 || n < least || n > most {
			return 0, false
		}
		p = p[size:]
		return int(n), true
	}
	value := func() (int64, bool) {
		v, size := binary.Varint(p)
		if size <= 0 || v < -maxValue || v > maxValue {
			return 0, false
		}
		p = p[size:]
		return v, true
	}
	n, ok := count(0, maxBoots)
	if !ok {
		return nil, errNote
	}
	boots := make([]boot, 0, n)
	for range n {
		if len(p) < 8 {
			return nil, errNote
		}
		b := boot{id: binary.LittleEndian.Uint64(p)}
		p = p[8:]
		steps, ok := count(1, maxSteps)
		if !ok {
			return nil, errNote
		}
		for range steps {
			from, ok1 := value()
			offset, ok2 := value()
			if !ok1 || !ok2 || len(b.steps) > 0 && from <= b.steps[len(b.steps)-1].from {
				return nil, errNote
			}
			b.steps = append(b.steps, step{from, offset})
		}
		if slices.ContainsFunc(boots, func(o boot) bool { return o.id == b.id }) {
			return nil, errNote
		}
		boots = append(boots, b)
	}
	if len(p) > 0 {
		return nil, errNote
	}
	return boots, nil
}
