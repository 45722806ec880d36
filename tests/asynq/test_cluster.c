/* SPDX-License-Identifier: MIT
 * Tasks on a cluster: on the node of their queue, and on another one. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "support/queue.h"

/* Two nodes: `running` has the slot of `mail`; the other one those of `away` and of asynq:queues. */
static real_server other;

static redisContext *connected_to(const real_server *node)
{
    const real_server kept = running;
    running = *node;
    redisContext *redis = connected(WORKER, "127.0.0.1", "", "");
    running = kept;
    return redis;
}

static real_server start_node(const char *slots, unsigned *bus)
{
    char settings[160];
    *bus = real_server_free_port(); /* the default, 10,000 above the server's, may be none */
    (void)snprintf(settings, sizeof settings,
                   "cluster-enabled yes\ncluster-port %u\ntls-cluster yes\n"
                   "tls-client-cert-file client.pem\ntls-client-key-file client.key\n",
                   *bus);
    queue_start_with(settings);
    redisContext *redis = connected(WORKER, "127.0.0.1", "", "");
    freeReplyObject(ASK(redis, REDIS_REPLY_STATUS, slots));
    redisFree(redis);
    return running;
}

static void wait_for_cluster(const real_server *node)
{
    redisContext *redis = connected_to(node);
    for (bool ready = false; !ready;) {
        redisReply *info = ASK(redis, REDIS_REPLY_STRING, "CLUSTER INFO");
        ready = strstr(info->str, "cluster_state:ok") != NULL;
        freeReplyObject(info);
        (void)nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    }
    redisFree(redis);
}

static void start_cluster(void)
{
    unsigned bus;
    other = start_node("CLUSTER ADDSLOTSRANGE 0 3999 8192 16383", &bus);
    running = start_node("CLUSTER ADDSLOTSRANGE 4000 8191", &bus);
    redisContext *redis = connected_to(&other);
    freeReplyObject(ASK(redis, REDIS_REPLY_STATUS, "CLUSTER SET-CONFIG-EPOCH 1"));
    freeReplyObject(ASK(redis, REDIS_REPLY_STATUS, "CLUSTER MEET 127.0.0.1 %u %u", running.port, bus));
    redisFree(redis);
    wait_for_cluster(&running);
    wait_for_cluster(&other);
}

/* Empty, and with the slot of the queue. */
static redisContext *node_of(const char *queue)
{
    redisContext *redis = connected_to(&running);
    redisReply *slot = ASK(redis, REDIS_REPLY_INTEGER, "CLUSTER KEYSLOT asynq:{%s}:pending", queue);
    if (slot->integer < 4000 || slot->integer > 8191) {
        redisFree(redis);
        redis = connected_to(&other);
    }
    freeReplyObject(slot);
    freeReplyObject(ASK(redis, REDIS_REPLY_STATUS, "FLUSHALL"));
    return redis;
}

static void stop_other(void)
{
    real_server_stop(&other);
}

/* A node refuses keys of two slots in one command, and a script's keys that were not declared. */
START_TEST(all_kinds_of_tasks_are_enqueued_on_a_cluster)
{
    static const char *const queues[] = {"mail", "away", "{mail", "ma{il", "{"};
    redisContext *redis = node_of(queues[_i]);
    taskseal_asynq_task task = queue_task("one", "payload");
    task.queue = taskseal_str(queues[_i]);
    task.type = taskseal_str("}{x}");
    task.flags = TASKSEAL_ASYNQ_QUEUE_LISTED;
    assert_enqueued(redis, &task, TASKSEAL_ASYNQ_QUEUED);
    task.id = taskseal_str("}{two}");
    task.process_in = 60;
    task.unique_ttl = 60;
    assert_enqueued(redis, &task, TASKSEAL_ASYNQ_QUEUED);
    task.id = taskseal_str("three");
    task.payload = taskseal_str("another");
    task.process_in = 0;
    task.group = taskseal_str("}{x}");
    assert_enqueued(redis, &task, TASKSEAL_ASYNQ_QUEUED);
    task.id = taskseal_str("four");
    assert_enqueued(redis, &task, TASKSEAL_ASYNQ_DUPLICATE);
    redisFree(redis);
}
END_TEST

/* With each kind of keys. */
START_TEST(keys_of_another_node_are_said_to_be)
{
    redisContext *redis = queue_empty(), *away = connected_to(&other);
    taskseal_asynq_task task = queue_task("one", "payload");
    task.queue = taskseal_str("away");
    task.flags = TASKSEAL_ASYNQ_QUEUE_LISTED;
    task.process_in = _i == 1 ? 60 : 0;
    task.unique_ttl = _i == 2 ? 60 : 0;
    if (_i == 3)
        task.group = taskseal_str("ann");
    freeReplyObject(ASK(away, REDIS_REPLY_STATUS, "FLUSHALL"));
    const held before = held_by(away);
    assert_refused_by_server(redis, &task, TASKSEAL_ERR_SERVER_BUSY, "(MOVED): the key belongs to another node");
    assert_holds(away, before);
    assert_enqueued(away, &task, TASKSEAL_ASYNQ_QUEUED);
    redisFree(away);
    redisFree(redis);
}
END_TEST

START_TEST(the_list_of_queues_on_another_node_is_said_to_be)
{
    redisContext *redis = queue_empty(), *away = connected_to(&other);
    taskseal_asynq_task task = queue_task("one", "payload");
    const held before = held_by(away);
    assert_refused_by_server(redis, &task, TASKSEAL_ERR_SERVER_BUSY, "to that one: asynq:queues");
    assert_holds(away, before);
    task.flags = TASKSEAL_ASYNQ_QUEUE_LISTED;
    assert_enqueued(redis, &task, TASKSEAL_ASYNQ_QUEUED);
    redisFree(away);
    redisFree(redis);
}
END_TEST

START_TEST(keys_of_no_node_are_said_to_be)
{
    redisContext *redis = queue_empty();
    taskseal_asynq_task task = queue_task("one", "payload");
    const long long slot = number_of(redis, "CLUSTER KEYSLOT asynq:{mail}:pending");
    task.flags = TASKSEAL_ASYNQ_QUEUE_LISTED;
    freeReplyObject(ASK(redis, REDIS_REPLY_STATUS, "CLUSTER DELSLOTS %lld", slot));
    assert_refused_by_server(redis, &task, TASKSEAL_ERR_SERVER_BUSY, "(CLUSTERDOWN)");
    freeReplyObject(ASK(redis, REDIS_REPLY_STATUS, "CLUSTER ADDSLOTS %lld", slot));
    wait_for_cluster(&running);
    assert_enqueued(redis, &task, TASKSEAL_ASYNQ_QUEUED);
    redisFree(redis);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cluster");
    TCase *cluster = add_case(suite, "cluster", start_cluster);
    tcase_add_unchecked_fixture(cluster, NULL, stop_other);
    tcase_add_loop_test(cluster, all_kinds_of_tasks_are_enqueued_on_a_cluster, 0, 5);
    tcase_add_loop_test(cluster, keys_of_another_node_are_said_to_be, 0, 4);
    tcase_add_test(cluster, the_list_of_queues_on_another_node_is_said_to_be);
    tcase_add_test(cluster, keys_of_no_node_are_said_to_be);
    return run_suite(suite);
}
