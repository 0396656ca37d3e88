# SPDX-License-Identifier: GPL-2.0-only
"""Compares what the kernel's side of kexec can print with its documentation.

The sources are C and assembly; every string in them counts.  A string that is
the format of a refusal or of a line in the log is a message.  One that has two
words in a row, and is no format itself, is a part of a message, such as a reason
that a function returns.

The page has tables, ``list-table`` with a header whose first word says the kind
of message.  Each paragraph in the first column is a message, with *emphasis* where
the code has a conversion.

A row is stale if no message of its kind looks like it, and a message or a part is
missing if no row has it.  Where a message has "%s", a row has emphasis or a string
of the sources.
"""

import re
from typing import NamedTuple

from . import build, static

PAGE = "Documentation/admin-guide/kexec/messages.rst"

# Which function prints what kind of message; the kinds are the tables' headers.
KINDS = [
    (r"kexec_refuse\w*", "Refusal"),
    (r"pr_emerg\w*", "In a panic"),
    (r"(pr|dev)_(alert|crit|err|warn)\w*|WARN\w*|panic", "Warning"),
    (r"(pr|dev)_(notice|info|debug|cont)\w*|printk\w*", "Information"),
]
HEADERS = {kind for _, kind in KINDS}

# Strings with two words in a row that nobody reads as, or in, a message.
NOT_MESSAGES = {
    "System RAM": "a name in /proc/iomem",
    "Crash kernel": "a name in /proc/iomem",
    "Kernel code": "the same",
    "Kernel data": "the same",
    "kexec reboot": "what reboot notifiers are told",
    "console for what goes wrong in a handoff": "what modinfo says of a parameter",
}

# A conversion of the code, emphasis on the page.
PLACE = "\0"
PERCENT = "\1"                  # "%%", while conversions are looked for
CONVERSION = re.compile(r"%[-+ #0]*(?:\d+|\*)?(?:\.(?:\d+|\*))?"
                        r"(?:hh|ll|[hlztj])?(?:p[A-Za-z]*|[diouxXcsn])")
STRING = r'"(?:[^"\\\n]|\\.)*"'
TOKEN = re.compile(rf"""
    (?P<skip> /\*.*?\*/ | //[^\n]* | '(?:[^'\\\n]|\\.)+'
            | ^[ \t]*\#[ \t]*(?:include|define[ \t]+pr_fmt)\b[^\n]*)
  | (?P<string> {STRING} (?:\s*{STRING})*)
  | (?P<open> (?:\b(?P<callee>\w+)\s*)? \( ) | (?P<close> \) ) | (?P<end> [;{{}}])
  | (?P<errno> -E[A-Z0-9]+\b) | \w+
""", re.DOTALL | re.MULTILINE | re.VERBOSE)
PR_FMT = re.compile(rf"^#define pr_fmt\(fmt\) ({STRING}) fmt$", re.MULTILINE)
TWO_WORDS = re.compile(r"[A-Za-z']{2,}[,:;]? [A-Za-z']{2,}")


class Message(NamedTuple):
    """What the code prints; a part of a message has no kind."""
    where: str
    kind: "str | None"
    text: str               # with conversions
    errno: "str | None"     # of a refusal, if it is always the same


class Row(NamedTuple):
    """A message of the page."""
    where: str
    kind: str
    text: str               # with PLACE where the page has emphasis
    errnos: tuple


def unescape(literals):
    """The characters of C's string literals that follow each other."""
    text = "".join(literal[1:-1] for literal in re.findall(STRING, literals))
    return re.sub(r"\\(.)", lambda match: {"n": "\n", "t": "\t"}.get(
        match[1], match[1]), text)


def messages_of(name, source):
    """All messages, and parts of them, in one source."""
    # calls: [callee, errno, whether its format was seen] of each open parenthesis
    found, calls = [], []
    prefix = PR_FMT.search(source)
    prefix = unescape(prefix[1]) if prefix else ""
    for token in TOKEN.finditer(source):
        if token["open"]:
            calls.append([token["callee"], None, False])
        elif token["close"] and calls:
            calls.pop()
        elif token["end"]:
            calls = []
        elif token["errno"] and calls and not calls[-1][1]:
            calls[-1][1] = token["errno"][1:]
        elif token["string"]:
            line = source.count("\n", 0, token.start()) + 1
            message = classify(unescape(token["string"]), prefix, calls)
            if message:
                found.append(Message(f"{name}:{line}", *message))
    return found


def classify(text, prefix, calls):
    """(kind, text, errno) of a string, by the calls that it is an argument of."""
    if any(callee in ("asm", "volatile") for callee, _, _ in calls):
        return None
    for call in reversed(calls):
        callee, errno, has_format = call
        kind = next((kind for pattern, kind in KINDS
                     if re.fullmatch(pattern, callee or "")), None)
        if not kind:
            continue
        if has_format:
            break
        call[2] = True
        if callee.startswith("pr_"):
            text = prefix + text
        elif callee == "kexec_refuse_segment":
            text = "segment %u [%#lx-%#lx] " + text
        return kind, text.strip(), errno
    return (None, text, None) if text.strip() else None


def spaces(text):
    """Without spaces at the ends and around PLACE, one elsewhere."""
    return re.sub(rf" ?({PLACE}) ?", r"\1", " ".join(text.split()))


def pattern(text, strings=None):
    """A regular expression for rows that show the message @text: emphasis for
    a conversion or, in the place of "%s", one of @strings.
    """
    regex, at = "", 0
    text = " ".join(text.split()).replace("%%", PERCENT)
    for match in CONVERSION.finditer(text):
        regex += literal(text[at:match.start()])
        if match[0].endswith("s") and strings:
            regex += f" ?(?:{PLACE}|{strings})? ?"
        else:
            regex += PLACE
        at = match.end()
    return regex + literal(text[at:])


def literal(text):
    """Of text between conversions, where spaces are as spaces() leaves them."""
    return re.escape(text.strip().replace(PERCENT, "%"))


def is_part(message):
    """Whether a reader would look for the string by itself."""
    return not message.kind and message.text.strip() not in NOT_MESSAGES and \
        TWO_WORDS.search(CONVERSION.sub(PLACE, message.text))


def alternatives(messages):
    """What can stand for "%s": any other string; one that has "%s" itself may
    have a word there.
    """
    rest = {message.text.strip() for message in messages if not message.kind
            and re.search(r"[A-Za-z]{2}", CONVERSION.sub("", message.text))}
    words = "|".join(re.escape(text) for text in sorted(rest, reverse=True)
                     if "%" not in text)
    return "|".join([words] * bool(words)
                    + [pattern(text, words) for text in
                       sorted(rest, reverse=True) if "%" in text])


def cells_of(lines):
    """The cells of a list-table's row: lists of (number, text) of lines."""
    cells = []
    for number, line in lines:
        if match := re.match(r"   [* ] -(?: (.*)|$)", line):
            cells.append([(number, match[1] or "")])
        elif cells:
            cells[-1].append((number, line.strip()))
    return cells


def paragraphs(cell):
    """(number of the first line, text) of each paragraph in a cell."""
    found = []
    for number, text in cell:
        if text and found and found[-1][1]:
            found[-1][1] += " " + text
        elif text or found:
            found.append([number, text])
    return [(number, text) for number, text in found if text]


def plain(text):
    """reStructuredText without its marks."""
    text = re.sub(r"(?<![\\*])\*[^*\s](?:[^*]*[^*\s\\])?\*", PLACE, text)
    text = re.sub(r"\\ ", "", text.replace("``", ""))
    return spaces(re.sub(r"\\(.)", r"\1", text))


def rows_of(name, page):
    """The messages in the page's tables."""
    lines = list(enumerate(page.splitlines(), 1))
    found = []
    for start, (_, line) in enumerate(lines):
        if line.strip() != ".. list-table::":
            continue
        end = next((at for at in range(start + 1, len(lines))
                    if re.match(r"\S", lines[at][1])), len(lines))
        starts = [at for at in range(start, end)
                  if lines[at][1].startswith("   * -")] + [end]
        rows = [cells_of(lines[first:after])
                for first, after in zip(starts, starts[1:])]
        kind = rows[0][0][0][1] if rows else ""
        if kind not in HEADERS:
            continue
        for cells in rows[1:]:
            errnos = " ".join(text for _, text in cells[1]) \
                if kind == "Refusal" else ""
            found += [Row(f"{name}:{number}", kind, plain(text),
                          tuple(re.findall(r"\bE[A-Z0-9]+\b", errnos)))
                      for number, text in paragraphs(cells[0])]
    return found


def compare(messages, rows):
    """What is missing from the page, or stale there."""
    strings = alternatives(messages)
    known = [(message, re.compile(pattern(message.text, strings)))
             for message in messages if message.kind]
    failed, used, valid = [], set(), []
    for row in rows:
        fits = [message for message, regex in known
                if message.kind == row.kind and regex.fullmatch(row.text)]
        used.update(fits)
        shown = row.text.replace(PLACE, " * ")
        if not fits:
            failed.append(f"{row.where}: no message of the sources: {shown}")
            continue
        valid.append(row.text)
        failed += errnos_differ(row, fits)
    failed += [f"{message.where}: not in {PAGE}: {message.text}"
               for message, _ in known if message not in used
               and CONVERSION.sub("", message.text)]
    text = "\n".join(valid)
    return failed + [
        f"{message.where}: a part of no message in {PAGE}: {message.text}"
        for message in filter(is_part, messages)
        if not re.search(pattern(message.text, strings), text)]


def errnos_differ(row, messages):
    """What the row's error number should be, if the sources say so."""
    if row.kind != "Refusal":
        return []
    errnos = {message.errno for message in messages}
    if None in errnos:
        errnos -= {None}
        return [f"{row.where}: can fail with {', '.join(sorted(errnos))}, too"] \
            if errnos - set(row.errnos) else []
    return [f"{row.where}: fails with {', '.join(sorted(errnos))}"] \
        if errnos != set(row.errnos) else []


def sources():
    """The files that the kernel is built from, without KUnit tests, and without what
    a trampoline prints by itself, which is on a page of its own, handoff-debug.rst.
    """
    return [name for name in static.code_files()
            if name.startswith(("kernel/", "arch/", "include/"))
            and not name.endswith(("_test.c", "_report.S"))]


def documented_messages(arch):
    """Every message that our code can print is in the table, and no other."""
    found = []
    for name in sources():
        found += messages_of(name, (build.TREE / name).read_text())
    if not any(message.kind for message in found):
        return ["no source has a message"]
    return compare(found, rows_of(PAGE, (build.TREE / PAGE).read_text()))
