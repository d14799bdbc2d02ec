package wire

import (
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/phukin/phukin/hub/wire/wirepb"
)

// Decoder decodes payloads of the topic "up" one after the other into the
// same memory. It is for one caller at a time; the zero value is ready.
type Decoder struct {
	columns      columnsReader
	observations []Observation
	stages       []Stage
	batch        Batch
}

// UnmarshalUp is like the function UnmarshalUp, but what it gives is good only
// until the next call. Codes of cameras may be kept.
func (d *Decoder) UnmarshalUp(p []byte) (UpMessage, error) {
	var pb wirepb.Up
	if err := unmarshal(p, &pb); err != nil {
		return UpMessage{}, err
	}
	switch body := pb.GetBody().(type) {
	case *wirepb.Up_Hello:
		pb := body.Hello
		h := &Hello{
			Epoch: pb.GetEpoch(), FirstSeq: pb.GetFirstSeq(), NextSeq: pb.GetNextSeq(), AgentVersion: pb.GetAgentVersion(),
			Sent: pb.GetSentMs(), Boot: pb.GetBoot(), Session: pb.GetSession(), Stamp: pb.GetStamp(),
		}
		switch key := pb.GetKey(); len(key) {
		case 0:
		case len(h.Key):
			h.Key = Key(key)
		default:
			return UpMessage{}, fmt.Errorf("hello: key has %d bytes, %d are needed", len(key), len(h.Key))
		}
		if err := h.check(); err != nil {
			return UpMessage{}, fmt.Errorf("hello: %w", err)
		}
		return UpMessage{Hello: h}, nil
	case *wirepb.Up_Batch:
		if err := d.readBatch(body.Batch); err != nil {
			return UpMessage{}, fmt.Errorf("batch: %w", err)
		}
		return UpMessage{Batch: &d.batch}, nil
	}
	return UpMessage{}, errors.New("up message has no body")
}

// readers are kept between calls of UnmarshalUp and UnmarshalObservation.
var readers = sync.Pool{New: func() any { return new(columnsReader) }}

// UnmarshalUp decodes and checks a payload of the topic "up". A payload of
// another major version gives a *VersionError; a batch whose frame is in order and
// whose body cannot be read, a *BatchError. Single observations that break a
// bound are no error: see Batch.Bad.
//
// Observations of one batch share the memory of their codes and reasons.
func UnmarshalUp(p []byte) (UpMessage, error) {
	r := readers.Get().(*columnsReader)
	defer readers.Put(r)
	d := Decoder{columns: *r}
	m, err := d.UnmarshalUp(p)
	*r = d.columns
	return m, err
}

// UnmarshalObservation decodes and checks what MarshalObservation wrote.
func UnmarshalObservation(p []byte) (Observation, error) {
	if len(p) > MaxMessage {
		return Observation{}, fmt.Errorf("observation has %d bytes, at most %d are allowed", len(p), MaxMessage)
	}
	r := readers.Get().(*columnsReader)
	defer readers.Put(r)
	var o [1]Observation
	if _, err := r.readColumns(p, o[:], nil); err != nil {
		return Observation{}, err
	}
	if r.bad[0] {
		if err := o[0].Check(); err != nil {
			return Observation{}, err
		}
	}
	return o[0], nil
}

// readBatch reads a batch into d.batch. What is wrong with its frame is an
// error like any other; what is wrong with its body is a *BatchError.
func (d *Decoder) readBatch(pb *wirepb.Batch) error {
	n := int(pb.GetCount())
	if err := d.readFrame(&frame{
		epoch: pb.GetEpoch(), firstSeq: pb.GetFirstSeq(), count: uint64(pb.GetCount()), oldestSeq: pb.GetOldestSeq(), stamp: pb.GetStamp(),
	}); err != nil {
		return err
	}
	if err := d.readBody(pb, n); err != nil {
		b := &d.batch
		return &BatchError{b.Epoch, b.FirstSeq, n, b.OldestSeq, b.Stamp, err}
	}
	return nil
}

// readFrame begins d.batch with what stands around its records.
func (d *Decoder) readFrame(f *frame) error {
	if f.count == 0 || f.count > MaxObservations {
		return fmt.Errorf("%d records, 1 to %d are allowed", f.count, MaxObservations)
	}
	b := &d.batch
	*b = Batch{Epoch: f.epoch, FirstSeq: f.firstSeq, OldestSeq: f.oldestSeq, Stamp: f.stamp, Bad: b.Bad[:0], Gaps: b.Gaps[:0]}
	if b.FirstSeq > MaxSeq-f.count {
		return fmt.Errorf("first_seq %d and %d records: sequence numbers up to %d are allowed", b.FirstSeq, f.count, uint64(MaxSeq))
	}
	if b.OldestSeq > b.FirstSeq {
		return fmt.Errorf("oldest_seq %d is after first_seq %d", b.OldestSeq, b.FirstSeq)
	}
	return checkClock("stamp", b.Stamp)
}

func (d *Decoder) readBody(pb *wirepb.Batch, n int) error {
	switch body := pb.GetBody().(type) {
	case *wirepb.Batch_Columns:
		return d.readObservations(body.Columns, n)
	case *wirepb.Batch_ColumnsZstd:
		p, err := d.columns.decompress(body.ColumnsZstd)
		if err != nil {
			return err
		}
		return d.readObservations(p, n)
	case *wirepb.Batch_Gaps:
		gaps := body.Gaps.GetGaps()
		if len(gaps) != n {
			return fmt.Errorf("count is %d, and %d gaps are there", n, len(gaps))
		}
		for i, g := range gaps {
			gap := Gap{From: g.GetFromSeq(), Next: g.GetNextSeq(), Begin: g.GetFromMs(), End: g.GetToMs(), Clock: Clock(code(g.GetClock())), Why: GapWhy(code(g.GetWhy()))}
			if err := gap.check(); err != nil {
				return fmt.Errorf("gap %d (seq %d): %w", i, d.batch.FirstSeq+uint64(i), err)
			}
			d.batch.Gaps = append(d.batch.Gaps, gap)
		}
		return nil
	}
	return errors.New("batch has no body that this program knows")
}

// readObservations reads n observations and takes those out that break a
// bound.
func (d *Decoder) readObservations(p []byte, n int) error {
	d.observations = slices.Grow(d.observations[:0], n)[:n]
	stages, err := d.columns.readColumns(p, d.observations, d.stages[:0])
	if err != nil {
		return err
	}
	d.stages = stages
	if !slices.Contains(d.columns.bad, true) {
		d.batch.Observations = d.observations
		return nil
	}
	good := d.observations[:0]
	for i, o := range d.observations {
		if d.columns.bad[i] {
			if err := o.Check(); err != nil {
				d.batch.Bad = append(d.batch.Bad, BadObservation{d.batch.FirstSeq + uint64(i), fmt.Errorf("observation %d (seq %d): %w", i, d.batch.FirstSeq+uint64(i), err), o})
				continue
			}
		}
		good = append(good, o)
	}
	d.batch.Observations = good
	return nil
}
