package wire_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/phukin/phukin/hub/wire"
)

func TestATopicNamesItsAgentAndChannel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		agent, channel := genCode().Draw(t, "agent"), rapid.SampledFrom([]wire.Channel{wire.Up, wire.Live, wire.Down, wire.Plan}).Draw(t, "channel")
		topic := wire.Topic(agent, channel)
		a, c, err := wire.ParseTopic(topic)
		if err != nil || a != agent || c != channel {
			t.Fatalf("ParseTopic(%q) = %q, %q, %v", topic, a, c, err)
		}
		if filter := wire.TopicFilter(channel); !matches(filter, topic) {
			t.Fatalf("%q does not cover %q", filter, topic)
		}
	})
}

// matches says whether an MQTT filter with '+' covers a topic.
func matches(filter, topic string) bool {
	f, l := strings.Split(filter, "/"), strings.Split(topic, "/")
	for i := range f {
		if i >= len(l) || f[i] != "+" && f[i] != l[i] {
			return false
		}
	}
	return len(f) == len(l)
}

// The shard stands in topics that brokers' access lists were written for:
// it never changes.
func TestTheShardOfAnAgentStaysWhatItIs(t *testing.T) {
	for agent, shard := range map[string]int{"a": 44, "xa-tan-lap": 48, "agent-001": 24} {
		if got := wire.Shard(agent); got != shard {
			t.Errorf("Shard(%q) = %d, want %d", agent, got, shard)
		}
	}
	if got, want := wire.Topic("xa-tan-lap", wire.Up), "phukin/1/48/xa-tan-lap/up"; got != want {
		t.Errorf("topic %q, want %q", got, want)
	}
}

func TestAgentsSpreadOverAllShards(t *testing.T) {
	used := map[int]int{}
	for i := range 64 * wire.Shards {
		s := wire.Shard(fmt.Sprintf("xa-%04d", i))
		if s < 0 || s >= wire.Shards {
			t.Fatalf("shard %d", s)
		}
		used[s]++
	}
	for s := range wire.Shards {
		if used[s] == 0 || used[s] > 3*64 {
			t.Errorf("shard %d has %d agents of %d", s, used[s], 64*wire.Shards)
		}
	}
}

func TestATopicOfAnotherFormIsRefused(t *testing.T) {
	good := wire.Topic("a", wire.Up)
	for name, topic := range map[string]string{
		"empty":                  "",
		"another root":           strings.Replace(good, "phukin", "phukim", 1),
		"version beyond 16 bits": strings.Replace(good, "/1/", "/65536/", 1),
		"version with a zero":    strings.Replace(good, "/1/", "/01/", 1),
		"another shard":          strings.Replace(good, "/44/", "/45/", 1),
		"shard with a zero":      strings.Replace(good, "/44/", "/044/", 1),
		"unknown channel":        strings.Replace(good, "/up", "/sideways", 1),
		"channel in capitals":    strings.Replace(good, "/up", "/UP", 1),
		"a level too many":       good + "/",
		"a level too few":        strings.TrimSuffix(good, "/up"),
		"leading slash":          "/" + good,
		"no agent":               "phukin/1/37//up",
		"wildcard for an agent":  "phukin/1/0/+/up",
		"folder for an agent":    fmt.Sprintf("phukin/1/%d/../up", wire.Shard("..")),
		"very long":              strings.Repeat("phukin/", 1000),
	} {
		t.Run(name, func(t *testing.T) {
			agent, channel, err := wire.ParseTopic(topic)
			if !errors.Is(err, wire.ErrTopic) {
				t.Fatalf("ParseTopic(%q) = %q, %q, %v, want ErrTopic", topic, agent, channel, err)
			}
			if len(err.Error()) > 400 {
				t.Errorf("the error has %d bytes", len(err.Error()))
			}
		})
	}
}

// The hub answers whoever speaks another version on the topic of that version.
func TestATopicOfAnotherVersionSaysWhoSpeaks(t *testing.T) {
	for _, version := range []uint32{0, 2, 65535} {
		agent, channel, err := wire.ParseTopic(wire.TopicOf(version, "xa-tan-lap", wire.Live))
		var v *wire.VersionError
		if !errors.As(err, &v) || v.Got != version || agent != "xa-tan-lap" || channel != wire.Live {
			t.Errorf("version %d: %q, %q, %v", version, agent, channel, err)
		}
	}
	if _, _, err := wire.ParseTopic("phukin/2/45/a/up"); !errors.Is(err, wire.ErrTopic) {
		t.Errorf("another version and another's shard: %v", err)
	}
}
