package main

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
)

// tally counts requests.
type tally struct {
	operations map[string]int // requests by operationId
	successes  map[string]int // of them those that were answered with what they asked for
	statuses   map[int]int    // answers by status
}

func (t *tally) add(o tally) {
	if t.operations == nil {
		t.operations, t.successes, t.statuses = map[string]int{}, map[string]int{}, map[int]int{}
	}
	for id, n := range o.operations {
		t.operations[id] += n
	}
	for id, n := range o.successes {
		t.successes[id] += n
	}
	for status, n := range o.statuses {
		t.statuses[status] += n
	}
}

// withFile take a file of a plan, or what was read before, which nobody draws by
// chance; the tests of api send them.
var withFile = []string{"importPlan", "previewPlan", "restorePlan"}

// withoutSession cannot be done by whoever shows a token.
const withoutSession = "endSession"

// never gives the operations that were never answered with what they asked for.
func (t *tally) never() []string {
	var ids []string
	for id := range t.operations {
		if t.successes[id] == 0 && id != withoutSession && !slices.Contains(withFile, id) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

func (t *tally) requests() int {
	n := 0
	for _, k := range t.statuses {
		n += k
	}
	return n
}

func (t *tally) table(seed int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "| status | answers |\n|---|--:|\n")
	for _, status := range slices.Sorted(maps.Keys(t.statuses)) {
		if n := t.statuses[status]; n > 0 {
			fmt.Fprintf(&b, "| %d | %d |\n", status, n)
		}
	}
	asked := slices.Sorted(maps.Values(t.operations))
	answered := slices.Sorted(maps.Values(t.successes))
	fmt.Fprintf(&b, "| **all** | **%d** |\n\nSeed %d: %d operations, each asked %d to %d times, and answered with what it was asked for %d to %d times.\n",
		t.requests(), seed, len(t.operations), asked[0], asked[len(asked)-1], answered[0], answered[len(answered)-1])
	return b.String()
}

// updatePage puts the table between its markers.
func updatePage(text string) error {
	const file, begin, end = "docs/api.md", "<!-- begin schema", "<!-- end schema -->"
	p, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("run this in the module's folder: %w", err)
	}
	page := string(p)
	i, j := strings.Index(page, begin), strings.Index(page, end)
	if i < 0 || j < i {
		return fmt.Errorf("%s: there are no markers %s … %s", file, begin, end)
	}
	i += strings.IndexByte(page[i:], '\n') + 1
	return os.WriteFile(file, []byte(page[:i]+"\n"+strings.TrimSpace(text)+"\n\n"+page[j:]), 0o644) // a page
}
