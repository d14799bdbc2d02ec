package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/phukin/phukin/api"
	"github.com/phukin/phukin/api/web"
	"github.com/phukin/phukin/hub"
)

type serveCmd struct {
	Plan       string        `placeholder:"DIR" env:"PHUKIN_PLAN" help:"Folder of the roll-out plan; the newest revision in the database when absent."`
	DB         string        `default:"phukin.db" placeholder:"FILE" env:"PHUKIN_DB" help:"SQLite file that holds everything; made if it is not there (${default})."`
	Addr       string        `default:"127.0.0.1:8080" env:"PHUKIN_ADDR" help:"Address of the API and the page (${default})."`
	OpenAccess bool          `env:"PHUKIN_OPEN_ACCESS" help:"Ask nobody for a login: whoever reaches the address may read everything as a viewer. For a demonstration or an isolated network."`
	HTTPCert   string        `name:"http-cert" placeholder:"FILE" env:"PHUKIN_HTTP_CERT" help:"Certificate (PEM) of the API and the page: with it and --http-key they are served by https."`
	HTTPKey    string        `name:"http-key" placeholder:"FILE" env:"PHUKIN_HTTP_KEY" help:"Private key (PEM) of the certificate."`
	HTTPPlain  bool          `name:"http-plain" env:"PHUKIN_HTTP_PLAIN" help:"Allow --addr an address that others can reach without TLS: passwords and figures can be read on the way. For a VPN, or behind a proxy that speaks TLS."`
	PublicURL  string        `name:"public-url" placeholder:"URL" env:"PHUKIN_PUBLIC_URL" help:"Where browsers reach the hub, such as https://phukin.example.vn, if that is not --addr."`
	MQTTListen string        `name:"mqtt-listen" default:"127.0.0.1:1883" env:"PHUKIN_MQTT_LISTEN" help:"Address of the embedded MQTT broker (${default})."`
	MQTTCert   string        `name:"mqtt-cert" placeholder:"FILE" env:"PHUKIN_MQTT_CERT" help:"Certificate (PEM) of the embedded broker: with it and --mqtt-key agents connect by mqtts. With --mqtt-url it is the hub's own, which it shows there."`
	MQTTKey    string        `name:"mqtt-key" placeholder:"FILE" env:"PHUKIN_MQTT_KEY" help:"Private key (PEM) of the certificate."`
	MQTTAgents string        `name:"mqtt-client-ca-file" placeholder:"FILE" env:"PHUKIN_MQTT_CLIENT_CA_FILE" help:"Certificates (PEM) of the authority of agents: besides its token each must then show a certificate in its own name. Needs --mqtt-cert."`
	MQTTPlain  bool          `name:"mqtt-plain" env:"PHUKIN_MQTT_PLAIN" help:"Allow the embedded broker an address that others can reach without TLS: tokens and evidence can be read on the way. For a VPN or a line of your own."`
	MQTTURL    string        `name:"mqtt-url" placeholder:"URL" env:"PHUKIN_MQTT_URL" help:"Use another MQTT broker instead: mqtt://user@host:1883 or mqtts://user@host:8883. The password is read from PHUKIN_MQTT_PASSWORD or --mqtt-password-file."`
	MQTTPwFile string        `name:"mqtt-password-file" placeholder:"FILE" env:"PHUKIN_MQTT_PASSWORD_FILE" help:"File whose first line is the hub's password at the other broker."`
	MQTTCA     string        `name:"mqtt-ca-file" placeholder:"FILE" env:"PHUKIN_MQTT_CA_FILE" help:"Certificates (PEM) to trust at the other broker; the system's when absent."`
	Retention  time.Duration `default:"2160h" env:"PHUKIN_RETENTION" help:"How long observations are kept, in hours, at least 48h; ledger days are kept for ever (${default})."`
	frontFlags
	influxFlags
}

func (s *serveCmd) Run(ctx context.Context, log *slog.Logger) (err error) {
	p, err := servedPlan(ctx, s.Plan, s.DB)
	if err != nil {
		return err
	}
	certificate, err := s.pageCertificate()
	if err != nil {
		return err
	}
	if s.Retention < leastRetention {
		return fmt.Errorf("--retention %v: a day is computed from its observations, so at least %v are needed", s.Retention, leastRetention)
	}
	config := hub.Config{Plan: p, Database: s.DB, Retention: s.Retention, Log: log}
	if config.Influx, err = s.influx(); err != nil {
		return err
	}
	if s.MQTTURL == "" {
		err = s.embedded(&config)
	} else {
		err = s.outside(&config)
	}
	if err != nil {
		return err
	}
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", s.Addr)
	if err != nil {
		return fmt.Errorf("page and API cannot listen on %s: %w", s.Addr, err)
	}
	defer func() { err = errors.Join(err, ignoreClosed(ln.Close())) }()
	scheme := "http"
	if certificate != nil {
		scheme = "https"
		ln = tls.NewListener(ln, &tls.Config{Certificates: certificate, MinVersion: tls.VersionTLS12})
	}
	h, err := hub.New(ctx, config)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.Close()) }()
	served := api.Config{
		Plan: p, PlanNow: h.Plan, PlanAt: h.PlanAt, Plans: h.Plans(), Evidence: h.PlanEvidence, Lists: h.Lists, Store: h.Store(), Live: h.Live(), Page: web.Handler(), Trouble: h.Trouble,
		Accounts: h.Accounts(), Open: s.OpenAccess, Public: s.PublicURL, Ingest: h.Ingest(), Version: version, Log: log.With("component", "api"),
	}
	if err := s.fill(&served); err != nil {
		return err
	}
	a, err := api.New(served)
	if err != nil {
		return err
	}
	if !s.OpenAccess {
		if err := tellFirstLink(ctx, a, scheme+"://"+reachable(ln.Addr())); err != nil {
			return err
		}
	}
	attrs := []any{"page", scheme + "://" + ln.Addr().String() + "/", "open_access", s.OpenAccess, "plan", p.Name.EN, "revision", p.Revision.Number, "cameras", len(p.Cameras)}
	if m := h.MQTTAddr(); m != nil {
		attrs = append(attrs, "mqtt", m.String())
	}
	log.Info("hub is ready", attrs...)
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return h.Run(ctx) })
	g.Go(func() error { return a.Serve(ctx, ln) })
	return g.Wait()
}

// leastRetention keeps today and yesterday whole.
const leastRetention = 48 * time.Hour

// embedded fills in the address of the embedded broker and its certificate.
func (s *serveCmd) embedded(c *hub.Config) error {
	c.MQTTListen = s.MQTTListen
	pair, err := s.certificate()
	if err != nil {
		return err
	}
	if s.MQTTAgents != "" {
		if pair == nil {
			return errors.New("--mqtt-client-ca-file needs --mqtt-cert and --mqtt-key: agents show certificates over TLS")
		}
		if c.MQTTClientCAs, err = readCAs("--mqtt-client-ca-file", s.MQTTAgents); err != nil {
			return err
		}
	}
	if pair != nil {
		c.MQTTTLS = &tls.Config{Certificates: pair, MinVersion: tls.VersionTLS12}
		return nil
	}
	if !s.MQTTPlain && !isLoopback(s.MQTTListen) {
		return fmt.Errorf("--mqtt-listen %s can be reached by other machines, and without TLS tokens and evidence can be read on the way: give --mqtt-cert and --mqtt-key, or add --mqtt-plain on a VPN or a line of your own", s.MQTTListen)
	}
	return nil
}

// certificate reads --mqtt-cert and --mqtt-key, nil if there are none.
func (s *serveCmd) certificate() ([]tls.Certificate, error) {
	if s.MQTTCert == "" && s.MQTTKey == "" {
		return nil, nil
	}
	pair, err := tls.LoadX509KeyPair(s.MQTTCert, s.MQTTKey)
	if err != nil {
		return nil, fmt.Errorf("--mqtt-cert %s, --mqtt-key %s: %w", s.MQTTCert, s.MQTTKey, err)
	}
	return []tls.Certificate{pair}, nil
}

func readCAs(flag, path string) (*x509.CertPool, error) {
	pem, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", flag, err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s %s holds no certificate in PEM form", flag, path)
	}
	return pool, nil
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
	pair, err := s.certificate()
	if err != nil {
		return err
	}
	if s.MQTTAgents != "" {
		return errors.New("--mqtt-client-ca-file is for the embedded broker: with --mqtt-url the other broker asks for certificates")
	}
	if s.MQTTCA != "" || pair != nil {
		c.MQTTTLS = &tls.Config{Certificates: pair, MinVersion: tls.VersionTLS12}
	}
	if s.MQTTCA != "" {
		if c.MQTTTLS.RootCAs, err = readCAs("--mqtt-ca-file", s.MQTTCA); err != nil {
			return err
		}
	}
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

// pageCertificate reads --http-cert and --http-key, nil if there are none, and
// refuses an address that other machines can reach without TLS.
func (s *serveCmd) pageCertificate() ([]tls.Certificate, error) {
	if _, _, err := net.SplitHostPort(s.Addr); err != nil {
		return nil, fmt.Errorf("--addr %q is not of the form 127.0.0.1:8080", s.Addr)
	}
	if s.HTTPCert != "" || s.HTTPKey != "" {
		pair, err := tls.LoadX509KeyPair(s.HTTPCert, s.HTTPKey)
		if err != nil {
			return nil, fmt.Errorf("--http-cert %s, --http-key %s: %w", s.HTTPCert, s.HTTPKey, err)
		}
		return []tls.Certificate{pair}, nil
	}
	if isLoopback(s.Addr) || s.HTTPPlain {
		return nil, nil
	}
	return nil, fmt.Errorf("--addr %s can be reached by other machines, and without TLS passwords and figures can be read on the way: give --http-cert and --http-key, or listen on 127.0.0.1 behind a proxy that speaks TLS, or add --http-plain on a VPN or a line of your own", s.Addr)
}

// tellFirstLink prints where the first administrator sets a password, if there
// is none yet. It goes to standard error and not into the log, which others may
// keep.
func tellFirstLink(ctx context.Context, a *api.Server, base string) error {
	link, expires, err := a.FirstLink(ctx, base)
	if err != nil || link == "" {
		return err
	}
	_, err = fmt.Fprintf(os.Stderr, "\nChưa có quản trị viên. Mở liên kết này để đặt mật khẩu (dùng một lần, đến %s):\nThere is no administrator yet. Open this link to set a password (once, until %[1]s):\n\n  %[2]s\n\n", expires.Local().Format("2006-01-02 15:04"), link)
	return err
}

// reachable gives an address at which this machine reaches a listener, also one
// on all its addresses.
func reachable(a net.Addr) string {
	t, ok := a.(*net.TCPAddr)
	if ok && t.IP.IsUnspecified() {
		return net.JoinHostPort("127.0.0.1", strconv.Itoa(t.Port))
	}
	return a.String()
}

func isLoopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	ip := net.ParseIP(host)
	return err == nil && (host == "localhost" || ip != nil && ip.IsLoopback())
}

func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}
