# SPDX-License-Identifier: GPL-2.0-only
"""Tests of what judges dumps, and of what gets them off a guest's disk."""

import copy
import struct
import subprocess
import tempfile
import unittest
from pathlib import Path

from harness import build, dump

SPIN = {f"r{number}": 0x6b65786563000100 | number for number in range(8, 16)}
START = {"rip": 0xffffffff81000010, "rsp": 0xffffc90000001000}
CRASHED = ["panic", "sysrq_handle_crash", "do_syscall_64", "entry_SYSCALL_64"]
DOWN = """\
kexec: crash: 1 of 1 other CPUs stopped
kexec: crash: image verified in 20 ms
kexec: crash: handing over to 0x31000000
"""
EXPECTED = dump.Dump(stacks=[["panic", "do_syscall_64"], ["user"]],
                     log=["first", "second .anic"])
REPORT = {
    "crashed": 70, "held": "", "log": "first\nother\nsecond panic\n" + DOWN,
    "cpus": {
        "0": {"pid": 70, "comm": "sh", "frames": CRASHED, "start": START,
              "user": {}, "registers": START | {"rax": 0}},
        "1": {"pid": 71, "comm": "crash-workload", "frames": ["?"],
              "start": SPIN, "user": SPIN, "registers": SPIN},
    },
}
GDB = """\
[New LWP 71]
#0  panic (fmt=0x0) at ../kernel/panic.c:1
[Current thread is 1 (LWP 70)]
banner: Linux version 6.12

Thread 1 (LWP 70):
#0  panic (fmt=0x0) at ../kernel/panic.c:1
#1  0xffffffff81000020 in sysrq_handle_crash (key=99 'c') at ../drivers/x.c:1
Backtrace stopped: Cannot access memory at address 0xffffc90000001008

Thread 2 (LWP 71):
#0  0x00000000004015fd in ?? ()
Backtrace stopped: Cannot access memory at address 0x7ffc948bc730

Thread 1 (LWP 70):
rax            0x0                 0
rsp            0xffffc90000001000  0xffffc90000001000
rip            0xffffffff81000010  0xffffffff81000010 <panic+16>
k0             0x0                 0

Thread 2 (LWP 71):
""" + "".join(f"{name:14} {value:#x}  {value}\n"
              for name, value in SPIN.items())


class JudgeTest(unittest.TestCase):

    def setUp(self):
        self.report = copy.deepcopy(REPORT)
        self.cpus = self.report["cpus"]

    def expect(self, *words, expected=EXPECTED):
        """There is one reason, and it has @words; or none, without them."""
        why = dump.judge_drgn(expected, self.report)
        self.assertEqual(len(why), 1 if words else 0, why)
        for word in words:
            self.assertIn(word, why[0])

    def test_good(self):
        self.expect()

    def test_stack_lacks_a_function(self):
        self.cpus["0"]["frames"] = CRASHED[1:]
        self.expect("CPU 0: expected panic in its stack, saw sysrq_handle_crash"
                    " do_syscall_64 entry_SYSCALL_64")

    def test_stack_in_another_order(self):
        self.cpus["0"]["frames"] = CRASHED[::-1]
        self.expect("CPU 0: expected do_syscall_64 in its stack after those")

    def test_the_whole_name_has_to_match(self):
        self.cpus["0"]["frames"] = ["vpanic", *CRASHED[1:]]
        self.expect("CPU 0: expected panic")

    def test_register_of_the_workload(self):
        self.cpus["1"]["user"] = SPIN | {"r12": 1}
        self.expect("CPU 1: expected r12 0x6b6578656300010c, saw 0x1")

    def test_registers_of_the_workload_on_another_cpu(self):
        self.cpus["0"], self.cpus["1"] = self.cpus["1"], self.cpus["0"]
        self.report["crashed"] = 71
        expected = dump.Dump(stacks=EXPECTED.stacks[::-1])
        why = dump.judge_drgn(expected, self.report)
        self.assertEqual(len(why), 8, why)

    def test_trace_does_not_begin_with_the_note(self):
        self.cpus["0"]["registers"] = START | {"rsp": 0x10}
        self.expect("CPU 0: expected rsp 0xffffc90000001000, saw 0x10")

    def test_note_lacks_a_register(self):
        del self.cpus["0"]["registers"]["rip"]
        self.expect("CPU 0: expected rip", "saw none")

    def test_cpu_is_missing(self):
        del self.cpus["1"]
        self.expect("expected CPUs 0 1, saw 0")

    def test_another_cpu_crashed(self):
        self.report["crashed"] = 71
        self.expect("expected process 70 to have crashed, saw 71")
        expected = copy.deepcopy(EXPECTED)
        expected.cpu = 1
        self.expect(expected=expected)
        expected.cpu = dump.ANY_CPU
        self.expect(expected=expected)

    def test_none_of_the_cpus_crashed(self):
        self.report["crashed"] = 72
        expected = copy.deepcopy(EXPECTED)
        expected.cpu = dump.ANY_CPU
        self.expect("expected process 70 or 71", expected=expected)

    def test_log(self):
        self.report["log"] = "second panic\nfirst\n" + DOWN
        self.expect("expected /second .anic/ in the log: not seen")

    def test_log_of_the_way_down(self):
        whole = self.report["log"]
        for line in DOWN.splitlines():
            with self.subTest(line):
                self.report["log"] = whole.replace(line, "")
                self.expect("kexec: crash:", "in the log: not seen")

    def test_a_cpu_went_on(self):
        self.report["log"] = self.report["log"].replace("1 of 1", "0 of 1")
        self.expect("1 of 1 other CPUs stopped/ in the log: not seen")

    def test_one_cpu(self):
        self.report["log"] = self.report["log"].replace("1 of 1", "0 of 0")
        expected = dump.Dump(stacks=EXPECTED.stacks[:1], log=EXPECTED.log)
        del self.cpus["1"]
        self.expect(expected=expected)

    def test_held(self):
        self.report["held"] = "1 of 2 words differ"
        self.expect("what crash-workload held: 1 of 2 words differ")
        expected = copy.deepcopy(EXPECTED)
        expected.held = False
        self.expect(expected=expected)


class GdbTest(unittest.TestCase):

    def expect(self, text, *reasons):
        self.assertEqual(dump.judge_gdb(REPORT, text), list(reasons))

    def test_good(self):
        self.expect(GDB)

    def test_register(self):
        self.expect(GDB.replace("0xffffc90000001000  ", "0x10  "),
                    "CPU 0: expected rsp 0xffffc90000001000, saw 0x10")

    def test_function(self):
        self.expect(GDB.replace("panic (", "memcpy ("),
                    "CPU 0: expected panic sysrq_handle_crash to run, saw "
                    "memcpy sysrq_handle_crash")

    def test_no_banner(self):
        self.expect(GDB.replace("banner: ", ""),
                    "expected linux_banner, not seen")

    def test_no_threads(self):
        why = dump.judge_gdb(REPORT, "banner: Linux version 6.12\n")
        self.assertTrue(any("CPU 0: expected rip" in reason for reason in why))
        self.assertTrue(any("CPU 1: expected r8" in reason for reason in why))


def core_file(machine, *registers, bits=64, before=None):
    """The begin of a core file with a note for each of the lists of registers."""
    word, header = ("Q", 64) if bits == 64 else ("I", 52)
    order = ">" if machine in (4, 22) else "<"
    pack = lambda form, *values: struct.pack(order + form, *values)
    notes = b""
    for values in registers:
        data = bytes(before or (112 if bits == 64 else 72)) + pack(
            f"{len(values)}{'I' if machine in (3, 4) else 'Q'}", *values) + bytes(4)
        data += bytes(-len(data) % 4)
        notes += pack("III", 5, len(data), 1) + b"CORE\0\0\0\0" + data
        # What some machines have beside that.
        notes += pack("III", 6, 12, 0x301) + b"LINUX\0\0\0" + bytes(12)
    notes += pack("III", 11, 4, 0) + b"VMCOREINFO\0\0" + b"OS=6"
    core = b"\x7fELF" + bytes([bits // 32, 2 if order == ">" else 1]) + bytes(10)
    core += pack("HHI", 4, machine, 1)
    core += pack(f"3{word}", 0, header, 0) + bytes(header - len(core) -
                                                   3 * (bits // 8))
    core += pack("IIQQQQQQ", 4, 0, 4096, 0, 0, len(notes), 0, 0) \
        if bits == 64 else pack("8I", 4, 4096, 0, 0, len(notes), 0, 0, 0)
    return core + bytes(4096 - len(core)) + notes


def printed(core):
    """What a guest prints of it."""
    text = subprocess.run(["od", "-A", "x", "-t", "x1"], input=core, check=True,
                          capture_output=True).stdout.decode()
    return "".join(f"[ 1.5] kexec-capture: vmcore: {line}\n"
                   for line in text.splitlines())


def user(machine, cpu, bits=64):
    """The registers in a note, all that are not crash-workload's 7."""
    count = {3: 17, 4: 20, 8: 45, 22: 27, 62: 27, 183: 34, 243: 32}[machine]
    values = [7] * count
    one = dump.MACHINES_64.get(machine) or dump.MACHINES[machine]
    values[0] |= one.user
    for number, place in one.spin.items():
        values[place] = (0x6b65786563000000 | cpu << 8 | number) % (1 << bits)
    values[one.pc] = 0x401000
    return values


def kernel(machine, bits=64):
    """The same, of a CPU in the kernel."""
    values = user(machine, 0)
    one = dump.MACHINES_64.get(machine) or dump.MACHINES[machine]
    if one.user:
        values[0] &= ~one.user
    elif one.kernel:
        values[one.kernel[0]] |= one.kernel[1]
    else:
        values[one.pc] = (1 << bits) - 0x1000
    return [value % (1 << bits) for value in values]


class NotesTest(unittest.TestCase):

    def expect(self, expected, core, *words):
        why = dump.judge_notes(expected, printed(core))
        self.assertEqual(len(why), 1 if words else 0, why)
        for word in words:
            self.assertIn(word, why[0])

    def test_machines(self):
        for machine in (8, 22, 62, 183, 243):
            with self.subTest(machine):
                self.expect(["kernel", "spin"], core_file(
                    machine, kernel(machine), user(machine, 1)))

    def test_32_bit(self):
        notes = kernel(3, 32), user(3, 1, 32)
        self.expect(["kernel", "spin"], core_file(3, *notes, bits=32))
        # As some loaders want it, with 64 bits in the headers.
        self.expect(["kernel", "spin"], core_file(3, *notes, before=72))

    def test_kernel_by_a_bit(self):
        """m68k's kernel has low addresses, and programs high ones."""
        notes = kernel(4, 32), user(4, 1, 32)
        notes[1][18] = 0x80001000
        core = core_file(4, *notes, bits=32, before=70)
        self.expect(["kernel", "spin"], core)
        self.expect(["kernel", "kernel"], core,
                    "CPU 1: expected it in the kernel, saw its program counter "
                    "at 0x80001000")

    def test_places(self):
        """As <asm/user_64.h> and <asm/user_32.h> have them."""
        names = "r15 r14 r13 r12 rbp rbx r11 r10 r9 r8".split()
        for number, place in dump.MACHINES[62].spin.items():
            self.assertEqual(names[place], f"r{number}")

    def test_registers_moved_by_one(self):
        values = [7, *user(183, 1)[:-1]]
        values[32] = 0x401000
        why = dump.judge_notes(["spin", "spin"], printed(core_file(
            183, user(183, 0), values)))
        self.assertEqual(len(why), 8, why)
        self.assertIn("CPU 1: expected 8 0x6b65786563000108, saw 0x7", why[0])

    def test_one_register(self):
        values = user(243, 0)
        values[20] += 1
        self.expect(["spin"], core_file(243, values),
                    "CPU 0: expected 20 0x6b65786563000014, saw 0x6b65786563000015")

    def test_registers_of_another_cpu(self):
        why = dump.judge_notes(["spin"], printed(core_file(243, user(243, 1))))
        self.assertEqual(len(why), 8, why)

    def test_one_may_be_in_an_interrupt(self):
        self.expect(["spin", "spin"], core_file(183, kernel(183), user(183, 1)))

    def test_not_all(self):
        busy = kernel(183)
        busy[8] = 5
        self.expect(["spin", "spin"], core_file(183, busy, busy),
                    "expected a CPU that spins, saw none")

    def test_just_entered(self):
        """On some machines a CPU can stop before its kernel changes a register."""
        busy, entered = kernel(22), user(22, 1)
        busy[2 + 4] = 5
        entered[0] = 0x404c00180000000
        self.expect(["spin", "spin"], core_file(22, busy, entered))
        entered[2 + 11] += 1
        self.expect(["spin", "spin"], core_file(22, busy, entered),
                    "expected a CPU that spins, saw none")

    def test_not_in_the_kernel(self):
        self.expect(["kernel"], core_file(183, user(183, 0)),
                    "CPU 0: expected it in the kernel, saw its program counter "
                    "at 0x401000")

    def test_one_without_a_note(self):
        core = core_file(183, user(183, 0), user(183, 2))
        self.expect(["spin", "none", "spin"], core)
        self.expect(["spin", "spin", "spin"], core,
                    "expected notes of 3 CPUs, saw 2")

    def test_nothing_printed(self):
        self.expect(["kernel"], b"", "no notes of CPUs")
        self.assertIn("no notes of CPUs", dump.judge_notes(["kernel"], "")[0])

    def test_cut_off(self):
        core = core_file(183, user(183, 0), user(183, 1))
        self.expect(["spin", "spin"], core[:4096 + 500], "")

    def test_no_core_file(self):
        self.expect(["kernel"], b"\0" * 8192, "no core file")
        core = bytearray(core_file(183, kernel(183)))
        core[5] = 3
        self.expect(["kernel"], bytes(core), "no core file")

    def test_lines_are_missing(self):
        text = printed(core_file(183, user(183, 0)))
        lost = "\n".join(text.splitlines()[3:])
        self.assertIn("no line before",
                      dump.judge_notes(["spin"], lost)[0])


class OrcTest(unittest.TestCase):

    def test_entries(self):
        # offsets of sp and bp, registers; type and flag as they are, and were
        for before, after in (
                ((8, -16, 0x215), (8, -16, 0x015)),
                ((8, -16, 0xa15), (8, -16, 0x015)),
                ((0, 0, 0x000), (0, 0, 0x000)),
                ((0, 0, 0x100), (0, 0, 0x400)),
                ((0, 0, 0x305), (0, 32, 0x115)),
                ((24, 0, 0x405), (24, 0, 0x205))):
            with self.subTest(before):
                self.assertEqual(
                    struct.unpack("<hhH", dump.older_orc(
                        struct.pack("<hhH", *before))), after)


class DiskTest(unittest.TestCase):

    def setUp(self):
        scratch = tempfile.TemporaryDirectory(prefix="kexec-harness-")
        self.addCleanup(scratch.cleanup)
        self.disk = Path(scratch.name) / "guest.disk"
        dump.make_disk(self.disk, "4M")

    def write(self, name, text):
        source = self.disk.with_name("source")
        source.write_text(text)
        subprocess.run([dump.program("debugfs"), "-w", "-R",
                        f"write {source} {name}", str(self.disk)],
                       check=True, capture_output=True)

    def test_take(self):
        self.write("vmcore", "bytes")
        self.assertEqual(dump.take(self.disk, "vmcore").read_text(), "bytes")

    def test_remove(self):
        self.write("vmcore", "bytes")
        taken = dump.take(self.disk, "vmcore")
        dump.remove(self.disk)
        self.assertFalse(taken.exists() or self.disk.exists())

    def test_nothing_written(self):
        why = dump.verify(EXPECTED, self.disk, Path("vmlinux"))
        self.assertEqual(why, ["the guest has not written vmcore"])

    def test_empty_file(self):
        self.write("vmcore", "")
        with self.assertRaises(build.BuildError):
            dump.take(self.disk, "vmcore")

    def test_an_older_dump_does_not_count(self):
        self.write("vmcore", "bytes")
        dump.take(self.disk, "vmcore")
        dump.make_disk(self.disk, "4M")
        with self.assertRaises(build.BuildError):
            dump.take(self.disk, "vmcore")

    def test_what_is_no_dump(self):
        self.write("vmcore", "bytes")
        vmlinux = self.disk.with_name("vmlinux")
        vmlinux.write_text("no ELF file")
        why = dump.verify(EXPECTED, self.disk, vmlinux)
        self.assertIn("objcopy: exit status 1", why[0])


if __name__ == "__main__":
    unittest.main()
