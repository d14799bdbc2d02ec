package spooltest
import ("testing";"fmt";"context")
func TestX(t *testing.T) {
	err := Matrix(context.Background(), Options{Dir: t.TempDir()}, func(r Row) { fmt.Printf("%-58s| %-4s| %-11s| %-70s| %s | %s\n", r.Damage, r.Opens, r.Kept, r.Declared, r.Numbers, r.Wrong) })
	if err != nil { t.Fatal(err) }
}
