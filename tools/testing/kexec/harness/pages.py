# SPDX-License-Identifier: GPL-2.0-only
"""The manual pages: what they say against what the sources say, and the programs that
they print against those that are compiled.  And the guide's table of features.
"""

import re
import shutil
import subprocess

from . import build, ktap, static

SED = build.SELFTESTS / "man_source.sed"
WIDTH = 80
MARKED = re.compile(r'^\.\\" SRC BEGIN.*\n((?:.*\n)*?)\.\\" SRC END$', re.M)
# What troff prints as something that a compiler does not take, if it is not escaped.
CHANGED = re.compile(r"(?<!\\)-|['`^~]|\\(?!-|\[(?:aq|ga|ha|ti|rs)\])")
HEADER = "include/uapi/linux/kexec.h"
ABI = "Documentation/ABI/testing/sysfs-kernel-kexec"
# What every architecture has for kexec_load()'s flags, says the page.
FLAGS_NEED = ("ARCH_HAS_KEXEC_JUMP", "ARCH_SUPPORTS_CRASH_DUMP")
# ... but these, says the page.
EXCEPT = {("s390", "ARCH_HAS_KEXEC_JUMP"), ("powerpc", "ARCH_HAS_KEXEC_JUMP"),
          ("mips", "ARCH_HAS_KEXEC_JUMP"), ("parisc", "ARCH_HAS_KEXEC_JUMP"),
          ("m68k", "ARCH_HAS_KEXEC_JUMP")}
# Of those who refuse something, a write to crash_size only.
NO_ERROR_OF_A_CALL = {"ENOENT"}
# What a page explains, and no source of ours says: that of a security module, and of a
# kernel without kexec_load().
ERRORS_OF_OTHERS = {"EACCES", "ENOSYS"}
# What the program of kexec_load(2) never gets: what it passes can be read; and whom
# a fatal signal ends sees no error.
NO_ERROR_OF_THE_PROGRAM = {"EFAULT", "EINTR"}
# What the files of the directory are, and what sysctls of kexec are, for the page.
SYSFS = "/sys/kernel/kexec/"
SYSCTL = "/proc/sys/kernel/"
GUIDE = "Documentation/admin-guide/kexec/index.rst"
# For columns of its table of features: what Kconfig selects where there is no "no", and
# what the settings of tests name in "no_features" where there is one.
FEATURES = {"return": ("ARCH_HAS_KEXEC_JUMP", "jump"),
            "letter": (None, "letter"),
            "report": ("ARCH_HAS_KEXEC_DEBUG_HANDOFF", None),
            "guarded": (None, "protect"),
            ",cma": ("ARCH_HAS_CRASH_CMA", None)}
# What the table calls architectures of the tests, where that is another name.
IN_GUIDE = {"mipsel": "mips", "mips64": "mips", "mips64el": "mips", "ppc64le": "ppc64",
            "sh4": "sh"}
# The architectures that the programs are for, whichever is checked: 64 and 32 bits.
FOR = ("x86_64", "i386")


def pages():
    """The manual pages, in the tree."""
    return [build.TREE / name for name in static.manual_files()]


def mandoc(page, output, *options):
    """What mandoc makes of a page, as bytes."""
    return subprocess.run(["mandoc", f"-T{output}", *options, str(page)],
                          check=True, capture_output=True).stdout


def as_shown(page):
    """A page's lines as a terminal shows them, without bold and underlined."""
    text = mandoc(page, "utf8", f"-Owidth={WIDTH}").decode()
    return [line.rstrip() for line in re.sub(".\b", "", text).splitlines()]


def program_of(page):
    """The lines of the program in a page, as the selftests compile it."""
    return subprocess.run(["sed", "-n", "-f", str(SED), str(page)], text=True,
                          check=True, capture_output=True).stdout.splitlines()


def printed(program, shown):
    """Whether @program is among the lines @shown, indented as a whole."""
    for at, line in enumerate(shown):
        indent = " " * (len(line) - len(line.lstrip()))
        if [indent + each if each else "" for each in program] == \
           shown[at:at + len(program)]:
            return True
    return False


def check_program(name, text, program, shown):
    """What is wrong with a page's program.

    @text: of the page's source.
    """
    blocks = MARKED.findall(text)
    if not blocks:
        return [f"{name}: prints no program"] if program else []
    return [f"{name}: printed as another character: {line.strip()}"
            for line in "".join(blocks).splitlines()
            if not line.startswith(".") and CHANGED.search(line)] \
        + ([] if program and printed(program, shown) else
           [f"{name}: the program that is compiled is not the one printed"]) \
        + [f"{name}: too wide: {line.strip()}" for line in shown
           if len(line) > WIDTH]


def warnings(program, compiler):
    """What a compiler says of a program, as its reader would compile it: with the
    headers of the system.
    """
    return subprocess.run([compiler, "-Wall", "-Wextra", "-Werror", "-O2", "-x", "c",
                           "-S", "-o", "/dev/null", "-"], input="\n".join(program),
                          text=True, capture_output=True).stderr.splitlines()


def compiled(programs):
    """The tests that the compilers make of them, of what the programs are for."""
    for arch in map(build.Arch, FOR):
        compiler = arch.cross_compile + "gcc"
        said = [line for program in programs
                for line in warnings(program, compiler)] \
            if shutil.which(compiler) else None
        yield ktap.Test(f"compiled for {arch.name}", not said, said is None,
                        f"not installed: {compiler}" if said is None else
                        "\n".join(said))


def manual_programs():
    """What the selftests compile is what people read, and can copy; returns
    (complaints, tests).
    """
    failed, programs = [], []
    for page in pages():
        program = program_of(page)
        programs += [program] if program else []
        failed += check_program(page.name, page.read_text(), program,
                                as_shown(page))
    if not programs:
        failed.append("no page has a program")
    return failed, [*compiled(programs)]


def constants(header):
    """(architectures, flags) that kexec_load() knows: {name: number}, {name}."""
    return ({name: int(number) for name, number in re.findall(
                r"^#define (KEXEC_ARCH_\w+)\s+\((\d+) << 16\)", header, re.M)},
            set(re.findall(r"^#define (KEXEC_(?!ARCH_|FILE_|LETTER_)\w+)\s+0x", header,
                           re.M)))


def check_tables(text, header, ours):
    """What is wrong with the page's tables of architectures and flags.

    @header: the ABI.
    @ours: the architectures that have kexec: those constants.
    """
    archs, flags = constants(header)
    rows = re.findall(r"^(KEXEC_ARCH_\w+)\t(\d+)\t[^\t\n]+\t(yes|no|\\&)$", text,
                      re.M)
    has = {name: (int(number), "" if name.endswith("_DEFAULT") else
                  "yes" if name in ours else "no")
           for name, number in archs.items()}
    says = {name: (int(number), "" if kexec == "\\&" else kexec)
            for name, number, kexec in rows}
    listed = set(re.findall(r"^(KEXEC_(?!ARCH_)\w+)\t[\d.]+\t", text, re.M))
    explained = set(re.findall(r"^\.TP\n\.B (KEXEC_\w+)$", text, re.M))
    return [f"{name}: the page says {says.get(name)}, the sources {has.get(name)}"
            for name in sorted(has.keys() | says.keys())
            if has.get(name) != says.get(name)] \
        + [f"{name}: not both listed and explained, or not a flag"
           for name in sorted(flags | listed | explained)
           if not all(name in each for each in (flags, listed, explained))]


def check_flags(kconfigs):
    """What an architecture lacks of what the page says that all have.

    @kconfigs: {architecture: text}.
    """
    return [f"{arch}: the page says that all architectures have {option}"
            for arch, text in kconfigs.items() for option in FLAGS_NEED
            if (arch, option) not in EXCEPT
            and not re.search(rf"^\s*(select|config) {option}\b", text, re.M)] \
        + [f"{arch}: the page says that it has no {option}"
           for arch, option in sorted(EXCEPT)
           if re.search(rf"^\s*select {option}\b", kconfigs.get(arch, ""), re.M)]


def refusals(sources):
    """The errors with which something is refused."""
    found = re.findall(r"\bkexec_refuse(?:_\w+)?\(\s*-(E\w+)", sources)
    return set(found) - NO_ERROR_OF_A_CALL


def explained_errors(text):
    """The errors that a page explains."""
    section = re.search(r"^\.SH ERRORS\n((?:(?!\.SH ).*\n)*)", text, re.M)
    return set(re.findall(r"^\.TP\n\.B (E\w+)$", section[1], re.M)) \
        if section else set()


def check_errors(errors, explained):
    """What is wrong with the errors that pages explain.

    @errors: with which our sources refuse something.
    @explained: {name of a page: errors}.
    """
    known = set().union(*explained.values())
    return [f"no page explains {error}" for error in sorted(errors - known)] \
        + [f"{name} explains {error}, with which nothing is refused"
           for name, listed in explained.items()
           for error in sorted(listed - errors - ERRORS_OF_OTHERS)] \
        + [f"{error} is of others, but no page explains it, or it is ours, too"
           for error in sorted(ERRORS_OF_OTHERS)
           if error in errors or error not in known] \
        + ([] if errors else ["nothing is refused"])


def check_meanings(program, explained):
    """What is wrong with what the program of kexec_load(2) says of errors.

    @explained: the errors that the page explains.
    """
    says = set(re.findall(r"\[(E\w+)\] = ", program))
    return [f"{error}: the program says {'nothing' if error in may else 'something'} "
            "of it"
            for may in [explained - NO_ERROR_OF_THE_PROGRAM]
            for error in sorted(says ^ may)]


def check_files(text, abi, code):
    """What is wrong with the page's list of files.

    @abi: the document of those in sysfs.
    @code: what has the sysctls.
    """
    section = re.search(r"^\.SH FILES\n((?:(?!\.SH ).*\n)*)", text, re.M)
    says = set(re.findall(rf"^\.I ((?:{SYSFS}|{SYSCTL})\S+)$",
                          section[1] if section else "", re.M))
    # Of a directory, the page has the name.
    has = set(re.findall(rf"^(?:What:)?\s+({SYSFS}\w+/?)$", abi, re.M)) \
        | {SYSCTL + name for name in re.findall(
            r'\.procname\s*= "(\w+)"', code)}
    return [f"{name}: the page {'has' if name in says else 'lacks'} it among FILES"
            for name in sorted(says ^ has)]


def manual_facts(arch):
    """The pages know the architectures, the flags, the errors and the files that
    there are.
    """
    texts = {page.name: page.read_text() for page in pages()}
    code = [name for name in static.code_files()
            if name.startswith(("kernel/", "arch/"))
            and not name.endswith("_test.c")]
    headers = [build.TREE / name for name in static.our_files()
               if name.endswith("/asm/kexec.h")]
    ours = {constant for path in headers for constant in re.findall(
        r"#define KEXEC_ARCH\s+(KEXEC_ARCH_\w+)", path.read_text())}
    kconfigs = {path.parents[2].name: (path.parents[2] / "Kconfig").read_text()
                for path in headers}
    page = texts.get("kexec_load.2", "")
    errors = refusals("".join((build.TREE / name).read_text() for name in code))
    return check_tables(page, (build.TREE / HEADER).read_text(), ours) \
        + check_meanings(page, explained_errors(page)) \
        + check_files(page, (build.TREE / ABI).read_text(),
                      (build.TREE / "kernel/kexec.c").read_text()) \
        + check_flags(kconfigs) \
        + check_errors(errors, {name: explained_errors(text)
                                for name, text in texts.items()})


def feature_table(text):
    """The guide's table of features: [(architecture, {column: cell})]."""
    table = re.search(r"^What each architecture has\n-+\n\n=.*\n\.\. (.*)\n=.*\n"
                      r"((?:\w.*\n)+)=", text, re.M)
    rows = [re.split(r"  +", line) for line in table[2].splitlines()] if table else []
    columns = table[1].split() if table else []
    return [(cells[0].split()[0], dict(zip(columns, cells[1:], strict=True)))
            for cells in rows]


def check_features(rows, tested):
    """What is wrong with the guide's table of features.

    @rows: those of feature_table().
    @tested: {architecture: (its Kconfig, its no_features)}.
    """
    ours = {IN_GUIDE.get(name, name) for name in tested}
    failed = [f"{name}: the table of features has it, or the tests do, but not both"
              for name in sorted(ours ^ {name for name, _ in rows})]
    for arch, (kconfig, lacks) in tested.items():
        for name, cells in rows:
            if name != IN_GUIDE.get(arch, arch):
                continue
            for column, (option, feature) in FEATURES.items():
                says = cells.get(column)
                selected = option and bool(
                    re.search(rf"^\s*select {option}\b", kconfig, re.M))
                if says is None or (option and selected == (says == "no")) \
                   or (feature and (feature in lacks) != (says == "no")):
                    failed.append(f"{arch}: the table of features says {says} "
                                  f"for {column}")
    return failed


def documented_features(arch):
    """The guide's table of features has what there is."""
    tested = {}
    for each in map(build.Arch, build.ported()):
        kconfig = build.TREE / "arch" / each.arch / "Kconfig"
        tested[each.name] = (kconfig.read_text(), each.no_features)
    return check_features(feature_table((build.TREE / GUIDE).read_text()), tested)
