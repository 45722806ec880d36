// SPDX-License-Identifier: MIT

package asynqseal

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"

	taskseal "github.com/taskseal/taskseal/bindings/go"
	"github.com/taskseal/taskseal/bindings/go/asynqseal/redistls"
)

var _ asynq.RedisConnOpt = (*redistls.Redis)(nil)

// A system is several servers with one CA. Their certificates hold localhost only, and they tell each other's and the clients'
// place as 127.0.0.1.
type system struct {
	server
	t *testing.T
}

func newSystem(t *testing.T) *system {
	if testing.Short() {
		t.Skip("several servers")
	}
	y := &system{server{folder: t.TempDir(), password: "pw-" + rand.Text()}, t}
	y.makeCertificates(t)
	return y
}

// start runs one more server on a port of its own, with these lines in its configuration beyond the common ones.
func (y *system) start(lines string, arguments ...string) (port int, process *exec.Cmd) {
	y.t.Helper()
	program, err := exec.LookPath("valkey-server")
	if err != nil {
		if program, err = exec.LookPath("redis-server"); err != nil {
			y.t.Fatal("neither valkey-server nor redis-server is installed: run script/bootstrap")
		}
	}
	port = freePort(y.t)
	folder := filepath.Join(y.folder, fmt.Sprint(port))
	if err := os.Mkdir(folder, 0o700); err != nil {
		y.t.Fatal(err)
	}
	config := filepath.Join(folder, "server.conf")
	writeFile(y.t, config, []byte(fmt.Sprintf(`port 0
tls-port %d
bind 127.0.0.1
tls-cert-file %[2]s/cert.pem
tls-key-file %[2]s/key.pem
tls-ca-cert-file %[2]s/ca.pem
tls-auth-clients no
tls-replication yes
dir %[3]s
logfile %[3]s/server.log
user default off
%[4]s`, port, y.folder, folder, lines)))
	process = exec.Command(program, append([]string{config}, arguments...)...)
	if err := process.Start(); err != nil {
		y.t.Fatal(err)
	}
	y.t.Cleanup(func() { _ = process.Process.Kill(); _ = process.Wait() })
	return port, process
}

func (y *system) uri(user, password, host string, query string) string {
	return fmt.Sprintf("rediss://%s:%s@%s?cacert=%s/ca.pem&timeout_ms=3000%s", user, password, host, y.folder, query)
}

func (y *system) connect(uri string, options redistls.Options) *redistls.Redis {
	y.t.Helper()
	c, err := redistls.New(uri, options)
	if err != nil {
		y.t.Fatal(err)
	}
	return c
}

// ask is for one command to one server, once that answers.
func (y *system) ask(user, password string, port int, words ...any) any {
	y.t.Helper()
	c := y.connect(y.uri(user, password, fmt.Sprintf("localhost:%d", port), ""), redistls.Options{}).MakeRedisClient().(*redis.Client)
	defer c.Close()
	var answer any
	waitFor(y.t, fmt.Sprint(words, " at ", port), func() bool {
		var err error
		answer, err = c.Do(context.Background(), words...).Result()
		return err == nil
	})
	return answer
}

// A carrier enqueues sealed tasks and opens them in a worker, over one connection.
type carrier struct {
	t      *testing.T
	client *Client
	lock   sync.Mutex
	got    []string
}

func newCarrier(t *testing.T, c *redistls.Redis, queues ...string) *carrier {
	t.Helper()
	sealer := newSealer(t, Config{Keyring: newRing(t, "mail-k01")})
	plain := asynq.NewClient(c)
	k := &carrier{t: t, client: NewClient(plain, sealer)}
	config := asynq.Config{LogLevel: asynq.FatalLevel, Concurrency: 2, TaskCheckInterval: 100 * time.Millisecond,
		DelayedTaskCheckInterval: 500 * time.Millisecond, Queues: map[string]int{}}
	for _, queue := range queues {
		config.Queues[queue] = 1
	}
	worker := asynq.NewServer(c, config)
	mux := asynq.NewServeMux()
	mux.Use(sealer.Middleware)
	mux.HandleFunc("mail", func(_ context.Context, task *asynq.Task) error {
		k.lock.Lock()
		defer k.lock.Unlock()
		k.got = append(k.got, string(task.Payload()))
		return nil
	})
	if err := worker.Start(mux); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { worker.Shutdown(); _ = plain.Close() })
	return k
}

// carry tries until the server takes the task, and waits until the handler got it.
func (k *carrier) carry(queue, payload string) {
	k.t.Helper()
	var err error
	waitFor(k.t, "the server takes "+payload, func() bool {
		_, err = k.client.Enqueue(asynq.NewTask("mail", []byte(payload)), asynq.Queue(queue))
		return err == nil
	})
	k.awaits(payload)
}

func (k *carrier) awaits(payload string) {
	k.t.Helper()
	waitFor(k.t, "a handler gets "+payload, func() bool {
		k.lock.Lock()
		defer k.lock.Unlock()
		return slices.Contains(k.got, payload)
	})
}

// Sealed tasks go through a primary that Sentinel names, also after it died. Sentinel and primary have users of their own.
func TestSentinelOverTLS(t *testing.T) {
	y := newSystem(t)
	watch := "pw-" + rand.Text()
	app := fmt.Sprintf("user app on >%[1]s ~* &* +@all\nmasteruser app\nmasterauth %[1]s\nsave \"\"\nrepl-diskless-sync-delay 0\n", y.password)
	first, primary := y.start(app)
	y.ask("app", y.password, first, "PING")
	second, _ := y.start(app + fmt.Sprintf("replicaof 127.0.0.1 %d\n", first))
	waitFor(t, "the replica has its primary", func() bool {
		return strings.Contains(fmt.Sprint(y.ask("app", y.password, second, "INFO", "replication")), "master_link_status:up")
	})
	sentinel, _ := y.start(fmt.Sprintf("user watch on >%s &* +@all\nsentinel monitor mymaster 127.0.0.1 %d 1\nsentinel auth-user mymaster app\n"+
		"sentinel auth-pass mymaster %s\nsentinel down-after-milliseconds mymaster 500\nsentinel failover-timeout mymaster 3000\n",
		watch, first, y.password), "--sentinel")
	waitFor(t, "Sentinel knows the replica", func() bool {
		return len(y.ask("watch", watch, sentinel, "SENTINEL", "REPLICAS", "mymaster").([]any)) == 1
	})

	options := redistls.Options{Sentinels: []string{
		y.uri("watch", watch, fmt.Sprintf("localhost:%d", freePort(t)), ""), // where there is none
		y.uri("watch", watch, fmt.Sprintf("localhost:%d", sentinel), "")}}
	good := y.connect(y.uri("app", y.password, "mymaster", "&name=localhost"), options)
	k := newCarrier(t, good, "default")
	k.carry("default", "before the failover")
	for name, port := range map[string]int{"app": first, "watch": sentinel} { // nobody was told another's password
		password := map[string]string{"app": y.password, "watch": watch}[name]
		if log := y.ask(name, password, port, "ACL", "LOG").([]any); len(log) != 0 {
			t.Errorf("failed logins at the server of %s: %v", name, log)
		}
	}

	y.refused(y.connect(y.uri("app", y.password, "mymaster", ""), options), taskseal.ErrNameMismatch, "not for `127.0.0.1`")
	y.refused(y.connect(y.uri("app", y.password, "other", "&name=localhost"), options), taskseal.ErrServerError, "knows no primary of the name `other`")
	y.refused(y.connect(y.uri("app", y.password, "mymaster", "&name=localhost"), redistls.Options{Sentinels: []string{
		y.uri("app", y.password, fmt.Sprintf("localhost:%d", sentinel), "")}}), taskseal.ErrAuthRefused, fmt.Sprint("localhost:", sentinel))

	_ = primary.Process.Kill()
	k.carry("default", "after the failover")
}

func (y *system) refused(c *redistls.Redis, code taskseal.Code, says string) {
	y.t.Helper()
	client := asynq.NewClient(c)
	defer client.Close()
	_, err := client.Enqueue(asynq.NewTask("mail", nil))
	if !errors.Is(err, code) || !strings.Contains(err.Error(), says) || strings.Contains(err.Error(), y.password) {
		y.t.Errorf("got %v, not %s: %s", err, code.Name(), says)
	}
}

// Sealed tasks go through a cluster, in queues that are on different nodes.
func TestClusterOverTLS(t *testing.T) {
	y := newSystem(t)
	const nodes = 3
	var ports [nodes]int
	var buses [nodes]int
	for i := range nodes {
		buses[i] = freePort(t)
		ports[i], _ = y.start(fmt.Sprintf("user app on >%s ~* &* +@all\nsave \"\"\ncluster-enabled yes\ntls-cluster yes\ncluster-port %d\n", y.password, buses[i]))
	}
	for i, port := range ports {
		y.ask("app", y.password, port, "CLUSTER", "SET-CONFIG-EPOCH", i+1)
		y.ask("app", y.password, port, "CLUSTER", "ADDSLOTSRANGE", 16384*i/nodes, 16384*(i+1)/nodes-1)
		y.ask("app", y.password, ports[0], "CLUSTER", "MEET", "127.0.0.1", port, buses[i])
	}
	waitFor(t, "the cluster stands", func() bool {
		return !slices.ContainsFunc(ports[:], func(port int) bool {
			info := fmt.Sprint(y.ask("app", y.password, port, "CLUSTER", "INFO"))
			return !strings.Contains(info, "cluster_state:ok") || !strings.Contains(info, "cluster_known_nodes:3")
		})
	})

	uri := func(port int, query string) string {
		return y.uri("app", y.password, fmt.Sprintf("localhost:%d", port), query)
	}
	queues := []string{"a", "b", "c", "d", "e", "f"} // their slots are on all nodes
	good := y.connect(uri(freePort(t), "&name=localhost"), redistls.Options{Cluster: true,
		Nodes: []string{fmt.Sprintf("localhost:%d", ports[0]), fmt.Sprintf("localhost:%d", ports[1])}})
	k := newCarrier(t, good, queues...)
	for _, queue := range queues {
		k.carry(queue, "by way of "+queue)
	}
	for _, port := range ports {
		if size := y.ask("app", y.password, port, "INFO", "commandstats"); !strings.Contains(fmt.Sprint(size), "cmdstat_evalsha") {
			t.Errorf("the node at %d ran none of Asynq's scripts", port)
		}
	}
	y.refused(y.connect(uri(ports[0], ""), redistls.Options{Cluster: true}), taskseal.ErrNameMismatch, "not for `127.0.0.1`")
	t.Run("from C", func(t *testing.T) {
		node := y.server
		node.options.Addr = fmt.Sprintf("127.0.0.1:%d", ports[0])
		node.produceOnCluster(t, k, good.MakeRedisClient().(redis.UniversalClient), queues[2:])
	})
}

// produceOnCluster enqueues from C, which is told this node alone, in queues that are on all nodes. The carrier's worker gets what
// is due.
func (s *server) produceOnCluster(t *testing.T, k *carrier, cluster redis.UniversalClient, queues []string) {
	ctx := context.Background()
	defer cluster.Close()
	if err := cluster.Del(ctx, "asynq:queues").Err(); err != nil {
		t.Fatal(err)
	}
	for _, name := range queues {
		for _, c := range []struct {
			payload, outcome string
			flags            []string
		}{
			{"now " + name, "queued", nil},
			{"soon " + name, "queued", []string{"--in", "1", "--retention", "60"}},
			{"once " + name, "queued", []string{"--unique", "600", "--in", "1"}},
			{"late " + name, "queued", []string{"--unique", "600", "--in", "600"}},
			{"late " + name, "duplicate", []string{"--unique", "600"}},
			{"many " + name, "queued", []string{"--group", name, "--unique", "600"}},
			{"many " + name, "duplicate", []string{"--group", name, "--unique", "600"}},
		} {
			if _, outcome := s.produce(t, c.payload, append(c.flags, name, "mail")...); outcome != c.outcome {
				t.Fatal(c.payload, outcome)
			}
		}
		if members, err := cluster.ZCard(ctx, "asynq:{"+name+"}:g:"+name).Result(); err != nil || members != 1 {
			t.Error(members, err)
		}
	}
	if listed, err := cluster.SMembers(ctx, "asynq:queues").Result(); err != nil || len(listed) != len(queues) {
		t.Error(listed, err)
	}
	for _, name := range queues {
		for _, when := range []string{"now ", "soon ", "once "} {
			k.awaits(when + name)
		}
	}
}
