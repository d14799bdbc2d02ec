package client

import (
	"errors"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"
)

// slowly reads a stream by the text of the standard, all at once: it is the
// reference of the reader.
func slowly(text string) (all []Event, id string) {
	text = strings.TrimPrefix(text, "\uFEFF")
	parts := regexp.MustCompile("\r\n|\n|\r").Split(text, -1)
	var kind, data, buffer string
	for _, line := range parts[:len(parts)-1] { // what is not ended is not a line
		if line == "" {
			id = buffer
			if data != "" {
				all = append(all, Event{ID: id, Kind: kind, Data: []byte(data[:len(data)-1])})
			}
			kind, data = "", ""
			continue
		}
		i := strings.IndexByte(line, ':')
		if i == 0 {
			continue
		}
		value := ""
		if i > 0 {
			line, value = line[:i], strings.TrimPrefix(line[i+1:], " ")
		}
		switch line {
		case "event":
			kind = value
		case "data":
			data += value + "\n"
		case "id":
			if !strings.Contains(value, "\x00") {
				buffer = value
			}
		}
	}
	return all, id
}

func readAll(r io.Reader) (all []Event, id string, err error) {
	in := newEventReader(r, "")
	for {
		e, err := in.next()
		if err != nil {
			return all, in.id, err
		}
		all = append(all, e)
	}
}

func same(a, b []Event) bool {
	return slices.EqualFunc(a, b, func(a, b Event) bool { return a.ID == b.ID && a.Kind == b.Kind && string(a.Data) == string(b.Data) })
}

func TestStreamsAreReadAsTheStandardSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOfN(rapid.SampledFrom([]string{"\n", "\r", "\r\n", "data", "event", "id", "retry", ":", " ", "a", "é", "\x00", "\uFEFF", "7", "data: x\n", "id: 1\n", "\n\n"}), 0, 60).Draw(t, "parts"), "")
		r := io.Reader(strings.NewReader(text))
		if rapid.Bool().Draw(t, "byte by byte") {
			r = iotest.OneByteReader(r)
		}
		got, id, err := readAll(r)
		want, wantID := slowly(text)
		if !errors.Is(err, io.ErrUnexpectedEOF) || !same(got, want) || id != wantID {
			t.Fatalf("%q: %q %q %v, want %q %q", text, got, id, err, want, wantID)
		}
	})
}

func TestAnEventIsBounded(t *testing.T) {
	line := "data: " + strings.Repeat("x", 1<<20) + "\n"
	if _, _, err := readAll(strings.NewReader(strings.Repeat(line, 5) + "\n")); !errors.Is(err, errLongEvent) {
		t.Errorf("five megabytes: %v", err)
	}
	if all, _, err := readAll(strings.NewReader(strings.Repeat(strings.Repeat(line, 3)+"\n", 3))); len(all) != 3 || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("three of three: %d, %v", len(all), err)
	}
	if _, _, err := readAll(strings.NewReader(":" + strings.Repeat("x", 5<<20))); !errors.Is(err, errLongEvent) {
		t.Errorf("a comment without an end: %v", err)
	}
}

func FuzzEventReader(f *testing.F) {
	for _, s := range []string{"retry: 3000\nid: a-1\n\nid: a-2\nevent: plan\ndata: {}\n\n", ":\n\n", "\uFEFFdata\r\rdata:\r\n\r\n", "retry: +7\nretry: 99999999999\n\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, id, err := readAll(iotest.HalfReader(strings.NewReader(text)))
		want, wantID := slowly(text)
		if err == nil || len(text) < maxEvent && (!same(got, want) || id != wantID) {
			t.Errorf("%q: %q %q %v, want %q %q", text, got, id, err, want, wantID)
		}
	})
}
