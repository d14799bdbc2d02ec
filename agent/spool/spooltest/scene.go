package spooltest

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/phukin/phukin/agent/spool"
)

// The spool of every case: records 1 to last have gone round the ring about
// twice, those below oldest are trimmed, and the process was killed.
const (
	oldest, last = 891, 1000
	live         = last - oldest + 1
	recordBytes  = 500
	blockBytes   = 576 // that a record takes
)

var quiet = slog.New(slog.DiscardHandler)

func payload(seq uint64) []byte {
	return append(fmt.Appendf(nil, "record-%06d ", seq), bytes.Repeat([]byte{'x'}, recordBytes-14)...)
}

// template is that spool's directory.
type template struct {
	dir   string
	epoch uint64
	early string // a copy of it as it was one round before
	more  []byte // its newest segment with one more record
}

func newTemplate(dir string) (*template, error) {
	t := &template{dir: dir, early: dir + "-early"}
	s, _, err := spool.Open(dir+"-work", spool.Options{MaxBytes: spool.MinMaxBytes, Logger: quiet})
	if err != nil {
		return nil, err
	}
	defer s.Close()
	t.epoch = s.Epoch()
	for seq := uint64(1); seq <= last; {
		var es []spool.Entry
		for n := 1 + seq%7; n > 0 && seq <= last; n, seq = n-1, seq+1 {
			es = append(es, spool.Entry{Span: spool.Span{Boot: 1, From: int64(seq), To: int64(seq) + 1}, Payload: payload(seq)})
		}
		if _, err := s.AppendBatch(es); err != nil {
			return nil, err
		}
		if seq > 200 {
			if err := s.Trim(min(seq-100, oldest)); err != nil {
				return nil, err
			}
		}
		if seq == 401 || seq > 401 && t.early != "" {
			if _, err := os.Stat(t.early); err != nil {
				if err := os.CopyFS(t.early, os.DirFS(dir+"-work")); err != nil {
					return nil, err
				}
			}
		}
	}
	return t, os.CopyFS(dir, os.DirFS(dir+"-work"))
}

// scene is a copy of the template that a case may spoil.
type scene struct {
	t    *template
	ring string
}

func (s *scene) path(name string) string { return filepath.Join(s.ring, name) }

// edit changes a file of the ring.
func (s *scene) edit(name string, f func([]byte) []byte) error {
	b, err := os.ReadFile(s.path(name))
	if err != nil {
		return err
	}
	return os.WriteFile(s.path(name), f(b), 0o600)
}

// find gives the segment that holds a record, and the record's place in it.
func (s *scene) find(seq uint64) (name string, off int, err error) {
	names, err := s.files()
	if err != nil {
		return "", 0, err
	}
	for _, name := range names {
		b, err := os.ReadFile(s.path(name))
		if err != nil {
			return "", 0, err
		}
		if i := bytes.Index(b, payload(seq)[:14]); i >= 0 {
			return name, i - 64, nil
		}
	}
	return "", 0, fmt.Errorf("record %d is in no segment", seq)
}

// files gives the names of the segments.
func (s *scene) files() ([]string, error) {
	names, err := filepath.Glob(s.path("*.seg"))
	for i, n := range names {
		names[i] = filepath.Base(n)
	}
	return names, err
}

// lineage gives the live segments, the oldest first.
func (s *scene) lineage() (names []string, err error) {
	for seq := uint64(oldest); seq <= last; seq++ {
		name, _, err := s.find(seq)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names, nil
}

// try spoils a copy of the template, opens it and says what is there.
func (t *template) try(c damage, dir string) (Row, error) {
	if err := os.CopyFS(dir, os.DirFS(t.dir)); err != nil {
		return Row{}, err
	}
	s := &scene{t: t, ring: filepath.Join(dir, "ring")}
	if err := c.do(s); err != nil {
		return Row{}, err
	}
	row := t.open(dir, c.epoch)
	row.Damage = c.name
	if row.Wrong == "" && row.Kept != c.kept {
		row.Wrong = fmt.Sprintf("%s are kept, want %s", row.Kept, c.kept)
	}
	if row.Wrong == "" && row.Declared != c.declared {
		row.Wrong = fmt.Sprintf("declared: %s, want %s", row.Declared, c.declared)
	}
	return row, nil
}

// open opens a spoilt spool twice, appends a record between, and holds that
// nothing is lost in silence and no number comes twice.
func (t *template) open(dir string, newEpoch bool) (row Row) {
	fail := func(format string, args ...any) Row {
		row.Wrong = fmt.Sprintf(format, args...)
		return row
	}
	defer func() {
		if p := recover(); p != nil {
			row.Opens, row.Wrong = "PANICS", fmt.Sprint(p)
		}
	}()
	var before []spool.Record
	var added uint64
	for again := range 2 {
		s, rec, err := spool.Open(dir, spool.Options{MaxBytes: spool.MinMaxBytes, Logger: quiet})
		if err != nil {
			row.Opens = "NO"
			return fail("%v", err)
		}
		row.Opens = "yes"
		rs, err := s.Read(0, 1<<30, 1<<30)
		if err != nil {
			return fail("read: %v", errors.Join(err, s.Close()))
		}
		if again == 1 {
			if len(rec.Gaps) > 0 || len(rs) != len(before)+1 || rs[len(before)].Seq != added {
				row.Wrong = fmt.Sprintf("opened again: %d records, before %d and one more; %v", len(rs), len(before), rec)
			}
			if err := s.Close(); err != nil {
				return fail("%v", err)
			}
			break
		}
		before = rs
		if (s.Epoch() != t.epoch) != newEpoch || rec.NewEpoch != newEpoch {
			row.Wrong = fmt.Sprintf("epoch %x, before %x; %v", s.Epoch(), t.epoch, rec)
		}
		added, err = s.Append(spool.Entry{Payload: []byte("one more")})
		if err := errors.Join(err, s.Close()); err != nil {
			return fail("%v", err)
		}
		row.Kept, row.Declared, err = account(rs, newEpoch)
		if err != nil && row.Wrong == "" {
			row.Wrong = err.Error()
		}
		row.Numbers = "safe"
		switch {
		case newEpoch:
			row.Numbers = "safe: a new epoch"
		case added <= last:
			row.Numbers = "TWICE"
			return fail("number %d was given again", added)
		}
	}
	return row
}

// account says what is left of the template's records.
func account(rs []spool.Record, newEpoch bool) (kept, declared string, err error) {
	there, gone := map[uint64]bool{}, map[uint64]bool{}
	var parts []string
	for _, r := range rs {
		if g := r.Gap; g != nil {
			for seq := g.From; seq < min(g.Next, last+1); seq++ {
				gone[seq] = true
			}
			part := fmt.Sprintf("%s %d", g.Why, g.From)
			if g.Next > g.From+1 {
				part += fmt.Sprintf("–%d", g.Next-1)
			}
			parts = append(parts, part)
			continue
		}
		if r.Seq < oldest && bytes.Equal(r.Payload, payload(r.Seq)) {
			continue // trimmed ones may come back
		}
		if r.Seq == last+1 && bytes.Equal(r.Payload, payload(r.Seq)) {
			continue // an append that was cut off and had all but arrived
		}
		if r.Seq < oldest || r.Seq > last || !bytes.Equal(r.Payload, payload(r.Seq)) {
			err = fmt.Errorf("record %d is %.20q", r.Seq, r.Payload)
		}
		there[r.Seq] = true
	}
	for seq := uint64(oldest); seq <= last && !newEpoch; seq++ {
		if there[seq] == gone[seq] {
			err = fmt.Errorf("record %d: there %t, declared lost %t", seq, there[seq], gone[seq])
			if !there[seq] {
				err = fmt.Errorf("record %d is LOST IN SILENCE", seq)
			}
		}
	}
	declared = "nothing"
	if len(parts) > 0 {
		declared = strings.Join(parts, ", ")
	}
	return fmt.Sprintf("%d of %d", len(there), live), declared, err
}
