package influx

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"strconv"
	"strings"

	"github.com/phukin/phukin/hub/history"
	"github.com/phukin/phukin/hub/wire"
)

// Points are written as line protocol. Codes of agents and cameras and the
// contract's words are of letters, digits and "._-", so nothing of them needs
// escaping; see wire.CheckCode.

// appendRecords appends the point that the hub reads records from.
func appendRecords(p []byte, r *history.Records) []byte {
	p = append(p, "records,agent="...)
	p = append(p, r.Agent...)
	p = append(p, ` p="`...)
	p = base64.StdEncoding.AppendEncode(p, r.Payload)
	p = append(p, `",n=`...)
	p = strconv.AppendInt(p, int64(r.Count), 10)
	p = append(p, "i "...)
	p = strconv.AppendInt(p, r.At, 10)
	return append(p, '\n')
}

// appendObservations appends the points that people read, of those
// observations of the records that lie in [from, to), Unix milliseconds, and
// are not by a clock that is wrong.
func appendObservations(p []byte, r *history.Records, from, to int64, d *wire.Decoder) ([]byte, error) {
	m, err := d.UnmarshalUp(r.Payload)
	if err == nil && (m.Batch == nil || len(m.Batch.Observations) != r.Count) {
		err = errors.New("it does not hold what it says")
	}
	if err != nil {
		return p, err
	}
	for i := range m.Batch.Observations {
		o := &m.Batch.Observations[i]
		if o.From < from || o.From >= to || o.Clock == wire.ClockWrong {
			continue
		}
		digits := (r.Epoch%1_000_000 + m.Batch.Seq(i)) % 1_000_000
		p = appendObservation(p, r.Agent, o, o.From*1e6+int64(digits))
	}
	return p, nil
}

func appendObservation(p []byte, agent string, o *wire.Observation, at int64) []byte {
	p = append(p, "observation,agent="...)
	p = append(p, agent...)
	p = append(p, ",camera="...)
	p = append(p, o.Camera...)
	p = append(p, ` status="`...)
	p = append(p, o.Status.String()...)
	p = append(p, `",seconds=`...)
	p = strconv.AppendFloat(p, float64(o.To-o.From)/1000, 'f', -1, 64)
	for _, f := range [...]struct {
		name string
		s    *wire.Stat
	}{{"frame_rate", &o.FrameRate}, {"bit_rate", &o.BitRate}, {"keyframe_gap", &o.KeyframeGap}, {"loss", &o.Loss}, {"jitter", &o.Jitter}} {
		if f.s.N > 0 {
			p = append(append(append(p, ','), f.name...), '=')
			p = strconv.AppendFloat(p, float64(f.s.Mean), 'g', -1, 32)
		}
	}
	if o.Width > 0 {
		p = appendInt(p, ",width=", int64(o.Width))
		p = appendInt(p, ",height=", int64(o.Height))
		p = append(p, `,codec="`...)
		p = append(p, o.Codec.String()...)
		p = append(p, '"')
	}
	if o.Status == wire.StatusDown {
		p = append(p, `,fault="`...)
		p = append(p, o.Fault.String()...)
		p = append(p, `",fell_on="`...)
		p = append(p, o.FellOn.String()...)
		p = append(p, '"')
		p = appendInt(p, ",rtsp_status=", int64(o.RTSPStatus))
	}
	p = append(p, ' ')
	p = strconv.AppendInt(p, at, 10)
	return append(p, '\n')
}

func appendInt(p []byte, name string, v int64) []byte {
	p = append(p, name...)
	p = strconv.AppendInt(p, v, 10)
	return append(p, 'i')
}

const dayNs = 86_400_000_000_000

// lastDay and its opposite bound the days that are kept: from 1677 to 2262 is
// what InfluxDB has moments for, and whole years must fit.
const lastDay history.DayNumber = 106_300

// appendDay appends a ledger day's point. It lies at the midnight of its date
// in UTC.
func appendDay(p []byte, d *history.Day, encoded []byte) []byte {
	c := d.Count()
	p = append(p, "ledger_day,camera="...)
	p = append(p, d.Camera...)
	p = append(p, ` day="`...)
	p = base64.StdEncoding.AppendEncode(p, encoded)
	p = append(p, '"')
	p = appendInt(p, ",revision=", int64(d.Revision))
	p = appendInt(p, ",up=", c.Up)
	p = appendInt(p, ",degraded=", c.Degraded)
	p = appendInt(p, ",down=", c.Down)
	p = appendInt(p, ",unknown=", c.Unknown)
	p = appendInt(p, ",outages=", int64(c.Outages))
	p = append(p, ' ')
	p = strconv.AppendInt(p, int64(d.Number)*dayNs, 10)
	return append(p, '\n')
}

// encodeDay appends what the hub reads of a day: its revision and timeline.
func encodeDay(p []byte, d *history.Day) ([]byte, error) {
	return d.Timeline.AppendBinary(binary.AppendUvarint(p, uint64(d.Revision)))
}

var errDay = errors.New("stored ledger day is damaged")

// decodeDay reads what encodeDay wrote into d.
func decodeDay(p []byte, d *history.Day) error {
	revision, n := binary.Uvarint(p)
	if n <= 0 || revision < 1 || revision > 1<<31-1 {
		return errDay
	}
	d.Revision = int(revision)
	return d.Timeline.UnmarshalBinary(p[n:])
}

// quote writes a Flux string.
func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "${", `\${`).Replace(s) + `"`
}
