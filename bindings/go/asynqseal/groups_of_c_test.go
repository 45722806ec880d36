package asynqseal

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/hibiken/asynq"
)

func TestGroupsOfC(t *testing.T) {
	s := newStage(t, Config{Bundles: []string{"digest"}})
	for i := range 3 {
		s.produce(t, fmt.Sprint("member ", i), "--group", "ann", "default", "mail")
	}
	config := asynq.Config{GroupGracePeriod: time.Second, GroupMaxSize: 3, GroupAggregator: Aggregator("digest")}
	startWorker(t, s.server, config, s.sealer.Middleware, map[string]asynq.HandlerFunc{
		"digest": func(ctx context.Context, _ *asynq.Task) error {
			group, members := Members(ctx)
			for _, member := range members {
				if member.Err != nil {
					return member.Err
				}
				s.note(group + " " + string(member.Task.Payload()))
			}
			return nil
		}})
	s.await(t, "ann member 0", "ann member 1", "ann member 2")
}

func TestUniqueAcrossLanguagesOfC(t *testing.T) {
	s := newStage(t, Config{})
	direct, err := NewDirectClient(s.options, s.sealer)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := direct.Enqueue(asynq.NewTask("mail", []byte("same")), asynq.Unique(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if _, outcome := s.produce(t, "same", "--unique", "60", "default", "mail"); outcome != "duplicate" {
		t.Error(outcome)
	}
	if _, outcome := s.produce(t, "other", "--unique", "60", "default", "mail"); outcome != "queued" {
		t.Error(outcome)
	}
	if _, err := direct.Enqueue(asynq.NewTask("mail", []byte("other")), asynq.Unique(time.Minute)); err == nil {
		t.Error("queued twice")
	}
}
