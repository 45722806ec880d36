// SPDX-License-Identifier: MIT

package asynqseal

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"sync"
	"time"

	"github.com/hibiken/asynq"

	taskseal "github.com/taskseal/taskseal/bindings/go"
)

// PeriodicProvider seals what another provider gives to asynq.PeriodicTaskManager. The manager takes an entry with another
// payload for another entry and starts its schedule anew, so that what is sealed at every look never fires. An
// envelope is therefore kept as long as its entry and the key that seals now.
func (s *Sealer) PeriodicProvider(provider asynq.PeriodicTaskConfigProvider) asynq.PeriodicTaskConfigProvider {
	return &periodicProvider{sealer: s, plain: provider, kept: map[entry]*asynq.Task{}}
}

// An entry is what an envelope depends on.
type entry [sha256.Size]byte

type periodicProvider struct {
	sealer *Sealer
	plain  asynq.PeriodicTaskConfigProvider
	mutex  sync.Mutex
	kept   map[entry]*asynq.Task
}

// GetConfigs gives the entries of now, sealed.
func (p *periodicProvider) GetConfigs() ([]*asynq.PeriodicTaskConfig, error) {
	configs, err := p.plain.GetConfigs()
	if err != nil {
		return nil, err
	}
	p.mutex.Lock()
	defer p.mutex.Unlock()
	kept := make(map[entry]*asynq.Task, len(configs))
	sealed := make([]*asynq.PeriodicTaskConfig, len(configs))
	for i, config := range configs {
		task, err := p.seal(config, kept)
		if err != nil {
			return nil, err
		}
		sealed[i] = &asynq.PeriodicTaskConfig{Cronspec: config.Cronspec, Task: task, Opts: config.Opts}
	}
	p.kept = kept
	return sealed, nil
}

func (p *periodicProvider) seal(config *asynq.PeriodicTaskConfig, kept map[entry]*asynq.Task) (*asynq.Task, error) {
	if config == nil || config.Task == nil {
		return nil, errNilTask
	}
	if p.sealer.config.TypedOnly {
		return nil, ErrTypedOnly
	}
	e := p.entryOf(config)
	task := kept[e]
	if task == nil {
		task = p.kept[e]
	}
	if task == nil {
		var err error
		if task, err = p.sealer.SealPeriodic(config.Task, config.Opts...); err != nil {
			return nil, err
		}
	}
	kept[e] = task
	return task, nil
}

func (p *periodicProvider) entryOf(config *asynq.PeriodicTaskConfig) entry {
	var all []byte
	add := func(s string) { all = append(binary.AppendUvarint(all, uint64(len(s))), s...) }
	queue := defaultQueue
	for _, opt := range append(slices.Clip(optionsOf(config.Task)), config.Opts...) {
		add(opt.String())
		if name, ok := opt.Value().(string); ok && opt.Type() == asynq.QueueOpt {
			queue = name
		}
	}
	add(config.Cronspec)
	add(p.sealer.primary(queue))
	add(config.Task.Type())
	add(string(config.Task.Payload()))
	defer clear(all)
	return sha256.Sum256(all)
}

// primary is the id of the key that seals for a queue now.
func (s *Sealer) primary(queue string) string {
	now := time.Now()
	for _, key := range s.config.Keyring.Keys() {
		if key.State == taskseal.KeyActive && key.Type != taskseal.KeyDedupe &&
			(key.Queues == nil || slices.Contains(key.Queues, queue)) &&
			!now.Before(key.NotBefore) && (key.NotAfter.IsZero() || now.Before(key.NotAfter)) {
			return key.ID
		}
	}
	return ""
}

// SealPeriodic seals a task for asynq.Scheduler or a PeriodicTaskConfig, bound to its type and to the queue (and id, or
// group) that opts or the task name. Do it once for each entry: PeriodicTaskManager takes another payload for another
// entry, and asynq.Unique sees the same task in the same envelope only. Without asynq.TaskID it has no id yet, so
// whoever can write to the server can enqueue it again. It must not expire, so Config.Lifetime does not count.
func (s *Sealer) SealPeriodic(task *asynq.Task, opts ...asynq.Option) (*asynq.Task, error) {
	w, err := s.wishOfTask(task, opts)
	if err != nil {
		return nil, err
	}
	bound := boundToSchedule(w.queue, w.kind)
	if w.group != "" {
		bound = boundToGroup(w.queue, w.kind, w.group)
	} else if w.id != "" {
		bound = boundToTask(w.queue, w.kind, w.id)
	}
	sealed, err := s.config.Keyring.Seal(w.payload, s.options(bound))
	if err != nil {
		return nil, err
	}
	other := *task
	setPayload(&other, sealed, true)
	return &other, nil
}
