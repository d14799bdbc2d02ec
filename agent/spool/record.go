package spool

// Span is when the content of a record happened, by the device's own clocks.
// The spool does not interpret it; it only hands it on into gaps.
type Span struct {
	Boot     uint64 // names the run of the monotonic clock (one boot of the device)
	From, To int64  // milliseconds of that clock
	Wall     int64  // Unix milliseconds that the device's wall clock had at From
}

// Entry is what an owner puts into the spool.
type Entry struct {
	Span    Span
	Payload []byte // 1 to MaxRecord bytes
}

// Gap declares that the numbers [From, Next) will never come. A gap may cover
// numbers that an older gap covers too.
type Gap struct {
	From, Next uint64
	// First and Last are of the oldest and the newest lost record. Where those
	// cannot be read they are of the records that stand next to the gap, the
	// one before and the one behind it; zero when there is none.
	First, Last Span
	Why         Why
}

// Why says why numbers are missing.
type Why uint8

// The reasons for a gap. Their numbers are kept on disk.
const (
	// WhyOverflow: the spool was full, and its oldest records made room.
	WhyOverflow Why = 1
	// WhyDamaged: the records were written and can no longer be read.
	WhyDamaged Why = 2
	// WhySkipped: the end of the log was torn or lost, and these numbers may
	// have been given. As a rule most of them never were.
	WhySkipped Why = 3
	// WhyUnreadable: a file was missing, or the system would not read it.
	WhyUnreadable Why = 4
)

func (w Why) String() string {
	switch w {
	case WhyOverflow:
		return "overflow"
	case WhyDamaged:
		return "damaged"
	case WhySkipped:
		return "skipped"
	case WhyUnreadable:
		return "unreadable"
	}
	return "unknown"
}

// Record is one entry of the queue: what an owner appended, or a gap.
type Record struct {
	Seq     uint64
	Span    Span   // zero for a gap
	Payload []byte // nil for a gap
	Gap     *Gap   // set for a gap record, which has a number of its own
}
