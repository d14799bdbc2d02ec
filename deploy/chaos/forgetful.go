package main

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/phukin/phukin/hub/broker"
	"github.com/phukin/phukin/hub/enrol"
	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/ingest"
	"github.com/phukin/phukin/hub/live"
	"github.com/phukin/phukin/hub/sqlite"
)

// forgetful is a store that says it has committed what it has not, now and then:
// a hub that acknowledges too early. The trial must find it.
type forgetful struct {
	history.Store
	batches int
	claimed []claim
}

// claim is numbers that were never committed.
type claim struct {
	agent             string
	epoch, from, next uint64
}

// forgetOneIn is how many batches come to one that is forgotten.
const forgetOneIn = 4

// Append forgets a batch now and then.
func (f *forgetful) Append(ctx context.Context, batches []history.Batch) error {
	var kept []history.Batch
	for _, b := range batches {
		if f.batches++; f.batches%forgetOneIn == 0 {
			f.claimed = append(f.claimed, claim{b.Agent, b.Epoch, b.FirstSeq, b.Next()})
			continue
		}
		kept = append(kept, b)
	}
	return f.Store.Append(ctx, kept)
}

// Committed takes what was forgotten for committed.
func (f *forgetful) Committed(ctx context.Context, agent string, epoch, from uint64) (uint64, error) {
	for {
		upto, err := f.Store.Committed(ctx, agent, epoch, from)
		if err != nil {
			return upto, err
		}
		from = upto
		for _, c := range f.claimed {
			if c.agent == agent && c.epoch == epoch && c.from <= from && from < c.next {
				from = c.next
			}
		}
		if from == upto {
			return upto, nil
		}
	}
}

// forgetfulHub is hub.Hub with such a store. Append and Committed are called by
// one goroutine (hub/ingest).
type forgetfulHub struct {
	db     *sqlite.DB
	ingest *ingest.Ingest
	link   broker.Link
}

func newForgetfulHub(ctx context.Context, o *hubOrder, log *slog.Logger) (_ *forgetfulHub, err error) {
	h := &forgetfulHub{}
	if h.db, err = sqlite.Open(ctx, o.Database, sqlite.Options{Location: time.UTC}); err != nil {
		return nil, err
	}
	h.ingest = ingest.New(ingest.Config{
		Store: &forgetful{Store: h.db}, Live: live.New(time.Now), Log: log,
		Send: func(topic string, payload []byte) error { return h.link.Send(topic, payload) },
	})
	if o.Broker != "" {
		var client *broker.Client
		if client, err = broker.Dial(ctx, broker.DialConfig{URL: "mqtt://" + o.Broker, Username: "phukin-hub", Handler: h.ingest.Take, Log: log}); err == nil {
			h.link = client
		}
	} else {
		var embedded *broker.Embedded
		if embedded, err = broker.Embed(broker.EmbedConfig{Addr: o.Listen, Gate: enrol.Gate{Registry: h.db}, Handler: h.ingest.Take, Log: log}); err == nil {
			h.link = embedded
		}
	}
	if err != nil {
		return nil, errors.Join(err, h.db.Close())
	}
	return h, nil
}

func (h *forgetfulHub) Run(ctx context.Context) error { return h.ingest.Run(ctx) }
func (h *forgetfulHub) Close() error                  { return errors.Join(h.link.Close(), h.db.Close()) }
