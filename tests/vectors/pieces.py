# SPDX-License-Identifier: MIT
"""Opening in pieces (F 15). Written from doc/format.md alone; reference.py says what these files are for."""

from layout import (
    CHUNK, HEADER_MAX, SUITES, GrowingReader, More, Reader, Refused, check_beginning, check_growing_beginning,
    decrypt_chunk, parse_header, require)
from reference import admit, check_opener


class StreamOpener:
    """Takes an envelope in pieces of any size. Both methods return what may be given out, or raise Refused; after
    that nothing comes any more, and the same fault is raised again."""

    def __init__(self, opener):
        check_opener(opener)
        self.opener = opener
        self.envelope = self.key = self.fault = None
        self.buffer = b""
        self.number = 0
        self.ended = False
        self.released = b""

    def update(self, piece):
        return self.take(piece, False)

    def finish(self):
        return self.take(b"", True)

    def take(self, piece, ended):
        if self.fault:
            raise Refused(self.fault)
        before = len(self.released)
        self.buffer += piece
        self.ended = ended
        try:
            self.advance()
        except Refused as refused:
            self.fault, self.buffer, self.payload_key = refused.name, b"", None
            raise
        return self.released[before:]

    def advance(self):
        if self.envelope is None and not self.read_header():
            return
        step = CHUNK + SUITES[self.envelope.suite].tag_length
        while len(self.buffer) >= step:
            self.open_chunk(step)
        if self.ended:
            require(len(self.buffer) >= step - CHUNK, "malformed")
            self.open_chunk(len(self.buffer))

    def read_header(self):
        """False if it is not complete yet."""
        reader = Reader(self.buffer) if self.ended else GrowingReader(self.buffer)
        try:
            (check_beginning if self.ended else check_growing_beginning)(self.buffer)
            envelope = parse_header(reader)
        except More:
            require(len(self.buffer) < HEADER_MAX, "malformed")
            return False
        require(not envelope.padded, "bad-argument")
        self.payload_key, self.commitment, self.key = admit(envelope, self.opener)
        self.envelope = envelope
        self.buffer = self.buffer[reader.position:]
        return True

    def open_chunk(self, length):
        require(self.number < 2**38, "malformed")
        chunk, self.buffer = self.buffer[:length], self.buffer[length:]
        self.released += decrypt_chunk(self.envelope.suite, self.payload_key, self.number, chunk)
        self.number += 1


def open_in_pieces(data, opener, step):
    """The released bytes, and the fault or None. Everything comes in pieces of `step` bytes (0: at once, with
    nothing in front and behind)."""
    stream = None
    try:
        stream = StreamOpener(opener)
        pieces = [data[at:at + step] for at in range(0, len(data), step)] if step else [b"", data, b""]
        for piece in pieces:
            stream.update(piece)
        stream.finish()
    except Refused as refused:
        released = stream.released if stream else b""
        if stream:
            for again in (lambda: stream.update(b"more"), stream.finish):
                try:
                    again()
                except Refused as same:
                    assert same.name == refused.name and stream.released == released, "a fault must stay"
                else:
                    raise AssertionError("a fault must stay") from refused
        return released, refused.name
    return stream.released, None
