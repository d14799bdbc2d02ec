package wire_test

import (
	"testing"

	"github.com/phukin/phukin/hub/wire"
)

// Whatever bytes come, a decoder gives an error, or a message that keeps the
// contract and survives a round trip.

func seed(f *testing.F, prefix string) {
	f.Add([]byte{})
	f.Add([]byte("hello"))
	for _, g := range goldens() {
		if len(g.name) >= len(prefix) && g.name[:len(prefix)] == prefix {
			p := g.encode()
			f.Add(p)
			f.Add(p[:len(p)-1])
		}
	}
}

func FuzzUnmarshalUp(f *testing.F) {
	seed(f, "up")
	f.Fuzz(func(t *testing.T, p []byte) {
		m, err := wire.UnmarshalUp(p)
		if err != nil {
			return
		}
		if m.Batch != nil {
			if len(m.Batch.Bad) > 0 {
				return // not to be sent again
			}
			for i := range m.Batch.Observations {
				if err := m.Batch.Observations[i].Check(); err != nil {
					t.Errorf("decoded observation %d breaks the contract: %v", i, err)
				}
			}
		}
		again, err := wire.UnmarshalUp(wire.MarshalUp(m))
		same(t, m, again, err)
	})
}

func FuzzUnmarshalDown(f *testing.F) {
	seed(f, "down")
	f.Fuzz(func(t *testing.T, p []byte) {
		m, err := wire.UnmarshalDown(p)
		if err != nil {
			return
		}
		again, err := wire.UnmarshalDown(wire.MarshalDown(m))
		same(t, m, again, err)
	})
}

func FuzzUnmarshalLive(f *testing.F) {
	seed(f, "live")
	f.Fuzz(func(t *testing.T, p []byte) {
		m, err := wire.UnmarshalLive(p)
		if err != nil {
			return
		}
		again, err := wire.UnmarshalLive(wire.MarshalLive(&m))
		same(t, m, again, err)
	})
}

func FuzzUnmarshalObservation(f *testing.F) {
	seed(f, "observation")
	f.Fuzz(func(t *testing.T, p []byte) {
		o, err := wire.UnmarshalObservation(p)
		if err != nil {
			return
		}
		if o.From >= o.To {
			t.Errorf("an observation from %d to %d was taken", o.From, o.To)
		}
		again, err := wire.UnmarshalObservation(wire.MarshalObservation(&o))
		same(t, o, again, err)
	})
}

func FuzzParseTopic(f *testing.F) {
	f.Add(wire.Topic("xa-tan-lap", wire.Up))
	f.Add("phukin/1/0//up")
	f.Add("phukin/1/0/../up")
	f.Add("phukin/+/+/+/down")
	f.Fuzz(func(t *testing.T, topic string) {
		agent, channel, err := wire.ParseTopic(topic)
		if err != nil {
			return
		}
		if err := wire.CheckCode(agent); err != nil {
			t.Errorf("agent of %q: %v", topic, err)
		}
		if again := wire.Topic(agent, channel); again != topic {
			t.Errorf("%q is taken for %q", topic, again)
		}
	})
}
