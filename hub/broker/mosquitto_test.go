package broker_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/phukin/phukin/hub/broker"
	"github.com/phukin/phukin/hub/broker/brokertest"
	"github.com/phukin/phukin/hub/enrol"
)

// mosquitto starts Debian's Mosquitto as the project ships it.
func mosquitto(t *testing.T, agents ...string) *brokertest.Mosquitto {
	t.Helper()
	dir := t.TempDir()
	files, err := brokertest.Certificates(dir)
	if err != nil {
		t.Fatal(err)
	}
	m, err := brokertest.NewMosquitto(dir, files, agents...)
	missing(t, err)
	if err == nil {
		err = m.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		m.Stop()
		if t.Failed() {
			t.Logf("mosquitto says:\n%s", m.Log())
		}
	})
	return m
}

func TestTheHubComesBackAfterMosquittoRestarted(t *testing.T) {
	m := mosquitto(t, "a")
	in := &inbox{}
	hub := mustDial(t, broker.DialConfig{URL: "mqtt://" + m.Plain, Username: enrol.HubUser, Password: m.Tokens[enrol.HubUser], Handler: in.handle})
	m.Stop()
	eventually(t, "the loss", func() bool { return hub.Send(down("a"), nil) != nil })
	if err := m.Start(); err != nil {
		t.Fatal(err)
	}
	c := mustLogin(t, options(m.Plain, "a", m.Tokens["a"]))
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

func TestTheHubIsToldThatMosquittoDoesNotKnowIt(t *testing.T) {
	m := mosquitto(t)
	_, err := dial(t, broker.DialConfig{URL: "mqtt://" + m.Plain, Username: enrol.HubUser, Password: "wrong"})
	want := "MQTT broker " + m.Plain + `: login as "phukin-hub" refused: user name or password is wrong`
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error is %v, want one that says %q", err, want)
	}
}

// What the container is given has to be what was tried.
func TestTheContainersMosquittoIsSetUpLikeTheOther(t *testing.T) {
	settings := func(file string) (all []string) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			key, value, _ := strings.Cut(strings.TrimSpace(line), " ")
			switch key {
			case "", "#":
				continue
			case "plugin", "plugin_opt_config_file", "listener": // places differ
				value = ""
			}
			all = append(all, key+" "+value)
		}
		return all
	}
	want, got := settings("../../deploy/mosquitto/mosquitto.conf"), settings("../../deploy/docker/mosquitto.conf")
	if !slices.Equal(got, want) {
		t.Errorf("deploy/docker/mosquitto.conf sets %q, want %q", got, want)
	}
}
