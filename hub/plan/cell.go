package plan

import (
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/phukin/phukin/hub/geo"
)

// clean trims a text and brings it into the composed form (NFC), in which
// Vietnamese is written and compared.
func clean(s string) string {
	if isPlain(s) {
		return s
	}
	return strings.TrimSpace(norm.NFC.String(s))
}

// isPlain says whether clean has nothing to do: most cells are plain.
func isPlain(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// fold brings a heading or a word into the form in which those that people
// mean the same are equal: small letters without accents, words with one
// space between them, without the stars and colons of forms.
func fold(s string) string {
	if len(s) > 4*maxText {
		return s
	}
	var b strings.Builder
	gap := false
	for _, r := range norm.NFD.String(s) {
		switch {
		case unicode.Is(unicode.Mn, r):
			continue
		case unicode.IsSpace(r) || r == '*' || r == ':':
			gap = b.Len() > 0
			continue
		case r == 'đ' || r == 'Đ':
			r = 'd'
		}
		if gap {
			b.WriteByte(' ')
			gap = false
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

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
	switch fold(s) {
	case "true", "yes", "1", "x", "co", "dung", "✓":
		return true, true
	case "false", "no", "0", "khong", "sai", "":
		return false, true
	}
	return false, false
}

// parseChainage reads a chainage to the millimetre, in metres: Km12+500 in any
// spelling that geo.ParseChainage takes, and kilometres with decimals, 12.5 or
// Km12,5. A bare whole number is refused: it could be kilometres or metres.
func parseChainage(s string) (float64, error) {
	m, err := geo.ParseChainage(s)
	if err != nil {
		t := strings.ToLower(strings.Join(strings.Fields(s), ""))
		sign, marked := 1.0, false
		if rest, ok := strings.CutPrefix(t, "-"); ok {
			sign, t = -1, rest
		}
		t, marked = strings.CutPrefix(t, "km")
		km, ok := parseNumber(t)
		if !ok || km < 0 || km >= 1e5 || strings.ContainsAny(t, "+-") || !marked && !strings.ContainsAny(t, ".,") {
			return 0, err
		}
		m = sign * km * 1000
	}
	return math.Round(m*1000)/1000 + 0, nil
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
