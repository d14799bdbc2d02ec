package events_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/phukin/phukin/hub/events"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// reading is a client beside all that it should be given: a list without end,
// which is what the ring stands for.
type reading struct {
	client *events.Client
	filter events.Filter
	next   int // index in the list of the first event that it has not come to
}

// wants is the filter, written out.
func wants(f events.Filter, e events.Event) bool {
	if len(f.Kinds) > 0 && !slices.Contains(f.Kinds, e.Kind) {
		return false
	}
	if f.Area != "" && !e.Everywhere && !slices.Contains(e.Areas, f.Area) {
		return false
	}
	return f.Route == "" || e.Everywhere || slices.Contains(e.Routes, f.Route)
}

func drawEvent(t *rapid.T) events.Event {
	return events.Event{
		Kind:       rapid.SampledFrom([]string{"a", "b"}).Draw(t, "kind"),
		Areas:      rapid.SliceOfN(rapid.SampledFrom([]string{"x", "y"}), 0, 2).Draw(t, "areas"),
		Routes:     rapid.SliceOfN(rapid.SampledFrom([]string{"r", "s"}), 0, 2).Draw(t, "routes"),
		Everywhere: rapid.Bool().Draw(t, "everywhere"),
		Data:       []byte(`"` + strings.Repeat("z", rapid.IntRange(0, 60).Draw(t, "size")) + `"`),
	}
}

func drawFilter(t *rapid.T) events.Filter {
	return events.Filter{
		Kinds: rapid.SampledFrom([][]string{nil, {"a"}, {"a", "b"}}).Draw(t, "kinds"),
		Area:  rapid.SampledFrom([]string{"", "", "x"}).Draw(t, "area"),
		Route: rapid.SampledFrom([]string{"", "", "s"}).Draw(t, "route"),
	}
}

// Every client is given every event that it wants once and in order, or is told
// that it missed some, and that only when they are no longer kept. Whoever comes
// back with any id that it was given goes on as if it had never been away, or is
// told.
func TestEveryClientReadsEverythingInOrderOrIsTold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		maxEvents, maxBytes, maxClients := rapid.IntRange(1, 8).Draw(t, "events"), rapid.IntRange(1, 500).Draw(t, "bytes"), rapid.IntRange(1, 4).Draw(t, "clients")
		h := events.New(events.Config{History: "h", Events: maxEvents, Bytes: maxBytes, Clients: maxClients})
		defer h.End()
		var list []events.Event
		var frames []string
		// kept gives the index of the oldest event that is kept, by the bounds.
		kept := func() int {
			first, bytes := len(list), 0
			for first > 0 && len(list)-first < maxEvents {
				bytes += len(frames[first-1])
				if bytes > maxBytes && first < len(list) {
					break
				}
				first--
			}
			return first
		}
		var clients []*reading
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			switch rapid.SampledFrom([]string{"publish", "publish", "read", "read", "follow", "leave"}).Draw(t, "step") {
			case "publish":
				var batch []events.Event
				for range rapid.IntRange(0, 5).Draw(t, "batch") {
					e := drawEvent(t)
					batch, list = append(batch, e), append(list, e)
					frames = append(frames, fmt.Sprintf("id: h-%d\nevent: %s\ndata: %s\n\n", len(list), e.Kind, e.Data))
				}
				h.Publish(batch...)
			case "follow":
				f := drawFilter(t)
				n := rapid.IntRange(-1, len(list)+1).Draw(t, "last")
				last := fmt.Sprintf("%s-%d", rapid.SampledFrom([]string{"h", "h", "h", "other"}).Draw(t, "history"), n)
				if rapid.Bool().Draw(t, "new") {
					last = ""
				}
				c, err := h.Follow(f, last)
				if (err != nil) != (len(clients) == maxClients) || err != nil && !errors.Is(err, events.ErrFull) {
					t.Fatalf("%d of %d follow, another one: %v", len(clients), maxClients, err)
				}
				if err != nil {
					break
				}
				want, next := events.StartResumed, n
				switch {
				case last == "":
					want, next = events.StartNew, len(list)
				case strings.HasPrefix(last, "other") || n < 0 || n > len(list):
					want, next = events.StartOther, len(list)
				case n < kept():
					want, next = events.StartTooOld, len(list)
				}
				if c.Start() != want {
					t.Fatalf("last %q with %d events, kept from %d: start %d, want %d", last, len(list), kept(), c.Start(), want)
				}
				clients = append(clients, &reading{c, f, next})
			case "leave":
				if len(clients) > 0 {
					clients[0].client.Close()
					clients[0].client.Close()
					clients = clients[1:]
				}
			case "read":
				if len(clients) == 0 {
					break
				}
				r := clients[rapid.IntRange(0, len(clients)-1).Draw(t, "client")]
				limit := rapid.IntRange(1, 300).Draw(t, "limit")
				got, wait, err := r.client.Read([]byte("before"), limit)
				if dropped := r.next < kept(); dropped != errors.Is(err, events.ErrDropped) || !dropped && err != nil {
					t.Fatalf("next %d, kept from %d: %v", r.next, kept(), err)
				}
				want, end := "before", true
				if err != nil {
					r.next, end = len(list), false
				}
				for ; r.next < len(list); r.next++ {
					if len(want) >= limit {
						end = false
						break
					}
					if wants(r.filter, list[r.next]) {
						want += frames[r.next]
					}
				}
				if string(got) != want {
					t.Fatalf("given %q, want %q", got, want)
				}
				if (wait != nil) != end {
					t.Fatalf("at the end: %v, want %v", wait != nil, end)
				}
				if id := fmt.Sprintf("h-%d", r.next); r.client.ID() != id {
					t.Fatalf("stands at %s, want %s", r.client.ID(), id)
				}
			}
			if h.Clients() != len(clients) {
				t.Fatalf("%d follow, want %d", h.Clients(), len(clients))
			}
		}
	})
}

// Writers and readers at the same time: readers that are quick enough see all.
func TestManyReadWhileOneWrites(t *testing.T) {
	const n, readers = 2000, 8
	h := events.New(events.Config{Events: n})
	var all sync.WaitGroup
	for i := range readers {
		f := events.Filter{}
		if i%2 == 1 {
			f.Kinds = []string{"odd"}
		}
		c, err := h.Follow(f, "")
		if err != nil {
			t.Fatal(err)
		}
		all.Go(func() {
			defer c.Close()
			var got []byte
			for {
				b, wait, err := c.Read(nil, 1<<10)
				if err != nil {
					t.Error(err)
					return
				}
				if got = append(got, b...); strings.HasSuffix(string(got), fmt.Sprintf("data: %d\n\n", n)) {
					break
				}
				if wait != nil {
					<-wait
				}
			}
			want := n
			if len(f.Kinds) > 0 {
				want = n/2 + 1
			}
			if seen := strings.Count(string(got), "data: "); seen != want {
				t.Errorf("%d events were given, want %d", seen, want)
			}
		})
	}
	for i := 1; i <= n; i++ {
		kind := "even"
		if i%2 == 1 || i == n {
			kind = "odd"
		}
		h.Publish(events.Event{Kind: kind, Data: fmt.Append(nil, i)})
	}
	all.Wait()
	if h.Clients() != 0 {
		t.Errorf("%d follow still", h.Clients())
	}
}

func TestTheEndWakesEverybody(t *testing.T) {
	h := events.New(events.Config{})
	c, err := h.Follow(events.Filter{}, "")
	if err != nil {
		t.Fatal(err)
	}
	_, wait, err := c.Read(nil, 1)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { <-wait; close(done) }()
	h.Publish() // no event is no news
	select {
	case <-wait:
		t.Fatal("woken for nothing")
	default:
	}
	h.End()
	h.End()
	<-done
	<-h.Ended()
	if _, _, err := c.Read(nil, 1); !errors.Is(err, events.ErrEnded) {
		t.Errorf("read after the end: %v", err)
	}
	if _, err := h.Follow(events.Filter{}, ""); !errors.Is(err, events.ErrEnded) {
		t.Errorf("follow after the end: %v", err)
	}
	h.Publish(events.Event{Kind: "late"})
}

func TestAnotherStartIsAnotherHistory(t *testing.T) {
	one, two := events.New(events.Config{}), events.New(events.Config{})
	one.Publish(events.Event{Kind: "a"})
	two.Publish(events.Event{Kind: "a"})
	a, err := one.Follow(events.Filter{}, "")
	if err != nil {
		t.Fatal(err)
	}
	b, err := two.Follow(events.Filter{}, a.ID())
	if err != nil {
		t.Fatal(err)
	}
	if b.Start() != events.StartOther || a.ID() == b.ID() {
		t.Errorf("with id %s of another start it begins with %d; here it stands at %s", a.ID(), b.Start(), b.ID())
	}
}
