package sheet_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/phukin/phukin/hub/plan"
	"github.com/phukin/phukin/hub/plan/sheet"
)

// A workbook that LibreOffice opened and saved again, with everything it
// changes about it, is still the same plan.
func TestTheSampleGoesThroughLibreOfficeUnchanged(t *testing.T) {
	office, err := exec.LookPath("soffice")
	if err != nil {
		const remedy = "LOUD SKIP: LibreOffice is not there; mend it with: apt-get install --no-install-recommends libreoffice-calc"
		if os.Getenv("PHUKIN_REQUIRE_PEERS") != "" {
			t.Fatal(remedy)
		}
		t.Skip(remedy)
	}
	folder, err := plan.ReadFolderDir(sampleDir)
	if err != nil {
		t.Fatal(err)
	}
	c, err := plan.Compile(folder)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	in := filepath.Join(dir, "plan.xlsx")
	if err := os.WriteFile(in, write(t, c.Document, sheet.VI), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(office, "-env:UserInstallation=file://"+filepath.Join(dir, "profile"), "--headless", "--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir", filepath.Join(dir, "out"), in)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	data, err := os.ReadFile(filepath.Join(dir, "out", "plan.xlsx"))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(shape(c.Document), shape(read(t, data).Document)); d != "" {
		t.Error(d)
	}
}
