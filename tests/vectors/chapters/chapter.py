# SPDX-License-Identifier: MIT
"""A chapter is one file of vectors: what its author expects, confirmed by the reference."""

import re

import forge
import layout
import records


class Chapter:
    def __init__(self, title):
        self.title = title
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
        answer = records.answer(record, self.sealed)
        record.fields["expect"] = answer.pop("expect")
        for lack in records.LACKS:
            without = records.answer(record, self.sealed, frozenset([lack]))["expect"]
            if without != record.get("expect"):
                record.fields[f"expect_without_{lack}"] = without
        if "payload" in answer:
            answer["payload"] = self.payload_expression(answer["payload"])
        record.fields.update(answer)
        self.records.append(record)
        self.sealed[name] = records.evaluate(expression, self.sealed)
        return record

    @staticmethod
    def payload_expression(payload):
        if len(payload) > 2000:
            expression, patterned = forge.long_payload(len(payload))
            if patterned == payload:
                return expression
        return payload.hex()

    def open(self, name, comment, keys, sealed, expect="ok", *, context=None, now=forge.NOW, **fields):
        context = forge.TASK if context is None else context
        self.add(name, comment, "open", sealed, expect, key=[records.format_key(key) for key in keys],
                 **{field: value if isinstance(value, str) else value.hex() for field,
                    value in context.items()},
                 now=str(now), **fields)

    def rewrap(self, name, comment, keys, sealed, expect="ok", *, now=forge.NOW, context=None, **fields):
        context = forge.TASK if context is None else context
        self.add(name, comment, "rewrap", sealed, expect, key=[records.format_key(key) for key in keys],
                 **{field: value.hex() for field, value in context.items()}, now=str(now), **fields)

    def look(self, name, comment, operation, data, expect):
        self.add(name, comment, operation, data, expect)


def slug(name):
    """Names have no spaces, so that expressions can use them."""
    return re.sub(r"[^0-9a-z]+", "-", name.lower()).strip("-")


def pieces(name, *spans):
    """An expression of pieces of an earlier record, and bytes between them."""
    return " ".join(span.hex() if isinstance(span, bytes) else f"{slug(name)}[{span[0]}:{span[1]}]"
                    for span in spans)


def header_length(sealed):
    return layout.parse(sealed).header_length()
