package spool_test

import (
	"math/rand/v2"
	"strings"
	"syscall"
	"testing"

	"github.com/phukin/phukin/agent/spool"
	"github.com/phukin/phukin/agent/spool/spooltest"
)

func onDisk(t *testing.T, d *spooltest.Disk) (*spool.Spool, spool.Recovery) {
	t.Helper()
	s, rec, err := spool.Open("/spool", spool.Options{MaxBytes: spool.MinMaxBytes, Logger: quiet, Disk: d})
	if err != nil {
		t.Fatal(err)
	}
	return s, rec
}

func TestWhatRecoveryTakesForARecordSurvivesThePowerCutThatFollows(t *testing.T) {
	for seed := range uint64(20) {
		d := spooltest.NewDisk(rand.New(rand.NewPCG(seed, 1)))
		s, _ := onDisk(t, d)
		mustAppend(t, s, "one")
		d.Fault(func(op, _ string) error {
			if op == "sync" {
				return syscall.EIO
			}
			return nil
		})
		if _, err := s.Append(entry("two")); err == nil {
			t.Fatal("append succeeded without a sync")
		}
		d.Fault(nil)
		// The process is killed before it tries again: the system has the bytes.
		d = d.Killed()
		s, _ = onDisk(t, d)
		if got := text(readAll(t, s)); got != "1=one 2=two " {
			t.Fatalf("after the kill: %s", got)
		}
		s, rec := onDisk(t, d.PowerCut())
		if got := text(readAll(t, s)); got != "1=one 2=two " {
			t.Fatalf("after the power cut: %s %v", got, rec)
		}
	}
}

func TestAFailedAppendThatIsTriedAgainIsThereOnce(t *testing.T) {
	d := spooltest.NewDisk(rand.New(rand.NewPCG(1, 1)))
	s, _ := onDisk(t, d)
	mustAppend(t, s, "one")
	for range 5 {
		d.Fault(func(op, name string) error {
			if op == "sync" && strings.HasSuffix(name, ".seg") {
				return syscall.EIO
			}
			return nil
		})
		if _, err := s.Append(entry("two")); err == nil {
			t.Fatal("append succeeded without a sync")
		}
	}
	d.Fault(nil)
	if seq := mustAppend(t, s, "two"); seq != 2 {
		t.Errorf("number %d", seq)
	}
	for range 2 {
		if got := text(readAll(t, s)); got != "1=one 2=two " {
			t.Fatalf("got %s", got)
		}
		d = d.Killed()
		s, _ = onDisk(t, d)
	}
}

func TestOneBadRecordInTheMiddleOfReadingIsDeclaredAtOnce(t *testing.T) {
	d := spooltest.NewDisk(rand.New(rand.NewPCG(1, 1)))
	s, _ := onDisk(t, d)
	span := spool.Span{Boot: 3, From: 5, To: 6, Wall: 7}
	for _, p := range []string{"one", "two", "three"} {
		if _, err := s.Append(spool.Entry{Span: span, Payload: []byte(p)}); err != nil {
			t.Fatal(err)
		}
	}
	d.Edit("/spool/ring/00.seg", func(b []byte) { b[128+80+64] ^= 1 }) // the payload of the second
	if got := text(readAll(t, s)); got != "1=one 3=three " {
		t.Errorf("got %s", got)
	}
	rs := readAll(t, s)
	if got := text(rs); got != "1=one 3=three 4=[2,3)damaged " || rs[2].Gap.First != span || rs[2].Gap.Last != span {
		t.Errorf("got %s %+v", got, rs[2].Gap)
	}
	if n := s.Len(); n != 3 {
		t.Errorf("len %d", n)
	}
}
