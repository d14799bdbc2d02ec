package plan_test

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/phukin/phukin/hub/plan"
)

// Whatever the checks say as a plain sentence, the catalogue knows: it reads
// the literals that they hand to fault and warn.
func TestTheCatalogueKnowsWhatTheChecksSay(t *testing.T) {
	names, err := filepath.Glob("c*.go")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, name := range append(names, "record.go", "routes.go", "intake.go") {
		if strings.HasSuffix(name, "_test.go") || name == "config.go" {
			continue // plan.yaml is for those who read its keys
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(x ast.Node) bool {
			call, ok := x.(*ast.CallExpr)
			if !ok {
				return true
			}
			if s, ok := call.Fun.(*ast.SelectorExpr); !ok || s.Sel.Name != "fault" && s.Sel.Name != "warn" {
				return true
			}
			for _, arg := range call.Args {
				lit, ok := arg.(*ast.BasicLit)
				if !ok || lit.Kind != token.STRING {
					continue
				}
				text, err := strconv.Unquote(lit.Value)
				if err != nil || !strings.Contains(text, " ") || strings.Contains(text, "comma") && strings.Contains(text, "“") || strings.Contains(text, "LineString") || strings.Contains(text, "cell with commas") {
					continue
				}
				n++
				if plan.InVietnamese(text) == text {
					t.Errorf("%s: %q is not in the catalogue", name, text)
				}
			}
			return true
		})
	}
	if n < 40 {
		t.Errorf("%d sentences were seen: the test does not look at anything", n)
	}
}

func TestFaultsInVietnamese(t *testing.T) {
	_, err := plan.Read(files(map[string]string{
		"gateways.csv": strings.Replace(small["gateways.csv"], "Km10+000", "Km99+000", 1),
		"cameras.csv":  strings.Replace(small["cameras.csv"], "C-2,S2,tb-18562,P1,270", "C-1,S9,tb-18562,P1,400", 1),
	}))
	var f *plan.Faults
	if !errors.As(err, &f) {
		t.Fatal(err)
	}
	const want = `gateways.csv:2: Lý trình: Km99+000 không nằm trên "R1": tuyến đi từ Km10+000 đến Km14+114
cameras.csv:3: Mã camera: "C-1" đã có ở dòng 2: mỗi camera một mã riêng
cameras.csv:3: Điểm: "S9" không có trong sites.csv: ghi mã một điểm lắp đặt
cameras.csv:3: Hướng quan sát (độ): 400 ngoài phạm vi: ghi từ 0 đến 360 độ theo chiều kim đồng hồ từ hướng bắc`
	if got := f.VI(); got != want {
		t.Errorf("got\n%s", got)
	}
}
