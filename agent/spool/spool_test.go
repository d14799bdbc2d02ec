package spool_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/phukin/phukin/agent/spool"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var quiet = slog.New(slog.DiscardHandler)

func open(t *testing.T, dir string, maxBytes int64) (*spool.Spool, spool.Recovery) {
	t.Helper()
	s, rec, err := spool.Open(dir, spool.Options{MaxBytes: maxBytes, Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s, rec
}

func small(t *testing.T, dir string) *spool.Spool {
	t.Helper()
	s, _ := open(t, dir, spool.MinMaxBytes)
	return s
}

func entry(payload string) spool.Entry { return spool.Entry{Payload: []byte(payload)} }

func mustAppend(t *testing.T, s *spool.Spool, payload string) uint64 {
	t.Helper()
	seq, err := s.Append(entry(payload))
	if err != nil {
		t.Fatal(err)
	}
	return seq
}

func readAll(t *testing.T, s *spool.Spool) []spool.Record {
	t.Helper()
	rs, err := s.Read(0, 1<<30, 1<<30)
	if err != nil {
		t.Fatal(err)
	}
	return rs
}

func text(rs []spool.Record) string {
	var b strings.Builder
	for _, r := range rs {
		if r.Gap != nil {
			fmt.Fprintf(&b, "%d=[%d,%d)%s ", r.Seq, r.Gap.From, r.Gap.Next, r.Gap.Why)
			continue
		}
		fmt.Fprintf(&b, "%d=%.20s ", r.Seq, r.Payload)
	}
	return b.String()
}

func TestRecordsComeBackInOrderAndSurviveReopening(t *testing.T) {
	dir := t.TempDir()
	s, rec := open(t, dir, spool.MinMaxBytes)
	if !rec.Clean() || !rec.Created || s.First() != 1 || s.Next() != 1 || s.Opens() != 1 {
		t.Fatalf("new spool: %v, first %d, next %d", rec, s.First(), s.Next())
	}
	epoch := s.Epoch()
	span := spool.Span{Boot: 7, From: -5, To: 9, Wall: 1234}
	if _, err := s.Append(spool.Entry{Span: span, Payload: []byte("a")}); err != nil {
		t.Fatal(err)
	}
	if r := readAll(t, s)[0]; r.Span != span {
		t.Errorf("span %+v", r.Span)
	}
	if first, err := s.AppendBatch([]spool.Entry{entry("b"), entry("c")}); first != 2 || err != nil {
		t.Fatalf("batch starts at %d, %v", first, err)
	}
	if err := s.Trim(2); err != nil {
		t.Fatal(err)
	}
	for i := range uint64(3) {
		if got := text(readAll(t, s)); got != "2=b 3=c " || s.First() != 2 || s.Next() != 4 || s.Len() != 2 || s.Opens() != i+1 {
			t.Fatalf("got %q, first %d, next %d, len %d, opens %d", got, s.First(), s.Next(), s.Len(), s.Opens())
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		s, rec = open(t, dir, spool.MinMaxBytes)
		if !rec.Clean() || s.Epoch() != epoch {
			t.Fatalf("reopened: %v, epoch %x, want %x", rec, s.Epoch(), epoch)
		}
	}
}

func TestReadKeepsItsLimitsButGivesAtLeastOneRecord(t *testing.T) {
	s := small(t, t.TempDir())
	for _, p := range []string{"aaaa", "bbbb", "cccc", "dddd"} {
		mustAppend(t, s, p)
	}
	for _, c := range []struct {
		from         uint64
		bytes, count int
		want         string
	}{
		{0, 100, 100, "1=aaaa 2=bbbb 3=cccc 4=dddd "},
		{2, 100, 2, "2=bbbb 3=cccc "},
		{2, 8, 100, "2=bbbb 3=cccc "},
		{2, 9, 100, "2=bbbb 3=cccc "},
		{3, 1, 100, "3=cccc "},
		{3, 0, 0, "3=cccc "},
		{5, 100, 100, ""},
	} {
		rs, err := s.Read(c.from, c.bytes, c.count)
		if got := text(rs); err != nil || got != c.want {
			t.Errorf("Read(%d, %d, %d) = %q, %v; want %q", c.from, c.bytes, c.count, got, err, c.want)
		}
	}
}

func TestWrongSizesAreRefusedAndAClosedSpoolSaysSo(t *testing.T) {
	s := small(t, t.TempDir())
	for _, p := range [][]byte{nil, make([]byte, spool.MaxRecord+1)} {
		if _, err := s.Append(spool.Entry{Payload: p}); !errors.Is(err, spool.ErrSize) {
			t.Errorf("append of %d bytes: %v", len(p), err)
		}
	}
	big := spool.Entry{Payload: make([]byte, spool.MaxRecord)}
	if _, err := s.AppendBatch([]spool.Entry{big, big}); !errors.Is(err, spool.ErrSize) {
		t.Errorf("a batch larger than a segment: %v", err)
	}
	fits := []spool.Entry{big, {Payload: make([]byte, spool.MaxBatchBytes-spool.MaxRecord-160)}}
	if _, err := s.AppendBatch(fits); err != nil {
		t.Errorf("a batch of MaxBatchBytes: %v", err)
	}
	if err := s.SetNote(make([]byte, spool.MaxNote+1)); !errors.Is(err, spool.ErrSize) {
		t.Errorf("note: %v", err)
	}
	if _, _, err := spool.Open(t.TempDir(), spool.Options{MaxBytes: 100}); err == nil {
		t.Error("a bound of 100 bytes was taken")
	}
	_ = s.Close()
	_, err1 := s.Append(entry("x"))
	_, err2 := s.Read(0, 1, 1)
	for _, err := range []error{err1, err2, s.Trim(1), s.SetNote(nil)} {
		if !errors.Is(err, spool.ErrClosed) {
			t.Errorf("after Close: %v", err)
		}
	}
}

func TestASecondUserOfTheDirectoryIsKeptOut(t *testing.T) {
	dir := t.TempDir()
	if spool.InUse(dir) || spool.InUse(filepath.Join(dir, "none")) {
		t.Error("an unused directory is said to be in use")
	}
	s := small(t, dir)
	if _, _, err := spool.Open(dir, spool.Options{}); !errors.Is(err, spool.ErrLocked) {
		t.Errorf("second Open: %v", err)
	}
	if _, err := spool.Renew(dir); !errors.Is(err, spool.ErrLocked) {
		t.Errorf("Renew: %v", err)
	}
	if !spool.InUse(dir) {
		t.Error("InUse is false while the spool is open")
	}
	_ = s.Close()
	if spool.InUse(dir) {
		t.Error("InUse is true after Close")
	}
	small(t, dir)
}

func TestOverflowDropsTheOldestDeclaresThemAndKeepsTheBound(t *testing.T) {
	dir := t.TempDir()
	s := small(t, dir)
	payload := bytes.Repeat([]byte("x"), 1000)
	const n = 3000
	size := dirSize(t, dir)
	var last uint64
	for i := range n {
		seq, err := s.Append(spool.Entry{Span: spool.Span{Boot: 1, From: int64(i), To: int64(i) + 1}, Payload: payload})
		if err != nil {
			t.Fatal(err)
		}
		last = seq
	}
	if got := dirSize(t, dir); got != size || got > spool.MinMaxBytes {
		t.Errorf("directory has %d bytes, had %d", got, size)
	}
	check := func() {
		t.Helper()
		rs := readAll(t, s)
		var covered uint64 = 1
		var gaps, kept int
		for _, r := range rs {
			if r.Gap != nil {
				gaps++
				if r.Gap.From <= covered {
					covered = max(covered, r.Gap.Next)
				}
				if r.Gap.Why != spool.WhyOverflow || r.Gap.Last.Boot != 1 || r.Gap.First.From >= r.Gap.Last.From {
					t.Errorf("gap %+v", r.Gap)
				}
			} else {
				kept++
			}
		}
		// Going backwards some gap takes up where the oldest record begins.
		for again := true; again; {
			again = false
			for _, r := range rs {
				if r.Gap != nil && r.Gap.From <= covered && r.Gap.Next > covered {
					covered, again = r.Gap.Next, true
				}
			}
		}
		if covered != rs[0].Seq || s.First() != rs[0].Seq || s.Next() != last+1 || s.Len() != uint64(len(rs)) {
			t.Errorf("covered to %d, oldest record %d, first %d, next %d, len %d of %d", covered, rs[0].Seq, s.First(), s.Next(), s.Len(), len(rs))
		}
		if kept < 350 {
			t.Errorf("only %d records of 1000 bytes are kept in %d bytes", kept, spool.MinMaxBytes)
		}
	}
	check()
	if d := s.Stats().Dropped; d == 0 {
		t.Error("none counted as dropped")
	}
	_ = s.Close()
	s = small(t, dir)
	check()
}

func TestTrimBeyondTheEndMovesTheNextNumber(t *testing.T) {
	dir := t.TempDir()
	s := small(t, dir)
	mustAppend(t, s, "a")
	if err := s.Trim(50); err != nil {
		t.Fatal(err)
	}
	if s.First() != 50 || s.Next() != 50 || s.Len() != 0 {
		t.Errorf("first %d, next %d, len %d", s.First(), s.Next(), s.Len())
	}
	_ = s.Close()
	s = small(t, dir)
	if seq := mustAppend(t, s, "b"); seq != 50 {
		t.Errorf("next record is %d", seq)
	}
	if got := text(readAll(t, s)); got != "50=b " {
		t.Errorf("got %q", got)
	}
	if err := s.Trim(1 << 63); err == nil {
		t.Error("an impossible number was taken")
	}
}

func TestTheNoteSurvives(t *testing.T) {
	dir := t.TempDir()
	s := small(t, dir)
	if s.Note() != nil {
		t.Error("a new spool has a note")
	}
	for _, n := range []string{"one", strings.Repeat("x", spool.MaxNote), ""} {
		if err := s.SetNote([]byte(n)); err != nil {
			t.Fatal(err)
		}
		_ = s.Close()
		s = small(t, dir)
		if got := string(s.Note()); got != n {
			t.Errorf("note %q, want %q", got, n)
		}
	}
}

func TestRenewGivesANewEpochAndKeepsTheRecords(t *testing.T) {
	dir := t.TempDir()
	if _, err := spool.Renew(dir); err == nil {
		t.Error("renewed what is not there")
	}
	s := small(t, dir)
	mustAppend(t, s, "a")
	_ = s.SetNote([]byte("note"))
	old, opens := s.Epoch(), s.Opens()
	_ = s.Close()
	epoch, err := spool.Renew(dir)
	if err != nil || epoch == old {
		t.Fatal(err, epoch)
	}
	s, rec := open(t, dir, spool.MinMaxBytes)
	if s.Epoch() != epoch || !rec.Clean() || s.Opens() <= opens || string(s.Note()) != "note" {
		t.Errorf("epoch %x, want %x; opens %d, was %d; %v", s.Epoch(), epoch, s.Opens(), opens, rec)
	}
	mustAppend(t, s, "b")
	if got := text(readAll(t, s)); got != "1=a 2=b " {
		t.Errorf("got %q", got)
	}
	// Without the head the headers know it too.
	_ = s.Close()
	if err := os.Remove(filepath.Join(dir, "ring", "head")); err != nil {
		t.Fatal(err)
	}
	s, _ = open(t, dir, spool.MinMaxBytes)
	if s.Epoch() != epoch {
		t.Errorf("epoch %x, want %x", s.Epoch(), epoch)
	}
}

func TestAnotherSizeKeepsTheRecords(t *testing.T) {
	dir := t.TempDir()
	s := small(t, dir)
	for i := range 1200 { // so that there was overflow
		mustAppend(t, s, fmt.Sprintf("%04d%0500d", i, 0))
	}
	_ = s.SetNote([]byte("note"))
	if err := s.Trim(s.First() + 5); err != nil {
		t.Fatal(err)
	}
	want, epoch, next, first := text(readAll(t, s)), s.Epoch(), s.Next(), s.First()
	_ = s.Close()
	for i, size := range []int64{4 * spool.MinMaxBytes, 2 * spool.MinMaxBytes, spool.MinMaxBytes / 2 * 3, spool.MinMaxBytes} {
		s, rec := open(t, dir, size)
		if got := text(readAll(t, s)); got != want || s.Epoch() != epoch || s.Next() != next || s.First() != first || string(s.Note()) != "note" {
			t.Fatalf("%d: records differ, epoch %x of %x, next %d of %d; %v\n%s\n%s", size, s.Epoch(), epoch, s.Next(), next, rec, got, want)
		}
		if rec.Resized == (rec.NotSized != nil) {
			t.Errorf("%d: %v", size, rec)
		}
		if used := dirSize(t, dir); i < 2 && !rec.Resized || rec.Resized && used > size {
			t.Errorf("%d bytes of %d; %v", used, size, rec)
		}
		_ = s.Close()
	}
}

func TestManyWritersAndAReaderGetEveryNumberOnce(t *testing.T) {
	s := small(t, t.TempDir())
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := range 25 {
				if _, err := s.Append(spool.Entry{Payload: fmt.Appendf(nil, "%d/%d", w, i)}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	got := 0
	for want := uint64(1); want <= 100; {
		rs, err := s.Read(want, 1000, 10)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rs {
			if r.Seq != want {
				t.Fatalf("record %d, want %d", r.Seq, want)
			}
			want, got = want+1, got+1
		}
		if err := s.Trim(want); err != nil {
			t.Fatal(err)
		}
	}
	wg.Wait()
	if got != 100 || s.Len() != 0 {
		t.Errorf("%d records, len %d", got, s.Len())
	}
}

func dirSize(t *testing.T, dir string) (size int64) {
	t.Helper()
	err := filepath.WalkDir(dir, func(_ string, e os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		st, err := e.Info()
		if err == nil && st.Mode().IsRegular() {
			size += st.Size()
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return size
}
