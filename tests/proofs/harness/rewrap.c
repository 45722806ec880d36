/* SPDX-License-Identifier: MIT */
#include "proof.h"

#include <header.c>
#include <rewrap.c>

static uint8_t *g_out;
static size_t g_expected, g_made;

void proof_rewrap_size(void)
{
    size_t len = nondet_size(), size = taskseal_rewrap_size(len);
    CHECK(size == SIZE_MAX || (size > len && size - len == 4 + 255 + 96),
          "one more stanza of ours, as long as may be");
    CHECK(size != SIZE_MAX || len > SIZE_MAX - 512, "SIZE_MAX only at the end of size_t");
    REACHED_IF(size != SIZE_MAX, "a size");
    REACHED_IF(size == SIZE_MAX, "none");
}

void checked_wrap(uint8_t *body, const taskseal__wrap_binding *binding,
                  const uint8_t wrap_key[TASKSEAL__WRAP_KEY_BYTES], const uint8_t *nonce,
                  const uint8_t dek[TASKSEAL__DEK_BYTES])
{
    (void)wrap_key, (void)nonce, (void)dek;
    CHECK(__CPROVER_w_ok(body, binding->type == TASKSEAL_KEY_AEGIS256 ? 96 : 72),
          "there is room for the body");
    g_made++;
}

void checked_mac(uint8_t mac[TASKSEAL__MAC_BYTES], const uint8_t dek[TASKSEAL__DEK_BYTES],
                 const uint8_t *header, size_t len)
{
    (void)dek;
    CHECK(header == g_out && mac == g_out + len && len + 16 == g_expected,
          "the MAC is the header's last 16 bytes");
    CHECK(__CPROVER_w_ok(mac, 16), "there is room for the MAC");
    g_made += 100;
}

/* Two stanzas of any ids in their order, of which one goes; the new one stands where its id belongs, and the header
 * fills exactly the length that was computed. */
void proof_rewrap_header(void)
{
    static const uint8_t preamble[TASKSEAL__STANZA_COUNT_AT], body[3], nonce[32], dek[32];
    static uint8_t ids[2][2];
    static char to_id[2];
    rewrapping r = {.header = {.preamble = preamble, .stanza_count = 2}};
    taskseal__key to = {.id = to_id, .id_len = 1 + nondet_bool(), .type = TASKSEAL_KEY_XCHACHA20POLY1305};
    to_id[0] = (char)(nondet_u8() & 127);
    to_id[1] = (char)(nondet_u8() & 127);
    for (size_t i = 0; i < 2; i++) {
        ids[i][0] = nondet_u8();
        ids[i][1] = nondet_u8();
        r.header.stanzas[i] = (taskseal__stanza){0x10, ids[i], 1 + nondet_bool(), body, 1 + nondet_u8() % 3};
    }
    ASSUME(taskseal__key_id_compare(ids[0], r.header.stanzas[0].key_id_len, ids[1],
                                    r.header.stanzas[1].key_id_len) < 0,
           "the parser has checked the order (F 4.1)");
    r.to = &to;
    r.from.stanza = &r.header.stanzas[nondet_bool()];
    g_expected = new_header_len(&r);
    CHECK(g_expected >= 73 + 4 + 1 + 72 && g_expected <= 73 + 2 * (4 + 2 + 3) + 4 + 2 + 72,
          "as long as its stanzas");
    g_out = any_bytes(g_expected);
    write_header(&r, nonce, dek, g_out);
    CHECK(g_made == 101, "one new stanza, one MAC");
    CHECK(g_out[56] == 1 || g_out[56] == 2, "the count");
    CHECK(g_out[57] == (g_out[56] == 1 ? 1 : g_out[57]), "the new stanza alone");
    REACHED_IF(g_out[56] == 2 && g_out[57] == 1, "the new one first");
    REACHED_IF(g_out[56] == 2 && g_out[57] == 0x10, "the new one last");
    REACHED_IF(g_out[56] == 1, "alone");
}
