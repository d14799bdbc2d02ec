package broker_test

import (
	"fmt"
	"regexp"
	"testing"

	"pgregory.net/rapid"

	"github.com/phukin/phukin/hub/broker"
	"github.com/phukin/phukin/hub/wire"
)

func TestRightsAreThoseOfTheContract(t *testing.T) {
	for _, x := range []struct {
		topic       string
		write, read bool
	}{
		{up("a"), true, false},
		{live("a"), true, false},
		{down("a"), false, true},
		{plan("a"), false, true},
		{wire.TopicOf(2, "a", wire.Plan), false, true},
		{plan("b72"), false, false}, // in the same shard
		{plan("b"), false, false},
		{plan("a") + "/x", false, false},
		{wire.TopicOf(2, "a", wire.Up), true, false},
		{wire.TopicOf(999, "a", wire.Down), false, true},
		{wire.TopicOf(1000, "a", wire.Up), false, false},
		{wire.TopicOf(0, "a", wire.Up), false, false},
		{up("b72"), false, false}, // in the same shard
		{down("b72"), false, false},
		{up("b"), false, false},
		{down("b"), false, false},
		{up("a") + "/", false, false},
		{"/" + up("a"), false, false},
		{wire.TopicFilter(wire.Up), false, false},
		{wire.TopicFilter(wire.Down), false, false},
		{fmt.Sprintf("phukin/+/%d/a/down", wire.Shard("a")), false, false},
		{fmt.Sprintf("phukin/1/%d/a/down", wire.Shard("a")+1), false, false},
		{fmt.Sprintf("phukin/1/%d/+/down", wire.Shard("a")), false, false},
		{fmt.Sprintf("phukin/1/%d/a/+", wire.Shard("a")), false, false},
		{fmt.Sprintf("phukin/1/%d/a/#", wire.Shard("a")), false, false},
		{fmt.Sprintf("phukin/1/%d/a/sideways", wire.Shard("a")), false, false},
		{"$share/g/" + down("a"), false, false},
		{"#", false, false},
		{"", false, false},
	} {
		if got := broker.MayWrite("a", x.topic); got != x.write {
			t.Errorf("may write on %q: %v", x.topic, got)
		}
		if got := broker.MayRead("a", x.topic); got != x.read {
			t.Errorf("may read %q: %v", x.topic, got)
		}
	}
}

func TestNoTopicIsTwoAgents(t *testing.T) {
	level := rapid.OneOf(rapid.Just("phukin"), rapid.Just("up"), rapid.Just("down"), rapid.StringMatching(`[0-9]{1,4}`), rapid.StringMatching(`[a-b.+#$/]{0,3}`))
	rapid.Check(t, func(t *rapid.T) {
		topic := level.Draw(t, "1") + "/" + level.Draw(t, "2") + "/" + level.Draw(t, "3") + "/" + level.Draw(t, "4") + "/" + level.Draw(t, "5")
		if rapid.Bool().Draw(t, "own") {
			topic = wire.TopicOf(rapid.Uint32Range(0, 2000).Draw(t, "version"), "a", rapid.SampledFrom([]wire.Channel{wire.Up, wire.Live, wire.Down, wire.Plan}).Draw(t, "channel"))
		}
		shard := wire.Shard("a")
		write := regexp.MustCompile(fmt.Sprintf(`^phukin/[1-9][0-9]{0,2}/%d/a/(up|live)$`, shard)).MatchString(topic)
		read := regexp.MustCompile(fmt.Sprintf(`^phukin/[1-9][0-9]{0,2}/%d/a/(down|plan)$`, shard)).MatchString(topic)
		if broker.MayWrite("a", topic) != write || broker.MayRead("a", topic) != read {
			t.Fatalf("%q: may write %v, may read %v", topic, broker.MayWrite("a", topic), broker.MayRead("a", topic))
		}
	})
}
