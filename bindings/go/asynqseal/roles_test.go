// SPDX-License-Identifier: MIT

//go:build !asynq_without_headers

package asynqseal

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"
)

var roles = []string{"producer", "worker", "scheduler", "inspector", "operator", "rotate"}

// startServerWithRoles has the ACL lines that `taskseal doctor --role ROLE --layout asynq` prints. Its own user is the administrator.
func startServerWithRoles(t *testing.T) *server {
	t.Helper()
	tool := os.Getenv("TASKSEAL_TOOL")
	if tool == "" || testing.Short() {
		t.Skip("TASKSEAL_TOOL names no built command, whose lines are to be tested; or -short")
	}
	s := startServer(t)
	hash := sha256.Sum256([]byte(s.password))
	for _, role := range roles {
		out, err := exec.Command(tool, "doctor", "--role", role, "--layout", "asynq").CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		for _, line := range strings.Split(strings.TrimSpace(string(out)), "\n") {
			line = strings.Replace(line, "SHA256-OF-ITS-PASSWORD", hex.EncodeToString(hash[:]), 1)
			words := []any{"ACL", "SETUSER"}
			for _, word := range strings.Fields(line)[1:] {
				words = append(words, word)
			}
			if err := s.redis(t).Do(context.Background(), words...).Err(); err != nil {
				t.Fatalf("%q: %v", line, err)
			}
		}
	}
	return s
}

// as is the same server for somebody else.
func (s *server) as(role string) *server {
	other := *s
	other.options.Username = role
	return &other
}

// refusals are what the server did not permit so far. What go-redis says of itself to every server since Redis 7.2 does not
// count: it does not mind, and Redis 7.0 takes no line with that command.
func (s *server) refusals(t *testing.T) []string {
	t.Helper()
	entries, err := s.redis(t).ACLLog(context.Background(), 100).Result()
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, entry := range entries {
		if entry.Object == "client|setinfo" {
			continue
		}
		all = append(all, fmt.Sprintf("%s: %s %s (%s)", entry.Username, entry.Reason, entry.Object, entry.Context))
	}
	return all
}

// newRoleStage has each part of Asynq log in as its own role.
func newRoleStage(t *testing.T, s *server) *stage {
	t.Helper()
	play := &stage{server: s.as("worker"), ring: newRing(t, "mail-k01")}
	play.sealer = newSealer(t, Config{Keyring: play.ring, Observe: play.observe, Bundles: []string{"digest"}, // what Unique by Asynq itself makes is not sealed
		Policy: func(string, string) Policy { return Policy{AcceptPlain: time.Now().Add(time.Hour)} }})
	play.plain = asynq.NewClient(s.as("producer").options)
	play.client = NewClient(play.plain, play.sealer)
	play.inspector = asynq.NewInspector(s.as("inspector").options)
	t.Cleanup(func() {
		_ = play.plain.Close()
		_ = play.inspector.Close()
	})
	return play
}

// Whatever Asynq does, in the background too, none of it is refused: the server keeps what it refuses in its ACL LOG.
func TestAsynqRunsWithTheLinesOfTheDoctor(t *testing.T) {
	s := startServerWithRoles(t)
	play := newRoleStage(t, s)
	t.Cleanup(func() { // after the worker has ended
		if refused := s.refusals(t); len(refused) > 0 {
			t.Errorf("refused:\n%s", strings.Join(refused, "\n"))
		}
	})
	play.startRoleWorker(t)
	play.enqueueEverything(t)
	stop := play.schedule(t, s)
	play.await(t, "mail now", "mail later", "mail unique", "mail twice", "mail follow-up", "flaky", "digest a", "digest b", "mail periodic")
	play.inspect(t, stop)
	play.enqueue(t, asynq.NewTask("stuck", nil))
	play.await(t, append(play.noted(), "stuck")...) // which goes back to its queue when the worker ends
}

func (s *stage) startRoleWorker(t *testing.T) {
	t.Helper()
	once := map[string]bool{}
	noteOnce := func(text string) { // entries of schedulers come again
		s.mutex.Lock()
		known := once[text]
		once[text] = true
		s.mutex.Unlock()
		if !known {
			s.note(text)
		}
	}
	own := asynq.NewClient(s.server.options)
	end := make(chan struct{})
	t.Cleanup(func() {
		close(end)
		_ = own.Close()
	})
	config := asynq.Config{ShutdownTimeout: 100 * time.Millisecond, Queues: map[string]int{"default": 1, "critical": 2}, StrictPriority: true, GroupGracePeriod: time.Second,
		GroupAggregator: Aggregator("digest"), JanitorInterval: time.Second, HealthCheckInterval: 100 * time.Millisecond,
		HealthCheckFunc: func(err error) {
			if err != nil {
				t.Errorf("health: %v", err)
			}
		}}
	startWorker(t, s.server, config, s.sealer.Middleware, map[string]asynq.HandlerFunc{
		"mail": func(ctx context.Context, task *asynq.Task) error {
			noteOnce("mail " + string(task.Payload()))
			_, err := ResultWriter(ctx).Write([]byte("sent"))
			return err
		},
		"flaky": func(ctx context.Context, _ *asynq.Task) error {
			if retried, _ := asynq.GetRetryCount(ctx); retried < 2 {
				return errors.New("not yet")
			}
			noteOnce("flaky")
			_, err := own.EnqueueContext(ctx, mail("follow-up"), asynq.Unique(time.Hour))
			return err
		},
		"bad": func(context.Context, *asynq.Task) error { return fmt.Errorf("never: %w", asynq.SkipRetry) },
		"long": func(ctx context.Context, _ *asynq.Task) error {
			<-ctx.Done() // until the inspector cancels it
			return ctx.Err()
		},
		"stuck": func(context.Context, *asynq.Task) error {
			noteOnce("stuck")
			<-end
			return nil
		},
		"digest": func(ctx context.Context, _ *asynq.Task) error {
			_, members := Members(ctx)
			for _, member := range members {
				noteOnce("digest " + string(member.Task.Payload()))
			}
			return nil
		},
	})
}

func mail(payload string) *asynq.Task { return asynq.NewTask("mail", []byte(payload)) }

func (s *stage) enqueueEverything(t *testing.T) {
	t.Helper()
	s.enqueue(t, mail("now"), asynq.Queue("critical"), asynq.Retention(time.Hour), asynq.TaskID("now"))
	s.enqueue(t, mail("later"), asynq.ProcessIn(time.Second), asynq.Retention(time.Second))
	s.enqueue(t, asynq.NewTask("flaky", nil), asynq.MaxRetry(5))
	s.enqueue(t, asynq.NewTask("bad", nil), asynq.TaskID("bad"))
	s.enqueue(t, asynq.NewTask("long", nil), asynq.TaskID("long"), asynq.MaxRetry(0))
	for _, member := range []string{"a", "b"} {
		s.enqueue(t, asynq.NewTask("mail", []byte(member)), asynq.Group("ann"))
	}
	// Asynq's own Unique, at once and later, and in groups: asynqseal has another way.
	for _, opts := range [][]asynq.Option{{}, {asynq.ProcessIn(time.Second)}} {
		task := mail([]string{"unique", "twice"}[len(opts)])
		opts = append(opts, asynq.Unique(time.Hour))
		for _, want := range []error{nil, asynq.ErrDuplicateTask} {
			if _, err := s.plain.Enqueue(task, opts...); !errors.Is(err, want) {
				t.Errorf("%s: %v, not %v", task.Payload(), err, want)
			}
		}
	}
	for _, id := range []string{"waits", "is-deleted", "is-archived"} { // nobody works on this queue
		s.enqueue(t, mail(id), asynq.Queue("idle"), asynq.TaskID(id), asynq.ProcessIn(time.Hour))
	}
	s.enqueue(t, mail("group"), asynq.Queue("idle"), asynq.Group("bob"))
	if _, err := s.plain.Enqueue(mail("group"), asynq.Queue("idle"), asynq.Group("bob"), asynq.Unique(time.Hour)); err != nil {
		t.Error(err)
	}
}

// schedule runs a Scheduler, which writes its entries and history, and takes them away when it ends.
func (s *stage) schedule(t *testing.T, all *server) (stop func()) {
	t.Helper()
	scheduler := asynq.NewScheduler(all.as("scheduler").options, &asynq.SchedulerOpts{LogLevel: asynq.FatalLevel,
		HeartbeatInterval: 500 * time.Millisecond, PostEnqueueFunc: func(_ *asynq.TaskInfo, err error) {
			if err != nil && !errors.Is(err, asynq.ErrDuplicateTask) {
				t.Errorf("scheduler: %v", err)
			}
		}})
	task, err := s.sealer.SealPeriodic(mail("periodic"))
	if err != nil {
		t.Fatal(err)
	}
	idle := asynq.Queue("idle")
	for _, opts := range [][]asynq.Option{{}, {idle, asynq.ProcessIn(time.Hour), asynq.Unique(time.Second)}, {idle, asynq.Group("carl")}} {
		if _, err := scheduler.Register("@every 1s", task, opts...); err != nil {
			t.Fatal(err)
		}
	}
	if err := scheduler.Start(); err != nil {
		t.Fatal(err)
	}
	return scheduler.Shutdown
}

// inspect calls everything that an Inspector can do on a server that is no cluster.
func (s *stage) inspect(t *testing.T, stopScheduler func()) {
	t.Helper()
	must := func(what string, err error) {
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	i := s.inspector
	queues, err := i.Queues()
	must("Queues", err)
	slices.Sort(queues)
	if fmt.Sprint(queues) != "[critical default idle]" {
		t.Errorf("queues: %v", queues)
	}
	servers, err := i.Servers()
	must("Servers", err)
	if len(servers) != 1 {
		t.Errorf("%d servers, not one", len(servers))
	}
	var entries []*asynq.SchedulerEntry
	waitFor(t, "the scheduler has written its entries", func() bool {
		entries, err = i.SchedulerEntries()
		must("SchedulerEntries", err)
		return len(entries) == 3
	})
	waitFor(t, "each entry has a history", func() bool {
		events := 0
		for _, entry := range entries {
			of, err := i.ListSchedulerEnqueueEvents(entry.ID)
			must("ListSchedulerEnqueueEvents", err)
			events += min(1, len(of))
		}
		return events == 3
	})
	stopScheduler()
	entries, err = i.SchedulerEntries()
	must("SchedulerEntries", err)
	if len(entries) != 0 {
		t.Errorf("%d entries are left of the scheduler", len(entries))
	}
	must("CancelProcessing", i.CancelProcessing("long"))
	waitFor(t, "the cancelled task and the bad one are archived", func() bool {
		info, err := i.GetQueueInfo("default")
		must("GetQueueInfo", err)
		return info.Archived == 2
	})
	done, err := i.GetTaskInfo("critical", "now")
	must("GetTaskInfo", err)
	if result, err := s.sealer.OpenResult("critical", "mail", "now", done.Result); string(result) != "sent" {
		t.Errorf("the result is %q, %v", result, err)
	}
	_, err = i.History("default", 3)
	must("History", err)
	s.inspectTasks(t, must)
}

func (s *stage) inspectTasks(t *testing.T, must func(string, error)) {
	t.Helper()
	i := s.inspector
	for what, list := range map[string]func(string, ...asynq.ListOption) ([]*asynq.TaskInfo, error){
		"pending": i.ListPendingTasks, "active": i.ListActiveTasks, "scheduled": i.ListScheduledTasks,
		"retry": i.ListRetryTasks, "archived": i.ListArchivedTasks, "completed": i.ListCompletedTasks} {
		_, err := list("default")
		must(what, err)
	}
	groups, err := i.Groups("idle")
	must("Groups", err)
	members, err := i.ListAggregatingTasks("idle", "bob")
	must("ListAggregatingTasks", err)
	if len(groups) != 2 || len(members) != 2 {
		t.Errorf("%d groups, with %d members in one, not 2 and 2", len(groups), len(members))
	}
	must("UpdateTaskPayload", i.UpdateTaskPayload("idle", "waits", []byte("another")))
	must("DeleteTask", i.DeleteTask("idle", "is-deleted"))
	must("ArchiveTask", i.ArchiveTask("idle", "is-archived"))
	must("RunTask", i.RunTask("idle", "is-archived"))
	must("PauseQueue", i.PauseQueue("idle"))
	must("UnpauseQueue", i.UnpauseQueue("idle"))
	for what, all := range map[string]func(string) (int, error){
		"ArchiveAllPendingTasks": i.ArchiveAllPendingTasks, "ArchiveAllScheduledTasks": i.ArchiveAllScheduledTasks,
		"ArchiveAllRetryTasks": i.ArchiveAllRetryTasks, "RunAllScheduledTasks": i.RunAllScheduledTasks,
		"RunAllRetryTasks": i.RunAllRetryTasks, "RunAllArchivedTasks": i.RunAllArchivedTasks,
		"DeleteAllPendingTasks": i.DeleteAllPendingTasks, "DeleteAllScheduledTasks": i.DeleteAllScheduledTasks,
		"DeleteAllRetryTasks": i.DeleteAllRetryTasks, "DeleteAllArchivedTasks": i.DeleteAllArchivedTasks,
		"DeleteAllCompletedTasks": i.DeleteAllCompletedTasks} {
		_, err := all("idle")
		must(what, err)
	}
	for what, all := range map[string]func(string, string) (int, error){"RunAllAggregatingTasks": i.RunAllAggregatingTasks,
		"ArchiveAllAggregatingTasks": i.ArchiveAllAggregatingTasks, "DeleteAllAggregatingTasks": i.DeleteAllAggregatingTasks} {
		_, err := all("idle", "bob")
		must(what, err)
	}
	must("DeleteQueue", i.DeleteQueue("idle", true))
}

// What a role must not do: each is refused, and has a twin that the role may do.
func TestTheLinesOfTheDoctorForbidTheRest(t *testing.T) {
	s := startServerWithRoles(t)
	const task, pending, other = "asynq:{default}:t:1", "asynq:{default}:pending", "other"
	everybody := []string{"KEYS *", "FLUSHALL", "CONFIG SET hz 20", "ACL LIST", "MONITOR", "SAVE", "GET " + other, "SET " + other + " 1",
		"SCRIPT FLUSH", "CLIENT LIST", "EVAL redis.call('FLUSHALL') 0", "EVAL redis.call('GET','" + other + "') 0", "SUBSCRIBE " + other,
		"SET asynq:{default}:other 1"}
	for role, rules := range map[string]struct{ may, mayNot []string }{
		"producer": {[]string{"EXISTS " + task, "LPUSH " + pending + " 1"},
			[]string{"HGET " + task + " msg", "DEL " + task, "LRANGE " + pending + " 0 -1", "RPOPLPUSH " + pending + " asynq:{default}:active",
				"SMEMBERS asynq:queues", "PUBLISH asynq:cancel 1", "ZADD asynq:schedulers 1 1", "SCAN 0", "LPUSH asynq:{default}:active 1"}},
		"worker": {[]string{"HGET " + task + " msg", "ZADD asynq:servers 1 1"},
			[]string{"PUBLISH asynq:cancel 1", "ZADD asynq:schedulers 1 1", "SCAN 0", "HGETALL " + task, "LRANGE " + pending + " 0 -1"}},
		"scheduler": {[]string{"EXISTS " + task, "ZADD asynq:schedulers 1 1"},
			[]string{"HGET " + task + " msg", "LRANGE " + pending + " 0 -1", "ZADD asynq:servers 1 1", "PUBLISH asynq:cancel 1", "SCAN 0"}},
		"inspector": {[]string{"HGET " + task + " msg", "PUBLISH asynq:cancel 1"},
			[]string{"PUBLISH " + other + " 1", "SCAN 0", "INFO", "RPOPLPUSH " + pending + " asynq:{default}:active", "INCR " + task}},
		"operator": {[]string{"HGET " + task + " msg", "SCAN 0", "INFO", "CONFIG GET hz"},
			[]string{"HSET " + task + " msg 1", "DEL " + task, "LPUSH " + pending + " 1", "EVAL return 0", "SMEMBERS asynq:queues"}},
		"rotate": {[]string{"HGET " + task + " msg", "SCAN 0", "INFO"},
			[]string{"DEL " + task, "LPUSH " + pending + " 1", "SMEMBERS asynq:queues", "HDEL " + task + " msg"}},
	} {
		client := s.as(role).redis(t)
		for _, words := range rules.may {
			if err := do(client, words); err != nil && !errors.Is(err, redis.Nil) {
				t.Errorf("a %s may not %s: %v", role, words, err)
			}
		}
		for _, words := range append(rules.mayNot, everybody...) {
			if err := do(client, words); err == nil || !refusal.MatchString(err.Error()) {
				t.Errorf("a %s may %s: %v", role, words, err)
			}
		}
	}
	inspector := asynq.NewInspector(s.as("operator").options)
	defer inspector.Close()
	if _, err := inspector.Queues(); err == nil || !strings.Contains(err.Error(), "NOPERM") {
		t.Errorf("an inspector with the line of an operator: %v", err)
	}
}

// What servers answer, and of commands in scripts.
var refusal = regexp.MustCompile(`^NOPERM |ACL failure in script`)

// do calls a command whose words have spaces between.
func do(client redis.UniversalClient, words string) error {
	var all []any
	for _, word := range strings.Fields(words) {
		all = append(all, word)
	}
	return client.Do(context.Background(), all...).Err()
}
