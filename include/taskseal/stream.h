/* SPDX-License-Identifier: MIT
 *
 * Payloads that do not fit into memory: included by taskseal.h, which says what holds for every function.
 */
#ifndef TASKSEAL_STREAM_H
#define TASKSEAL_STREAM_H

#include <taskseal/envelope.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Streams ---------------------------------------------------------------------------------- */

/* Seals or opens a payload that need not fit into memory, piece by piece, with the same envelopes as everywhere:
 *
 *     taskseal_open_options options = {.keyring = keyring, .context = context};
 *     taskseal_stream *stream;
 *     char in[65536], out[TASKSEAL_STREAM_SIZE(sizeof in)];
 *     size_t in_len, out_len;
 *     err = taskseal_stream_open(&stream, &options);
 *     while (err == TASKSEAL_OK && (in_len = fread(in, 1, sizeof in, from)) > 0) {
 *         err = taskseal_stream_update(stream, in, in_len, out, sizeof out, &out_len);
 *         if (fwrite(out, 1, out_len, to) != out_len)
 *             die("could not write");
 *     }
 *     if (ferror(from) != 0)
 *         die("could not read");
 *     if (err == TASKSEAL_OK)
 *         err = taskseal_stream_finish(stream, out, sizeof out, &out_len, NULL);
 *     if (err == TASKSEAL_OK && fwrite(out, 1, out_len, to) != out_len)
 *         die("could not write");
 *     taskseal_stream_free(stream);
 *
 * What an opening stream gives out is authentic and in
 * its place, but only the success of taskseal_stream_finish says that it was all: until then do nothing with
 * it that you can't undo. Padding needs the whole payload, and is not for streams. */
typedef struct taskseal_stream taskseal_stream;

/* Begins to seal. The options are as for taskseal_seal; they, the keyring and the context are no longer needed
 * afterwards. The seal time is that of this call.
 *  BAD_ARGUMENT  also: TASKSEAL_SEAL_PADDED
 *  NO_MEMORY, NO_RANDOM, and those of taskseal_seal_size */
TASKSEAL_MUST_USE taskseal_err taskseal_stream_seal(taskseal_stream **out,
                                                    const taskseal_seal_options *options);

/* Begins to open. The options are as for taskseal_open, and are no longer needed afterwards. The times are
 * checked when the header has been read. BAD_ARGUMENT, NO_MEMORY. */
TASKSEAL_MUST_USE taskseal_err taskseal_stream_open(taskseal_stream **out,
                                                    const taskseal_open_options *options);

/* The capacity that the output of taskseal_stream_update needs for `len` bytes of input, and that of
 * taskseal_stream_finish for 0; SIZE_MAX if no size_t holds it. */
size_t taskseal_stream_size(size_t len);

/* Takes `len` bytes of input, of any length, and writes what is complete to `out`; often that is nothing.
 *  BUFFER_TOO_SMALL  out_cap < taskseal_stream_size(len); nothing was taken, the stream goes on
 *  BAD_ARGUMENT      out of range, or the stream is finished; when opening also: the envelope is padded
 *  LOOKS_SEALED      when sealing
 *  and when opening the errors of taskseal_open but for BUFFER_TOO_SMALL
 * Every other failure is final: the stream has wiped its keys and says the same from then on. */
TASKSEAL_MUST_USE taskseal_err taskseal_stream_update(taskseal_stream *stream, const void *in, size_t len,
                                                      void *out, size_t out_cap, size_t *out_len);

/* Says that the input has ended. Sealing: writes the rest of the envelope. Opening: verifies that it was complete
 * and gives out the last piece. `opened` may be NULL; after sealing it tells of the new envelope, and its key
 * is the first that it names. opened->key_id lives as long as the stream. Errors as taskseal_stream_update. */
TASKSEAL_MUST_USE taskseal_err taskseal_stream_finish(taskseal_stream *stream, void *out, size_t out_cap,
                                                      size_t *out_len, taskseal_opened *opened);

/* Wipes and frees, at any time; NULL is fine. */
void taskseal_stream_free(taskseal_stream *stream);

#ifdef __cplusplus
}
#endif

#endif
