// SPDX-License-Identifier: MIT

// Package redistls connects go-redis, and what is built on it, to Valkey and Redis by the rules of the C library's connector: TLS
// always, with the server's chain and name verified before any credential leaves. One URI says it all:
//
//	rediss://[user[:password]@]host[:port][/database]?cacert=FILE[&parameter=value...]
//
// There is no flag, parameter or environment variable that turns verification off. What New returns is an asynq.RedisConnOpt:
//
//	redis, err := redistls.New(os.Getenv("TASKSEAL_URI"), redistls.Options{})
//	client := asynq.NewClient(redis)
//
// The parameters, each at most once (https://github.com/taskseal/taskseal has them in include/taskseal/redis.h):
//
//	cacert      required: a PEM file or a hashed directory of CAs, which replaces the system's; or the word system
//	crl         a PEM file of revocation lists: one of each CA in the server's chain is then demanded
//	pin         1 to 8 of sha256:BASE64, of public keys of which the verified chain must have one
//	cert, key   PEM files for mTLS, both or none
//	name        the name or address that certificates must hold, if not the host's: also those of servers that Sentinel or a
//	            cluster name
//	tls         the oldest version to accept: 1.2 (default) or 1.3
//	timeout_ms  the deadline for a connect as a whole, and for each later reply; default 5000
//
// The files are read at every connect. What they say newly counts from then on; what can't be used leaves the old state in
// use, and Trust tells.
//
// Without name, whoever can make a Sentinel or a cluster send you elsewhere chooses which certificate of your CA is good
// enough. Give one name to all servers and say it in name, if clients or strangers have certificates of that CA for
// servers too.
//
// What is stricter than in the C library: the key of a client's certificate can't be encrypted, and intermediate
// CAs come from the server, not from cacert.
//
// The password stays in the process's memory, because Go can't wipe it, but go-redis is never given it.
//
// Errors are *taskseal.Error with the codes of doc/errors.md, for errors.Is: taskseal.ErrNameMismatch, taskseal.ErrAuthRefused.
package redistls

import (
	"context"
	"errors"
	"fmt"
	"net"
	"reflect"
	"time"

	"github.com/redis/go-redis/v9"
)

// Options are what one URI can't say. The zero value is for a single server.
type Options struct {
	// Sentinels are the URIs of all of a primary's Sentinels (no others are looked for), each with credentials and
	// trust of its own. Their users need +ping and +sentinel|get-master-addr-by-name; the primary's should have +role
	// beside what it does, so that a server that is none any more is seen. The host of New's URI is then the
	// primary's name to them, without a port. The certificates of primaries must hold the host that
	// the Sentinels say (an IP address, unless they announce host names), or what the URI's parameter name says.
	Sentinels []string

	// Cluster is for a cluster, of which the URI's host is a node. The certificates of all nodes must hold the host
	// that the cluster says, or what the URI's parameter name says.
	Cluster bool

	// Nodes are more nodes of the cluster to begin with, as host:port.
	Nodes []string

	// PoolSize is the most connections (in a cluster: to each node). 0: go-redis's default.
	PoolSize int
}

// A Redis makes clients for one server, primary or cluster; it is an asynq.RedisConnOpt. It may be shared between goroutines.
// No way of printing it shows the user or the password.
type Redis struct{ *connector }

// Whatever is secret stands behind one pointer more: fmt follows one where it reaches unexported fields.
type connector struct {
	options Options // without the Sentinels
	main    *endpoint
	primary *primary // nil: no Sentinels
}

// How long a client stays with a primary before it asks the Sentinels again, in case that nobody told the primary, cut
// off with its clients, that it no longer is one.
const primaryAge = 30 * time.Second

// New parses the URI and loads the trust that it names; it does not connect.
//
//	taskseal.ErrURIInvalid   a rule is broken; the message says which, never the password
//	taskseal.ErrTrustConfig  a file can't be used
func New(uri string, options Options) (*Redis, error) {
	main, err := newEndpoint(uri)
	if err != nil {
		return nil, err
	}
	c := &connector{options: options, main: main}
	switch {
	case len(options.Nodes) > 0 && !options.Cluster:
		return nil, broken("Options.Nodes are of a cluster: set Options.Cluster")
	case options.Cluster && len(options.Sentinels) > 0:
		return nil, broken("Options.Cluster and Options.Sentinels can't be had together")
	case options.Cluster && main.database != 0:
		return nil, broken("the database of a cluster is 0")
	case len(options.Sentinels) > 0 && main.portGiven:
		return nil, broken("the port is left out, because the Sentinels say it: the host is the primary's name")
	}
	for _, node := range options.Nodes {
		if err := checkNode(node); err != nil {
			return nil, err
		}
	}
	if len(options.Sentinels) > 0 {
		c.primary = &primary{endpoint: main}
	}
	for i, text := range options.Sentinels {
		sentinel, err := newEndpoint(text)
		if err == nil && sentinel.database != 0 {
			err = broken("Sentinels have no databases")
		}
		if err != nil {
			return nil, fmt.Errorf("Options.Sentinels[%d]: %w", i, err)
		}
		c.primary.sentinels = append(c.primary.sentinels, sentinel)
	}
	c.options.Sentinels = nil
	return &Redis{c}, nil
}

func checkNode(node string) error {
	host, port, err := net.SplitHostPort(node)
	number, ok := parseNumber(port)
	if err != nil || !ok || number < 1 || number > 65535 || !isHost(host) {
		return broken("each of Options.Nodes is host:port, or [IPv6]:port, and has no credentials")
	}
	return nil
}

// MakeRedisClient makes a client that connects when it is first used: a *redis.Client, or a *redis.ClusterClient. It is the
// method of asynq.RedisConnOpt.
func (c *connector) MakeRedisClient() any {
	timeout := c.main.timeout
	if c.options.Cluster {
		options := &redis.ClusterOptions{Addrs: append([]string{c.main.address()}, c.options.Nodes...), Dialer: c.dialNode,
			DialTimeout: timeout, ReadTimeout: timeout, WriteTimeout: timeout, PoolSize: c.options.PoolSize, DisableIdentity: true}
		dialOnce(options)
		return redis.NewClusterClient(options)
	}
	options := &redis.Options{Addr: c.main.address(), Dialer: c.dialNode,
		DialTimeout: timeout, ReadTimeout: timeout, WriteTimeout: timeout, PoolSize: c.options.PoolSize, DisableIdentity: true}
	if c.primary != nil {
		options.Addr, options.Dialer = c.main.host, c.dialPrimary
		options.ConnMaxLifetime = primaryAge
		for _, sentinel := range c.primary.sentinels {
			options.DialTimeout += sentinel.timeout
		}
	}
	dialOnce(options)
	return redis.NewClient(options)
}

// dialOnce: newer releases of go-redis than this module asks for dial five times, also where the password is wrong, and
// then try the command again, as all do where that may help.
func dialOnce(options any) {
	if field := reflect.ValueOf(options).Elem().FieldByName("DialerRetries"); field.IsValid() && field.CanInt() {
		field.SetInt(1)
	}
}

// dialNode is for a single server and for the nodes of a cluster, whose addresses come from the cluster. The network is
// ignored: go-redis takes addresses that begin with '/' for Unix sockets, where nothing could be verified.
func (c *connector) dialNode(ctx context.Context, _, address string) (net.Conn, error) {
	connection, err := c.main.dial(ctx, address)
	if !c.options.Cluster {
		err = once(err)
	}
	return connection, err
}

func (c *connector) dialPrimary(ctx context.Context, _, _ string) (net.Conn, error) {
	return c.primary.dial(ctx)
}

// Trust tells whether new connections use what the trust files hold now: nil, or why that can't be used; then what they
// held before stays in use.
func (c *connector) Trust() error {
	_, err := c.main.trusted.current()
	if c.primary != nil {
		for _, sentinel := range c.primary.sentinels {
			_, failed := sentinel.trusted.current()
			err = errors.Join(err, failed)
		}
	}
	return err
}

// String says where it connects to, and nothing of the credentials.
func (c *connector) String() string {
	switch {
	case c.primary != nil:
		return "rediss://" + c.main.host + " by Sentinel"
	case c.options.Cluster:
		return "rediss://" + c.main.address() + " of a cluster"
	}
	return "rediss://" + c.main.address()
}

// MarshalText is String: for JSON and log/slog.
func (c *connector) MarshalText() ([]byte, error) { return []byte(c.String()), nil }
