package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// What comes in: hours of the cameras of several districts, at once.
const (
	ingestAgents  = 64
	ingestCameras = 50 // of each agent
	ingestBatches = 94 // of each agent
	ingestBatch   = 50 // observations
	ingestWindow  = 4  // batches of an agent under way

	warmed = ingestAgents * warmBatches * ingestBatch // observations that come before
)

// ingest measures the hub's way in against a subscriber that only counts.
//
// Both are the same MQTT client (paho) with the same subscription (QoS 0) at the same
// Mosquitto, the hub's with a read buffer before its connection, and get the same messages from the same publisher, one after the
// other in the same round. Every agent of the publisher keeps at most four
// batches under way. For the hub "under way" ends with the hub's own
// acknowledgement, which it sends when the batch is committed and the disk
// synchronised. For the counter it ends with the broker's PUBACK: the publisher
// never waits for the counter, so this is the fastest that publisher, broker
// and client can be. In both cases the time is from the first message
// published to the last one received, or acknowledged. There are enough agents
// that the hub is what is measured: with few of them the windows would be, which
// wait for the way there and back.
//
// The hub has met every camera before: the first batches of each agent come
// before what is measured. It folds as it does in production: once the stream is quiet. That cost
// comes after the window, and is a row of its own.
func ingest(ctx context.Context, o options, f *figures) error {
	rounds := 21 // one by one they differ by half
	if o.short {
		rounds = 11
	}
	dir, err := os.MkdirTemp("", "phukin-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	addr, stop, err := mosquitto(ctx, dir)
	if err != nil {
		return err
	}
	defer stop()
	var made publisherAnswer
	publisher, err := spawn(ctx, "publisher", publisherOrder{Addr: addr, Agents: ingestAgents}, &made)
	if err != nil {
		return err
	}
	defer publisher.close()

	var rate, counted, ratio, beyond, counterCPU, hubCPU, folding []float64
	var bytes float64
	for round := range rounds {
		var c, h ingestRound
		for i := range 2 { // which comes first changes from round to round
			if (i+round)%2 == 0 {
				c, err = roundOf(ctx, "counter", addr, "", publisher, made, false)
			} else {
				h, err = roundOf(ctx, "hub", addr, filepath.Join(dir, fmt.Sprintf("hub-%d.db", round)), publisher, made, round == 0)
			}
			if err != nil {
				return err
			}
		}
		n := float64(made.Observations)
		rate, counted = append(rate, n/h.wall.Seconds()), append(counted, n/c.wall.Seconds())
		ratio = append(ratio, c.wall.Seconds()/h.wall.Seconds())
		perHub, perCounter := float64(h.cpu.Nanoseconds())/n/1000, float64(c.cpu.Nanoseconds())/n/1000
		hubCPU, counterCPU, beyond = append(hubCPU, perHub), append(counterCPU, perCounter), append(beyond, perHub-perCounter)
		folding = append(folding, float64(h.folding.Nanoseconds())/n/1000)
		bytes = float64(h.size) / n
		fmt.Fprintf(os.Stderr, "bench: round %d: hub %.0f/s %.2f µs, counter %.0f/s %.2f µs an observation\n", round+1, n/h.wall.Seconds(), perHub, n/c.wall.Seconds(), perCounter)
	}
	what := fmt.Sprintf("received, validated, committed, acknowledged: %d observations in batches of %d from %d agents", made.Observations, ingestBatch, ingestAgents)
	f.add(what, perSecond(median(rate)), "the same client that only counts the same messages", perSecond(median(counted)), ratioText(median(ratio)), "≥ 0.5×", median(ratio) >= 0.5)
	f.add("… CPU an observation", micros(median(hubCPU)), "the client that only counts", micros(median(counterCPU)), micros(median(beyond))+" more", "≤ 0.8 µs more", median(beyond) <= 0.8)
	f.add("… of that, folding into ledger days, once it is quiet", micros(median(folding))+" besides", "", "", "", "", true)
	f.add("… bytes of the database an observation, ledger days included", fmt.Sprintf("%.0f", bytes), "bytes on the wire", fmt.Sprintf("%.0f", float64(made.Bytes)/float64(made.Observations)), "", "", true)
	return nil
}

// ingestRound is what one consumer took for all messages.
type ingestRound struct {
	wall, cpu, folding time.Duration
	size               int64
}

// roundOf has the publisher publish everything to one consumer.
func roundOf(ctx context.Context, kind, addr, database string, publisher *process, made publisherAnswer, count bool) (r ingestRound, err error) {
	var a consumerAnswer
	consumer, err := spawn(ctx, kind, consumerOrder{Addr: addr, Database: database, Messages: made.Messages}, &a)
	if err != nil {
		return r, err
	}
	defer consumer.close()
	var p publisherAnswer
	if kind == "hub" {
		if err := publisher.ask(publisherOrder{Warm: true, Acknowledged: true}, &p); err != nil {
			return r, err
		}
		// What that left to fold is done before the window, too.
		if err := consumer.ask(consumerOrder{Fold: true}, &a); err != nil {
			return r, err
		}
	}
	before := a.CPU + a.Folding
	if err := publisher.ask(publisherOrder{Acknowledged: kind == "hub"}, &p); err != nil {
		return r, err
	}
	if err := consumer.ask(consumerOrder{}, &a); err != nil {
		return r, err
	}
	r.cpu = a.CPU - before
	if kind == "counter" {
		r.wall = a.Last.Sub(p.Begin)
		if a.Messages != made.Messages {
			return r, fmt.Errorf("the counter got %d of %d messages", a.Messages, made.Messages)
		}
		return r, nil
	}
	r.wall = p.End.Sub(p.Begin)
	if err := consumer.ask(consumerOrder{Fold: true, Count: count}, &a); err != nil {
		return r, err
	}
	r.folding = a.Folding
	if count && a.Observations != made.Observations+warmed {
		return r, fmt.Errorf("the hub has %d of %d observations in its history", a.Observations, made.Observations+warmed)
	}
	consumer.close()
	info, err := os.Stat(database)
	if err != nil {
		return r, err
	}
	r.size = info.Size()
	return r, os.Remove(database)
}

func perSecond(n float64) string { return fmt.Sprintf("%.0f/s", n) }
func micros(us float64) string   { return fmt.Sprintf("%.2f µs", us) }
