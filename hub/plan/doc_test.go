package plan_test

import (
	"os"
	"strings"
	"testing"

	"github.com/phukin/phukin/hub/plan"
)

// The reference lists every column and every word.
func TestTheReferenceKnowsEveryColumn(t *testing.T) {
	data, err := os.ReadFile("../../docs/plan.md")
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	for _, table := range plan.Tables() {
		if !strings.Contains(text, "| "+table.Name+" | `"+table.File+"` | "+table.Title.VI+" |") {
			t.Errorf("docs/plan.md does not list the table %s", table.Name)
		}
		section := text
		if i := strings.Index(text, "## "+table.File); i >= 0 {
			section = text[i:]
			if j := strings.Index(section[3:], "\n## "); j >= 0 {
				section = section[:j+3]
			}
		}
		for _, c := range table.Columns {
			name, _, _ := strings.Cut(c.Name, "_en")
			if !strings.Contains(section, "`"+name+"`") && !strings.Contains(section, "."+name+"`") {
				t.Errorf("docs/plan.md does not describe %s.%s", table.Name, c.Name)
			}
			for _, w := range c.Words {
				if !strings.Contains(section, "`"+w.Word+"`") {
					t.Errorf("docs/plan.md does not list the word %s of %s.%s", w.Word, table.Name, c.Name)
				}
			}
		}
	}
}
