/* SPDX-License-Identifier: MIT
 * The far end of a socket that isn't one: recv, send, poll and close of the library come here (meson.build wraps them), so
 * that its own BIO reads what the fuzzer wants, in pieces. */
#ifndef TASKSEAL_FUZZ_SERVER_H
#define TASKSEAL_FUZZ_SERVER_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FUZZ_SERVER_FD = 1 << 20 }; /* no descriptor of this process */

typedef struct fuzz_server {
    const uint8_t *script; /* bytes to send; of a live server: changes to make */
    size_t script_len;
    unsigned
        piece; /* so many bytes at a time, from 1 to 127, or 0: all; with the top bit, EAGAIN before each */
    bool may_wait;
    bool again, again_send;
    SSL *ssl; /* NULL: not live */
    BIO *in, *out;
    uint8_t *ready; /* to be received */
    size_t ready_len, ready_at;
    uint8_t *held; /* a record that is to come behind the next */
    size_t held_len;
    unsigned records; /* that the live server has made */
    bool changed;     /* what it made is not what is received */
    bool ended;
    int error; /* where there is nothing more: 0 is the end of the stream; with another, sending fails then too */
    uint8_t *sent; /* by the client */
    size_t sent_len;
    int first, second; /* bytes of the first piece received; -1: none */
    bool broken;       /* a send has failed for good */
    unsigned closed;
} fuzz_server;

/* Sends `script` and ends. There is one server at a time; FUZZ_SERVER_FD is connected to it. */
fuzz_server *fuzz_server_new(const uint8_t *script, size_t len, unsigned piece);

/* From now on a real TLS server of the name localhost, or of another, whose records are sent with the script's changes:
 * five bytes for each, the record's number, what to do, a place in it (two bytes) and a value. */
void fuzz_server_go_live(fuzz_server *server, bool tls12, bool wrong_name, bool asks_client);

void fuzz_server_free(fuzz_server *server);

/* Files of its CA, and of a client that it does not know. */
typedef struct fuzz_server_files {
    char ca[40], cert[40], key[40];
} fuzz_server_files;

void fuzz_server_write(fuzz_server_files *files);
void fuzz_server_remove(const fuzz_server_files *files);

#endif
