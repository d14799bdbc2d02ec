package uplink_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/phukin/phukin/agent/spool"
	"github.com/phukin/phukin/agent/uplink"
	"github.com/phukin/phukin/hub/wire"
)

// queue is a spool in memory that loses its oldest records when it is told to,
// and remembers more than it was told to forget.
type queue struct {
	w       *world
	records []spool.Record // ascending
	trimmed uint64
	next    uint64
}

func (q *queue) Epoch() uint64        { return 5 }
func (q *queue) Opens() uint64        { return 1 }
func (q *queue) Next() uint64         { return q.next }
func (q *queue) Note() []byte         { return nil }
func (q *queue) SetNote([]byte) error { return nil }
func (q *queue) Len() (n uint64) {
	for _, r := range q.records {
		if r.Seq >= q.trimmed {
			n++
		}
	}
	return n
}

func (q *queue) First() uint64 {
	for _, r := range q.records {
		if r.Seq >= q.trimmed {
			return r.Seq
		}
	}
	return q.next
}

func (q *queue) Read(from uint64, _, most int) (out []spool.Record, err error) {
	for _, r := range q.records {
		if r.Seq >= max(from, q.trimmed) && len(out) < most {
			out = append(out, r)
		}
	}
	return out, nil
}

func (q *queue) Trim(upto uint64) error {
	for _, r := range q.records {
		if r.Seq >= q.trimmed && r.Seq < upto && !q.w.settled(r.Seq) {
			q.w.t.Fatalf("record %d is trimmed, and the hub does not have it", r.Seq)
		}
	}
	q.trimmed = max(q.trimmed, upto)
	return nil
}

func (q *queue) put(r spool.Record) {
	r.Seq = q.next
	q.records = append(q.records, r)
	q.next++
}

// answer is what the hub says: an acknowledgement.
type answered struct {
	upto  uint64
	stamp int64
}

// world is an agent's outbox, a hub, and a line between them on which everything
// can be lost, doubled, and overtaken.
type world struct {
	t    *rapid.T
	q    *queue
	out  *uplink.Outbox
	now  time.Time
	up   []wire.Batch
	down []answered

	have map[uint64]string // what was committed, by number
	lost map[uint64]bool   // what was declared
	upto uint64
}

func (w *world) settled(seq uint64) bool { _, ok := w.have[seq]; return ok || w.lost[seq] }

// take lets the hub take a batch.
func (w *world) take(b wire.Batch) {
	for _, r := range w.q.records {
		if r.Seq >= w.q.trimmed && r.Seq < b.OldestSeq && !w.settled(r.Seq) {
			w.t.Fatalf("the oldest that may come is %d, it was said, and %d is still there", b.OldestSeq, r.Seq)
		}
	}
	w.upto = max(w.upto, b.OldestSeq)
	for i, o := range b.Observations {
		seq := b.FirstSeq + uint64(i)
		if old, ok := w.have[seq]; ok && old != o.Camera {
			w.t.Fatalf("number %d is of %s and of %s", seq, old, o.Camera)
		}
		w.have[seq] = o.Camera
	}
	for i, g := range b.Gaps {
		w.lost[b.FirstSeq+uint64(i)] = true
		for n := g.From; n < g.Next; n++ {
			w.lost[n] = true
		}
	}
	for w.settled(w.upto) {
		w.upto++
	}
	w.down = append(w.down, answered{w.upto, b.Stamp})
}

// send sends one batch if the outbox has any.
func (w *world) send(n int) bool {
	w.out.Look(w.now)
	f := func() (wire.Batch, bool, error) { return w.out.InOrder(n) }
	if w.out.Urgent(n%2 == 0, n) {
		f = w.out.Before
	}
	b, ok, err := f()
	if err != nil {
		w.t.Fatal(err)
	}
	if ok {
		w.up = append(w.up, b)
	}
	return ok
}

// connect is a new connection: the line is empty, the hub says where it is.
func (w *world) connect() {
	w.up, w.down = nil, nil
	w.out.Rewind()
	w.out.Ack(w.upto, 0)
}

func pick[T any](t *rapid.T, list []T, keep bool) (T, []T) {
	i := rapid.IntRange(0, len(list)-1).Draw(t, "which")
	x := list[i]
	if !keep {
		list = append(append([]T(nil), list[:i]...), list[i+1:]...)
	}
	return x, list
}

func TestEverythingIsCommittedOnceOrDeclaredWhateverIsKilled(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := &world{t: t, now: monday, have: map[uint64]string{}, lost: map[uint64]bool{}, upto: 1}
		w.q = &queue{w: w, trimmed: 1, next: 1}
		w.out = uplink.NewOutbox(w.q, time.Minute)
		made := map[uint64]string{}
		for range rapid.IntRange(1, 120).Draw(t, "steps") {
			switch rapid.IntRange(0, 11).Draw(t, "what") {
			case 0, 1: // the spool takes records
				first := w.q.next
				for range rapid.SampledFrom([]int{1, 1, 3, 70}).Draw(t, "records") {
					camera := fmt.Sprintf("CAM-%d", w.q.next)
					made[w.q.next] = camera
					r := spool.Record{Payload: wire.MarshalObservation(&wire.Observation{Camera: camera, To: 1, Status: wire.StatusUp, Rung: wire.RungFresh, Probes: 1}), Span: spool.Span{To: 1}}
					if rapid.IntRange(0, 20).Draw(t, "foreign") == 0 {
						r.Payload = []byte{0xff}
					}
					w.q.put(r)
				}
				if rapid.Bool().Draw(t, "news") {
					w.out.Fresh(first, w.q.next)
				}
			case 2: // it loses some, anywhere, and says so
				if len(w.q.records) == 0 {
					break
				}
				i := rapid.IntRange(0, len(w.q.records)-1).Draw(t, "from")
				j, most := i, i+rapid.IntRange(1, 20).Draw(t, "lost")
				for j < min(len(w.q.records), most) && w.q.records[j].Gap == nil { // what declares is not lost here
					j++
				}
				if i == j {
					break
				}
				g := &spool.Gap{From: w.q.records[i].Seq, Next: w.q.records[j-1].Seq + 1, Why: spool.WhyDamaged}
				w.q.records = append(append([]spool.Record(nil), w.q.records[:i]...), w.q.records[j:]...)
				w.q.put(spool.Record{Gap: g})
			case 3, 4, 5:
				w.send(rapid.IntRange(1, 40).Draw(t, "size"))
			case 6, 7: // the hub takes a message, perhaps not for the last time
				if len(w.up) > 0 {
					var b wire.Batch
					b, w.up = pick(t, w.up, rapid.IntRange(0, 4).Draw(t, "again") == 0)
					w.take(b)
				}
			case 8: // the agent hears one, perhaps not for the last time
				if len(w.down) > 0 {
					var a answered
					a, w.down = pick(t, w.down, rapid.IntRange(0, 4).Draw(t, "again") == 0)
					w.out.Ack(a.upto, a.stamp)
				}
			case 9:
				switch rapid.IntRange(0, 3).Draw(t, "kill") {
				case 0: // the connection
					w.connect()
				case 1: // patience
					w.out.Rewind()
				case 2: // the agent; the spool may remember more than it was told to forget
					w.q.trimmed -= min(w.q.trimmed-1, rapid.Uint64Range(0, 30).Draw(t, "forgot"))
					w.out = uplink.NewOutbox(w.q, time.Minute)
					w.connect()
				case 3: // an answer
					if len(w.down) > 0 {
						_, w.down = pick(t, w.down, false)
					}
				}
			case 10, 11:
				w.now = w.now.Add(rapid.SampledFrom([]time.Duration{time.Second, time.Minute}).Draw(t, "wait"))
			}
		}
		// From now on the line is good: what is left comes to an end.
		w.connect()
		for range 50 {
			w.now = w.now.Add(2 * time.Minute)
			for w.send(1 + rand.IntN(100)) {
			}
			for _, b := range w.up {
				w.take(b)
			}
			w.up = nil
			for _, a := range w.down {
				w.out.Ack(a.upto, a.stamp)
			}
			w.down = nil
			if w.q.Len() == 0 {
				break
			}
			w.out.Rewind() // time without progress
		}
		if w.q.Len() != 0 {
			t.Fatalf("%d records are left, the hub is at %d", w.q.Len(), w.upto)
		}
		for seq := uint64(1); seq < w.q.next; seq++ {
			if got, ok := w.have[seq]; !ok && !w.lost[seq] || ok && got != made[seq] {
				t.Fatalf("number %d: %q, declared %t", seq, got, w.lost[seq])
			}
		}
	})
}
