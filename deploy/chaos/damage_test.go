package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// A blow that meets nothing would prove nothing.
func TestDamageReachesTheRecords(t *testing.T) {
	for _, x := range []struct {
		name  string
		spoil func(dir string) (bool, error)
	}{
		{"torn tail", func(dir string) (bool, error) { return tear(newDice(1), dir) }},
		{"flipped bits", func(dir string) (bool, error) { return flip(newDice(1), dir) }},
	} {
		t.Run(x.name, func(t *testing.T) {
			dir := t.TempDir()
			if done, err := x.spoil(dir); done || err != nil {
				t.Errorf("an empty spool is damaged: %t, %v", done, err)
			}
			seg := filepath.Join(dir, "ring", "00.seg")
			before := append(bytes.Repeat([]byte{7}, 5000), make([]byte, 5000)...)
			if err := os.MkdirAll(filepath.Dir(seg), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(seg, before, 0o600); err != nil {
				t.Fatal(err)
			}
			done, err := x.spoil(dir)
			after, rerr := os.ReadFile(seg)
			if !done || err != nil || rerr != nil || bytes.Equal(before, after) {
				t.Errorf("nothing is damaged: %t, %v, %v", done, err, rerr)
			}
			if len(after) >= 5000 && !bytes.Equal(after[5000:], before[5000:len(after)]) {
				t.Error("what was never written is damaged")
			}
		})
	}
}
