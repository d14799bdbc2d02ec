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
	statuses   map[int]int    // answers by status
}

func (t *tally) add(o tally) {
	if t.operations == nil {
		t.operations, t.statuses = map[string]int{}, map[int]int{}
	}
	for id, n := range o.operations {
		t.operations[id] += n
	}
	for status, n := range o.statuses {
		t.statuses[status] += n
	}
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
		fmt.Fprintf(&b, "| %d | %d |\n", status, t.statuses[status])
	}
	least, most := "", 0
	for id, n := range t.operations {
		if least == "" || n < t.operations[least] {
			least = id
		}
		most = max(most, n)
	}
	fmt.Fprintf(&b, "| **all** | **%d** |\n\nSeed %d: %d operations, of which each was asked %d to %d times.\n", t.requests(), seed, len(t.operations), t.operations[least], most)
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
