package spool

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// Read gives the oldest records whose number is at least from (and at least
// First), in order, until maxBytes of payload or maxRecords are reached; at
// least one if there is any. Numbers may be missing. Records that cannot be
// read any more are skipped and counted. The payloads are the caller's.
func (s *Spool) Read(from uint64, maxBytes, maxRecords int) ([]Record, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, ErrClosed
	}
	from = max(from, s.first)
	var out []Record
	total, full := 0, false
	for _, g := range s.segs {
		if full {
			break
		}
		if g.next <= from || g.count == 0 {
			continue
		}
		b, err := g.body()
		if errors.Is(err, syscall.EIO) || errors.Is(err, os.ErrNotExist) {
			// Waiting would not bring it back, and would hold up all others.
			if !g.bad {
				g.bad = true
				s.stats.Damaged += uint64(g.size)
				s.log.Error("spool segment cannot be read, its records are skipped", "file", g.path, "error", err)
			}
			continue
		}
		if err != nil {
			if len(out) > 0 {
				break // the next call meets the error
			}
			return nil, fmt.Errorf("read spool: %w", err)
		}
		damaged, _ := scan(b, g.floor, func(r Record) bool {
			if r.Seq < from {
				return true
			}
			if len(out) > 0 && (total+len(r.Payload) > maxBytes || len(out) >= maxRecords) {
				full = true
				return false
			}
			out = append(out, Record{Seq: r.Seq, Payload: append([]byte(nil), r.Payload...)})
			total += len(r.Payload)
			return true
		})
		if damaged > 0 && !g.bad {
			g.bad = true
			s.stats.Damaged += uint64(damaged)
			s.log.Error("spool segment is damaged, unreadable records are skipped", "file", g.path, "bytes", damaged)
		}
	}
	return out, nil
}
