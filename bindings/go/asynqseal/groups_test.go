// SPDX-License-Identifier: MIT

package asynqseal

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hibiken/asynq"

	taskseal "github.com/taskseal/taskseal/bindings/go"
)

func TestGroupsOfSealedTasks(t *testing.T) {
	s := newStage(t, Config{Bundles: []string{"digest"}, Policy: func(_, kind string) Policy {
		if kind == "news" { // whose producers do not seal yet
			return AcceptBoth(time.Now().Add(time.Hour))
		}
		return RequireSealed()
	}})
	for i := range 3 {
		s.enqueue(t, asynq.NewTask("mail", []byte(fmt.Sprint("canary-member-", i))), asynq.Group("ann"), asynq.Queue("news"))
	}
	if _, err := s.plain.Enqueue(asynq.NewTask("mail", []byte("forged")), asynq.Group("ann"), asynq.Queue("news")); err != nil {
		t.Fatal(err)
	}
	if _, err := s.plain.Enqueue(asynq.NewTask("news", []byte("not sealed yet")), asynq.Group("ann"), asynq.Queue("news")); err != nil {
		t.Fatal(err)
	}
	config := asynq.Config{GroupGracePeriod: time.Second, GroupMaxSize: 5, Queues: map[string]int{"news": 1},
		GroupAggregator: Aggregator("digest", asynq.Retention(time.Hour))}
	startWorker(t, s.server, config, s.sealer.Middleware, map[string]asynq.HandlerFunc{
		"digest": func(ctx context.Context, _ *asynq.Task) error {
			group, members := Members(ctx)
			for _, member := range members {
				if member.Err != nil {
					s.note(group + " refused")
				} else {
					s.note(group + " " + string(member.Task.Payload()))
				}
			}
			return nil
		}})
	s.await(t, "ann canary-member-0", "ann canary-member-1", "ann canary-member-2", "ann refused", "ann not sealed yet")
	if strings.Contains(string(s.dump(t)), "canary") {
		t.Error("a member is in the server in plain")
	}
}

// A program whose aggregator is still a plain one: what it would make of envelopes nobody could open again.
func TestAPlainAggregatorGetsNoEnvelopes(t *testing.T) {
	sealer := newSealer(t, Config{Keyring: newRing(t, "mail-k01"), Bundles: []string{UnreadGroup}})
	plain := asynq.NewTask("mail", []byte("plain"))
	sealed, err := sealer.seal(&wish{kind: "mail", queue: "news", group: "ann", payload: []byte("sealed")})
	if err != nil {
		t.Fatal(err)
	}
	own := asynq.GroupAggregatorFunc(func(_ string, tasks []*asynq.Task) *asynq.Task {
		return asynq.NewTask("digest", []byte(fmt.Sprint(len(tasks), " by the program's own")))
	})
	aggregate := sealer.WorkerConfig(asynq.Config{GroupAggregator: own}).GroupAggregator.Aggregate
	if made := aggregate("ann", []*asynq.Task{plain, plain}); made.Type() != "digest" || string(made.Payload()) != "2 by the program's own" {
		t.Errorf("of plain tasks: %s %q", made.Type(), made.Payload())
	}
	made := aggregate("ann", []*asynq.Task{plain, asynq.NewTask("mail", sealed)})
	b, err := sealer.openBundle("news", made.Type(), "id", made.Payload())
	if err != nil || b.group != "ann" || len(b.members) != 2 || b.members[0].Err == nil || string(b.members[1].Task.Payload()) != "sealed" {
		t.Errorf("of a sealed one: %s, %+v, %v", made.Type(), b, err)
	}
	ours := Aggregator("digest")
	if sealer.WorkerConfig(asynq.Config{GroupAggregator: ours}).GroupAggregator != ours || sealer.WorkerConfig(asynq.Config{}).GroupAggregator != nil {
		t.Error("an Aggregator, or none, has become another")
	}
}

func TestSchedulerEntriesAreSealedOnce(t *testing.T) {
	s := newStage(t, Config{})
	seen := s.monitor(t)
	task, err := s.sealer.SealPeriodic(asynq.NewTask("mail", []byte("canary-periodic")), asynq.Queue("critical"))
	if err != nil {
		t.Fatal(err)
	}
	scheduler := asynq.NewScheduler(s.options, &asynq.SchedulerOpts{LogLevel: asynq.FatalLevel})
	if _, err := scheduler.Register("@every 1s", task, asynq.Queue("critical")); err != nil {
		t.Fatal(err)
	}
	if err := scheduler.Start(); err != nil {
		t.Fatal(err)
	}
	s.work(t, asynq.Config{Queues: map[string]int{"critical": 1, "default": 1}})
	waitFor(t, "it fired twice", func() bool { return len(s.noted()) >= 2 })
	scheduler.Shutdown()
	if s.noted()[0] != "mail canary-periodic" {
		t.Errorf("handlers got %q", s.noted())
	}
	// Bound to its queue all the same.
	if _, err := s.plain.Enqueue(task, asynq.Queue("default")); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "the moved one is refused", func() bool { return slices.Contains(s.outcomes(), Refused) })
	if all := seen() + string(s.dump(t)); strings.Contains(all, "canary") {
		t.Error("the entry is in the server in plain")
	}
}

// PeriodicTaskManager compares entries by their payload: what is sealed once fires, what is sealed at every look never does.
type provider struct{ task *asynq.Task }

func (p provider) GetConfigs() ([]*asynq.PeriodicTaskConfig, error) {
	return []*asynq.PeriodicTaskConfig{{Cronspec: "@every 1s", Task: p.task}}, nil
}

func TestPeriodicTaskManagerFires(t *testing.T) {
	s := newStage(t, Config{})
	task, err := s.sealer.SealPeriodic(asynq.NewTask("mail", []byte("periodic")))
	if err != nil {
		t.Fatal(err)
	}
	manager, err := asynq.NewPeriodicTaskManager(asynq.PeriodicTaskManagerOpts{RedisConnOpt: s.options,
		PeriodicTaskConfigProvider: provider{task}, SyncInterval: 500 * time.Millisecond,
		SchedulerOpts: &asynq.SchedulerOpts{LogLevel: asynq.FatalLevel}})
	if err != nil {
		t.Fatal(err)
	}
	if err := manager.Start(); err != nil {
		t.Fatal(err)
	}
	defer manager.Shutdown()
	s.work(t, asynq.Config{})
	waitFor(t, "it fired twice", func() bool { return len(s.noted()) >= 2 })
}

// Whatever stands in the place of a bundle is refused or taken apart, and its members are opened one by one.
func FuzzBundle(f *testing.F) {
	ring, err := taskseal.NewKeyring(taskseal.Key{ID: "k", Type: taskseal.KeyXChaCha20Poly1305, State: taskseal.KeyActive, Secret: secretOf("k")})
	if err != nil {
		f.Fatal(err)
	}
	sealer, err := New(Config{Keyring: ring, Bundles: []string{"digest"}})
	if err != nil {
		f.Fatal(err)
	}
	sealed, err := ring.Seal([]byte("member"), taskseal.SealOptions{Context: boundToGroup("default", "mail", "ann")})
	if err != nil {
		f.Fatal(err)
	}
	bundle := Aggregator("digest").Aggregate("ann", []*asynq.Task{asynq.NewTask("mail", sealed), asynq.NewTask("mail", nil)})
	f.Add(bundle.Payload()[len(bundlePrefix):])
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01})
	f.Fuzz(func(t *testing.T, rest []byte) {
		opened, err := sealer.openBundle("default", "digest", "id", append([]byte(bundlePrefix), rest...))
		var members []Member
		if opened != nil {
			members = opened.members
		}
		for _, member := range members {
			if (member.Task == nil) == (member.Err == nil) {
				t.Error("a member is neither opened nor refused, or both")
			}
			if member.Task != nil && string(member.Task.Payload()) != "member" {
				t.Errorf("a member that nobody sealed: %q", member.Task.Payload())
			}
		}
		if err != nil && members != nil {
			t.Error("a bundle failed and gave members")
		}
	})
}
