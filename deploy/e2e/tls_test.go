package e2e_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"
)

// certificate makes a self-signed certificate for 127.0.0.1.
func certificate(t *testing.T) (cert, key string) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "phukin test"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &k.PublicKey, k)
	if err != nil {
		t.Fatal(err)
	}
	p, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	return write(t, dir, "broker.crt", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))),
		write(t, dir, "broker.key", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: p})))
}

func TestTheEmbeddedBrokerSpeaksTLS(t *testing.T) {
	cert, key := certificate(t)
	s := newSite(t)
	s.startHub("--mqtt-listen", "127.0.0.1:"+s.mqttPort, "--mqtt-cert", cert, "--mqtt-key", key)
	token := s.enrol()
	for _, c := range []struct {
		name, url, ca string
		code          int
	}{
		{"an agent that trusts it", "mqtts", cert, 0},
		{"an agent that does not", "mqtts", "", 1},
		{"an agent that speaks plain", "mqtt", "", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := "agent: " + agentCode + "\nbroker:\n  url: " + c.url + "://127.0.0.1:" + s.mqttPort + "\n  password: " + token + "\nspool:\n  dir: spool\ncameras: []\n"
			if c.ca != "" {
				text = strings.Replace(text, "\nspool:", "\n  ca_file: "+c.ca+"\nspool:", 1)
			}
			stdout, stderr, code := run(t, agentProgram(), "check", "--lang", "en", "--config", write(t, t.TempDir(), "agent.yaml", text))
			if code != c.code {
				t.Errorf("exit %d, want %d\n%s%s", code, c.code, stdout, stderr)
			}
		})
	}
	s.hub.stop(testPatience)
}

func TestAnAddressThatOthersReachNeedsAWord(t *testing.T) {
	plan := mustAbs(t, "testdata/plan")
	for name, c := range map[string]struct {
		args []string
		says string
	}{
		"page":                 {[]string{"--addr", "0.0.0.0:0", "--mqtt-listen", "127.0.0.1:0"}, "--http-plain"},
		"broker":               {[]string{"--addr", "127.0.0.1:0", "--mqtt-listen", ":0"}, "--mqtt-plain"},
		"certificate missing":  {[]string{"--addr", "127.0.0.1:0", "--mqtt-listen", "127.0.0.1:0", "--mqtt-cert", "/nonexistent.crt", "--mqtt-key", "/nonexistent.key"}, "/nonexistent.crt"},
		"password in the URL":  {[]string{"--addr", "127.0.0.1:0", "--mqtt-url", "mqtt://hub:secret@127.0.0.1:1"}, "--mqtt-password-file"},
		"retention of an hour": {[]string{"--addr", "127.0.0.1:0", "--mqtt-listen", "127.0.0.1:0", "--retention", "1h"}, "48h"},
	} {
		_, stderr, code := run(t, hubProgram(), append([]string{"serve", "--plan", plan, "--db", t.TempDir() + "/hub.db"}, c.args...)...)
		if code != 1 || strings.Count(stderr, "\n") != 1 || !strings.Contains(stderr, c.says) || strings.Contains(stderr, "secret") {
			t.Errorf("%s: exit %d, want 1 and one line that says %q:\n%s", name, code, c.says, stderr)
		}
	}
}
