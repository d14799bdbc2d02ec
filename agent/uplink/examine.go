package uplink

import (
	"context"
	"errors"
	"net"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"

	"github.com/phukin/phukin/hub/wire"
)

// StageTime is how long a stage took.
type StageTime struct {
	Stage Stage
	Took  time.Duration
}

// Examine goes through every stage of being connected, once, and disconnects:
// TCP, TLS with mqtts, login, subscribing to the agent's topic down, and
// publishing on its topic live (QoS 1) that the agent is offline, which is what the
// hub believes already. It returns the stages that were good; a failure is a
// *ConnectError, or an error of Validate.
//
// A broker lets one connection have one client id, so Examine ends the
// connection of an agent of the same code that is running: with reachOnly it
// stops before the login. An MQTT 3.1.1 broker may take a publish that it then drops
// (some do when their ACL denies it): only acknowledgements of the hub
// prove that something arrived.
func Examine(ctx context.Context, b Broker, reachOnly bool) (stages []StageTime, err error) {
	d, err := newDialer(b)
	if err != nil {
		return nil, err
	}
	last := time.Now()
	done := func(s Stage) {
		now := time.Now()
		stages = append(stages, StageTime{s, now.Sub(last)})
		last = now
	}
	d.opened = done
	if reachOnly {
		conn, err := d.open(ctx)
		if err != nil {
			return stages, err
		}
		return stages, conn.Close()
	}
	l, err := d.login(ctx, nil)
	if err != nil {
		return stages, err
	}
	defer l.close()
	done(StageLogin)

	topic := wire.Topic(b.Agent, wire.Down)
	token := l.client.Subscribe(topic, 1, nil)
	err = l.await(ctx, token)
	if t, ok := token.(*mqtt.SubscribeToken); ok && err == nil && t.Result()[topic] == 0x80 {
		err = errors.New("the broker refuses it")
	}
	if err != nil {
		return stages, &ConnectError{StageSubscribe, d.addr, err}
	}
	done(StageSubscribe)

	offline := wire.MarshalLive(&wire.LiveMessage{Online: false, Sent: time.Now().UnixMilli()})
	if err := l.await(ctx, l.client.Publish(wire.Topic(b.Agent, wire.Live), 1, false, offline)); err != nil {
		return stages, &ConnectError{StagePublish, d.addr, err}
	}
	done(StagePublish)
	return stages, nil
}

// await waits for what the broker says to a token.
func (l *link) await(ctx context.Context, t mqtt.Token) error {
	timer := time.NewTimer(connectTimeout)
	defer timer.Stop()
	select {
	case <-t.Done():
		return t.Error()
	case err := <-l.lost:
		return errors.Join(errors.New("the broker ended the connection"), err)
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return errors.New("no answer")
	}
}

// Host is the broker's host name or address, "" when the URL has none.
func (b Broker) Host() string {
	host, _, _ := net.SplitHostPort(b.Addr())
	return host
}
