# SPDX-License-Identifier: MIT
"""C as tokens: as much of its structure as the operators of mutation need, for code in this project's layout (a
function's braces stand in column 1, binary operators between spaces)."""

import dataclasses
import re

TOKEN = re.compile(
    r"""(?P<space>\s+|/\*.*?\*/|//[^\n]*)
      | (?P<string>"(?:\\.|[^"\\])*")
      | (?P<char>'(?:\\.|[^'\\])+')
      | (?P<number>\d(?:[eE][+-]|[\w.])*)
      | (?P<name>[A-Za-z_]\w*)
      | (?P<mark><<=|>>=|\.\.\.|->|\+\+|--|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^]=|[-+*/%&|^!~<>=?:;,.(){}\[\]#])""",
    re.VERBOSE | re.DOTALL)

OPENING, CLOSING = "([{", ")]}"


@dataclasses.dataclass
class Token:
    kind: str
    text: str
    begin: int
    end: int


@dataclasses.dataclass
class Function:
    name: str
    returns: str  # "bool", "taskseal_err", "const char *" ...
    tokens: list  # between its braces


def without_directives(text):
    """Preprocessor lines become spaces, so that offsets stay."""
    out, at = [], 0
    lines = text.splitlines(keepends=True)
    while at < len(lines):
        line = lines[at]
        if line.lstrip().startswith("#"):
            while lines[at].rstrip("\n").endswith("\\"):
                out.append(" " * (len(lines[at]) - 1) + "\n")
                at += 1
            line = " " * (len(lines[at]) - 1) + "\n"
        out.append(line)
        at += 1
    return "".join(out)


def tokens_of(text):
    found, at = [], 0
    text = without_directives(text)
    while at < len(text):
        match = TOKEN.match(text, at)
        if match is None:
            raise ValueError(f"no token of C: {text[at:at + 20]!r}")
        if match.lastgroup != "space":
            found.append(Token(match.lastgroup, match.group(), at, match.end()))
        at = match.end()
    return found


def partner(tokens, at):
    """Index of the bracket that closes the one at `at`."""
    depth = 0
    for i in range(at, len(tokens)):
        if tokens[i].text in OPENING and tokens[i].kind == "mark":
            depth += 1
        elif tokens[i].text in CLOSING and tokens[i].kind == "mark":
            depth -= 1
            if depth == 0:
                return i
    raise ValueError("a bracket is not closed")


def split(tokens, mark):
    """Cut at every `mark` outside of brackets."""
    parts, depth = [[]], 0
    for token in tokens:
        if token.kind == "mark":
            depth += (token.text in OPENING) - (token.text in CLOSING)
        if token.kind == "mark" and token.text == mark and depth == 0:
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


def _signature(head, text):
    """(name, return type) of a function's head: all tokens before its opening brace."""
    for i, token in enumerate(head):
        if token.text == "(" and i > 0 and head[i - 1].kind == "name":
            words = [t.text for t in head[:i - 1] if t.text not in ("static", "inline", "TASKSEAL_MUST_USE")]
            return head[i - 1].text, " ".join(words)
    return "", ""


def parse(text):
    """(functions, brace groups at file level that hold constants: enums and tables)."""
    tokens = tokens_of(text)
    functions, groups, head, at = [], [], [], 0
    while at < len(tokens):
        token = tokens[at]
        if token.text == "{" and token.kind == "mark":
            end = partner(tokens, at)
            column_1 = token.begin == 0 or text[token.begin - 1] == "\n"
            if column_1 and any(t.text == "(" for t in head):
                name, returns = _signature(head, text)
                functions.append(Function(name, returns, tokens[at + 1:end]))
                head = []
            elif any(t.text in ("enum", "=") for t in head):
                groups.append(tokens[at + 1:end])
            at = end
        elif token.text == ";":
            head = []
        else:
            head.append(token)
        at += 1
    return functions, groups


def statements(tokens):
    """[tokens] of each simple statement (those that end in `;`), without the `;`; also those inside blocks, and behind
    `if (...)`, `else` and labels. The head of a `for` is none."""
    found, current, at = [], [], 0
    while at < len(tokens):
        token = tokens[at]
        if not current and token.text in ("if", "while", "for", "switch") and tokens[at + 1].text == "(":
            at = partner(tokens, at + 1)
        elif not current and token.text in ("else", "do", "{", "}"):
            pass
        elif not current and token.text == "case":
            while tokens[at].text != ":":
                at += 1
        elif not current and token.kind == "name" and tokens[at + 1].text == ":":
            at += 1
        elif token.text == ";":
            if current:
                found.append(current)
            current = []
        elif token.text in OPENING and token.kind == "mark":
            end = partner(tokens, at)
            current += tokens[at:end + 1]
            at = end
        else:
            current.append(token)
        at += 1
    return found


TYPES = {"const", "static", "unsigned", "int", "char", "bool", "void", "struct", "enum", "size_t", "ssize_t", "slice",
         "time_t", "mode_t"}


def is_declaration(statement):
    first = statement[0]
    if first.kind != "name" or first.text in ("return", "goto", "break", "continue"):
        return False
    if first.text in TYPES or re.fullmatch(r"u?int\d+_t|uintptr_t|taskseal_\w+|atomic_\w+|crypto_\w+_state", first.text) \
            and len(statement) > 1 and (statement[1].kind == "name" or statement[1].text == "*"):
        return True
    rest = [token.text for token in statement[1:3]]
    return len(statement) > 1 and (statement[1].kind == "name" or (rest[0] == "*" and len(statement) > 2
                                                                   and statement[2].kind == "name"))


def assigned_at(statement):
    """Index of the `=` of an assignment or initialisation outside of brackets, or None."""
    depth = 0
    for i, token in enumerate(statement):
        if token.kind != "mark":
            continue
        depth += (token.text in OPENING) - (token.text in CLOSING)
        if token.text == "=" and depth == 0:
            return i
    return None
