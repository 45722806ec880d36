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
	failure = errors.New("no database")
	if _, err := provider.GetConfigs(); !errors.Is(err, failure) {
		t.Errorf("the provider's error is %v", err)
	}
}
