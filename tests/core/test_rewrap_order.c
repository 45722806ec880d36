/* SPDX-License-Identifier: MIT
 * The order in which rewrapping finds faults (F 10): of two at once, the earlier is reported. */
#include "support/faults.h"
#include "support/forge.h"

typedef enum fault {
    BAD_TIME,
    NO_MAGIC,
    VERSION,
    SUITE,
    RESERVED_BIT,
    CLOCK,
    ANONYMOUS,
    COMPROMISED,
    OLD_RETIRED,
    OLD_UNKNOWN,
    NEW_NOT_ACTIVE,
    NEW_WIDER,
    NEW_WINDOW,
    MAC,
    TOO_EARLY,
    TOO_LATE,
    OLD_WINDOW,
    SMALL_BUFFER,
    RANDOM,
    FAULTS
} fault;

static const taskseal_err errors[FAULTS] = {
    [BAD_TIME] = TASKSEAL_ERR_BAD_ARGUMENT,
    [NO_MAGIC] = TASKSEAL_ERR_NOT_SEALED,
    [VERSION] = TASKSEAL_ERR_UNSUPPORTED_VERSION,
    [SUITE] = TASKSEAL_ERR_UNSUPPORTED_SUITE,
    [RESERVED_BIT] = TASKSEAL_ERR_MALFORMED,
    [CLOCK] = TASKSEAL_ERR_BAD_CLOCK,
    [ANONYMOUS] = TASKSEAL_ERR_CLASS_DENIED,
    [COMPROMISED] = TASKSEAL_ERR_KEY_COMPROMISED,
    [OLD_RETIRED] = TASKSEAL_ERR_KEY_RETIRED,
    [OLD_UNKNOWN] = TASKSEAL_ERR_UNKNOWN_KEY,
    [NEW_NOT_ACTIVE] = TASKSEAL_ERR_KEY_NOT_ACTIVE,
    [NEW_WIDER] = TASKSEAL_ERR_KEY_WRONG_QUEUE,
    [NEW_WINDOW] = TASKSEAL_ERR_KEY_OUTSIDE_WINDOW,
    [MAC] = TASKSEAL_ERR_AUTHENTICATION_FAILED,
    [TOO_EARLY] = TASKSEAL_ERR_NOT_YET_VALID,
    [TOO_LATE] = TASKSEAL_ERR_EXPIRED,
    [OLD_WINDOW] = TASKSEAL_ERR_KEY_OUTSIDE_WINDOW,
    [SMALL_BUFFER] = TASKSEAL_ERR_BUFFER_TOO_SMALL,
    [RANDOM] = TASKSEAL_ERR_NO_RANDOM,
};

#define BIT(fault)      (1U << (fault))
#define HAS(set, fault) (((set)&BIT(fault)) != 0)

/* The envelope names k (the old key) and z. */
static blob envelope(unsigned set)
{
    forging f = forging_new();
    if (HAS(set, ANONYMOUS))
        f.stanzas[0] = (forged_stanza){.type = 0x81, .id = "k", .body_len = 48};
    f.stanzas[1] = (forged_stanza){.type = HAS(set, ANONYMOUS) ? 0x81 : 1, .id = "z", .body_len = 72};
    f.stanza_count = 2;
    if (HAS(set, TOO_EARLY))
        f.sealed_at = NOW + 301;
    if (HAS(set, TOO_LATE)) {
        f.sealed_at = NOW - 100;
        f.expires_at = NOW;
    }
    const blob sealed = forge(&f);
    const size_t header_len = inspect(sealed).header_len;
    if (HAS(set, MAC))
        sealed.data[header_len - 1] ^= 1;
    if (HAS(set, NO_MAGIC))
        sealed.data[0] = '{';
    if (HAS(set, VERSION))
        sealed.data[4] = 2;
    if (HAS(set, SUITE))
        sealed.data[5] = 4;
    if (HAS(set, RESERVED_BIT))
        sealed.data[6] |= 2;
    return sealed;
}

/* The ring holds n (the new key) and k, unless a fault takes it away. */
static taskseal_keyring *ring(unsigned set)
{
    static taskseal_bytes queues[2];
    taskseal_key keys[3] = {key_of("n")};
    size_t count = 1;
    queues[0] = taskseal_str("mail");
    queues[1] = taskseal_str("pay");
    keys[0].queues = queues;
    keys[0].queue_count = HAS(set, NEW_WIDER) ? 2 : 1;
    if (HAS(set, NEW_NOT_ACTIVE))
        keys[0].state = TASKSEAL_KEY_OPEN_ONLY;
    if (HAS(set, NEW_WINDOW))
        keys[0].not_after = NOW - 1000;
    if (HAS(set, COMPROMISED))
        keys[count++] = key_in_state("z", TASKSEAL_KEY_COMPROMISED);
    if (HAS(set, OLD_UNKNOWN) && !HAS(set, OLD_RETIRED))
        return ring_of(keys, count);
    keys[count] = key_in_state("k", HAS(set, OLD_RETIRED) ? TASKSEAL_KEY_RETIRED : TASKSEAL_KEY_ACTIVE);
    keys[count].queues = queues;
    keys[count].queue_count = 1;
    if (HAS(set, OLD_WINDOW))
        keys[count].not_after = NOW - 1000;
    return ring_of(keys, count + 1);
}

/* Rewraps with all the faults of the set. */
static taskseal_err rewrap_with(unsigned set)
{
    const blob sealed = envelope(set);
    const taskseal_keyring *keys = ring(set);
    const taskseal_rewrap_options options = {
        .keyring = keys,
        .to_key_id = "n",
        .now = HAS(set, BAD_TIME) ? TASKSEAL_TIME_MAX + 1
               : HAS(set, CLOCK)  ? 0
                                  : NOW,
    };
    blob out = blob_new(sealed.len - (HAS(set, SMALL_BUFFER) ? 1 : 0)); /* the ids have the same length */
    size_t len = 1;
    faults.clock = HAS(set, CLOCK) ? CLOCK_FAILS : CLOCK_WORKS;
    faults.random = HAS(set, RANDOM) ? RANDOM_FAILS : RANDOM_WORKS;
    const taskseal_err err = taskseal_rewrap(&options, sealed.data, sealed.len, out.data, out.len, &len);
    faults_reset();
    ck_assert((len == 0) == (err != TASKSEAL_OK));
    return err;
}

/* A time is given, wrongly, or read. An envelope can't be both too early and too late. */
static bool possible(fault earlier, fault later)
{
    return !(earlier == BAD_TIME && later == CLOCK) && !(earlier == TOO_EARLY && later == TOO_LATE);
}

START_TEST(without_a_fault_it_rewraps)
{
    assert_ok(rewrap_with(0));
}
END_TEST

START_TEST(one_fault_is_reported)
{
    assert_err(errors[_i], rewrap_with(BIT(_i)));
}
END_TEST

START_TEST(of_two_faults_the_earlier_is_reported)
{
    for (int later = _i + 1; later < FAULTS; later++) {
        if (!possible((fault)_i, (fault)later))
            continue;
        const taskseal_err err = rewrap_with(BIT(_i) | BIT(later));
        ck_assert_msg(err == errors[_i], "%s and %s: got %s", taskseal_err_name(errors[_i]),
                      taskseal_err_name(errors[later]), taskseal_err_name(err));
    }
}
END_TEST

Suite *make_suite(void)
{
    Suite *suite = suite_create("rewrap order");
    TCase *tests = add_faults_case(suite, "pairs");
    tcase_add_test(tests, without_a_fault_it_rewraps);
    tcase_add_loop_test(tests, one_fault_is_reported, 0, FAULTS);
    tcase_add_loop_test(tests, of_two_faults_the_earlier_is_reported, 0, FAULTS - 1);
    return suite;
}
