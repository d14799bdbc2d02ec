package history

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// Query says which ledger days are meant.
type Query struct {
	// Cameras are their codes; nil means all that there are. Those that are not
	// there, and those that are named twice, do no harm.
	Cameras     []string
	First, Last DayNumber // inclusive
}

// EveryDay gives the query for all ledger days of all cameras.
func EveryDay() Query { return Query{First: NoDay, Last: math.MaxInt32} }

// Period says which observations are meant: those of which a part lies in
// [From, To), Unix milliseconds.
type Period struct {
	// Cameras are their codes, as in Query.
	Cameras  []string
	From, To int64
}

// Always gives the period of all observations of all cameras.
func Always() Period { return Period{From: math.MinInt64, To: math.MaxInt64} }

// Change is a revision of a closed day: late evidence became known after its
// figures may have been read.
type Change struct {
	Camera   string
	Day      DayNumber
	Revision int       // that the day has had since; it had the one before, and with 1 nothing stood there
	At       time.Time // when it was written, in milliseconds
	// Seconds by status in the timeline before and after. Of a day that was not
	// there all seconds were unknown.
	Before, After Count
}

// CompareChanges orders changes by moment, camera, day and revision.
func CompareChanges(x, y Change) int {
	return cmp.Or(x.At.Compare(y.At), cmp.Compare(x.Camera, y.Camera), cmp.Compare(x.Day, y.Day), cmp.Compare(x.Revision, y.Revision))
}

// Codes gives the cameras of a Query or Period in order, each once; nil if all
// are meant.
func Codes(cameras []string) []string {
	if cameras == nil {
		return nil
	}
	sorted := append([]string{}, cameras...)
	slices.Sort(sorted)
	return slices.Compact(sorted)
}
