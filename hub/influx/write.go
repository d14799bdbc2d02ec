package influx

import (
	"context"
	"fmt"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/wire"
)

// maxRequest is about how many bytes of points go into one request, before
// they are compressed.
const maxRequest = 4 << 20

// dayMs is a day in milliseconds.
const dayMs = 86_400_000

// Put implements history.Evidence: what many agents sent goes in one request,
// in several when there is very much of it.
func (s *Store) Put(ctx context.Context, records []history.Records) error {
	var d wire.Decoder
	now := s.o.Now().UnixMilli()
	from, to := now-s.o.Retention.Milliseconds(), now+dayMs
	var lines []byte
	var refused []history.Refused
	begin := 0
	for i := range records {
		r := &records[i]
		lines = appendRecords(lines, r)
		var err error
		if lines, err = appendObservations(lines, r, from, to, &d); err != nil {
			return fmt.Errorf("put the records of agent %s at %d: %w", r.Agent, r.FirstSeq, err)
		}
		if len(lines) < maxRequest && i < len(records)-1 {
			continue
		}
		err = s.write(ctx, s.obs, lines)
		if beyondRetention(err) {
			var more []history.Refused
			more, err = s.putApart(ctx, records[begin:i+1])
			refused = append(refused, more...)
		}
		if err != nil {
			return fmt.Errorf("put records: %w", err)
		}
		lines, begin = lines[:0], i+1
	}
	if refused != nil {
		return &history.RefusedError{Refused: refused}
	}
	return nil
}

// putApart puts records one by one, when some of them are older than what the
// server keeps, and gives those that are. It happens only when somebody
// shortened the bucket's retention, or two clocks differ by days.
func (s *Store) putApart(ctx context.Context, records []history.Records) ([]history.Refused, error) {
	var refused []history.Refused
	for i := range records {
		r := &records[i]
		// Without the points that people read: they may be older than the records.
		err := s.write(ctx, s.obs, appendRecords(nil, r))
		switch {
		case beyondRetention(err):
			_, message := status(err)
			refused = append(refused, history.Refused{Ref: r.Ref, Reason: fmt.Sprintf("InfluxDB does not keep records as old as these: %s. Make the retention of its bucket %s longer", message, s.obs)})
		case err != nil:
			return refused, err
		}
	}
	return refused, nil
}

// write sends lines to a bucket and waits for the answer.
func (s *Store) write(ctx context.Context, bucket string, lines []byte) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	bounded, cancel := context.WithTimeout(ctx, s.o.Timeout)
	defer cancel()
	return s.done(ctx, s.client.WriteAPIBlocking(s.o.Org, bucket).WriteRecord(bounded, string(lines)))
}
