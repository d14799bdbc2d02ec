package main

import (
	"os"

	"github.com/schollz/progressbar/v3"
)

// progress shows on a terminal how far a long work is, and nothing anywhere
// else.
type progress struct {
	on  bool
	to  *os.File
	bar *progressbar.ProgressBar
}

func newProgress() *progress { return progressOn(os.Stderr) }

func progressOn(f *os.File) *progress {
	info, err := f.Stat()
	return &progress{on: err == nil && info.Mode()&os.ModeCharDevice != 0, to: f}
}

// stage begins a stage, and gives the function that is told of its progress.
func (p *progress) stage(what string) func(done, total int64) {
	if !p.on {
		return nil
	}
	p.done()
	return func(done, total int64) {
		if p.bar == nil {
			p.bar = progressbar.NewOptions64(total, progressbar.OptionSetDescription(what), progressbar.OptionSetWriter(p.to),
				progressbar.OptionClearOnFinish(), progressbar.OptionSetWidth(30), progressbar.OptionThrottle(100e6))
		}
		_ = p.bar.Set64(done)
	}
}

// done ends the stage.
func (p *progress) done() {
	if p.bar != nil {
		_ = p.bar.Finish()
		p.bar = nil
	}
}
