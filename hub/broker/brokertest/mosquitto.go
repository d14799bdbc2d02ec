package brokertest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/phukin/phukin/hub/enrol"
)

// Mosquitto is Debian's Mosquitto with the configuration that the project
// ships: the very files, with ports and paths replaced.
type Mosquitto struct {
	Plain, TLS, Certificates string            // addresses; the same after each Start
	Tokens                   map[string]string // by code

	bin, dir string
	texts    string // its configuration, with ports of 0
	mu       sync.Mutex
	cmd      *exec.Cmd
	ended    chan struct{}
}

// pluginPlaces is where distributions put the plugin.
var pluginPlaces = []string{"/usr/lib/*/mosquitto_dynamic_security.so", "/usr/lib/mosquitto_dynamic_security.so", "/usr/lib64/mosquitto_dynamic_security.so"}

// NewMosquitto prepares Mosquitto with logins for the hub and some agents. The
// error is a *MissingError if it is not installed.
func NewMosquitto(dir string, files Files, agents ...string) (*Mosquitto, error) {
	m := &Mosquitto{dir: dir, Tokens: map[string]string{}}
	missing := &MissingError{"Mosquitto", "apt-get install --no-install-recommends mosquitto"}
	for _, name := range []string{"mosquitto", "/usr/sbin/mosquitto"} { // the latter is not in everybody's path
		if bin, err := exec.LookPath(name); err == nil {
			m.bin = bin
			break
		}
	}
	var plugin string
	for _, place := range pluginPlaces {
		if found, _ := filepath.Glob(place); len(found) > 0 {
			plugin = found[0]
		}
	}
	if m.bin == "" || plugin == "" {
		return nil, missing
	}
	logins, err := m.logins(agents)
	if err != nil {
		return nil, err
	}
	folder, err := shipped()
	if err != nil {
		return nil, err
	}
	for _, name := range []string{"mosquitto.conf", "tls.conf", "certificates.conf"} {
		text, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			return nil, err
		}
		m.texts += "\n" + string(text)
	}
	for old, replaced := range map[string]string{
		"/usr/lib/x86_64-linux-gnu/mosquitto_dynamic_security.so": plugin,
		"plugin_opt_config_file /etc/mosquitto/phukin.json":       "plugin_opt_config_file " + logins,
		"/etc/mosquitto/broker.crt":                               files.Cert,
		"/etc/mosquitto/broker.key":                               files.Key,
		"cafile /etc/mosquitto/agents-ca.crt":                     "cafile " + files.CA,
	} {
		if !strings.Contains(m.texts, old) {
			return nil, fmt.Errorf("the shipped configuration has no %q", old)
		}
		m.texts = strings.ReplaceAll(m.texts, old, replaced)
	}
	if os.Geteuid() == 0 {
		m.texts += "user root\n" // else it gives up its rights to the test's files
	}
	return m, nil
}

// logins writes the plugin's file as `phukin-hub agent add --mosquitto` does,
// and adds one who may read everything, for the test alone.
func (m *Mosquitto) logins(agents []string) (path string, err error) {
	f, err := enrol.ReadMosquitto(nil)
	if err != nil {
		return "", err
	}
	for _, code := range append([]string{enrol.HubUser, spy}, agents...) {
		if m.Tokens[code], err = f.Issue(code); err != nil {
			return "", err
		}
	}
	for i := range f.Roles {
		if f.Roles[i].Rolename == spy {
			f.Roles[i].ACLs = []enrol.MosquittoACL{
				{Type: "subscribePattern", Topic: "#", Allow: true}, {Type: "publishClientReceive", Topic: "#", Allow: true},
			}
		}
	}
	text, err := f.Text()
	if err != nil {
		return "", err
	}
	path = filepath.Join(m.dir, "phukin.json")
	return path, os.WriteFile(path, text, 0o600)
}

// shipped finds deploy/mosquitto above the working folder.
func shipped() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		folder := filepath.Join(dir, "deploy", "mosquitto")
		if _, err := os.Stat(filepath.Join(folder, "mosquitto.conf")); err == nil {
			return folder, nil
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", errors.New("run this inside the module: no deploy/mosquitto above the working folder")
		}
		dir = up
	}
}

// Start starts it, on the addresses it had before if there are some.
func (m *Mosquitto) Start() error {
	for range 10 { // somebody may take a port before it does
		again := m.Plain != ""
		if !again {
			if err := m.reserve(); err != nil {
				return err
			}
		}
		if ok, err := m.try(); ok || err != nil {
			return err
		}
		if !again {
			m.Plain = ""
		}
	}
	return fmt.Errorf("mosquitto does not start:\n%s", m.Log())
}

// reserve finds three free ports.
func (m *Mosquitto) reserve() error {
	for _, a := range []*string{&m.Plain, &m.TLS, &m.Certificates} {
		ln, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		defer func() { _ = ln.Close() }() // all of them at the end, so that they differ
		*a = ln.Addr().String()
	}
	return nil
}

var listenerLine = regexp.MustCompile(`(?m)^listener (1883 127\.0\.0\.1|8883|8884)$`)

func (m *Mosquitto) try() (bool, error) {
	lines := 0
	conf := listenerLine.ReplaceAllStringFunc(m.texts, func(l string) string {
		lines++
		addr := map[string]string{"listener 1883 127.0.0.1": m.Plain, "listener 8883": m.TLS, "listener 8884": m.Certificates}[l]
		_, port, _ := net.SplitHostPort(addr)
		return "listener " + port + " 127.0.0.1"
	})
	if lines != 3 {
		return false, fmt.Errorf("the shipped configuration has %d of the 3 listeners", lines)
	}
	path := filepath.Join(m.dir, "mosquitto.conf")
	if err := os.WriteFile(path, []byte(conf), 0o600); err != nil {
		return false, err
	}
	log, err := os.OpenFile(filepath.Join(m.dir, "mosquitto.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return false, err
	}
	defer func() { _ = log.Close() }()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.cmd, m.ended = exec.CommandContext(context.Background(), m.bin, "-c", path), make(chan struct{})
	m.cmd.Stdout, m.cmd.Stderr = log, log
	if err := m.cmd.Start(); err != nil {
		return false, err
	}
	cmd, ended := m.cmd, m.ended
	go func() { defer close(ended); _ = cmd.Wait() }()
	login := Login{ID: spy, User: spy, Password: m.Tokens[spy]}
	for deadline := time.Now().Add(Patience); time.Now().Before(deadline); {
		select {
		case <-ended:
			return false, nil
		case <-time.After(5 * time.Millisecond): // it has no other way to say that it listens
		}
		if c, err := enter(m.Plain, nil, login); err == nil {
			c.close()
			return true, nil
		}
	}
	m.stop()
	return false, nil
}

// Stop ends it.
func (m *Mosquitto) Stop() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.stop()
}

func (m *Mosquitto) stop() {
	if m.cmd == nil {
		return
	}
	_ = m.cmd.Process.Signal(syscall.SIGTERM)
	<-m.ended
	m.cmd = nil
}

// Log gives what it has logged.
func (m *Mosquitto) Log() string {
	text, _ := os.ReadFile(filepath.Join(m.dir, "mosquitto.log"))
	return string(text)
}
