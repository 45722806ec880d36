// SPDX-License-Identifier: MIT

package asynqseal

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/hibiken/asynq"

	taskseal "github.com/taskseal/taskseal/bindings/go"
)

// A maker makes its tasks anew at every look, as providers do that read them from a database.
type maker struct{ make func() (*asynq.Task, error) }

func (m maker) GetConfigs() ([]*asynq.PeriodicTaskConfig, error) {
	task, err := m.make()
	if err != nil {
		return nil, err
	}
	return []*asynq.PeriodicTaskConfig{{Cronspec: "@every 2s", Task: task, Opts: []asynq.Option{asynq.Queue("default")}}}, nil
}

type entries []*asynq.PeriodicTaskConfig

func (g entries) GetConfigs() ([]*asynq.PeriodicTaskConfig, error) { return g, nil }

func (s *stage) manage(t *testing.T, provider asynq.PeriodicTaskConfigProvider) {
	t.Helper()
	manager, err := asynq.NewPeriodicTaskManager(asynq.PeriodicTaskManagerOpts{RedisConnOpt: s.options, PeriodicTaskConfigProvider: provider,
		SyncInterval: 300 * time.Millisecond, SchedulerOpts: &asynq.SchedulerOpts{LogLevel: asynq.FatalLevel}})
	if err != nil {
		t.Fatal(err)
	}
	if err := manager.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(manager.Shutdown)
	s.work(t, asynq.Config{})
}

// The control: sealed at every look, an entry of every two seconds does not fire in seven.
func TestSealedAtEveryLookNothingFires(t *testing.T) {
	t.Parallel()
	s := newStage(t, Config{})
	s.manage(t, maker{func() (*asynq.Task, error) { return s.sealer.SealPeriodic(asynq.NewTask("mail", []byte("periodic"))) }})
	time.Sleep(7 * time.Second)
	if got := s.noted(); len(got) > 0 {
		t.Errorf("it fired %d times: the control shows nothing", len(got))
	}
}

func TestProviderKeepsWhatItHasSealed(t *testing.T) {
	t.Parallel()
	s := newStage(t, Config{})
	s.manage(t, s.sealer.PeriodicProvider(maker{func() (*asynq.Task, error) { return asynq.NewTask("mail", []byte("periodic")), nil }}))
	waitFor(t, "it fired twice", func() bool { return len(s.noted()) >= 2 })
	if s.noted()[0] != "mail periodic" {
		t.Errorf("handlers got %q", s.noted())
	}
}

// A periodic task with an id is bound to it, one of a group to the group; and Asynq's own Unique knows an entry by its
// envelope.
func TestPeriodicTasksWithOptions(t *testing.T) {
	s := newStage(t, Config{})
	for bound, option := range map[taskseal.Context]asynq.Option{
		boundToTask("default", "mail", "mine"): asynq.TaskID("mine"),
		boundToGroup("default", "mail", "ann"): asynq.Group("ann"),
		boundToSchedule("default", "mail"):     asynq.MaxRetry(1),
		boundToSchedule("critical", "mail"):    asynq.Queue("critical"),
	} {
		task, err := s.sealer.SealPeriodic(asynq.NewTask("mail", []byte("periodic"), option))
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := s.ring.Open(task.Payload(), taskseal.OpenOptions{Context: bound}); err != nil {
			t.Errorf("%v: %v", option, err)
		}
	}
	task, err := s.sealer.SealPeriodic(asynq.NewTask("mail", []byte("periodic"), asynq.Unique(time.Hour)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.plain.Enqueue(task); err != nil {
		t.Error(err)
	}
	if _, err := s.plain.Enqueue(task); !errors.Is(err, asynq.ErrDuplicateTask) {
		t.Errorf("its second firing: %v", err)
	}
}

// The key that seals is the first that is good for the queue and the time, not just the first.
func TestProviderLooksAtTheKeyOfTheQueue(t *testing.T) {
	key := func(id string, change func(*taskseal.Key)) taskseal.Key {
		k := taskseal.Key{ID: id, Type: taskseal.KeyXChaCha20Poly1305, State: taskseal.KeyActive, Secret: secretOf(id)}
		change(&k)
		return k
	}
	ring, err := taskseal.NewKeyring(
		taskseal.Key{ID: "dedupe-k01", Type: taskseal.KeyDedupe, State: taskseal.KeyActive, Secret: secretOf("dedupe-k01")},
		key("old", func(k *taskseal.Key) { k.NotAfter = time.Now().Add(-time.Hour) }),
		key("coming", func(k *taskseal.Key) { k.NotBefore = time.Now().Add(time.Hour) }),
		key("other", func(k *taskseal.Key) { k.Queues = []string{"other"} }),
		key("open", func(k *taskseal.Key) { k.State = taskseal.KeyOpenOnly }),
		key("good", func(*taskseal.Key) {}))
	if err != nil {
		t.Fatal(err)
	}
	defer ring.Close()
	sealer := newSealer(t, Config{Keyring: ring})
	for queue, want := range map[string]string{"default": "good", "other": "other"} {
		task, err := sealer.SealPeriodic(asynq.NewTask("mail", nil), asynq.Queue(queue))
		if err != nil {
			t.Fatal(err)
		}
		info, err := taskseal.Inspect(task.Payload())
		if got := sealer.primary(queue); err != nil || got != want || info.Stanzas[0].KeyID != want {
			t.Errorf("queue %s: %s, %+v, %v", queue, got, info, err)
		}
	}
}

func TestProviderSealsAnewForAnotherEntryOrKey(t *testing.T) {
	ring := newRing(t, "mail-k01")
	sealer := newSealer(t, Config{Keyring: ring})
	payload, failure := "one", error(nil)
	provider := sealer.PeriodicProvider(maker{func() (*asynq.Task, error) { return asynq.NewTask("mail", []byte(payload)), failure }})
	look := func() []byte {
		t.Helper()
		configs, err := provider.GetConfigs()
		if err != nil || len(configs) != 1 || len(configs[0].Opts) != 1 {
			t.Fatalf("%d entries, %v", len(configs), err)
		}
		return configs[0].Task.Payload()
	}
	first := look()
	if !bytes.Equal(first, look()) {
		t.Error("the same entry was sealed anew")
	}
	payload = "two"
	second := look()
	if bytes.Equal(first, second) {
		t.Error("another entry has the same envelope")
	}
	if err := ring.Replace(newRing(t, "mail-k02")); err != nil {
		t.Fatal(err)
	}
	info, err := taskseal.Inspect(look())
	if err != nil || info.Stanzas[0].KeyID != "mail-k02" {
		t.Errorf("after the key has changed: %+v, %v", info, err)
	}
	nothing := sealer.PeriodicProvider(entries{nil}) // of which Asynq makes an error, too
	if _, err := nothing.GetConfigs(); !errors.Is(err, errNilTask) {
		t.Errorf("an entry that is nil: %v", err)
	}
	failure = errors.New("no database")
	if _, err := provider.GetConfigs(); !errors.Is(err, failure) {
		t.Errorf("the provider's error is %v", err)
	}
}
