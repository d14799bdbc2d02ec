package archive

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/phukin/phukin/hub/history"
)

// maxLine bounds a line in bytes: a day whose every second is another run takes
// less.
const maxLine = 8 << 20

// maxWindow bounds the memory that a compressed file may ask for.
const maxWindow = 64 << 20

// LineError says which line of a file cannot be taken.
type LineError struct {
	Line int // the first is 1
	Err  error
}

func (e *LineError) Error() string { return fmt.Sprintf("line %d: %v", e.Line, e.Err) }

func (e *LineError) Unwrap() error { return e.Err }

// Write writes a history as JSON lines, and a last line that sums them.
// progress, if not nil, is told how many records there were.
func Write(w io.Writer, src Source, progress func(records int64)) ([]Sum, error) {
	out, s := bufio.NewWriterSize(w, 1<<16), newSummer()
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
		if _, err := out.Write(line); err != nil {
			return nil, err
		}
		if n++; progress != nil {
			progress(n)
		}
	}
	sums := s.all()
	line, err := appendLine(line[:0], endOf(sums))
	if err != nil {
		return nil, err
	}
	if _, err := out.Write(line); err != nil {
		return nil, err
	}
	return sums, out.Flush()
}

func endOf(sums []Sum) endLine {
	end := endLine{Record: "end"}
	for _, s := range sums {
		end.Sums = append(end.Sums, sumLine{s.Kind.String(), s.Lines, s.SHA256})
	}
	return end
}

// Read streams the history in a file of JSON lines, compressed by zstd or not.
// It takes what Write writes and nothing else; the first thing that is wrong
// ends it with a *LineError. A history is whole when the stream ends without
// one.
func Read(r io.Reader) Source {
	return func(yield func(Record, error) bool) {
		in := bufio.NewReaderSize(r, 1<<16)
		if magic, err := in.Peek(4); err == nil && bytes.Equal(magic, []byte{0x28, 0xb5, 0x2f, 0xfd}) {
			z, err := zstd.NewReader(in, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow), zstd.WithDecoderLowmem(true))
			if err != nil {
				yield(Record{}, err)
				return
			}
			defer z.Close()
			in = bufio.NewReaderSize(z, 1<<16)
		}
		rd := reader{in: in, sums: newSummer(), order: newOrder()}
		for {
			rec, err := rd.next()
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				yield(Record{}, &LineError{rd.line, err})
				return
			}
			if !yield(rec, nil) {
				return
			}
		}
	}
}

type reader struct {
	in    *bufio.Reader
	buf   []byte
	line  int
	loc   *time.Location
	sums  *summer
	order *order
}

var errTruncated = errors.New("the file ends here, and its last line is missing: it is not whole; export again, or copy it again")

// next gives the next record, io.EOF after the last line.
func (r *reader) next() (Record, error) {
	r.line++
	line, err := r.readLine()
	if err != nil {
		return Record{}, err
	}
	if r.line == 1 && kindOf(line) != "history" {
		return Record{}, errors.New(`it does not begin with {"record":"history": this is no history written by phukin-hub`)
	}
	v, err := readLine(line, r.loc)
	if err != nil {
		return Record{}, err
	}
	if end, ok := v.(endLine); ok {
		return Record{}, r.end(end)
	}
	rec := Record{Line: r.line, Value: v}
	if m, ok := v.(history.Marks); ok {
		if r.loc, err = time.LoadLocation(m.Zone); err != nil {
			return Record{}, err
		}
	}
	if err := r.order.check(&rec); err != nil {
		return Record{}, err
	}
	rec.text = bytes.Clone(r.buf)
	r.sums.add(rec.Kind(), rec.text)
	return rec, nil
}

// readLine gives the next line without its end. It is good until the next one.
func (r *reader) readLine() ([]byte, error) {
	r.buf = r.buf[:0]
	for {
		part, err := r.in.ReadSlice('\n')
		if len(r.buf)+len(part) > maxLine {
			return nil, fmt.Errorf("it has more than %d bytes: this is no history written by phukin-hub", maxLine)
		}
		r.buf = append(r.buf, part...)
		switch {
		case err == nil:
			return r.buf[:len(r.buf)-1], nil
		case errors.Is(err, bufio.ErrBufferFull):
		case errors.Is(err, io.EOF):
			return nil, errTruncated
		default:
			return nil, err
		}
	}
}

// end compares the last line with what was read, and wants nothing after it.
func (r *reader) end(end endLine) error {
	want := endOf(r.sums.all())
	if len(end.Sums) != len(want.Sums) {
		return fmt.Errorf("%d sums, %d are expected", len(end.Sums), len(want.Sums))
	}
	for i, w := range want.Sums {
		if s := end.Sums[i]; s.Lines != w.Lines {
			return fmt.Errorf("the file has %d lines of %s, its last line says %d: lines are missing or were added; export again", w.Lines, w.Record, s.Lines)
		}
		if end.Sums[i] != w {
			return fmt.Errorf("the lines of %s are not those that were written: the file was changed; export again", w.Record)
		}
	}
	r.line++
	if _, err := r.in.ReadByte(); err == nil {
		return errors.New("there is more after the last line")
	} else if !errors.Is(err, io.EOF) {
		return err
	}
	return io.EOF
}
