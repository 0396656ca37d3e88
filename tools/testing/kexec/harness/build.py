# SPDX-License-Identifier: GPL-2.0-only
"""Builds what a guest needs: kernels, the selftests, an initramfs."""

import contextlib
import fcntl
import functools
import gzip
import os
import platform
import re
import shlex
import shutil
import stat
import subprocess
import sys
import tempfile
import threading
import time
import tomllib
from pathlib import Path

HERE = Path(__file__).resolve().parents[1]
REPO = HERE.parents[2]
IN_TREE = (REPO / "Kbuild").is_file()
# The overlay's base if it is not the default one: what is made of it has its own
# directories.
DEFAULT_BASE = "6.12"
BASE = "" if IN_TREE or os.environ.get("KEXEC_BASE") == DEFAULT_BASE \
    else os.environ.get("KEXEC_BASE", "")
SUFFIX = f"-{BASE}" if BASE else ""
TREE = REPO if IN_TREE else REPO / f"build/linux{SUFFIX}"
BASE_TREE = REPO / f"build/linux-base{SUFFIX}"  # without any of ours
BUILD = REPO / ("out-kexec" if IN_TREE else "build")
LOGS = BUILD / f"logs{SUFFIX}"
INITRAMFS = BUILD / f"initramfs{SUFFIX}"
GUEST = HERE / "guest"
SELFTESTS = HERE.parent / "selftests/kexec"

ERROR_LINE = re.compile(r"error:|error \d|undefined reference|\*\*\*|No rule|"
                        r"multiple definition|No such file|not found|"
                        r"No space left|Killed", re.I)
OBJECT_LINE = re.compile(r"^  (CC|AS|LD|AR|HOSTCC|HOSTLD|CHECK|VDSO|LDS) ")
# Debian's programs for guests: package, and path.
BUSYBOX = ("busybox-static", "bin/busybox")
KEXEC_TOOLS = ("kexec-tools", "sbin/kexec")
MAKEDUMPFILE = ("makedumpfile", "usr/bin/makedumpfile")
VMCORE_DMESG = ("kexec-tools", "sbin/vmcore-dmesg")

# What programs say is read, and in English.
os.environ["LC_ALL"] = "C"
# What who builds kernels may have in the environment, and make has there if we run
# under it: all that make, Kbuild, the selftests, Sphinx and compilers take from there.
FOR_OTHER_BUILDS = re.compile(
    r"MAKE\w*|\w*FLAGS\w*|(KBUILD|KCONFIG|KDOC)_\w+|(SUB|SRC)?ARCH|CROSS_COMPILE\w*|"
    r"[OVCWM]|CF|CHECK|(HOST)?(CC|CXX|CPP|LD|AR|AS|NM|RUSTC|PKG_CONFIG)|LLVM\w*|"
    r"LOCALVERSION|INSTALL\w*|(SKIP_|FORCE_)?TARGETS|SPHINX\w+|CPATH|GCC_\w+|"
    r"(C|CPLUS|OBJC)_INCLUDE_PATH|(COMPILER|LIBRARY)_PATH")
for variable in filter(FOR_OTHER_BUILDS.fullmatch, list(os.environ)):
    del os.environ[variable]
ENVIRONMENT = dict(os.environ)
# ccache finds in one clone what another one, elsewhere, has compiled.  What it does
# not find it leaves to the compiler at once: to preprocess it first would add a
# fifth to the first build, and kbuild has the dependencies written down anyway.
ENVIRONMENT |= {"CCACHE_BASEDIR": str(TREE), "CCACHE_NOHASHDIR": "1",
                "CCACHE_DEPEND": "1"}
# By a ccache of ours, which leaves assembly to the compiler.
if shutil.which("ccache"):
    ENVIRONMENT["PATH"] = f"{HERE / 'harness/bin'}:{os.environ['PATH']}"

# Also what users need not have in it.
SYSTEM_PATH = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"


class BuildError(Exception):
    """What could not be built, with the lines that say why."""


class NoPackage(BuildError):
    """A package that the mirror does not have, in none of the releases, or that
    is of no use on this machine.
    """


class NotBorrowed(BuildError):
    """Programs of other releases of Debian's that can't be had: what needs these is
    skipped, by its name.
    """


@functools.cache
def release(tree):
    """The release of Linux that a tree is, as "6.12", which all of its 6.12.y are."""
    text = (tree / "Makefile").read_text()
    return ".".join(re.search(rf"^{word} *= *(\d+)$", text, re.MULTILINE)[1]
                    for word in ("VERSION", "PATCHLEVEL"))


def base():
    """The release of Linux that this is about, as release() has it."""
    return release(TREE) if IN_TREE else BASE or DEFAULT_BASE


def is_since(first):
    """Whether that is a release, as "7.3", or a later one."""
    return [int(number) for number in base().split(".")] \
        >= [int(number) for number in first.split(".")]


def patience():
    """A factor for all time limits, for machines that are slower than most."""
    return float(os.environ.get("PATIENCE") or 1)


# Settings that need not be there.
OPTIONAL = {
    "suites": [""],             # Debian's releases, if not that we run on: the
                                # first that has what is wanted
    "borrowed": [],             # what runs here and is of other releases of Debian's:
                                # "releases", the last one itself, and "packages"
    "busybox": "",              # Debian's release whose source busybox is built
                                # from, if Debian is not for the architecture
    "newer": [],                # releases that have newer kexec-tools
    "kernels": {},              # Debian's own, by what rows call them: the releases
                                # that have it, the last one itself
    "may_lack": [],             # what rows need, and no release may have
    "load_options": [],         # for the demo: options of the loader
    "firmware": {},             # other than QEMU's own: name, and files
    "accelerator": "tcg",       # of QEMU, with its options
    "counter": "",              # the kernel's parameter for how fast its counter
                                # counts, which would be measured otherwise
    "counter_of": [],           # machines whose own counter an emulated one has
    "default": True,            # "make check" is for it, if ARCH says nothing;
                                # "compile": it has what compiles our files only
    "max_cpus": 0,              # with which its machine takes a boot image: rows of
                                # "all" get no more
    "options": [],              # of QEMU, for its machine
    "others": [],               # files of ours that are not for it
    "no_suites": [],            # of KUnit, what it has no use for
    "no_features": [],          # what some rows are about, and it can't have
    "allow": [],                # complaints of each kernel that say nothing
    "no_callers": [],           # of static.CALLERS, what it can't have
    "small": False,             # its machine has 64 MiB: of rows of "all" it gets those
                                # that make do with that, and a root file system that
                                # is packed
    "target": "all",            # of make, where that does more than is needed
}


def ported():
    """The names of all architectures that have a TOML file, ours first."""
    names = {path.stem for path in HERE.glob("*.toml")}
    return sorted(names, key=lambda name: (name != "x86_64", name))


@functools.cache
def settings_of(path):
    """What a TOML file has; read once, which takes longer than all else of a list."""
    return tomllib.loads(path.read_text())


class Arch:
    """One architecture: the settings of its TOML file."""

    def __init__(self, name):
        path = HERE / f"{name}.toml"
        if not path.is_file():
            raise BuildError(f"no architecture {name}: there is "
                             + ", ".join(ported()))
        self.name = name
        self.settings = dict(settings_of(path))

    def __getattr__(self, key):
        if key in OPTIONAL:
            return self.settings.get(key, OPTIONAL[key])
        try:
            return self.settings[key]
        except KeyError:
            raise AttributeError(key) from None

    @property
    def elf_header(self):
        """A pattern for the first 20 bytes of its ELF core files, in words of
        hexadecimal, as od prints them: class, data, type and machine.
        """
        little = self.elf_data == "little"
        order = slice(None) if little else slice(None, None, -1)
        number = lambda value: " ".join(
            [f"{value & 0xff:02x}", f"{value >> 8:02x}"][order])
        classes = "|".join({32: "01", 64: "02"}[bits]
                           for bits in self.elf_classes)
        return (f"7f 45 4c 46 ({classes}) {'01' if little else '02'} 01"
                f"( [0-9a-f]{{2}}){{9}} {number(4)} {number(self.elf_machine)}")

    @property
    def cross_compile(self):
        """The compiler's prefix; none when the host is of the same kind."""
        if platform.machine() == self.name:
            return ""
        return self.program(f"{self.cross}gcc").removesuffix("gcc")

    @property
    def qemu(self):
        return self.program(self.settings["qemu"])

    def program(self, name):
        """How to call a program: by its path if it is borrowed."""
        found = [root / "usr/bin" / name for root in borrowed(self.borrowed)]
        return next((str(path) for path in found if path.exists()), name)

    def make(self, out=None):
        """The make command for a kernel tree, building in @out."""
        ccache = "ccache " if shutil.which("ccache") else ""
        tree = out.parent if out else TREE
        command = ["make", "-C", str(tree), f"-j{os.cpu_count()}",
                   f"ARCH={self.arch}", f"CROSS_COMPILE={self.cross_compile}",
                   f"CC={ccache}{self.cross_compile}gcc",
                   f"HOSTCC={ccache}gcc",
                   "KBUILD_BUILD_TIMESTAMP=1970-01-01 00:00:00 UTC",
                   "KBUILD_BUILD_USER=kexec", "KBUILD_BUILD_HOST=test"]
        return command + ([f"O={out.name}"] if out else [])


class Native:
    """The architecture that we run on, as far as apt-get has to know it."""

    @functools.cached_property
    def debian(self):
        return native()


@contextlib.contextmanager
def locked(directory):
    """Only one process at a time builds in @directory."""
    directory.mkdir(parents=True, exist_ok=True)
    with open(directory / ".lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"waiting for another build in {directory.name}",
                  file=sys.stderr)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


RUNNING = set()                 # processes that must not outlive this one
ENDING = threading.Event()      # and none must begin any more


@contextlib.contextmanager
def ended_with_us(process):
    """End @process if what is done with it, or this program, breaks off."""
    RUNNING.add(process)
    try:
        if ENDING.is_set():
            raise BuildError("interrupted")
        yield
    except BaseException:
        process.terminate()
        try:
            process.wait(60 * patience())
        except subprocess.TimeoutExpired:
            process.kill()
        raise
    finally:
        RUNNING.discard(process)


def finished(command, **how):
    """subprocess.run() of what may take long, and does not outlive this program."""
    with subprocess.Popen(command, **how) as process, ended_with_us(process):
        output, errors = process.communicate()
    return subprocess.CompletedProcess(command, process.returncode, output, errors)


def end_all():
    """End what other threads run, or are about to; they then notice by
    themselves.
    """
    ENDING.set()
    for process in list(RUNNING):
        process.terminate()


class Progress:
    """One line on stderr: rewritten on a terminal, else one now and then."""

    def __init__(self, what):
        self.what = what
        self.tty = sys.stderr.isatty()
        self.began = time.monotonic()
        self.shown = 0.0 if self.tty else self.began
        self.count = 0

    def step(self):
        self.count += 1
        now = time.monotonic()
        if now - self.shown >= (0.3 if self.tty else 30):
            self.shown = now
            self.show("\r" if self.tty else "", "" if self.tty else "\n")

    def show(self, before="", after="\n"):
        seconds = time.monotonic() - self.began
        print(f"{before}{self.what}: {self.count} objects, {seconds:.0f} s",
              end=after, file=sys.stderr, flush=True)

    def done(self):
        self.show("\r" if self.tty else "")


def run_logged(command, log_name, what, quiet=False):
    """Run @command, its output to a log; a failure raises its error lines."""
    LOGS.mkdir(parents=True, exist_ok=True)
    log = LOGS / log_name
    progress = Progress(what)
    with open(log, "w", buffering=1) as out, subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, errors="replace",
            env=ENVIRONMENT) as process:
        lines = []
        with ended_with_us(process):
            for line in process.stdout:
                out.write(line)
                lines.append(line.rstrip())
                if OBJECT_LINE.match(line) and not quiet:
                    progress.step()
    if progress.count:
        progress.done()
    if process.returncode:
        errors = [line for line in lines if ERROR_LINE.search(line)]
        raise BuildError("\n".join([f"{what}: failed", *(errors or lines)[:30],
                                    f"the whole log: {relative(log)}"]))
    return "\n".join(lines)


def relative(path):
    """@path for a person to read: below the current directory if it is."""
    path = Path(path)
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) \
        else path


# Land in a tree if its base needs them.
OF_BASE = "tools/testing/kexec/configs/base.config"
OF_BASE_AND = "tools/testing/kexec/configs/{}-base.config"


def fragments_of(arch, flavour):
    """The config fragments of a flavour: names of ours, or paths; on top of
    what every test kernel has, and what the selftests ask for, which not every
    architecture can have.  Last, what kernels of the tree's base have or lack, with
    ours or with the base's own kexec; those of one architecture; of one flavour.
    """
    files = [HERE / "configs/common.config", SELFTESTS / "config",
             HERE / f"configs/{arch.name}.config"]
    for name in flavour:
        ours = [HERE / f"configs/{name}.config",
                HERE / f"configs/{arch.name}-{name}.config"]
        files += filter(Path.is_file, ours) \
            if any(map(Path.is_file, ours)) else [Path(name)]
    files += filter(Path.is_file, [TREE / OF_BASE,
                                   *(TREE / OF_BASE_AND.format(name)
                                     for name in (arch.name, *flavour))])
    # What these say is gone with the base's own kexec is there with that.
    files.sort(key=lambda path: path.name in ("plain.config", "plain-base.config"))
    for path in files:
        if not path.is_file():
            raise BuildError(f"no config fragment {path}")
    return files


def asked_for(files):
    """The options that Kconfig fragments set: {name: line}; or of which one says
    that they are gone: what others say of those does not count.
    """
    wanted = {}
    for path in files:
        for line in path.read_text().splitlines():
            if match := re.match(r"(?:# )?(CONFIG_\w+)(=| is not set| is gone)",
                                 line):
                wanted[match[1]] = line.rstrip()
    return wanted


def not_granted(wanted, config):
    """The lines of @wanted that a .config's text does not keep."""
    have = dict(line.split("=", 1) for line in config.splitlines()
                if line.startswith("CONFIG_"))
    off = re.findall(r"^# (CONFIG_\w+) is not set$", config, re.MULTILINE)

    def has(name, line):
        if line.endswith(" is gone"):
            return name not in have and name not in off
        return line == (f"{name}={have[name]}" if name in have
                        else f"# {name} is not set")

    return [line for name, line in wanted.items() if not has(name, line)]


def configure(arch, out, files, what):
    """Write .config: allnoconfig plus @files, of which later ones win."""
    wanted = asked_for(files)
    text = "\n".join(wanted.values()) + "\n"
    asked = out / "asked.config"
    config = out / ".config"
    if config.is_file() and asked.is_file() and asked.read_text() == text \
       and all(config.stat().st_mtime > (out.parent / name).stat().st_mtime
               for name in ("kernel/Kconfig.kexec",
                            f"arch/{arch.arch}/Kconfig")):
        return
    asked.unlink(missing_ok=True)
    (out / "all.config").write_text(text)
    run_logged([*arch.make(out), "KCONFIG_ALLCONFIG=all.config",
                "allnoconfig"], f"{out.name}-config.log", what)
    if bad := not_granted(wanted, config.read_text()):
        raise BuildError(f"{what}: the configuration can't have:\n"
                         + "\n".join(bad))
    asked.write_text(text)


def start_from(default, out):
    """Begin @out with what the default flavour has compiled: make then only
    compiles what depends on an option that differs.  The configuration comes last:
    by that a copy is whole.
    """
    if default == out or (out / ".config").exists() \
       or not (default / "vmlinux").exists():
        return
    for path in out.iterdir():          # what such a copy has left
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif path.name != ".lock":
            path.unlink()
    with locked(default):
        shutil.copytree(default, out, symlinks=True, dirs_exist_ok=True,
                        ignore=shutil.ignore_patterns(
                            ".config", ".lock", "vmlinux", "vmlinux.o",
                            "vmlinux.bin*", ".tmp_vmlinux*"))
        shutil.copy2(default / ".config", out / ".config.part")
        (out / ".config.part").rename(out / ".config")


def kernel(arch, flavour=(), tree=TREE):
    """Build the test kernel of a flavour; returns the image's path."""
    if not (tree / "Kbuild").is_file():
        raise BuildError(f"no kernel tree at {relative(tree)}: make tree")
    name = "-".join(Path(part).stem for part in flavour) or "default"
    out = tree / f"out-{arch.name}-{name}"
    what = f"kernel {arch.name} {name}"
    files = fragments_of(arch, flavour)
    with locked(out):
        start_from(tree / f"out-{arch.name}-default", out)
        configure(arch, out, files, what)
        run_logged([*arch.make(out), arch.target], f"{out.name}.log", what)
    return out / arch.image


def output(image):
    """The directory that a kernel image was built in."""
    return next(path for path in image.parents if (path / ".config").is_file())


def vmlinux(image):
    """The ELF file that an image was made from, with its debug information."""
    return output(image) / "vmlinux"


def copy_whole(source, target, ignore=None):
    """Copy a folder that is not there yet, with the times of its files; what breaks off
    leaves nothing of that name."""
    part = Path(f"{target}.part")
    shutil.rmtree(part, ignore_errors=True)
    shutil.copytree(source, part, ignore=ignore)
    part.rename(target)


def export_headers(arch, out):
    """Export the tree's headers to @out. All but those of asm/ are the same for every
    architecture, and each of a thousand takes a shell: so what was exported before is
    copied. make exports again what is older than its source."""
    include, shared = out / "usr/include", TREE / "out-headers"
    with locked(shared):
        if (shared / "include").exists() and not include.exists():
            include.parent.mkdir(exist_ok=True)
            copy_whole(shared / "include", include)
    run_logged([*arch.make(out), "headers"], f"{out.name}-headers.log",
               f"selftests {arch.name}")
    with locked(shared):
        if not (shared / "include").exists():
            copy_whole(include, shared / "include", lambda folder, _:
                       ["asm"] if Path(folder) == include else [])


def user_headers(arch):
    """What user space may include of the tree: the folder."""
    out = TREE / f"out-{arch.name}-selftests"
    with locked(out):
        export_headers(arch, out)
    return out / "usr/include"


def forget_old_programs(out, compiler, command):
    """The selftests' make knows of their sources only: if anything else has changed that
    they are made of, they are all made again.
    """
    version = ""                # make says so if there is no compiler
    if shutil.which(compiler):
        version = subprocess.run([compiler, "--version"], capture_output=True,
                                 text=True).stdout
    made_of = "\n".join([
        *command, version,
        (TREE / "tools/testing/selftests/kexec/Makefile").read_text(),
        (out / "usr/include/linux/kexec.h").read_text()])
    note = out / "kselftest.made_of"
    if not note.exists() or note.read_text() != made_of:
        shutil.rmtree(out / "kselftest", ignore_errors=True)
        note.write_text(made_of)


def selftests(arch):
    """Build the selftests; returns the directory they are installed in."""
    out = TREE / f"out-{arch.name}-selftests"
    install = out / "install"
    what = f"selftests {arch.name}"
    with locked(out):
        export_headers(arch, out)
        command = [part for part in arch.make() if not part.startswith("CC=")]
        command[2] = str(TREE / "tools/testing/selftests")
        shutil.rmtree(install, ignore_errors=True)
        forget_old_programs(out, f"{arch.cross_compile}gcc", command)
        run_logged([*command, f"O={out}", "TARGETS=kexec", "FORCE_TARGETS=1",
                    f"CC={arch.cross_compile}gcc", "USERLDFLAGS=-static",
                    f"INSTALL_PATH={install}", "install"],
                   f"{out.name}.log", what)
    return install / "kexec"


def debian(arch, wanted, suites=None):
    """Debian's programs for the guest, unpacked from their packages, with the
    libraries that they need, all of the same release; returns the directory.

    @wanted: (package, path of its program) of each.
    @suites: the releases, the first of which that has all of them is taken;
        None: those of the architecture.
    """
    missing = []
    if arch.busybox:
        raise NoPackage(f"Debian has nothing for {arch.debian}")
    for suite in arch.suites if suites is None else suites:
        try:
            return unpack(arch, wanted, suite)
        except NoPackage as error:
            missing.append(str(error))
    raise NoPackage("\n".join(missing))


def unpack(arch, wanted, suite):
    """The same of one release; "": that of the machine's configuration."""
    root = BUILD / "-".join(filter(None, ("debian", arch.debian, suite)))
    with locked(root):
        layer, fetched = {package for package, _ in wanted}, set()
        while layer := layer - fetched:
            fetched |= layer
            depends = fetch(arch, root, sorted(layer), suite)
            layer = depends if missing_libraries(root, wanted) else set()
        if missing := missing_libraries(root, wanted):
            raise BuildError("no package has " + ", ".join(sorted(missing)))
    return root


SOURCES = "{} [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] " \
    "http://deb.debian.org/debian {} main\n"


def has_own_lists(arch, suite):
    return bool(suite) or arch.debian != native()


def apt_get(arch, root, *arguments, suite="", cwd=None, kind="deb"):
    """Run apt-get for an architecture.  For another than that we run on, or
    another release, it has its own lists, below @root: the machine's
    configuration stays as it is.

    @suite: the release, or several; "": as the machine's configuration has it.
    @kind: of packages: "deb" or "deb-src"
    """
    command = ["apt-get"]
    if has_own_lists(arch, suite):
        state = root / "apt"
        for name in ("lists/partial", "cache/archives/partial"):
            (state / name).mkdir(parents=True, exist_ok=True)
        settings = {"APT::Architecture": arch.debian,
                    "APT::Architectures": arch.debian,
                    "Dir::State::Lists": state / "lists",
                    "Dir::Cache": state / "cache"}
        if suite:
            sources = state / "sources.list"
            sources.write_text("".join(SOURCES.format(kind, name)
                                       for name in suite.split()))
            settings |= {"Dir::Etc::SourceList": sources,
                         "Dir::Etc::SourceParts": "/dev/null"}
        command += [f"-o{name}={value}" for name, value in settings.items()]
    return subprocess.run([*command, *arguments], cwd=cwd, text=True,
                          capture_output=True, env=ENVIRONMENT)


# A mirror that can't be reached is no mirror that has not got a package.
NOT_THERE = re.compile(r"^E: (Unable to locate package|Can't select candidate "
                       r"version|Can't find a source to download|The repository "
                       r".* does not have a Release file)", re.M)


def download(arch, root, packages, suite):
    """Have apt-get download packages: at once, as it reads all lists each time.  What is
    in root/debs is whole: apt-get has the names of those that it has not got yet, too.
    """
    debs = root / "debs/part"
    shutil.rmtree(debs, ignore_errors=True)
    debs.mkdir(parents=True)
    result = apt_get(arch, root, "download", *packages, suite=suite, cwd=debs)
    if result.returncode and has_own_lists(arch, suite):
        # There are no lists yet, or they are old.  Those that are needed may be
        # among those that came, if not all did.
        update = apt_get(arch, root, "-oAPT::Update::Error-Mode=any", "update",
                         suite=suite)
        result = apt_get(arch, root, "download", *packages, suite=suite, cwd=debs)
        if result.returncode and update.returncode:
            result = update
    if result.returncode:
        kind = NoPackage if NOT_THERE.search(result.stderr) else BuildError
        where = " ".join(filter(None, (arch.debian, suite)))
        raise kind(f"apt-get download {' '.join(packages)} ({where}) failed:\n"
                   f"{result.stderr.strip()[-500:]}"
                   + ("" if suite else "\nIs apt-get update needed?"))
    for deb in debs.iterdir():
        deb.rename(root / "debs" / deb.name)
    debs.rmdir()


def fetch(arch, root, packages, suite):
    """Unpack packages; returns the libraries' packages they depend on, a set."""
    debs = root / "debs"
    debs.mkdir(parents=True, exist_ok=True)
    lacking = [name for name in packages if not any(debs.glob(f"{name}_*.deb"))]
    if lacking:
        download(arch, root, lacking, suite)
    depends = set()
    for name in packages:
        deb = next(debs.glob(f"{name}_*.deb"))
        stamp = deb.with_suffix(".unpacked")
        if not stamp.exists():
            subprocess.run(["dpkg-deb", "-x", str(deb), str(root)], check=True)
            stamp.touch()
        text = subprocess.run(["dpkg-deb", "-f", str(deb), "Depends"],
                              capture_output=True, text=True, check=True).stdout
        depends |= set(re.findall(r"(?:^|, )((?:lib|zlib)[\w.+-]+)", text))
    return depends


def native():
    """Debian's name of the architecture that we run on."""
    return subprocess.run(["dpkg", "--print-architecture"], text=True,
                          capture_output=True, check=True).stdout.strip()


def needed(path):
    """The shared libraries and the loader that an ELF file asks for."""
    text = subprocess.run(["readelf", "-d", "-l", "-W", str(path)], text=True,
                          capture_output=True, check=True).stdout
    return re.findall(r"\(NEEDED\).*\[(.+)\]", text), \
        re.findall(r"interpreter: (/.+?)\]", text)


def unpacked(root, program):
    """Where a package's program is: since Debian 13, /bin is /usr/bin there."""
    path = root / program
    return path if path.is_file() else root / "usr" / program


def libraries(root, wanted):
    """Yield (path in the guest, file or None) of all that programs load."""
    seen, queue = set(), [unpacked(root, program) for _, program in wanted]
    while queue:
        names, loader = needed(queue.pop())
        # In order: an initramfs that has the same files is the same.
        for name in sorted({*names, *loader} - seen):
            seen.add(name)
            base = os.path.basename(name)
            found = next((path for path in sorted(root.rglob(base))
                          if path.is_file()), None)
            yield (name if name.startswith("/") else f"/lib/{base}"), found
            if found:
                queue.append(found)


def missing_libraries(root, wanted):
    return {name for name, path in libraries(root, wanted) if not path}


# Its own configuration asks for what the compiler's libraries don't have.
CONFIGURE_BUSYBOX = "cp debian/config/pkg/static .config; yes '' | {} oldconfig"


def built_busybox(arch):
    """busybox-static, from Debian's source; returns the program's path."""
    root = BUILD / f"busybox-{arch.name}"
    program = root / "busybox"
    with locked(root):
        if program.is_file():
            return program
        with tempfile.TemporaryDirectory(dir=root) as top:
            source = busybox_source(arch, Path(top))
            make = ["make", "-C", str(source), f"-j{os.cpu_count()}",
                    f"ARCH={arch.arch}", f"CROSS_COMPILE={arch.cross_compile}"]
            what = f"busybox {arch.name}"
            run_logged(["sh", "-ec", "cd \"$1\"; " + CONFIGURE_BUSYBOX.format(
                shlex.join(make)), "sh", str(source)], f"{root.name}-config.log",
                what)
            run_logged([*make, "busybox"], f"{root.name}.log", what)
            os.rename(source / "busybox", program)
    return program


def busybox_source(arch, top):
    """Debian's source of busybox, with its patches, unpacked below @top."""
    for command in (["-oAPT::Update::Error-Mode=any", "update"],
                    ["source", "busybox"]):
        result = apt_get(arch, top, *command, suite=arch.busybox, cwd=top,
                         kind="deb-src")
        if result.returncode:
            raise BuildError(f"apt-get {command[-1]} ({arch.busybox}) failed:\n"
                             f"{result.stderr.strip()[-500:]}")
    return next(path for path in top.glob("busybox-*") if path.is_dir())


class Cpio:
    """An initramfs in the making: a cpio archive of the "newc" kind."""

    def __init__(self):
        self.parts, self.dirs, self.inode = [], set(), 0

    def add(self, name, mode, data=b"", rdev=(0, 0)):
        """Add one entry, and the directories above it."""
        name = name.strip("/")
        parent = os.path.dirname(name)
        if parent and parent not in self.dirs:
            self.add(parent, stat.S_IFDIR | 0o755)
        if stat.S_ISDIR(mode):
            if name in self.dirs:
                return
            self.dirs.add(name)
        self.inode += 1
        path = name.encode() + b"\0"
        fields = [self.inode, mode, 0, 0, 1, 0, len(data), 0, 0, *rdev,
                  len(path), 0]
        head = b"070701" + b"".join(b"%08X" % field for field in fields) + path
        for piece in (head, data):
            self.parts.append(piece + b"\0" * (-len(piece) % 4))

    def file(self, name, path, mode=0o755):
        self.add(name, stat.S_IFREG | mode, Path(path).read_bytes())

    def script(self, name, text):
        self.add(name, stat.S_IFREG | 0o755, text.encode())

    def link(self, name, target):
        self.add(name, stat.S_IFLNK | 0o777, target.encode())

    def device(self, name, major, minor):
        self.add(name, stat.S_IFCHR | 0o600, rdev=(major, minor))

    def bytes(self):
        """The whole archive; nothing can be added any more."""
        self.add("TRAILER!!!", 0)
        return b"".join(self.parts)


def client(arch):
    """Whether Debian's kexec-tools are to be had."""
    return not lack(arch, "kexec")


LACKING = {}                    # (architecture, program): why


def lack(arch, program):
    """Why guests of an architecture can't have a program that a row needs, or
    "".  Nothing counts as a reason but that a package is not there, and may be.
    """
    if not program:
        return ""
    get = {"kexec": lambda arch: debian(arch, [BUSYBOX, KEXEC_TOOLS]),
           "makedumpfile": lambda arch: debian(arch, [BUSYBOX, MAKEDUMPFILE]),
           "kexec-new": newer_client}.get(
               program, lambda arch: debian_kernel(arch, program))
    if (arch.name, program) not in LACKING:
        try:
            get(arch)
            LACKING[arch.name, program] = ""
        except NoPackage as error:
            if program not in arch.may_lack:
                raise
            LACKING[arch.name, program] = str(error)
    return LACKING[arch.name, program]


def newer_client(arch):
    """kexec-tools of a newer release of Debian, which need a newer C library
    than what else guests have: /newer has both.  Returns a Cpio.
    """
    if not arch.newer:
        raise BuildError(f"{arch.name}.toml does not say where newer "
                         "kexec-tools are")
    root = debian(arch, [KEXEC_TOOLS], arch.newer)
    program = unpacked(root, KEXEC_TOOLS[1])
    cpio = Cpio()
    cpio.file("newer/kexec", program)
    loader = ""
    for name, path in libraries(root, [KEXEC_TOOLS]):
        cpio.file(f"newer/lib/{os.path.basename(name)}", path)
        loader = os.path.basename(name) if name in needed(program)[1] else loader
    cpio.script("bin/kexec-new",
                f"#!/bin/sh\nexec /newer/lib/{loader} "
                '--library-path /newer/lib /newer/kexec "$@"\n')
    return cpio


# What any system of Debian's has that makes its own initramfs.
SYSTEM = ["?essential", "mawk", "e2fsprogs", "initramfs-tools", "busybox", "zstd"]
# Runs in a directory that has the packages unpacked, but nothing set up.
MAKE_INITRD = """
set -e
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
unset TMPDIR
mount --rbind /dev {root}/dev
mount --rbind /proc {root}/proc
exec chroot {root} /bin/sh -ec '
ldconfig
ln -sf mawk /usr/bin/awk
version=$(ls /lib/modules)
depmod $version
mkinitramfs -o /boot/initrd $version
mv /boot/vmlinuz-$version /boot/vmlinuz'
"""


def debian_kernel(arch, name):
    """A kernel of Debian's own, and the initramfs that Debian's tools make for it
    unless told otherwise; returns the directory that has both, as vmlinuz and
    initrd.

    @name: what the architecture's file calls it.
    """
    if arch.debian != native():
        raise NoPackage(f"{name}: {native()} can't run the tools of "
                        f"{arch.debian} that make its initramfs")
    suite = " ".join(arch.kernels[name])
    ready = BUILD / f"debian-{arch.debian}-kernels" / name
    with locked(ready.parent):
        if not ready.is_dir():
            with tempfile.TemporaryDirectory(dir=ready.parent) as top:
                make_initrd(Path(top), download_all(
                    arch, Path(top), suite,
                    [f"linux-image-{arch.debian}", *SYSTEM]))
                os.rename(Path(top) / "root/boot", ready)
    return ready


def download_all(arch, top, suite, packages):
    """Have apt-get download packages and all that they depend on, as on a machine that
    has nothing yet; returns their paths.  What it gives has the digests of lists
    that Debian has signed.
    """
    (top / "status").touch()
    for command in (["-oAPT::Update::Error-Mode=any", "update"],
                    ["install", *packages, "--download-only",
                     "--no-install-recommends", "--yes",
                     f"--target-release={suite.split()[-1]}"]):
        result = apt_get(arch, top, f"-oDir::State::status={top / 'status'}",
                         *command, suite=suite)
        if result.returncode:
            kind = NoPackage if NOT_THERE.search(result.stderr) else BuildError
            raise kind(f"apt-get {command[0]} {command[1]} ({suite}) failed:\n"
                       f"{result.stderr.strip()[-500:]}")
    return sorted((top / "apt/cache/archives").glob("*.deb"))


def extract(debs, root):
    """Unpack packages as one system."""
    for deb in debs:
        with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", str(deb)],
                              stdout=subprocess.PIPE) as files:
            subprocess.run(["tar", "-x", "--keep-directory-symlink",
                            "--no-same-owner", "-C", str(root)],
                           stdin=files.stdout, check=True)
        if files.returncode:
            raise BuildError(f"dpkg-deb can't read {deb.name}")


BORROWED = BUILD / "borrowed"
NOT_BORROWED = {}               # directory: an exception, and why it is not there


def borrowed(wanted):
    """The directories that have what an architecture's file borrows, each a system of
    its own whose programs run here.  They are made at the first time.

    @wanted: the "releases", the last of which the "packages" are of, of each.
    """
    found = []
    for system in wanted:
        releases, packages = system["releases"], system["packages"]
        root = BORROWED / f"{releases[-1]}-{packages[0]}"
        with locked(BORROWED):
            if root not in NOT_BORROWED:
                try:
                    borrow(root, " ".join(releases), packages)
                except BuildError as error:
                    kind = NotBorrowed if isinstance(error, NoPackage) else BuildError
                    NOT_BORROWED[root] = kind, str(error)
            if root in NOT_BORROWED:
                kind, why = NOT_BORROWED[root]
                raise kind(why)
        found.append(root)
    return found


def borrow(root, suite, packages):
    """Unpack packages and all that they depend on, if that is not what is in @root."""
    stamp = root / "borrowed"
    # Programs have the directory's name in them.
    made_of = "\n".join([str(root), suite, *packages, ""])
    if stamp.is_file() and stamp.read_text() == made_of:
        return
    if not shutil.which("patchelf"):
        raise BuildError(f"{root.name} needs patchelf: apt-get install patchelf")
    stamp.unlink(missing_ok=True)
    shutil.rmtree(root, ignore_errors=True)
    print(f"borrowing {root.name}", file=sys.stderr)
    with tempfile.TemporaryDirectory(dir=root.parent) as top:
        debs = download_all(Native(), Path(top), suite, packages)
        new = Path(top) / "root"
        new.mkdir()
        extract(debs, new)
        for program, loader in programs_of(new):
            settle(new, program, loader, root)
        settle_scripts(new, root)
        (new / stamp.name).write_text(made_of)
        new.rename(root)


def programs_of(root):
    """Yield (path, its loader's path) of all programs below @root that run here and
    load libraries.
    """
    wanted = os.path.basename(needed("/bin/sh")[1][0])
    loader = next((path for path in root.rglob(wanted)
                   if path.is_file() and not path.is_symlink()), None)
    if not loader:
        raise BuildError(f"no package has {wanted}")
    for path in sorted(root.rglob("*")):
        if path.is_symlink() or not path.is_file() or ".so" in path.name:
            continue
        with open(path, "rb") as file:
            if file.read(4) != b"\x7fELF":
                continue
        if wanted in map(os.path.basename, needed(path)[1]):
            yield path, loader


def settle(root, program, loader, home):
    """Have a program below @root use its own system's libraries, once that is at
    @home.  What it loads does the same.
    """
    # Where /lib is /usr/lib, and where it is not.
    there = loader.relative_to(root)
    where = [str(home / top / there.parent.name) for top in ("usr/lib", "lib")]
    before = program.stat()
    subprocess.run(["patchelf", "--force-rpath", "--set-rpath", ":".join(where),
                    "--set-interpreter", str(home / there), str(program)],
                   check=True, capture_output=True)
    # By that, ccache tells compilers from one another.
    os.utime(program, ns=(before.st_atime_ns, before.st_mtime_ns))


def settle_scripts(root, home):
    """The same for what linkers read in the place of a library, which has paths."""
    for path in root.rglob("*.so"):
        if path.is_symlink() or not path.is_file():
            continue
        data = path.read_bytes()
        if data.startswith(b"/* GNU ld script"):
            path.write_bytes(re.sub(rb"(?<=\s)(?=/(usr|lib)/)", os.fsencode(home), data))


def make_initrd(top, debs):
    """Unpack packages into a system of their own, below @top, and have that make
    an initramfs.  Nobody has to be root for it.
    """
    root = top / "root"
    for name in ("dev", "proc", "sys", "tmp", "run", "var/tmp"):
        (root / name).mkdir(parents=True)
    # As its installer has it; not all packages of Debian 12 know.
    for name in ("bin", "lib", "lib64", "sbin"):
        (root / "usr" / name).mkdir(parents=True)
        (root / name).symlink_to(f"usr/{name}")
    extract(debs, root)
    # Its mounts are gone when it ends.
    own = ["unshare", "--mount"] + (["--map-root-user"] if os.geteuid() else [])
    if subprocess.run([*own, "true"], capture_output=True).returncode:
        raise NoPackage(f"{' '.join(own)}: not allowed here, so an initramfs of "
                        "Debian's can't be made")
    run_logged([*own, "sh", "-c", MAKE_INITRD.format(root=shlex.quote(str(root)))],
               f"{top.parent.name}.log", "Debian's initramfs", quiet=True)


def more_files(arch, needs):
    """What a guest has in its root file system for what its row needs: a part of
    an archive.
    """
    if needs in ("", "kexec"):
        return b""
    if needs in arch.kernels:
        cpio = Cpio()
        for name in ("vmlinuz", "initrd"):
            cpio.file(f"boot/debian/{name}", debian_kernel(arch, needs) / name,
                      0o644)
        return cpio.bytes()
    return newer_client(arch).bytes()


def root_files(arch, wanted):
    """The part of a root file system that all guests have: /init, busybox,
    the programs of Debian's that are @wanted, if it has any for the architecture.
    Returns a Cpio to add to.
    """
    cpio = Cpio()
    for name in ("dev", "proc", "sys", "tmp", "run"):
        cpio.add(name, stat.S_IFDIR | 0o755)
    cpio.device("dev/console", 5, 1)
    cpio.file("init", GUEST / "init")
    cpio.link("bin/sh", "busybox")
    if arch.busybox:
        cpio.file(BUSYBOX[1], built_busybox(arch))
        return cpio
    wanted = [BUSYBOX, *wanted]
    root = debian(arch, wanted)
    for _, program in wanted:
        cpio.file(program, unpacked(root, program))
    for name, path in libraries(root, wanted):
        cpio.file(name, path)
    return cpio


def capture_initramfs(arch):
    """The root file system of a capture kernel: it has little memory, and so
    it has nothing but what saves the dump.
    """
    log = [VMCORE_DMESG] if client(arch) else []
    save = [] if lack(arch, "makedumpfile") else [MAKEDUMPFILE]
    cpio = root_files(arch, [*save, *log])
    cpio.file("run/command", GUEST / "crash/kexec-capture")
    return gzip.compress(cpio.bytes(), 6, mtime=0)


def guest_program(arch, source):
    """Compile a program for guests, or for this machine if that is of the same
    kind, statically; or a library, if the name is of one.  Returns its path, where
    it is complete whenever somebody else reads or runs it.
    """
    out = INITRAMFS / f"{arch.name}-{source.stem}"
    part = out.with_name(f"{out.name}.part")
    kind = ["-shared", "-fPIC"] if out.suffix == ".so" else ["-static"]
    with locked(out.parent):
        run_logged([f"{arch.cross_compile}gcc", *kind, "-O2", "-Wall",
                    "-Wextra", "-Werror", "-o", str(part), str(source)],
                   f"{out.name}.log", source.name)
        part.rename(out)
    return out


@functools.cache
def measured_khz():
    """What counter_khz() returns, measured."""
    program = guest_program(Arch(platform.machine()),
                            HERE / "harness/counter_khz.c")
    result = subprocess.run([str(program)], capture_output=True, text=True)
    return 0 if result.returncode else int(result.stdout)


COUNTER = threading.Lock()      # who measures


def counter_khz():
    """How fast this machine's own time stamp counter counts, in kHz; 0 if it has none
    that programs can read.  It is measured once, also if many ask at a time.
    """
    with COUNTER:
        return measured_khz()


def packed(archive):
    """The same, compressed; others may follow, which begin at a multiple of 4."""
    data = gzip.compress(archive, 6, mtime=0)
    return data + b"\0" * (-len(data) % 4)


def stripped(arch, path):
    """The bytes of a program, without its symbols."""
    with tempfile.NamedTemporaryFile() as out:
        subprocess.run([f"{arch.cross_compile}strip", "-o", out.name, str(path)],
                       check=True)
        return Path(out.name).read_bytes()


def initramfs(arch, image, tests=True):
    """Build the guests' root file system around a kernel image.

    /init and the scripts of guest/, busybox, Debian's kexec-tools, the
    selftests in /tests, and the image itself as /boot/kernel.  Where that can
    read /proc/vmcore, also what is in guest/crash/, and another root file
    system for it as /boot/capture.
    """
    out = output(image)
    config = (out / ".config").read_text().splitlines()
    crash = "CONFIG_PROC_VMCORE=y" in config
    cpio = root_files(arch, [KEXEC_TOOLS] if client(arch) else [])
    for directory in (GUEST, GUEST / "crash") if crash else (GUEST,):
        for path in sorted(filter(Path.is_file, directory.iterdir())):
            if path.suffix == ".c":
                cpio.file(f"bin/{path.stem}", guest_program(arch, path))
            elif path.name not in ("init", "kexec-capture"):
                cpio.file(f"bin/{path.name}", path)
    cpio.file("boot/kernel", image, 0o644)
    cpio.link("boot/initrd", "/sys/firmware/initrd")
    if crash:
        cpio.add("boot/capture", stat.S_IFREG | 0o644, capture_initramfs(arch))
    if tests:
        for path in sorted(selftests(arch).rglob("*")):
            if path.is_file():
                program = os.access(path, os.X_OK) and arch.small
                cpio.add(f"tests/{path.name}", stat.S_IFREG | 0o755,
                         stripped(arch, path) if program else path.read_bytes())
    archive = INITRAMFS / f"{out.name}.cpio"
    part = archive.with_name(f"{archive.name}.part")
    with locked(archive.parent):
        part.write_bytes(packed(cpio.bytes()) if arch.small else cpio.bytes())
        part.rename(archive)
    return archive
