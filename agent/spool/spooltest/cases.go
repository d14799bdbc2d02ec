package spooltest

import (
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"

	"github.com/phukin/phukin/agent/spool"
)

// damage is one way to spoil the template's files.
type damage struct {
	name     string
	kept     string // what must be kept
	declared string // what must be declared
	epoch    bool   // a new epoch must begin
	do       func(*scene) error
}

const (
	all     = "110 of 110"
	nothing = "nothing"
)

// flip flips a bit.
func flip(off int) func([]byte) []byte {
	return func(b []byte) []byte { b[off] ^= 4; return b }
}

// fill overwrites n bytes.
func fill(off, n int, with func() byte) func([]byte) []byte {
	return func(b []byte) []byte {
		for i := off; i < off+n; i++ {
			b[i] = with()
		}
		return b
	}
}

func zero() byte { return 0 }

func garbage() func() byte {
	r := rand.New(rand.NewPCG(1, 2))
	return func() byte { return byte(r.Uint32()) }
}

// inRecord spoils a record at an offset in it.
func inRecord(seq uint64, f func(off int) func([]byte) []byte) func(*scene) error {
	return func(s *scene) error {
		name, off, err := s.find(seq)
		if err != nil {
			return err
		}
		return s.edit(name, f(off))
	}
}

func flipIn(seq uint64, at int) func(*scene) error {
	return inRecord(seq, func(off int) func([]byte) []byte { return flip(off + at) })
}

// pageOf spoils the page in which a record ends.
func pageOf(seq uint64, with func() byte) func(*scene) error {
	return inRecord(seq, func(off int) func([]byte) []byte {
		return fill((off+blockBytes)/page*page, page, with)
	})
}

// onSegment spoils the i-th live segment; negative: from the newest.
func onSegment(i int, f func(s *scene, name string) error) func(*scene) error {
	return func(s *scene) error {
		names, err := s.lineage()
		if err != nil {
			return err
		}
		return f(s, names[(i+len(names))%len(names)])
	}
}

func editing(f func([]byte) []byte) func(*scene, string) error {
	return func(s *scene, name string) error { return s.edit(name, f) }
}

func head(f func([]byte) []byte) func(*scene) error {
	return func(s *scene) error { return s.edit("head", f) }
}

func both(fs ...func(*scene) error) func(*scene) error {
	return func(s *scene) error {
		var errs []error
		for _, f := range fs {
			errs = append(errs, f(s))
		}
		return errors.Join(errs...)
	}
}

func everySegment(f func(s *scene, name string) error) func(*scene) error {
	return func(s *scene) error {
		names, err := s.files()
		for _, n := range names {
			err = errors.Join(err, f(s, n))
		}
		return err
	}
}

func remove(s *scene, name string) error { return os.Remove(s.path(name)) }

// spare is a segment whose records are all trimmed.
func spare(f func(s *scene, name string) error) func(*scene) error {
	return func(s *scene) error {
		name, _, err := s.find(700)
		if err != nil {
			return err
		}
		return f(s, name)
	}
}

func copyFile(from, to string) error {
	b, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, b, 0o600)
}

func swap(s *scene, a, b string) error {
	t := s.path("swap")
	return errors.Join(os.Rename(s.path(a), t), os.Rename(s.path(b), s.path(a)), os.Rename(t, s.path(b)))
}

// foreign makes another spool and gives its ring.
func foreign(s *scene) (ring string, err error) {
	dir := filepath.Dir(s.ring) + "-foreign"
	o, _, err := spool.Open(dir, spool.Options{MaxBytes: spool.MinMaxBytes, Logger: quiet})
	if err != nil {
		return "", err
	}
	for range 20 {
		_, err = o.Append(spool.Entry{Payload: []byte("of another spool")})
	}
	return filepath.Join(dir, "ring"), errors.Join(err, o.Close())
}

func fromForeign(name string, pick func(*scene) (string, error)) func(*scene) error {
	return func(s *scene) error {
		ring, err := foreign(s)
		if err != nil {
			return err
		}
		defer os.RemoveAll(filepath.Dir(ring))
		to, err := pick(s)
		if err != nil {
			return err
		}
		return copyFile(filepath.Join(ring, name), s.path(to))
	}
}

func directory(s *scene, name string) error {
	return errors.Join(os.Remove(s.path(name)), os.Mkdir(s.path(name), 0o700),
		os.WriteFile(filepath.Join(s.path(name), "file"), []byte("x"), 0o600))
}

func cases() []damage {
	empty := func([]byte) []byte { return nil }
	half := func(b []byte) []byte { return b[:len(b)/2/page*page] }
	oversize := func(b []byte) []byte { return append(b, make([]byte, 1<<20)...) }
	oldRound := func(s *scene, name string) error {
		return copyFile(filepath.Join(s.t.early, "ring", name), s.path(name))
	}
	slot := func(i int) func(*scene) error { return head(flip(i*page + 40)) }
	headers := everySegment(editing(flip(20)))
	end := inRecord(last, func(off int) func([]byte) []byte { return flip(off + blockBytes + 20) })
	return []damage{
		{"nothing: the process was killed between two appends", all, nothing, false, func(*scene) error { return nil }},

		{"a bit of a record's length", "109 of 110", "damaged 950", false, flipIn(950, 8)},
		{"a bit of a record's number", "109 of 110", "damaged 950", false, flipIn(950, 16)},
		{"a bit of a record's sum", "109 of 110", "damaged 950", false, flipIn(950, 0)},
		{"a bit of a record's serial", "109 of 110", "damaged 950", false, flipIn(950, 12)},
		{"a bit of a record's time", "109 of 110", "damaged 950", false, flipIn(950, 40)},
		{"a bit of a record's payload", "109 of 110", "damaged 950", false, flipIn(950, 80)},
		{"a bit of the oldest record", "109 of 110", "damaged 891", false, flipIn(oldest, 8)},
		{"a bit of the newest record", "109 of 110", "damaged 1000", false, flipIn(last, 8)},
		{"a bit of the newest record's payload", "109 of 110", "damaged 1000", false, flipIn(last, 80)},
		{"a bit of the end block", all, "skipped 1001–1060", false, end},
		{"two records that do not stand together", "108 of 110", "damaged 940, damaged 960", false, both(flipIn(940, 8), flipIn(960, 8))},

		{"header of the oldest live segment", all, nothing, false, onSegment(0, editing(flip(20)))},
		{"header of the newest segment", all, nothing, false, onSegment(-1, editing(flip(20)))},
		{"header of a segment without live records", all, nothing, false, spare(editing(flip(20)))},
		{"headers of all segments", all, nothing, false, headers},
		{"first slot of the head", all, nothing, false, slot(0)},
		{"second slot of the head", all, nothing, false, slot(1)},
		{"both slots of the head", all, nothing, false, both(slot(0), slot(1))},
		{"both slots and the end block", all, "skipped 1001–6734", false, both(slot(0), slot(1), end)},
		{"both slots and the header of the newest segment", all, "skipped 1001–6734", false, both(slot(0), slot(1), onSegment(-1, editing(flip(20))))},
		{"both slots and all headers", "0 of 110", nothing, true, both(slot(0), slot(1), headers)},

		{"a page of zeros", "102 of 110", "damaged 946–953", false, pageOf(950, zero)},
		{"a page of zeros at the end", "104 of 110", "skipped 995–1060", false, pageOf(last, zero)},
		{"a page of garbage", "102 of 110", "damaged 946–953", false, pageOf(950, garbage())},
		{"a page of garbage at the end", "104 of 110", "skipped 995–1060", false, pageOf(last, garbage())},
		{"a page of zeros at the start of a segment", "103 of 110", "damaged 932–938", false, onSegment(1, editing(fill(0, page, zero)))},
		{"a page of garbage at the start of the newest segment", "103 of 110", "damaged 981–987", false, onSegment(-1, editing(fill(0, page, garbage())))},
		{"a whole segment of zeros", "61 of 110", "damaged 932–980", false, onSegment(1, editing(func(b []byte) []byte { clear(b); return b }))},
		{"the whole newest segment of zeros", "90 of 110", "skipped 981–1060", false, onSegment(-1, editing(func(b []byte) []byte { clear(b); return b }))},

		{"two segment files swapped", all, nothing, false, onSegment(0, func(s *scene, a string) error {
			return onSegment(-1, func(s *scene, b string) error { return swap(s, a, b) })(s)
		})},
		{"a segment file copied over a live one", "61 of 110", "damaged 932–980", false, onSegment(0, func(s *scene, a string) error {
			return onSegment(1, func(s *scene, b string) error { return copyFile(s.path(a), s.path(b)) })(s)
		})},
		{"a segment file copied over the newest", "90 of 110", "skipped 981–1060", false, onSegment(0, func(s *scene, a string) error {
			return onSegment(-1, func(s *scene, b string) error { return copyFile(s.path(a), s.path(b)) })(s)
		})},
		{"a live segment file over one without live records", all, nothing, false, onSegment(1, func(s *scene, a string) error {
			return spare(func(s *scene, b string) error { return copyFile(s.path(a), s.path(b)) })(s)
		})},
		{"a segment file is missing", "61 of 110", "unreadable 932–980", false, onSegment(1, remove)},
		{"the newest segment file is missing", "90 of 110", "skipped 981–1060", false, onSegment(-1, remove)},
		{"the newest segment file and the head are missing", "90 of 110", "skipped 981–6714", false, both(onSegment(-1, remove), func(s *scene) error { return remove(s, "head") })},
		{"a segment file without live records is missing", all, nothing, false, spare(remove)},
		{"a segment file is cut to half", "82 of 110", "damaged 953–980", false, onSegment(1, editing(half))},
		{"the newest segment file is cut to a page", "96 of 110", "damaged 987, skipped 988–1060", false, onSegment(-1, editing(func(b []byte) []byte { return b[:page] }))},
		{"a segment file is empty", "61 of 110", "damaged 932–980", false, onSegment(1, editing(empty))},
		{"a segment file is longer", all, nothing, false, onSegment(1, editing(oversize))},
		{"a segment file of another spool", "61 of 110", "damaged 932–980", false, fromForeign("00.seg", func(s *scene) (string, error) {
			names, err := s.lineage()
			return names[1], err
		})},
		{"a segment file of an earlier round", "61 of 110", "damaged 932–980", false, onSegment(1, oldRound)},
		{"the newest segment file is of an earlier round", "90 of 110", "skipped 981–1060", false, onSegment(-1, oldRound)},
		{"a folder in place of a segment file", "61 of 110", "unreadable 932–980", false, onSegment(1, directory)},
		{"files that do not belong there", all, nothing, false, func(s *scene) error {
			return errors.Join(os.WriteFile(s.path("zz.seg"), []byte("x"), 0o600), os.WriteFile(s.path("ff.seg"), []byte("x"), 0o600),
				os.WriteFile(s.path("notes.txt"), []byte("x"), 0o600))
		}},

		{"the head of another spool", all, nothing, false, fromForeign("head", func(*scene) (string, error) { return "head", nil })},
		{"the head of an earlier round", all, nothing, false, func(s *scene) error { return oldRound(s, "head") }},
		{"the head is missing", all, nothing, false, func(s *scene) error { return remove(s, "head") }},
		{"the head is empty", all, nothing, false, head(empty)},
		{"a folder in place of the head", all, nothing, false, func(s *scene) error { return directory(s, "head") }},
		{"all segment files are empty", "0 of 110", "skipped 891–1060", false, everySegment(editing(empty))},
		{"all files are empty", "0 of 110", nothing, true, both(everySegment(editing(empty)), head(empty))},
		{"all files are garbage", "0 of 110", nothing, true, both(everySegment(editing(fill(0, 28672, garbage()))), head(fill(0, 2*page, garbage())))},
		{"all segment files are missing", "0 of 110", "skipped 891–1060", false, everySegment(remove)},

		{"a crash before a ring of another size was put in place", all, nothing, false, func(s *scene) error {
			return os.Rename(s.ring, filepath.Join(filepath.Dir(s.ring), "old"))
		}},
		{"a crash while a ring of another size was made", all, nothing, false, func(s *scene) error {
			next := filepath.Join(filepath.Dir(s.ring), "next")
			return errors.Join(os.Mkdir(next, 0o700), os.WriteFile(filepath.Join(next, "00.seg"), []byte("x"), 0o600))
		}},
	}
}
