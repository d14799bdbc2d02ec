package agent

import (
	"fmt"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
)

// Duration is a time.Duration that is written in YAML as "30s", "5m" or
// "1h30m".
type Duration time.Duration

// UnmarshalYAML reads the text form; its errors name the line.
func (d *Duration) UnmarshalYAML(n ast.Node) error {
	text, ok := n.(*ast.StringNode)
	if ok {
		v, err := time.ParseDuration(text.Value)
		if err == nil {
			*d = Duration(v)
			return nil
		}
	}
	return &yaml.SyntaxError{
		Message: fmt.Sprintf("%s is not a duration: write it like 30s, 5m or 1h30m", n.GetToken().Value),
		Token:   n.GetToken(),
	}
}

// MarshalYAML writes the text form.
func (d Duration) MarshalYAML() ([]byte, error) { return []byte(d.String()), nil }

func (d Duration) String() string { return time.Duration(d).String() }
