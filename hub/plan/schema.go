package plan

import (
	"slices"
	"strings"
)

// CellKind says what stands in the cells of a column.
type CellKind int

// The kinds of cells, and the canonical text in which each is kept.
const (
	TextCell     CellKind = iota // one line of text, composed (NFC)
	CodeCell                     // a code: letters A–Z, digits, '.', '-' and '_'
	CodesCell                    // codes, with one space between them
	NumberCell                   // the shortest decimal, with a point
	WholeCell                    // digits
	FlagCell                     // true, or empty for no
	DayCell                      // 2026-09-30
	MomentCell                   // 2026-09-30 08:00, in the plan's time zone
	ChainageCell                 // Km12+500, to the millimetre
	WordCell                     // one of the column's Words
)

// Column is a column of a table.
type Column struct {
	Name  string // in files
	Title Text   // heading in a spreadsheet
	Kind  CellKind
	Must  bool   // the column has to be there, and no cell of it may be empty
	Words []Word // of a WordCell
	Ref   string // name of the table whose codes stand here
	Note  Text   // what it means and how it is written

	byWord map[string]string // words by all their spellings, folded
}

// Word is one of the words that a column knows.
type Word struct {
	Word  string // in files and in the API
	Title Text   // in spreadsheets
}

// Table is one of the lists that a plan is made of.
type Table struct {
	Name    string
	Title   Text   // name of the sheet in a workbook
	File    string // where it stands in a folder
	Note    Text
	Must    bool // it has to be there, if only with its header
	Columns []Column
	Key     []string // columns that tell rows apart
	Order   []string // columns by which rows are sorted; the key if empty

	byHeading map[string]int // columns by all their headings, folded
}

// The names of the tables.
const (
	Settings    = "settings"
	Levels      = "levels"
	Phases      = "phases"
	Areas       = "areas"
	Routes      = "routes"
	Points      = "points"
	Posts       = "posts"
	Junctions   = "junctions"
	Gateways    = "gateways"
	Sites       = "sites"
	Cameras     = "cameras"
	Targets     = "targets"
	Maintenance = "maintenance"
	Reported    = "figures"
)

// tables lists all tables in the order in which they are read: a table refers
// only to those before it.
var tables = []*Table{
	&settingsTable, &levelsTable, &phasesTable, &areasTable, &routesTable, &pointsTable, &postsTable,
	&junctionsTable, &gatewaysTable, &sitesTable, &camerasTable, &targetsTable, &maintenanceTable, &figuresTable,
}

// Tables gives all tables, in the order in which they are read, for the
// caller to read only.
func Tables() []*Table { return slices.Clone(tables) }

// TableByName gives a table, or nil.
func TableByName(name string) *Table {
	for _, t := range tables {
		if t.Name == name {
			return t
		}
	}
	return nil
}

// Column gives the index of a column, or -1.
func (t *Table) Column(name string) int {
	return slices.IndexFunc(t.Columns, func(c Column) bool { return c.Name == name })
}

func (t *Table) columnNames() string {
	names := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		names[i] = c.Name
	}
	return strings.Join(names, ", ")
}

// Find gives the index of the column that a heading names: by its name or its
// title in either language, whatever the case, the accents and the spaces. It
// is -1 for any other text.
func (t *Table) Find(heading string) int {
	if i, ok := t.byHeading[fold(heading)]; ok {
		return i
	}
	return -1
}

// word gives the word that a cell means, by the word itself or its title in
// either language.
func (c *Column) word(cell string) (string, bool) {
	w, ok := c.byWord[cell]
	if !ok {
		w, ok = c.byWord[fold(cell)]
	}
	return w, ok
}

// index makes what Find and word look into.
func (t *Table) index() {
	t.byHeading = map[string]int{}
	for i := range t.Columns {
		c := &t.Columns[i]
		for _, s := range []string{c.Name, c.Title.VI, c.Title.EN} {
			t.byHeading[fold(s)] = i
		}
		c.byWord = map[string]string{}
		for _, w := range c.Words {
			for _, s := range []string{w.Word, w.Title.VI, w.Title.EN} {
				c.byWord[fold(s)] = w.Word
			}
		}
	}
}

func init() {
	for _, t := range tables {
		t.index()
	}
}

// wordList gives the words of a column for a sentence: a, b or c.
func (c *Column) wordList() string {
	all := make([]string, len(c.Words))
	for i, w := range c.Words {
		all[i] = w.Word
	}
	if n := len(all); n > 1 {
		return strings.Join(all[:n-1], ", ") + " or " + all[n-1]
	}
	return strings.Join(all, "")
}

// TableOf gives the table that a sheet's name means, by its name or its title
// in either language, or nil.
func TableOf(sheet string) *Table {
	h := fold(sheet)
	for _, t := range tables {
		if h == t.Name || h == fold(t.Title.VI) || h == fold(t.Title.EN) {
			return t
		}
	}
	return nil
}
