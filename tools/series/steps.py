# SPDX-License-Identifier: GPL-2.0-only
"""The steps in which the overlay comes into a tree, as series.toml has them.

A file comes with its step as a whole, but for what of it is for later ones:

- Lines of a source that are for an option of kernel/Kconfig.kexec (#ifdef,
  #ifndef), that option's entry there, and what a header has instead when it is
  off, follow the step that names the option.
- So do objects of a Makefile below kernel/ and the source they are made of, and
  an #include of a test and the test.

After the last step, the tree is what plan.py says of the overlay as a whole.

One list of steps is for all bases: a step has what it names of the one that the
patches are for, and it has to be there in one at least.
"""

import fnmatch
import re
import tomllib
from dataclasses import dataclass, field

import bases
from plan import REPO, SERIES, Part, Plan, Refused, whole

KCONFIG = "kernel/Kconfig.kexec"


@dataclass
class Step:
    """A step: an entry of series.toml."""
    subject: str
    body: str
    files: list = field(default_factory=list)       # patterns, then paths
    edits: list = field(default_factory=list)       # see edits_of(), then Edits
    options: list = field(default_factory=list)     # of Kconfig.kexec
    removes: bool = False       # the paths of remove.list ...
    keeps: list = field(default_factory=list)       # ... but these, until a
                                                    # step brings their successor,
    drops: list = field(default_factory=list)       # or removes them
    arch: str = ""              # builds its kernel for the first time; or several

    @property
    def archs(self):
        """The architectures that this step makes kexec work on."""
        return self.arch.split()


class Series:
    """All steps; refuses what is in none, or in two, or nowhere.

    @base: the Base that the patches are for
    """

    def __init__(self, base=None, path=SERIES / "series.toml"):
        settings = tomllib.loads(path.read_text())
        self.cover = settings.get("cover", {})
        base = base or bases.Base(bases.DEFAULT)
        self.accept = settings.get("accept", []) + base.accept
        self.whole = whole(base)
        others = [whole(bases.Base(name)) for name in bases.known()
                  if name != base.name]
        try:
            self.steps = [Step(**entry) for entry in settings["step"]]
        except (KeyError, TypeError) as error:
            raise Refused(f"{path.name}: {error}") from None
        self.errors = []
        self.share("files", list(self.whole.files), files_of,
                   sum((list(other.files) for other in others), []))
        self.share("edits", self.whole.edits, edits_of,
                   sum((other.edits for other in others), []))
        self.share("options", options(), lambda name, known:
                   [name] if name in known else [])
        if [step.removes for step in self.steps].count(True) != 1:
            self.errors.append("not exactly one step has 'removes'")
        keeps = sum((step.keeps for step in self.steps), [])
        drops = sum((step.drops for step in self.steps), [])
        for name in keeps:
            if name not in self.whole.removals or \
               (name in self.whole.files) + drops.count(name) != 1:
                self.errors.append(f"{name}: is kept, but is not replaced or "
                                   "dropped, once")
        self.errors += [f"{name}: is dropped, but was not kept"
                        for name in drops if name not in keeps]
        if self.errors:
            raise Refused(f"{path.name}:\n  " + "\n  ".join(self.errors))

    def share(self, what, things, find, elsewhere=()):
        """Have each step's patterns give way to what they stand for; of which
        there may be none if it is @elsewhere, in another base.
        """
        steps_of = [[] for _ in things]
        for step in self.steps:
            found = []
            for pattern in getattr(step, what):
                hits = find(pattern, things)
                if not hits and not find(pattern, elsewhere):
                    self.errors.append(f"{step.subject}: {what}: nothing is "
                                       f"{pattern}")
                found += [thing for thing in hits if thing not in found]
            for number, thing in enumerate(things):
                if thing in found:
                    steps_of[number].append(step.subject)
            # In the order in which they are applied.
            setattr(step, what, [thing for thing in things if thing in found])
        for thing, subjects in zip(things, steps_of):
            name = f"the edit of {thing.file}: {thing.why}" \
                if what == "edits" else thing
            if not subjects:
                self.errors.append(f"{name}: is in no step")
            elif len(subjects) > 1:
                self.errors.append(f"{name}: is in {len(subjects)} steps: "
                                   + "; ".join(subjects))

    def part(self, numbers, and_options=()):
        """What is done to a base by the steps with these numbers, were there
        some options more.
        """
        steps = [self.steps[number] for number in numbers]
        names = {name for step in steps for name in step.files}
        dropped = {name for step in steps for name in step.drops}
        edits = [edit for step in steps for edit in step.edits]
        later = set(options()).difference(
            and_options, *(step.options for step in steps))
        removals = [name for name in self.whole.removals
                    for step in steps if step.removes
                    and (name not in step.keeps or name in names | dropped)]
        return Part(removals,
                    [edit for edit in self.whole.edits if edit in edits],
                    {name: so_far(name, path, later, names)
                     for name, path in self.whole.files.items() if name in names})

    def content(self, base, number):
        """What a tree has to hold after the first @number steps: {path:
        content}, as Plan has it.
        """
        return Plan(base, self.part(range(number))).content


def files_of(pattern, names):
    """The files that a path stands for: a directory with a slash at its end, all
    that is in it; else a pattern, of one directory's files.
    """
    if pattern.endswith("/"):
        return [name for name in names if name.startswith(pattern)]
    return [name for name in fnmatch.filter(names, pattern)
            if name.count("/") == pattern.count("/")]


def edits_of(pattern, edits):
    """The edits that "FILE", or "FILE: how the reason begins" stands for."""
    return [edit for edit in edits if pattern == edit.file
            or f"{edit.file}: {edit.why}".startswith(pattern)
            and ": " in pattern]


# --- Files that grow -------------------------------------------------------

def options():
    """The options of Kconfig.kexec, in its order."""
    return re.findall(r"^config (\w+)$", (REPO / KCONFIG).read_text(),
                      re.MULTILINE)


def so_far(name, path, later, names):
    """The content of a file, which is at @path, as long as the options @later are
    to come, and @names are the files that are there.
    """
    text = path.read_text()
    if name == KCONFIG:
        new = kconfig_so_far(text, later)
    elif re.fullmatch(r"kernel/.*/Makefile", name):
        new = makefile_so_far(text, name, names)
    elif name.startswith(("kernel/", "include/", "arch/")):
        new = source_so_far(text, name, later, names)
    else:
        new = text
    return path if new == text else new.encode()


def kconfig_so_far(text, later):
    """A Kconfig without the entries of @later, each of which ends where the
    next begins.
    """
    entries = re.split(r"^(?=config |endmenu)", text, flags=re.MULTILINE)
    return "".join(entry for entry in entries
                   if not (match := re.match(r"config (\w+)", entry))
                   or match[1] not in later)


def makefile_so_far(text, makefile, names):
    """A Makefile without the objects that there is no source for, and without
    conditions that nothing is left of.
    """
    directory = makefile.rpartition("/")[0]
    lines = []
    for line in text.splitlines(keepends=True):
        if match := re.match(r"(obj-\S+ [+:]?= )(.*)\n", line):
            there = [target for target in match[2].split()
                     if f"{directory}/{target[:-2]}.c" in names]
            line = f"{match[1]}{' '.join(there)}\n" if there else ""
        lines.append(line)
    text = re.sub(r"^if.*\nendif\n", "", "".join(lines), flags=re.MULTILINE)
    return re.sub(r"\n\n+\Z", "\n", text)


def source_so_far(text, name, later, names):
    """A source without what is for an option of @later, or includes a test that
    is not there.
    """
    return "".join(resolve(text.splitlines(keepends=True), name, later, names))


CONDITION = re.compile(r"#\s*(ifdef|ifndef|if|else|elif|endif)\b\s*(\w*)")


def resolve(lines, name, later, names):
    """The lines that are left of a source; see source_so_far()."""
    kept = []
    position = 0
    while position < len(lines):
        match = CONDITION.match(lines[position])
        if not match or match[1] not in ("ifdef", "ifndef", "if"):
            kept.append(lines[position])
            position += 1
            continue
        middle, end = branches(lines, position, name)
        on, off = lines[position + 1:middle], lines[middle + 1:end]
        option = match[2].removeprefix("CONFIG_")
        known = match[1] != "if" and match[2].startswith("CONFIG_") \
            and (option in later or lacks_test(on, name, names))
        if known:
            chosen = resolve(on if match[1] == "ifndef" else off, name, later,
                             names)
            kept += unspaced(kept, chosen, lines[end + 1:])
        else:
            kept += [lines[position], *resolve(on, name, later, names),
                     *lines[middle:middle + (middle < end)],
                     *resolve(off, name, later, names), lines[end]]
        position = end + 1
    return kept


def unspaced(before, chosen, after):
    """The lines of a branch without blank ones that its neighbours have, too;
    @before loses its own if nothing is between it and @after.
    """
    while chosen and chosen[0] == "\n" and before[-1:] == ["\n"]:
        chosen = chosen[1:]
    while chosen and chosen[-1] == "\n" and after[:1] in ([], ["\n"]):
        chosen = chosen[:-1]
    if not chosen and before[-1:] == ["\n"] and after[:1] in ([], ["\n"]):
        before.pop()
    return chosen


def branches(lines, begin, name):
    """Where the #else (or the #endif, if there is none) and the #endif of the
    condition in line @begin are.
    """
    depth, middle = 0, None
    for number in range(begin, len(lines)):
        if not (match := CONDITION.match(lines[number])):
            continue
        if match[1].startswith("if"):
            depth += 1
        elif match[1] == "endif":
            depth -= 1
            if not depth:
                return number if middle is None else middle, number
        elif depth == 1 and match[1] == "else":
            middle = number
        elif depth == 1 and match[1] == "elif" and "CONFIG_" in lines[begin]:
            raise Refused(f"{name}:{number + 1}: #elif is not understood here")
    raise Refused(f"{name}:{begin + 1}: no #endif")


def lacks_test(lines, name, names):
    """Whether all that @lines do is to include tests that are not there."""
    directory = name.rpartition("/")[0]
    found = [re.fullmatch(r'#include "(.*_test\.c)"\n', line) for line in lines]
    return bool(found) and all(found) and not any(f"{directory}/{match[1]}" in names
                                  for match in found)
