package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"sort"
	"sync"

	"github.com/phukin/phukin/hub/wire"
)

// span is a run of sequence numbers [first, next).
type span struct{ first, next uint64 }

// spans are disjoint, do not touch, and ascend. They are never changed in
// place.
type spans []span

// with gives the spans with s added, and the parts of s that were not in them.
func (ss spans) with(s span) (all spans, fresh []span) {
	if s.first >= s.next {
		return ss, nil
	}
	// Those that s touches are ss[a:b].
	a := sort.Search(len(ss), func(i int) bool { return ss[i].next >= s.first })
	b := sort.Search(len(ss), func(i int) bool { return ss[i].first > s.next })
	at, merged := s.first, s
	for _, t := range ss[a:b] {
		if at < t.first {
			fresh = append(fresh, span{at, t.first})
		}
		at = t.next
		merged = span{min(merged.first, t.first), max(merged.next, t.next)}
	}
	if at < s.next {
		fresh = append(fresh, span{at, s.next})
	}
	if len(fresh) == 0 {
		return ss, nil
	}
	return slices.Concat(ss[:a], spans{merged}, ss[b:]), fresh
}

// end gives the end of the span that holds from, or from itself.
func (ss spans) end(from uint64) uint64 {
	i := sort.Search(len(ss), func(i int) bool { return ss[i].next > from })
	if i < len(ss) && ss[i].first <= from {
		return ss[i].next
	}
	return from
}

// top gives the number after the greatest.
func (ss spans) top() uint64 {
	if len(ss) == 0 {
		return 0
	}
	return ss[len(ss)-1].next
}

// stream is what an agent numbers its records in.
type stream struct {
	agent int64
	epoch uint64
}

// committed is what the last transaction left of the streams that were written
// to since the file was opened, for readers who must not wait for a writer.
type committed struct {
	mu   sync.RWMutex
	told map[string]map[uint64]spans // by code of the agent and epoch
}

func (c *committed) put(agent string, epoch uint64, ss spans) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.told == nil {
		c.told = map[string]map[uint64]spans{}
	}
	if c.told[agent] == nil {
		c.told[agent] = map[uint64]spans{}
	}
	c.told[agent][epoch] = ss
}

func (c *committed) get(agent string, epoch uint64) (spans, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	ss, ok := c.told[agent][epoch]
	return ss, ok
}

func (c *committed) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.told = nil
}

// ledgerOf is a stream as a transaction finds it and as it leaves it.
type ledgerOf struct{ before, now spans }

// account adds s to what is accounted for of a stream and gives the parts of
// it that were not.
func (a *appender) account(st stream, s span) ([]span, error) {
	l, err := a.stream(st)
	if err != nil {
		return nil, err
	}
	var fresh []span
	l.now, fresh = l.now.with(s)
	return fresh, nil
}

func (a *appender) stream(st stream) (*ledgerOf, error) {
	if l := a.streams[st]; l != nil {
		return l, nil
	}
	ss, err := a.db.known.spans(a.ctx, a.stmts.selectCommitted, st)
	if err != nil {
		return nil, err
	}
	l := &ledgerOf{ss, ss}
	a.streams[st] = l
	return l, nil
}

// spans gives what is accounted for of a stream.
func (k *known) spans(ctx context.Context, query *sql.Stmt, st stream) (spans, error) {
	if ss, ok := k.streams[st]; ok {
		return ss, nil
	}
	var ss spans
	rows, err := query.QueryContext(ctx, st.agent, int64(st.epoch))
	if err := each(rows, err, func() error {
		var first, next int64
		err := rows.Scan(&first, &next)
		ss = append(ss, span{uint64(first), uint64(next)})
		return err
	}); err != nil {
		return nil, err
	}
	k.streams[st] = ss
	return ss, nil
}

// write puts the difference of a stream into the table.
func (l *ledgerOf) write(a *appender, st stream) error {
	if slices.Equal(l.before, l.now) {
		return nil
	}
	stays := map[span]bool{}
	for _, s := range l.before {
		stays[s] = true
	}
	begins := map[uint64]bool{}
	for _, s := range l.now {
		begins[s.first] = true
		if stays[s] {
			continue
		}
		if _, err := a.stmts.putCommitted.ExecContext(a.ctx, st.agent, int64(st.epoch), int64(s.first), int64(s.next)); err != nil {
			return err
		}
	}
	for _, s := range l.before {
		if begins[s.first] {
			continue
		}
		if _, err := a.stmts.deleteCommitted.ExecContext(a.ctx, st.agent, int64(st.epoch), int64(s.first)); err != nil {
			return err
		}
	}
	return nil
}

// tell makes known what a transaction has committed.
func (d *DB) tell(streams map[stream]*ledgerOf) {
	for st, l := range streams {
		d.known.streams[st] = l.now
		d.committed.put(d.known.codes[st.agent], st.epoch, l.now)
	}
}

// Committed implements history.Store.
func (d *DB) Committed(ctx context.Context, agent string, epoch, from uint64) (uint64, error) {
	if from > wire.MaxSeq {
		return from, nil
	}
	if ss, ok := d.committed.get(agent, epoch); ok {
		return ss.end(from), nil
	}
	upto := from
	err := scan(ctx, d.read, "SELECT c.next_seq FROM committed c JOIN agent a ON a.id = c.agent WHERE a.code = ? AND c.epoch = ? AND c.first_seq <= ? AND c.next_seq > ?", func(rows *sql.Rows) error {
		var next int64
		err := rows.Scan(&next)
		upto = uint64(next)
		return err
	}, agent, int64(epoch), int64(from), int64(from))
	if err != nil {
		return 0, fmt.Errorf("read what is committed of agent %s: %w", agent, err)
	}
	return upto, nil
}
