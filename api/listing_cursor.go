package api

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"math"
	"unicode/utf8"
)

// cursorVersion stands in cursors. One of another version is refused.
const cursorVersion = 1

// maxCursor is how long a cursor is at most, characters.
const maxCursor = 4096

// cursor is a place in a list, as it goes out and comes back.
type cursor struct {
	Version int    `json:"v"`
	List    string `json:"l"`
	Sort    string `json:"s"`
	Values  []any  `json:"p"` // numbers, texts and nulls
	Key     string `json:"k"`
}

// writeCursor names a place in a list with an order.
func writeCursor(list, sort string, at *rowPlace) string {
	c := cursor{Version: cursorVersion, List: list, Sort: sort, Values: make([]any, len(at.values)), Key: at.key}
	for i, v := range at.values {
		switch v.kind {
		case sortNumber:
			c.Values[i] = v.number
		case sortText:
			c.Values[i] = v.text
		}
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(c) // numbers are finite, so this never fails
	return base64.RawURLEncoding.EncodeToString(bytes.TrimSuffix(b.Bytes(), []byte("\n")))
}

var errNoCursor = errors.New("not a cursor")

// parseCursor reads what writeCursor wrote.
func parseCursor(text string) (*cursor, *rowPlace, error) {
	if len(text) > maxCursor {
		return nil, nil, errNoCursor
	}
	p, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || !utf8.Valid(p) {
		return nil, nil, errNoCursor
	}
	d := json.NewDecoder(bytes.NewReader(p))
	d.DisallowUnknownFields()
	var c cursor
	if err := d.Decode(&c); err != nil {
		return nil, nil, errNoCursor
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) || c.Version != cursorVersion {
		return nil, nil, errNoCursor
	}
	at := &rowPlace{values: make([]sortValue, len(c.Values)), key: c.Key}
	for i, v := range c.Values {
		switch v := v.(type) {
		case nil:
			at.values[i].kind = sortUnknown
		case float64:
			at.values[i].number = v
			if math.IsInf(v, 0) {
				return nil, nil, errNoCursor
			}
		case string:
			if v == "" || len(v) > maxSortText {
				return nil, nil, errNoCursor
			}
			at.values[i] = sortValue{kind: sortText, text: v}
		default:
			return nil, nil, errNoCursor
		}
	}
	return &c, at, nil
}

// readCursor reads the cursor of a request for a list in an order.
func readCursor(text, list, sort string, columns int) (*rowPlace, error) {
	c, at, err := parseCursor(text)
	switch {
	case err != nil:
	case c.List != list:
		return nil, invalid("after", text, "là của danh sách khác: hãy gửi nguyên văn next của trang trước, hoặc bỏ after để đọc lại từ đầu",
			"is of another list: give the next of the page before as it is, or leave after out to begin again")
	case c.Sort != sort:
		return nil, invalid("after", text, "là của thứ tự khác: hãy hỏi với sort="+c.Sort+", hoặc bỏ after để đọc lại từ đầu",
			"is of another order: ask with sort="+c.Sort+", or leave after out to begin again")
	case len(at.values) == columns:
		return at, nil
	}
	return nil, invalid("after", text, "không phải next của một trang: hãy gửi nguyên văn next của trang trước, hoặc bỏ after để đọc lại từ đầu",
		"is not the next of a page: give the next of the page before as it is, or leave after out to begin again")
}
