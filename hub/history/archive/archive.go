// Package archive moves histories: from a store into a file of JSON lines, from
// such a file or another store into a store, and says by count and digest
// whether two of them hold the same. It also writes CSV and line protocol, for
// other programs to read.
//
// A history is a sequence of records in one order: by kind, and within a kind
// as package history orders them. Each record has exactly one line, so equal
// histories are equal files. docs/history.md describes the lines.
package archive

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"iter"
	"maps"
	"slices"

	"github.com/phukin/phukin/hub/history"
)

// Version is the version of the file's form. It stands in the first line.
const Version = 1

// Kind is what a record is of. A history has its kinds in this order.
type Kind uint8

// The kinds, and what Value of a Record is.
const (
	KindHistory     Kind = iota // history.Marks, exactly one
	KindAccounted               // history.Accounted
	KindGap                     // history.AgentLoss
	KindAside                   // history.AgentAside
	KindSeen                    // history.Seen
	KindDay                     // history.Day
	KindChange                  // history.Change
	KindObservation             // history.Identified
	kinds
)

var kindNames = [...]string{"history", "accounted", "gap", "aside", "seen", "day", "change", "observation", "end"}

func (k Kind) String() string { return kindNames[k] }

// Kinds lists the kinds in order.
func Kinds() []Kind {
	all := make([]Kind, kinds)
	for i := range all {
		all[i] = Kind(i)
	}
	return all
}

// Record is one record of a history.
type Record struct {
	Line  int // of the file that it was read from, 0 if there is none
	Value any // see Kind

	text []byte // its line with the end, if it was read
}

// appendText appends the record's line with its end.
func (r *Record) appendText(p []byte) ([]byte, error) {
	if r.text != nil {
		return append(p, r.text...), nil
	}
	return appendLine(p, r.Value)
}

// Kind gives the kind of the record.
func (r *Record) Kind() Kind {
	switch r.Value.(type) {
	case history.Marks:
		return KindHistory
	case history.Accounted:
		return KindAccounted
	case history.AgentLoss:
		return KindGap
	case history.AgentAside:
		return KindAside
	case history.Seen:
		return KindSeen
	case history.Day:
		return KindDay
	case history.Change:
		return KindChange
	default:
		return KindObservation
	}
}

// Source streams the records of a history in order. It may be asked again.
type Source = iter.Seq2[Record, error]

// OfStore streams the history that a store holds. What is written meanwhile may
// be in it or not; observations and gaps are not that came after what is
// accounted for was told.
func OfStore(ctx context.Context, s history.Moving) Source {
	return func(yield func(Record, error) bool) {
		told := newOrder()
		give := func(v any) bool {
			switch v := v.(type) {
			case history.Accounted:
				told.account(v)
			case history.AgentLoss:
				if !told.knows(v.Agent, v.Epoch, v.Seq) {
					return true
				}
			case history.Identified:
				if !told.knows(v.Agent, v.Epoch, v.Seq) {
					return true
				}
			}
			return yield(Record{Value: v}, nil)
		}
		marks, err := s.Marks(ctx)
		if err == nil && !give(marks) {
			return
		}
		more := err == nil && each(s.Accounted(ctx), give, &err) && small(ctx, s, give, &err) &&
			each(s.Days(ctx, history.EveryDay()), give, &err) && each(s.Changes(ctx, history.EveryDay(), never), give, &err)
		if more {
			each(s.Sent(ctx), give, &err)
		}
		if err != nil {
			yield(Record{}, err)
		}
	}
}

// each gives all of a stream; it is false when one must stop, in an error or
// because nobody wants more.
func each[T any](seq iter.Seq2[T, error], give func(any) bool, err *error) bool {
	for v, e := range seq {
		if e != nil {
			*err = e
			return false
		}
		if !give(v) {
			return false
		}
	}
	return true
}

// small gives the kinds of which there are few.
func small(ctx context.Context, s history.Moving, give func(any) bool, failed *error) bool {
	losses, err := s.LossCounts(ctx)
	if err != nil {
		*failed = err
		return false
	}
	for _, agent := range slices.Sorted(maps.Keys(losses)) {
		of, err := s.Losses(ctx, agent)
		if err != nil {
			*failed = err
			return false
		}
		slices.SortFunc(of, func(x, y history.Loss) int { return cmp.Or(cmp.Compare(x.Epoch, y.Epoch), cmp.Compare(x.Seq, y.Seq)) })
		for _, l := range of {
			if !give(history.AgentLoss{Agent: agent, Loss: l}) {
				return false
			}
		}
	}
	asides, err := s.AsideCounts(ctx)
	if err != nil {
		*failed = err
		return false
	}
	for _, agent := range slices.Sorted(maps.Keys(asides)) {
		if !give(history.AgentAside{Agent: agent, Messages: asides[agent].Messages, Records: asides[agent].Records}) {
			return false
		}
	}
	seen, err := s.Seen(ctx)
	if err != nil {
		*failed = err
		return false
	}
	for _, camera := range slices.Sorted(maps.Keys(seen)) {
		if !give(seen[camera]) {
			return false
		}
	}
	return true
}

// Sum is what two histories are compared by: the number of records of a kind,
// and the SHA-256 of their lines in hex.
type Sum struct {
	Kind   Kind
	Lines  int64
	SHA256 string
}

// summer sums lines by kind.
type summer struct {
	lines [kinds]int64
	sums  [kinds]hash.Hash
}

func newSummer() *summer {
	s := &summer{}
	for k := range s.sums {
		s.sums[k] = sha256.New()
	}
	return s
}

func (s *summer) add(k Kind, line []byte) {
	s.lines[k]++
	_, _ = s.sums[k].Write(line) // a hash takes everything
}

func (s *summer) all() []Sum {
	all := make([]Sum, kinds)
	for k := range all {
		all[k] = Sum{Kind(k), s.lines[k], hex.EncodeToString(s.sums[k].Sum(nil))}
	}
	return all
}

// SumOf sums a whole history. progress, if not nil, is told how many records
// there were.
func SumOf(src Source, progress func(records int64)) ([]Sum, error) {
	s := newSummer()
	var line []byte
	n := int64(0)
	for r, err := range src {
		if err != nil {
			return nil, err
		}
		if line, err = r.appendText(line[:0]); err != nil {
			return nil, err
		}
		s.add(r.Kind(), line)
		if n++; progress != nil {
			progress(n)
		}
	}
	return s.all(), nil
}
