/* SPDX-License-Identifier: MIT
 * The order in which opening finds faults (F 2, F 9): of two at once, the earlier is reported. Every pair of
 * faults that can occur together is made. */
#include "support/faults.h"
#include "support/forge.h"

typedef enum fault {
    BAD_OPTIONS,
    NO_MAGIC,
    VERSION,
    SUITE,
    RESERVED_BIT,
    SMALL_BUFFER,
    ANONYMOUS,
    COMPROMISED,
    RETIRED,
    OTHER_QUEUE,
    UNKNOWN,
    MAC,
    WINDOW,
    DENIED_SUITE,
    MISSING_SUITE,
    PURPOSE,
    UNBOUND,
    NOT_GIVEN,
    DIFFERENT,
    CLOCK,
    TOO_EARLY,
    TOO_LATE,
    CHUNK,
    FAULTS
} fault;

static const taskseal_err errors[FAULTS] = {
    [BAD_OPTIONS] = TASKSEAL_ERR_BAD_ARGUMENT,
    [NO_MAGIC] = TASKSEAL_ERR_NOT_SEALED,
    [VERSION] = TASKSEAL_ERR_UNSUPPORTED_VERSION,
    [SUITE] = TASKSEAL_ERR_UNSUPPORTED_SUITE,
    [RESERVED_BIT] = TASKSEAL_ERR_MALFORMED,
    [SMALL_BUFFER] = TASKSEAL_ERR_BUFFER_TOO_SMALL,
    [ANONYMOUS] = TASKSEAL_ERR_CLASS_DENIED,
    [COMPROMISED] = TASKSEAL_ERR_KEY_COMPROMISED,
    [RETIRED] = TASKSEAL_ERR_KEY_RETIRED,
    [OTHER_QUEUE] = TASKSEAL_ERR_KEY_WRONG_QUEUE,
    [UNKNOWN] = TASKSEAL_ERR_UNKNOWN_KEY,
    [MAC] = TASKSEAL_ERR_AUTHENTICATION_FAILED,
    [WINDOW] = TASKSEAL_ERR_KEY_OUTSIDE_WINDOW,
    [DENIED_SUITE] = TASKSEAL_ERR_SUITE_DENIED,
    [MISSING_SUITE] = TASKSEAL_ERR_SUITE_UNAVAILABLE,
    [PURPOSE] = TASKSEAL_ERR_WRONG_PURPOSE,
    [UNBOUND] = TASKSEAL_ERR_CONTEXT_MISMATCH,
    [NOT_GIVEN] = TASKSEAL_ERR_CONTEXT_REQUIRED,
    [DIFFERENT] = TASKSEAL_ERR_CONTEXT_MISMATCH,
    [CLOCK] = TASKSEAL_ERR_BAD_CLOCK,
    [TOO_EARLY] = TASKSEAL_ERR_NOT_YET_VALID,
    [TOO_LATE] = TASKSEAL_ERR_EXPIRED,
    [CHUNK] = TASKSEAL_ERR_DAMAGED,
};

#define BIT(fault)      (1U << (fault))
#define HAS(set, fault) (((set)&BIT(fault)) != 0)

/* The envelope names k (which serves), r, w and z. */
static blob envelope(unsigned set)
{
    forging f = forging_new();
    if (HAS(set, ANONYMOUS)) {
        f.stanzas[0] = (forged_stanza){.type = 0x81, .id = "k", .body_len = 48};
        f.stanzas[1] = (forged_stanza){.type = 0x81, .id = "z", .body_len = 48};
        f.stanza_count = 2;
    } else {
        f.stanzas[1] = (forged_stanza){.type = 1, .id = "r", .body_len = 72};
        f.stanzas[2] = (forged_stanza){.type = 1, .id = "w", .body_len = 72};
        f.stanzas[3] = (forged_stanza){.type = 1, .id = "z", .body_len = 72};
        f.stanza_count = 4;
    }
    if (HAS(set, MISSING_SUITE))
        f.suite = TASKSEAL_SUITE_AEGIS256;
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
    if (HAS(set, CHUNK))
        sealed.data[sealed.len - 1] ^= 1;
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

static taskseal_keyring *ring(unsigned set)
{
    static taskseal_bytes other;
    taskseal_key keys[5];
    size_t count = 0;
    other = taskseal_str("other");
    keys[count++] = key_of("unrelated");
    if (HAS(set, OTHER_QUEUE)) {
        keys[count] = key_of("w");
        keys[count].queues = &other;
        keys[count++].queue_count = 1;
    }
    if (HAS(set, RETIRED))
        keys[count++] = key_in_state("r", TASKSEAL_KEY_RETIRED);
    if (HAS(set, COMPROMISED))
        keys[count++] = key_in_state("z", TASKSEAL_KEY_COMPROMISED);
    if (!HAS(set, UNKNOWN) && !HAS(set, RETIRED) && !HAS(set, OTHER_QUEUE)) {
        keys[count] = key_of("k");
        if (HAS(set, WINDOW))
            keys[count].not_after = NOW - 1000;
        count++;
    }
    return ring_of(keys, count);
}

static taskseal_open_options options(unsigned set)
{
    taskseal_open_options with = opening(ring(set));
    if (HAS(set, BAD_OPTIONS))
        with.insist = 0x200;
    if (HAS(set, DENIED_SUITE))
        with.allowed_suites = 1U << TASKSEAL_SUITE_AES256GCM;
    if (HAS(set, PURPOSE))
        with.purpose = TASKSEAL_RESULT;
    if (HAS(set, UNBOUND))
        with.context.extra = taskseal_str("tenant");
    if (HAS(set, NOT_GIVEN))
        with.context.id = (taskseal_bytes){NULL, 0};
    if (HAS(set, DIFFERENT))
        with.context.type = taskseal_str("other");
    if (HAS(set, CLOCK)) {
        with.now = 0;
        faults.clock = CLOCK_FAILS;
    }
    return with;
}

/* Opens with all the faults of the set. */
static taskseal_err open_with(unsigned set)
{
    const blob sealed = envelope(set);
    const taskseal_open_options with = options(set);
    blob out = blob_new(HAS(set, SMALL_BUFFER) ? 39 : 40);
    size_t len = 1;
    const taskseal_err err = taskseal_open(&with, sealed.data, sealed.len, out.data, out.len, &len, NULL);
    faults_reset();
    ck_assert((len == 0) == (err != TASKSEAL_OK));
    return err;
}

/* A suite can't be both there and missing. An envelope can't be both too early and too late. The order of the
 * two mismatches can't be seen. */
static bool possible(fault earlier, fault later)
{
    if (earlier == MISSING_SUITE || later == MISSING_SUITE)
        return !taskseal_suite_available(TASKSEAL_SUITE_AEGIS256);
    return !(earlier == TOO_EARLY && later == TOO_LATE);
}

START_TEST(without_a_fault_it_opens)
{
    assert_ok(open_with(0));
}
END_TEST

START_TEST(one_fault_is_reported)
{
    if (possible((fault)_i, (fault)_i))
        assert_err(errors[_i], open_with(BIT(_i)));
}
END_TEST

START_TEST(of_two_faults_the_earlier_is_reported)
{
    for (int later = _i + 1; later < FAULTS; later++) {
        if (!possible((fault)_i, (fault)later))
            continue;
        const taskseal_err err = open_with(BIT(_i) | BIT(later));
        ck_assert_msg(err == errors[_i], "%s and %s: got %s", taskseal_err_name(errors[_i]),
                      taskseal_err_name(errors[later]), taskseal_err_name(err));
    }
}
END_TEST

Suite *make_suite(void)
{
    Suite *suite = suite_create("open order");
    TCase *tests = add_faults_case(suite, "pairs");
    tcase_add_test(tests, without_a_fault_it_opens);
    tcase_add_loop_test(tests, one_fault_is_reported, 0, FAULTS);
    tcase_add_loop_test(tests, of_two_faults_the_earlier_is_reported, 0, FAULTS - 1);
    return suite;
}
