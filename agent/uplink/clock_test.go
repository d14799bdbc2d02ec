package uplink_test

import (
	"testing"
	"time"

	"github.com/phukin/phukin/agent/clock"
	"github.com/phukin/phukin/agent/spool"
	"github.com/phukin/phukin/agent/uplink"
	"github.com/phukin/phukin/hub/wire"
)

// booted gives the clocks of a device that started so long ago, with a wall
// clock that says what it wants.
func booted(boot uint64, ago time.Duration, wall func() time.Time) *clock.Device {
	begin := time.Now().Add(-ago)
	return &clock.Device{Boot: boot, Mono: func() int64 { return time.Since(begin).Milliseconds() }, Wall: wall}
}

func in1970() time.Time { return time.Unix(100, 0) }

// record is one observation of a boot, of a second's length.
func record(boot uint64, from, wall int64) spool.Entry {
	return spool.Entry{Span: spool.Span{Boot: boot, From: from, To: from + 1000, Wall: wall}, Payload: observation(int(from))}
}

func put(t *testing.T, q *spool.Spool, es ...spool.Entry) {
	t.Helper()
	if _, err := q.AppendBatch(es); err != nil {
		t.Fatal(err)
	}
}

// run connects a device with the hub until its spool is empty.
func run(t *testing.T, h *hub, q *spool.Spool, d *clock.Device) uplink.Status {
	t.Helper()
	o := h.options(q)
	o.Clock = d
	u := start(t, o)
	within(t, "the spool is empty", func() bool { return q.Len() == 0 && u.Status().Greeted })
	u.Close()
	return u.Status()
}

// where says by which clock a record came and how far it lies from a moment.
func (h *hub) where(seq uint64, from time.Time) (by wire.Clock, off time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	o, ok := h.have[seq]
	if !ok || o.To-o.From != 1000 {
		h.t.Errorf("record %d: %+v", seq, o)
	}
	return o.Clock, time.UnixMilli(o.From).Sub(from).Abs()
}

func TestRecordsOfADeviceThatBelievesItIs1970AreCorrected(t *testing.T) {
	h, q := startHub(t, nil), openSpool(t)
	begin, d := time.Now().Add(-time.Hour), booted(1, time.Hour, in1970)
	for i := range int64(100) {
		put(t, q, record(1, i*30_000, i*30_000))
	}
	st := run(t, h, q, d)
	for i := range int64(100) {
		if by, off := h.where(uint64(i+1), begin.Add(time.Duration(i*30_000)*time.Millisecond)); by != wire.ClockHub || off > 300*time.Millisecond {
			t.Errorf("record %d is %v off, by the clock %s", i, off, by)
		}
	}
	if st.ClockOffset < 50*365*24*time.Hour || !st.OffsetKnown || st.RoundTrip > 5*time.Second || st.Refusal != "" {
		t.Errorf("%+v", st)
	}
}

func TestWhatWasLearntOutlivesTheProcessAndTheBoot(t *testing.T) {
	h, dir := startHub(t, nil), t.TempDir()
	q := openSpoolIn(t, dir)
	begin := time.Now().Add(-time.Hour)
	run(t, h, q, booted(1, time.Hour, in1970))
	// Boot 1 goes on without the hub; then there is a boot that never reaches it,
	// with a good clock of its own; then one that does.
	put(t, q, record(1, 2*3600_000, 5), record(2, 1000, time.Now().Add(-time.Minute).UnixMilli()), record(2, 5000, 7), record(2, 9000, time.Now().Add(time.Hour).UnixMilli()))
	if err := q.Close(); err != nil {
		t.Fatal(err)
	}
	q = openSpoolIn(t, dir)
	put(t, q, record(3, 1000, 99))
	run(t, h, q, booted(3, time.Minute, in1970))
	for _, c := range []struct {
		what string
		seq  uint64
		from time.Time
		by   wire.Clock
	}{
		{"of a boot that had learnt the hub's clock", 1, begin.Add(2 * time.Hour), wire.ClockHub},
		{"of a boot that had not, by a good clock", 2, time.Now().Add(-time.Minute), wire.ClockOwn},
		{"of a boot that had not, in 1970", 3, time.UnixMilli(7), wire.ClockWrong},
		{"of a boot that had not, in the future", 4, time.Now().Add(time.Hour), wire.ClockWrong},
		{"of this boot", 5, time.Now().Add(-time.Minute + time.Second), wire.ClockHub},
	} {
		if by, off := h.where(c.seq, c.from); by != c.by || off > 5*time.Second {
			t.Errorf("a record %s is %v off, by the clock %s", c.what, off, by)
		}
	}
}

func TestANoteThatIsLostCostsOnlyWhatOnlyItKnew(t *testing.T) {
	h, q := startHub(t, nil), openSpool(t)
	run(t, h, q, booted(1, time.Hour, in1970))
	put(t, q, record(1, 7200_000, 5), record(2, 1000, 99))
	if err := q.SetNote([]byte("nonsense")); err != nil {
		t.Fatal(err)
	}
	run(t, h, q, booted(2, time.Minute, in1970))
	if by, _ := h.where(1, time.Now()); by != wire.ClockWrong {
		t.Errorf("a record of a boot that is forgotten has the clock %s", by)
	}
	if by, off := h.where(2, time.Now().Add(-59*time.Second)); by != wire.ClockHub || off > 5*time.Second {
		t.Errorf("a record of this boot is %v off, by the clock %s", off, by)
	}
	var k clock.Knowledge
	if err := k.Unmarshal(q.Note()); err != nil {
		t.Error(err)
	}
}

func TestTheClockThatVerifiesCertificatesIsTheHubsOnceItIsKnown(t *testing.T) {
	h, q := startHub(t, nil), openSpool(t)
	o := h.options(q)
	o.Clock = booted(1, time.Hour, in1970)
	u := start(t, o)
	within(t, "the hub answers", func() bool { return u.Status().OffsetKnown })
	if off := time.Since(u.Now()); off.Abs() > 5*time.Second {
		t.Errorf("%v off", off)
	}
	u.Close()
	u, err := uplink.New(o) // the next process, before it has heard anything
	if err != nil {
		t.Fatal(err)
	}
	if off := time.Since(u.Now()); off.Abs() > 5*time.Second {
		t.Errorf("%v off", off)
	}
}
