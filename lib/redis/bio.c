/* SPDX-License-Identifier: MIT */
#include "bio.h"

#include <errno.h>
#include <sys/socket.h>

#include "text.h"

/* RFC 8446, 5.1: a record begins with its content type, 20 to 23, and the major version 3. */
static bool begins_record(const char *data, size_t len)
{
    return data[0] >= 20 && data[0] <= 23 && (len < 2 || data[1] == 3);
}

static bool may_retry(int system_error)
{
    return system_error == EAGAIN || system_error == EWOULDBLOCK || system_error == EINTR;
}

static bool is_over(const taskseal__wire *wire)
{
    return wire->deadline != TASKSEAL__NO_DEADLINE && taskseal__monotonic_us() >= wire->deadline;
}

static int wire_read(BIO *bio, char *data, size_t len, size_t *read)
{
    taskseal__wire *wire = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    *read = 0;
    if (wire->not_tls)
        return 0;
    if (is_over(wire) || (wire->metered && wire->allowance == 0)) {
        BIO_set_retry_read(bio); /* as if nothing had come: the caller asks the clock before it waits */
        return 0;
    }
    if (wire->metered && len > wire->allowance)
        len = wire->allowance;
    ssize_t got = recv(wire->fd, data, len, 0);
    if (got < 0) {
        if (may_retry(errno))
            BIO_set_retry_read(bio);
        else
            wire->system_error = errno;
        return 0;
    }
    if (got == 0) {
        wire->closed = true;
        return 0;
    }
    if (!wire->heard && !begins_record(data, (size_t)got)) {
        wire->not_tls = true;
        taskseal__printable(wire->first, sizeof wire->first, data, (size_t)got);
        return 0;
    }
    wire->heard = true;
    if (wire->metered)
        wire->allowance -= (size_t)got;
    *read = (size_t)got;
    return 1;
}

/* Failure is -1: newer OpenSSLs take 0 without a wish to try again for success, and the record would be lost. */
static int wire_write(BIO *bio, const char *data, size_t len, size_t *written)
{
    taskseal__wire *wire = BIO_get_data(bio);
    BIO_clear_retry_flags(bio);
    *written = 0;
    ssize_t sent = send(wire->fd, data, len, MSG_NOSIGNAL);
    if (sent < 0) {
        if (may_retry(errno))
            BIO_set_retry_write(bio);
        else
            wire->system_error = errno;
        return -1;
    }
    wire->sent += (uint64_t)sent;
    *written = (size_t)sent;
    return 1;
}

/* OpenSSL asks for the end of file to tell a closed connection from a failing one. */
static long wire_control(BIO *bio, int command, long number, void *pointer)
{
    (void)number;
    (void)pointer;
    const taskseal__wire *wire = BIO_get_data(bio);
    switch (command) {
    case BIO_CTRL_FLUSH:
        return 1;
    case BIO_CTRL_EOF:
        return wire->closed ? 1 : 0;
    default:
        return 0;
    }
}

BIO_METHOD *taskseal__bio_method_new(void)
{
    int index = BIO_get_new_index();
    if (index == -1)
        return NULL;
    BIO_METHOD *method = BIO_meth_new(index | BIO_TYPE_SOURCE_SINK, "taskseal socket");
    if (method == NULL)
        return NULL;
    if (BIO_meth_set_read_ex(method, wire_read) != 1 || BIO_meth_set_write_ex(method, wire_write) != 1 ||
        BIO_meth_set_ctrl(method, wire_control) != 1) {
        BIO_meth_free(method);
        return NULL;
    }
    return method;
}

BIO *taskseal__bio_new(const BIO_METHOD *method, taskseal__wire *wire)
{
    BIO *bio = BIO_new(method);
    if (bio == NULL)
        return NULL;
    BIO_set_data(bio, wire);
    BIO_set_init(bio, 1);
    return bio;
}
