package main

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const golden = "../../testdata/openapi.json"

// The client is what the document gives. Whoever changes the API makes it again.
func TestTheClientIsWhatTheDocumentGives(t *testing.T) {
	p, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	files, err := generate(p)
	if err != nil {
		t.Fatal(err)
	}
	have, err := filepath.Glob("../*.gen.go")
	if err != nil || len(have) != len(files) {
		t.Errorf("%v beside %v: %v", have, slices.Collect(maps.Keys(files)), err)
	}
	for name, want := range files {
		if got, err := os.ReadFile(filepath.Join("..", name)); err != nil || !bytes.Equal(got, want) {
			t.Errorf("api/client/%s is not what the document gives (%v): go generate ./api/client makes it again", name, err)
		}
	}
	again, err := generate(p)
	if err != nil || !maps.EqualFunc(files, again, bytes.Equal) {
		t.Errorf("another run gives other files: %v", err)
	}
}

func TestEveryOperationHasAMethod(t *testing.T) {
	p, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	var doc document
	if err := json.Unmarshal(p, &doc); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("../operations.gen.go")
	if err != nil {
		t.Fatal(err)
	}
	all, err := doc.operations()
	if err != nil || len(all) < 40 {
		t.Fatal(len(all), err)
	}
	for _, op := range all {
		want := "func (c *Client) " + exported(op.ID) + "(ctx context.Context, "
		if op.ID == "followEvents" {
			want = "type FollowEventsParams struct"
		}
		if !strings.Contains(string(text), want) {
			t.Errorf("%s %s: no %s", op.method, op.path, want)
		}
	}
}

// small is a document of one operation, parameters and a schema T put into it.
func small(parameters, t, responses string) string {
	if parameters == "" {
		parameters = "[]"
	}
	if responses == "" {
		responses = `{"200":{"content":{"application/json":{"schema":{"$ref":"#/components/schemas/T"}}}}}`
	}
	return `{"info":{"version":"7"},"paths":{"/x/{id}":{"get":{"operationId":"getThing","summary":"A thing","parameters":` + parameters + `,"responses":` + responses + `}}},"components":{"schemas":{"T":` + t + `}}}`
}

func TestSchemasHaveTypes(t *testing.T) {
	for schema, want := range map[string]string{
		`{"type":"string"}`:          "V string `json:\"v\"`",
		`{"type":["string","null"]}`: "V *string `json:\"v\"`",
		`{"type":"integer","format":"int64","minimum":1,"maximum":9}`:   "// 1 to 9.\n\tV int64 `json:\"v\"`",
		`{"type":["number","null"]}`:                                    "V *float64 `json:\"v\"`",
		`{"type":"string","format":"date-time"}`:                        "V time.Time `json:\"v\"`",
		`{"type":"string","contentEncoding":"base64"}`:                  "V []byte `json:\"v\"`",
		`{"type":["array","null"],"items":{"type":["integer","null"]}}`: "V []*int64 `json:\"v\"`",
		`{"type":"object","additionalProperties":{"type":"boolean"}}`:   "V map[string]bool `json:\"v\"`",
		`{"type":"object"}`: "V json.RawMessage `json:\"v\"`",
		`{}`:                "V json.RawMessage `json:\"v\"`",
		`{"$ref":"#/components/schemas/T","description":"a\nb"}`:                   "// a\n\t// b.\n\tV T `json:\"v\"`",
		`{"anyOf":[{"$ref":"#/components/schemas/T"},{"type":"null"}]}`:            "V *T `json:\"v\"`",
		`{"type":"string","enum":["a","b"],"default":"a"}`:                         "// One of: a, b. It defaults to a.\n\tV string `json:\"v\"`",
		`{"type":"object","properties":{"z_m":{"type":"number"}}}`:                 "V struct {\n\t\tZM *float64 `json:\"z_m,omitzero\"`\n\t} `json:\"v\"`",
		`{"type":"object","required":["z"],"properties":{"z":{"type":"integer"}}}`: "Z int64 `json:\"z\"`",
	} {
		files, err := generate([]byte(small(`[{"name":"id","in":"path","schema":{"type":"string"}}]`, `{"type":"object","required":["v"],"properties":{"v":`+schema+`}}`, "")))
		if err != nil {
			t.Errorf("%s: %v", schema, err)
			continue
		}
		if text := string(files["types.gen.go"]); !strings.Contains(text, want) || !strings.Contains(text, `APIVersion = "7"`) {
			t.Errorf("%s: no %q in\n%s", schema, want, text)
		}
	}
}

// What is sent can be left out or empty; of what is answered a text that is left
// out is empty.
func TestWhatIsSentMayBeLeftOut(t *testing.T) {
	doc := `{"paths":{"/x":{"post":{"operationId":"add","requestBody":{"content":{"application/json":{"schema":{"$ref":"#/components/schemas/In"}}}},
	"responses":{"201":{"content":{"application/json":{"schema":{"$ref":"#/components/schemas/Out"}}}},"204":{}}},
	"put":{"operationId":"upload","requestBody":{"content":{"text/csv":{},"application/zip":{}}},"responses":{"204":{}}}}},
	"components":{"schemas":{"In":{"type":"object","properties":{"a":{"type":"string"},"b":{"type":"array","items":{"$ref":"#/components/schemas/Deep"}}}},"Deep":{"type":"object","properties":{"a":{"type":"string"}}},"Out":{"type":"object","properties":{"a":{"type":"string"},"b":{"type":"integer"}}}}}}`
	files, err := generate([]byte(doc))
	if err != nil {
		t.Fatal(err)
	}
	for name, wants := range map[string][]string{
		"types.gen.go":      {"type In struct {\n\tA *string `json:\"a,omitzero\"`\n\tB []Deep  `json:\"b,omitzero\"`", "type Deep struct {\n\tA *string", "type Out struct {\n\tA string `json:\"a,omitzero\"`\n\tB *int64"},
		"operations.gen.go": {"r.body = p.Body", "Body        io.Reader", "application/zip, text/csv", "(*Answer[Out], error)", "Upload(ctx context.Context, p UploadParams) (*Answer[struct{}], error)"},
	} {
		for _, want := range wants {
			if !strings.Contains(string(files[name]), want) {
				t.Errorf("no %q in\n%s", want, files[name])
			}
		}
	}
}

// What has no form in Go is refused, and not left out.
func TestWhatCannotBeSaidIsRefused(t *testing.T) {
	object := `{"type":"object","properties":{"v":{"type":"string"}}}`
	id := `[{"name":"id","in":"path","schema":{"type":"string"}}`
	for name, c := range map[string]struct{ doc, says string }{
		"no JSON":              {`{`, "unexpected end"},
		"an alternative":       {small(id+"]", `{"type":"object","properties":{"v":{"oneOf":[{"type":"string"}]}}}`, ""), "schema T: v: oneOf"},
		"several types":        {small(id+"]", `{"type":"object","properties":{"v":{"type":["string","integer"]}}}`, ""), "schema T: v: values of several types"},
		"an unknown type":      {small(id+"]", `{"type":"object","properties":{"v":{"type":"date"}}}`, ""), `values of type "date"`},
		"a missing schema":     {small(id+"]", `{"type":"object","properties":{"v":{"$ref":"#/components/schemas/U"}}}`, ""), "no schema U"},
		"a foreign reference":  {small(id+"]", `{"type":"object","properties":{"v":{"$ref":"other.json"}}}`, ""), `"other.json"`},
		"two names alike":      {small(id+"]", `{"type":"object","properties":{"a_b":{"type":"string"},"a-b":{"type":"string"}}}`, ""), "are both AB"},
		"a path without it":    {small(`[{"name":"no","in":"path","schema":{"type":"string"}}]`, object, ""), "{no}"},
		"a cookie":             {small(id+`,{"name":"c","in":"cookie","schema":{"type":"string"}}]`, object, ""), "in cookie"},
		"repeated parameters":  {small(id+`,{"name":"c","in":"query","schema":{"type":"array","items":{"type":"string"}}}]`, object, ""), "separated by commas"},
		"an object to ask":     {small(id+`,{"name":"c","in":"query","schema":{"$ref":"#/components/schemas/T"}}]`, object, ""), "has no form"},
		"no schema":            {small(id+`,{"name":"c","in":"query"}]`, object, ""), "has no schema"},
		"no name":              {strings.Replace(small(id+"]", object, ""), "getThing", "", 1), "no operationId"},
		"answers of two types": {small(id+"]", object, `{"200":{"content":{"application/json":{"schema":{"$ref":"#/components/schemas/T"}}}},"202":{"content":{"application/json":{"schema":{"type":"string"}}}}}`), "several types"},
		"a body of no type":    {strings.Replace(small(id+"]", object, ""), `"summary"`, `"requestBody":{"content":{}},"summary"`, 1), "no media type"},
	} {
		if _, err := generate([]byte(c.doc)); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v; want %q", name, err, c.says)
		}
	}
}

func TestNames(t *testing.T) {
	for name, want := range map[string]string{
		"as_of": "AsOf", "length_m": "LengthM", "id": "ID", "Last-Event-ID": "LastEventID", "If-None-Match": "IfNoneMatch",
		"listGaps": "ListGaps", "stream_url": "StreamURL", "name_vi": "NameVI", "95th": "N95th", "đường": "Đường", "-": "N",
	} {
		if got := exported(name); got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
}

func TestRunWritesTheFiles(t *testing.T) {
	dir := t.TempDir()
	if err := run(golden, dir); err != nil {
		t.Fatal(err)
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) != 2 {
		t.Error(files, err)
	}
	if err := run("none.json", dir); err == nil || !strings.Contains(err.Error(), "none.json") {
		t.Error(err)
	}
	if err := run("main.go", dir); err == nil || !strings.Contains(err.Error(), "main.go") {
		t.Error(err)
	}
}
