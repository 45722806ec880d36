/* SPDX-License-Identifier: MIT
 * The words of a key's line, one behind the other; write_bytes by its own proof. */
#include "keyfile_line.c"

enum { PIECES_MAX = 16 };

/* What is to be written: these very bytes, or, where `at` is NULL, any of that length. */
typedef struct {
    const char *at;
    size_t len;
} words;

static words g_want[PIECES_MAX];
static size_t g_wanted, g_taken;
static taskseal__writer *g_writer;
static bool g_wiped;

static void want(const char *at, size_t len)
{
    g_want[g_wanted++] = (words){at, len};
}

static void want_word(const char *word)
{
    want(word, strlen(word));
}

void taken_bytes(taskseal__writer *writer, const char *bytes, size_t len)
{
    CHECK(writer == g_writer, "to the writer that was given");
    CHECK(g_taken < g_wanted, "no more than is to be written");
    const words w = g_want[g_taken < PIECES_MAX ? g_taken : 0];
    g_taken++;
    CHECK(len == w.len && (len == 0 || __CPROVER_r_ok(bytes, len)), "as long as it must be, and there");
    CHECK(w.at == NULL || bytes == w.at || memcmp(bytes, w.at, w.len) == 0, "the word that is due");
}

static void check_taken(void)
{
    CHECK(g_taken == g_wanted, "all that is to be written");
}

const char *taskseal__key_type_name(taskseal_key_type type)
{
    CHECK(type == TASKSEAL_KEY_AEGIS256, "the key's type");
    return "TYPE";
}

const char *taskseal__key_state_name(taskseal_key_state state)
{
    CHECK(state == TASKSEAL_KEY_RETIRED, "the key's state");
    return "STATE";
}

const char *taskseal__secret_prefix(taskseal_key_type type)
{
    CHECK(type == TASKSEAL_KEY_AEGIS256, "the key's type");
    return "tskek1_";
}

void proof_put_word(void)
{
    static taskseal__writer writer;
    char word[9];
    for (size_t i = 0; i < 8; i++)
        word[i] = nondet_char();
    word[8] = '\0';
    g_writer = &writer;
    size_t len = 0;
    while (word[len] != '\0')
        len++;
    want(word, len);
    put_word(&writer, word);
    check_taken();
    REACHED_IF(len == 8, "the longest");
}

static const taskseal_key *g_key;
static size_t g_queue, g_byte;

/* Every byte of every queue, in their order. */
void taken_byte(taskseal__writer *writer, char byte)
{
    CHECK(writer == g_writer && g_queue >= 1 && g_queue <= g_key->queue_count, "behind `queues=` or a comma");
    const taskseal_bytes queue = g_key->queues[g_queue - 1];
    CHECK(g_byte < queue.len && byte == ((const char *)queue.data)[g_byte], "the byte that is due");
    g_byte++;
}

void queue_word(taskseal__writer *writer, const char *word)
{
    CHECK(writer == g_writer && g_queue < g_key->queue_count, "no more lists than queues");
    CHECK(g_queue == 0 || g_byte == g_key->queues[g_queue - 1].len, "behind the whole queue");
    CHECK(strcmp(word, g_queue == 0 ? " queues=" : ",") == 0, "`queues=` before the first, a comma between");
    g_queue++;
    g_byte = 0;
}

void proof_put_queues(void)
{
    static taskseal__writer writer;
    taskseal_bytes queues[3];
    const taskseal_key key = {.queues = queues, .queue_count = nondet_size()};
    ASSUME(key.queue_count <= 3, "the bound of this proof");
    for (size_t i = 0; i < 3; i++) {
        queues[i].len = nondet_size();
        ASSUME(queues[i].len >= 1 && queues[i].len <= 3, "the bound of this proof; no queue is empty");
        queues[i].data = any_bytes(queues[i].len);
    }
    g_writer = &writer;
    g_key = &key;
    put_queues(&writer, &key);
    CHECK(g_queue == key.queue_count, "every queue");
    CHECK(g_queue == 0 || g_byte == queues[g_queue - 1].len, "the last one, whole");
    REACHED_IF(g_queue == 3, "three");
    REACHED_IF(g_queue == 0, "none");
}

void known_timestamp(char *text, uint64_t time)
{
    CHECK(__CPROVER_w_ok(text, 20) && time != 0, "there is room for the time");
    want(text, 20);
}

void proof_put_time(void)
{
    static taskseal__writer writer;
    uint64_t time = nondet_u64();
    g_writer = &writer;
    if (time != 0)
        want_word(" not-after=");
    put_time(&writer, " not-after=", time);
    CHECK(g_taken == (time == 0 ? 0 : 2) && g_taken == g_wanted, "a name and a time, or nothing");
    REACHED_IF(time != 0, "a time");
    REACHED_IF(time == 0, "none");
}

static const char *g_digits;

char *known_digits(char *const to, const size_t cap, const unsigned char *const bin, const size_t len,
                   const int variant)
{
    CHECK(variant == sodium_base64_VARIANT_URLSAFE_NO_PADDING, "unpadded, URL-safe");
    CHECK(bin == g_key->secret && len == 32 && __CPROVER_r_ok(bin, len), "the secret, whole");
    CHECK(cap >= 44 && __CPROVER_w_ok(to, cap), "there is room for the digits and a NUL");
    g_digits = to;
    want_word("tskek1_");
    want(to, 43);
    return to;
}

void wiped_digits(void *at, size_t len)
{
    CHECK(at == g_digits && len == 44 && g_taken == g_wanted, "the digits are wiped, when they are written");
    g_wiped = true;
}

void proof_put_secret(void)
{
    static taskseal__writer writer;
    taskseal_key key = {.type = TASKSEAL_KEY_AEGIS256, .secret = any_bytes(32)};
    g_writer = &writer;
    g_key = &key;
    put_secret(&writer, &key);
    check_taken();
    CHECK(g_wiped && g_taken == 2, "a prefix and 43 digits, and nothing is left");
    REACHED("a secret");
}

static unsigned g_part;

static void part(unsigned number, const taskseal_key *key)
{
    CHECK(key == g_key, "of this key");
    CHECK(g_taken == (number == 1 ? 7 : number == 2 ? 7 + (g_key->secret == NULL) : g_taken), "in its place");
    CHECK(g_part < number, "in their order, each once");
    g_part = number;
}

void secret_part(taskseal__writer *writer, const taskseal_key *key)
{
    CHECK(writer == g_writer && key->secret != NULL, "a secret that is there");
    part(1, key);
}

void queues_part(taskseal__writer *writer, const taskseal_key *key)
{
    CHECK(writer == g_writer, "to the writer that was given");
    part(2, key);
}

void time_part(taskseal__writer *writer, const char *name, uint64_t time)
{
    bool before = strcmp(name, " not-before=") == 0;
    CHECK(writer == g_writer && (before || strcmp(name, " not-after=") == 0), "one of two names");
    CHECK(time == (before ? g_key->not_before : g_key->not_after), "the time of this name");
    part(before ? 3 : 4, g_key);
}

/* The words of a line in their order, with one space between them, and a line feed. */
void proof_write_key(void)
{
    static taskseal__writer writer;
    static const uint8_t secret;
    const taskseal_key key = {.id = "ID",
                              .type = TASKSEAL_KEY_AEGIS256,
                              .state = TASKSEAL_KEY_RETIRED,
                              .secret = nondet_bool() ? &secret : NULL,
                              .not_before = nondet_u64(),
                              .not_after = nondet_u64()};
    static const char *const want_words[] = {"key ", "ID", " ", "TYPE", " ", "STATE", " "};
    g_writer = &writer;
    g_key = &key;
    for (size_t i = 0; i < 7; i++)
        want_word(want_words[i]);
    if (key.secret == NULL)
        want_word("SECRET");
    want_word("\n");
    taskseal__write_key(&writer, &key, "SECRET");
    check_taken();
    CHECK(g_part == 4, "queues and both times");
    REACHED_IF(key.secret == NULL, "without a secret of its own");
    REACHED_IF(key.secret != NULL, "with one");
}
