package brokertest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// pki is an authority that lives as long as a site, with the broker's
// certificate and those of agents, and another authority that nobody trusts.
type pki struct {
	ca, stranger *authority
	pool         *x509.CertPool
	broker       tls.Certificate
	files        Files
}

// Files are those that a broker is given.
type Files struct{ CA, Cert, Key string }

type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(name string) (*authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	t := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, t, t, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	cert, err := x509.ParseCertificate(der)
	return &authority{cert, key}, err
}

// issue signs a certificate for a name, for this machine, until a time.
func (a *authority) issue(name string, until time.Time) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	if err != nil {
		return tls.Certificate{}, err
	}
	t := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-30 * time.Minute), NotAfter: until,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, t, a.cert, &key.PublicKey, a.key)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, err
}

func newPKI(dir string) (p *pki, err error) {
	p = &pki{pool: x509.NewCertPool(), files: Files{filepath.Join(dir, "ca.crt"), filepath.Join(dir, "broker.crt"), filepath.Join(dir, "broker.key")}}
	if p.ca, err = newAuthority("authority of a test"); err != nil {
		return p, err
	}
	if p.stranger, err = newAuthority("another authority"); err != nil {
		return p, err
	}
	p.pool.AddCert(p.ca.cert)
	if p.broker, err = p.ca.issue("broker", time.Now().Add(time.Hour)); err != nil {
		return p, err
	}
	key, err := x509.MarshalPKCS8PrivateKey(p.broker.PrivateKey)
	if err != nil {
		return p, err
	}
	for path, block := range map[string]*pem.Block{
		p.files.CA:   {Type: "CERTIFICATE", Bytes: p.ca.cert.Raw},
		p.files.Cert: {Type: "CERTIFICATE", Bytes: p.broker.Certificate[0]},
		p.files.Key:  {Type: "PRIVATE KEY", Bytes: key},
	} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			return p, fmt.Errorf("certificates of the test: %w", err)
		}
	}
	return p, nil
}

// Certificates makes the files of a broker that agents can trust for a while.
func Certificates(dir string) (Files, error) {
	p, err := newPKI(dir)
	return p.files, err
}

// server is the broker's side of TLS. It asks for nothing: what is refused is
// up to the broker.
func (p *pki) server() *tls.Config {
	return &tls.Config{Certificates: []tls.Certificate{p.broker}, MinVersion: tls.VersionTLS10}
}

// client is a client's side.
func (p *pki) client() *tls.Config {
	return &tls.Config{RootCAs: p.pool, ServerName: "127.0.0.1", MinVersion: tls.VersionTLS12}
}

// certificate gives the certificate of an agent.
func (p *pki) certificate(agent string) (tls.Certificate, error) {
	return p.ca.issue(agent, time.Now().Add(time.Hour))
}
