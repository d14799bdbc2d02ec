package report

import "testing"

func TestNumbersAsTheReportWritesThem(t *testing.T) {
	for _, c := range []struct {
		v      float64
		digits int
		vi, en string
	}{
		{0, 0, "0", "0"},
		{1234.5, 1, "1.234,5", "1,234.5"},
		{1234567, 0, "1.234.567", "1,234,567"},
		{65.5, 1, "65,5", "65.5"},
		{65.04, 1, "65", "65"},
		{999.96, 1, "1.000", "1,000"},
		{-0.04, 1, "0", "0"},
		{-12.35, 1, "−12,4", "−12.4"},
		{100, 0, "100", "100"},
	} {
		if got := number(c.v, c.digits); got.VI != c.vi || got.EN != c.en {
			t.Errorf("%v with %d digits: %q and %q, want %q and %q", c.v, c.digits, got.VI, got.EN, c.vi, c.en)
		}
	}
}

func TestAShareIsAllOnlyWhenItIs(t *testing.T) {
	for v, want := range map[float64]string{1: "100%", 0: "0%", 0.99999: "99,9%", 0.00001: "0,1%", 0.655: "65,5%", 2.0 / 3: "66,7%"} {
		if got := percent(v).VI; got != want {
			t.Errorf("%v is %s, want %s", v, got, want)
		}
	}
}
