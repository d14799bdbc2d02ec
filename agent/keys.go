package agent

import (
	"reflect"
	"slices"
	"strings"
)

// keys lists every key of a configuration file.
var keys = func() []string {
	var ks []string
	for _, v := range []any{Config{}, BrokerConfig{}, SpoolConfig{}, CameraConfig{}} {
		t := reflect.TypeOf(v)
		for i := range t.NumField() {
			ks = append(ks, t.Field(i).Tag.Get("yaml"))
		}
	}
	slices.Sort(ks)
	return slices.Compact(ks)
}()

// secretKeys are those whose values are not shown: addresses often hold
// credentials, and groups hold the others.
var secretKeys = []string{"password", "username", "url", "broker", "spool", "cameras"}

func harmless(key string) bool {
	return slices.Contains(keys, key) && !slices.Contains(secretKeys, key)
}

// nearestKey gives the known key that key was probably meant to be, or "".
func nearestKey(key string) string {
	best, least := "", max(2, len(key)/3)+1
	for _, k := range keys {
		if d := distance(strings.ToLower(key), k); d < least {
			best, least = k, d
		}
	}
	return best
}

// distance is the edit distance of Levenshtein, in bytes.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			d := diagonal
			if a[i] != b[j] {
				d = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], d
		}
	}
	return row[len(b)]
}
