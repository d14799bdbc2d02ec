package uplink_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/phukin/phukin/agent/uplink"
)

// authority signs certificates for a test.
type authority struct {
	t    *testing.T
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	file string
}

func newAuthority(t *testing.T, from time.Time) *authority {
	t.Helper()
	a := &authority{t: t}
	der, key := a.sign(&x509.Certificate{
		Subject: pkix.Name{CommonName: "authority"}, NotBefore: from, NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	})
	var err error
	if a.cert, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	a.key, a.file = key, a.write("CERTIFICATE", der)
	return a
}

func (a *authority) sign(c *x509.Certificate) (der []byte, key *ecdsa.PrivateKey) {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	c.SerialNumber = big.NewInt(time.Now().UnixNano())
	parent, signer := a.cert, a.key
	if parent == nil {
		parent, signer = c, key
	}
	der, err = x509.CreateCertificate(rand.Reader, c, parent, &key.PublicKey, signer)
	if err != nil {
		a.t.Fatal(err)
	}
	return der, key
}

func (a *authority) write(kind string, der []byte) (file string) {
	a.t.Helper()
	f, err := os.CreateTemp(a.t.TempDir(), "*.pem")
	if err != nil {
		a.t.Fatal(err)
	}
	if err := errors.Join(pem.Encode(f, &pem.Block{Type: kind, Bytes: der}), f.Close()); err != nil {
		a.t.Fatal(err)
	}
	return f.Name()
}

// issue gives a certificate for a name and this machine.
func (a *authority) issue(name string, from, until time.Time) (pair tls.Certificate, certFile, keyFile string) {
	a.t.Helper()
	der, key := a.sign(&x509.Certificate{
		Subject: pkix.Name{CommonName: name}, NotBefore: from, NotAfter: until, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	})
	raw, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		a.t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, a.write("CERTIFICATE", der), a.write("PRIVATE KEY", raw)
}

func fixed(t time.Time) func() time.Time { return func() time.Time { return t } }

func TestCertificatesAreVerifiedByAClockThatIsBehind(t *testing.T) {
	now, day := time.Now(), 24*time.Hour
	old, other := newAuthority(t, now.Add(-90*day)), newAuthority(t, now.Add(-90*day))
	fresh := newAuthority(t, now.Add(-time.Hour))
	booted := time.Unix(100, 0) // 1970
	for _, x := range []struct {
		name    string
		by      *authority
		from    time.Time // of the broker's certificate
		until   time.Time
		trusted *authority
		clock   time.Time
		ok      bool
	}{
		{"the clock is right", old, now.Add(-day), now.Add(day), old, now, true},
		{"1970", old, now.Add(-90 * day), now.Add(day), old, booted, true},
		{"1970, and the broker's certificate is younger than its authority's", old, now.Add(-day), now.Add(day), old, booted, true},
		{"1970, and the authority is young too", fresh, now.Add(-time.Minute), now.Add(day), fresh, booted, true},
		{"when it was last on, before the broker's certificate", old, now.Add(-day), now.Add(day), old, now.Add(-60 * day), true},
		{"1970, and another authority", other, now.Add(-day), now.Add(day), old, booted, false},
		{"1970, and no authority that the system trusts", old, now.Add(-day), now.Add(day), nil, booted, false},
		{"1970, and a certificate that expired before the authority's began", fresh, now.Add(-3 * day), now.Add(-2 * day), fresh, booted, false},
		// What the floor weakens: as long as the clock is behind.
		{"1970, and a certificate that expired since", old, now.Add(-80 * day), now.Add(-day), old, booted, true},
		{"the clock is right, and the certificate expired", old, now.Add(-80 * day), now.Add(-day), old, now, false},
		{"the clock is ahead", old, now.Add(-day), now.Add(day), old, now.Add(3650 * day), false},
	} {
		t.Run(x.name, func(t *testing.T) {
			pair, _, _ := x.by.issue("broker", x.from, x.until)
			h := startHub(t, &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12})
			b := uplink.Broker{URL: "mqtts://" + h.addr, Agent: agent, Password: "secret", Now: fixed(x.clock)}
			if x.trusted != nil {
				b.CAFile = x.trusted.file
			}
			err := examine(t.Context(), b)
			if (err == nil) != x.ok {
				t.Errorf("connected: %v, want %v (%v)", err == nil, x.ok, err)
			}
			var ce *uplink.ConnectError
			if err != nil && (!errors.As(err, &ce) || ce.Stage != uplink.StageTLS) {
				t.Errorf("not an error of TLS: %v", err)
			}
		})
	}
}

// The hub's clock, once it is known, is what counts.
func TestTheClockThatIsLearntFindsAnExpiredCertificate(t *testing.T) {
	now, day := time.Now(), 24*time.Hour
	a := newAuthority(t, now.Add(-90*day))
	pair, _, _ := a.issue("broker", now.Add(-80*day), now.Add(-day))
	h := startHub(t, &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12})
	at := time.Unix(100, 0)
	b := uplink.Broker{URL: "mqtts://" + h.addr, Agent: agent, Password: "secret", CAFile: a.file, Now: func() time.Time { return at }}
	if err := examine(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	at = now
	if err := examine(t.Context(), b); err == nil {
		t.Error("still taken when the time is known")
	}
}

func TestTheAgentShowsItsCertificate(t *testing.T) {
	now := time.Now()
	a, other := newAuthority(t, now.Add(-time.Hour)), newAuthority(t, now.Add(-time.Hour))
	broker, _, _ := a.issue("broker", now.Add(-time.Hour), now.Add(time.Hour))
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		h := startHub(t, &tls.Config{Certificates: []tls.Certificate{broker}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: pool, MinVersion: version, MaxVersion: version})
		b := uplink.Broker{URL: "mqtts://" + h.addr, Agent: agent, Password: "secret", CAFile: a.file}
		var ce *uplink.ConnectError
		if err := examine(t.Context(), b); !errors.As(err, &ce) || ce.Stage != uplink.StageTLS {
			t.Errorf("%s, none is shown: %v", tls.VersionName(version), err)
		}
		_, b.CertFile, b.KeyFile = other.issue(agent, now.Add(-time.Hour), now.Add(time.Hour))
		if err := examine(t.Context(), b); !errors.As(err, &ce) || ce.Stage != uplink.StageTLS {
			t.Errorf("%s, one of another authority: %v", tls.VersionName(version), err)
		}
		_, b.CertFile, b.KeyFile = a.issue(agent, now.Add(-time.Hour), now.Add(time.Hour))
		if err := examine(t.Context(), b); err != nil {
			t.Errorf("%s: %v", tls.VersionName(version), err)
		}
	}
}

func TestOldTLSIsRefused(t *testing.T) {
	a := newAuthority(t, time.Now().Add(-time.Hour))
	pair, _, _ := a.issue("broker", time.Now().Add(-time.Hour), time.Now().Add(time.Hour))
	h := startHub(t, &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11})
	err := examine(t.Context(), uplink.Broker{URL: "mqtts://" + h.addr, Agent: agent, Password: "secret", CAFile: a.file})
	var ce *uplink.ConnectError
	if !errors.As(err, &ce) || ce.Stage != uplink.StageTLS {
		t.Error(err)
	}
}

func TestACertificateThatCannotBeUsedIsNamed(t *testing.T) {
	now := time.Now()
	a := newAuthority(t, now.Add(-time.Hour))
	_, cert, key := a.issue(agent, now.Add(-time.Hour), now.Add(time.Hour))
	_, _, otherKey := a.issue(agent, now.Add(-time.Hour), now.Add(time.Hour))
	absent := filepath.Join(t.TempDir(), "absent.pem")
	for _, x := range []struct {
		name, url, cert, key string
		want                 string // "" if all is well
	}{
		{"both", "mqtts://h", cert, key, ""},
		{"no key", "mqtts://h", cert, "", "certificate file: there is no key file beside it"},
		{"no certificate", "mqtts://h", "", key, "key file: there is no certificate file beside it"},
		{"no TLS", "mqtt://h", cert, key, "certificate file: it needs an mqtts:// url"},
		{"no TLS, key alone", "mqtt://h", "", key, "key file: it needs an mqtts:// url"},
		{"no such certificate", "mqtts://h", absent, key, "certificate file: open " + absent},
		{"no such key", "mqtts://h", cert, absent, "key file: open " + absent},
		{"key of another", "mqtts://h", cert, otherKey, "key file: " + otherKey + " does not go with the certificate in " + cert},
		{"key for certificate", "mqtts://h", key, key, "certificate file: " + key + " holds no PEM certificate"},
	} {
		t.Run(x.name, func(t *testing.T) {
			err := uplink.Broker{URL: x.url, Agent: agent, CertFile: x.cert, KeyFile: x.key}.Validate()
			if x.want == "" && err != nil || x.want != "" && (err == nil || !strings.Contains(err.Error(), x.want)) {
				t.Errorf("%v, want %q", err, x.want)
			}
		})
	}
}

func TestAnExpiredCertificateOfItsOwnIsAWarningOnly(t *testing.T) {
	now := time.Now()
	a := newAuthority(t, now.Add(-time.Hour))
	_, cert, key := a.issue(agent, now.Add(-time.Hour), now.Add(time.Hour))
	b := uplink.Broker{URL: "mqtts://h", Agent: agent, CertFile: cert, KeyFile: key}
	for at, want := range map[time.Time]string{now: "", now.Add(2 * time.Hour): "expired on", time.Unix(0, 0): "clock is behind"} {
		b.Now = fixed(at)
		if err := b.Validate(); err != nil {
			t.Error(err)
		}
		if got := b.Warning(at); (got == "") != (want == "") || !strings.Contains(got, want) {
			t.Errorf("at %v: %q, want %q", at, got, want)
		}
	}
	if w := (uplink.Broker{URL: "mqtts://h", Agent: agent}).Warning(now); w != "" {
		t.Errorf("without a certificate: %q", w)
	}
}
