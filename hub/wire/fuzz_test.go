package wire_test

import (
	"testing"

	"github.com/phukin/phukin/hub/wire"
	"github.com/phukin/phukin/hub/wire/wirepb"
	"github.com/phukin/phukin/hub/wire/wiretest"
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
		var d wire.Decoder
		agree(t, &d, p)
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

// A batch's body, compressed or not, with any count.
func FuzzBatch(f *testing.F) {
	for size := range 4 {
		b := first(wiretest.Batches(uint64(size), 5, 10*size+1))
		p := wire.AppendColumns(nil, b.Observations)
		f.Add(p, uint32(len(b.Observations)), false)
		f.Add(compressed(f, p).GetColumnsZstd(), uint32(len(b.Observations)), true)
	}
	f.Add(wire.AppendColumns(nil, []wire.Observation{full(), fallen()}), uint32(2), false)
	var reused wire.Decoder
	f.Fuzz(func(t *testing.T, body []byte, count uint32, zstd bool) {
		b := &wirepb.Batch{FirstSeq: 7, Count: count % 300, Body: &wirepb.Batch_Columns{Columns: body}}
		if zstd {
			b.Body = &wirepb.Batch_ColumnsZstd{ColumnsZstd: body}
		}
		p := encode(t, &wirepb.Up{Version: 1, Body: &wirepb.Up_Batch{Batch: b}})
		agree(t, &reused, p)
		m, err := wire.UnmarshalUp(p)
		other, otherErr := reused.UnmarshalUp(p)
		if (err == nil) != (otherErr == nil) {
			t.Fatalf("UnmarshalUp gives %v, a Decoder %v", err, otherErr)
		}
		if err != nil {
			return
		}
		if len(m.Batch.Bad) != len(other.Batch.Bad) {
			t.Fatalf("%d bad ones, by a Decoder %d", len(m.Batch.Bad), len(other.Batch.Bad))
		}
		if m.Batch.Count() != int(b.Count) {
			t.Errorf("%d records of %d", m.Batch.Count(), b.Count)
		}
		for i := range m.Batch.Observations {
			o := m.Batch.Observations[i]
			if err := o.Check(); err != nil {
				t.Errorf("decoded observation %d breaks the contract: %v", i, err)
			}
			before := o
			o.Round()
			same(t, before, o, nil)
		}
		same(t, m.Batch.Observations, other.Batch.Observations, nil)
		for _, bad := range m.Batch.Bad {
			wire.MarshalObservation(&bad.Observation) // to be kept
		}
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
		m.Implausible = 0 // what cannot be is not sent
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

func FuzzUnmarshalList(f *testing.F) {
	seed(f, "plan")
	f.Fuzz(func(t *testing.T, p []byte) {
		l, err := wire.UnmarshalList(p)
		if err != nil {
			return
		}
		if n := len(l.Cameras) + len(l.Bad); n > wire.MaxList {
			t.Fatalf("%d cameras", n)
		}
		for i := range l.Cameras {
			if err := l.Cameras[i].Check(); err != nil {
				t.Errorf("camera %d breaks the contract: %v", i, err)
			}
		}
		if len(l.Bad) > 0 {
			return // not to be sent again
		}
		q, err := wire.MarshalList(&l)
		if err != nil {
			t.Fatal(err)
		}
		again, err := wire.UnmarshalList(q)
		same(t, l, again, err)
	})
}

// What is in the box is foreign as well: whoever has the public key seals.
func FuzzOpen(f *testing.F) {
	private, public, err := wire.NewKey()
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte("\x0a\x01c\x12\x01u\x1a\x01p"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, text []byte) {
		sealed := sealRaw(t, public, text)
		c, err := wire.Open(private, "c", sealed)
		if err == nil && (len(c.Username) > wire.MaxCredential || len(c.Password) > wire.MaxCredential) {
			t.Errorf("%d and %d bytes", len(c.Username), len(c.Password))
		}
		if _, err := wire.Open(private, "c", text); err == nil {
			t.Error("opened what nobody sealed")
		}
	})
}
