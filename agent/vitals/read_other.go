//go:build !linux

package vitals

import "github.com/phukin/phukin/hub/wire"

func read(string, string) wire.Vitals { return wire.Vitals{} }
