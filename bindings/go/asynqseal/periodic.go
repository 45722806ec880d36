// SPDX-License-Identifier: MIT

package asynqseal

import (
	"crypto/sha256"
	"encoding/binary"
	"sync"

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
	add(config.Cronspec)
	add(p.sealer.primary())
	if config.Task != nil {
		add(config.Task.Type())
		add(string(config.Task.Payload()))
		for _, opt := range append(optionsOf(config.Task)[:len(optionsOf(config.Task)):len(optionsOf(config.Task))], config.Opts...) {
			add(opt.String())
		}
	}
	defer clear(all)
	return sha256.Sum256(all)
}

// primary is the id of the key that comes first to seal.
func (s *Sealer) primary() string {
	for _, key := range s.config.Keyring.Keys() {
		if key.State == taskseal.KeyActive && key.Type != taskseal.KeyDedupe {
			return key.ID
		}
	}
	return ""
}
