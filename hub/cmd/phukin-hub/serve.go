package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/phukin/phukin/api"
	"github.com/phukin/phukin/api/web"
	"github.com/phukin/phukin/hub"
	"github.com/phukin/phukin/hub/plan"
)

type serveCmd struct {
	Plan        string        `required:"" placeholder:"DIR" env:"PHUKIN_PLAN" help:"Folder of the roll-out plan."`
	DB          string        `default:"phukin.db" placeholder:"FILE" env:"PHUKIN_DB" help:"SQLite file that holds everything; made if it is not there (${default})."`
	Addr        string        `default:"127.0.0.1:8080" env:"PHUKIN_ADDR" help:"Address of the API and the page (${default})."`
	OpenReading bool          `env:"PHUKIN_OPEN_READING" help:"Allow an address that others can reach: whoever reaches it may read everything, for there is no login yet."`
	MQTTListen  string        `name:"mqtt-listen" default:"127.0.0.1:1883" env:"PHUKIN_MQTT_LISTEN" help:"Address of the embedded MQTT broker (${default})."`
	MQTTURL     string        `name:"mqtt-url" placeholder:"URL" env:"PHUKIN_MQTT_URL" help:"Use another MQTT broker instead: mqtt://user@host:1883 or mqtts://user@host:8883. The password is read from PHUKIN_MQTT_PASSWORD or --mqtt-password-file."`
	MQTTPwFile  string        `name:"mqtt-password-file" placeholder:"FILE" env:"PHUKIN_MQTT_PASSWORD_FILE" help:"File whose first line is the hub's password at the other broker."`
	Retention   time.Duration `default:"2160h" env:"PHUKIN_RETENTION" help:"How long observations are kept; ledger days are kept for ever (${default})."`
}

func (s *serveCmd) Run(ctx context.Context, log *slog.Logger) (err error) {
	p, err := plan.ReadDir(s.Plan)
	if err != nil {
		return err
	}
	if !s.OpenReading {
		if err := loopbackOnly(s.Addr); err != nil {
			return err
		}
	}
	config := hub.Config{Plan: p, Database: s.DB, Retention: s.Retention, Log: log}
	if s.MQTTURL == "" {
		config.MQTTListen = s.MQTTListen
	} else if err := s.outside(&config); err != nil {
		return err
	}
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", s.Addr)
	if err != nil {
		return fmt.Errorf("page and API cannot listen on %s: %w", s.Addr, err)
	}
	defer func() { err = errors.Join(err, ignoreClosed(ln.Close())) }()
	h, err := hub.New(ctx, config)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.Close()) }()
	a, err := api.New(api.Config{Plan: p, Store: h.Store(), Live: h.Live(), Page: web.Handler(), Log: log.With("component", "api")})
	if err != nil {
		return err
	}
	attrs := []any{"page", "http://" + ln.Addr().String() + "/", "plan", p.Name.EN, "cameras", len(p.Cameras)}
	if m := h.MQTTAddr(); m != nil {
		attrs = append(attrs, "mqtt", m.String())
	}
	log.Info("hub is ready", attrs...)
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return h.Run(ctx) })
	g.Go(func() error { return a.Serve(ctx, ln) })
	return g.Wait()
}

// outside fills in the login at another broker.
func (s *serveCmd) outside(c *hub.Config) error {
	u, err := url.Parse(s.MQTTURL)
	if err != nil {
		return fmt.Errorf("--mqtt-url is not of the form mqtt://user@host:1883 or mqtts://user@host:8883")
	}
	if _, has := u.User.Password(); has {
		return errors.New("--mqtt-url holds a password, which others can see in the list of processes: put it into --mqtt-password-file or PHUKIN_MQTT_PASSWORD")
	}
	c.MQTTUser, c.MQTTPass = u.User.Username(), os.Getenv("PHUKIN_MQTT_PASSWORD")
	u.User = nil
	c.MQTTURL = u.String()
	if s.MQTTPwFile != "" {
		p, err := os.ReadFile(s.MQTTPwFile)
		if err != nil {
			return fmt.Errorf("read --mqtt-password-file: %w", err)
		}
		c.MQTTPass, _, _ = strings.Cut(string(p), "\n")
		c.MQTTPass = strings.TrimRight(c.MQTTPass, "\r")
	}
	return nil
}

// loopbackOnly refuses an address that other machines can reach.
func loopbackOnly(addr string) error {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf("--addr %q is not of the form 127.0.0.1:8080", addr)
	}
	if ip := net.ParseIP(host); host == "localhost" || ip != nil && ip.IsLoopback() {
		return nil
	}
	return fmt.Errorf("--addr %s can be reached by other machines, and there is no login yet: listen on 127.0.0.1 behind a proxy that asks for one, or add --open-reading if everybody there may read everything", addr)
}

func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}
