# SPDX-License-Identifier: GPL-2.0-only
"""What the rest of the tree asks of kexec, and what it has for it.

Four questions, put to the sources, as no build that we do has all of their
configurations:

- is each file that includes a header of ours compiled by one of the build checks,
- is there any name of kexec's that nothing declares where it is used,
- is there a function for kexec to call that nobody calls,
- is there a default for what an architecture may define that none does.

All are about files that an architecture of ours can compile; another one has its
own kexec, under options that it can't have.
"""

import functools
import re

from . import build, other_base, static

# What the kernel is built from; no driver's names need be looked at for these.
SOURCES = ("arch", "block", "crypto", "drivers", "fs", "init", "io_uring", "ipc",
           "kernel", "lib", "mm", "net", "security", "virt")
HEADERS = ("linux/kexec.h", "linux/crash_core.h", "linux/crash_reserve.h",
           "asm/kexec.h", "asm/crash.h", "asm/crash_reserve.h",
           "asm/purgatory.h", "asm/kexec-bzimage64.h")
# Others' headers that include these.
THROUGH = ("linux/crash_dump.h", "linux/ima.h")
# How names of kexec's look.
NAME = re.compile(r"\b\w*(?:kexec|KEXEC|kimage|KIMAGE|crash|CRASH|kdump|KDUMP|"
                  r"vmcore|VMCORE|elfcorehdr|ELFCOREHDR|purgatory|PURGATORY)\w*")
GREP_NAME = NAME.pattern.replace("(?:", "(").replace(r"\b\w*", "", 1)

# Users that no build check has to compile.
ELSEWHERE = (
    "arch/arm64/kernel/asm-offsets.c",          # every build begins with it
    "arch/m68k/kernel/setup_mm.c",              # part of setup.c
    "arch/powerpc/platforms/cell/ras.c",        # big endian only
    "arch/powerpc/platforms/cell/spu_base.c",   # the same
    "arch/powerpc/platforms/embedded6xx/gamecube.c",    # 32-bit only
    "arch/s390/boot/startup.c",                 # every build ends with it
    "drivers/net/ethernet/ibm/ehea/ehea_main.c",        # for powerpc only
    "drivers/of/kexec.c",                       # inside "ifdef CONFIG_KEXEC_FILE"
)


def elsewhere():
    """Those of the base: another one than the default one has lost some, and has others."""
    outside = other_base.settings(build.BASE).get("outside", {})
    return {*ELSEWHERE, *outside.get("not_compiled", ())} - {*outside.get("gone", ())}


NOT_CODE = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|'
                      r"'(?:\\.|[^'\\\n])*'", re.DOTALL)
CONDITION = re.compile(r"[ \t]*#[ \t]*(if|ifdef|ifndef|elif|else|endif)\b(.*)")
OPTION = re.compile(r"(?:(?:IS_ENABLED|defined) ?\()?CONFIG_(\w+)\)?")


def read(name):
    return (build.TREE / name).read_text(errors="replace")


def grep(pattern, *files_and_directories):
    """What grep prints of files so named ("*...") in these directories."""
    lines, status = static.run(
        ["grep", "-rE", *(f"--include={name}" if name[0] in "*K" else name
                          for name in ("-h" if "config" in pattern else "-l",
                                       *files_and_directories)),
         "-e", pattern], build.TREE)
    if status > 1:
        raise build.BuildError("\n".join(lines))
    return lines


@functools.cache
def options():
    """The options that Kconfig has."""
    return {line.split()[1] for line in grep(
        r"^[ 	]*(menu)?config [A-Z0-9a-z_]+[ 	]*$", "Kconfig*", *SOURCES)}


@functools.cache
def ported():
    """The kernel's names of the architectures that have kexec."""
    return {build.Arch(name).arch for name in build.ported()}


def is_ours_to_build(name):
    """Whether it is for any architecture, or one that we have."""
    top = name.split("/")
    return top[0] != "arch" or top[1] in ported()


@functools.cache
def not_built(name):
    """Whether the Makefile beside a source builds it for an option that is
    not there.
    """
    path, file = name.rsplit("/", 1)
    try:
        makefile = read(f"{path}/Makefile").replace("\\\n", " ")
    except OSError:
        return False
    target = re.escape(file.rsplit(".", 1)[0])
    line = re.search(rf"^(.*?)[ \t:+]*=.*[ \t]{target}\.o\b", makefile,
                     re.MULTILINE)
    option = line and re.search(r"\$\(CONFIG_(\w+)\)", line[1])
    return bool(option) and option[1] not in options()


def compiled(name):
    """The code of a file, less what no configuration compiles: what depends
    on an option that is not there.
    """
    kept, hidden = [], []       # of each #if that is open: is its branch out
    for line in NOT_CODE.sub(" ", read(name)).splitlines():
        match = CONDITION.match(line)
        if not match:
            if not any(hidden):
                kept.append(line)
            continue
        word, rest = match.groups()
        option = OPTION.fullmatch(rest.strip())
        off = bool(option) and option[1] not in options()
        if word in ("if", "ifdef", "ifndef"):
            hidden.append(off and word != "ifndef")
        elif word == "endif":
            hidden.pop()
        else:
            hidden[-1] = off and word == "elif"
    return "\n".join(kept)


# A macro that defines what its arguments name.
DEFINER = re.compile(r"(ATTR|DEFINE|DECLARE|FUNC|START|GLOBAL|ENTRY|SYSCALL|param|"
                     r"hook|id)\w*\s*\([^;(){}]*$", re.IGNORECASE)


def declares(before, after):
    """Whether an occurrence of a word declares it, by what is around it."""
    if re.search(r"(#\s*define\s+|\b(struct|union|enum)\s+|\(\s*\*\s*)$", before) \
       or DEFINER.search(before) \
       or re.search(r"\benum\b[^;{}()]*\{[^{}]*$", before):
        return True
    # "type name", "type *name"
    match = re.search(r"(\w+)[\s*]+(__\w+\s+)*$", before)
    return bool(match) and match[1] not in ("return", "else", "case", "goto") \
        and bool(re.match(r"\s*([(;,=\[)]|__\w+)", after))


def names(name):
    """The names of kexec's in a file: (those it declares, those it uses)."""
    text = compiled(name)
    declared, used = set(), set()
    for match in NAME.finditer(text):
        before = text[max(0, match.start() - 300):match.start()]
        if declares(before, text[match.end():match.end() + 40]):
            declared.add(match[0])
        # A member is its structure's; a part of a path is no name at all.
        elif not before.rstrip().endswith((".", "->", "<", "/")) and \
                not match[0].startswith("CONFIG_"):
            used.add(match[0])
    return declared, used


def plain(word):
    """A name less what macros add to it."""
    return re.sub(r"^(dev_attr|LOADING|READING)_|_attr$", "", word)


def users(*headers):
    """The files of others that include one of these headers."""
    ours = set(static.our_files())
    pattern = "|".join(headers).replace(".", r"\.")
    return [name for name in grep(
        rf"^[ 	]*#[ 	]*include[ 	]*[<\"]({pattern})", "*.[cS]", *SOURCES)
        if name not in ours and is_ours_to_build(name) and not not_built(name)]


def offsets(name):
    """The names for assembly that the file's architecture makes up."""
    path = build.TREE / "/".join(name.split("/")[:2]) / "kernel/asm-offsets.c"
    if not name.startswith("arch/") or not path.is_file():
        return set()
    return set(re.findall(r"^\s*(?:OFFSET|DEFINE)\((\w+),", path.read_text(), re.M))


def unknown_names():
    """Names of kexec's that nothing declares where they are used."""
    directories = [f"arch/{arch}/include" for arch in ported()]
    headers = {name: names(name)[0] for name in
               grep(GREP_NAME, "*.h", "include", *directories)}
    failed = []
    for name in set(users(*HEADERS, *THROUGH)) - elsewhere():
        declared, used = names(name)
        beside = (build.TREE / name).parent.glob("*.h")
        for path in beside:
            declared |= names(str(path.relative_to(build.TREE)))[0]
        for header, those in headers.items():
            own = name.split("/")[:2]
            if header.startswith("include/") or own[0] != "arch" or \
               header.split("/")[:2] == own:
                declared |= those
        declared |= offsets(name)
        declared = set(map(plain, declared))
        failed += [f"{name}: nothing declares {word}"
                   for word in sorted(used) if plain(word) not in declared]
    return sorted(failed)


def never_compiled():
    """Users of our headers that no build check compiles."""
    done = set(static.CALLERS)
    for name in build.ported():
        arch = build.Arch(name)
        done |= {*arch.callers, *arch.core_callers, *static.base_callers(arch)}
    done |= {name[:-2] + ".o" for name in elsewhere()}
    return [f"{name}: no build check compiles it" for name in users(*HEADERS)
            if name[:-2] + ".o" not in done]


# What nobody calls, and why.
NOT_CALLED = {
    "ima_add_kexec_buffer": "for kexec_file_load",
    "ima_kexec_cmdline": "for kexec_file_load",
    "ima_kexec_post_load": "for kexec_file_load",
    "of_kexec_alloc_and_setup_fdt": "for kexec_file_load",
    "machine_kexec_mask_interrupts": "takes locks: see kernel/kexec/quiet.c",
    "vmcore_cleanup": "nobody ever did",
    "vmcore_unusable": "for other architectures",
}


def others_headers():
    """Those for everybody, with names of kexec's in them."""
    ours = set(static.our_files())
    directories = [f"arch/{arch}/include/asm" for arch in ported()]
    return [name for name in grep(GREP_NAME, "*.h", "include/linux",
                                  *directories) if name not in ours]


def never_called():
    """Functions of others that only kexec would call, and it does not."""
    declared = set()
    for name in others_headers():
        declared |= {word for word in re.findall(
            r"\b(\w+)\s*\([^;{}()]*\)\s*(?:__\w+\s*)*[;{]", compiled(name))
            if NAME.fullmatch(word) and
            not re.match(r"(compat_)?sys_|p[mt]\w_mkexec", word)}
    used = set()
    for name in grep(GREP_NAME, "*.[chS]", "include/linux", "init", "kernel", "lib",
                     "mm", "fs/proc", "drivers", "security",
                     *(f"arch/{arch}" for arch in ported())):
        if name.startswith(("drivers/gpu/", "drivers/net/", "drivers/scsi/")):
            continue
        text = read(name)
        if declared - used and any(word in text for word in declared - used):
            used |= names(name)[1]
    return [f"nobody calls {word}"
            for word in sorted(declared - used - set(NOT_CALLED))]


def never_defined():
    """Macros with a default, for an architecture to define, that none does."""
    failed = []
    for header in others_headers():
        for word in re.findall(r"#\s*ifndef\s+(\w+)\s*\n#\s*define\s+\1\b[ \t(]+\S",
                               NOT_CODE.sub(" ", read(header))):
            if NAME.fullmatch(word) and not grep(
                    rf"^[ 	]*#[ 	]*define[ 	]+{word}\b", "*.h", "arch"):
                failed.append(f"{header}: no architecture defines {word}")
    return failed


def outside_users(arch):
    """All that the rest of the tree uses of kexec, or has for it, is in use."""
    stray = [f"{name}: includes no header of ours"
             for name in elsewhere() - set(users(*HEADERS))]
    return stray + never_compiled() + unknown_names() + never_called() \
        + never_defined()
