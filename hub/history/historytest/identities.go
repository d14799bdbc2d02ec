package historytest

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/wire"
)

// hello says hello and gives what it is refused for, empty when it is taken.
func (b *bench) hello(agent string, epoch, session, next uint64) string {
	b.t.Helper()
	verdicts, err := b.s.Hello(b.ctx, []history.Greeting{{Agent: agent, Hello: wire.Hello{Epoch: epoch, Session: session, NextSeq: next, Boot: 7}, At: b.clock.now()}})
	if err != nil || len(verdicts) != 1 {
		b.t.Fatalf("Hello: %v, %v", verdicts, err)
	}
	if verdicts[0] == nil {
		return ""
	}
	var refused *history.IdentityError
	if !errors.As(verdicts[0], &refused) || !errors.Is(verdicts[0], history.ErrIdentity) || refused.Agent != agent {
		b.t.Errorf("refused with %#v", verdicts[0])
		return "?"
	}
	return refused.What
}

func (b *bench) newest(agent string, want uint64, known bool) {
	b.t.Helper()
	if got, ok, err := b.s.Newest(b.ctx, agent); err != nil || got != want || ok != known {
		b.t.Errorf("the newest epoch of %s is %d, known %v, %v, want %d, %v", agent, got, ok, err, want, known)
	}
}

func (b *bench) conflict(agent, says string, count int64) history.Conflict {
	b.t.Helper()
	all, err := b.s.Conflicts(b.ctx)
	c, ok := all[agent]
	if err != nil || ok != (count > 0) || c.Count != count || !strings.Contains(c.What, says) {
		b.t.Errorf("the conflict of %s is %+v, %v, want %d that say %q", agent, c, err, count, says)
	}
	return c
}

func identities(t *testing.T, open Open) {
	b := vietnam(t, open)
	o := b.hour("c1", today, 1, wire.StatusUp)
	b.newest("xa-a", 0, false)
	for i, x := range []struct {
		name                 string
		epoch, session, next uint64
		says                 string // empty: it is taken
		newest               uint64
	}{
		{"the first", 1<<63 + 1, 5, 0, "", 1<<63 + 1},
		{"the next connection", 1<<63 + 1, 6, 10, "", 1<<63 + 1},
		{"a session that came", 1<<63 + 1, 6, 10, "connection number 6", 1<<63 + 1},
		{"an older session", 1<<63 + 1, 2, 10, "copied or restored", 1<<63 + 1},
		{"a number that is committed", 1<<63 + 1, 7, 9, "the hub has up to 9", 1<<63 + 1},
		{"what was refused counts for nothing", 1<<63 + 1, 7, 10, "", 1<<63 + 1},
		{"a new spool", 2, 0, 0, "", 2},
		{"the old one comes back", 1<<63 + 1, 100, 100, "newer spool", 2},
		{"the new one goes on", 2, 1<<63 + 5, 0, "", 2},
		{"sessions have 64 bits", 2, 1<<63 + 4, 0, "connection number", 2},
	} {
		if i == 2 {
			b.append(b.batch("xa-a", 1<<63+1, 0, o, o, o, o, o, o, o, o, o, o)) // up to 9
		}
		if got := b.hello("xa-a", x.epoch, x.session, x.next); (got == "") != (x.says == "") || !strings.Contains(got, x.says) {
			t.Errorf("%s: refused with %q, want %q", x.name, got, x.says)
		}
		b.newest("xa-a", x.newest, true)
		if i%3 == 0 {
			b.s = b.o.Reopen(t)
		}
	}
	first := b.conflict("xa-a", "connection number", 5)
	b.clock.set(b.clock.now().Add(time.Hour))
	b.hello("xa-a", 1<<63+1, 101, 100)
	if c := b.conflict("xa-a", "newer spool", 6); !c.First.Equal(first.First) || !c.Last.Equal(b.clock.now()) {
		t.Errorf("the conflict is from %v to %v", c.First, c.Last)
	}
	if got := b.hello("xa-b", 1<<63+1, 1, 0); got != "" {
		t.Errorf("another agent is refused: %s", got)
	}
	b.conflict("xa-b", "", 0)

	// Many at once, in order.
	greet := func(epoch, session uint64) history.Greeting {
		return history.Greeting{Agent: "xa-c", Hello: wire.Hello{Epoch: epoch, Session: session}, At: b.clock.now()}
	}
	verdicts, err := b.s.Hello(b.ctx, []history.Greeting{greet(1, 1), greet(1, 1), greet(1, 2), greet(2, 0), greet(1, 9)})
	if err != nil || len(verdicts) != 5 || verdicts[0] != nil || verdicts[1] == nil || verdicts[2] != nil || verdicts[3] != nil || verdicts[4] == nil {
		t.Errorf("verdicts are %v, %v", verdicts, err)
	}
	b.conflict("xa-c", "newer spool", 2)
}

func released(t *testing.T, open Open) {
	b := vietnam(t, open)
	o := b.hour("c1", today, 1, wire.StatusUp)
	b.append(b.batch("xa-a", 1, 0, o, o))
	b.hello("xa-a", 1, 5, 2)
	b.hello("xa-a", 2, 1, 0)
	release := func() {
		t.Helper()
		if err := b.s.Release(b.ctx, "xa-a"); err != nil {
			t.Errorf("Release: %v", err)
		}
		b.conflict("xa-a", "", 0)
		b.newest("xa-a", 0, false)
	}
	if got := b.hello("xa-a", 1, 6, 2); got == "" {
		t.Error("the replaced one is taken")
	}
	release()
	b.s = b.o.Reopen(t)
	b.newest("xa-a", 0, false)
	if got := b.hello("xa-a", 1, 3, 1); got != "" { // whatever session and number
		t.Errorf("once released it is refused: %s", got)
	}
	b.newest("xa-a", 1, true)
	if got := b.hello("xa-a", 2, 2, 0); !strings.Contains(got, "newer spool") {
		t.Errorf("the other one is refused with %q", got)
	}
	if got := b.hello("xa-a", 1, 4, 2); got != "" {
		t.Errorf("it goes on and is refused: %s", got)
	}
	release()
	if got := b.hello("xa-a", 3, 1, 0); got != "" {
		t.Errorf("a new one is refused: %s", got)
	}
	b.newest("xa-a", 3, true)
	wantError(t, "release of nobody", b.s.Release(b.ctx, "nobody"), history.ErrNotFound)
}
