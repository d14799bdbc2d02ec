package probetest

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"time"

	"github.com/phukin/phukin/hub/wire"
)

// tlsScript is how a camera speaks TLS.
type tlsScript struct {
	plain      bool // it speaks without TLS too, on the same port
	selfSigned bool
	stranger   bool // signed by somebody whom nobody knows
	name       string
	from, to   time.Duration // validity, from now; an hour back to an hour ahead by default
	config     func(*tls.Config)
	wrap       func(*conn) net.Conn // what lies between TCP and TLS
}

// identity is a certificate and who vouches for it.
type identity struct {
	cert  tls.Certificate
	roots *x509.CertPool
	pem   []byte // those in roots
}

func newIdentity(s *tlsScript) (*identity, error) {
	from, to := s.from, s.to
	if from == 0 && to == 0 {
		from, to = -time.Hour, time.Hour
	}
	now := time.Now()
	ca := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority"}, NotBefore: now.AddDate(-1, 0, 0),
		NotAfter: now.AddDate(1, 0, 0), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	leaf := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "camera"}, NotBefore: now.Add(from),
		NotAfter: now.Add(to), KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	switch {
	case s.name != "":
		leaf.DNSNames = []string{s.name}
	case !s.selfSigned: // those of cheap cameras name no host
		leaf.IPAddresses, leaf.DNSNames = []net.IP{net.IPv4(127, 0, 0, 1)}, []string{"localhost"}
	}
	caKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	parent, signer := ca, caKey
	if s.selfSigned {
		parent, signer = leaf, key
	}
	der, err := x509.CreateCertificate(rand.Reader, leaf, parent, &key.PublicKey, signer)
	if err != nil {
		return nil, err
	}
	caDER, err := x509.CreateCertificate(rand.Reader, ca, ca, &caKey.PublicKey, caKey)
	if err != nil {
		return nil, err
	}
	id := &identity{cert: tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, roots: x509.NewCertPool()}
	if root, err := x509.ParseCertificate(caDER); err == nil && !s.selfSigned && !s.stranger {
		id.roots.AddCert(root)
		id.pem = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: caDER})
	}
	return id, nil
}

// handshake goes on over TLS, if the other side begins that.
func (c *conn) handshake() bool {
	s := c.cam.mode.script.tls
	if s.plain {
		if b, err := c.r.Peek(1); err != nil || b[0] != 0x16 {
			return err == nil
		}
	}
	under := net.Conn(&buffered{c.raw, c.r})
	if s.wrap != nil {
		under = s.wrap(c)
	}
	cfg := &tls.Config{Certificates: []tls.Certificate{c.cam.tls.cert}, MinVersion: tls.VersionTLS12}
	if s.config != nil {
		s.config(cfg)
	}
	t := tls.Server(under, cfg)
	if t.HandshakeContext(context.Background()) != nil { // Close ends it
		return false
	}
	c.Conn = t
	c.r = bufio.NewReader(t)
	return true
}

// buffered is a connection of which something was read ahead.
type buffered struct {
	net.Conn
	r io.Reader
}

func (b *buffered) Read(p []byte) (int, error) { return b.r.Read(p) }

// dripping writes one byte at a time.
type dripping struct{ buffered }

func (d *dripping) Write(p []byte) (int, error) {
	for i := range p {
		if _, err := d.Conn.Write(p[i : i+1]); err != nil {
			return i, err
		}
		time.Sleep(20 * time.Millisecond)
	}
	return len(p), nil
}

func secure(m Mode, s tlsScript) Mode {
	m.TLS, m.script.tls = true, &s
	return m
}

func tlsModes() []Mode {
	plain := func(*Mode) {}
	b := func(name string, f wire.Fault, s tlsScript) Mode {
		return secure(bad(name, f, wire.RungTLS, func(*script) {}), s)
	}
	greet := func(name string, f wire.Fault, g func(c *conn) bool) Mode {
		m := bad(name, f, wire.RungTLS, func(s *script) { s.greet = g })
		m.TLS = true
		return m
	}
	insecure := func(m Mode) Mode { m.Insecure = true; return m }
	old := func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS10 }
	year := 365 * 24 * time.Hour
	return []Mode{
		secure(good("rtsps", plain), tlsScript{}),
		secure(good("rtsps with TLS 1.2", plain), tlsScript{config: func(c *tls.Config) { c.MaxVersion = tls.VersionTLS12 }}),
		insecure(secure(good("rtsps with a self-signed certificate, allowed", plain), tlsScript{selfSigned: true})),
		insecure(secure(good("rtsps with an expired certificate for another name, allowed", plain), tlsScript{name: "x", from: -2 * year, to: -year})),
		insecure(secure(good("rtsps with TLS 1.0, allowed", plain), tlsScript{config: old})),
		withAuth(secure(good("rtsps with digest", plain), tlsScript{}), &auth{}, user, password),
		b("a self-signed certificate", wire.FaultCertUntrusted, tlsScript{selfSigned: true}),
		b("a self-signed certificate that has expired", wire.FaultCertUntrusted, tlsScript{selfSigned: true, from: -2 * year, to: -year}),
		b("a certificate of a stranger", wire.FaultCertUntrusted, tlsScript{stranger: true}),
		b("a certificate that has expired", wire.FaultCertExpired, tlsScript{from: -300 * 24 * time.Hour, to: -time.Hour}),
		b("a certificate that is not yet valid", wire.FaultCertExpired, tlsScript{from: time.Hour, to: 300 * 24 * time.Hour}),
		b("a certificate for another name", wire.FaultCertName, tlsScript{name: "other.example"}),
		b("a certificate for another name that has expired", wire.FaultCertExpired, tlsScript{name: "other.example", from: -2 * time.Hour, to: -time.Hour}),
		b("TLS 1.0 only", wire.FaultTLS, tlsScript{config: old}),
		b("a certificate of ours is asked for", wire.FaultTLS, tlsScript{config: func(c *tls.Config) {
			c.MaxVersion, c.ClientAuth = tls.VersionTLS12, tls.RequireAnyClientCert
		}}),
		b("a handshake that drips", wire.FaultTimeout, tlsScript{wrap: func(c *conn) net.Conn { return &dripping{buffered{c.raw, c.r}} }}),
		greet("silent in the handshake", wire.FaultTimeout, func(c *conn) bool { return c.hang() }),
		greet("closes in the handshake", wire.FaultTLS, func(*conn) bool { return false }),
		greet("resets in the handshake", wire.FaultTLS, func(c *conn) bool {
			_, _ = c.r.Peek(1)
			return c.reset()
		}),
		greet("plain RTSP on the TLS port", wire.FaultTLS, func(c *conn) bool { return c.send("RTSP/1.0 400 Bad Request\r\n\r\n") && c.hang() }),
		greet("garbage in the handshake", wire.FaultTLS, func(c *conn) bool { return c.send("\x16\x03\x03\x00\x05garbage") && c.hang() }),
		greet("garbage without end in the handshake", wire.FaultTLS, func(c *conn) bool {
			return flood("", string(bytes.Repeat([]byte{0x16, 3, 3, 0x40, 0}, 4000)))(c, nil)
		}),
		greet("empty records without end in the handshake", wire.FaultTLS, func(c *conn) bool {
			return flood("", string(bytes.Repeat([]byte{0x16, 3, 3, 0, 0}, 4000)))(c, nil)
		}),
		secure(bad("garbage between the records of TLS", wire.FaultMalformed, wire.RungDescribe, answer("DESCRIBE", func(c *conn, _ *Request) bool {
			_, err := c.raw.Write([]byte("\x17\x03\x03\x00\x20" + string(make([]byte, 32))))
			return err == nil && c.hang()
		})), tlsScript{}),
		secure(bad("plain text after TLS", wire.FaultMalformed, wire.RungDescribe, answer("DESCRIBE", func(c *conn, r *Request) bool {
			_, err := c.raw.Write([]byte(response(r, 200, "OK", nil, "")))
			return err == nil && c.hang()
		})), tlsScript{}),
		secure(bad("silent over TLS", wire.FaultTimeout, wire.RungPlay, answer("PLAY", silent)), tlsScript{}),
		secure(bad("resets over TLS", wire.FaultClosed, wire.RungPlay, answer("PLAY", reset)), tlsScript{}),
	}
}
