package probe

// Bounds of RFC 3550 A.1.
const (
	maxDropout  = 3000 // from this jump on the camera may have begun anew
	maxMisorder = 100  // packets that are older than this by number are not late ones
)

// order says where a packet stands among the others.
type order uint8

const (
	inOrder  order = iota
	repeated       // it came before
	late           // it was counted as lost and comes after those that follow it
	doubtful       // its number is far off; the next one tells
	anew           // the camera began anew
)

// sequence follows the sequence numbers of one source (RFC 3550 A.1) and keeps
// the account of losses (A.3). Unlike A.3 it tells late packets from repeated
// ones, by the last 128 numbers; repeated ones do not hide a loss.
type sequence struct {
	begun   bool
	last    uint16 // the greatest number
	bad     uint16 // the number after a doubtful one
	doubt   bool
	seen    [128]bool // by number modulo 128, up to last
	account account
	doubts  int // numbers that were doubtful
}

// account is what was sent by sequence numbers and what came of it.
type account struct{ expected, received, restarts int }

func (a account) minus(b account) account {
	return account{a.expected - b.expected, a.received - b.received, a.restarts - b.restarts}
}

// lost is the number of packets lost, at least 0, and their fraction.
func (a account) lost() (n int, fraction float64) {
	n = max(0, a.expected-a.received)
	if a.expected <= 0 {
		return n, 0
	}
	return n, min(1, float64(n)/float64(a.expected))
}

// update takes the number of the next packet. gap says that numbers are
// missing before it.
func (s *sequence) update(seq uint16) (o order, gap bool) {
	d := seq - s.last // modulo 65536
	switch {
	case !s.begun:
		s.begin(seq)
		return inOrder, false
	case d == 0:
		return repeated, false
	case d < maxDropout:
		for i := range min(int(d)-1, len(s.seen)) {
			s.seen[(s.last+1+uint16(i))%128] = false // below 128
		}
		s.last, s.doubt = seq, false
		s.seen[seq%128] = true
		s.account.expected += int(d)
		s.account.received++
		return inOrder, d > 1
	case -d <= maxMisorder:
		if s.seen[seq%128] {
			return repeated, false
		}
		s.seen[seq%128] = true
		s.account.received++
		return late, false
	case s.doubt && seq == s.bad: // two in a row: it began anew
		s.begin(seq)
		s.account.restarts++
		return anew, false
	}
	s.bad, s.doubt = seq+1, true
	s.doubts++
	return doubtful, false
}

// begin starts at a number. What lies before it never counts as lost or late.
func (s *sequence) begin(seq uint16) {
	s.begun, s.last, s.doubt = true, seq, false
	for i := range s.seen {
		s.seen[i] = true
	}
	s.account.expected++
	s.account.received++
}
