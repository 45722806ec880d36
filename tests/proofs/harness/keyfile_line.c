/* SPDX-License-Identifier: MIT */
#include "proof.h"

#include <keyfile_line.c>

/* What fits is written, what does not is not, not even in part, and nothing after it. */
void proof_write_bytes(void)
{
    size_t left = nondet_size(), len = nondet_size(), i = nondet_size();
    ASSUME(left <= 32 && len <= 32, "the bound of this proof; the code has no loop");
    char *out = any_bytes(left);
    const char *bytes = any_bytes(len);
    taskseal__writer writer = {out, left, nondet_bool()}, before = writer;
    taskseal__write_bytes(&writer, bytes, len);
    if (before.full || len > left) {
        CHECK(writer.full && writer.at == out && writer.left == left, "nothing is written when it is full");
        REACHED("full");
    } else {
        CHECK(!writer.full && writer.at == out + len && writer.left == left - len, "behind what was written");
        CHECK(i >= len || out[i] == bytes[i], "every byte is written");
        REACHED("written");
    }
}

bool any_valid(const void *key_id, size_t len)
{
    CHECK(len == 2 && __CPROVER_r_ok(key_id, 2), "two bytes");
    return nondet_bool();
}

/* Every byte of a queue's name is one byte or %XX in upper case. */
void proof_put_queue_byte(void)
{
    char out[3], byte = nondet_char();
    taskseal__writer writer = {out, sizeof out, false};
    put_queue_byte(&writer, byte);
    CHECK(!writer.full && (writer.left == 2 || writer.left == 0), "one byte or three");
    CHECK(writer.left == 0 || out[0] == byte, "itself");
    CHECK(writer.left != 0 ||
              (out[0] == '%' && ((out[1] >= '0' && out[1] <= '9') || (out[1] >= 'A' && out[1] <= 'F')) &&
               ((out[2] >= '0' && out[2] <= '9') || (out[2] >= 'A' && out[2] <= 'F'))),
          "%XX in upper case");
    REACHED_IF(writer.left == 0, "escaped");
    REACHED_IF(writer.left == 2, "plain");
}
