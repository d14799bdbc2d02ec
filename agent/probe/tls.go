package probe

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"strings"
	"syscall"
	"time"

	"github.com/phukin/phukin/hub/wire"
)

// secure shakes hands over the connection (RFC 7826 §19.2). The deadline of the
// connection bounds it, and ends with ctx, so that no goroutine is needed.
func (c *climber) secure(context.Context) *fall {
	s := c.session
	host, _, _ := strings.Cut(c.addr.host, "%") // the zone is ours
	conn := tls.Client(s.raw, c.tlsConfig(host))
	if err := conn.Handshake(); err != nil { //nolint:noctx // see above
		return c.tlsFall(err, host)
	}
	s.secure(conn)
	return nil
}

func (c *climber) tlsConfig(host string) *tls.Config {
	cfg := &tls.Config{ServerName: host, RootCAs: c.target.RootCAs, Time: c.target.Now, MinVersion: tls.VersionTLS12}
	if c.target.Insecure {
		cfg.InsecureSkipVerify = true     // what Target.Insecure says
		cfg.MinVersion = tls.VersionTLS10 // see Target.Insecure
		for _, s := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
			cfg.CipherSuites = append(cfg.CipherSuites, s.ID)
		}
	}
	return cfg
}

// tlsFall gives the fall for an error of the handshake.
func (c *climber) tlsFall(err error, host string) *fall {
	var cve *tls.CertificateVerificationError
	var rhe tls.RecordHeaderError
	var errno syscall.Errno
	switch {
	case errors.As(err, &cve) && len(cve.UnverifiedCertificates) > 0:
		return c.certificateFall(cve, host)
	case isTimeout(err):
		return fell(wire.FaultTimeout, "handshake: no answer in time")
	case errors.As(err, &rhe):
		return fell(wire.FaultTLS, "handshake: what the camera answers is not TLS")
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return fell(wire.FaultTLS, "handshake: the camera closed the connection")
	case errors.As(err, &errno): // the number is enough; the error around it names our port
		return fell(wire.FaultTLS, "handshake: %w", errno)
	}
	return fell(wire.FaultTLS, "handshake: %s", clipText(err.Error()))
}

// certificateFall tells what is wrong with a certificate. Of several things
// it names the first to be mended: nobody vouches for it, then its time, then
// its name. Package x509 looks the other way round, and so would call the
// self-signed certificate of a camera one for another name.
func (c *climber) certificateFall(cve *tls.CertificateVerificationError, host string) *fall {
	leaf := cve.UnverifiedCertificates[0]
	opts := x509.VerifyOptions{Roots: c.target.RootCAs, Intermediates: x509.NewCertPool(),
		// at a time at which the certificate is valid, whatever the clock says
		CurrentTime: leaf.NotBefore.Add(leaf.NotAfter.Sub(leaf.NotBefore) / 2)}
	for _, cert := range cve.UnverifiedCertificates[1:] {
		opts.Intermediates.AddCert(cert)
	}
	_, err := leaf.Verify(opts)
	var invalid x509.CertificateInvalidError
	var unknown x509.UnknownAuthorityError
	switch {
	case err == nil, errors.As(err, &invalid) && invalid.Reason == x509.Expired:
	case errors.As(err, &unknown):
		if leaf.CheckSignature(leaf.SignatureAlgorithm, leaf.RawTBSCertificate, leaf.Signature) == nil {
			return fell(wire.FaultCertUntrusted, "the certificate is self-signed and not among the trusted ones")
		}
		return fell(wire.FaultCertUntrusted, "nobody trusted vouches for the certificate")
	default:
		return fell(wire.FaultCertUntrusted, "the certificate is not made for this: %s", clipText(err.Error()))
	}
	switch now := c.target.Now(); {
	case now.After(leaf.NotAfter):
		return fell(wire.FaultCertExpired, "the certificate was valid until %s, our clock says %s", utc(leaf.NotAfter), utc(now))
	case now.Before(leaf.NotBefore):
		return fell(wire.FaultCertExpired, "the certificate is valid from %s, our clock says %s", utc(leaf.NotBefore), utc(now))
	case err != nil, errors.As(cve.Err, &invalid) && invalid.Reason == x509.Expired:
		return fell(wire.FaultCertExpired, "a certificate that vouches for that of the camera is not valid at this time")
	}
	if err := leaf.VerifyHostname(host); err != nil {
		return fell(wire.FaultCertName, "the certificate is not for %q", clip(host))
	}
	return fell(wire.FaultCertUntrusted, "the certificate: %s", clipText(cve.Err.Error()))
}

func utc(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }
