package uplink_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	mochi "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"

	"github.com/phukin/phukin/agent/uplink"
)

// examine and reach give the error of Examine alone.
func examine(ctx context.Context, b uplink.Broker) error {
	_, err := uplink.Examine(ctx, b, false)
	return err
}

func reach(ctx context.Context, b uplink.Broker) error {
	_, err := uplink.Examine(ctx, b, true)
	return err
}

func TestExaminationGoesThroughEveryStage(t *testing.T) {
	h := startHub(t, nil)
	stages, err := uplink.Examine(t.Context(), uplink.Broker{URL: "mqtt://" + h.addr, Agent: agent, Password: "secret"}, false)
	var got []uplink.Stage
	for _, s := range stages {
		got = append(got, s.Stage)
	}
	if err != nil || !slices.Equal(got, []uplink.Stage{uplink.StageTCP, uplink.StageLogin, uplink.StageSubscribe, uplink.StagePublish}) {
		t.Errorf("%v, %v", got, err)
	}
	within(t, "the hub hears that the agent is offline", func() bool {
		h.mu.Lock()
		defer h.mu.Unlock()
		return len(h.lives) == 1 && !h.lives[0].Online
	})
	if len(h.hellos) != 0 {
		t.Error("an examination says hello")
	}
}

// wall lets nobody read.
type wall struct{ mochi.HookBase }

func (*wall) ID() string                                               { return "wall" }
func (*wall) Provides(b byte) bool                                     { return b == mochi.OnConnectAuthenticate || b == mochi.OnACLCheck }
func (*wall) OnConnectAuthenticate(*mochi.Client, packets.Packet) bool { return true }
func (*wall) OnACLCheck(_ *mochi.Client, _ string, write bool) bool    { return write }

func TestATopicThatMayNotBeReadIsNamed(t *testing.T) {
	m := mochi.New(&mochi.Options{Logger: quiet})
	l, err := listen("127.0.0.1:0", nil)
	if err = errors.Join(err, m.AddHook(&wall{}, nil), m.AddListener(l), m.Serve()); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = m.Close() }()
	_, err = uplink.Examine(t.Context(), uplink.Broker{URL: "mqtt://" + l.Address(), Agent: agent}, false)
	var ce *uplink.ConnectError
	if !errors.As(err, &ce) || ce.Stage != uplink.StageSubscribe {
		t.Error(err)
	}
}

var errCut = errors.New("cut off by the test")

func TestCheckSaysAtWhichStageItFails(t *testing.T) {
	h := startHub(t, nil)
	ok := uplink.Broker{URL: "mqtt://" + h.addr, Agent: agent, Password: "secret"}
	if err := examine(t.Context(), ok); err != nil {
		t.Errorf("a good login: %v", err)
	}
	if err := reach(t.Context(), ok); err != nil {
		t.Errorf("reaching: %v", err)
	}
	for _, c := range []struct {
		name     string
		b        uplink.Broker
		stage    uplink.Stage
		rejected bool
		text     string
	}{
		{"nobody listens", uplink.Broker{URL: "mqtt://127.0.0.1:1", Agent: agent}, uplink.StageTCP, false, "broker 127.0.0.1:1: tcp failed: connect: connection refused"},
		{"wrong password", uplink.Broker{URL: ok.URL, Agent: agent, Password: "hunter2"}, uplink.StageLogin, true, "password is wrong"},
		{"wrong user name", uplink.Broker{URL: ok.URL, Agent: agent, Username: "root", Password: "secret"}, uplink.StageLogin, true, ""},
		{"no TLS there", uplink.Broker{URL: "mqtts://" + h.addr, Agent: agent}, uplink.StageTLS, false, ""},
	} {
		err := examine(t.Context(), c.b)
		var ce *uplink.ConnectError
		if !errors.As(err, &ce) || ce.Stage != c.stage || errors.Is(err, uplink.ErrRejected) != c.rejected || !strings.Contains(err.Error(), c.text) {
			t.Errorf("%s: %v", c.name, err)
		}
		if err != nil && (strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "\n")) {
			t.Errorf("%s: %q", c.name, err)
		}
	}
}

func TestCheckEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	begin := time.Now()
	err := examine(ctx, uplink.Broker{URL: "mqtt://" + silentServer(t), Agent: agent})
	var ce *uplink.ConnectError
	if !errors.As(err, &ce) || ce.Stage != uplink.StageLogin || !errors.Is(err, context.DeadlineExceeded) || time.Since(begin) > 3*time.Second {
		t.Errorf("%v after %v", err, time.Since(begin))
	}
}

func TestTLSTrustsTheGivenCAAndNobodyElse(t *testing.T) {
	cert, ca := certificate(t)
	h := startHub(t, &tls.Config{Certificates: []tls.Certificate{cert}})
	b := uplink.Broker{URL: "mqtts://" + h.addr, Agent: agent, Password: "secret", CAFile: ca}
	if err := examine(t.Context(), b); err != nil {
		t.Errorf("trusted: %v", err)
	}
	b.CAFile = ""
	var ce *uplink.ConnectError
	if err := examine(t.Context(), b); !errors.As(err, &ce) || ce.Stage != uplink.StageTLS {
		t.Errorf("not trusted: %v", err)
	}
}

func TestBrokerSettingsAreCheckedAndNeverShowAPassword(t *testing.T) {
	notPEM := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(notPEM, []byte("no"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		b    uplink.Broker
		want string
	}{
		{uplink.Broker{URL: "http://h"}, "must begin with"},
		{uplink.Broker{URL: "mqtt://:1883"}, "no host"},
		{uplink.Broker{URL: "mqtt://u:hunter2@h"}, "must not hold"},
		{uplink.Broker{URL: "mqtt://u:hunter2@h:xx"}, "cannot be parsed"},
		{uplink.Broker{URL: "mqtt://h/topic"}, "go on after the port"},
		{uplink.Broker{URL: "mqtt://h", CAFile: notPEM}, "needs an mqtts"},
		{uplink.Broker{URL: "mqtts://h", CAFile: notPEM}, "no PEM certificate"},
		{uplink.Broker{URL: "mqtts://h", CAFile: notPEM + "x"}, "CA file"},
	} {
		c.b.Agent = agent
		err := c.b.Validate()
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", c.b.URL, err)
		}
	}
	if err := (uplink.Broker{URL: "mqtt://h", Agent: "a/b"}).Validate(); err == nil {
		t.Error("an agent's code with a slash was taken")
	}
	if got := (uplink.Broker{URL: "mqtts://h"}).Addr(); got != "h:8883" {
		t.Errorf("address %s", got)
	}
}

// counter counts log records by message.
type counter struct {
	slog.Handler
	mu *sync.Mutex
	n  map[string]int
}

func (c counter) Handle(ctx context.Context, r slog.Record) error {
	c.mu.Lock()
	c.n[r.Message]++
	c.mu.Unlock()
	return c.Handler.Handle(ctx, r)
}
func (c counter) WithAttrs(as []slog.Attr) slog.Handler {
	return counter{c.Handler.WithAttrs(as), c.mu, c.n}
}

func TestALoginThatIsRefusedIsSaidOnceAndTriedAgain(t *testing.T) {
	h, q := startHub(t, nil), openSpool(t)
	o := h.options(q)
	o.Broker.Password = "hunter2"
	o.MinBackoff, o.MaxBackoff = time.Millisecond, time.Millisecond
	log := counter{quiet.Handler(), &sync.Mutex{}, map[string]int{}}
	o.Logger = slog.New(log)
	u := start(t, o)
	tries := func() int64 { return h.mqtt.Info.Clone().PacketsReceived }
	within(t, "it tries often", func() bool { return tries() > 10 })
	u.Close()
	if n := log.n["no connection to the broker"]; n != 1 {
		t.Errorf("%d lines in the log", n)
	}
	if st := u.Status(); st.Connected || !strings.Contains(st.LastError, "password is wrong") {
		t.Errorf("%+v", st)
	}
}

func certificate(t *testing.T) (tls.Certificate, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, path
}
