package influx

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/phukin/phukin/hub/history"
)

// errStop ends a reading whose consumer wants no more.
var errStop = errors.New("stop")

// flux is a question: a range, and a filter by one field of one measurement.
type flux struct {
	bucket, measurement, field string
	from, to                   int64 // Unix nanoseconds, [from, to)
	tag                        string
	values                     []string // of tag; all of them when it is nil
}

// longestRead is how long a whole answer may take, in time-outs.
const longestRead = 10

// mostValues is how many values of a tag a filter names. With more of them it
// names none, and what was not asked for is passed over here.
const mostValues = 64

func (f *flux) String() string {
	var b strings.Builder
	moment := func(ns int64) string { return time.Unix(0, ns).UTC().Format(time.RFC3339Nano) }
	fmt.Fprintf(&b, "from(bucket: %s) |> range(start: %s, stop: %s) |> filter(fn: (r) => r._measurement == %s and r._field == %s", quote(f.bucket), moment(f.from), moment(f.to), quote(f.measurement), quote(f.field))
	if n := len(f.values); n > 0 && n <= mostValues {
		b.WriteString(" and (")
		for i, v := range f.values {
			if i > 0 {
				b.WriteString(" or ")
			}
			fmt.Fprintf(&b, "r.%s == %s", f.tag, quote(v))
		}
		b.WriteString(")")
	}
	b.WriteString(")")
	if f.tag != "" {
		// Columns that are the same in every row need not be sent with each.
		fmt.Fprintf(&b, " |> keep(columns: [\"_time\", \"_value\", %s])", quote(f.tag))
	}
	return b.String()
}

// read asks and calls row for each value, its moment and its tag.
func (s *Store) read(ctx context.Context, f *flux, row func(at int64, tag, value string) error) error {
	if f.from >= f.to {
		return nil
	}
	if err := s.begin(ctx); err != nil {
		return err
	}
	bounded, cancel := context.WithTimeout(ctx, longestRead*s.o.Timeout)
	defer cancel()
	result, err := s.query.Query(bounded, f.String())
	if err != nil {
		return s.done(ctx, err)
	}
	defer func() { _ = result.Close() }() // Err has told already
	for result.Next() {
		r := result.Record()
		at := r.Time().UnixNano()
		if at < f.from || at >= f.to {
			continue // 1.8 takes the end of a range as part of it
		}
		value, _ := r.Value().(string)
		tag := ""
		if f.tag != "" {
			tag, _ = r.ValueByKey(f.tag).(string)
		}
		if err := row(at, tag, value); err != nil {
			return err
		}
	}
	return s.done(ctx, result.Err())
}

// window is a stretch of time in which records of agents lie.
type window struct {
	from, to int64 // Unix nanoseconds
	agents   []string
}

// apart is how far records must be from their neighbours to be asked for by a
// question of their own.
const apart = int64(6 * time.Hour)

// windows gives stretches that hold all refs and little else.
func windows(refs []history.Ref) []window {
	byTime := slices.Clone(refs)
	slices.SortFunc(byTime, func(x, y history.Ref) int { return cmp.Compare(x.At, y.At) })
	var ws []window
	for i := range byTime {
		r := &byTime[i]
		if n := len(ws); n == 0 || r.At-ws[n-1].to > apart {
			ws = append(ws, window{from: r.At})
		}
		w := &ws[len(ws)-1]
		w.to = r.At + 1
		w.agents = append(w.agents, r.Agent)
	}
	for i := range ws {
		slices.Sort(ws[i].agents)
		ws[i].agents = slices.Compact(ws[i].agents)
	}
	return ws
}

// Records implements history.Evidence.
func (s *Store) Records(ctx context.Context, refs []history.Ref) iter.Seq2[history.Records, error] {
	return func(yield func(history.Records, error) bool) {
		err := s.records(ctx, refs, func(r history.Records) error {
			if !yield(r, nil) {
				return errStop
			}
			return nil
		})
		if err != nil && !errors.Is(err, errStop) {
			yield(history.Records{}, err)
		}
	}
}

func (s *Store) records(ctx context.Context, refs []history.Ref, f func(history.Records) error) error {
	type place struct {
		agent string
		at    int64
	}
	wanted := make(map[place]history.Ref, len(refs))
	for _, r := range refs {
		wanted[place{r.Agent, r.At}] = r
	}
	var payload []byte
	for _, w := range windows(refs) {
		q := flux{bucket: s.obs, measurement: "records", field: "p", from: w.from, to: w.to, tag: "agent", values: w.agents}
		err := s.read(ctx, &q, func(at int64, agent, value string) error {
			ref, ok := wanted[place{agent, at}]
			if !ok {
				return nil // of another, or of a write that nobody was told of
			}
			var err error
			if payload, err = base64.StdEncoding.AppendDecode(payload[:0], []byte(value)); err != nil || history.SumOf(payload) != ref.Sum {
				return nil // it is not what was put: it counts as missing
			}
			delete(wanted, place{agent, at})
			return f(history.Records{Ref: ref, Payload: payload})
		})
		if err != nil {
			return fmt.Errorf("read records: %w", err)
		}
	}
	if len(wanted) == 0 {
		return nil
	}
	missing := &history.MissingError{}
	for _, r := range refs {
		if _, ok := wanted[place{r.Agent, r.At}]; ok {
			missing.Refs = append(missing.Refs, r)
		}
	}
	return missing
}
