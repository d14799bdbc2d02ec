package probe

import (
	"fmt"
	"log/slog"
)

// Secret is a text that must not be shown. However it is printed, with any
// verb of fmt, as JSON, as YAML or by slog, it shows "***", and nothing when
// it is empty. Keep it in exported fields: fmt does not ask unexported ones
// how they want to be printed. string(s) reveals it.
type Secret string

const hidden = "***"

// String gives "***", or "" for the empty secret.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return hidden
}

// Format implements fmt.Formatter: every verb prints String.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(s.String())) }

// MarshalText makes JSON and YAML show String.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// LogValue makes slog show String.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }
