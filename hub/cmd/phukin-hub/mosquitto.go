package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/phukin/phukin/hub/enrol"
)

type agentRemoveCmd struct {
	Code      string `arg:"" help:"Code of the agent."`
	Mosquitto string `required:"" placeholder:"FILE" env:"PHUKIN_MOSQUITTO" help:"File of Mosquitto's plugin. Restart Mosquitto then."`
}

func (c *agentRemoveCmd) Run() error {
	m, err := readMosquitto(c.Mosquitto)
	if err != nil {
		return err
	}
	if !m.Remove(c.Code) {
		return fmt.Errorf("%s: %w: %s", c.Mosquitto, enrol.ErrUnknown, c.Code)
	}
	return writeMosquitto(c.Mosquitto, m)
}

func addAtMosquitto(path, code string) error {
	m, err := readMosquitto(path)
	if errors.Is(err, fs.ErrNotExist) {
		m, err = enrol.ReadMosquitto(nil)
	}
	if err != nil {
		return err
	}
	token, err := m.Issue(code)
	if err != nil {
		return err
	}
	if err := writeMosquitto(path, m); err != nil {
		return err // a token that nobody will honour must not be shown
	}
	where := "it goes into the agent's configuration as broker.password"
	if code == enrol.HubUser {
		where = "it goes into the file of the hub's --mqtt-password-file"
	}
	fmt.Fprintf(os.Stderr, "Token of %s, shown this once; %s. Restart Mosquitto:\n", code, where)
	fmt.Println(token)
	return nil
}

func listAtMosquitto(path string) error {
	m, err := readMosquitto(path)
	if err != nil {
		return err
	}
	for _, code := range m.Codes() {
		fmt.Println(code)
	}
	return nil
}

func readMosquitto(path string) (*enrol.Mosquitto, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read Mosquitto's logins: %w", err)
	}
	m, err := enrol.ReadMosquitto(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return m, nil
}

// writeMosquitto writes into the file that is there, which keeps its owner and
// mode: Mosquitto must be able to read it, and nobody else.
func writeMosquitto(path string, m *enrol.Mosquitto) error {
	text, err := m.Text()
	if err != nil {
		return err
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		return fmt.Errorf("write Mosquitto's logins: %w", err)
	}
	return nil
}
