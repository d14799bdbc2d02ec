package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/phukin/phukin/hub/plan"
)

// number writes a number for readers of both languages, rounded half away from
// zero to so many digits, without zeros at the end of its fraction: 1.234,5 and 1,234.5.
func number(v float64, digits int) plan.Text {
	p := math.Pow10(digits)
	s := strconv.FormatFloat(math.Abs(math.Round(v*p)/p), 'f', digits, 64)
	whole, fraction, _ := strings.Cut(s, ".")
	fraction = strings.TrimRight(fraction, "0")
	sign := ""
	if v < 0 && (strings.Trim(whole, "0") != "" || fraction != "") {
		sign = "−"
	}
	join := func(thousands, point string) string {
		var b strings.Builder
		b.WriteString(sign)
		for i, r := range whole {
			if i > 0 && (len(whole)-i)%3 == 0 {
				b.WriteString(thousands)
			}
			b.WriteRune(r)
		}
		if fraction != "" {
			b.WriteString(point + fraction)
		}
		return b.String()
	}
	return plan.Text{VI: join(".", ","), EN: join(",", ".")}
}

// percent writes a share. One that is not all is never written as 100 %, and
// one that is not nothing never as 0 %.
func percent(share float64) plan.Text {
	tenths := math.Round(share * 1000)
	switch {
	case share < 1 && tenths >= 1000:
		tenths = 999
	case share > 0 && tenths <= 0:
		tenths = 1
	}
	t := number(tenths/10, 1)
	return plan.Text{VI: t.VI + "%", EN: t.EN + "%"}
}

// day writes a day as readers of both languages do.
func day(d plan.Date) plan.Text {
	t := d.Start(time.UTC)
	return plan.Text{VI: t.Format("02/01/2006"), EN: t.Format("2 January 2006")}
}

// say puts numbers into a sentence of each language: the verbs are all %s.
func say(vi, en string, args ...plan.Text) plan.Text {
	v, e := make([]any, len(args)), make([]any, len(args))
	for i, a := range args {
		v[i], e[i] = a.VI, a.EN
	}
	return plan.Text{VI: fmt.Sprintf(vi, v...), EN: fmt.Sprintf(en, e...)}
}
