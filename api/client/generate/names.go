package main

import (
	"strings"
	"unicode"
)

// initialisms are written in capitals in Go.
var initialisms = map[string]string{
	"id": "ID", "url": "URL", "api": "API", "http": "HTTP", "csv": "CSV", "xlsx": "XLSX", "vi": "VI", "en": "EN", "ok": "OK",
	"mttr": "MTTR", "mtbf": "MTBF", "ip": "IP", "etag": "ETag", "json": "JSON", "csrf": "CSRF", "vnd": "VND", "rtsp": "RTSP",
}

// exported gives a name of the document as an exported name in Go: as_of is
// AsOf, Last-Event-ID is LastEventID, listGaps is ListGaps.
func exported(name string) string {
	var b strings.Builder
	for _, word := range strings.FieldsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		if all, ok := initialisms[strings.ToLower(word)]; ok {
			b.WriteString(all)
			continue
		}
		r := []rune(word)
		b.WriteString(string(unicode.ToUpper(r[0])) + string(r[1:]))
	}
	if s := b.String(); s != "" && !unicode.IsDigit([]rune(s)[0]) {
		return s
	}
	return "N" + b.String()
}
