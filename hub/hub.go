// Package hub is the server at the centre: it takes what agents send, keeps
// the history, and holds the plan against it. Pages and documents are made
// of it by package api; this package serves none of them.
//
//	hub.New → Run(ctx) … → Close
//
// New opens everything that can fail at start (database, broker), so that a
// hub that runs is a hub that works. Close undoes it in reverse order and
// returns when all is still.
package hub

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"log/slog"
	"net"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/phukin/phukin/hub/account"
	"github.com/phukin/phukin/hub/assign"
	"github.com/phukin/phukin/hub/broker"
	"github.com/phukin/phukin/hub/enrol"
	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/influx"
	"github.com/phukin/phukin/hub/ingest"
	"github.com/phukin/phukin/hub/live"
	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/sqlite"
)

// DefaultRetention is how long observations are kept; ledger days are kept
// for ever.
const DefaultRetention = 90 * 24 * time.Hour

// Observations beyond retention are forgotten soon after the start, when the
// ledger has caught up, and then a few times a day.
const (
	pruneFirst = 10 * time.Minute
	pruneEvery = 6 * time.Hour
)

// Config is what a hub needs. Plan, Database and one of MQTTListen and
// MQTTURL must be given.
type Config struct {
	// Plan is the plan in force. If it is a revision of the database's, the hub
	// takes up newer ones while it runs.
	Plan     *plan.Plan
	Database string // path of the SQLite file

	MQTTListen string      // address of the embedded broker
	MQTTTLS    *tls.Config // of the embedded broker, nil for plain TCP; or for an outside one by mqtts
	// MQTTClientCAs, if set, issue the certificates that agents must show at
	// the embedded broker.
	MQTTClientCAs *x509.CertPool
	MQTTURL       string // an outside broker instead, mqtt://host:1883
	MQTTUser      string // the hub's login there
	MQTTPass      string

	// Influx, if set, keeps observations and ledger days; the database keeps
	// everything else.
	Influx *Influx

	// Retention of observations. It defaults to DefaultRetention.
	Retention time.Duration
	// Now tells the time. It defaults to time.Now.
	Now func() time.Time
	// Log defaults to slog.Default.
	Log *slog.Logger
}

// Hub is a hub whose database and broker are open.
type Hub struct {
	config Config
	db     *sqlite.DB
	store  history.Store // db, or what openHistory made of it
	influx *influx.Store // nil without one
	view   *live.View
	ingest *ingest.Ingest
	lists  *lists
	link   broker.Link
	addr   net.Addr
}

// New opens a hub. The context bounds the opening alone.
func New(ctx context.Context, c Config) (*Hub, error) {
	if c.Retention == 0 {
		c.Retention = DefaultRetention
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	switch {
	case c.Plan == nil:
		return nil, errors.New("hub: no plan given")
	case (c.MQTTListen == "") == (c.MQTTURL == ""):
		return nil, errors.New("hub: give either an address for the embedded MQTT broker or the URL of another one")
	}
	h := &Hub{config: c, view: live.New(c.Now)}
	var err error
	if h.db, err = sqlite.Open(ctx, c.Database, sqlite.Options{Location: c.Plan.Location, Now: c.Now}); err != nil {
		return nil, err
	}
	if err := h.openHistory(ctx); err != nil {
		return nil, errors.Join(err, h.db.Close())
	}
	if h.lists, err = newLists(ctx, h.db, c.Plan, &h.config, h.view, func() broker.Link { return h.link }); err != nil {
		return nil, errors.Join(err, h.db.Close())
	}
	h.ingest = ingest.New(ingest.Config{
		Store: h.store, Live: h.view, Now: c.Now, Log: c.Log.With("component", "ingest"),
		Send:     func(topic string, payload []byte) error { return h.link.Send(topic, payload) },
		Assigned: func(camera string) string { return h.lists.current.Load().owners.Owner(camera) },
		Held:     h.lists.held,
		Edition:  func() uint64 { return h.lists.current.Load().number },
		Greeted:  h.lists.greeted,
	})
	if err := h.open(ctx); err != nil {
		return nil, errors.Join(err, h.closeHistory())
	}
	return h, nil
}

// open connects the ingest to the agents. Messages may come in from here on;
// they queue until Run, which is the first to answer any.
func (h *Hub) open(ctx context.Context) error {
	c, log := h.config, h.config.Log.With("component", "broker")
	take := h.ingest.Take
	if c.MQTTURL != "" {
		client, err := broker.Dial(ctx, broker.DialConfig{URL: c.MQTTURL, TLS: c.MQTTTLS, Username: c.MQTTUser, Password: c.MQTTPass, Handler: take, Log: log})
		if err != nil {
			return err
		}
		h.link = client
		return nil
	}
	embedded, err := broker.Embed(broker.EmbedConfig{Addr: c.MQTTListen, TLS: c.MQTTTLS, ClientCAs: c.MQTTClientCAs, Gate: enrol.Gate{Registry: h.db}, Handler: take, Log: log})
	if err != nil {
		return err
	}
	h.link, h.addr = embedded, embedded.Addr()
	return nil
}

// Run works until ctx ends. It returns nil then.
func (h *Hub) Run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return h.ingest.Run(ctx) })
	g.Go(func() error { h.prune(ctx); return nil })
	g.Go(func() error { h.lists.run(ctx); return nil })
	return g.Wait()
}

// Close ends the link to the agents and closes the database. Run must have
// returned.
func (h *Hub) Close() error {
	return errors.Join(h.link.Close(), h.closeHistory())
}

// prune forgets observations beyond the retention.
func (h *Hub) prune(ctx context.Context) {
	t := time.NewTimer(pruneFirst)
	defer t.Stop()
	for ; ; t.Reset(pruneEvery) {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
		if err := h.store.Prune(ctx, h.config.Now().Add(-h.config.Retention).UnixMilli()); err != nil && ctx.Err() == nil {
			h.config.Log.Warn("old observations not forgotten; trying again later", "error", err)
		}
		h.seal(ctx)
	}
}

// Plan gives the plan in force. It is another one when a new revision came into
// force; the one that was given stays what it is.
func (h *Hub) Plan() *plan.Plan { return h.lists.current.Load().plan }

// PlanAt gives a stored revision of the plan, or plan.ErrNoRevision.
func (h *Hub) PlanAt(ctx context.Context, revision int) (*plan.Plan, error) {
	all, err := h.db.Plan().Revisions(ctx)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(all, func(r plan.Revision) bool { return r.Number == revision })
	if i < 0 {
		return nil, plan.ErrNoRevision
	}
	c, err := plan.Load(ctx, h.db.Plan(), all[i])
	if err != nil {
		return nil, err
	}
	return c.Plan, nil
}

// Plans gives the store of the plan's revisions. A new one is in force about a
// second after it was made.
func (h *Hub) Plans() plan.Store { return h.db.Plan() }

// PlanEvidence gives the codes of all cameras that an agent ever reported.
func (h *Hub) PlanEvidence(ctx context.Context) (map[string]bool, error) {
	return h.db.PlanEvidence(ctx)
}

// Lists gives what is known of agents' lists of cameras, by code. It is not to
// be changed.
func (h *Hub) Lists() map[string]assign.State { return *h.lists.states.Load() }

// Assign gives the store of agents' keys and cameras' credentials.
func (h *Hub) Assign() assign.Store { return h.db.Assign() }

// Accounts gives the store of who may do what.
func (h *Hub) Accounts() account.Store { return h.db.Accounts() }

// Store gives the history.
func (h *Hub) Store() history.Store { return h.store }

// Live gives the view of this moment.
func (h *Hub) Live() *live.View { return h.view }

// Ingest gives the counters of what came in since the start.
func (h *Hub) Ingest() *ingest.Counters { return &h.ingest.Counters }

// Ingested counts the observations that were committed since the start.
func (h *Hub) Ingested() uint64 { return h.ingest.Committed.Load() }

// Agents gives the registry of agents' credentials.
func (h *Hub) Agents() enrol.Registry { return h.db }

// MQTTAddr gives the address of the embedded broker, nil if there is none.
func (h *Hub) MQTTAddr() net.Addr { return h.addr }
