package uplink

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"time"
)

// written is before this program was written. The moment of the build is not
// taken: the clock of a machine that builds can be ahead, and its agents would
// then find every certificate expired.
var written = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// floor is a clock that is never before a moment that has certainly passed.
//
// A device without a battery for its clock boots in 1970, or when it was last
// on, and would refuse every certificate as not yet valid, the broker's too,
// from behind which it learns the time. So certificates are verified as of the
// latest of: the clock; written; since when the authority's and its own
// certificate are valid; and, for a certificate of the broker that
// would be in order but for its being not yet valid, since when that is: its
// authority has signed it, so that moment has come.
//
// What this weakens: while the clock is behind, a certificate that expired
// meanwhile is still taken, and one that is signed for the future is taken
// too early. Nothing else is. A clock that is ahead is not mended by it.
type floor struct {
	now func() time.Time // the clock

	mu    sync.Mutex
	least time.Time
}

func (f *floor) time() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	if now := f.now(); now.After(f.least) {
		return now
	}
	return f.least
}

// raise says that t has passed.
func (f *floor) raise(t time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if t.After(f.least) {
		f.least = t
	}
}

// secure fills in d's configuration of TLS from its files.
func (d *dialer) secure(host string) error {
	d.clock = &floor{now: d.b.Now, least: written}
	if d.clock.now == nil {
		d.clock.now = time.Now
	}
	d.tls = &tls.Config{MinVersion: tls.VersionTLS12, ServerName: host, Time: d.clock.time}
	if d.b.CAFile != "" {
		text, err := os.ReadFile(d.b.CAFile)
		if err != nil {
			return fmt.Errorf("broker: CA file: %w", err)
		}
		d.tls.RootCAs = x509.NewCertPool()
		if !d.tls.RootCAs.AppendCertsFromPEM(text) {
			return fmt.Errorf("broker: CA file %s holds no PEM certificate", d.b.CAFile)
		}
		for _, c := range certificates(text) {
			d.clock.raise(c.NotBefore)
		}
	}
	own, err := d.b.certificate()
	if own == nil || err != nil {
		return err
	}
	d.clock.raise(own.Leaf.NotBefore)
	// It is shown whatever authorities the broker says it knows: if it is
	// refused the broker's log says why.
	d.tls.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return own, nil }
	return nil
}

// certificate reads the agent's certificate, nil if it has none.
func (b Broker) certificate() (*tls.Certificate, error) {
	switch {
	case b.CertFile == "" && b.KeyFile == "":
		return nil, nil
	case b.CertFile == "":
		return nil, errors.New("broker: key file: there is no certificate file beside it")
	case b.KeyFile == "":
		return nil, errors.New("broker: certificate file: there is no key file beside it")
	}
	cert, err := os.ReadFile(b.CertFile)
	if err != nil {
		return nil, fmt.Errorf("broker: certificate file: %w", err)
	}
	key, err := os.ReadFile(b.KeyFile)
	if err != nil {
		return nil, fmt.Errorf("broker: key file: %w", err)
	}
	if len(certificates(cert)) == 0 {
		return nil, fmt.Errorf("broker: certificate file: %s holds no PEM certificate", b.CertFile)
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return nil, fmt.Errorf("broker: key file: %s does not go with the certificate in %s: %w", b.KeyFile, b.CertFile, err)
	}
	return &pair, nil
}

// Warning says what will be wrong with the agent's own certificate at a time,
// "" if nothing. It is for the broker to refuse it: the device's clock may be
// what is wrong.
func (b Broker) Warning(now time.Time) string {
	own, err := b.certificate()
	switch {
	case own == nil || err != nil: // see Validate
		return ""
	case now.After(own.Leaf.NotAfter):
		return fmt.Sprintf("the agent's certificate %s expired on %s, by this device's clock", b.CertFile, own.Leaf.NotAfter.Format(time.RFC3339))
	case now.Before(own.Leaf.NotBefore):
		return fmt.Sprintf("the agent's certificate %s is valid from %s: this device's clock is behind", b.CertFile, own.Leaf.NotBefore.Format(time.RFC3339))
	}
	return ""
}

// certificates gives those in a PEM text.
func certificates(text []byte) (all []*x509.Certificate) {
	for {
		var block *pem.Block
		if block, text = pem.Decode(text); block == nil {
			return all
		}
		if c, err := x509.ParseCertificate(block.Bytes); block.Type == "CERTIFICATE" && err == nil {
			all = append(all, c)
		}
	}
}

// handshake connects TLS over conn, with the clock at a moment if one is
// given. If the broker's certificate is not valid yet, notBefore is when it
// will be: everything else about it has not been verified then.
func (d *dialer) handshake(ctx context.Context, conn net.Conn, at time.Time) (c net.Conn, notBefore time.Time, err error) {
	config := d.tls
	if !at.IsZero() {
		config = config.Clone()
		config.Time = func() time.Time { return at }
	}
	t := tls.Client(conn, config)
	if err = t.HandshakeContext(ctx); err == nil {
		return t, time.Time{}, nil
	}
	_ = conn.Close()
	var invalid x509.CertificateInvalidError
	if errors.As(err, &invalid) && invalid.Reason == x509.Expired && invalid.Cert.NotBefore.After(config.Time()) {
		notBefore = invalid.Cert.NotBefore
	}
	return nil, notBefore, err
}
