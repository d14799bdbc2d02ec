package plan_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/phukin/phukin/hub/plan"
)

func TestEveryHeadingAndWordMeansOneThing(t *testing.T) {
	sheets := map[string]string{}
	for _, table := range plan.Tables() {
		for _, name := range []string{table.Title.VI, table.Title.EN} {
			if other, ok := sheets[name]; ok && other != table.Name {
				t.Errorf("sheet %q is %s and %s", name, other, table.Name)
			}
			sheets[name] = table.Name
			if len([]rune(name)) > 31 || strings.ContainsAny(name, `:\/?*[]'`) {
				t.Errorf("%q cannot be the name of a sheet", name)
			}
			if got := plan.TableOf(strings.ToUpper(name)); got != table {
				t.Errorf("sheet %q is not found", name)
			}
		}
		for i, c := range table.Columns {
			for _, h := range []string{c.Name, c.Title.VI, c.Title.EN, strings.ToUpper(c.Title.VI) + " *"} {
				if got := table.Find(h); got != i {
					t.Errorf("%s: heading %q is column %d, want %d", table.Name, h, got, i)
				}
			}
			if c.Note.VI == "" || c.Note.EN == "" || c.Title.VI == "" || c.Title.EN == "" {
				t.Errorf("%s.%s lacks a note or a title", table.Name, c.Name)
			}
			if (c.Kind == plan.WordCell) != (len(c.Words) > 0) {
				t.Errorf("%s.%s: words and kind disagree", table.Name, c.Name)
			}
			if c.Ref != "" && (plan.TableByName(c.Ref) == nil || plan.TableByName(c.Ref).Column("code") < 0) {
				t.Errorf("%s.%s refers to %q, which has no codes", table.Name, c.Name, c.Ref)
			}
			seen := map[string]string{}
			for _, w := range c.Words {
				for _, s := range []string{w.Word, w.Title.VI, w.Title.EN} {
					if other, ok := seen[s]; ok && other != w.Word {
						t.Errorf("%s.%s: %q is %s and %s", table.Name, c.Name, s, other, w.Word)
					}
					seen[s] = w.Word
				}
			}
		}
		for _, name := range append(slices.Clone(table.Key), table.Order...) {
			if table.Column(name) < 0 {
				t.Errorf("%s: no column %q", table.Name, name)
			}
		}
	}
}

// A table refers only to those before it, so that one pass reads a plan; the
// area of the settings and the parts of one table are judged at the end.
func TestTablesReferToThoseBeforeThem(t *testing.T) {
	at := map[string]int{}
	for i, table := range plan.Tables() {
		at[table.Name] = i
	}
	for i, table := range plan.Tables() {
		for _, c := range table.Columns {
			if c.Ref != "" && at[c.Ref] > i && table.Name != plan.Settings {
				t.Errorf("%s.%s refers to %s, which comes later", table.Name, c.Name, c.Ref)
			}
		}
	}
}
