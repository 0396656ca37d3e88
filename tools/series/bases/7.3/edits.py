# SPDX-License-Identifier: GPL-2.0-only
"""What is changed in Linux 7.3 besides what edits.py has."""

import re

from edits import Edit

EDITS = [
    Edit("kernel/Makefile",
         "obj-$(CONFIG_CRASH_DM_CRYPT) += crash_dump_dm_crypt.o\n", "",
         "the base's file is gone"),
    Edit("kernel/Makefile",
         "obj-$(CONFIG_CRASH_DUMP_KUNIT_TEST) += crash_core_test.o\n", "",
         "the base's file is gone"),

    Edit("arch/loongarch/kernel/Makefile",
         "obj-$(CONFIG_KEXEC_FILE)\t+= machine_kexec_file.o kexec_efi.o kexec_elf.o\n", "",
         "the base's files are gone"),

    Edit("arch/powerpc/mm/mem.c",
         "\tkdump_cma_reserve();\n", "",
         "areas of memory that programs use until a panic are not taken there"),

    # What is handed over by KHO is announced to the next kernel by the loader that
    # the kernel has, which is not built.
    Edit("arch/x86/Kconfig",
         "config ARCH_SUPPORTS_KEXEC_HANDOVER\n\tdef_bool X86_64\n\n", "",
         "nobody tells the next kernel what is handed over to it"),
    Edit("arch/arm64/Kconfig",
         "config ARCH_SUPPORTS_KEXEC_HANDOVER\n\tdef_bool y\n\n", "",
         "nobody tells the next kernel what is handed over to it"),

    Edit("arch/x86/kernel/vmlinux.lds.S",
         re.compile(r"#if defined\(CONFIG_X86_64\) && defined\(CONFIG_KEXEC_CORE\)\n"
                    r"#define KEXEC_RELOCATE_KERNEL(?:.*\n)+?#endif\n"), "",
         "the trampoline checks its size itself"),
    Edit("arch/x86/kernel/vmlinux.lds.S",
         "\t\tKEXEC_RELOCATE_KERNEL\n", "",
         "the trampoline checks its size itself"),
    Edit("arch/x86/kernel/vmlinux.lds.S",
         "#include <asm/kexec.h>\n", "",
         "nothing here uses it any more"),
    Edit("arch/powerpc/Kconfig",
         "config ARCH_HAS_GENERIC_CRASHKERNEL_RESERVATION\n"
         "\tdef_bool CRASH_RESERVE\n\n", "",
         "nobody asks for it"),

    Edit("arch/x86/kernel/early_printk.c",
         re.compile(r"\n#if defined\(CONFIG_KEXEC_CORE\)(?:.*\n){2}"
                    r"\t\tkexec_debug_8250_port = .*\n#endif\n"), "",
         "the port that a handoff reports on is kexec.handoff_debug='s"),
    Edit("arch/x86/kernel/early_printk.c",
         re.compile(r"#if defined\(CONFIG_KEXEC_CORE\).*\n"
                    r"\t\tkexec_debug_8250_mmio32 = .*\n#endif\n"), "",
         "so are registers in memory"),

    # Nobody but the kernel can read the keys that it has for a disk, so they can only
    # be in an image that it makes itself: by kexec_file_load().
    Edit("Documentation/admin-guide/kdump/kdump.rst",
         re.compile(r"^Write the dump file to encrypted disk volume\n=+\n\n"
                    r"(?:.*\n)+?(?=Contact\n=+\n)", re.MULTILINE), "",
         "a capture kernel is not given the keys of encrypted disks"),

    # powerpc's own reservation, which is gone, had it.
    Edit("Documentation/admin-guide/kernel-parameters.txt",
         "\t\t\t[KNL, X86, ARM64, RISCV, PPC] Reserve additional crash\n",
         "\t\t\t[KNL, X86, ARM64, RISCV] Reserve additional crash\n",
         "crashkernel=size,cma is not for powerpc"),

    Edit("kernel/sched/core.c",
         "\t\t\tset_cpus_allowed_force(p, task_cpu_fallback_mask(p));\n",
         "\t\t\t/* After a handoff, all that are left may be isolated. */\n"
         "\t\t\tset_cpus_allowed_force(p, kexec_in_progress ? cpu_possible_mask :\n"
         "\t\t\t\t\t       task_cpu_fallback_mask(p));\n",
         "nobody is balanced for a kernel that ends"),
    Edit("kernel/sched/core.c",
         "\tret = dl_bw_deactivate(cpu);\n\n\tif (ret)\n",
         "\t/*\n"
         "\t * Who takes CPUs offline with tasks frozen asks no deadline task whether it\n"
         "\t * can do without: there may be no way back, as for kexec.\n"
         "\t */\n"
         "\tret = cpuhp_tasks_frozen ? 0 : dl_bw_deactivate(cpu);\n"
         "\tif (ret)\n",
         "devices are down by then, and a CPU that does not go offline is a BUG()"),

    # panic_force_cpu=: a CPU that panics, and has another one go on or finds that it is
    # about to, is offline when the others are stopped, so nobody asks for its registers.
    Edit("kernel/panic.c",
         "\t\tset_cpu_online(smp_processor_id(), false);\n",
         "\t\tcrash_save_self(NULL);\n"
         "\t\tset_cpu_online(smp_processor_id(), false);\n",
         "a CPU that panics while another one goes on saves its registers"),
    Edit("kernel/panic.c",
         "\t\tset_cpu_online(raw_smp_processor_id(), false);\n",
         "\t\tcrash_save_self(regs);\n"
         "\t\tset_cpu_online(raw_smp_processor_id(), false);\n",
         "a CPU that panics while another one goes on saves its registers"),
    Edit("kernel/panic.c",
         "EXPORT_SYMBOL(panic_on_other_cpu);\n",
         """\
EXPORT_SYMBOL(panic_on_other_cpu);

#ifdef CONFIG_CRASH_DUMP
/**
 * panic_goes_elsewhere - whether panic() here would have another CPU go on
 *
 * For crash_kexec(), which exceptions call in the place of a panic.
 *
 * Context: Any.
 * Return: whether panic_force_cpu= names another CPU, and nobody panics yet.
 */
bool panic_goes_elsewhere(void)
{
	return panic_force_cpu >= 0 && panic_force_cpu != raw_smp_processor_id() &&
	       cpu_online(panic_force_cpu) && !panic_in_progress();
}
#endif
""",
         "an exception is a panic, too, for panic_force_cpu="),
]
