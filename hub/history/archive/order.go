package archive

import (
	"cmp"
	"errors"
	"fmt"
	"sort"

	"github.com/phukin/phukin/hub/history"
)

// order sees that records come in their order, each once, and that what is
// accounted for is so.
type order struct {
	last      *Record
	accounted map[stream][]history.Accounted
}

type stream struct {
	agent string
	epoch uint64
}

func newOrder() *order { return &order{accounted: map[stream][]history.Accounted{}} }

func (o *order) check(r *Record) error {
	if o.last != nil {
		if kind, last := r.Kind(), o.last.Kind(); kind < last {
			return fmt.Errorf("%s after %s: lines stand in the order of their kinds", kind, last)
		} else if kind == last {
			c := compare(o.last.Value, r.Value)
			switch {
			case c == 0 && kind == KindHistory:
				return errors.New("a second first line: these are two histories; import them one after the other")
			case c == 0:
				return fmt.Errorf("another %s of the same name stands in the line before: one of them must go", kind)
			case c > 0:
				return fmt.Errorf("this %s stands after one that comes later, in the line before: export again", kind)
			}
		}
	}
	o.last = r
	switch v := r.Value.(type) {
	case history.Accounted:
		if of := o.accounted[stream{v.Agent, v.Epoch}]; len(of) > 0 && of[len(of)-1].Next >= v.First {
			return fmt.Errorf("it begins with %d, before the end of the line before or right after it", v.First)
		}
		o.account(v)
	case history.AgentLoss:
		return o.has(v.Agent, v.Epoch, v.Seq)
	case history.Identified:
		return o.has(v.Agent, v.Epoch, v.Seq)
	}
	return nil
}

func (o *order) account(a history.Accounted) {
	at := stream{a.Agent, a.Epoch}
	o.accounted[at] = append(o.accounted[at], a)
}

// knows says whether a number is accounted for.
func (o *order) knows(agent string, epoch, seq uint64) bool {
	of := o.accounted[stream{agent, epoch}]
	i := sort.Search(len(of), func(i int) bool { return of[i].Next > seq })
	return i < len(of) && of[i].First <= seq
}

func (o *order) has(agent string, epoch, seq uint64) error {
	if o.knows(agent, epoch, seq) {
		return nil
	}
	return fmt.Errorf("number %d of agent %s, epoch %016x, is not accounted for by any line before", seq, agent, epoch)
}

// compare orders two records of one kind.
func compare(a, b any) int {
	switch x := a.(type) {
	case history.Accounted:
		y := b.(history.Accounted)
		return cmp.Or(cmp.Compare(x.Agent, y.Agent), cmp.Compare(x.Epoch, y.Epoch), cmp.Compare(x.First, y.First))
	case history.AgentLoss:
		y := b.(history.AgentLoss)
		return cmp.Or(cmp.Compare(x.Agent, y.Agent), cmp.Compare(x.Epoch, y.Epoch), cmp.Compare(x.Seq, y.Seq))
	case history.AgentAside:
		return cmp.Compare(x.Agent, b.(history.AgentAside).Agent)
	case history.Seen:
		return cmp.Compare(x.Camera, b.(history.Seen).Camera)
	case history.Day:
		y := b.(history.Day)
		return cmp.Or(cmp.Compare(x.Camera, y.Camera), cmp.Compare(x.Number, y.Number))
	case history.Change:
		return history.CompareChanges(x, b.(history.Change))
	case history.Identified:
		y := b.(history.Identified)
		return cmp.Or(cmp.Compare(x.Agent, y.Agent), cmp.Compare(x.Epoch, y.Epoch), cmp.Compare(x.Seq, y.Seq))
	}
	return 0
}
