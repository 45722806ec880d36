# SPDX-License-Identifier: MIT
"""The operators of mutation: each makes small changes that a test must notice. And the classes of lines that are held
to a stricter limit."""

import dataclasses
import re

import source
from source import CLOSING, OPENING

RELATIONS = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "=="}
ARITHMETIC = {"+": "-", "-": "+", "*": "/", "/": "*", "%": "/", "<<": ">>", ">>": "<<", "&": "|", "|": "&", "^": "&",
              "+=": "-=", "-=": "+=", "|=": "&=", "&=": "|=", "<<=": ">>=", ">>=": "<<=", "++": "--", "--": "++"}
SPACED = {"+", "-", "*", "&"}  # binary only between spaces; else a sign, a pointer or an address
WIPES = {"sodium_memzero", "sodium_stackzero"}
COPIES = {"memcmp", "memcpy", "memmove", "memset", "memchr", "sodium_memcmp"}
NUMERIC = re.compile(r"(u?int\d*(_t)?|size_t|ssize_t|unsigned|long)( int)?$")
LENGTH_LIKE = re.compile(r"_(BYTES|MAX|LEN|AT|DIGITS|TEXT|LEEWAY)$|^(SHORTEST|PIECE_\w+)$")
NO_NUMBER = re.compile(r"TASKSEAL_(OK|ERR_\w+)$|NULL$|SIZE_MAX$|[A-Z]\w*_(PREFIX|LINE)$|TASKSEAL_MUST_USE$")
OTHER_ERROR = {True: "TASKSEAL_ERR_MALFORMED", False: "TASKSEAL_ERR_BAD_ARGUMENT"}

LENGTH = r"\b(\w+_(len|cap|size)|len|cap|size|left)\b"
COMPUTES = r" ([<>]=?|[-+*/%]=?) "  # equality and plain assignment compute nothing

# A line is of the first class whose pattern it matches; the others are `other`.
CLASSES = (
    ("wipe", re.compile(r"memzero|stackzero|derive_forget|sodium_free|\w*_?wipe\(")),
    ("verify", re.compile(r"crypto_verify_|_decrypt|unwrap\(|(?<!mutex_)unlock\(|open_chunk\(|chunks_open\(|"
                          r"authentic\b|intact\b|check_commitment\(|header_mac\(")),
    ("compare", re.compile(r"memcmp|strcmp|_compare\(|\bequals\(|same_bytes\(|has_prefix\(|sodium_is_zero\(")),
    ("length", re.compile(rf"{LENGTH}\)*{COMPUTES}|{COMPUTES}(\(\w+\))?[\w>.*&-]*{LENGTH}")),
)
STRICT = tuple(name for name, _ in CLASSES)


@dataclasses.dataclass(frozen=True)
class Mutant:
    path: str  # from the root
    function: str
    operator: str
    begin: int
    end: int
    text: str  # stands in the place of source[begin:end]
    line: int
    last_line: int
    before: str  # the lines that it touches, in one spelling
    after: str
    cls: str

    @property
    def key(self):
        return self.path, self.function, self.before, self.after


class Maker:
    """Collects the mutants of one file."""

    def __init__(self, path, text):
        self.path, self.text, self.found, self.seen = path, text, [], set()

    def add(self, function, operator, begin, end, new):
        if self.text[begin:end] == new or (begin, end, new) in self.seen:
            return
        self.seen.add((begin, end, new))
        first = self.text.rfind("\n", 0, begin) + 1
        last = self.text.find("\n", end)
        line = self.text.count("\n", 0, begin) + 1
        spell = " ".join
        before = self.text[first:last]
        self.found.append(Mutant(
            self.path, function, operator, begin, end, new, line, line + self.text.count("\n", begin, end),
            spell(before.split()), spell((self.text[first:begin] + new + self.text[end:last]).split()),
            class_of(before)))

    def span(self, tokens):
        return self.text[tokens[0].begin:tokens[-1].end]


def class_of(lines):
    code = re.sub(r'"(\\.|[^"\\])*"', '""', lines)  # words in a message are none of code
    for name, pattern in CLASSES:
        if pattern.search(code):
            return name
    return "other"


# ---- Single tokens -----------------------------------------------------------------------------------------


def numbers_for(text):
    """What a literal becomes: one more, and one less (so that 1 becomes 0)."""
    match = re.fullmatch(r"(0[xX][0-9a-fA-F]+|\d+)([uUlL]*)", text)
    if match is None:
        return []
    value, suffix = int(match.group(1), 8 if re.match(r"0\d", text) else 0), match.group(2)
    return [f"{number}{suffix}" for number in (value + 1, value - 1) if number >= 0]


def is_between_spaces(maker, token):
    return maker.text[token.begin - 1].isspace() and maker.text[token.end].isspace()


def mutate_token(maker, function, tokens, i):
    token = tokens[i]
    add = lambda operator, new: maker.add(function.name, operator, token.begin, token.end, new)  # noqa: E731
    if token.kind == "mark":
        if token.text in RELATIONS:
            add("relation", RELATIONS[token.text])
        elif token.text in ARITHMETIC and (token.text not in SPACED or is_between_spaces(maker, token)):
            add("arithmetic", ARITHMETIC[token.text])
        elif token.text in ("&&", "||"):
            add("logic", "||" if token.text == "&&" else "&&")
        elif token.text in ("!", "~"):
            add("negation", "")
    elif token.kind == "number":
        for new in numbers_for(token.text):
            add("constant", new)
    elif token.kind == "char":
        add("constant", f"({token.text} + 1)")
    elif token.text in ("true", "false"):
        add("constant", "false" if token.text == "true" else "true")
    elif re.fullmatch(r"[A-Z][A-Z0-9_]{2,}", token.text) and not NO_NUMBER.match(token.text):
        if tokens[i + 1:i + 2] and tokens[i + 1].text in ("(", ":"):
            return
        add("named constant", f"({token.text} + 1)")
        if LENGTH_LIKE.search(token.text):
            add("named constant", f"({token.text} - 1)")


def mutate_operands(maker, function, tokens, i):
    """`a && b && c` without each of its operands."""
    ends = {"&&", "||", ",", ";", "?", ":", "=", "return"}

    def edge(step):
        depth, at = 0, i + step
        opening, closing = (CLOSING, OPENING) if step < 0 else (OPENING, CLOSING)
        while 0 <= at < len(tokens):
            token = tokens[at]
            if token.kind == "mark" and token.text in closing:
                if depth == 0:
                    break
                depth -= 1
            elif token.kind == "mark" and token.text in opening:
                depth += 1
            elif depth == 0 and token.text in ends:
                break
            at += step
        return at

    left, right = edge(-1) + 1, edge(1) - 1
    maker.add(function.name, "operand dropped", tokens[left].begin, tokens[i + 1].begin, "")
    if right + 1 >= len(tokens) or tokens[right + 1].text not in ("&&", "||"):
        maker.add(function.name, "operand dropped", tokens[i - 1].end, tokens[right].end, "")


# ---- Conditions, calls, statements ---------------------------------------------------------------------


def mutate_condition(maker, function, tokens, i):
    """The head of an `if` or `while`. To negate it too would add nothing: who notices both of these notices that."""
    if tokens[i].text in ("if", "while") and tokens[i + 1].text == "(":
        inner = tokens[i + 2:source.partner(tokens, i + 1)]
        begin, end = inner[0].begin, inner[-1].end
        if tokens[i].text == "if":
            maker.add(function.name, "condition always", begin, end, "1")
        maker.add(function.name, "condition never", begin, end, "0")


def mutate_ternary(maker, function, tokens, i):
    depth, at = 0, i - 1
    while at >= 0:
        token = tokens[at]
        if token.kind == "mark":
            if token.text in OPENING:
                if depth == 0:
                    break
                depth -= 1
            elif token.text in CLOSING:
                depth += 1
        if depth == 0 and token.text in ("=", "return", ",", ";", "?", ":", "+="):
            break
        at -= 1
    condition = tokens[at + 1:i]
    maker.add(function.name, "condition negated", condition[0].begin, condition[-1].end, f"!({maker.span(condition)})")


def mutate_call(maker, function, tokens, i):
    name, close = tokens[i].text, source.partner(tokens, i + 1)
    arguments = [part for part in source.split(tokens[i + 2:close], ",") if part]
    whole = tokens[i].begin, tokens[close].end
    if name.startswith("crypto_verify_"):
        maker.add(function.name, "verdict", *whole, "0")
        maker.add(function.name, "verdict", *whole, "1")
        if name != "crypto_verify_16":
            maker.add(function.name, "verified length", tokens[i].begin, tokens[i].end, "crypto_verify_16")
    elif name in ("memcmp", "strcmp", "sodium_memcmp"):
        maker.add(function.name, "verdict", *whole, "0")
        maker.add(function.name, "verdict", *whole, "1")
    if name in WIPES:
        last = arguments[-1]
        maker.add(function.name, "wiped length", last[0].begin, last[-1].end, f"({maker.span(last)}) / 2")
    elif name in COPIES and len(arguments) == 3:
        last = arguments[-1]
        maker.add(function.name, "copied length", last[0].begin, last[-1].end, f"({maker.span(last)}) - 1")
    if name.endswith("_compare") and len(arguments) == 4:
        a, b = maker.span(arguments[0] + arguments[1]), maker.span(arguments[2] + arguments[3])
        maker.add(function.name, "arguments swapped", arguments[0][0].begin, arguments[3][-1].end, f"{b}, {a}")


def mutate_return(maker, function, statement):
    value = statement[1:]
    if not value:
        maker.add(function.name, "statement deleted", statement[0].begin, statement[-1].end, "")
        return
    begin, end, text = value[0].begin, value[-1].end, maker.span(value)
    change = lambda new: maker.add(function.name, "return value", begin, end, new)  # noqa: E731
    if function.returns == "taskseal_err":
        if text == "TASKSEAL_OK":
            change(OTHER_ERROR[False])
        elif re.fullmatch(r"TASKSEAL_ERR_\w+", text):
            change("TASKSEAL_OK")
            change(OTHER_ERROR[text == OTHER_ERROR[False]])
        elif len(value) == 1:
            change("TASKSEAL_OK")
        else:
            change(f"((void)({text}), TASKSEAL_OK)")
    elif function.returns == "bool" and text not in ("true", "false"):
        change(f"!({text})")
    elif NUMERIC.match(function.returns):
        change(f"({text}) + 1")
    elif function.returns.endswith("*"):
        change("NULL")


def mutate_statement(maker, function, statement):
    if statement[0].text == "_Static_assert":
        return
    if statement[0].text == "return":
        mutate_return(maker, function, statement)
        return
    if source.is_declaration(statement):
        at = source.assigned_at(statement)
    else:
        maker.add(function.name, "statement deleted", statement[0].begin, statement[-1].end, "")
        at = source.assigned_at(statement)
    if at is None:
        return
    value = statement[at + 1:]
    if statement[at - 1].text == "err" and any(token.text == "(" for token in value):
        maker.add(function.name, "result ignored", value[0].begin, value[-1].end,
                  f"((void)({maker.span(value)}), TASKSEAL_OK)")
    for token in value:
        if token.text.startswith("TASKSEAL_ERR_"):
            maker.add(function.name, "return value", token.begin, token.end, "TASKSEAL_OK")


def untouched(tokens):
    """Ids of the tokens that are left as they are: types, names and sizes of variables before their `=`; static
    assertions; and the arguments of wipes, whose length is halved instead, so that what stays is enough to be seen."""
    found = set()
    for statement in source.statements(tokens):
        if statement[0].text == "_Static_assert" or statement[0].text in WIPES:
            found.update(map(id, statement[1:]))
        elif source.is_declaration(statement):
            at = source.assigned_at(statement)
            found.update(map(id, statement[:at] if at is not None else statement))
    return found


def mutants_of(path, text):
    maker = Maker(path, text)
    functions, groups = source.parse(text)
    for function in functions:
        tokens = function.tokens
        skipped = untouched(tokens)
        for i, token in enumerate(tokens):
            if id(token) in skipped:
                continue
            mutate_token(maker, function, tokens, i)
            if token.text in ("&&", "||"):
                mutate_operands(maker, function, tokens, i)
            elif token.text in ("if", "while"):
                mutate_condition(maker, function, tokens, i)
            elif token.text == "?":
                mutate_ternary(maker, function, tokens, i)
            elif token.kind == "name" and tokens[i + 1:i + 2] and tokens[i + 1].text == "(":
                mutate_call(maker, function, tokens, i)
        for statement in source.statements(tokens):
            if id(statement[0]) not in skipped or not source.is_declaration(statement) or \
                    source.assigned_at(statement) is not None:
                mutate_statement(maker, function, statement)
    constants = source.Function("constants", "", [])
    for group in groups:
        for i, token in enumerate(group):
            if token.kind in ("number", "char"):
                mutate_token(maker, constants, group, i)
    return maker.found
