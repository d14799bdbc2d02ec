package plan

import (
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// clean trims a text and brings it into the composed form (NFC), in which
// Vietnamese is written and compared.
func clean(s string) string { return strings.TrimSpace(norm.NFC.String(s)) }

// parseNumber reads a decimal number with a point or, as people here write
// it, a comma. Thousands are not grouped; there is no exponent.
func parseNumber(s string) (float64, bool) {
	digits := 0
	for i, r := range s {
		switch {
		case r >= '0' && r <= '9':
			digits++
		case r == '.' || r == ',': // a second one is refused below
		case (r == '-' || r == '+') && i == 0:
		default:
			return 0, false
		}
	}
	if digits == 0 {
		return 0, false
	}
	v, err := strconv.ParseFloat(strings.Replace(s, ",", ".", 1), 64)
	if err != nil || math.IsInf(v, 0) {
		return 0, false
	}
	return v + 0, true // "-0" becomes 0
}

// parseFlag reads yes or no in the forms that spreadsheets and people write.
func parseFlag(s string) (v, ok bool) {
	switch strings.ToLower(s) {
	case "true", "yes", "1", "x", "có", "đúng":
		return true, true
	case "false", "no", "0", "không", "sai", "":
		return false, true
	}
	return false, false
}

// formatNumber writes the shortest decimal that reads back as v.
func formatNumber(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

const maxText = 300 // characters of a name or a note

// checkText looks at a name that people read.
func (s spot) checkText(column, text string, required bool) {
	switch {
	case required && text == "":
		s.fault(column, "empty", "write a text")
	case !utf8.ValidString(text):
		s.fault(column, quote(text)+" is not UTF-8", "save the file as UTF-8")
	case utf8.RuneCountInString(text) > maxText:
		s.fault(column, quote(text)+" is too long", "write "+strconv.Itoa(maxText)+" characters at most")
	case strings.ContainsFunc(text, unicode.IsControl):
		s.fault(column, quote(text)+" holds a line break or another control character", "write it in one line")
	}
}

// checkRange looks at a number; lo and hi are allowed.
func (s spot) checkRange(column string, v, lo, hi float64, unit string) {
	if !(v >= lo && v <= hi) {
		s.fault(column, formatNumber(v)+" is out of range", "write "+formatNumber(lo)+" to "+formatNumber(hi)+unit)
	}
}
