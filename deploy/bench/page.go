package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// The pages that show what is printed here, in the module's folder.
const (
	pageFile        = "docs/probe.md"
	reliabilityFile = "docs/reliability.md"
	planFile        = "docs/plan.md"
	historyFile     = "docs/history.md"
	uptimeFile      = "docs/uptime.md"
	influxFile      = "docs/influxdb.md"
	coverageFile    = "docs/coverage.md"
	apiFile         = "docs/api.md"
)

// updatePage puts a text between its markers on a page.
func updatePage(file, name, text string) error {
	root, err := moduleRoot()
	if err != nil {
		return err
	}
	path := filepath.Join(root, file)
	old, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	changed, err := between(string(old), name, text)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return os.WriteFile(path, []byte(changed), 0o644) // a page
}

// between replaces what stands between the markers of a name.
func between(page, name, text string) (string, error) {
	begin, end := "<!-- begin "+name, "<!-- end "+name+" -->"
	i := strings.Index(page, begin)
	j := strings.Index(page, end)
	if i < 0 || j < i {
		return "", fmt.Errorf("there are no markers %s … %s", begin, end)
	}
	eol := strings.IndexByte(page[i:], '\n')
	if eol < 0 || i+eol > j {
		return "", fmt.Errorf("the marker %s must have a line of its own", begin)
	}
	return page[:i+eol+1] + "\n" + strings.TrimSpace(text) + "\n\n" + page[j:], nil
}

func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", fmt.Errorf("run this inside the module: no go.mod above %s", dir)
		}
		dir = up
	}
}
