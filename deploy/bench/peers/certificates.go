package peers

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

// certificates are self-signed ones in a folder: "good" for 127.0.0.1,
// "expired" for it, and "other" for another name.
type certificates struct {
	dir   string
	pairs map[string]pair
}

type pair struct{ cert, key []byte } // PEM

func (c *certificates) file(name string) string { return filepath.Join(c.dir, name+".crt") }
func (c *certificates) pem(name string) []byte  { return c.pairs[name].cert }

func (c *certificates) config(name string) (*tls.Config, error) {
	p, err := tls.X509KeyPair(c.pairs[name].cert, c.pairs[name].key)
	if err != nil {
		return nil, fmt.Errorf("certificate %s: %w", name, err)
	}
	return &tls.Config{Certificates: []tls.Certificate{p}, MinVersion: tls.VersionTLS12}, nil
}

// makeCertificates writes them into a folder of their own.
func (r *Running) makeCertificates() error {
	dir, err := os.MkdirTemp("", "phukin-peers-")
	if err != nil {
		return err
	}
	r.stop = append(r.stop, func() { _ = os.RemoveAll(dir) })
	r.certs = &certificates{dir: dir, pairs: map[string]pair{}}
	now := time.Now()
	for _, c := range []struct {
		name  string
		until time.Time
		ip    []net.IP
		dns   []string
	}{
		{"good", now.Add(24 * time.Hour), []net.IP{net.IPv4(127, 0, 0, 1)}, nil},
		{"expired", now.Add(-time.Hour), []net.IP{net.IPv4(127, 0, 0, 1)}, nil},
		{"other", now.Add(24 * time.Hour), nil, []string{"camera.example"}},
	} {
		p, err := selfSigned(&x509.Certificate{
			SerialNumber: big.NewInt(now.UnixNano()), Subject: pkix.Name{CommonName: "camera " + c.name},
			NotBefore: now.Add(-48 * time.Hour), NotAfter: c.until, IPAddresses: c.ip, DNSNames: c.dns,
			IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
			ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		})
		if err != nil {
			return fmt.Errorf("certificate %s: %w", c.name, err)
		}
		r.certs.pairs[c.name] = p
		for ext, data := range map[string][]byte{".crt": p.cert, ".key": p.key} {
			if err := os.WriteFile(filepath.Join(dir, c.name+ext), data, 0o600); err != nil {
				return err
			}
		}
	}
	return nil
}

func selfSigned(template *x509.Certificate) (pair, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return pair{}, err
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return pair{}, err
	}
	k, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return pair{}, err
	}
	return pair{pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: k})}, nil
}

// SelfSigned makes a certificate of 127.0.0.1 for a day, as PEM.
func SelfSigned() (cert, key []byte, err error) {
	now := time.Now()
	p, err := selfSigned(&x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()), Subject: pkix.Name{CommonName: "bench"}, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(24 * time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	})
	return p.cert, p.key, err
}
