package client

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// Event is one of a stream: what differs between one moment and the next.
type Event struct {
	// ID goes into LastEventID to go on after this event.
	ID string
	// Kind is status, outage, agent, coverage, plan, reset or dropped.
	Kind string
	// Data is JSON; Value decodes it.
	Data json.RawMessage
}

// maxEvent bounds one event with its comments, in bytes.
const maxEvent = 4 << 20

var errLongEvent = fmt.Errorf("an event is longer than %d bytes", maxEvent)

// eventReader reads text/event-stream as the HTML standard says (§9.2.6).
type eventReader struct {
	r     *bufio.Reader
	id    string        // of the last event, or the one the stream was asked with
	retry time.Duration // as the hub said last; 0 when it did not
	begun bool
	cr    bool // the last line ended with CR: an LF belongs to it
}

func newEventReader(r io.Reader, id string) *eventReader {
	return &eventReader{r: bufio.NewReaderSize(r, 16<<10), id: id}
}

// next gives the next event. What is not ended by an empty line is none.
func (e *eventReader) next() (Event, error) {
	var kind string
	var data []byte
	id, has, left := e.id, false, maxEvent
	for {
		line, err := e.line(&left)
		if err != nil {
			return Event{}, err
		}
		if len(line) == 0 {
			e.id = id
			if has {
				return Event{ID: id, Kind: kind, Data: bytes.TrimSuffix(data, []byte("\n"))}, nil
			}
			kind, left = "", maxEvent
			continue
		}
		name, value, _ := strings.Cut(string(line), ":")
		value = strings.TrimPrefix(value, " ")
		switch name {
		case "event":
			kind = value
		case "data":
			data, has = append(append(data, value...), '\n'), true
		case "id":
			if !strings.ContainsRune(value, 0) {
				id = value
			}
		case "retry":
			if n, err := strconv.ParseUint(value, 10, 31); err == nil && value[0] != '+' {
				e.retry = time.Duration(n) * time.Millisecond
			}
		}
	}
}

// line reads one line, without its end: LF, CR or both.
func (e *eventReader) line(left *int) ([]byte, error) {
	if !e.begun {
		e.begun = true
		if mark, err := e.r.Peek(3); err == nil && string(mark) == "\uFEFF" {
			_, _ = e.r.Discard(3)
		}
	}
	var line []byte
	for {
		b, err := e.r.ReadByte()
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF // a stream does not end by itself
		}
		if err != nil {
			return nil, err
		}
		after := e.cr
		e.cr = b == '\r'
		switch {
		case b == '\n' && after && len(line) == 0:
			continue
		case b == '\n' || b == '\r':
			return line, nil
		}
		if *left--; *left < 0 {
			return nil, errLongEvent
		}
		line = append(line, b)
	}
}

// heard tells that something came.
type heard struct {
	r    io.Reader
	came func()
}

func (h heard) Read(p []byte) (int, error) {
	n, err := h.r.Read(p)
	if n > 0 {
		h.came()
	}
	return n, err
}
