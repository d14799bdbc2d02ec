package wire

import (
	"fmt"
	"slices"
)

// maxDigits is how many of a code's digits, from the last one on, make up its
// number, whatever stands between them.
const maxDigits = 9

// codes appends the table of the cameras' codes, in ascending order, and
// returns its letters and every observation's row in it. A code is
// either the one before with a greater number, or what it shares with that one and
// what follows.
func (w *columnsWriter) codes(os []Observation) (text []byte, rows []int64) {
	codes := make([]string, len(os))
	for i := range os {
		codes[i] = os[i].Camera
	}
	slices.Sort(codes)
	codes = slices.Compact(codes)
	w.number(uint64(len(codes)))

	var shared, follows []int64
	before := ""
	for i, c := range codes {
		step := 0
		if i > 0 {
			step = stepTo(before, c)
		}
		w.add(int64(step))
		if step == 0 {
			n := 0
			for n < min(len(before), len(c)) && before[n] == c[n] {
				n++
			}
			shared, follows = append(shared, int64(n)), append(follows, int64(len(c)-n))
			text = append(text, c[n:]...)
		}
		before = c
	}
	w.end()
	w.bitWriter.column(shared)
	w.bitWriter.column(follows)

	rows = make([]int64, len(os))
	for i := range os {
		n, _ := slices.BinarySearch(codes, os[i].Camera)
		rows[i] = int64(n)
	}
	return text, rows
}

// stepTo says by how much the number of a code is greater than that of the
// code before, 0 if they differ in something else or it is not greater.
func stepTo(before, code string) int {
	if len(before) != len(code) {
		return 0
	}
	step, digits, place := 0, 0, 1
	for i := len(code) - 1; i >= 0; i-- {
		switch a, b := before[i], code[i]; {
		case isDigit(a) && isDigit(b) && digits < maxDigits:
			step += place * (int(b) - int(a))
			digits, place = digits+1, place*10
		case a != b:
			return 0
		}
	}
	return max(step, 0)
}

func isDigit(b byte) bool { return b >= '0' && b <= '9' }

// readCodes reads the table of codes into d.codes.
func (d *columnsReader) readCodes(text []byte, rows int) error {
	n, err := d.length("codes", rows)
	if err != nil {
		return err
	}
	steps, err := d.read(n)
	if err != nil {
		return err
	}
	spelled := 0
	for i, s := range steps {
		if s == 0 {
			spelled++
		} else if i == 0 {
			return fmt.Errorf("code 0 is %d more than none", s)
		}
	}
	shared, err := d.readInto(&d.below, spelled)
	if err != nil {
		return err
	}
	follows, err := d.readInto(&d.above, spelled)
	if err != nil {
		return err
	}
	return d.spell(steps, shared, follows, text)
}

// spell makes the codes. They share one string.
func (d *columnsReader) spell(steps, shared, follows []int64, text []byte) error {
	d.letters, d.ends = d.letters[:0], d.ends[:0]
	start := 0 // of the code before, which ends where letters end
	for i, s := range steps {
		from := len(d.letters)
		if s != 0 {
			d.letters = append(d.letters, d.letters[start:from]...)
			if !count(d.letters[from:], s) {
				return fmt.Errorf("code %d: the number of the one before cannot be %d more", i, s)
			}
		} else {
			share, follow := shared[0], follows[0]
			shared, follows = shared[1:], follows[1:]
			if share < 0 || share > int64(from-start) || follow < 0 || follow > int64(len(text)) || share+follow > 2*MaxCode {
				return fmt.Errorf("code %d shares %d bytes of %d and has %d of %d more", i, share, from-start, follow, len(text))
			}
			d.letters = append(append(d.letters, d.letters[start:start+int(share)]...), text[:follow]...)
			text = text[follow:]
		}
		start = from
		d.ends = append(d.ends, len(d.letters))
	}
	if len(text) > 0 {
		return fmt.Errorf("%d letters belong to no code", len(text))
	}
	letters, from := string(d.letters), 0
	d.codes = d.codes[:0]
	ok := false
	for i, end := range d.ends {
		c := letters[from:end]
		if steps[i] == 0 {
			ok = CheckCode(c) == nil
		} // else only digits are others than before
		d.codes = append(d.codes, codeRow{c, ok})
		from = end
	}
	return nil
}

// count adds step to the number of a code, in place. It is false if the digits
// do not suffice.
func count(code []byte, step int64) bool {
	digits := 0
	for i := len(code) - 1; i >= 0 && step > 0 && digits < maxDigits; i-- {
		if isDigit(code[i]) {
			step += int64(code[i] - '0')
			code[i] = byte('0' + step%10)
			step /= 10
			digits++
		}
	}
	return step == 0
}

// codeRow is a row of the table of codes.
type codeRow struct {
	code string
	ok   bool
}
