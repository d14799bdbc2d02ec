package agent

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"runtime"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"github.com/phukin/phukin/agent/probe"
)

// ConfigError is one thing wrong in a configuration file.
type ConfigError struct {
	File    string
	Line    int    // 0 when it is about the whole file
	Message string // what is wrong and what would be right
	Excerpt string // the line, without values that might be secret
}

func (e *ConfigError) Error() string {
	s := e.File
	if e.Line > 0 {
		s += fmt.Sprintf(":%d", e.Line)
	}
	s += ": " + e.Message
	if e.Excerpt != "" {
		s += " | " + e.Excerpt
	}
	return s
}

// maxConfig bounds the file, so that a wrong path cannot fill the memory.
const maxConfig = 4 << 20

// LoadConfig reads and checks a configuration file. Its errors are
// *ConfigError, joined when there are several, in the order of their lines.
func LoadConfig(path string) (Config, error) {
	data, err := readFile(path, maxConfig)
	if err != nil {
		return Config{}, &ConfigError{File: path, Message: "configuration cannot be read: " + err.Error()}
	}
	f := &configFile{name: path, lines: strings.Split(string(data), "\n")}
	c := DefaultConfig()
	if f.file, err = parser.ParseBytes(data, 0); err != nil {
		return Config{}, f.yamlError(err)
	}
	switch n := len(f.file.Docs); {
	case n > 1:
		return Config{}, &ConfigError{File: path, Message: "holds more than one YAML document"}
	case n == 0 || f.file.Docs[0].Body == nil || f.file.Docs[0].Body.Type() == ast.NullType:
		return Config{}, &ConfigError{File: path, Message: "is empty"}
	}
	if err := yaml.NewDecoder(bytes.NewReader(data), yaml.Strict()).Decode(&c); err != nil {
		return Config{}, f.yamlError(err)
	}
	f.restoreTexts(&c)
	problems := f.resolve(&c)
	problems = append(problems, c.problems(f.line)...)
	if len(problems) == 0 {
		return c, nil
	}
	var found []*ConfigError
	for _, p := range problems {
		n := f.line(p.path)
		found = append(found, &ConfigError{File: path, Line: n, Message: p.path + ": " + p.message, Excerpt: f.excerpt(n)})
	}
	slices.SortStableFunc(found, func(a, b *ConfigError) int { return a.Line - b.Line })
	errs := make([]error, len(found))
	for i, e := range found {
		errs[i] = e
	}
	return Config{}, errors.Join(errs...)
}

// restoreTexts undoes what YAML does to texts that look like numbers: a
// password 012345 is not 5349, and a code 007 is not 7.
func (f *configFile) restoreTexts(c *Config) {
	f.restore("agent", &c.Agent)
	f.restore("udp_ports", &c.UDPPorts)
	f.restore("broker.username", &c.Broker.Username)
	f.restore("broker.password", (*string)(&c.Broker.Password))
	for i := range c.Cameras {
		k, at := &c.Cameras[i], fmt.Sprintf("cameras[%d].", i)
		f.restore(at+"code", &k.Code)
		f.restore(at+"username", &k.Username)
		f.restore(at+"password", (*string)(&k.Password))
	}
	for i := range c.Credentials {
		k, at := &c.Credentials[i], fmt.Sprintf("credentials[%d].", i)
		f.restore(at+"code", &k.Code)
		f.restore(at+"username", &k.Username)
		f.restore(at+"password", (*string)(&k.Password))
	}
}

func (f *configFile) restore(path string, text *string) {
	switch n := f.node("$." + path).(type) {
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		*text = n.GetToken().Value
	}
}

// resolve makes paths absolute and reads the password file.
func (f *configFile) resolve(c *Config) (ps []problem) {
	paths := []*string{&c.Spool.Dir, &c.Broker.CAFile, &c.Broker.CertFile, &c.Broker.KeyFile, &c.Broker.PasswordFile}
	for i := range c.Cameras {
		paths = append(paths, &c.Cameras[i].CAFile)
	}
	for i := range c.Credentials {
		paths = append(paths, &c.Credentials[i].CAFile)
	}
	for _, p := range paths {
		if *p != "" && !filepath.IsAbs(*p) {
			*p = filepath.Join(filepath.Dir(f.name), *p)
		}
	}
	if st, err := os.Stat(f.name); len(c.Credentials) > 0 && err == nil && runtime.GOOS != "windows" && st.Mode().Perm()&0o007 != 0 {
		ps = append(ps, problem{"credentials", "everybody on this machine can read the file that they stand in: chmod 640 " + f.name})
	}
	if c.Broker.PasswordFile == "" {
		return ps
	}
	if c.Broker.Password != "" {
		return append(ps, problem{"broker.password_file", "there is a password already: only one of the two is allowed"})
	}
	data, err := readFile(c.Broker.PasswordFile, 4096)
	if err != nil {
		return append(ps, problem{"broker.password_file", "cannot be read: " + err.Error()})
	}
	line, _, _ := strings.Cut(string(data), "\n")
	if line = strings.TrimSuffix(line, "\r"); line == "" {
		return append(ps, problem{"broker.password_file", "its first line is empty"})
	}
	c.Broker.Password = probe.Secret(line)
	return ps
}

// readFile gives errors without the path, which the caller names.
func readFile(path string, most int64) ([]byte, error) {
	st, err := os.Stat(path)
	if err == nil && st.IsDir() {
		return nil, errors.New("is a directory")
	}
	if err == nil && st.Size() > most {
		return nil, fmt.Errorf("has %d bytes, at most %d are allowed", st.Size(), most)
	}
	data, err := os.ReadFile(path)
	if pe := (*fs.PathError)(nil); errors.As(err, &pe) {
		err = pe.Err
	}
	return data, err
}

// configFile knows where everything stands in a file.
type configFile struct {
	name  string
	lines []string
	file  *ast.File
}

// line gives the line of a path, or of the nearest thing around it.
func (f *configFile) line(path string) int {
	for p := "$." + path; p != "$"; {
		if n := f.node(p); n != nil {
			return nodeLine(n)
		}
		p = p[:max(strings.LastIndexAny(p, ".["), 1)]
	}
	return 0
}

// node gives what stands at a YAML path, nil when there is nothing.
func (f *configFile) node(path string) ast.Node {
	p, err := yaml.PathString(path)
	if err != nil {
		return nil
	}
	n, err := p.FilterFile(f.file)
	if err != nil {
		return nil
	}
	return n
}

func nodeLine(n ast.Node) int {
	if m, ok := n.(*ast.MappingNode); ok && len(m.Values) > 0 {
		n = m.Values[0].Key
	}
	if t := n.GetToken(); t != nil && t.Position != nil {
		return t.Position.Line
	}
	return 0
}

// yamlError turns an error of the YAML library into one of ours.
func (f *configFile) yamlError(err error) error {
	e := &ConfigError{File: f.name, Message: "is not valid YAML"}
	var ye yaml.Error
	if !errors.As(err, &ye) {
		return e
	}
	if t := ye.GetToken(); t != nil && t.Position != nil {
		e.Line = t.Position.Line
		e.Excerpt = f.excerpt(e.Line)
	}
	var (
		unknown    *yaml.UnknownFieldError
		mistyped   *yaml.TypeError
		unexpected *yaml.UnexpectedNodeTypeError
		overflow   *yaml.OverflowError
	)
	switch {
	case errors.As(err, &unknown):
		key := unknown.Token.Value
		e.Message = fmt.Sprintf("unknown key %q", key)
		if near := nearestKey(f.section(unknown.Token.Position), key); near != "" {
			e.Message += fmt.Sprintf(", did you mean %q?", near)
		}
	case errors.As(err, &mistyped):
		e.Message = "a value of another kind is needed: " + kindName(mistyped.DstType.Kind())
	case errors.As(err, &unexpected):
		kind := reflect.Struct
		if unexpected.Expected == ast.SequenceType {
			kind = reflect.Slice
		}
		e.Message = "a value of another kind is needed: " + kindName(kind)
	case errors.As(err, &overflow):
		e.Message = "the number is out of range"
	default:
		e.Message = f.unquote(strings.Join(strings.Fields(ye.GetMessage()), " "), e.Line)
	}
	return e
}

// section gives the path of the group of keys that the key at p stands in, as
// keysOf knows it: "" for the outermost, "cameras[]" for a camera.
func (f *configFile) section(p *token.Position) string {
	found := ""
	for _, d := range f.file.Docs {
		ast.Walk(visitor(func(n ast.Node) {
			m, ok := n.(*ast.MappingValueNode)
			if !ok || p == nil {
				return
			}
			if at := m.Key.GetToken().Position; at != nil && at.Line == p.Line && at.Column == p.Column {
				path := indexes.ReplaceAllString(strings.TrimPrefix(m.GetPath(), "$"), "[]")
				found = strings.TrimPrefix(path[:max(strings.LastIndexByte(path, '.'), 0)], ".")
			}
		}), d.Body)
	}
	return found
}

var indexes = regexp.MustCompile(`\[\d+\]`)

type visitor func(ast.Node)

func (v visitor) Visit(n ast.Node) ast.Visitor { v(n); return v }

// unquote takes out of a message what it quotes from a line whose value may be
// secret.
func (f *configFile) unquote(message string, line int) string {
	if line >= 1 && line <= len(f.lines) && harmless(keyOf(f.lines[line-1])) {
		return message
	}
	return quoted.ReplaceAllStringFunc(message, func(q string) string {
		if slices.Contains(keys, strings.Trim(q, `"`)) {
			return q
		}
		return "…"
	})
}

var quoted = regexp.MustCompile(`"[^"]*"`)

func kindName(k reflect.Kind) string {
	switch k {
	case reflect.Int, reflect.Int64:
		return "a whole number"
	case reflect.Float64:
		return "a number"
	case reflect.String:
		return "a text"
	case reflect.Slice:
		return "a list, each entry with a dash"
	}
	return "a group of keys"
}

// keyOf gives the key that a line begins with, without dash and space.
func keyOf(line string) string {
	key, _, _ := strings.Cut(line, ":")
	return strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(key), "- "))
}

// excerpt shows a line: its key, and its value if the key is one of ours whose
// value is no secret. A misspelled key may well be that of a password.
func (f *configFile) excerpt(line int) string {
	if line < 1 || line > len(f.lines) {
		return ""
	}
	text := strings.TrimSpace(f.lines[line-1])
	key, _, ok := strings.Cut(text, ":")
	if !ok {
		return ""
	}
	if harmless(keyOf(text)) && !strings.ContainsAny(text, "{}") {
		return text
	}
	return key + ": …"
}
