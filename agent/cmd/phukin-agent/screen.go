package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"strings"
)

// screen shows progress: one line that is written over on a terminal, and
// nothing elsewhere.
type screen struct {
	out   io.Writer
	live  bool
	shown bool
}

func newScreen(out io.Writer) *screen {
	f, ok := out.(*os.File)
	return &screen{out: out, live: ok && isTerminal(f)}
}

// show writes text over the line before. What is longer than a line of a
// narrow terminal is cut.
func (s *screen) show(text string) {
	if !s.live {
		return
	}
	if r := []rune(text); len(r) > 76 {
		text = string(r[:76]) + "…"
	}
	s.shown = true
	_, _ = fmt.Fprintf(s.out, "\r\x1b[K%s", text)
}

// clear takes the line away, before anything else is written.
func (s *screen) clear() {
	if s.shown {
		_, _ = fmt.Fprint(s.out, "\r\x1b[K")
		s.shown = false
	}
}

// readLine reads one line of at most 4 KiB, without its end. A keyboard cannot
// be told to give up, so when ctx ends first its reader is left behind: the
// program is about to end.
func readLine(ctx context.Context, r io.Reader) (string, error) {
	type answer struct {
		line string
		err  error
	}
	done := make(chan answer, 1)
	go func() {
		line, err := bufio.NewReader(io.LimitReader(r, 4096)).ReadString('\n')
		done <- answer{line, err}
	}()
	select {
	case a := <-done:
		if a.err != nil && a.line == "" {
			return "", a.err
		}
		return strings.TrimRight(a.line, "\r\n"), nil
	case <-ctx.Done():
		return "", ctx.Err()
	}
}
