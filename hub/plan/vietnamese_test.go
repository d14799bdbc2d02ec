package plan_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/phukin/phukin/hub/plan"
)

// spoken gives what an expression of the program says, with 7 for what it puts
// in, and whether it says anything.
func spoken(x ast.Expr) (string, bool) {
	switch x := x.(type) {
	case *ast.BasicLit:
		text, err := strconv.Unquote(x.Value)
		return text, err == nil
	case *ast.ParenExpr:
		return spoken(x.X)
	case *ast.BinaryExpr:
		a, ok := spoken(x.X)
		b, ok2 := spoken(x.Y)
		if !ok {
			a = "7"
		}
		if !ok2 {
			b = "7"
		}
		return a + b, ok || ok2
	case *ast.CallExpr:
		if s, ok := x.Fun.(*ast.SelectorExpr); ok && s.Sel.Name == "Sprintf" {
			text, ok := spoken(x.Args[0])
			return verb.ReplaceAllString(text, "7"), ok
		}
	}
	return "", false
}

var verb = regexp.MustCompile(`%(\.0)?[a-z]`)

// notSentences are made of parts that are looked at where they are written.
var notSentences = map[string]bool{"7 is no 7": true, "7 7: 7": true, "--set 7": true}

// Whatever the readers, the checks and the commands say, the catalogue knows:
// the test reads what they hand to fault, warn, refuse and the like.
func TestTheCatalogueKnowsWhatTheProgramSays(t *testing.T) {
	speakers := map[string]bool{"fault": true, "warn": true, "Fault": true, "refuse": true, "Refuse": true, "RefuseAt": true, "New": true, "Errorf": true}
	n, names := 0, []string{}
	for _, pattern := range []string{"*.go", "sheet/*.go", "geofile/*.go", "../cmd/phukin-hub/plan*.go"} {
		some, err := filepath.Glob(pattern)
		if err != nil || len(some) == 0 {
			t.Fatal(pattern, err)
		}
		names = append(names, some...)
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		look := func(x ast.Expr) {
			text, ok := spoken(x)
			if !ok || notSentences[text] || !strings.Contains(text, " ") || strings.HasPrefix(text, "7") && !strings.Contains(text[1:], " ") {
				return
			}
			n++
			if plan.InVietnamese(text) == text {
				t.Errorf("%s: %q is not in the catalogue", name, text)
			}
		}
		ast.Inspect(file, func(x ast.Node) bool {
			switch x := x.(type) {
			case *ast.CallExpr:
				called := ""
				switch f := x.Fun.(type) {
				case *ast.SelectorExpr:
					called = f.Sel.Name
				case *ast.Ident:
					called = f.Name
				}
				internal := called == "Errorf" || called == "New"
				if !speakers[called] || internal && filepath.Base(name) != "geojson.go" {
					return true
				}
				for _, arg := range x.Args {
					look(arg)
				}
			case *ast.KeyValueExpr:
				if key, ok := x.Key.(*ast.Ident); ok && (key.Name == "Got" || key.Name == "Want" || key.Name == "Is") {
					look(x.Value)
				}
			case *ast.AssignStmt: // of the two halves, or of a fault's fields
				for i, to := range x.Lhs {
					if len(x.Lhs) != len(x.Rhs) {
						break
					}
					switch to := to.(type) {
					case *ast.Ident:
						if to.Name == "want" || to.Name == "remedy" {
							look(x.Rhs[i])
						}
					case *ast.SelectorExpr:
						if to.Sel.Name == "Got" || to.Sel.Name == "Want" || to.Sel.Name == "Is" {
							look(x.Rhs[i])
						}
					}
				}
			case *ast.ValueSpec:
				for i, v := range x.Values {
					if strings.HasPrefix(x.Names[i].Name, "want") || x.Names[i].Name == "remedy" || x.Names[i].Name == "saveAgain" {
						look(v)
					}
				}
			}
			return true
		})
	}
	if n < 200 {
		t.Errorf("%d sentences were seen: the test does not look at anything", n)
	}
}

// Vietnamese comes first, and English below it.
func TestFaultsInBothLanguages(t *testing.T) {
	_, err := plan.Read(files(map[string]string{
		"gateways.csv": strings.Replace(small["gateways.csv"], "Km10+000", "Km99+000", 1),
		"cameras.csv":  strings.Replace(small["cameras.csv"], "C-2,S2,tb-18562,P1,270", "C-1,S9,tb-18562,P1,400", 1),
	}))
	const want = `gateways.csv:2: Lý trình: Km99+000 không nằm trên "R1": tuyến đi từ Km10+000 đến Km14+114
    chainage: Km99+000 is not on "R1": the route goes from Km10+000 to Km14+114
cameras.csv:3: Mã camera: "C-1" đã có ở dòng 2: mỗi camera một mã riêng
    code: "C-1" already stands in line 2: give each camera a code of its own
cameras.csv:3: Điểm: "S9" không có trong sites.csv: ghi mã một điểm lắp đặt
    site: "S9" is not in sites.csv: write the code of a site
cameras.csv:3: Hướng quan sát (độ): 400 ngoài phạm vi: ghi từ 0 đến 360 độ theo chiều kim đồng hồ từ hướng bắc
    azimuth: 400 is out of range: write 0 to 360 degrees clockwise from north`
	if err == nil || err.Error() != want {
		t.Errorf("got\n%v", err)
	}
}

// Sentences are found in the catalogue as a regular expression would find
// them, in a small part of the time: a plan may have a thousand faults.
func TestAPhraseMatchesAsARegularExpression(t *testing.T) {
	piece := rapid.SampledFrom([]string{"", "a", "b", " is ", " is not ", "m", "ệ", "is"})
	rapid.Check(t, func(t *rapid.T) {
		var parts []string
		for i := range rapid.IntRange(1, 4).Draw(t, "parts") {
			p := piece.Draw(t, "part")
			if i > 0 && p == "" {
				p = " "
			}
			parts = append(parts, p)
		}
		parts[len(parts)-1] = strings.TrimPrefix(parts[len(parts)-1], " ")
		s := strings.Join(rapid.SliceOfN(piece, 0, 8).Draw(t, "sentence"), "")
		quoted := make([]string, len(parts))
		for i, p := range parts {
			quoted[i] = regexp.QuoteMeta(p)
		}
		want := regexp.MustCompile("(?s)^" + strings.Join(quoted, "(.+?)") + "$").FindStringSubmatch(s)
		got, ok := plan.Match(strings.Join(parts, "%s"), s)
		if ok != (want != nil) || ok && !slices.Equal(got, want[1:]) {
			t.Fatalf("%q in %q gives %q, %v, want %q", parts, s, got, ok, want)
		}
	})
}
