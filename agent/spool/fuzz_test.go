package spool_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/phukin/phukin/agent/spool"
)

// FuzzOpenTakesAnyBytes lays bytes over two segments and the head of a spool
// that has records in three.
func FuzzOpenTakesAnyBytes(f *testing.F) {
	template := filepath.Join(f.TempDir(), "template")
	s, _, err := spool.Open(template, spool.Options{MaxBytes: spool.MinMaxBytes, Logger: quiet})
	if err != nil {
		f.Fatal(err)
	}
	for range 14 {
		if _, err := s.Append(spool.Entry{Payload: make([]byte, 5000)}); err != nil {
			f.Fatal(err)
		}
	}
	_ = s.Close()
	ring := filepath.Join(template, "ring")
	head, err1 := os.ReadFile(filepath.Join(ring, "head"))
	seg, err2 := os.ReadFile(filepath.Join(ring, "01.seg"))
	if err1 != nil || err2 != nil {
		f.Fatal(err1, err2)
	}
	f.Add([]byte{}, []byte{}, []byte{}, uint16(0))
	f.Add(head[:128], seg[:256], seg[:192], uint16(0))
	f.Add(head[4096:4200], seg[128:192], []byte("garbage"), uint16(64))
	f.Fuzz(func(t *testing.T, head, one, two []byte, at uint16) {
		dir := filepath.Join(t.TempDir(), "s")
		if err := os.CopyFS(dir, os.DirFS(template)); err != nil {
			t.Fatal(err)
		}
		for name, b := range map[string][]byte{"head": head, "01.seg": one, "02.seg": two} {
			edit(t, filepath.Join(dir, "ring", name), b, int64(at)%8192)
		}
		var before []spool.Record
		var added uint64
		for again := range 2 {
			s, rec, err := spool.Open(dir, spool.Options{MaxBytes: spool.MinMaxBytes, Logger: quiet})
			if err != nil {
				t.Fatal(err)
			}
			rs, err := s.Read(0, 1<<30, 1<<30)
			if err != nil {
				t.Fatal(err)
			}
			if again == 1 {
				if len(rec.Gaps) > 0 || len(rs) != len(before)+1 || rs[len(before)].Seq != added {
					t.Fatalf("opened again: %d records, before %d, %v", len(rs), len(before), rec)
				}
			}
			missing := map[uint64]bool{}
			for i, r := range rs {
				if r.Seq >= s.Next() || i > 0 && r.Seq <= rs[i-1].Seq {
					t.Fatalf("record %d, next %d", r.Seq, s.Next())
				}
				missing[r.Seq] = true
				if r.Gap != nil && r.Gap.Next-r.Gap.From < 1<<17 {
					for n := r.Gap.From; n < r.Gap.Next; n++ {
						missing[n] = true
					}
				}
			}
			for n := s.First(); n < s.Next() && !rec.NewEpoch && s.Next() < 1<<17; n++ {
				if !missing[n] {
					t.Fatalf("number %d is lost in silence: %v", n, rec)
				}
			}
			before = rs
			if again == 0 {
				if added, err = s.Append(entry("new")); err != nil || !rec.NewEpoch && added <= 14 && s.First() <= 14 {
					t.Fatal(added, err)
				}
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// edit lays bytes over a file.
func edit(t *testing.T, path string, b []byte, at int64) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.WriteAt(b, at)
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if err != nil {
		t.Fatal(err)
	}
}
