# SPDX-License-Identifier: GPL-2.0-only
"""Tests of booting and judging guests, with a shell script for QEMU."""

import concurrent.futures
import contextlib
import os
import platform
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import types
import unittest
from pathlib import Path
from unittest import mock

from harness import build, check, dump, guest, static, sysrq

GOOD = ["Linux version 6.12", "kexec-guest: exit 0"]
# Seconds.  What hangs here does so for longer; nothing else takes as long, whatever
# the machine does besides.
HANG = 500
# Seconds of silence until one is killed that hangs: it has said its words by then, be the
# host as busy as it may.
SILENCE = 4


def judged(lines, timed_out="", status=0, arch="x86_64", **fields):
    """judge() of a guest that printed @lines."""
    one = guest.Guest(name="test", run="true", **fields)
    return guest.judge(one, guest.Outcome(
        [(0.0, line) for line in lines], 1.0, None, timed_out, status,
        arch=build.Arch(arch)))


def verdict(lines, **fields):
    """The reasons of judged()."""
    return judged(lines, **fields)[0]


class JudgeTest(unittest.TestCase):

    def test_good(self):
        self.assertEqual(verdict(GOOD), [])

    def test_time_limit(self):
        self.assertEqual(verdict(["kexec-guest: up: quiet", *GOOD],
                                 timed_out="said nothing for 9 s"),
                         ["said nothing for 9 s: killed"])

    def test_gap(self):
        """No machine was away for longer than it has run."""
        line = "[    3.757737] kexec-guest: previous: gap {} us"
        for gap, good in (("1500000", True), ("1500001", False), ("unknown", True)):
            with self.subTest(gap):
                outcome = guest.Outcome([(1.5, line.format(gap))], 9.0, None, "", 0)
                self.assertEqual(guest.gaps_too_long(outcome), [] if good else [
                    "a gap of 1500001 us, 1.500 s after QEMU was started"])
        self.assertEqual(verdict([*GOOD, line.format("1")]),
                         ["a gap of 1 us, 0.000 s after QEMU was started"])

    def test_time_limit_in_a_test(self):
        began = ["# Starting 2 tests from 1 test cases.", "#  RUN    some.one ...",
                 "ok 1 some.one", "#  RUN    some.other ..."]
        for lines, name in ((began, "some.other"), (began[:2], "some.one"),
                            (began[:3], None), (began[:1], None),
                            (began + ["not ok 2 some.other"], None),
                            (began + ["ok 2 some.other_one"], "some.other")):
            with self.subTest(lines):
                lines = [f"[    1.000000] {line}" for line in lines]
                why = verdict(["kexec-guest: up: quiet", *lines, *GOOD],
                              timed_out="said nothing for 9 s")
                self.assertEqual(why[1:],
                                 [f"it was in the test {name}"] if name else [])
                self.assertEqual(verdict([*lines, *GOOD]), [])

    def test_qemu_fails(self):
        self.assertIn("status is 1", verdict(GOOD, status=1)[0])
        self.assertIn("status is -11", verdict(GOOD, status=-11)[0])

    def test_command_fails(self):
        self.assertIn("saw exit 3", verdict(["kexec-guest: exit 3"])[0])

    def test_command_says_why(self):
        why = verdict(["[    1.2] Bail out! kexec_x: expected 1, saw 2",
                       "kexec-guest: exit 1"])
        self.assertEqual(why[1], "kexec_x: expected 1, saw 2")

    def test_notes(self):
        self.assertIn("no notes of CPUs", verdict(GOOD, notes=["kernel"])[0])

    def test_command_never_ends(self):
        self.assertIn("no end of it", verdict(GOOD[:1])[0])

    def test_command_ends_twice(self):
        self.assertTrue(verdict(GOOD + GOOD))

    def test_payload_needs_no_end_of_init(self):
        self.assertEqual(verdict(GOOD[:1], ends="payload"), [])

    def test_expect(self):
        lines = ["one", "two", "two", *GOOD]
        for expect, good in ((["one", "two"], True),
                             (["two", "two"], True),
                             (["t.o$", "exit 0$"], True),
                             (["two", "one"], False),
                             (["one", "one"], False),
                             (["three"], False)):
            with self.subTest(expect):
                self.assertEqual(not verdict(lines, expect=expect), good)

    def test_reject(self):
        self.assertTrue(verdict(["a bad line", *GOOD], reject=["bad"]))
        self.assertFalse(verdict(["a good line", *GOOD], reject=["bad"]))

    def test_always_rejected(self):
        for line in ("BUG: unable to handle page fault for address: 0",
                     "WARNING: CPU: 0 PID: 1 at kernel/kexec/place.c:1",
                     "WARNING: possible circular locking dependency detected",
                     "Oops: general protection fault, maybe",
                     "Kernel panic - not syncing: Attempted to kill init!",
                     "INFO: task kexec:12 blocked for more than 120 seconds.",
                     "rcu: INFO: rcu_preempt self-detected stall on CPU",
                     "ODEBUG: free active (active state 0) object: 1",
                     "pagealloc: memory corruption",
                     "list_del corruption. next->prev should be 1"):
            with self.subTest(line):
                self.assertTrue(verdict([line, *GOOD]))
                self.assertFalse(verdict([line, *GOOD], allow=[r"\w"]))

    def test_a_kernel_dies_and_another_goes_on(self):
        died = ["Linux version 6.12", "Kernel panic - not syncing: test"]
        lines = [*died, "Linux version 6.12", "kexec-guest: exit 0"]
        self.assertTrue(verdict(lines))
        self.assertFalse(verdict(lines, dies=["Kernel panic"]))
        self.assertTrue(verdict(died + lines, dies=["Kernel panic"]))
        self.assertTrue(verdict(lines, dies=["BUG:"]))
        self.assertFalse(verdict(died + lines, allow=["Kernel panic"]))

    def test_tap(self):
        tap = ["TAP version 13", "1..1", "ok 1 one"]
        self.assertEqual(verdict([*tap, *GOOD], tap=True), [])
        self.assertIn("saw none", verdict(GOOD, tap=True)[0])


class BootTest(unittest.TestCase):
    """Boots scripts in place of QEMU."""

    def setUp(self):
        scratch = tempfile.TemporaryDirectory(prefix="kexec-harness-")
        self.addCleanup(scratch.cleanup)
        self.top = Path(scratch.name)
        self.initrd = self.top / "initrd"
        self.initrd.write_bytes(b"")
        (self.top / ".config").write_text("")   # where a kernel was built
        for patch in (mock.patch.object(build, "LOGS", self.top / "logs"),
                      mock.patch.dict(check.IMAGES,
                                      {("any", ()): (self.top / "kernel",
                                                     self.initrd)})):
            patch.start()
            self.addCleanup(patch.stop)

    # A QEMU that does little else than to have a monitor.
    MONITOR = """
for word; do
	case $word in unix:*) path=${{word#unix:}} ;; esac
done
exec python3 -c '
import socket, sys
server = socket.socket(socket.AF_UNIX)
server.bind(sys.argv[1])
server.listen()
print("now", flush=True)
{server}
' "${{path%%,*}}"
"""

    def run_hanging(self, script, **fields):
        """run_guest() of one that hangs once it has a monitor, which takes a while."""
        lines_of = guest.lines_of

        def until_now(stream, silent):
            patch.stop()
            for line in lines_of(stream, HANG):
                yield line
                if line == "now":
                    yield from lines_of(stream, silent)

        patch = mock.patch.object(guest, "lines_of", until_now)
        patch.start()
        return self.run_guest(script, timeout=1, **fields)

    def run_guest(self, script, of_each_kernel=(), **fields):
        """(reasons, tests, seconds) of a guest that is @script."""
        qemu = self.top / "qemu"
        qemu.write_text("#!/bin/sh\n" + script)
        qemu.chmod(0o755)
        arch = types.SimpleNamespace(name="any", qemu=str(qemu),
                                     machine="none", cpu="none",
                                     console="tty", append="",
                                     accelerator="tcg", counter_of=[],
                                     max_cpus=0, options=[], borrowed=[],
                                     allow=list(of_each_kernel))
        began = time.monotonic()
        why, tests = check.run_guest(
            arch, guest.Guest(name="fake", run="true", **fields))
        return why, tests, time.monotonic() - began

    def expect_killed(self, script, reason=f"said nothing for {SILENCE} s"):
        """@script hangs, and is killed; its last words are reported."""
        why, _, seconds = self.run_guest(script, timeout=SILENCE)
        self.assertEqual(why[0], reason + ": killed")
        self.assertRegex("\n".join(why), r"the end of .*fake\.log:\n.*booting")
        self.assertIn("last words", why[-1])
        self.assertLess(seconds, HANG)
        self.assertIn("last words",
                      (self.top / "logs/guests/any/fake.log").read_text())

    def test_complaint_of_each_kernel(self):
        script = "echo WARNING: of firmware\necho kexec-guest: exit 0\n"
        self.assertIn("rejected", self.run_guest(script)[0][0])
        self.assertIn("rejected", self.run_guest(script, ["hardware"])[0][0])
        self.assertEqual(self.run_guest(script, ["firmware"])[0], [])

    def test_good(self):
        why, _, _ = self.run_guest("echo kexec-guest: exit 0\n")
        self.assertEqual(why, [])

    def test_hang_before_any_program(self):
        for up, words in (("", 1), ("echo kexec-guest: up: quiet", 0)):
            why, _, _ = self.run_guest(f"echo booting; {up}\nexec sleep 1000\n",
                                       timeout=SILENCE)
            self.assertEqual("never ran a program of ours" in "\n".join(why),
                             bool(words))

    # A kernel that answers SysRq, once: its console is closed then.
    SYSRQ = """
import os
while True:
    with server.accept()[0] as client:
        said = client.recv(100).decode().strip()
    if said == "chardev-send-break serial":
        print("sysrq: Show Blocked State for", os.read(0, 1).decode())
        print("task:some  state:D stack:0  pid:7  tgid:7  ppid:1  flags:0x0")
        print("ok 2 two", "BUG: it waits for", "the other", sep=chr(10), flush=True)
        os.closerange(1, 3)
"""

    def test_what_hangs_is_asked(self):
        with mock.patch.object(guest, "ANSWERED", HANG):
            why, tests, seconds = self.run_hanging(
                "echo TAP version 13; echo 1..2; echo ok 1 one; echo last words\n"
                + self.MONITOR.format(server=self.SYSRQ), tap=True)
        self.assertLess(seconds, HANG)
        log = (self.top / "logs/guests/any/fake.log").read_text()
        self.assertRegex(log, f"Blocked State for {sysrq.KEYS[0]}\n(?s:.*)the other\n")
        self.assertRegex("\n".join(why), r"last words\n.* now\nwhat it waits for.*\n"
                                         r" +task:some .*(\n.*)+\n +the other$")
        # That is no output of its own.
        self.assertEqual([test.ok for test in tests], [True, False])
        self.assertNotIn("rejected", "\n".join(why))

    def test_monitor_does_not_answer(self):
        with mock.patch.object(guest.Monitor, "tell", side_effect=TimeoutError):
            self.expect_killed("echo booting; echo last words; exec sleep 1000\n")

    def test_registers_of_what_hangs(self):
        self.run_hanging(self.MONITOR.format(
            server="""
while True:
    with server.accept()[0] as client:
        said = client.recv(100).decode().strip()
        client.sendall(("rip=1234 for " + said).encode())
"""))
        self.assertIn("rip=1234 for info registers -a",
                      (self.top / "logs/guests/any/fake.log").read_text())

    def test_hang(self):
        self.expect_killed("echo booting; echo last words; exec sleep 1000\n")

    def test_hang_within_a_line(self):
        self.expect_killed("echo booting; printf last\\ words; exec sleep 1000\n")

    def test_hang_with_its_console_closed(self):
        self.expect_killed("echo booting; echo last words\n"
                           "exec sleep 1000 >/dev/null 2>&1\n",
                           f"closed its console, and ran for {SILENCE} s more")

    def test_never_silent(self):
        with mock.patch.object(guest, "LONGEST", 1):
            self.expect_killed("echo booting\n"
                               "while sleep 0.5; do echo last words; done\n",
                               f"did not end within {SILENCE} s")

    def test_slow_but_not_silent(self):
        why, _, _ = self.run_guest(
            "for i in 1 2 3; do sleep 2; echo; done\n"
            "echo kexec-guest: exit 0\n", timeout=SILENCE)
        self.assertEqual(why, [])

    def test_patience(self):
        with mock.patch.dict(os.environ, {"PATIENCE": "1000"}):
            why, _, _ = self.run_guest(
                "sleep 2; echo kexec-guest: exit 0\n", timeout=1)
        self.assertEqual(why, [])

    def test_cpu_seconds(self):
        self.run_guest("i=0; while [ $i -lt 100000 ]; do i=$((i + 1)); done\n"
                       "echo kexec-guest: exit 0\n")
        self.assertGreater(check.GUEST_CPU["any", "fake"], 0)

    def test_tests_of_a_guest_that_hangs_count(self):
        why, tests, _ = self.run_guest(
            "echo TAP version 13; echo 1..2; echo ok 1 one; exec sleep 1000\n",
            timeout=SILENCE, tap=True)
        self.assertTrue(why)
        self.assertEqual([test.ok for test in tests], [True, False])

    def test_qemu_does_not_start(self):
        why, _, _ = self.run_guest("echo no such machine >&2; exit 1\n")
        self.assertIn("QEMU's exit status is 1", why)
        self.assertIn("no such machine", why[-1])

    def test_kernel_was_not_built(self):
        why, _, _ = self.run_guest("echo kexec-guest: exit 0\n",
                                   kernel="other")
        self.assertIn("could not be built", why[0])

    def test_capture_kernel_was_not_built(self):
        why, _, _ = self.run_guest("echo kexec-guest: exit 0\n",
                                   capture="other")
        self.assertIn("could not be built", why[0])

    def test_capture_kernel(self):
        """It is beside the one that boots, by its own name."""
        other = self.top / "other"
        other.write_bytes(b"a kernel linked elsewhere")
        one = guest.Guest(name="test", run="true")
        for capture in (None, other):
            whole = guest.with_own_files(build.Arch("x86_64"), one, self.initrd,
                                         self.initrd, self.top, capture)
            content = whole.read_bytes()
            self.assertEqual(b"boot/kernel-capture" in content, bool(capture))
            self.assertEqual(other.read_bytes() in content, bool(capture))

    def test_disk(self):
        with mock.patch.object(dump, "verify") as verify:
            verify.return_value = []
            why, _, _ = self.run_guest(
                "echo kexec-guest: exit 0\n", disk="4M", dump={"stacks": []})
        self.assertEqual(why, [])
        disk = self.top / "logs/guests/any/fake.disk"
        self.assertEqual(verify.call_args[0][1], disk)
        self.assertFalse(disk.exists(), "it is no longer needed")
        self.assertRegex((self.top / "logs/guests/any/fake.log").read_text(),
                         rf"-drive file={disk},\S+ -device virtio-blk-pci")

    def test_firmware(self):
        flash = {"program": self.initrd, "variables": self.top / ".config"}
        arch = mock.Mock(name="arch", firmware={"other": flash})
        one = guest.Guest(name="test", firmware="other")
        options = guest.with_firmware(arch, one)
        self.assertEqual(options[1::2], [
            "if=pflash,format=raw,unit=0,readonly=on,"
            f"file={self.initrd}",
            "if=pflash,format=raw,unit=1,snapshot=on,"
            f"file={self.top / '.config'}"])
        self.assertEqual(guest.with_firmware(arch, guest.Guest(name="own")), [])

    def test_no_such_firmware(self):
        arch = mock.Mock(firmware={"other": {"program": self.top / "none"}})
        arch.name = "any"
        for name, words in (("other", "no program .*/none"),
                            ("another", "not in any.toml")):
            with self.subTest(name), \
                 self.assertRaisesRegex(build.BuildError, words):
                guest.with_firmware(arch, guest.Guest(name="test",
                                                      firmware=name))

    def test_device_tree(self):
        arch = mock.Mock(qemu="qemu", machine="virt", cpu="max", max_cpus=0, options=[])
        one = guest.Guest(name="test", fdtput=["-t s TREE /cpus 'a b' c"])
        tree = self.top / "device-tree"
        tree.touch()
        with mock.patch.object(subprocess, "run") as run:
            run.return_value = mock.Mock(returncode=0)
            self.assertEqual(guest.with_device_tree(arch, one, None, self.top),
                             ["-dtb", str(tree)])
        dumped, changed = [call[0][0] for call in run.call_args_list]
        self.assertEqual(dumped[-2:], ["-machine", f"dumpdtb={tree}"])
        self.assertEqual(changed, ["fdtput", "-t", "s", str(tree), "/cpus",
                                   "a b", "c"])

    def test_max_cpus(self):
        for archs, most, smp in ((["all"], 0, "4"), (["all"], 1, "1"),
                                 (["all"], 8, "4"), (["any"], 1, "4")):
            arch = mock.Mock(qemu="qemu", machine="virt", cpu="max", max_cpus=most, options=[])
            arch.name = "any"
            one = guest.Guest(name="test", arch=archs, cpus=4)
            words = guest.machine(arch, one)
            self.assertEqual(words[words.index("-smp") + 1], smp)

    def test_data_of_a_borrowed_qemu(self):
        data = self.top / "usr/share/qemu"
        data.mkdir(parents=True)
        qemu = str(self.top / "usr/bin/qemu")
        self.assertEqual(guest.with_data(qemu), [qemu, "-L", str(data)])
        self.assertEqual(guest.with_data("qemu"), ["qemu"])
        data.rmdir()
        self.assertEqual(guest.with_data(qemu), [qemu])

    def test_another_machine_and_its_device_tree(self):
        arch = mock.Mock(qemu="qemu", machine="virt", cpu="max", max_cpus=0, options=[])
        (self.top / ".config").touch()
        one = guest.Guest(name="test", machine="board", dtb="dts/board.dtb")
        self.assertEqual(guest.machine(arch, one)[:3],
                         ["qemu", "-machine", "board"])
        self.assertEqual(
            guest.with_device_tree(arch, one, self.top / "boot/image", self.top),
            ["-dtb", str(self.top / "dts/board.dtb")])

    def test_device_tree_can_not_be_changed(self):
        arch = mock.Mock(qemu="false", machine="virt", cpu="max", max_cpus=0, options=[])
        one = guest.Guest(name="test", fdtput=["TREE / a b"])
        with self.assertRaisesRegex(build.BuildError, "dumpdtb="):
            guest.with_device_tree(arch, one, None, self.top)

    def test_bad_dump(self):
        with mock.patch.object(dump, "verify") as verify:
            verify.return_value = ["no panic in it"]
            why, _, _ = self.run_guest(
                "echo kexec-guest: exit 0\n", disk="4M", dump={"stacks": []})
        self.assertEqual(why[0], "no panic in it")
        self.assertTrue((self.top / "logs/guests/any/fake.disk").exists())

    def test_guest_without_a_dump(self):
        why, _, _ = self.run_guest("echo kexec-guest: exit 0\n", disk="4M",
                                   dump={"stacks": []})
        self.assertIn("the guest has not written vmcore", why)

    def run_told(self, refused, more):
        """Run a guest at whose word QEMU is told something, then two things, and
        refuses one of them; returns the reasons, and its log.
        """
        why, _, _ = self.run_guest(self.MONITOR.format(server=f"""
def serve(nr):
    for _ in range(nr):
        with server.accept()[0] as client:
            said = client.recv(100).decode().strip()
            print("told:", said, flush=True)
            client.sendall(b"x" + bytes([13, 10]) + b"Error: no"
                           if said == "{refused}" else b"(qemu)")

print("please now", flush=True)
serve(1)
print("please again", flush=True)
serve(2)
print("please{more}", flush=True)
serve({int(bool(more))})
print("kexec-guest: exit 0")
"""), monitor=[["please", "nmi"], ["please", "add", "plug in"], ["more", "quit"]],
            expect=["please now", "^told: nmi$", "please again", "^told: add$",
                    "^told: plug in$", "^please"])
        return why, (self.top / "logs/guests/any/fake.log").read_text()

    def test_monitor(self):
        why, log = self.run_told("nothing", " more")
        self.assertEqual(why, [])
        for of in ("monitor", "told"):
            self.assertEqual(re.findall(f"{of}: (.*)", log),
                             ["nmi", "add", "plug in", "quit"])

    def test_monitor_far_down(self):
        """Where TMPDIR is deeper than the path of a socket may be long."""
        deep = self.top / ("d" * 100) / "d"
        deep.mkdir(parents=True)
        with mock.patch.object(tempfile, "tempdir", str(deep)):
            why, log = self.run_told("nothing", " more")
        self.assertEqual(why, [])
        self.assertIn("monitor: quit", log)
        self.assertEqual(list(deep.iterdir()), [])

    def test_monitor_refuses(self):
        why, _ = self.run_told("plug in", " more")
        self.assertIn("saw: monitor: Error: no", " ".join(why))

    def test_monitor_not_told(self):
        why, _ = self.run_told("nothing", "")
        self.assertEqual(why[0], "/more/: not seen, so QEMU was not told: quit")

    def test_watch_fails(self):
        def fail(seconds, line):
            raise ValueError(line)
        qemu = self.top / "qemu"
        qemu.write_text("#!/bin/sh\necho line; exec sleep 1000\n")
        qemu.chmod(0o755)
        arch = types.SimpleNamespace(name="any", qemu=str(qemu), machine="",
                                     cpu="", console="", append="",
                                     accelerator="tcg", counter_of=[],
                                     max_cpus=0, options=[])
        began = time.monotonic()
        with self.assertRaises(ValueError):
            guest.boot(arch, guest.Guest(name="fake"), "", self.initrd, fail)
        self.assertLess(time.monotonic() - began, HANG)


class SysrqTest(unittest.TestCase):
    """What a guest that hangs is asked, and what of its answers is shown."""

    def asked(self, answers):
        """by_sysrq() of a guest that says this when it is asked: the lines, and the
        keys.
        """
        keys, stdin = os.pipe()
        stdout, console = os.pipe()
        with open(keys, "rb", 0) as keys, open(stdin, "wb", 0) as stdin, \
             open(stdout, "rb", 0) as stdout, open(console, "wb", 0) as console, \
             mock.patch.object(guest, "ANSWERED", 0.01):
            def tell(command):
                self.assertEqual(command, "chardev-send-break serial")
                console.write(answers.pop(0).encode())
            lines = [*guest.by_sysrq(types.SimpleNamespace(tell=tell),
                                     types.SimpleNamespace(stdin=stdin,
                                                           stdout=stdout))]
            return lines, keys.read(len(sysrq.KEYS)).decode()

    def test_every_key(self):
        lines, keys = self.asked([f"{key}\nall of it\n" for key in sysrq.KEYS])
        self.assertEqual(keys, sysrq.KEYS)
        self.assertEqual(lines[::2], [*sysrq.KEYS])

    def test_no_answer(self):
        self.assertEqual(self.asked(["one\ntwo", ""]),
                         (["one", "two", "sysrq: no answer"], sysrq.KEYS[:2]))
        self.assertEqual(self.asked(["", ""]),
                         (["sysrq: no answer"] * 2, sysrq.KEYS[:2]))

    def test_first_key_is_lost(self):
        self.assertEqual(self.asked(["", "w\n", "t\n", "l\n"]),
                         (["sysrq: no answer", "w", "t", "l"], sysrq.KEYS))

    @staticmethod
    def task(name, pid, parent, state="S"):
        return [f"[   42.168722] task:{name:15} state:{state} stack:0     pid:{pid:<5}"
                f" tgid:{pid:<5} ppid:{parent:<6} flags:0x00000000",
                f"[   42.168723]  {name}_sleeps+0x1/0x2"]

    def answers(self):
        blocked = self.task("kworker/0:1 a", 12, 2, "D") + self.task("load", 52, 50, "D")
        return ["sysrq: Changing Loglevel",
                "sysrq: Show Blocked State", *blocked, "sysrq: Show State",
                *self.task("init", 1, 0), *self.task("kthreadd", 2, 0),
                *self.task("kworker/0:0", 11, 2), *blocked,
                *self.task("sh", 50, 1), *self.task("cat", 202, 1),
                "[   42.2] Showing busy workqueues and worker pools:",
                "sysrq: Show backtrace of all active CPUs", "cpu 1 is idling"]

    def shown(self, lines):
        return re.findall(r"\]  (\w+).*_sleeps", "\n".join(lines))

    def test_tasks(self):
        lines = sysrq.waiting(self.answers())
        self.assertEqual(self.shown(lines), ["kworker", "load", "cat", "sh", "init"])
        self.assertEqual(len(lines), 10)

    def test_not_too_many(self):
        lines = sysrq.waiting(self.answers(), 6)
        self.assertEqual(self.shown(lines), ["kworker", "load", "cat"])
        self.assertEqual(lines[6:], ["... and 4 lines more"])
        self.assertEqual(len(sysrq.waiting(self.answers(), 10)), 10)

    def test_broken_off(self):
        end = self.answers().index("sysrq: Show State")
        self.assertEqual(self.shown(sysrq.waiting(self.answers()[:end - 2])),
                         ["kworker"])

    def test_nothing(self):
        for lines in ([], ["sysrq: no answer"], ["sysrq: This sysrq operation is disabled."]):
            self.assertEqual(sysrq.waiting(lines), [])


class TestLimitTest(unittest.TestCase):
    """A test of a selftest is given time by its guest's row."""

    HANGS = """
#include "kselftest_harness.h"
#include "patience.h"

FIXTURE(some) {};
FIXTURE_SETUP(some) {}
FIXTURE_TEARDOWN(some) {}
TEST_F(some, hang) { for (;;) pause(); }
TEST(hang) { for (;;) pause(); }
TEST_HARNESS_MAIN
"""

    def test_told(self):
        for patience, seconds in (("1", 1400), ("2.5", 3500)):
            with tempfile.TemporaryDirectory() as top, \
                 mock.patch.dict(os.environ, {"PATIENCE": patience}):
                initrd = Path(top) / "initrd"
                initrd.touch()
                whole = guest.with_own_files(
                    build.Arch("x86_64"), guest.Guest("test", run="true", timeout=700),
                    initrd, initrd, Path(top))
                self.assertIn(f"#!/bin/sh\nexport KEXEC_TEST_TIMEOUT={seconds}\ntrue\n",
                              whole.read_bytes().decode())

    def test_obeyed(self):
        with tempfile.TemporaryDirectory() as top:
            program = f"{top}/hangs"
            subprocess.run(["gcc", "-D_GNU_SOURCE", "-x", "c", "-", "-o", program,
                            f"-I{build.TREE}/tools/testing/selftests",
                            f"-I{build.HERE.parent}/selftests/kexec"],
                           input=self.HANGS, text=True, check=True)
            result = subprocess.run(
                [program], env=os.environ | {"KEXEC_TEST_TIMEOUT": "1"}, text=True,
                capture_output=True, timeout=HANG)
        self.assertEqual(
            re.findall("# (\\w+): Test terminated by timeout",
                       result.stdout + result.stderr), ["hang", "hang"])


class InterruptTest(unittest.TestCase):
    """What runs guests is interrupted: they do not outlive it."""

    RUNNER = """
import signal, subprocess, sys
from harness import build, check

# Who runs this in the background may have it ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)

def hang():
    with subprocess.Popen(["sleep", "1000"]) as process, \\
         build.ended_with_us(process):
        print(process.pid, flush=True)
        process.wait()
    return [], []

check.run_all([check.Check("one", hang, alone=ALONE)])
"""

    def expect_ended(self, alone):
        with subprocess.Popen(
                [sys.executable, "-c",
                 self.RUNNER.replace("ALONE", str(alone))], cwd=build.HERE,
                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as runner:
            pid = int(runner.stdout.readline())
            runner.send_signal(signal.SIGINT)
            self.assertNotEqual(runner.wait(timeout=HANG), 0)
        with self.assertRaises(ProcessLookupError):
            os.kill(pid, 0)

    def test_before_it_runs(self):
        """What starts when all have been ended is ended, too."""
        self.addCleanup(build.ENDING.clear)
        build.end_all()
        with self.assertRaisesRegex(build.BuildError, "interrupted"), \
             subprocess.Popen(["sleep", "1000"]) as process, \
             build.ended_with_us(process):
            process.wait()
        self.assertIsNotNone(process.poll())

    def test_what_tools_say(self):
        """A tool that runs beside others is ended with them."""
        seen = []

        def look():
            while not build.RUNNING:
                time.sleep(0.01)
            seen.extend(build.RUNNING)
            build.end_all()

        self.addCleanup(build.ENDING.clear)
        thread = threading.Thread(target=look)
        thread.start()
        # It says so if it had only begun.
        with contextlib.suppress(build.BuildError):
            static.run(["sleep", "1000"])
        thread.join()
        self.assertEqual([process.poll() for process in seen], [-signal.SIGTERM])

    def test_while_others_are_started(self):
        """Those that run already are ended, too."""
        started = []

        def submit(pool, function, check):
            if started:
                raise KeyboardInterrupt
            started.append(subprocess.Popen(["sleep", "1000"]))
            build.RUNNING.add(started[0])
            self.addCleanup(build.RUNNING.discard, started[0])
            return concurrent.futures.Future()

        self.addCleanup(build.ENDING.clear)
        with mock.patch.object(concurrent.futures.ThreadPoolExecutor, "submit",
                               submit), self.assertRaises(KeyboardInterrupt):
            check.run_each(2 * [check.Check("one", None)], check.Count())
        self.assertNotEqual(started[0].wait(HANG), 0)

    def test_while_one_runs_alone(self):
        self.expect_ended(True)

    def test_while_some_run_at_a_time(self):
        self.expect_ended(False)


class SkipTest(unittest.TestCase):
    """A test that was skipped has failed, unless its row says that it may be."""

    TAP = ["TAP version 13", "1..2", "ok 1 one", "ok 2 two # SKIP no memory",
           *GOOD]

    def failed(self, **fields):
        why, tests = judged(self.TAP, tap=True, **fields)
        self.assertEqual(why, [])
        return [test.name for test in tests if not test.ok]

    def test_may_not(self):
        self.assertEqual(self.failed(), ["two"])
        self.assertEqual(self.failed(skips={"three": ["all"]}), ["two"])

    def test_may(self):
        for pattern in ("no memory", "^two", "two no mem"):
            self.assertEqual(self.failed(skips={pattern: ["all"]}), [])

    def test_may_elsewhere(self):
        skips = {"no memory": ["arm64", "i386"]}
        self.assertEqual(self.failed(skips=skips), ["two"])
        self.assertEqual(self.failed(skips=skips, arch="arm64"), [])

    def test_says_why(self):
        _, tests = judged(self.TAP, tap=True)
        self.assertIn("no memory", tests[1].detail)

    def test_all_of_it(self):
        _, tests = judged(["TAP version 13", "1..0 # SKIP not root", *GOOD],
                          tap=True)
        self.assertEqual([test.ok for test in tests], [False])


class SuitesTest(unittest.TestCase):
    """A KUnit suite that is not compiled is missed."""

    TAP = ["KTAP version 1", "1..1", "    KTAP version 1",
           "    # Subtest: kexec-some", "    1..1", "    ok 1 test_it",
           "ok 1 kexec-some", *GOOD]

    def test_there(self):
        self.assertEqual(verdict(self.TAP, tap=True, suites=["kexec-some"]),
                         [])

    def test_missing(self):
        for name in ("kexec-other", "kexec-so", "test_it"):
            self.assertEqual(
                verdict(self.TAP, tap=True, suites=["kexec-some", name]),
                [f"expected the KUnit suite {name}: not seen"])

    def test_suite_of_others(self):
        """An architecture need not have what it has no use for."""
        suites = ["kexec-some", "kexec-fdt"]
        for arch, reasons in (("x86_64", 0), ("arm64", 1)):
            self.assertEqual(
                len(verdict(self.TAP, tap=True, suites=suites, arch=arch)),
                reasons, arch)

    def test_sources(self):
        """What the list has is what the sources do."""
        found = set()
        for name in static.code_files():
            text = (build.TREE / name).read_text()
            found |= set(re.findall(
                r"struct kunit_suite \w+ = \{\s*\.name = \"(.+?)\"", text))
        listed = {one.name: set(one.suites) for one in guest.every_guest()
                  if one.kunit}
        self.assertEqual(listed["kunit"], found)
        for name, suites in listed.items():
            # Which has no crash images.
            left_out = {"kexec-crash", "kexec-crashkernel", "kexec-quiet",
                        "kexec-region", "kexec-reserve"} \
                if name == "kunit-moves" else set()
            self.assertEqual(suites, found - left_out, name)


class ElfHeaderTest(unittest.TestCase):
    """The bytes that an architecture's core files begin with."""

    def seen(self, arch, header):
        return not verdict([f"ELF header: {header}", *GOOD], arch=arch,
                           expect=[f"ELF header: {guest.ELF_HEADER}$"])

    def test_header(self):
        for arch, header in (("x86_64", "7f 45 4c 46 02 01 01 @ 04 00 3e 00"),
                             ("i386", "7f 45 4c 46 01 01 01 @ 04 00 03 00"),
                             ("i386", "7f 45 4c 46 02 01 01 @ 04 00 03 00"),
                             ("arm", "7f 45 4c 46 01 01 01 @ 04 00 28 00"),
                             ("arm64", "7f 45 4c 46 02 01 01 @ 04 00 b7 00"),
                             ("s390x", "7f 45 4c 46 02 02 01 @ 00 04 00 16"),
                             ("mips", "7f 45 4c 46 01 02 01 @ 00 04 00 08"),
                             ("mipsel", "7f 45 4c 46 01 01 01 @ 04 00 08 00"),
                             ("mips64", "7f 45 4c 46 02 02 01 @ 00 04 00 08"),
                             ("mips64el", "7f 45 4c 46 02 01 01 @ 04 00 08 00"),
                             ("ppc64", "7f 45 4c 46 02 02 01 @ 00 04 00 15"),
                             ("ppc64le", "7f 45 4c 46 02 01 01 @ 04 00 15 00"),
                             ("riscv64", "7f 45 4c 46 02 01 01 @ 04 00 f3 00")):
            header = header.replace("@", " ".join(9 * ["00"]))
            with self.subTest(arch):
                self.assertTrue(self.seen(arch, header))
                for other in build.ported():
                    if other != arch:
                        self.assertFalse(self.seen(other, header))
                # An executable, and the bytes in the other order.
                self.assertFalse(self.seen(arch, header.replace("04 00",
                                                                "02 00")))
                self.assertFalse(self.seen(arch, header.replace("04 00",
                                                                "00 04")))

    def test_big_endian(self):
        with tempfile.TemporaryDirectory() as top, \
             mock.patch.object(build, "HERE", Path(top)):
            (Path(top) / "some.toml").write_text(
                'elf_machine = 22\nelf_data = "big"\nelf_classes = [64]\n')
            self.assertRegex(
                "7f 45 4c 46 02 02 01 00 00 00 00 00 00 00 00 00 00 04 00 16",
                f"^{build.Arch('some').elf_header}$")


class AcceleratorTest(unittest.TestCase):
    """An architecture may need options of it; who runs the checks may choose it."""

    def used(self, name, chosen=""):
        with mock.patch.dict(os.environ, {"ACCEL": chosen}):
            command = guest.command_line(build.Arch(name), guest.Guest(name="test"),
                                         Path("image"), Path("initrd"))
        self.assertEqual(command.count("-accel"), 1)
        return command[command.index("-accel") + 1]

    def test_of_architecture(self):
        self.assertEqual(self.used("x86_64"), "tcg")
        self.assertEqual(self.used("s390x"), "tcg,thread=single")

    def test_chosen(self):
        for name in ("x86_64", "s390x"):
            self.assertEqual(self.used(name, "kvm"), "kvm")
        # Which is no other choice than that of the architecture.
        self.assertEqual(self.used("s390x", "tcg"), "tcg,thread=single")


class ReleaseTest(unittest.TestCase):
    """A row has no release of Linux in it: the tree has."""

    def seen(self, lines, expect="Linux version @RELEASE@", patchlevel=3):
        with tempfile.TemporaryDirectory() as top, \
             mock.patch.object(build, "TREE", Path(top)):
            (Path(top) / "Makefile").write_text(
                "# SPDX-License-Identifier: GPL-2.0\nVERSION = 7\n"
                f"PATCHLEVEL = {patchlevel}\nSUBLEVEL = 4\nEXTRAVERSION =\n")
            return not verdict([*lines, "kexec-guest: exit 0"], expect=[expect])

    def test_release(self):
        self.assertTrue(self.seen(["Linux version 7.3.4-kexec-test"]))
        self.assertTrue(self.seen(["Linux version 7.12.1"], patchlevel=12))
        self.assertFalse(self.seen(["Linux version 6.12.117-kexec-test"]))
        self.assertFalse(self.seen(["Linux version 7x3"]))

    def test_since(self):
        one = guest.Guest(name="test", since="6.13")
        for base, has in (("6.2", False), ("6.12", False), ("6.13", True),
                          ("6.14", True), ("7.3", True)):
            with self.subTest(base), mock.patch.object(build, "IN_TREE", False), \
                 mock.patch.object(build, "BASE", base):
                self.assertEqual(one.is_for("x86_64"), has)
                self.assertEqual(one.in_check("x86_64"), has)
                self.assertFalse(one.is_for("arm64"))
        with self.assertRaisesRegex(build.BuildError, "since: new, which is no"):
            guest.read_row({"name": "test", "since": "new"})

    def test_until(self):
        one = guest.Guest(name="test", since="6.12", until="7.3")
        for base, has in (("6.11", False), ("6.12", True), ("7.2", True),
                          ("7.3", False)):
            with self.subTest(base), mock.patch.object(build, "IN_TREE", False), \
                 mock.patch.object(build, "BASE", base):
                self.assertEqual(one.is_for("x86_64"), has)
        with self.assertRaisesRegex(build.BuildError, "until: new, which is no"):
            guest.read_row({"name": "test", "until": "new"})

    def test_rows(self):
        """Only kernels that Debian has made have their own."""
        for one in guest.every_guest():
            if not one.name.startswith("debian-"):
                with self.subTest(one.name):
                    self.assertNotRegex(repr(one), r"Linux.{0,3}version.{0,3}\d|"
                                                   r"OSRELEASE=\d|\b6\\.?\.12\b")


class CounterTest(unittest.TestCase):
    """A guest is told how fast the counter is that it has from its host."""

    def said(self, machine="x86_64", environment={}, khz=2500000, **fields):
        """What a guest on @machine is told, whose counter counts so fast."""
        arch = build.Arch("i386")
        one = guest.Guest(name="test", **fields)
        with mock.patch.dict(os.environ, environment), \
             mock.patch("platform.machine", return_value=machine), \
             mock.patch.object(build, "counter_khz", return_value=khz):
            command = guest.command_line(arch, one, Path("image"), Path("initrd"))
        append = command[command.index("-append") + 1].split()
        return [word for word in append if word.startswith(arch.counter)]

    def test_said(self):
        for accelerator in ("", "tcg", "tcg,thread=single", "accel=tcg,tb-size=64"):
            self.assertEqual(self.said(environment={"ACCEL": accelerator}),
                             ["tsc_early_khz=2500000"])

    def test_not_the_hosts(self):
        self.assertEqual(self.said("riscv64"), [])
        self.assertEqual(self.said(qemu=["-icount", "shift=0"]), [])
        for accelerator in ("kvm", "kvm,kernel-irqchip=split", "accel=kvm"):
            self.assertEqual(self.said(environment={"ACCEL": accelerator}), [])

    def test_none_to_read(self):
        self.assertEqual(self.said(khz=0), [])

    def measure(self, script, threads=1):
        """What some threads are told by counter_khz() if that runs a script, and how
        often that was made.
        """
        with tempfile.TemporaryDirectory() as top:
            program = Path(top) / "program"
            program.write_text("#!/bin/sh\n" + script)
            program.chmod(0o755)
            with mock.patch.object(build, "guest_program",
                                   return_value=program) as made, \
                 mock.patch.object(build, "Arch"):
                build.measured_khz.cache_clear()
                self.addCleanup(build.measured_khz.cache_clear)
                with concurrent.futures.ThreadPoolExecutor(threads) as pool:
                    told = [*pool.map(lambda _: build.counter_khz(),
                                      range(threads))]
        return told, made.call_count

    def test_measured_once(self):
        self.assertEqual(self.measure("sleep 0.1; echo 2500000", 4),
                         ([2500000] * 4, 1))

    def test_host_without(self):
        self.assertEqual(self.measure("exit 1")[0], [0])
        self.assertEqual(self.measure("kill -SEGV $$")[0], [0])

    @unittest.skipUnless(platform.machine() == "x86_64", "it is x86's")
    def test_measured(self):
        """Twice about the same: the unit is right, and nothing overflows.  A host that
        is busy does not make it wrong by a factor.
        """
        build.measured_khz.cache_clear()
        first = build.counter_khz()
        build.measured_khz.cache_clear()
        second = build.counter_khz()
        self.assertLessEqual(first, 2 * second)
        self.assertLessEqual(second, 2 * first)

    def test_program_is_replaced(self):
        """Who runs a program while it is made anew runs one that is complete."""
        with tempfile.TemporaryDirectory() as top, \
             mock.patch.object(build, "INITRAMFS", Path(top)), \
             mock.patch.object(build, "run_logged") as compiler:
            out = Path(top) / "any-name"

            def compile(command, *_):
                part = Path(command[command.index("-o") + 1])
                self.assertNotEqual(part, out)
                part.write_text("new")
                self.assertEqual(out.exists() and out.read_text(), was)
            compiler.side_effect = compile
            arch = types.SimpleNamespace(name="any", cross_compile="")
            for was in (False, "new"):
                self.assertEqual(build.guest_program(arch, Path("name.c")), out)
                self.assertEqual(out.read_text(), "new")
            self.assertEqual([path.name for path in out.parent.iterdir()
                              if not path.name.startswith(".")], [out.name])


class ScriptTest(unittest.TestCase):
    """What guests run, as far as a host can."""

    def test_uptime(self):
        """A number, also when it has zeros at its begin."""
        text = (build.GUEST / "crash/kexec-capture").read_text()
        now = re.search(r"^now\(\)\n{.*?^}\n", text, re.MULTILINE | re.DOTALL)
        with tempfile.NamedTemporaryFile("w") as file:
            for uptime, ms in (("0.92", 920), ("0.08", 80), ("0.53", 530),
                               ("10.09", 10090), ("1234567.80", 1234567800)):
                file.seek(0)
                file.truncate()
                file.write(f"{uptime} 77.08\n")
                file.flush()
                result = subprocess.run(
                    ["sh", "-c", now[0] + 'echo $(($(now "$1") + 1))', "sh",
                     file.name], text=True, capture_output=True)
                self.assertEqual(result.stdout, f"{ms + 1}\n", result.stderr)


class MonitorTest(unittest.TestCase):

    def told(self, *statuses):
        """(what the log gets, what QEMU was told) when it says @statuses."""
        rest, commands = list(statuses), []

        def tell(command):
            commands.append(command)
            return f"{command}\r\nVM status: {rest.pop(0)}\r\n" \
                if command == "info status" else ""

        monitor = guest.Monitor(guest.Guest(name="test", monitor=[
            ["sleeps", "until suspended: system_wakeup"]]), -1)
        monitor.tell = tell
        return monitor.line("it sleeps"), commands

    def test_until(self):
        lines, commands = self.told("running", "running", "paused (suspended)")
        self.assertEqual(commands, ["info status"] * 3 + ["system_wakeup"])
        self.assertEqual(lines, ["monitor: until suspended: system_wakeup"])

    def test_never(self):
        with mock.patch.object(build, "patience", lambda: -1):
            lines, commands = self.told("running")
        self.assertEqual(commands, ["info status"])
        self.assertEqual(lines[1:], ["monitor: Error: not suspended: info status "
                                     "VM status: running"])


class TableTest(unittest.TestCase):

    def test_like(self):
        first, second, third = guest.read_tables("""
            [[guest]]
            name = "first"
            run = "one"
            cpus = 4
            [[guest]]
            name = "second"
            like = "first"
            cpus = 2
            [[guest]]
            name = "third"
            run = "three"
            """)
        self.assertEqual((first.name, first.run, first.cpus), ("first", "one", 4))
        self.assertEqual((second.name, second.run, second.cpus),
                         ("second", "one", 2))
        self.assertEqual((third.run, third.cpus), ("three", 1))

    def test_like_nobody(self):
        for like in ("third", "first", "second"):
            with self.assertRaisesRegex(build.BuildError, "no other row"):
                guest.read_tables(f"""
                    [[guest]]
                    name = "first"
                    like = "{like}"
                    """, """
                    [[guest]]
                    name = "second"
                    like = "first"
                    """)

    def test_like_one_of_another_file(self):
        first, second = guest.read_tables("""
            [[guest]]
            name = "first"
            like = "second"
            cpus = 2
            """, """
            [[guest]]
            name = "second"
            run = "two"
            """)
        self.assertEqual((first.name, first.run, first.cpus), ("first", "two", 2))
        self.assertEqual((second.run, second.cpus), ("two", 1))

    def test_same_name(self):
        with self.assertRaisesRegex(build.BuildError, "twice"):
            guest.read_tables(2 * """
                [[guest]]
                name = "first"
                """)

    def test_check_is_not_inherited(self):
        first, second, third = guest.read_tables("""
            [[guest]]
            name = "first"
            arch = ["all"]
            check = ["all"]
            [[guest]]
            name = "second"
            like = "first"
            [[guest]]
            name = "third"
            like = "second"
            check = []
            """)
        for name, ours in (("x86_64", [True, True, False]),
                           ("arm64", [True, False, False])):
            self.assertEqual([one.in_check(name)
                              for one in (first, second, third)], ours)

    def test_feature(self):
        """What an architecture can't have is no row of it, unless it says so."""
        every, one = guest.read_tables("""
            [[guest]]
            name = "every"
            arch = ["all"]
            check = ["all"]
            feature = "jump"
            [[guest]]
            name = "one"
            like = "every"
            arch = ["s390x"]
            """)
        self.assertTrue(every.is_for("x86_64"))
        self.assertTrue(every.in_check("x86_64"))
        self.assertFalse(every.is_for("s390x"))
        self.assertFalse(every.in_check("s390x"))
        self.assertTrue(one.is_for("s390x"))

    def refused(self, *lines):
        """Why a row with these lines is."""
        with self.assertRaises(build.BuildError) as caught:
            guest.read_tables("\n".join(['[[guest]]', 'name = "some"', *lines]))
        self.assertIn("guests: some: ", str(caught.exception))
        return str(caught.exception)

    def test_typos(self):
        for line, reason in (
                ('ends = "init "', "ends: init , which is none of init, payload"),
                ("end = 1", "there is no field end"),
                ('cpus = "4"', "cpus is no int"),
                ("cpus = true", "cpus is no int"),
                ("cpus = 0", "begin at 1"),
                ('cpus = 2\nqemu = ["-icount", "shift=4"]',
                 "QEMU 7.2 then lets one of several CPUs starve"),
                ("tap = 1", "tap is no bool"),
                ('expect = "one"', "expect is no list"),
                ("expect = [1]", "expect has something that is no text"),
                ('expect = ["("]', "(: missing )"),
                ('reject = ["*"]', "*: nothing to repeat"),
                ('arch = ["x86"]', "arch: x86: no such architecture"),
                ('check = ["none"]', "check: none: no such architecture"),
                ('monitor = [["up"]]',
                 "monitor has something that is no pattern with its commands"),
                ('monitor = [["*", "nmi"]]', "*: nothing to repeat"),
                ('memory = "1 G"', "memory: 1 G, which is no number"),
                ('kernel = "other"', "there is no configs/other.config"),
                ('kernel = "64k-bench-none"', "no configs/none.config"),
                ('feature = "hop"', "feature: hop, which is none of capture, cpus"),
                ('firmware = "bios"', "bios, which is not in x86_64.toml"),
                ('needs = "debian-5"', "debian-5, which is not in x86_64.toml"),
                ("kunit = true", "which suites?"),
                ('suites = ["some"]', "which need tap"),
                ('tap = true\nskips = { one = ["sparc"] }',
                 "skips: sparc: no such architecture"),
                ('notes = ["idle"]', "notes: idle: each is one of spin kernel none"),
                ('notes = ["kernel"]\ncpus = 2', "notes: 1, of 2 CPUs"),
                ("dump = {}", "no stacks"),
                ("dump = { stacks = [] }", "a dump needs a disk"),
                ('disk = "1M"\ndump = { stacks = [], cpus = 1 }',
                 "there is no field cpus")):
            with self.subTest(line):
                self.assertIn(reason, self.refused(line))

    def test_no_name(self):
        with self.assertRaisesRegex(build.BuildError, "without a name"):
            guest.read_tables('[[guest]]\nrun = "true"\n')

    def test_size_of_check(self):
        """"make check" builds few kernels, and has all that a port must do."""
        for name in build.ported():
            rows = [one for one in guest.table(build.Arch(name))
                    if one.in_check(name)]
            kernels = {one.kernel for one in rows}
            if name == "x86_64":
                self.assertEqual(kernels, {"default", "moves"})
                self.assertEqual(
                    len([one for one in rows if one.firmware == "efi"]), 1)
            else:
                self.assertEqual(kernels, {"default"})
                self.assertLess(len(rows), 16, name)
            lacks = build.Arch(name).no_features
            jump = [] if "jump" in lacks else ["jump-"]
            dump = [] if "capture" in lacks else ["crash-vmcore|client-crash"]
            for what in ("kunit", "abi", "abi-crash", "handoff-", "boot-image",
                         "crash-", *dump, *jump):
                self.assertTrue([one for one in rows
                                 if re.match(what, one.name)],
                                f"{name}: no {what}")

    def test_guests(self):
        for name in build.ported():
            self.assertTrue(guest.table(build.Arch(name)), name)

    def test_every_guest(self):
        for one in guest.every_guest():
            with self.subTest(one.name):
                self.assertTrue(one.run)
                self.assertTrue(one.tap or one.expect,
                                "it could not fail")
                if one.dump:
                    self.assertTrue(one.disk)
                    self.assertEqual(len(one.dump.stacks), one.cpus)
                    # Those have debug information.
                    self.assertEqual(one.arch, ["x86_64"])
                    self.assertIn(one.flavour, [(), ("efi",)])


if __name__ == "__main__":
    unittest.main()
