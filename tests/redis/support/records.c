/* SPDX-License-Identifier: MIT */
#include "records.h"

/* RFC 8446, 5.2, and RFC 5246, 6.2.3: what encryption may add. */
enum { HEADER = 5, BODY_MAX = 16384 + 2048 };

static void feed_header(records *r, unsigned char byte)
{
    switch (r->at) {
    case 0:
        if (r->count < RECORDS_MAX)
            r->begin[r->count] = r->bytes;
        r->count++;
        r->type = byte;
        r->strange = r->strange || byte < 20 || byte > 23;
        break;
    case 1:
        r->strange = r->strange || byte != 3;
        break;
    case 2: /* OpenSSL answers a version that it does not know with an alert of that version */
        r->strange = r->strange || (byte > 4 && r->type != 21);
        break;
    case 3:
        r->body = (size_t)byte << 8;
        break;
    default:
        r->body |= byte;
        r->strange = r->strange || r->body == 0 || r->body > BODY_MAX;
    }
}

void records_feed(records *r, const void *data, size_t len)
{
    const unsigned char *bytes = data;
    for (size_t i = 0; i < len; i++) {
        if (r->at < HEADER)
            feed_header(r, bytes[i]);
        r->bytes++;
        r->at++;
        if (r->at >= HEADER && r->at == HEADER + r->body)
            r->at = 0;
    }
}
