// SPDX-License-Identifier: MIT

package redistls

import (
	"context"
	"errors"
	"net"
	"sync/atomic"

	taskseal "github.com/taskseal/taskseal/bindings/go"
)

// A primary is found anew for every connection: by the first Sentinel that answers, whose word counts only once the server
// that it names has proved its name and says itself that it is a primary.
type primary struct {
	*endpoint             // whose host is the primary's name to the Sentinels
	sentinels []*endpoint // each with a login and trust of its own
	last      atomic.Int32
}

func (p *primary) dial(ctx context.Context) (net.Conn, error) {
	var ofPrimary, ofSentinels []error
	first := int(p.last.Load())
	for i := range p.sentinels {
		at := (first + i) % len(p.sentinels)
		address, err := p.ask(ctx, p.sentinels[at])
		if err != nil {
			ofSentinels = append(ofSentinels, err)
			continue
		}
		connection, err := p.endpoint.dial(ctx, address, command{[]string{"ROLE"}, isPrimary})
		if err == nil {
			p.last.Store(int32(at))
			return connection, nil
		}
		ofPrimary = append(ofPrimary, err)
	}
	return nil, joined(append(ofPrimary, ofSentinels...)) // what went furthest comes first
}

// Several are the errors of all Sentinels. errors.Is finds each.
type several []error

func (s several) Error() string {
	return "no Sentinel led to the primary: " + errors.Join(s...).Error()
}
func (s several) Unwrap() []error { return s }

// One of them may pass, so that go-redis tries again.
type severalPassing struct{ several }

func (severalPassing) Timeout() bool   { return false }
func (severalPassing) Temporary() bool { return true }

func joined(failures []error) error {
	for _, err := range failures {
		var p passing
		if errors.As(err, &p) && !p.Timeout() {
			return severalPassing{failures}
		}
	}
	return several(failures)
}

func (p *primary) ask(ctx context.Context, sentinel *endpoint) (address string, err error) {
	judge := func(s *session, r *reply) error {
		if r.kind == '-' {
			return s.unexpected("SENTINEL GET-MASTER-ADDR-BY-NAME", r)
		}
		if len(r.array) != 2 {
			return s.fail(taskseal.ErrServerError, "this Sentinel knows no primary of the name `%s`", p.host)
		}
		address = net.JoinHostPort(r.array[0].text, r.array[1].text)
		return nil
	}
	connection, err := sentinel.dial(ctx, sentinel.address(), command{[]string{"SENTINEL", "GET-MASTER-ADDR-BY-NAME", p.host}, judge})
	if err != nil {
		return "", err
	}
	_ = connection.Close()
	return address, nil
}

// isPrimary also takes a server that lets this user not ask.
func isPrimary(s *session, r *reply) error {
	if r.kind == '-' && r.code() == taskseal.ErrNoPermission {
		return nil
	}
	if r.kind == '*' && len(r.array) > 0 && r.array[0].text == "master" {
		return nil
	}
	if r.kind == '-' {
		return s.unexpected("ROLE", r)
	}
	return s.fail(taskseal.ErrServerBusy, "the server that Sentinel named is no primary (any more): a failover is under way")
}
