package api

import (
	"strconv"
	"strings"
)

// weight is one of the alternatives that a header of negotiation names.
type weight struct {
	name string // in lower case, without parameters
	q    float64
}

// weights reads a header of negotiation (RFC 9110 §12.4.2). A weight that
// cannot be read counts as 0.
func weights(header string) []weight {
	var all []weight
	for part := range strings.SplitSeq(header, ",") {
		name, params, _ := strings.Cut(part, ";")
		w := weight{strings.ToLower(strings.TrimSpace(name)), 1}
		for param := range strings.SplitSeq(params, ";") {
			if key, value, _ := strings.Cut(strings.TrimSpace(param), "="); strings.EqualFold(key, "q") {
				q, err := strconv.ParseFloat(value, 64)
				if err != nil || !(q >= 0 && q <= 1) {
					q = 0
				}
				w.q = q
			}
		}
		if w.name != "" {
			all = append(all, w)
		}
	}
	return all
}

// acceptable gives the offer that an Accept header prefers (RFC 9110 §12.5.1),
// the earlier one of two that it likes alike; false if it takes none.
func acceptable(header string, offers []representation) (best representation, ok bool) {
	ranges := weights(header)
	bestQ := 0.0
	for _, o := range offers {
		kind, _, _ := strings.Cut(mediaTypes[o], "/")
		q, specific := 0.0, 0
		for _, r := range ranges {
			at := 0
			switch r.name {
			case mediaTypes[o]:
				at = 3
			case kind + "/*":
				at = 2
			case "*/*":
				at = 1
			}
			if at > specific {
				q, specific = r.q, at
			}
		}
		if q > bestQ {
			best, bestQ = o, q
		}
	}
	return best, bestQ > 0
}

// language is one that texts are written in.
type language string

const (
	vietnamese language = "vi"
	english    language = "en"
)

// languageOf gives the language that an Accept-Language header prefers (RFC
// 9110 §12.5.4): Vietnamese, unless it likes English better.
func languageOf(header string) language {
	vi, en, any := -1.0, -1.0, 0.0
	for _, w := range weights(header) {
		primary, _, _ := strings.Cut(w.name, "-")
		switch primary {
		case "vi":
			vi = max(vi, w.q)
		case "en":
			en = max(en, w.q)
		case "*":
			any = w.q
		}
	}
	if vi < 0 {
		vi = any
	}
	if en > vi {
		return english
	}
	return vietnamese
}

// In gives the text in a language.
func (t Text) In(l language) string {
	if l == english {
		return t.EN
	}
	return t.VI
}
