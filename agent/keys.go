package agent

import (
	"reflect"
	"slices"
	"strings"
)

// keysOf lists the keys of every group of a configuration file, in the order
// of its type. Groups are named by their path: "", "broker", "cameras[]".
var keysOf = func() map[string][]string {
	groups := map[string][]string{}
	var walk func(at string, t reflect.Type)
	walk = func(at string, t reflect.Type) {
		for i := range t.NumField() {
			key := t.Field(i).Tag.Get("yaml")
			groups[at] = append(groups[at], key)
			inner, path := t.Field(i).Type, strings.TrimPrefix(at+"."+key, ".")
			if inner.Kind() == reflect.Slice {
				inner, path = inner.Elem(), path+"[]"
			}
			if inner.Kind() == reflect.Struct {
				walk(path, inner)
			}
		}
	}
	walk("", reflect.TypeOf(Config{}))
	return groups
}()

// keys lists every key of a configuration file.
var keys = func() []string {
	var ks []string
	for _, group := range keysOf {
		ks = append(ks, group...)
	}
	slices.Sort(ks)
	return slices.Compact(ks)
}()

// secretKeys are those whose values are not shown: addresses often hold
// credentials, and groups hold the others.
var secretKeys = []string{"password", "username", "url", "broker", "spool", "cameras", "credentials"}

func harmless(key string) bool {
	return slices.Contains(keys, key) && !slices.Contains(secretKeys, key)
}

// nearestKey gives the key of a group that key was probably meant to be, or
// "". A key that says only part of another ("interval" for "light_interval") is
// taken for that one when nothing is nearer.
func nearestKey(group, key string) string {
	key = strings.ToLower(key)
	best, least := "", max(1, len(key)/3)+1
	for _, k := range keysOf[group] {
		if d := distance(key, k); d < least {
			best, least = k, d
		}
	}
	if best != "" {
		return best
	}
	least = max(1, len(key)/4) + 1
	for _, k := range keysOf[group] {
		for _, part := range strings.Split(k, "_") {
			if d := distance(key, part); len(part) >= 4 && part != k && d < least {
				best, least = k, d
			}
		}
	}
	return best
}

// distance is the edit distance in bytes; two neighbours that changed places
// are one edit (Damerau–Levenshtein, optimal string alignment).
func distance(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range len(b) + 1 {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			d := min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d = min(d, rows[i-2][j-2]+1)
			}
			rows[i][j] = d
		}
	}
	return rows[len(a)][len(b)]
}
