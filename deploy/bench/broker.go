package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/phukin/phukin/deploy/bench/peers"
	"github.com/phukin/phukin/hub/broker"
	"github.com/phukin/phukin/hub/wire"
)

// brokerAnswer is what the child broker says whenever it is asked.
type brokerAnswer struct {
	Addr         string
	CA           []byte // PEM
	Observations int64
	Live         int64
	Cameras      map[string]int64 // by status, as the live messages have it
	Refused      string           // a message that could not be read
}

// anybody lets in every agent.
type anybody struct{}

func (anybody) Admit(context.Context, string, string) bool { return true }

// brokerChild is the hub's own broker over TLS, with a hub that acknowledges
// what comes and keeps nothing.
func brokerChild(_ context.Context, in io.Reader, out io.Writer) error {
	orders := json.NewDecoder(in)
	var o struct{}
	if err := orders.Decode(&o); err != nil {
		return err
	}
	cert, key, err := peers.SelfSigned()
	if err != nil {
		return err
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return err
	}
	var (
		link               atomic.Pointer[broker.Embedded]
		observations, live atomic.Int64
		states             atomic.Pointer[map[string]int64]
		refused            atomic.Pointer[string]
		mu                 sync.Mutex
		picture            = map[string]wire.Status{} // of every camera
	)
	e, err := broker.Embed(broker.EmbedConfig{
		Addr: "127.0.0.1:0", TLS: &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}, Gate: anybody{},
		Handler: func(topic string, p []byte) {
			agent, channel, err := wire.ParseTopic(topic)
			if err == nil && channel == wire.Live {
				var m wire.LiveMessage
				if m, err = wire.UnmarshalLive(p); err == nil {
					live.Add(1)
					mu.Lock()
					if m.Whole {
						clear(picture)
					}
					for _, s := range m.States {
						picture[s.Camera] = s.Status
					}
					count := map[string]int64{}
					for _, status := range picture {
						count[status.String()]++
					}
					mu.Unlock()
					states.Store(&count)
				}
			} else if err == nil {
				var m wire.UpMessage
				if m, err = wire.UnmarshalUp(p); err == nil {
					a := wire.Ack{HubTime: time.Now().UnixMilli()}
					if h := m.Hello; h != nil {
						a.Epoch, a.Upto, a.Stamp = h.Epoch, h.FirstSeq, h.Stamp
					} else {
						a.Epoch, a.Upto, a.Stamp = m.Batch.Epoch, m.Batch.Next(), m.Batch.Stamp
						observations.Add(int64(len(m.Batch.Observations)))
					}
					ack := wire.MarshalDown(wire.DownMessage{Ack: &a})
					if l := link.Load(); l != nil {
						go func() { _ = l.Send(wire.Topic(agent, wire.Down), ack) }()
					}
				}
			}
			if err != nil {
				text := fmt.Sprintf("%s: %v", topic, err)
				refused.Store(&text)
			}
		},
	})
	if err != nil {
		return err
	}
	link.Store(e)
	defer e.Close()
	for {
		a := brokerAnswer{Addr: e.Addr().String(), CA: cert, Observations: observations.Load(), Live: live.Load()}
		if s := states.Load(); s != nil {
			a.Cameras = *s
		}
		if s := refused.Load(); s != nil {
			a.Refused = *s
		}
		if err := json.NewEncoder(out).Encode(a); err != nil {
			return err
		}
		if orders.Decode(&o) != nil {
			return nil
		}
	}
}
