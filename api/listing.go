package api

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"golang.org/x/text/collate"
	vietnam "golang.org/x/text/language"
)

// Listing is the part of a request for a list that says which of its rows are
// wanted, in which order, and which of their fields.
type Listing struct {
	Sort   []string `query:"sort" maxItems:"4" doc:"Codes of the table's columns to sort by, separated by commas; with - in front descending. What is not known comes last, either way"`
	Fields []string `query:"fields" maxItems:"64" doc:"Names of the row's fields that are wanted, separated by commas; all of them when absent"`
	Limit  int      `query:"limit" minimum:"1" maximum:"10000" doc:"So many rows at most. When absent, a table has all of them, and JSON has them all or the first page, as the list is"`
	After  string   `query:"after" maxLength:"4096" doc:"Go on after a page: its next"`
}

// Page is the part of a list's answer that says which of its rows it has.
type Page struct {
	Total int    `json:"total" doc:"Rows of the list, on all pages"`
	Next  string `json:"next,omitempty" doc:"Give it as after for the next page; absent on the last one"`

	fields []string // of the rows that were asked for; all when empty
}

func (p *Page) chosen() []string { return p.fields }

// listOf says what a list of rows is like.
type listOf[R any] struct {
	id    string // of the list, in its cursors
	name  Text   // of its table
	parts []part[R]
	// sort is the list's own order, as a request would ask for it.
	sort string
	// key tells a row from all others of the list, and orders rows that are alike
	// otherwise. It stays while the row is there.
	key func(*R) string
	// page is how many rows JSON has unless the request says so; all when 0. A list
	// of what the plan holds is whole, one that grows with time has pages.
	page int
	// orders give, by column, what to sort by in place of the cell.
	orders map[string]func(*R) any
}

// table gives rows as rows and columns.
func (l *listOf[R]) table(rows []R, p *Page) Table { return tableOf(l.name, rows, l.parts, p.fields) }

// sortColumn is a column that rows are sorted by.
type sortColumn[R any] struct {
	code  string
	field string // that it is a part of
	down  bool
	cell  func(*R) any
}

// sorting gives the columns that a request sorts by, and their codes.
func (l *listOf[R]) sorting(in *Listing) ([]sortColumn[R], string, error) {
	asked := in.Sort
	if len(asked) == 0 {
		asked = strings.Split(l.sort, ",")
	}
	columns := make([]sortColumn[R], len(asked))
	for i, text := range asked {
		code, down := strings.CutPrefix(text, "-")
		c, ok := l.column(code)
		if !ok {
			have := strings.Join(l.sortable(), ", ")
			return nil, "", invalid("sort", text, "bảng này không có cột đó; sắp xếp được theo: "+have, "is not a column of this table; rows can be sorted by: "+have)
		}
		if slices.ContainsFunc(columns[:i], func(b sortColumn[R]) bool { return b.code == code }) {
			return nil, "", invalid("sort", text, "cột này đứng hai lần: hãy viết mỗi cột một lần", "stands there twice: write each column once")
		}
		c.down = down
		columns[i] = c
	}
	return columns, strings.Join(asked, ","), nil
}

func (l *listOf[R]) column(code string) (sortColumn[R], bool) {
	for _, p := range l.parts {
		for at, c := range p.columns {
			if c.Code != code {
				continue
			}
			s := sortColumn[R]{code: code, field: p.field, cell: func(r *R) any { return p.cells(r)[at] }}
			if order := l.orders[code]; order != nil {
				s.cell = order
			}
			return s, true
		}
	}
	return sortColumn[R]{}, false
}

// sortable lists the codes of the columns.
func (l *listOf[R]) sortable() []string {
	var codes []string
	for _, p := range l.parts {
		for _, c := range p.columns {
			codes = append(codes, c.Code)
		}
	}
	return codes
}

// needs says whether a request asks for a field, or sorts by it.
func (l *listOf[R]) needs(in *Listing, field string) bool {
	if len(in.Fields) == 0 || slices.Contains(in.Fields, field) {
		return true
	}
	columns, _, _ := l.sorting(in)
	return slices.ContainsFunc(columns, func(c sortColumn[R]) bool { return c.field == field })
}

// pager takes the rows of a list, in any order, and keeps those of one page.
type pager[R any] struct {
	list    *listOf[R]
	columns []sortColumn[R]
	spec    string
	after   *rowPlace
	limit   int // 0 for all
	held    []heldRow[R]
	page    Page

	letters *collate.Collator // of Vietnamese; it is for one at a time
	buffer  collate.Buffer
}

type heldRow[R any] struct {
	rowPlace
	row *R
}

// newPager makes one for a request. It refuses what is wrong with it.
func newPager[R any](ctx context.Context, l *listOf[R], in *Listing) (*pager[R], error) {
	if err := checkFields[R](in.Fields); err != nil {
		return nil, err
	}
	columns, spec, err := l.sorting(in)
	if err != nil {
		return nil, err
	}
	p := &pager[R]{list: l, columns: columns, spec: spec, limit: in.Limit, page: Page{fields: in.Fields}, letters: collate.New(vietnam.Vietnamese)}
	switch {
	case p.limit > 0:
	case wantedOf(ctx).form != asJSON:
		p.limit = maxTable + 1 // one too many, which the table is refused for
	default:
		p.limit = l.page
	}
	if in.After != "" {
		if p.after, err = readCursor(in.After, l.id, spec, len(columns)); err != nil {
			return nil, err
		}
		for i := range p.after.values {
			p.spell(&p.after.values[i])
		}
	}
	return p, nil
}

// add takes a row, which must not change afterwards.
func (p *pager[R]) add(r *R) {
	p.page.Total++
	at := p.placeOf(r)
	if p.after != nil && p.compare(&at, p.after) <= 0 {
		return
	}
	p.held = append(p.held, heldRow[R]{at, r})
	if p.limit > 0 && len(p.held) >= 2*p.limit+64 {
		p.sort()
		p.held = slices.Delete(p.held, p.limit+1, len(p.held))
	}
}

func (p *pager[R]) placeOf(r *R) rowPlace {
	at := rowPlace{values: make([]sortValue, len(p.columns)), key: p.list.key(r)}
	for i := range p.columns {
		at.values[i] = valueOf(p.columns[i].cell(r))
		p.spell(&at.values[i])
	}
	return at
}

// spell gives a text its place among others in Vietnamese: đ after d, and tones
// after letters.
func (p *pager[R]) spell(v *sortValue) {
	if v.kind == sortText {
		p.buffer.Reset()
		v.letters = string(p.letters.KeyFromString(&p.buffer, v.text))
	}
}

func (p *pager[R]) compare(a, b *rowPlace) int {
	for i := range p.columns {
		if c := a.values[i].compare(b.values[i], p.columns[i].down); c != 0 {
			return c
		}
	}
	return strings.Compare(a.key, b.key)
}

func (p *pager[R]) sort() {
	order := func(a, b heldRow[R]) int { return p.compare(&a.rowPlace, &b.rowPlace) }
	if !slices.IsSortedFunc(p.held, order) {
		slices.SortFunc(p.held, order)
	}
}

// rows gives the page.
func (p *pager[R]) rows() ([]R, Page) {
	p.sort()
	if p.limit > 0 && len(p.held) > p.limit {
		p.held = p.held[:p.limit]
		p.page.Next = writeCursor(p.list.id, p.spec, &p.held[p.limit-1].rowPlace)
	}
	rows := make([]R, len(p.held))
	for i := range p.held {
		rows[i] = *p.held[i].row
	}
	return rows, p.page
}

// page gives of the rows of a list those that a request asks for.
func page[R any](ctx context.Context, l *listOf[R], in *Listing, rows []R) ([]R, Page, error) {
	p, err := newPager(ctx, l, in)
	if err != nil {
		return nil, Page{}, err
	}
	p.held = make([]heldRow[R], 0, len(rows))
	for i := range rows {
		p.add(&rows[i])
	}
	of, about := p.rows()
	return of, about, nil
}

// rowPlace is where a row stands in a list: what it is sorted by, and its key.
type rowPlace struct {
	values []sortValue
	key    string
}

// sortValue is what rows are sorted by: a number, a text, or nothing.
type sortValue struct {
	kind    sortKind
	number  float64
	text    string
	letters string // of the text, as spell has them
}

type sortKind int

const (
	sortNumber sortKind = iota
	sortText
	sortUnknown
)

// maxSortText is how much of a text counts when it is sorted by, bytes: cursors
// are bounded.
const maxSortText = 64

// valueOf gives what to sort by of a cell: no before yes, numbers by their size.
func valueOf(cell any) sortValue {
	switch v := cell.(type) {
	case bool:
		if v {
			return sortValue{number: 1}
		}
		return sortValue{}
	case int:
		return sortValue{number: float64(v)}
	case int64:
		return sortValue{number: float64(v)}
	case float64:
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			return sortValue{number: v}
		}
	case string:
		if v != "" {
			return sortValue{kind: sortText, text: shortened(strings.ToValidUTF8(v, "\uFFFD"))}
		}
	case nil:
	default:
		panic(fmt.Sprintf("a cell cannot be a %T", v))
	}
	return sortValue{kind: sortUnknown}
}

func shortened(s string) string {
	if len(s) > maxSortText {
		s = strings.ToValidUTF8(s[:maxSortText], "")
	}
	return s
}

func (v sortValue) compare(o sortValue, down bool) int {
	if v.kind == sortUnknown || o.kind == sortUnknown {
		return cmp.Compare(v.kind, o.kind)
	}
	c := cmp.Or(cmp.Compare(v.kind, o.kind), cmp.Compare(v.number, o.number), strings.Compare(v.letters, o.letters), strings.Compare(v.text, o.text))
	if down {
		return -c
	}
	return c
}
