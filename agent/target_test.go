package agent_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"io"
	"math/big"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/phukin/phukin/agent"
	"github.com/phukin/phukin/agent/probe"
	"github.com/phukin/phukin/hub/wire"
)

func certificate(t *testing.T, path string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestTheProbeIsToldWhatTheConfigurationSaysOfACamera(t *testing.T) {
	path := write(t, least+`udp_ports: 50000-50003
transport: tcp
cameras:
- {code: A, url: rtsp://a/, ca_file: ca.pem}
- {code: B, url: rtsp://b/, transport: udp, insecure: true, username: u, password: 007}
- {code: C, url: rtsp://c/, transport: auto}
`)
	certificate(t, filepath.Join(filepath.Dir(path), "ca.pem"))
	c, err := agent.LoadConfig(path)
	if err != nil {
		t.Fatal(err)
	}
	c.Broker.URL = "mqtt://127.0.0.1:1"
	var (
		mu   sync.Mutex
		told = map[string]probe.Target{}
	)
	_, err = agent.Check(t.Context(), agent.CheckOptions{Config: &c, Out: io.Discard, Probe: func(_ context.Context, k probe.Target) probe.Result {
		mu.Lock()
		defer mu.Unlock()
		told[k.URL] = k
		return probe.Result{Reached: wire.RungFresh}
	}})
	if err != nil {
		t.Fatal(err)
	}
	a, b, d := told["rtsp://a/"], told["rtsp://b/"], told["rtsp://c/"]
	ports := probe.PortRange{First: 50000, Last: 50003}
	if a.RootCAs == nil || a.Transport != probe.TransportTCP || a.Insecure || a.UDPPorts != ports || a.Depth != probe.Full || a.Timeout != 10*time.Second {
		t.Errorf("A: %#v", a.RootCAs)
	}
	if b.RootCAs != nil || b.Transport != probe.TransportUDP || !b.Insecure || b.UDPPorts != ports || b.Username != "u" || string(b.Password) != "007" {
		t.Error("B")
	}
	if d.Transport != probe.TransportAuto || d.Insecure {
		t.Error("C")
	}
}
