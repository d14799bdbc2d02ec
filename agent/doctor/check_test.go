package doctor_test

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/phukin/phukin/agent/doctor"
	"github.com/phukin/phukin/agent/uplink"
	"github.com/phukin/phukin/hub/wire"
)

func TestTheBrokersTroubleIsNamedByItsStage(t *testing.T) {
	at := func(s uplink.Stage, err error) error { return &uplink.ConnectError{Stage: s, Addr: "h:1", Err: err} }
	broken := errors.New("broken")
	for _, c := range []struct {
		err  error
		want doctor.Fault
	}{
		{nil, ""},
		{at(uplink.StageTCP, broken), doctor.FaultTCP},
		{at(uplink.StageTLS, broken), doctor.FaultTLS},
		{at(uplink.StageTLS, x509.UnknownAuthorityError{}), doctor.FaultCertUntrusted},
		{at(uplink.StageTLS, x509.CertificateInvalidError{Cert: &x509.Certificate{}, Reason: x509.Expired}), doctor.FaultCertExpired},
		{at(uplink.StageTLS, x509.HostnameError{Certificate: &x509.Certificate{}, Host: "h"}), doctor.FaultCertName},
		{at(uplink.StageLogin, broken), doctor.FaultLogin},
		{at(uplink.StageLogin, uplink.ErrRejected), doctor.FaultRejected},
		{at(uplink.StageSubscribe, broken), doctor.FaultSubscribe},
		{at(uplink.StagePublish, broken), doctor.FaultPublish},
		{broken, doctor.FaultTCP},
	} {
		check := doctor.Broker("h:1", false, func(context.Context) ([]uplink.StageTime, error) { return nil, c.err })
		if f := check.Look(t.Context()); f.Fault != c.want || !errors.Is(f.Err, c.err) {
			t.Errorf("%v: %q, %v", c.err, f.Fault, f.Err)
		}
		var out bytes.Buffer
		sum, err := doctor.Run(t.Context(), doctor.Options{Out: &out, Checks: []doctor.Check{check}})
		if err != nil || sum.OK() != (c.err == nil) || strings.Contains(out.String(), string("what to do")) != (c.err != nil) {
			t.Errorf("%v: %v, %q", c.err, err, out.String())
		}
	}
}

func TestEveryFaultHasWordsAndAHintInBothLanguages(t *testing.T) {
	for _, f := range doctor.Faults() {
		for _, lang := range []wire.Lang{wire.VI, wire.EN} {
			var out bytes.Buffer
			check := doctor.Check{Name: doctor.NameDisk, Subject: "x", Look: says(doctor.Finding{Fault: f})}
			if _, err := doctor.Run(t.Context(), doctor.Options{Out: &out, Lang: lang, Checks: []doctor.Check{check}}); err != nil {
				t.Fatal(err)
			}
			if s := out.String(); strings.Contains(s, ":  (") || strings.Contains(s, ": \n") || !strings.Contains(s, "("+string(f)+")") {
				t.Errorf("%s in %s:\n%s", f, lang, s)
			}
		}
	}
}

func TestAClockOfAnImpossibleYearIsWrong(t *testing.T) {
	for year, want := range map[int]doctor.Fault{1970: doctor.FaultClock, 2024: doctor.FaultClock, 2026: "", 2101: doctor.FaultClock} {
		c := doctor.Clock(func() time.Time { return time.Date(year, 6, 1, 0, 0, 0, 0, time.UTC) })
		if f := c.Look(t.Context()); f.Fault != want {
			t.Errorf("%d: %q", year, f.Fault)
		}
	}
}

func TestTheDiskIsWritableAndLargeEnough(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	full := filepath.Join(dir, "full")
	if err := errors.Join(os.WriteFile(file, nil, 0o600), os.Mkdir(full, 0o700), os.WriteFile(filepath.Join(full, "segment"), make([]byte, 40<<10), 0o600)); err != nil {
		t.Fatal(err)
	}
	free := func(n int64) func(string) (int64, error) { return func(string) (int64, error) { return n, nil } }
	for _, c := range []struct {
		name, dir string
		free      func(string) (int64, error)
		want      doctor.Fault
	}{
		{"there is room", full, free(1 << 20), ""},
		{"the folder is not there yet", filepath.Join(dir, "a", "b"), free(1 << 20), ""},
		{"what the spool has already counts", full, free(24 << 10), ""},
		{"too little", full, free(23 << 10), doctor.FaultDiskFull},
		{"a file in its place", file, free(1 << 20), doctor.FaultNotWritable},
		{"below a file", filepath.Join(file, "x"), free(1 << 20), doctor.FaultNotWritable},
		{"a system that does not say", full, free(-1), ""},
		{"this system", dir, nil, ""},
	} {
		f := doctor.Disk(c.dir, 64<<10, c.free).Look(t.Context())
		if f.Fault != c.want {
			t.Errorf("%s: %q, %v", c.name, f.Fault, f.Err)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*", ".phukin*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	if _, err := os.Stat(filepath.Join(dir, "a")); err == nil {
		t.Error("the folder was made")
	}
}
