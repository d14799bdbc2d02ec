package sheet_test

import (
	"bytes"
	"testing"

	"github.com/phukin/phukin/hub/plan/sheet"
)

func BenchmarkTemplate(b *testing.B) {
	for b.Loop() {
		var buf bytes.Buffer
		if err := sheet.Template(&buf, sheet.VI); err != nil {
			b.Fatal(err)
		}
	}
}
