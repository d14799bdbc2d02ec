package main

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// rows is a table for people: its headings in Vietnamese, below them in
// English, then the rows.
type rows struct {
	vi, en []string
	left   int // so many columns hold words; the others hold numbers, set to the right
	cells  [][]string
}

func (s *rows) add(cells ...string) { s.cells = append(s.cells, cells) }

func (s *rows) write(w io.Writer) error {
	widths := make([]int, len(s.vi))
	all := append([][]string{s.vi, s.en}, s.cells...)
	for _, row := range all {
		for i, c := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(c))
		}
	}
	for _, row := range all {
		var b strings.Builder
		for i, c := range row {
			gap := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(c))
			if i > 0 {
				b.WriteString("  ")
			}
			if i < s.left {
				b.WriteString(c + gap)
			} else {
				b.WriteString(gap + c)
			}
		}
		if _, err := fmt.Fprintln(w, strings.TrimRight(b.String(), " ")); err != nil {
			return err
		}
	}
	return nil
}

// short cuts a text to so many columns.
func short(s string, columns int) string {
	s = oneLine(s)
	if utf8.RuneCountInString(s) <= columns {
		return s
	}
	return string([]rune(s)[:columns-1]) + "…"
}
