//go:build !linux && !windows

package main

import (
	"context"
	"errors"
	"os"
)

func isTerminal(*os.File) bool { return false }

func readHidden(context.Context, *os.File) (string, error) {
	return "", errors.New("not on this system")
}
