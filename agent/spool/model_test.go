package spool_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"syscall"
	"testing"

	"pgregory.net/rapid"

	"github.com/phukin/phukin/agent/spool"
	"github.com/phukin/phukin/agent/spool/spooltest"
)

// model is what a spool must be: a list of what was confirmed. It knows
// everything that ever happened.
type model struct {
	t    *rapid.T
	disk *spooltest.Disk
	s    *spool.Spool
	size int64

	honest   bool              // the disk keeps what was synced
	acked    map[uint64]string // what every number was given to
	numberOf map[string]uint64 // and back
	tried    map[string]bool   // appends that failed since the last one that did not
	lost     []spool.Gap       // gaps that were read
	gone     uint64            // trimmed up to
	opens    uint64
	epoch    uint64
	notes    []string // what the note may be
	count    int
	retry    []spool.Entry // of an append that failed while the process lives
}

const modelDir = "/spool"

func newModel(t *rapid.T, honest bool) *model {
	seed := rapid.Uint64().Draw(t, "seed")
	m := &model{
		t: t, honest: honest, size: spool.MinMaxBytes, disk: spooltest.NewDisk(rand.New(rand.NewPCG(seed, 1))),
		acked: map[uint64]string{}, numberOf: map[string]uint64{}, tried: map[string]bool{}, gone: 1, notes: []string{""},
	}
	m.open()
	m.epoch = m.s.Epoch()
	return m
}

func (m *model) options() spool.Options {
	return spool.Options{MaxBytes: m.size, Logger: quiet, Disk: m.disk}
}

// open opens the spool, and before that now and then loses power while doing so.
func (m *model) open() spool.Recovery {
	for range rapid.IntRange(0, 2).Draw(m.t, "cuts while opening") {
		m.disk.CutAfter(rapid.IntRange(0, 80).Draw(m.t, "after"))
		if s, _, err := spool.Open(modelDir, m.options()); err == nil {
			m.opened(s)
		}
		m.disk = m.disk.PowerCut()
	}
	s, rec, err := spool.Open(modelDir, m.options())
	if err != nil {
		m.t.Fatal(err)
	}
	m.s = s
	m.opened(s)
	return rec
}

func (m *model) opened(s *spool.Spool) {
	if s.Opens() <= m.opens {
		m.t.Fatalf("opens is %d, was %d", s.Opens(), m.opens)
	}
	m.opens = s.Opens()
}

func (m *model) crashed() {
	m.retry = nil
}

func (m *model) entries() []spool.Entry {
	if m.retry != nil {
		return m.retry
	}
	n := rapid.IntRange(1, 6).Draw(m.t, "records")
	size := rapid.IntRange(1, 4000).Draw(m.t, "size")
	es := make([]spool.Entry, n)
	for i := range es {
		m.count++
		p := fmt.Sprintf("%d-", m.count)
		es[i] = spool.Entry{Span: spool.Span{Boot: 1, From: int64(m.count), To: int64(m.count) + 1}, Payload: []byte(p + strings.Repeat("x", max(0, size-len(p))))}
	}
	return es
}

func (m *model) append() error {
	es := m.entries()
	first, err := m.s.AppendBatch(es)
	if err != nil {
		m.retry = es
		for _, e := range es {
			m.tried[string(e.Payload)] = true
		}
		return err
	}
	m.retry, m.tried = nil, map[string]bool{}
	for i, e := range es {
		m.give(first+uint64(i), string(e.Payload))
	}
	if m.s.Next() != first+uint64(len(es)) {
		m.t.Fatalf("next is %d after %d records from %d", m.s.Next(), len(es), first)
	}
	return nil
}

// give holds that a number is of one payload for ever, and a payload of one
// number.
func (m *model) give(seq uint64, payload string) {
	if old, ok := m.acked[seq]; ok && old != payload {
		m.t.Fatalf("number %d was %.12q and is now %.12q", seq, old, payload)
	}
	if old, ok := m.numberOf[payload]; ok && old != seq {
		m.t.Fatalf("record %.12q was number %d and is now %d", payload, old, seq)
	}
	if seq >= m.gone {
		for _, g := range m.lost {
			if g.From <= seq && seq < g.Next {
				m.t.Fatalf("number %d was declared lost: %+v", seq, g)
			}
		}
	}
	m.acked[seq], m.numberOf[payload] = payload, seq
}

func (m *model) trim() error {
	upto := rapid.Uint64Range(m.gone, m.s.Next()).Draw(m.t, "upto")
	err := m.s.Trim(upto)
	m.gone = max(m.gone, upto) // it may have come into force
	return err
}

func (m *model) note() error {
	n := strings.Repeat(fmt.Sprint(len(m.notes)), rapid.IntRange(0, 300).Draw(m.t, "length"))
	m.notes = append(m.notes, n)
	err := m.s.SetNote([]byte(n))
	if err == nil {
		m.notes = []string{n}
	}
	return err
}

// check reads all there is and compares.
func (m *model) check(rec *spool.Recovery) {
	var got []spool.Record
	first := m.s.First()
	bytes, records := rapid.IntRange(1, 40_000).Draw(m.t, "bytes"), rapid.IntRange(1, 100).Draw(m.t, "records")
	for from := uint64(0); ; {
		rs, err := m.s.Read(from, bytes, records)
		if err != nil {
			m.t.Fatal(err)
		}
		if len(rs) == 0 {
			break
		}
		got = append(got, rs...)
		from = rs[len(rs)-1].Seq + 1
	}
	next := m.s.Next()
	there := map[uint64]bool{}
	var gaps []spool.Gap
	for i, r := range got {
		if i > 0 && r.Seq <= got[i-1].Seq || r.Seq >= next || r.Seq < first {
			m.t.Fatalf("number %d after %d, first %d, next %d", r.Seq, got[max(0, i-1)].Seq, m.s.First(), next)
		}
		there[r.Seq] = true
		if r.Gap != nil {
			if r.Gap.From >= r.Gap.Next || r.Gap.Next > r.Seq || r.Gap.First.From > r.Gap.Last.From && r.Gap.Last.Boot != 0 {
				m.t.Fatalf("gap %+v at %d", r.Gap, r.Seq)
			}
			gaps = append(gaps, *r.Gap)
			continue
		}
		if p := string(r.Payload); m.acked[r.Seq] != p {
			if !m.tried[p] {
				m.t.Fatalf("record %d is %.12q, never appended; it was %.12q", r.Seq, p, m.acked[r.Seq])
			}
			m.give(r.Seq, p)
		}
	}
	why := func(seq uint64) (spool.Why, bool) {
		for _, g := range gaps {
			if g.From <= seq && seq < g.Next && (g.Why == spool.WhyOverflow || !m.honest) {
				return g.Why, true
			}
		}
		for _, g := range gaps {
			if g.From <= seq && seq < g.Next {
				return g.Why, true
			}
		}
		return 0, false
	}
	for seq := m.gone; seq < next; seq++ {
		w, declared := why(seq)
		switch _, acked := m.acked[seq]; {
		case there[seq] && declared:
			if m.honest {
				m.t.Fatalf("number %d is there and declared lost (%v)", seq, w)
			}
		case there[seq]:
		case !declared:
			m.t.Fatalf("number %d is lost in silence; gone %d, next %d; %v", seq, m.gone, next, rec)
		case acked && m.honest && w != spool.WhyOverflow:
			m.t.Fatalf("number %d was confirmed and is declared %v", seq, w)
		}
	}
	for seq := range m.acked {
		if seq >= next {
			m.t.Fatalf("number %d was given, next is %d", seq, next)
		}
	}
	// A gap that was declared meanwhile may have made the oldest go.
	left := slices.DeleteFunc(slices.Clone(got), func(r spool.Record) bool { return r.Seq < m.s.First() })
	if m.s.Len() != uint64(len(left)) {
		m.t.Fatalf("len %d, %d records; %v", m.s.Len(), len(left), rec)
	}
	m.lost = gaps
	if m.s.Epoch() != m.epoch {
		m.t.Fatalf("epoch %x, was %x", m.s.Epoch(), m.epoch)
	}
	if n := string(m.s.Note()); m.honest && !slices.Contains(m.notes, n) {
		m.t.Fatalf("note %.20q, want one of %.20q", n, m.notes)
	}
}

func (m *model) actions() map[string]func(*rapid.T) {
	must := func(err error) {
		if err != nil {
			m.t.Fatal(err)
		}
	}
	act := func(f func()) func(*rapid.T) { return func(t *rapid.T) { m.t = t; f() } }
	some := func() error {
		switch rapid.IntRange(0, 3).Draw(m.t, "what") {
		case 0:
			return m.trim()
		case 1:
			return m.note()
		}
		return m.append()
	}
	appends := func() {
		for range rapid.IntRange(1, 30).Draw(m.t, "times") {
			must(m.append())
		}
	}
	return map[string]func(*rapid.T){
		"append":  act(func() { must(m.append()) }),
		"appends": act(appends),
		"trim":    act(func() { must(m.trim()) }),
		"note":    act(func() { must(m.note()) }),
		"check":   act(func() { m.check(nil) }),
		"reopen": act(func() {
			must(m.s.Close())
			m.size = rapid.SampledFrom([]int64{1, 1, 1, 1, 2, 3}).Draw(m.t, "size") * spool.MinMaxBytes
			rec := m.open()
			m.check(&rec)
			m.crashed()
		}),
		"kill": act(func() {
			m.disk = m.disk.Killed()
			m.crashed()
			rec := m.open()
			m.check(&rec)
		}),
		"cut the power between": act(func() {
			quietly := m.retry == nil
			m.disk = m.disk.PowerCut()
			m.crashed()
			rec := m.open()
			m.check(&rec)
			if m.honest && quietly && (len(rec.Gaps) > 0 || rec.Torn) {
				m.t.Fatalf("nothing was under way, and yet: %v", rec)
			}
		}),
		"cut the power within": act(func() {
			m.disk.CutAfter(rapid.IntRange(0, 12).Draw(m.t, "after"))
			for some() == nil {
			}
			m.disk = m.disk.PowerCut()
			m.crashed()
			rec := m.open()
			m.check(&rec)
		}),
		"writes fail": act(func() {
			left := rapid.IntRange(1, 6).Draw(m.t, "faults")
			rate := rapid.IntRange(0, 3).Draw(m.t, "rate")
			n := 0
			m.disk.Fault(func(op, _ string) error {
				if n++; left == 0 || op == "read" || rate > 0 && n%(rate+1) != 0 {
					return nil
				}
				left--
				return rapid.SampledFrom([]error{syscall.EIO, syscall.ENOSPC}).Draw(m.t, "error")
			})
			for range 8 {
				_ = some()
			}
			m.disk.Fault(nil)
			if !m.honest {
				// What the failed writes left behind is void, and gone for good
				// with the next that succeeds; damage before that may revive it.
				must(m.append())
			}
			m.check(nil)
		}),
		"renew": act(func() {
			must(m.s.Close())
			epoch, err := spool.RenewOn(modelDir, m.options())
			must(err)
			m.epoch = epoch
			m.crashed()
			rec := m.open()
			m.check(&rec)
		}),
	}
}

func TestNothingIsLostOnADiskThatKeepsWhatItConfirmed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := newModel(t, true)
		defer func() { _ = m.s.Close() }()
		t.Repeat(m.actions())
		m.t = t
		m.check(nil)
	})
}

func TestNothingIsLostInSilenceOnADiskThatIsDamaged(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := newModel(t, false)
		defer func() { _ = m.s.Close() }()
		actions := m.actions()
		delete(actions, "cut the power between")
		damage := func() {
			for range rapid.IntRange(1, 4).Draw(m.t, "times") {
				m.disk.Damage()
			}
		}
		actions["damage while open"] = func(t *rapid.T) {
			m.t = t
			damage()
			m.check(nil)
		}
		actions["damage and reopen"] = func(t *rapid.T) {
			m.t = t
			m.disk = m.disk.Killed()
			damage()
			m.crashed()
			rec := m.open()
			m.check(&rec)
		}
		t.Repeat(actions)
		m.t = t
		m.check(nil)
	})
}
