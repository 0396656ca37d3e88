# SPDX-License-Identifier: GPL-2.0-only
"""Tells as JSON what is in a kernel's dump; dump.py judges it.

  drgn -c DUMP -s VMLINUX drgn_report.py

Run by drgn, with the Python that Debian's drgn is for; so it imports nothing
of the harness.
"""

import json
import re
import struct
import sys

from drgn import Object, sizeof
from drgn.helpers.linux.cpumask import for_each_online_cpu, \
    for_each_possible_cpu
from drgn.helpers.linux.mm import access_process_vm
from drgn.helpers.linux.percpu import per_cpu, per_cpu_ptr
from drgn.helpers.linux.pid import find_task, for_each_task
from drgn.helpers.linux.printk import get_dmesg

# <asm/user_64.h>: struct user_regs_struct, which is an elf_gregset_t.
REGISTERS = """
    r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi orig_rax
    rip cs eflags rsp ss fs_base gs_base ds es fs gs
    """.split()
NT_PRSTATUS = 1

# What crash-workload holds.
HOLD_ADDRESS, HOLD_BYTES = 0x60000000, 4 << 20
HOLD_STEP = 0x9e3779b97f4a7c15


def note(prog, cpu):
    """The registers in the note that the kernel wrote for @cpu."""
    address = per_cpu_ptr(prog["crash_notes"], cpu).value_()
    name_size, size, kind = struct.unpack("<III", prog.read(address, 12))
    name = prog.read(address + 12, name_size)
    if (name, kind) != (b"CORE\0", NT_PRSTATUS):
        sys.exit(f"CPU {cpu}: expected NT_PRSTATUS of CORE in its note, saw "
                 f"type {kind} of {name!r}, {size} bytes")
    status = Object(prog, "struct elf_prstatus",
                    address=address + 12 + (name_size + 3 & ~3))
    return {"pid": status.common.pr_pid.value_(),
            "registers": dict(zip(REGISTERS, status.pr_reg.value_()))}


def function(frame):
    """The name of a frame's function, "?" outside the kernel."""
    try:
        return frame.name or frame.symbol().name
    except LookupError:
        return "?"


def running_task(prog, cpu, pid):
    """Who ran on @cpu, by the note.  While it switches from one to another the
    scheduler has a different opinion.
    """
    return find_task(prog, pid) if pid else per_cpu(prog["runqueues"], cpu).idle


def top_of_stack(prog, cpu):
    """Where the stack of who runs on @cpu begins: Linux 6.12 has that with other
    things that each CPU uses a lot, later ones by itself.
    """
    try:
        return per_cpu(prog["pcpu_hot"], cpu).top_of_stack.value_()
    except KeyError:
        return per_cpu(prog["cpu_current_top_of_stack"], cpu).value_()


def user_registers(prog, cpu):
    """The registers with which who runs on @cpu came into the kernel: they are
    where its stack begins.
    """
    regs = prog.type("struct pt_regs")
    saved = Object(prog, regs, address=top_of_stack(prog, cpu) - sizeof(regs))
    return {name: saved.member_(name).value_() for name in REGISTERS
            if re.fullmatch(r"r\d+", name)}


def interrupted(prog, cpu):
    """The stack below an interrupt that @cpu is in, if any: drgn 0.0.22 does
    not find its way from one stack to the other.
    """
    regs = per_cpu(prog["__irq_regs"], cpu)
    return prog.stack_trace(regs) if regs else []


def cpu_report(prog, cpu):
    saved = note(prog, cpu)
    task = running_task(prog, cpu, saved["pid"])
    trace = prog.stack_trace(task)
    below = interrupted(prog, cpu)
    in_user = saved["registers"]["cs"] & 3 == 3
    return {"comm": task.comm.string_().decode(), **saved,
            "frames": [function(frame) for frame in [*trace, *below]],
            "trace": f"{trace}\n{below}" if below else str(trace),
            "start": {name: value
                      for name, value in trace[0].registers().items()
                      if name in REGISTERS},
            "user": saved["registers"] if in_user
            else user_registers(prog, cpu) if task.mm else {}}


def held(prog):
    """Is what crash-workload held intact; returns what is wrong, or ""."""
    tasks = [task for task in for_each_task(prog)
             if task.comm.string_() == b"crash-workload"]
    for task in tasks:
        try:
            data = access_process_vm(task, HOLD_ADDRESS, HOLD_BYTES)
        except Exception as error:      # another one of them spins
            seen = f"pid {task.pid.value_()}: {error}"
            continue
        words = struct.unpack(f"<{len(data) // 8}Q", data)
        bad = [number for number, word in enumerate(words)
               if word != (number + 1) * HOLD_STEP % (1 << 64)]
        return "" if not bad else (
            f"{len(bad)} of {len(words)} words differ, the first at "
            f"{HOLD_ADDRESS + 8 * bad[0]:#x}: {words[bad[0]]:#x}")
    return f"no process has it: {seen}" if tasks else "no crash-workload"


def cpus_of(prog):
    """The CPUs that ran: those that are online, and the one that panicked, if it has
    another one go on; it has a note.
    """
    online = set(for_each_online_cpu(prog))
    return [cpu for cpu in for_each_possible_cpu(prog) if cpu in online or any(
        prog.read(per_cpu_ptr(prog["crash_notes"], cpu).value_(), 12))]


def report(prog):
    return {"crashed": prog.crashed_thread().tid,
            "cpus": {cpu: cpu_report(prog, cpu) for cpu in cpus_of(prog)},
            "log": get_dmesg(prog).decode(errors="replace"),
            "held": held(prog)}


json.dump(report(prog), sys.stdout)     # drgn gives scripts their prog
