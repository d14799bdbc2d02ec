// Package wire is the contract between agents and the hub: the words both
// sides use (status, rung, fault, reason), the MQTT topics, and the messages
// that travel on them with their bounds. It is the only package that agent
// and hub share; it knows neither of them.
//
// Topics, for an agent A in shard S (see Shard):
//
//	phukin/1/S/A/up    agent → hub, QoS 1: Hello and Batch
//	phukin/1/S/A/live  agent → hub, QoS 0: Live, what the agent sees this moment; also its last will
//	phukin/1/S/A/down  hub → agent, QoS 1: Ack, Refusal and Ask
//	phukin/1/S/A/plan  hub → agent, retained where the broker does that: List, the cameras it is to watch
//
// The first number is the major version of the contract. A hub also hears the
// other versions, to answer on their topic "down" that one side is too old.
//
// Payloads are protocol buffers (wire.proto). Every message is bounded: what
// exceeds MaxMessage, MaxObservations or the length of a code is refused by
// Unmarshal with an error that names the field. All times are Unix time in
// milliseconds.
package wire

import (
	"errors"
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"
)

// Version is the major version of the contract. It stands in every topic and
// every message; a message of another major version is refused.
const Version = 1

// Shards is the fixed number of shards that agents are spread over, so that
// several hubs can each take some of them.
const Shards = 64

// Bounds that every message keeps.
const (
	MaxMessage      = 256 << 10 // bytes of one MQTT payload
	MaxObservations = 2000      // records in one batch
	MaxStates       = 2000      // cameras in one live message
	MaxCode         = 64        // bytes of an agent's or a camera's code
	MaxText         = 500       // bytes of a free text (refusal, version)
	MaxSeq          = 1 << 62   // greatest sequence number, out of reach in practice
	MaxList         = 1000      // cameras in one list
	MaxAddress      = 2048      // bytes of a camera's address
	MaxCredential   = 256       // bytes of a camera's user name, and of its password
	MaxSealed       = 1024      // bytes of sealed credentials
)

// Channel is the last level of a topic.
type Channel string

// The four channels of an agent. It writes on the first two and reads the
// others.
const (
	Up   Channel = "up"
	Live Channel = "live"
	Down Channel = "down"
	Plan Channel = "plan"
)

// Shard gives the shard of an agent: FNV-1a of its code modulo Shards.
func Shard(agent string) int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(agent))
	return int(h.Sum32() % Shards)
}

// Topic gives the topic of an agent's channel.
func Topic(agent string, c Channel) string { return TopicOf(Version, agent, c) }

// TopicOf gives the topic of an agent's channel in a major version of the
// contract.
func TopicOf(version uint32, agent string, c Channel) string {
	return fmt.Sprintf("phukin/%d/%d/%s/%s", version, Shard(agent), agent, c)
}

// TopicFilter gives the subscription that covers a channel of all agents in
// all shards and versions.
func TopicFilter(c Channel) string { return fmt.Sprintf("phukin/+/+/+/%s", c) }

// ErrTopic reports a topic that is not of this contract.
var ErrTopic = errors.New("not a topic of this contract")

// ParseTopic splits a topic into its agent and channel. It returns ErrTopic
// when the topic has another form, a malformed agent code, or a shard that is
// not the agent's. A topic of another major version is a *VersionError, with
// agent and channel all the same.
func ParseTopic(topic string) (agent string, c Channel, err error) {
	p := strings.Split(topic, "/")
	if len(p) != 5 || p[0] != "phukin" {
		return "", "", fmt.Errorf("topic %q: %w", clip(topic), ErrTopic)
	}
	version, err := strconv.ParseUint(p[1], 10, 16)
	if err != nil || strconv.FormatUint(version, 10) != p[1] {
		return "", "", fmt.Errorf("topic %q: %w", clip(topic), ErrTopic)
	}
	agent, c = p[3], Channel(p[4])
	if c != Up && c != Live && c != Down && c != Plan {
		return "", "", fmt.Errorf("topic %q: channel %q: %w", clip(topic), clip(p[4]), ErrTopic)
	}
	if err := CheckCode(agent); err != nil {
		return "", "", fmt.Errorf("topic %q: agent: %w: %w", clip(topic), err, ErrTopic)
	}
	if p[2] != strconv.Itoa(Shard(agent)) {
		return "", "", fmt.Errorf("topic %q: shard %s is not the agent's: %w", clip(topic), clip(p[2]), ErrTopic)
	}
	if version != Version {
		return agent, c, &VersionError{uint32(version)}
	}
	return agent, c, nil
}

// CheckCode says whether a code of an agent or a camera is well formed: 1 to
// MaxCode bytes of ASCII letters, digits, dot, hyphen and underscore, but not
// "." or "..". Codes stand in topics, file names and addresses, so nothing
// else is allowed.
func CheckCode(code string) error {
	if code == "" || len(code) > MaxCode {
		return fmt.Errorf("code %q has %d bytes, 1 to %d are allowed", clip(code), len(code), MaxCode)
	}
	if code == "." || code == ".." {
		return fmt.Errorf("code %q means a folder, use another", code)
	}
	for i := range len(code) {
		b := code[i]
		switch {
		case b >= 'a' && b <= 'z', b >= 'A' && b <= 'Z', b >= '0' && b <= '9', b == '.', b == '-', b == '_':
		default:
			return fmt.Errorf("code %q has the byte %q, only letters A–Z, digits, '.', '-' and '_' are allowed", clip(code), b)
		}
	}
	return nil
}

func clip(s string) string {
	if len(s) > MaxCode {
		return s[:MaxCode] + "…"
	}
	return s
}
