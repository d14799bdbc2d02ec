package account_test

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/phukin/phukin/hub/account"
)

// The reference counts the tries of the past one by one: a try is allowed if,
// beginning anywhere, no more were allowed than the burst and what has come
// since.
func TestALimiterAllowsABurstAndThenAPace(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := account.Limiter{Burst: rapid.IntRange(1, 5).Draw(t, "burst"), Every: time.Duration(rapid.IntRange(1, 10).Draw(t, "every")) * time.Second}
		now := time.Unix(1_800_000_000, 0)
		allowed := map[string][]time.Time{}
		for range rapid.IntRange(1, 60).Draw(t, "tries") {
			now = now.Add(time.Duration(rapid.IntRange(0, 4000).Draw(t, "ms")) * time.Millisecond)
			key := rapid.SampledFrom([]string{"a", "b"}).Draw(t, "key")
			fits := true
			past := append(append([]time.Time{}, allowed[key]...), now)
			for i := range past {
				if time.Duration(len(past)-i-l.Burst)*l.Every > now.Sub(past[i]) {
					fits = false
				}
			}
			wait, ok := l.Take(key, now)
			if ok != fits {
				t.Fatalf("at %v for %s: %t, want %t", now, key, ok, fits)
			}
			if ok {
				allowed[key] = past
				continue
			}
			if wait <= 0 || wait > l.Every {
				t.Fatalf("wait %v", wait)
			}
		}
	})
}

func TestALimiterKeepsABoundedNumberOfKeys(t *testing.T) {
	l := account.Limiter{Burst: 2, Every: time.Hour}
	now := time.Unix(1_800_000_000, 0)
	for i := range 10_000 {
		if _, ok := l.Take(fmt.Sprint(i), now); !ok {
			t.Fatalf("key %d has no try", i)
		}
	}
	got := 0
	for i := range 100 {
		if _, ok := l.Take(fmt.Sprint("new", i), now); ok {
			got++
		}
	}
	if got != 2 {
		t.Errorf("%d of those that do not fit had a try, want the 2 that they share", got)
	}
	if _, ok := l.Take("new", now.Add(2*time.Hour)); !ok {
		t.Error("keys whose burst is full make no room")
	}
}

func TestATryGivenBackCanBeTakenAgain(t *testing.T) {
	l := account.Limiter{Burst: 1, Every: time.Hour}
	now := time.Unix(1_800_000_000, 0)
	for range 3 {
		if _, ok := l.Take("a", now); !ok {
			t.Fatal("refused")
		}
		l.Back("a", now)
	}
	l.Back("a", now)
	l.Take("a", now)
	if _, ok := l.Take("a", now); ok {
		t.Error("more was given back than the burst")
	}
}
