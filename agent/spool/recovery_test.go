package spool_test

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/phukin/phukin/agent/spool"
)

func segments(t interface{ Fatal(...any) }, dir string) []string {
	names, err := filepath.Glob(filepath.Join(dir, "*.seg"))
	if err != nil || len(names) == 0 {
		t.Fatal("no segments in", dir, err)
	}
	slices.Sort(names)
	return names
}

func edit(t interface{ Fatal(...any) }, path string, f func([]byte) []byte) {
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, f(b), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestDamageIsFoundAndTheRestIsKept(t *testing.T) {
	for _, c := range []struct {
		name  string
		file  string // empty: the segment
		edit  func([]byte) []byte
		want  string
		check func(spool.Recovery) bool
	}{
		{"a torn tail loses the last record", "", func(b []byte) []byte { return b[:len(b)-3] }, "1=one 2=two ",
			func(r spool.Recovery) bool { return r.Torn > 0 && r.Damaged == r.Torn }},
		{"garbage after the last record loses none", "", func(b []byte) []byte { return append(b, "garbage"...) }, "1=one 2=two 3=three ",
			func(r spool.Recovery) bool { return r.Torn == 7 }},
		{"a tail of zeros loses none", "", func(b []byte) []byte { return append(b, make([]byte, 4096)...) }, "1=one 2=two 3=three ",
			func(r spool.Recovery) bool { return r.Torn == 4096 }},
		{"a flipped bit in the middle loses that record", "", func(b []byte) []byte { b[bytes.Index(b, []byte("two"))] ^= 1; return b }, "1=one 3=three ",
			func(r spool.Recovery) bool { return r.Torn == 0 && r.Damaged == 19 && r.Skipped == 0 }},
		{"a wild length loses that record", "", func(b []byte) []byte { b[28+3] = 0xff; return b }, "2=two 3=three ",
			func(r spool.Recovery) bool { return r.Damaged == 19 }},
		{"a damaged header loses no record", "", func(b []byte) []byte { b[9] ^= 1; return b }, "1=one 2=two 3=three ",
			func(r spool.Recovery) bool { return r.Damaged == 28 && !r.NewEpoch }},
		{"an emptied segment is removed", "", func([]byte) []byte { return nil }, "",
			func(r spool.Recovery) bool { return r.Removed == 1 && r.Skipped > 0 }},
		{"a damaged head loses nothing", "head", func(b []byte) []byte { b[30] ^= 1; return b }, "1=one 2=two 3=three ",
			func(r spool.Recovery) bool { return r.Clean() }},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			s, _ := open(t, dir, 0)
			for _, p := range []string{"one", "two", "three"} {
				mustAppend(t, s, p)
			}
			epoch, next := s.Epoch(), s.Next()
			_ = s.Close()
			file := segments(t, dir)[0]
			if c.file != "" {
				file = filepath.Join(dir, c.file)
			}
			edit(t, file, c.edit)

			s, rec := open(t, dir, 0)
			if got := text(readAll(t, s)); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
			if !c.check(rec) {
				t.Errorf("recovery: %+v", rec)
			}
			if s.Epoch() != epoch {
				t.Error("the epoch changed")
			}
			if seq := mustAppend(t, s, "four"); seq < next {
				t.Errorf("number %d was given again", seq)
			}
			_ = s.Close()
			again, rec := open(t, dir, 0)
			if got := text(readAll(t, again)); got != c.want+fmt.Sprintf("%d=four ", again.Next()-1) || rec.Skipped != 0 {
				t.Errorf("opened again: %q, %+v", got, rec)
			}
		})
	}
}

func TestDamageWhileOpenIsSkippedAndCounted(t *testing.T) {
	dir := t.TempDir()
	s, _ := open(t, dir, 0)
	for _, p := range []string{"one", "two", "three"} {
		mustAppend(t, s, p)
	}
	edit(t, segments(t, dir)[0], func(b []byte) []byte { b[bytes.Index(b, []byte("two"))] ^= 1; return b })
	for range 2 {
		if got := text(readAll(t, s)); got != "1=one 3=three " {
			t.Errorf("got %q", got)
		}
	}
	if d := s.Stats().Damaged; d != 19 {
		t.Errorf("%d damaged bytes counted", d)
	}
}

func TestWithoutAnyReadableEpochANewOneIsDrawnAndRecordsStay(t *testing.T) {
	dir := t.TempDir()
	s, _ := open(t, dir, 0)
	mustAppend(t, s, "one")
	epoch := s.Epoch()
	_ = s.Close()
	for _, f := range []string{segments(t, dir)[0], filepath.Join(dir, "head")} {
		edit(t, f, func(b []byte) []byte { b[9] ^= 1; return b })
	}
	s, rec := open(t, dir, 0)
	if !rec.NewEpoch || s.Epoch() == epoch {
		t.Errorf("epoch %x, before %x, %+v", s.Epoch(), epoch, rec)
	}
	if got := text(readAll(t, s)); got != "1=one " {
		t.Errorf("got %q", got)
	}
}

// model is what a spool must be: a list.
type model struct {
	records []spool.Record
	first   uint64
	next    uint64
}

func (m *model) live() []spool.Record {
	i := slices.IndexFunc(m.records, func(r spool.Record) bool { return r.Seq >= m.first })
	if i < 0 {
		return nil
	}
	return m.records[i:]
}

func TestSpoolEqualsAList(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		dir, err := os.MkdirTemp("", "spool")
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(dir)
		reopen := func() *spool.Spool {
			s, _, err := spool.Open(dir, spool.Options{MaxBytes: spool.MinMaxBytes, Logger: quiet})
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
		s := reopen()
		defer func() { _ = s.Close() }()
		epoch := s.Epoch()
		m := &model{first: 1, next: 1}
		payload := rapid.SliceOfN(rapid.Byte(), 1, 3000)
		t.Repeat(map[string]func(*rapid.T){
			"append": func(t *rapid.T) {
				ps := rapid.SliceOfN(payload, 1, 5).Draw(t, "payloads")
				seq, err := s.AppendBatch(ps)
				if err != nil || seq != m.next {
					t.Fatalf("append gave %d, %v; want %d", seq, err, m.next)
				}
				for _, p := range ps {
					m.records = append(m.records, spool.Record{Seq: m.next, Payload: p})
					m.next++
				}
				// Overflow may have moved First, only forward and only to a record.
				if f := s.First(); f < m.first || f > seq {
					t.Fatalf("first is %d, was %d", f, m.first)
				}
				m.first = s.First()
			},
			"trim": func(t *rapid.T) {
				upto := rapid.Uint64Range(m.first, m.next).Draw(t, "upto")
				if err := s.Trim(upto); err != nil {
					t.Fatal(err)
				}
				m.first = upto
			},
			"reopen": func(t *rapid.T) {
				_ = s.Close()
				s = reopen()
				// Numbers that were skipped and never used are no records.
				if l := m.live(); len(l) > 0 && s.First() <= l[0].Seq {
					m.first = s.First()
				} else if len(l) == 0 {
					m.first = s.First()
				}
			},
			"tear": func(t *rapid.T) {
				_ = s.Close()
				segs := segments(t, dir)
				cut := rapid.IntRange(1, 200).Draw(t, "cut")
				edit(t, segs[len(segs)-1], func(b []byte) []byte { return b[:max(0, len(b)-cut)] })
				s = reopen()
				got, err := s.Read(0, 1<<30, 1<<30)
				if err != nil {
					t.Fatal(err)
				}
				// What is left is a prefix of what was there, short of at most
				// the bytes cut.
				l := m.live()
				if len(got) > len(l) {
					t.Fatalf("%d records, there were %d", len(got), len(l))
				}
				for lost, budget := l[len(got):], cut; len(lost) > 0; lost = lost[:len(lost)-1] {
					if budget <= 0 {
						t.Fatalf("a cut of %d bytes lost record %d", cut, lost[len(lost)-1].Seq)
					}
					budget -= 16 + len(lost[len(lost)-1].Payload)
				}
				if s.Next() < m.next {
					t.Fatalf("next is %d, was %d: numbers are given twice", s.Next(), m.next)
				}
				m.records = slices.Clone(l[:len(got)])
				m.first, m.next = s.First(), s.Next()
			},
			"": func(t *rapid.T) {
				got, err := s.Read(0, 1<<30, 1<<30)
				if err != nil {
					t.Fatal(err)
				}
				same := func(a, b spool.Record) bool { return a.Seq == b.Seq && bytes.Equal(a.Payload, b.Payload) }
				if want := m.live(); !slices.EqualFunc(got, want, same) {
					t.Fatalf("got %d records, want %d", len(got), len(want))
				}
				if s.First() != m.first || s.Next() != m.next || s.Epoch() != epoch {
					t.Fatalf("first %d next %d, want %d %d", s.First(), s.Next(), m.first, m.next)
				}
			},
		})
	})
}

func FuzzOpenTakesAnyBytes(f *testing.F) {
	seed := func(edit func([]byte) []byte) {
		dir := f.TempDir()
		s, _, err := spool.Open(dir, spool.Options{MaxBytes: spool.MinMaxBytes, Logger: quiet})
		if err != nil {
			f.Fatal(err)
		}
		for _, p := range []string{"one", "two", "three"} {
			_, _ = s.Append([]byte(p))
		}
		_ = s.Close()
		seg, _ := os.ReadFile(segments(f, dir)[0])
		head, _ := os.ReadFile(filepath.Join(dir, "head"))
		f.Add(edit(seg), head, uint64(1))
	}
	seed(func(b []byte) []byte { return b })
	seed(func(b []byte) []byte { return b[:len(b)-2] })
	seed(func(b []byte) []byte { b[40] ^= 0x80; return b })
	f.Add([]byte(nil), []byte(nil), uint64(1<<62))
	f.Fuzz(func(t *testing.T, seg, head []byte, name uint64) {
		dir := t.TempDir()
		_ = os.WriteFile(filepath.Join(dir, fmt.Sprintf("%020d.seg", name)), seg, 0o600)
		_ = os.WriteFile(filepath.Join(dir, "head"), head, 0o600)
		s, _, err := spool.Open(dir, spool.Options{MaxBytes: spool.MinMaxBytes, Logger: quiet})
		if err != nil {
			t.Fatal(err)
		}
		before, err := s.Read(0, 1<<30, 1<<30)
		if err != nil {
			t.Fatal(err)
		}
		seq, err := s.Append([]byte("new"))
		if err != nil {
			t.Fatal(err)
		}
		for i, r := range before {
			if r.Seq >= seq || r.Seq < s.First() || i > 0 && r.Seq <= before[i-1].Seq {
				t.Fatalf("record %d of %d, new one is %d", r.Seq, len(before), seq)
			}
		}
		_ = s.Close()
		s, rec, err := spool.Open(dir, spool.Options{MaxBytes: spool.MinMaxBytes, Logger: quiet})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		after, err := s.Read(0, 1<<30, 1<<30)
		if err != nil || len(after) != len(before)+1 || after[len(before)].Seq != seq || rec.Skipped != 0 {
			t.Fatalf("opened again: %d records, before %d, %v, %v", len(after), len(before), rec, err)
		}
	})
}

// appendUntilKilled is the other process of TestAKilledProcessLosesNothingItWasPromised.
func appendUntilKilled(dir string) {
	s, _, err := spool.Open(dir, spool.Options{Logger: quiet})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	for {
		seq, err := s.Append([]byte("promised"))
		if err != nil {
			os.Exit(1)
		}
		fmt.Println(seq)
	}
}

func TestAKilledProcessLosesNothingItWasPromised(t *testing.T) {
	dir := t.TempDir()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "SPOOL_TEST_APPENDER="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var last uint64
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if _, err := fmt.Sscan(lines.Text(), &last); err != nil {
			t.Error(lines.Text())
		}
		if last == 50 {
			_ = cmd.Process.Kill()
		}
	}
	_ = cmd.Wait()
	s, rec := open(t, dir, 0)
	rs := readAll(t, s)
	if seq := mustAppend(t, s, "next"); seq < last+2 {
		t.Errorf("number %d may have been given before", seq)
	}
	if last < 50 || uint64(len(rs)) < last || rs[last-1].Seq != last {
		t.Errorf("%d records promised, %d found: %v", last, len(rs), rec)
	}
}
