package spooltest

import (
	"fmt"

	"github.com/phukin/phukin/agent/spool"
)

// ledger knows what a spool confirmed.
type ledger struct {
	confirmed map[uint64]string
	number    map[string]uint64 // of everything that was ever seen
	gone      uint64            // trimmed up to
	opens     uint64
}

func newLedger() *ledger {
	return &ledger{confirmed: map[uint64]string{}, number: map[string]uint64{}, gone: 1}
}

// confirm takes a record that Append confirmed or Read gave.
func (l *ledger) confirm(seq uint64, text string) error {
	if old, ok := l.confirmed[seq]; ok && old != text {
		return fmt.Errorf("number %d was given to %.20q and to %.20q", seq, old, text)
	}
	if old, ok := l.number[text]; ok && old != seq {
		return fmt.Errorf("record %.20q has the numbers %d and %d", text, old, seq)
	}
	l.confirmed[seq], l.number[text] = text, seq
	return nil
}

// check holds that every confirmed record is there, or in a gap for overflow,
// and that every number is accounted for.
func (l *ledger) check(s *spool.Spool) error {
	if s.Opens() <= l.opens {
		return fmt.Errorf("opened for the %dth time, before for the %dth", s.Opens(), l.opens)
	}
	l.opens = s.Opens()
	rs, err := s.Read(0, 1<<30, 1<<30)
	if err != nil {
		return err
	}
	there := map[uint64]bool{}
	gone := map[uint64]spool.Why{}
	for _, r := range rs {
		there[r.Seq] = true
		if r.Gap == nil {
			if err := l.confirm(r.Seq, string(r.Payload)); err != nil {
				return err
			}
			continue
		}
		for seq := max(r.Gap.From, l.gone); seq < r.Gap.Next; seq++ {
			if gone[seq] != spool.WhyOverflow {
				gone[seq] = r.Gap.Why
			}
		}
	}
	for seq := l.gone; seq < s.Next(); seq++ {
		_, mine := l.confirmed[seq]
		switch why, declared := gone[seq]; {
		case there[seq] && declared:
			return fmt.Errorf("number %d is there and declared %v", seq, why)
		case there[seq]:
		case !declared:
			return fmt.Errorf("number %d is LOST IN SILENCE", seq)
		case mine && why != spool.WhyOverflow:
			return fmt.Errorf("number %d was confirmed and is declared %v", seq, why)
		}
	}
	for seq := range l.confirmed {
		if seq >= s.Next() {
			return fmt.Errorf("number %d was confirmed, and the next one is %d", seq, s.Next())
		}
	}
	return nil
}
