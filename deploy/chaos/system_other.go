//go:build !linux

package main

import (
	"errors"
	"os"
	"os/exec"
)

func mountMemory(string, int64) error { return errors.ErrUnsupported }
func makeImage(string, int64) error   { return errors.ErrUnsupported }
func mountImage(string, string) error { return errors.ErrUnsupported }
func unmount(string) error            { return errors.ErrUnsupported }
func unmountAll(string)               {}
func startTied(cmd *exec.Cmd) error   { return cmd.Start() }
func freeze(*os.Process) error        { return errors.ErrUnsupported }
func fillUp(string) error             { return errors.ErrUnsupported }
