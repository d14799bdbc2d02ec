package broker_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"github.com/phukin/phukin/hub/broker"
	"github.com/phukin/phukin/hub/wire"
)

// mosquitto is Debian's Mosquitto with the configuration that the product
// recommends.
type mosquitto struct {
	t    *testing.T
	bin  string
	dir  string
	addr string
	stop func()
}

// findMosquitto looks where Debian puts it, too: /usr/sbin is not in
// everybody's path.
func findMosquitto(t *testing.T, name string) string {
	t.Helper()
	for _, path := range []string{name, "/usr/sbin/" + name, "/usr/bin/" + name} {
		if bin, err := exec.LookPath(path); err == nil {
			return bin
		}
	}
	const mend = "mosquitto is not there; mend it with: apt-get install --no-install-recommends mosquitto"
	if os.Getenv("PHUKIN_REQUIRE_PEERS") == "1" {
		t.Fatal(mend)
	}
	t.Skip("LOUD SKIP: " + mend)
	return ""
}

func newMosquitto(t *testing.T) *mosquitto {
	t.Helper()
	m := &mosquitto{t: t, bin: findMosquitto(t, "mosquitto"), dir: t.TempDir(), stop: func() {}}
	passwd := findMosquitto(t, "mosquitto_passwd")
	file := filepath.Join(m.dir, "passwd")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for user, password := range map[string]string{"phukin-hub": "secret-hub", "a": "secret-a", "b": "secret-b", "other": "secret-other"} {
		if out, err := exec.Command(passwd, "-b", file, user, password).CombinedOutput(); err != nil {
			t.Fatalf("mosquitto_passwd: %v: %s", err, out)
		}
	}
	t.Cleanup(func() {
		m.stop()
		if t.Failed() {
			t.Logf("mosquitto says:\n%s", m.log())
		}
	})
	return m
}

// config is the recommended configuration with this test's port and paths in
// it, and nothing else changed.
func (m *mosquitto) config(addr string) string {
	m.t.Helper()
	folder, err := filepath.Abs("../../deploy/mosquitto")
	if err != nil {
		m.t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(folder, "mosquitto.conf"))
	if err != nil {
		m.t.Fatal(err)
	}
	_, port, _ := strings.Cut(addr, ":")
	conf := string(text)
	for old, replaced := range map[string]string{
		"\nlistener 1883 127.0.0.1\n":                    "\nlistener " + port + " 127.0.0.1\n",
		"\npassword_file /etc/mosquitto/phukin.passwd\n": "\npassword_file " + filepath.Join(m.dir, "passwd") + "\n",
		"\nacl_file /etc/mosquitto/phukin.acl\n":         "\nacl_file " + filepath.Join(folder, "acl") + "\n",
	} {
		if strings.Count(conf, old) != 1 {
			m.t.Fatalf("mosquitto.conf has no line %q", old)
		}
		conf = strings.Replace(conf, old, replaced, 1)
	}
	if os.Geteuid() == 0 {
		conf += "user root\n" // else it gives up its rights to the test's files
	}
	return conf
}

// start runs it, on the address it had before if there is one.
func (m *mosquitto) start() {
	m.t.Helper()
	for range 10 { // somebody may take the port before it does
		addr := m.addr
		if addr == "" {
			addr = freeAddr(m.t)
		}
		if m.try(addr) {
			m.addr = addr
			return
		}
	}
	m.t.Fatalf("mosquitto does not start:\n%s", m.log())
}

func (m *mosquitto) log() []byte {
	text, _ := os.ReadFile(filepath.Join(m.dir, "log"))
	return text
}

func (m *mosquitto) try(addr string) bool {
	m.t.Helper()
	conf := filepath.Join(m.dir, "mosquitto.conf")
	if err := os.WriteFile(conf, []byte(m.config(addr)), 0o600); err != nil {
		m.t.Fatal(err)
	}
	log, err := os.OpenFile(filepath.Join(m.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		m.t.Fatal(err)
	}
	defer func() { _ = log.Close() }()
	cmd := exec.Command(m.bin, "-c", conf)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		m.t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { defer close(ended); _ = cmd.Wait() }()
	m.stop = func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		<-ended
	}
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		select {
		case <-ended:
			return false
		default:
		}
		c := mqtt.NewClient(options(addr, "other", "secret-other"))
		if token := c.Connect(); token.WaitTimeout(patience) && token.Error() == nil {
			c.Disconnect(100)
			return true
		}
	}
	m.stop()
	return false
}

func (m *mosquitto) dial(h broker.Handler) *broker.Client {
	m.t.Helper()
	return mustDial(m.t, broker.DialConfig{URL: "mqtt://" + m.addr, Username: "phukin-hub", Password: "secret-hub", Handler: h})
}

func TestMosquittoWithTheRecommendedConfiguration(t *testing.T) {
	m := newMosquitto(t)
	m.start()
	in := &inbox{}
	hub := m.dial(in.handle)
	login := func(agent string) mqtt.Client { return mustLogin(t, options(m.addr, agent, "secret-"+agent)) }
	a, b := login("a"), login("b")
	mine, _ := subscribe(t, b, down("b"))

	t.Run("messages flow both ways", func(t *testing.T) {
		publish(t, b, up("b"), 1, false, "batch")
		publish(t, b, live("b"), 0, false, "state")
		in.waitFor(t, up("b")+" batch")
		in.waitFor(t, live("b")+" state")
		if err := hub.Send(down("b"), []byte("ack")); err != nil {
			t.Fatal(err)
		}
		mine.waitFor(t, down("b")+" ack")
		publish(t, b, up("b"), 1, false, make([]byte, wire.MaxMessage))
		in.waitFor(t, up("b")+fmt.Sprintf(" %d bytes", wire.MaxMessage))
	})
	t.Run("wrong password", func(t *testing.T) {
		_, err := dial(t, broker.DialConfig{URL: "mqtt://" + m.addr, Username: "phukin-hub", Password: "wrong"})
		want := "MQTT broker " + m.addr + `: login as "phukin-hub" refused: user name or password is wrong`
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want one that says %q", err, want)
		}
		// Under an id of its own: see mosquitto.conf.
		if _, err := dial(t, broker.DialConfig{URL: "mqtt://" + m.addr, ClientID: "nobody"}); err == nil {
			t.Error("let in without any login")
		}
	})
	t.Run("an agent writes only its own", func(t *testing.T) {
		for _, topic := range []string{up("b"), live("b"), down("b"), down("a"), "other"} {
			publish(t, a, topic, 1, false, "forged")
		}
		publish(t, a, up("a"), 1, false, "mark")
		in.waitFor(t, up("a")+" mark")
		if err := hub.Send(down("b"), []byte("mark")); err != nil {
			t.Fatal(err)
		}
		mine.waitFor(t, down("b")+" mark")
		for _, s := range append(in.all(), mine.all()...) {
			if strings.Contains(s, "forged") {
				t.Errorf("%q arrived", s)
			}
		}
	})
	t.Run("an agent reads only its own", func(t *testing.T) {
		boxes := map[string]*inbox{}
		for _, filter := range []string{"#", "phukin/#", up("b"), down("b"), wire.TopicFilter(wire.Down), "$share/g/" + wire.TopicFilter(wire.Up), "$share/g/" + down("b")} {
			boxes[filter], _ = subscribe(t, a, filter)
		}
		for i := range 10 {
			publish(t, b, up("b"), 1, false, fmt.Sprintf("theirs %d", i))
			in.waitFor(t, up("b")+fmt.Sprintf(" theirs %d", i)) // nobody steals it
			if err := hub.Send(down("b"), fmt.Appendf(nil, "theirs %d", i)); err != nil {
				t.Fatal(err)
			}
			mine.waitFor(t, down("b")+fmt.Sprintf(" theirs %d", i))
		}
		own, _ := subscribe(t, a, down("a"))
		if err := hub.Send(down("a"), []byte("mark")); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the mark", func() bool {
			got := own.all()
			for _, box := range boxes { // a message comes once, by one of the filters
				got = append(got, box.all()...)
			}
			return len(got) > 0
		})
		for filter, box := range boxes {
			for _, s := range box.all() {
				if strings.Contains(s, "theirs") {
					t.Errorf("%q arrived by %s", s, filter)
				}
			}
		}
	})
	t.Run("nobody takes another's client id", func(t *testing.T) {
		for _, victim := range []string{"b", "phukin-hub"} {
			mustLogin(t, options(m.addr, "other", "secret-other").SetClientID(victim))
		}
		publish(t, b, up("b"), 1, false, "still here")
		in.waitFor(t, up("b")+" still here")
		if !b.IsConnectionOpen() || hub.Send(down("b"), []byte("as am I")) != nil {
			t.Error("a connection was ended by a stranger")
		}
		mine.waitFor(t, down("b")+" as am I")
	})
	t.Run("nothing is retained", func(t *testing.T) {
		c := login("other")
		c.Publish(live("other"), 1, true, "stays").WaitTimeout(time.Second)
		if err := hub.Close(); err != nil {
			t.Fatal(err)
		}
		late := &inbox{}
		m.dial(late.handle)
		publish(t, b, up("b"), 1, false, "mark")
		late.waitFor(t, up("b")+" mark")
		for _, s := range late.all() {
			if strings.Contains(s, "stays") {
				t.Errorf("a newcomer is given %q", s)
			}
		}
	})
}

func TestTheHubComesBackAfterMosquittoRestarted(t *testing.T) {
	m := newMosquitto(t)
	m.start()
	in := &inbox{}
	hub := m.dial(in.handle)
	m.stop()
	eventually(t, "the loss", func() bool { return hub.Send(down("a"), nil) != nil })
	m.start()
	c := mustLogin(t, options(m.addr, "a", "secret-a"))
	mine, _ := subscribe(t, c, down("a"))
	eventually(t, "a message after the restart", func() bool {
		publish(t, c, up("a"), 1, false, "again")
		return len(in.all()) > 0
	})
	if err := hub.Send(down("a"), []byte("ack")); err != nil {
		t.Fatal(err)
	}
	mine.waitFor(t, down("a")+" ack")
}
