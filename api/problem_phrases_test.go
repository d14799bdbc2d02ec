package api_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/phukin/phukin/api"
)

// saidBy gives every message that huma's sources have for what is wrong with a
// request, with %s for what differs.
func saidBy(t *testing.T) []string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "github.com/danielgtaylor/huma/v2").Output()
	if err != nil {
		t.Fatal(err)
	}
	dir := strings.TrimSpace(string(out))
	var all []string
	for _, name := range []string{"huma.go", "validate.go", "validation/messages.go"} {
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(dir, name), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.ValueSpec:
				if strings.HasPrefix(n.Names[0].Name, "Msg") {
					all = append(all, textOf(n.Values[0]))
				}
			case *ast.KeyValueExpr:
				if k, ok := n.Key.(*ast.Ident); ok && k.Name == "Msg" {
					all = append(all, textOf(n.Value))
				}
			case *ast.CallExpr:
				if f, ok := n.Fun.(*ast.SelectorExpr); ok && (f.Sel.Name == "Add" && len(n.Args) == 3 || isCall(n, "errors", "New")) {
					all = append(all, textOf(n.Args[len(n.Args)-1]))
				}
			}
			return true
		})
	}
	return all
}

func isCall(c *ast.CallExpr, pkg, name string) bool {
	f, ok := c.Fun.(*ast.SelectorExpr)
	if !ok || f.Sel.Name != name {
		return false
	}
	x, ok := f.X.(*ast.Ident)
	return ok && x.Name == pkg
}

// textOf gives the text of an expression, with %s for what is no literal; empty
// if nothing of it is one.
func textOf(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		s, _ := strconv.Unquote(e.Value)
		return s
	case *ast.BinaryExpr:
		return textOr(e.X) + textOr(e.Y)
	case *ast.CallExpr:
		if isCall(e, "fmt", "Sprintf") {
			return textOf(e.Args[0])
		}
	}
	return ""
}

func textOr(e ast.Expr) string {
	if s := textOf(e); s != "" {
		return s
	}
	return "%s"
}

var verbs = regexp.MustCompile(`%[vds]`)

func TestWhateverHumaSaysOfARequestIsSaidInBothLanguages(t *testing.T) {
	// These go on inside: they are the reasons of other messages, or say that an
	// operation cannot take what it is declared to.
	inside := map[string]bool{"unparsable value": true, "unsupported type": true, "invalid UUID format": true, "invalid bracketed UUID format": true, "validation failed": true, "unknown query parameter": true}
	n := 0
	for _, said := range saidBy(t) {
		if said == "" || inside[said] {
			continue
		}
		n++
		said = verbs.ReplaceAllString(said, "x7")
		got := api.Phrase(said)
		if got.VI == got.EN || got.VI == said || got.EN == said || strings.Contains(got.VI+got.EN, "%") {
			t.Errorf("%q is said as %+v", said, got)
		}
	}
	if n < 50 {
		t.Errorf("%d messages were found in huma's sources; where have the others gone?", n)
	}
}

func TestRefusalsAreWrittenInBothLanguages(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	alone := regexp.MustCompile(`huma\.(Error[45]\d\d\w+|NewError\w*)\(|echo\.NewHTTPError\(`)
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for i, line := range strings.Split(string(source), "\n") {
			if found := alone.FindString(line); found != "" {
				t.Errorf("%s:%d: %s speaks one language; write invalid, invalidIn or newProblem", name, i+1, found)
			}
		}
	}
}
