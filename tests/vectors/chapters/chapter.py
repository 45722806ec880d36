# SPDX-License-Identifier: MIT
"""A chapter is one file of vectors: what its author expects, confirmed by the reference."""

import re

import answers
import forge
import layout
import records


class Chapter:
    def __init__(self, title, steps=None):
        self.title = title
        self.steps = steps  # None: all of answers.STEPS
        self.records = []
        self.sealed = {}  # by record name, for pieces in later records

    def text(self):
        heading = ("# SPDX-License-Identifier: MIT", f"# {self.title}",
                   "# Made by generate.py. README.md explains the fields.", "\n")
        return "\n".join(heading) + "\n".join(record.text() for record in self.records)

    def add(self, name, comment, operation, sealed, expect, **fields):
        """A record whose author knows the answer. `sealed` is bytes, or an expression (README.md)."""
        record = self.observe(name, operation, sealed, comment=comment, **fields)
        if record.get("expect") != expect:
            raise AssertionError(f"{name}: expected {expect}, the reference says {record.get('expect')}")

    def observe(self, name, operation, sealed, *, comment="differential", **fields):
        """A record with the reference's answer. Fields that are None are left out."""
        name = slug(name)
        assert name not in self.sealed, f"two vectors are named {name}"
        expression = sealed if isinstance(sealed, str) else sealed.hex()
        fields = {field: value for field, value in fields.items() if value is not None}
        record = records.Record({"name": name, "comment": comment, "operation": operation, **fields,
                                 "sealed": expression})
        answer = answers.answer(record, self.sealed)
        record.fields["expect"] = answer.pop("expect")
        for lack in records.LACKS:
            without = answers.answer(record, self.sealed, frozenset([lack]))["expect"]
            if without != record.get("expect"):
                record.fields[f"expect_without_{lack}"] = without
        if "payload" in answer:
            answer["payload"] = self.payload_expression(answer["payload"])
        record.fields.update(answer)
        if operation == "open":
            self.observe_in_pieces(record)
        self.records.append(record)
        self.sealed[name] = records.evaluate(expression, self.sealed)
        return record

    def observe_in_pieces(self, record):
        """What opening in pieces answers is said only where it is something else."""
        name, released = answers.answer_in_pieces(record, self.sealed, steps=self.steps)
        if name != answers.expected_in_pieces(record):
            record.fields["expect_in_pieces"] = name
        if released != answers.expected_release(record, self.sealed):
            record.fields["released"] = self.payload_expression(released)
        for lack in records.LACKS:
            name, _ = answers.answer_in_pieces(record, self.sealed, frozenset([lack]), answers.ONE_PIECE)
            if name != answers.expected_in_pieces(record, lack):
                record.fields[f"expect_in_pieces_without_{lack}"] = name

    @staticmethod
    def payload_expression(payload):
        if len(payload) > 2000:
            expression, patterned = forge.long_payload(len(payload))
            if patterned == payload:
                return expression
        return payload.hex()

    def with_keys(self, operation, name, comment, keys, data, expect, now, places, **fields):
        """`places` are bytes, or expressions."""
        self.add(name, comment, operation, data, expect, key=[records.format_key(key) for key in keys],
                 **{field: expressed(value) for field, value in places.items()}, now=str(now), **fields)

    def open(self, name, comment, keys, sealed, expect="ok", *, context=None, now=forge.NOW, **fields):
        context = forge.TASK if context is None else context
        self.with_keys("open", name, comment, keys, sealed, expect, now, context, **fields)

    def rewrap(self, name, comment, keys, sealed, expect="ok", *, context=None, now=forge.NOW, **fields):
        context = forge.TASK if context is None else context
        self.with_keys("rewrap", name, comment, keys, sealed, expect, now, context, **fields)

    def reseal(self, name, comment, keys, sealed, expect="ok", *, context=None, now=forge.NOW, **fields):
        context = forge.TASK if context is None else context
        self.with_keys("reseal", name, comment, keys, sealed, expect, now, context, **fields)

    def seal(self, name, comment, keys, payload, expect="ok", *, context=None, now=forge.NOW, **fields):
        context = forge.TASK if context is None else context
        self.with_keys("seal", name, comment, keys, payload, expect, now, context, **fields)

    def dedupe(self, name, comment, keys, payload, expect="ok", *, unique=None, now=forge.NOW, dedupe_key=None,
               **place):
        unique = unique and [expressed(value) for value in unique]
        self.with_keys("dedupe-tag", name, comment, keys, payload, expect, now, place, unique=unique,
                       dedupe_key=dedupe_key)

    def look(self, name, comment, operation, data, expect):
        self.add(name, comment, operation, data, expect)


def expressed(value):
    return value if isinstance(value, str) else value.hex()


def slug(name):
    """Names have no spaces, so that expressions can use them."""
    return re.sub(r"[^0-9a-z]+", "-", name.lower()).strip("-")


def pieces(name, *spans):
    """An expression of pieces of an earlier record, and bytes between them."""
    return " ".join(span.hex() if isinstance(span, bytes) else f"{slug(name)}[{span[0]}:{span[1]}]"
                    for span in spans)


def header_length(sealed):
    return layout.parse(sealed).header_length()
