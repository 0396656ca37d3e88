# SPDX-License-Identifier: GPL-2.0-only
"""What this repository asks of a base tree's other files.

NEEDS is what has to be there: a file, a text in it, and why.  What of 6.12.y
has it later than 6.12.0 belongs here.  What one base needs alone is in bases/.

edits() is what is changed.  Each edit names a file, the text to find there,
exactly once, the text that takes its place, and why.  The text to find is a
string or a compiled pattern; keep it short, so that it stands in every base.
series.toml says which patch has it.
"""

import re
from typing import NamedTuple


class Need(NamedTuple):
    file: str
    find: str
    why: str


NEEDS = [
    Need("arch/x86/mm/ident_map.c", "_PAGE_NOPTISHADOW",
         "x86 builds an identity map in a table of one page, past whose end "
         "page table isolation would write without it"),
    Need("include/linux/pagewalk.h", "int walk_kernel_page_table_range(",
         "arm64 makes the crash region read-only where the kernel maps it"),
    Need("include/linux/panic.h", "bool panic_try_start(void);",
         "who panics has to be alone, and panic() decides who that is"),
    Need("kernel/irq/Kconfig", "config GENERIC_IRQ_KEXEC_CLEAR_VM_FORWARD\n",
         "after a panic of arm64, what it forwards to guests would stay active"),
]


class Edit(NamedTuple):
    file: str
    find: "str | re.Pattern"
    replace: str
    why: str


# Who takes an exception waits for the one that reports another, on some architectures:
# what is there, what is to be there, and why.
DIE_OWNER = (
    "\t\tif (cpu == die_owner)\n"
    "\t\t\t/* nested oops. should stop eventually */;\n"
    "\t\telse\n"
    "\t\t\tarch_spin_lock(&die_lock);\n",
    "\t\t/*\n"
    "\t\t * A nested oops should stop eventually.  On the way to the crash image,\n"
    "\t\t * the owner may have been stopped.\n"
    "\t\t */\n"
    "\t\tif (cpu != die_owner && !panic_on_this_cpu())\n"
    "\t\t\tarch_spin_lock(&die_lock);\n",
    "an exception on the way to the crash image waits for nobody who was stopped",
)


def edits(maintainers):
    """All edits; @maintainers is the text of the overlay's own entry."""
    return [
        Edit("kernel/Makefile",
             "obj-$(CONFIG_KEXEC_CORE) += kexec_core.o\n",
             "obj-$(CONFIG_KEXEC_CORE) += kexec/\n",
             "the core is a directory"),
        Edit("kernel/Makefile",
             "obj-$(CONFIG_CRASH_RESERVE) += crash_reserve.o\n", "",
             "the base's file is gone"),
        Edit("kernel/Makefile",
             "obj-$(CONFIG_CRASH_DUMP) += crash_core.o\n", "",
             "the base's file is gone"),
        Edit("kernel/Makefile",
             "obj-$(CONFIG_KEXEC_FILE) += kexec_file.o\n", "",
             "the base's file is gone"),
        Edit("kernel/Makefile",
             "obj-$(CONFIG_KEXEC_ELF) += kexec_elf.o\n", "",
             "the base's file is gone"),

        Edit("drivers/base/core.c",
             "#include <linux/kdev_t.h>\n",
             "#include <linux/kdev_t.h>\n"
             "#include <linux/kexec.h>\n",
             "a handoff wants to know which device holds it up"),
        Edit("drivers/base/core.c",
             "\t\t/* hold lock to avoid race with probe/release */\n",
             "\t\tkexec_device_shuts_down(dev);\n"
             "\n"
             "\t\t/* hold lock to avoid race with probe/release */\n",
             "before its lock is taken, as that may hang, too"),
        Edit("drivers/base/core.c",
             "\n\t\tput_device(dev);\n\t\tput_device(parent);\n",
             "\n\t\tkexec_device_is_down();\n"
             "\n\t\tput_device(dev);\n\t\tput_device(parent);\n",
             "the time that it took is known then"),

        # Files that said whether the kernel updates what an image has of CPUs and memory.
        Edit("drivers/base/cpu.c",
             re.compile(r"#ifdef CONFIG_CRASH_HOTPLUG\nstatic (?:.*\n)+?#endif\n\n"), "",
             "what an image has of CPUs and memory is not updated"),
        Edit("drivers/base/cpu.c",
             "#ifdef CONFIG_CRASH_HOTPLUG\n\t&dev_attr_crash_hotplug.attr,\n#endif\n", "",
             "what an image has of CPUs and memory is not updated"),
        Edit("drivers/base/memory.c",
             re.compile(r"#ifdef CONFIG_CRASH_HOTPLUG\n#include (?:.*\n)+?#endif\n\n"), "",
             "what an image has of CPUs and memory is not updated"),
        Edit("drivers/base/memory.c",
             "#ifdef CONFIG_CRASH_HOTPLUG\n\t&dev_attr_crash_hotplug.attr,\n#endif\n", "",
             "what an image has of CPUs and memory is not updated"),
        Edit("Documentation/ABI/testing/sysfs-devices-memory",
             re.compile(r"\nWhat:\t\t/sys/devices/system/memory/crash_hotplug\n(?:.+\n)+"),
             "",
             "what an image has of CPUs and memory is not updated"),
        Edit("Documentation/ABI/testing/sysfs-devices-system-cpu",
             re.compile(r"What:\t\t/sys/devices/system/cpu/crash_hotplug\n(?:.+\n)+\n"),
             "",
             "what an image has of CPUs and memory is not updated"),
        Edit("Documentation/admin-guide/mm/memory-hotplug.rst",
             re.compile(r"``crash_hotplug``      read-only(?:.*\n)+?(?======)"), "",
             "what an image has of CPUs and memory is not updated"),
        Edit("Documentation/core-api/cpu_hotplug.rst",
             re.compile(r"When changes to the CPUs in the system occur, the sysfs file\n"
                        r"(?:.*\n)+?(?=Kernel Inline Documentations Reference\n)"), "",
             "what an image has of CPUs and memory is not updated"),

        Edit("kernel/cpu.c",
             "void smp_shutdown_nonboot_cpus(unsigned int primary_cpu)\n", """\
/*
 * As for suspend: there is no way back, so that nobody may object, neither deadline tasks
 * for their bandwidth, nor isolcpus= for the last CPU that is not isolated; nor does
 * migrate_to_reboot_cpu(), which keeps CPUs from coming and going at others' wish.
 */
static int shutdown_cpus(unsigned int primary_cpu, bool isolated)
{
	unsigned int cpu;
	bool is_isolated;
	int error;

	for_each_online_cpu(cpu) {
		scoped_guard(rcu)
			is_isolated = !housekeeping_test_cpu(cpu, HK_TYPE_DOMAIN);
		if (cpu == primary_cpu || is_isolated != isolated)
			continue;

		error = _cpu_down(cpu, 1, CPUHP_OFFLINE);
		if (error) {
			pr_err("Failed to offline CPU%d - error=%d", cpu, error);
			return error;
		}
	}
	return 0;
}

void smp_shutdown_nonboot_cpus(unsigned int primary_cpu)
""",
             "devices are down by then, and a CPU that does not go offline is a BUG()"),
        Edit("kernel/cpu.c",
             re.compile(r"\tunsigned int cpu;\n\tint error;\n\n"
                        r"(?=\tcpu_maps_update_begin\(\);\n\n"
                        r"\t/\*\n\t \* Make certain the cpu I'm about to reboot on is online)"),
             "",
             "devices are down by then, and a CPU that does not go offline is a BUG()"),
        Edit("kernel/cpu.c",
             "\tfor_each_online_cpu(cpu) {\n"
             "\t\tif (cpu == primary_cpu)\n"
             "\t\t\tcontinue;\n"
             "\n"
             "\t\terror = cpu_down_maps_locked(cpu, CPUHP_OFFLINE);\n"
             "\t\tif (error) {\n"
             "\t\t\tpr_err(\"Failed to offline CPU%d - error=%d\",\n"
             "\t\t\t\tcpu, error);\n"
             "\t\t\tbreak;\n"
             "\t\t}\n"
             "\t}\n",
             "\t/* Isolated ones first: one that is not may have to be there as long. */\n"
             "\tif (!shutdown_cpus(primary_cpu, true))\n"
             "\t\tshutdown_cpus(primary_cpu, false);\n",
             "devices are down by then, and a CPU that does not go offline is a BUG()"),
        Edit("kernel/sched/core.c",
             "#include <linux/kcov.h>\n",
             "#include <linux/kcov.h>\n#include <linux/kexec.h>\n",
             "nobody is balanced for a kernel that ends"),
        Edit("kernel/sched/core.c",
             "\t} else {\n\t\tnum_cpus_frozen++;\n",
             "\t/* After a handoff there is no way back, and all that are left may be isolated. */\n"
             "\t} else if (!kexec_in_progress) {\n\t\tnum_cpus_frozen++;\n",
             "nobody is balanced for a kernel that ends"),

        Edit("block/blk-mq.c",
             "#include <linux/crash_dump.h>\n",
             "#include <linux/crash_dump.h>\n"
             "#include <linux/kexec.h>\n",
             "a handoff takes CPUs offline when devices are down"),
        Edit("block/blk-mq.c",
             "\tif (!hctx->nr_ctx || blk_mq_hctx_has_online_cpu(hctx, cpu))\n"
             "\t\treturn 0;\n",
             "\tif (!hctx->nr_ctx || blk_mq_hctx_has_online_cpu(hctx, cpu))\n"
             "\t\treturn 0;\n"
             "\n"
             "\t/* Devices are shut down: what this one still had is never completed. */\n"
             "\tif (kexec_in_progress)\n"
             "\t\treturn 0;\n",
             "a handoff takes CPUs offline when devices are down"),

        Edit("drivers/firmware/efi/efi.c",
             "#include <linux/device.h>\n#include <linux/efi.h>\n",
             "#include <linux/crash_dump.h>\n#include <linux/device.h>\n#include <linux/efi.h>\n",
             "after kexec, something else is where the table was"),
        Edit("drivers/firmware/efi/efi.c",
             "#include <asm/early_ioremap.h>\n",
             "#include <asm/early_ioremap.h>\n"
             "#include <asm/efi.h>\n",
             "after kexec, something else is where the table was"),
        Edit("drivers/firmware/efi/efi.c",
             "int __init efi_config_parse_tables(const efi_config_table_t *config_tables,\n", """\
/*
 * The stub's table is in memory that is anybody's once a kernel runs: the one that the
 * stub started has read it, and who started the next one gave that its initrd elsewhere.
 */
static bool __init initrd_table_is_stale(void)
{
#ifdef CONFIG_X86
	return efi_setup;
#else
	return is_kdump_kernel();
#endif
}

/* The table was good, and is kept for all kernels that follow, which find it empty. */
static unsigned long kept_initrd_table __initdata = EFI_INVALID_TABLE_ADDR;

static void __init take_initrd(unsigned long table)
{
	struct linux_efi_initrd *tbl;

	if (initrd_table_is_stale())
		return;
	tbl = early_memremap(table, sizeof(*tbl));
	if (!tbl)
		return;
	if (tbl->size && !phys_initrd_size) {
		phys_initrd_start = tbl->base;
		phys_initrd_size = tbl->size;
	}
	if (tbl->size && !IS_ENABLED(CONFIG_X86)) {
		tbl->base = 0;
		tbl->size = 0;
		memblock_reserve(table, sizeof(*tbl));
		kept_initrd_table = table;
	}
	early_memunmap(tbl, sizeof(*tbl));
}

int __init efi_config_parse_tables(const efi_config_table_t *config_tables,
""",
             "after kexec, something else is where the table was"),
        Edit("drivers/firmware/efi/efi.c",
             re.compile(r"\t    initrd != EFI_INVALID_TABLE_ADDR && phys_initrd_size == 0\) \{\n"
                        r"\t\tstruct linux_efi_initrd \*tbl;\n"
                        r"(?:\t\t.*\n|\n)+\t\}\n"),
             "\t    initrd != EFI_INVALID_TABLE_ADDR)\n"
             "\t\ttake_initrd(initrd);\n",
             "after kexec, something else is where the table was"),
        Edit("drivers/firmware/efi/efi.c",
             "early_initcall(efi_memreserve_root_init);\n", """\
early_initcall(efi_memreserve_root_init);

static int __init keep_initrd_table(void)
{
	if (kept_initrd_table != EFI_INVALID_TABLE_ADDR)
		efi_mem_reserve_persistent(kept_initrd_table,
					   sizeof(struct linux_efi_initrd));
	return 0;
}
early_initcall(keep_initrd_table);
""",
             "after kexec, something else is where the table was"),
        Edit("drivers/firmware/efi/efi.c",
             "\t\t\t\tadd_bootloader_randomness(seed->bits, size);\n",
             "\t\t\t\t/* After a panic, nobody has filled it again. */\n"
             "\t\t\t\tif (memchr_inv(seed->bits, 0, size))\n"
             "\t\t\t\t\tadd_bootloader_randomness(seed->bits, size);\n",
             "zeroes are no random seed"),
        Edit("drivers/firmware/efi/efi.c",
             "static unsigned long __initdata mem_reserve = ",
             "static unsigned long __ro_after_init mem_reserve = ",
             "a load asks what EFI's list keeps"),
        Edit("drivers/firmware/efi/efi.c",
             "\t\tindex = atomic_fetch_add_unless(&rsv->count, 1, rsv->size);\n"
             "\t\tif (index < rsv->size) {\n"
             "\t\t\trsv->entry[index].base = addr;\n"
             "\t\t\trsv->entry[index].size = size;\n"
             "\n"
             "\t\t\tmemunmap(rsv);\n",
             "\t\t/* An entry that is counted has been written, for who reads them. */\n"
             "\t\tspin_lock(&efi_mem_reserve_persistent_lock);\n"
             "\t\tindex = atomic_fetch_add_unless(&rsv->count, 1, rsv->size);\n"
             "\t\tif (index < rsv->size) {\n"
             "\t\t\trsv->entry[index].base = addr;\n"
             "\t\t\trsv->entry[index].size = size;\n"
             "\t\t}\n"
             "\t\tspin_unlock(&efi_mem_reserve_persistent_lock);\n"
             "\t\tif (index < rsv->size) {\n"
             "\t\t\tmemunmap(rsv);\n",
             "a load asks what EFI's list keeps"),
        Edit("drivers/firmware/efi/efi.c",
             "early_initcall(efi_memreserve_root_init);\n", """\
early_initcall(efi_memreserve_root_init);

#ifdef CONFIG_KEXEC_CORE
static bool overlaps_persistent(u64 addr, u64 size, u64 base, u64 len)
{
	return size && len && addr <= base + (len - 1) && base <= addr + (size - 1);
}

/**
 * efi_mem_is_persistent - whether persistent reservations have any of a range
 * @addr: physical address of its first byte
 * @size: how many bytes it has
 *
 * That is memory which efi_mem_reserve_persistent() has reserved, in this kernel or
 * one that it was started by, and the list that tells the next one of it.
 *
 * Context: May sleep.
 * Return: whether there is any; true as well if the list can't be read.
 */
bool efi_mem_is_persistent(phys_addr_t addr, u64 size)
{
	unsigned long prsv = mem_reserve;
	bool found = false;
	int i;

	if (prsv == EFI_INVALID_TABLE_ADDR)
		return false;

	while (prsv && !found) {
		struct linux_efi_memreserve *rsv;
		/* An entry of the list crosses no page. */
		void *p = memremap(ALIGN_DOWN(prsv, PAGE_SIZE), PAGE_SIZE,
				   MEMREMAP_WB);

		if (!p)
			return true;
		rsv = p + offset_in_page(prsv);
		/* What is counted has been written then. */
		spin_lock(&efi_mem_reserve_persistent_lock);
		found = overlaps_persistent(addr, size, prsv,
					    struct_size(rsv, entry, rsv->size));
		for (i = 0; !found && i < atomic_read(&rsv->count); i++)
			found = overlaps_persistent(addr, size,
						    rsv->entry[i].base,
						    rsv->entry[i].size);
		prsv = rsv->next;
		spin_unlock(&efi_mem_reserve_persistent_lock);
		memunmap(p);
	}
	return found;
}
#endif
""",
             "a load asks what EFI's list keeps"),
        Edit("include/linux/efi.h",
             "extern int efi_mem_reserve_persistent(phys_addr_t addr, u64 size);\n",
             "extern int efi_mem_reserve_persistent(phys_addr_t addr, u64 size);\n"
             "bool efi_mem_is_persistent(phys_addr_t addr, u64 size);\n",
             "a load asks what EFI's list keeps"),

        Edit("drivers/irqchip/irq-gic-v3-its.c",
             "#include <linux/irqdomain.h>\n",
             "#include <linux/irqdomain.h>\n"
             "#include <linux/kexec.h>\n",
             "the next kernel takes its tables for free memory"),
        Edit("drivers/irqchip/irq-gic-v3-its.c",
             "/* Warning, macro hell follows */\n", """\
/* Off for good, and reads no commands: who waits for one would wait a second. */
static bool its_are_off;

/* Warning, macro hell follows */
""",
             "CPUs go offline when they are off"),
        Edit("drivers/irqchip/irq-gic-v3-its.c",
             re.compile(r"(?<=\tu64 rd_idx;\t{7}\\\n\t{9}\\\n)"
                        r"(?=\traw_spin_lock_irqsave\(&its->lock, flags\);\t{3}\\\n)"),
             "\tif (READ_ONCE(its_are_off))\t\t\t\t\t\\\n\t\treturn;\t\t\t\t\t\t\t\\\n"
             "\t\t\t\t\t\t\t\t\t\\\n",
             "CPUs go offline when they are off"),
        Edit("drivers/irqchip/irq-gic-v3-its.c",
             "static const struct syscore_ops its_syscore_ops = {\n"
             "\t.suspend = its_save_disable,\n"
             "\t.resume = its_restore_enable,\n", """\
static void its_let_go_of_lpis(unsigned int cpu)
{
	void __iomem *rbase = gic_data_rdist_cpu(cpu)->rd_base;
	u32 val = readl_relaxed(rbase + GICR_CTLR);

	writel_relaxed(val & ~GICR_CTLR_ENABLE_LPIS, rbase + GICR_CTLR);
	/* Once it has written down what is pending. */
	readl_relaxed_poll_timeout_atomic(rbase + GICR_CTLR, val,
					  !(val & GICR_CTLR_RWP), 1, USEC_PER_SEC);
	if (val & (GICR_CTLR_RWP | GICR_CTLR_ENABLE_LPIS))
		pr_err("CPU%u: Failed to disable LPIs\\n", cpu);
}

/*
 * The next kernel takes the tables for free memory, but for those of LPIs that EFI's
 * list has.  So nothing may write to them when it sets up its own.  A redistributor
 * whose CPU is offline is not touched, as it may have no power.
 */
static void its_shutdown(void *data)
{
	unsigned int cpu;

	if (!kexec_in_progress)
		return;
	WRITE_ONCE(its_are_off, !its_save_disable(data));
	if (efi_enabled(EFI_CONFIG_TABLES))
		return;
	for_each_online_cpu(cpu) {
		if (gic_data_rdist_cpu(cpu)->flags & RD_LOCAL_LPI_ENABLED)
			its_let_go_of_lpis(cpu);
	}
}

static const struct syscore_ops its_syscore_ops = {
	.suspend = its_save_disable,
	.resume = its_restore_enable,
	.shutdown = its_shutdown,
""",
             "the next kernel takes its tables for free memory"),

        Edit("arch/powerpc/Kconfig",
             "\tselect ARCH_HAS_KCOV\n",
             "\tselect ARCH_HAS_KCOV\n"
             "\tselect ARCH_HAS_KEXEC_HANDOFF\t\tif PPC_BOOK3S_64 &&"
             " (PPC_PSERIES || PPC_POWERNV)\n",
             "64-bit servers have a handoff"),
        Edit("arch/powerpc/Kconfig",
             "\tselect ARCH_HAS_KCOV\n",
             "\tselect ARCH_HAS_KCOV\n"
             "\tselect ARCH_HAS_KEXEC_HANDOFF\t\tif PPC_BOOK3S_32 || PPC_85xx\n",
             "32-bit Book3S and e500 have a handoff"),
        Edit("arch/powerpc/Kconfig",
             re.compile(r"config ARCH_SUPPORTS_KEXEC\n(?:.+\n)+\n"
                        r"config ARCH_SUPPORTS_KEXEC_FILE\n(?:.+\n)+\n"
                        r"config ARCH_SUPPORTS_KEXEC_PURGATORY\n(?:.+\n)+\n"
                        r"config ARCH_SELECTS_KEXEC_FILE\n(?:.+\n)+"),
             "config ARCH_SELECTS_KEXEC\n"
             "\tdef_bool y\n"
             "\tdepends on KEXEC\n"
             "\tselect HOTPLUG_CPU if SMP && PPC64\n",
             "the other CPUs have to be taken offline before the handoff"),
        Edit("arch/powerpc/Kconfig",
             "config ARCH_SUPPORTS_CRASH_HOTPLUG\n\tdef_bool y\n"
             "\tdepends on PPC64\n\n", "",
             "what an image has of CPUs and memory is not updated"),
        Edit("arch/powerpc/include/asm/machdep.h",
             re.compile(r"\n\t/\* Called to perform the _real_ kexec\.\n(?:\t \*.*\n)+"
                        r"\tvoid \(\*machine_kexec\).*\n"), "",
             "no platform has one"),
        Edit("arch/powerpc/include/asm/machdep.h",
             "struct kimage;\n", "",
             "no platform has one"),
        Edit("arch/powerpc/Kbuild",
             "obj-$(CONFIG_KEXEC_FILE)  += purgatory/\n", "",
             "there is no purgatory"),
        Edit("arch/powerpc/kernel/misc_64.S",
             re.compile(r"/\* kexec_wait\(phys_cpu\)\n(?:.*\n)*"
                        r"#endif /\* CONFIG_KEXEC_CORE \*/\n"),
             "/*\n"
             " * Where a CPU goes that the kernel has no paca for, with translation off.  It\n"
             " * is counted: as long as it is here, no memory of the kernel can be given up.\n"
             " */\n"
             "_GLOBAL(kexec_wait)\n"
             "\tbcl\t20,31,$+4\n"
             "0:\tmflr\tr3\n"
             "\taddi\tr3,r3,kexec_nr_waiting-0b\n"
             "1:\tlwarx\tr4,0,r3\n"
             "\taddi\tr4,r4,1\n"
             "\tstwcx.\tr4,0,r3\n"
             "\tbne-\t1b\n"
             "2:\tHMT_LOW\n"
             "\tb\t2b\n"
             "\n"
             "\t.balign\t4\n"
             "\t.globl\tkexec_nr_waiting\n"
             "kexec_nr_waiting:\n"
             "\t.long\t0\n",
             "a CPU that waits for another kernel keeps this one from going"),
        Edit("arch/powerpc/kernel/setup-common.c",
             "#include <linux/init.h>\n",
             "#include <linux/init.h>\n"
             "#include <linux/kexec.h>\n",
             "machine_shutdown() takes the other CPUs offline for a handoff"),
        Edit("arch/powerpc/kernel/setup-common.c",
             "void machine_shutdown(void)\n{\n",
             "void machine_shutdown(void)\n{\n"
             "#ifdef CONFIG_KEXEC_CORE\n"
             "\tif (kexec_in_progress)\n"
             "\t\tkexec_stop_other_cpus();\n"
             "#endif\n\n",
             "machine_shutdown() takes the other CPUs offline for a handoff"),
        Edit("arch/powerpc/kernel/crash_dump.c",
             re.compile(r"\n#ifdef CONFIG_PPC_RTAS\n/\*\n(?: \*.*\n)+"
                        r"void crash_free_reserved_phys_range\((?:.*\n)+?#endif\n"),
             "",
             "nobody calls it, as RTAS is never in the crash region"),
        Edit("arch/powerpc/kernel/prom.c",
             "\tphys_addr_t int_vector_size;\n",
             "\tphys_addr_t int_vector_size;\n"
             "\tbool has_fadump = false;\n",
             "the region for a crash image has to be where nobody else is"),
        Edit("arch/powerpc/kernel/prom.c",
             re.compile(r"\tif \(fadump_reserve_mem\(\) == 0\)\n#endif\n"
                        r"\t\t(?:arch_)?reserve_crashkernel\(\);\n"
                        r"\tearly_reserve_mem\(\);\n"),
             "\thas_fadump = fadump_reserve_mem() != 0;\n"
             "#endif\n"
             "\tearly_reserve_mem();\n",
             "the region for a crash image has to be where nobody else is"),
        Edit("arch/powerpc/kernel/prom.c",
             re.compile(r"\n#ifdef CONFIG_CRASH_RESERVE\n"
                        r'\tlprop = of_get_flat_dt_prop\(node, "linux,crashkernel-base", NULL\);\n'
                        r"(?:.*\n)+?#endif\n"), "",
             "the region is this kernel's own, whatever the one before had"),
        Edit("arch/powerpc/kernel/prom.c",
             "\tmemblock_allow_resize();\n",
             "\t/* When it is known what is reserved, and which memory stays. */\n"
             "\tif (!has_fadump)\n"
             "\t\treserve_crashkernel();\n\n"
             "\tmemblock_allow_resize();\n",
             "the region for a crash image has to be where nobody else is"),
        Edit("arch/powerpc/kernel/prom.c",
             "\tconst unsigned long *lprop; /* All these set by kernel, so no need to convert endian */\n",
             "\t/* All these set by kernel, so no need to convert endian */\n"
             "\tconst unsigned long *lprop __maybe_unused;\n",
             "a limit of the kernel before is none of this one"),
        Edit("arch/powerpc/kernel/prom.c",
             "\t/* mem=x on the command line is the preferred mechanism */\n"
             "\tlprop = of_get_flat_dt_prop(node, \"linux,memory-limit\", NULL);\n"
             "\tif (lprop)\n"
             "\t\tmemory_limit = *lprop;\n\n", "",
             "a limit of the kernel before is none of this one"),
        Edit("arch/powerpc/kernel/smp.c",
             "#ifdef CONFIG_CRASH_DUMP\n"
             "void crash_send_ipi(",
             "#ifdef CONFIG_CRASH_DUMP\n"
             "/*\n"
             " * Who sends one waits a second for the others, or was interrupted and does not\n"
             " * go on.  It is to be stopped as well.\n"
             " */\n"
             "static void take_over_nmi_ipi(void)\n"
             "{\n"
             "\tunsigned int ms;\n"
             "\n"
             "\tfor (ms = 0; READ_ONCE(nmi_ipi_busy) && ms < 1000; ms++)\n"
             "\t\tmdelay(1);\n"
             "\tnmi_ipi_busy = false;\n"
             "\tcpumask_clear(&nmi_ipi_pending_mask);\n"
             "\traw_atomic_set(&__nmi_ipi_lock, 0);\n"
             "}\n"
             "\n"
             "void crash_send_ipi(",
             "a panic waits for nobody who sends NMIs"),
        Edit("arch/powerpc/kernel/smp.c",
             "\tsmp_send_nmi_ipi(NMI_IPI_ALL_OTHERS, crash_ipi_callback, 1000000);\n",
             "\ttake_over_nmi_ipi();\n"
             "\tsmp_send_nmi_ipi(NMI_IPI_ALL_OTHERS, crash_ipi_callback, 1000000);\n",
             "a panic waits for nobody who sends NMIs"),
        Edit("arch/powerpc/platforms/85xx/smp.c",
             re.compile(r"#ifdef CONFIG_KEXEC_CORE\n#ifdef CONFIG_PPC32\n"
                        r"(?:.*\n)*?#endif /\* CONFIG_KEXEC_CORE \*/\n\n?"),
             "",
             "a machine with other CPUs is not left"),
        Edit("arch/powerpc/platforms/85xx/smp.c",
             re.compile(r"\n#ifdef CONFIG_KEXEC_CORE\n"
                        r"(?:\tppc_md\..*\n)+#endif\n"),
             "",
             "a machine with other CPUs is not left"),
        Edit("arch/powerpc/kernel/traps.c", *DIE_OWNER),
        Edit("arch/powerpc/mm/nohash/kaslr_booke.c",
             "#include <asm/kdump.h>\n",
             "#include <asm/crash_reserve.h>\n",
             "a kernel is not placed where the region for a crash image is to be"),
        Edit("arch/powerpc/mm/nohash/kaslr_booke.c",
             "get_crash_kernel(void *fdt, unsigned long size)\n",
             "get_crash_kernel(void *fdt, phys_addr_t size)\n",
             "a kernel is not placed where the region for a crash image is to be"),
        Edit("arch/powerpc/mm/nohash/kaslr_booke.c",
             "\tif (crash_base == 0)\n"
             "\t\tcrash_base = KDUMP_KERNELBASE;\n",
             "\n"
             "\t/* As reserve_crashkernel() does later, which takes the first place that is free. */\n"
             "\tcrash_size = ALIGN(crash_size, CRASH_MEMORY_UNIT);\n"
             "\tif (crash_base == 0) {\n"
             "\t\tcrash_base = ALIGN(max_t(phys_addr_t, memstart_addr, 1),\n"
             "\t\t\t\t   CRASH_RESERVE_ALIGN);\n"
             "\t\twhile (crash_base < regions.pa_end &&\n"
             "\t\t       overlaps_region(fdt, crash_base, crash_base + crash_size - 1))\n"
             "\t\t\tcrash_base += CRASH_RESERVE_ALIGN;\n"
             "\t}\n",
             "a kernel is not placed where the region for a crash image is to be"),
        Edit("arch/powerpc/mm/nohash/kaslr_booke.c",
             "\tget_crash_kernel(dt_ptr, ram);\n",
             "\tget_crash_kernel(dt_ptr, size);\n",
             "a kernel is not placed where the region for a crash image is to be"),
        Edit("arch/powerpc/mm/mem.c",
             re.compile(r"\t\t\tWARN_ON\((?:request|insert)_resource\(&iomem_resource, "
                        r"res\) < 0\);\n"),
             "\t\t\tWARN_ON(insert_resource(&iomem_resource, res) < 0);\n",
             "the region for a crash image stands in /proc/iomem before"),
        Edit("arch/powerpc/include/asm/plpar_wrappers.h",
             "\treturn plpar_set_mode(0, H_SET_MODE_RESOURCE_LE, 0, 0);\n",
             "\treturn plpar_hcall_norets_notrace(H_SET_MODE, 0, H_SET_MODE_RESOURCE_LE,\n"
             "\t\t\t\t\t  0, 0);\n",
             "tracers don't run with translation off"),
        Edit("arch/powerpc/platforms/pseries/lpar.c",
             "\t\trc = plpar_hcall_norets(H_CLEAR_HPT);\n",
             "\t\trc = plpar_hcall_norets_notrace(H_CLEAR_HPT);\n",
             "tracers don't run with translation off"),
        Edit("arch/powerpc/platforms/pseries/lpar.c",
             "FW_FEATURE_SET_MODE) && !is_fadump_active())\n",
             "FW_FEATURE_SET_MODE) && !is_fadump_active() &&\n"
             "\t    !kdump_in_progress())\n",
             "a panic waits for no other CPU's call of the hypervisor"),
        Edit("arch/powerpc/platforms/pseries/lpar.c",
             "\tint rc;\n\n\tdo {\n\t\trc = plpar_hcall_norets",
             "\tu64 end = mftb() + 10 * tb_ticks_per_sec;\n"
             "\tint rc;\n\n\tdo {\n\t\trc = plpar_hcall_norets",
             "a hypervisor that is never done does not keep the next kernel waiting"),
        Edit("arch/powerpc/platforms/pseries/lpar.c",
             "\t} while (rc == H_CONTINUE);\n",
             "\t\t/*\n"
             "\t\t * Enough: each entry is removed one by one, then.  At boot, with fadump,\n"
             "\t\t * it is not known yet how fast the timebase counts, nor is there a way out.\n"
             "\t\t */\n"
             "\t} while (rc == H_CONTINUE && (!tb_ticks_per_sec || mftb() < end));\n",
             "a hypervisor that is never done does not keep the next kernel waiting"),
        Edit("arch/powerpc/platforms/pseries/lpar.c",
             "\t\tif (lpar_rc != H_SUCCESS) {\n"
             "\t\t\tpr_info(\"Failed to read hash page table at %ld err %ld\\n\",\n"
             "\t\t\t\ti, lpar_rc);\n"
             "\t\t\tcontinue;\n"
             "\t\t}\n",
             "\t\t/* Nothing can be said of it: consoles need translation. */\n"
             "\t\tif (lpar_rc != H_SUCCESS)\n"
             "\t\t\tcontinue;\n",
             "nobody prints with translation off"),
        Edit("arch/powerpc/platforms/pseries/setup.c",
             "void pseries_disable_reloc_on_exc(void)\n{\n\tlong rc;\n\n",
             "/*\n"
             " * A kernel that is about to end waits no longer than that for a hypervisor which is\n"
             " * never done, in ms.\n"
             " */\n"
             "#define SET_MODE_PATIENCE\t10000\n"
             "\n"
             "static bool wait_while_busy(long rc, unsigned int *waited)\n"
             "{\n"
             "\tunsigned int ms;\n"
             "\n"
             "\tif (!H_IS_LONG_BUSY(rc) || *waited >= SET_MODE_PATIENCE)\n"
             "\t\treturn false;\n"
             "\tms = min(get_longbusy_msecs(rc), 1000U);\n"
             "\tmdelay(ms);\n"
             "\t*waited += ms;\n"
             "\treturn true;\n"
             "}\n"
             "\n"
             "void pseries_disable_reloc_on_exc(void)\n{\n"
             "\tunsigned int waited = 0;\n\tlong rc;\n\n",
             "a hypervisor that is never done does not keep the next kernel waiting"),
        Edit("arch/powerpc/platforms/pseries/setup.c",
             "\twhile (1) {\n"
             "\t\trc = disable_reloc_on_exceptions();\n"
             "\t\tif (!H_IS_LONG_BUSY(rc))\n"
             "\t\t\tbreak;\n"
             "\t\tmdelay(get_longbusy_msecs(rc));\n"
             "\t}\n",
             "\tdo {\n"
             "\t\trc = disable_reloc_on_exceptions();\n"
             "\t} while (wait_while_busy(rc, &waited));\n",
             "a hypervisor that is never done does not keep the next kernel waiting"),
        Edit("arch/powerpc/platforms/pseries/setup.c",
             "void pseries_big_endian_exceptions(void)\n{\n\tlong rc;\n\n"
             "\twhile (1) {\n"
             "\t\trc = enable_big_endian_exceptions();\n"
             "\t\tif (!H_IS_LONG_BUSY(rc))\n"
             "\t\t\tbreak;\n"
             "\t\tmdelay(get_longbusy_msecs(rc));\n"
             "\t}\n",
             "void pseries_big_endian_exceptions(void)\n{\n"
             "\tunsigned int waited = 0;\n\tlong rc;\n\n"
             "\tdo {\n"
             "\t\trc = enable_big_endian_exceptions();\n"
             "\t} while (wait_while_busy(rc, &waited));\n",
             "a hypervisor that is never done does not keep the next kernel waiting"),
        Edit("arch/powerpc/sysdev/ipic.c",
             "\t/* handle routing of IRQ0 to MCP */\n"
             "\ttemp = ipic_read(ipic->regs, IPIC_SEMSR);\n\n"
             "\tif (flags & IPIC_IRQ0_MCP)\n"
             "\t\ttemp |= SEMSR_SIRQ0;\n"
             "\telse\n"
             "\t\ttemp &= ~SEMSR_SIRQ0;\n\n",
             "\t/* mask external interrupts, handle routing of IRQ0 to MCP */\n"
             "\ttemp = 0;\n"
             "\tif (flags & IPIC_IRQ0_MCP)\n"
             "\t\ttemp = SEMSR_SIRQ0;\n",
             "a panic leaves interrupts to the next kernel's driver"),
        Edit("drivers/soc/fsl/qe/qe_ic.c",
             "\tqe_ic_write(qe_ic->regs, QEIC_CICR, 0);\n",
             "\tqe_ic_write(qe_ic->regs, QEIC_CICR, 0);\n"
             "\t/* A kernel that has panicked masked none. */\n"
             "\tqe_ic_write(qe_ic->regs, QEIC_CIMR, 0);\n"
             "\tqe_ic_write(qe_ic->regs, QEIC_CRIMR, 0);\n",
             "a panic leaves interrupts to the next kernel's driver"),
        Edit("arch/powerpc/sysdev/xive/spapr.c",
             "static long plpar_int_reset(unsigned long flags)\n{\n\tlong rc;\n\n"
             "\tdo {\n"
             "\t\trc = plpar_hcall_norets(H_INT_RESET, flags);\n"
             "\t} while (plpar_busy_delay(rc));\n",
             "static long plpar_int_reset(unsigned long flags)\n{\n"
             "\tunsigned int ms, waited = 0;\n\tlong rc;\n\n"
             "\t/* On the way to another kernel, which is not to wait for ever. */\n"
             "\tdo {\n"
             "\t\trc = plpar_hcall_norets(H_INT_RESET, flags);\n"
             "\t\tms = min(plpar_busy_delay_time(rc), 1000U);\n"
             "\t\tmdelay(ms);\n"
             "\t\twaited += ms;\n"
             "\t} while (ms && waited < 10000);\n",
             "a hypervisor that is never done does not keep the next kernel waiting"),
        Edit("arch/powerpc/include/asm/xics.h",
             "\tif (WARN_ON(os_cppr->index < 1))\n"
             "\t\treturn LOWEST_PRIORITY;\n",
             "\tif (os_cppr->index < 1) {\n"
             "\t\t/* A panic ends what other CPUs were handling. */\n"
             "\t\tWARN_ON(!kdump_in_progress());\n"
             "\t\treturn LOWEST_PRIORITY;\n"
             "\t}\n",
             "a panic ends interrupts that other CPUs were handling"),
        Edit("arch/powerpc/include/asm/xics.h",
             "#include <linux/interrupt.h>\n",
             "#include <linux/interrupt.h>\n\n#include <asm/kexec.h>\n",
             "a panic ends interrupts that other CPUs were handling"),
        Edit("arch/powerpc/platforms/powernv/setup.c",
             "\tint my_cpu, i, notified = -1;\n",
             "\t/* For all of them: those that don't stop are left alone. */\n"
             "\ts64 timeout = 1000;\n"
             "\tint my_cpu, i, notified = -1;\n",
             "a panic waits a second for all CPUs, not for each"),
        Edit("arch/powerpc/platforms/powernv/setup.c",
             "\t\tint64_t rc, timeout = 1000;\n",
             "\t\ts64 rc;\n",
             "a panic waits a second for all CPUs, not for each"),
        Edit("arch/powerpc/platforms/powernv/setup.c",
             "\t\t\tmdelay(1);\n\t\t\tif (timeout-- == 0) {\n",
             "\t\t\tif (timeout-- > 0) {\n"
             "\t\t\t\tmdelay(1);\n"
             "\t\t\t} else {\n",
             "a panic waits a second for all CPUs, not for each"),
        Edit("arch/powerpc/platforms/powernv/setup.c",
             "\tif (xive_enabled())\n"
             "\t\txive_teardown_cpu();\n"
             "\telse\n"
             "\t\txics_kexec_teardown_cpu(secondary);\n",
             "\tif (!xive_enabled())\n"
             "\t\txics_kexec_teardown_cpu(secondary);\n"
             "\telse if (!crash_shutdown)\n"
             "\t\txive_teardown_cpu();\n",
             "a panic frees no pages; xive_shutdown() ends the queues anyway"),
        Edit("arch/powerpc/platforms/powernv/smp.c",
             "#include <linux/init.h>\n",
             "#include <linux/init.h>\n"
             "#include <linux/kexec.h>\n",
             "a CPU that goes offline for a handoff goes to firmware"),
        Edit("arch/powerpc/platforms/powernv/smp.c",
             "\thard_irq_disable();\n"
             "\tif (generic_check_cpu_restart(cpu))\n",
             "\thard_irq_disable();\n"
             "#ifdef CONFIG_KEXEC_CORE\n"
             "\t/* Not to wait here: the kernel goes.  It does not come back. */\n"
             "\tif (kexec_in_progress)\n"
             "\t\tppc_md.kexec_cpu_down(0, 1);\n"
             "#endif\n"
             "\tif (generic_check_cpu_restart(cpu))\n",
             "a CPU that goes offline for a handoff goes to firmware"),

        Edit("kernel/vmcore_info.c",
             "\", ktime_get_real_seconds());",
             "\", __ktime_get_real_seconds());",
             "a panic can't wait for who was changing the time"),

        Edit("kernel/panic.c",
             "\tpanic_smp_self_stop();\n}\n",
             "\tcrash_stop_self(regs);\n}\n",
             "a CPU that panics second saves its registers"),
        Edit("kernel/panic.c",
             "\t\tpanic_smp_self_stop();\n\n\tconsole_verbose();\n",
             "\t\tcrash_stop_self(NULL);\n\n\tconsole_verbose();\n",
             "a CPU that panics second saves its registers"),
        Edit("arch/x86/Kconfig",
             "\tselect ARCH_HAS_KERNEL_FPU_SUPPORT\n",
             "\tselect ARCH_HAS_KERNEL_FPU_SUPPORT\n"
             "\tselect ARCH_HAS_KEXEC_HANDOFF if X86_64\n"
             "\tselect ARCH_HAS_KEXEC_JUMP if X86_64\n",
             "x86_64 has a handoff, and a way back"),
        Edit("arch/x86/Kconfig",
             "\tselect ARCH_HAS_KEXEC_HANDOFF if X86_64\n"
             "\tselect ARCH_HAS_KEXEC_JUMP if X86_64\n",
             "\tselect ARCH_HAS_KEXEC_HANDOFF\n"
             "\tselect ARCH_HAS_KEXEC_JUMP\n",
             "i386 has them, too"),
        Edit("arch/x86/Kconfig",
             "\tselect ARCH_HAS_KEXEC_HANDOFF\n"
             "\tselect ARCH_HAS_KEXEC_JUMP\n",
             "\tselect ARCH_HAS_KEXEC_DEBUG_HANDOFF\n"
             "\tselect ARCH_HAS_KEXEC_HANDOFF\n"
             "\tselect ARCH_HAS_KEXEC_JUMP\n",
             "handoffs can report exceptions"),
        Edit("arch/x86/Kconfig",
             "\tselect ARCH_HAS_CURRENT_STACK_POINTER\n",
             "\tselect ARCH_HAS_CRASH_CMA\n"
             "\tselect ARCH_HAS_CURRENT_STACK_POINTER\n",
             "areas of CMA can be declared when the region is taken"),
        Edit("arch/x86/Kconfig",
             "config ARCH_SUPPORTS_KEXEC\n\tdef_bool y\n\n", "",
             "nobody asks for it"),
        Edit("arch/x86/Kconfig",
             "config ARCH_SUPPORTS_KEXEC_JUMP\n\tdef_bool y\n\n", "",
             "nobody asks for it"),
        Edit("arch/x86/Kconfig",
             "config ARCH_HAS_GENERIC_CRASHKERNEL_RESERVATION\n"
             "\tdef_bool CRASH_RESERVE\n\n", "",
             "nobody asks for it"),
        Edit("arch/x86/Kconfig",
             "config ARCH_SUPPORTS_CRASH_HOTPLUG\n\tdef_bool y\n\n", "",
             "what an image has of CPUs and memory is not updated"),
        Edit("arch/x86/.gitignore",
             "purgatory/purgatory.ro\n", "",
             "there is no purgatory"),
        Edit("arch/x86/Kbuild",
             "obj-$(CONFIG_KEXEC_FILE) += purgatory/\n\n", "",
             "there is no purgatory"),
        Edit("arch/x86/include/uapi/asm/setup_data.h",
             "#define SETUP_INDIRECT\t\t\t(1<<31)\n",
             "/* What <linux/kexec.h> calls the letter; see boot.rst. */\n"
             "#define SETUP_KEXEC_LETTER\t\t0x6b6c7472\n"
             "\n"
             "#define SETUP_INDIRECT\t\t\t(1<<31)\n",
             "the type of setup_data in which a kernel finds what the last one wrote"),
        Edit("Documentation/arch/x86/boot.rst",
             "  This list may be modified at a number of points during the bootup\n",
             "  A kernel passes over a type that it does not know. SETUP_KEXEC_LETTER, by\n"
             "  which a kernel learns how long the kexec that started it took, lies outside\n"
             "  of the row that setup_type_max ends. So its number is the same in each\n"
             "  release that has it.\n"
             "\n"
             "  This list may be modified at a number of points during the bootup\n",
             "a type of setup_data that is not in the row"),
        Edit("arch/x86/kernel/Makefile",
             "obj-$(CONFIG_KEXEC_FILE)\t+= kexec-bzimage64.o\n",
             "obj-$(CONFIG_KEXEC_CORE)\t+= machine_kexec_letter.o machine_kexec_ram.o\n",
             "the base's file is gone; what the kernel before this one wrote, and which"
             " memory there is beyond System RAM"),
        Edit("arch/x86/kernel/Makefile",
             "obj-$(CONFIG_KEXEC_CORE)\t+= machine_kexec_letter.o machine_kexec_ram.o\n",
             "obj-$(CONFIG_KEXEC_CORE)\t+= machine_kexec_letter.o machine_kexec_ram.o\n"
             "obj-$(CONFIG_KEXEC_JUMP)\t+= machine_kexec_jump.o\n",
             "what is asked before a jump"),
        Edit("arch/x86/kernel/Makefile",
             "obj-$(CONFIG_KEXEC_CORE)\t+= machine_kexec_letter.o machine_kexec_ram.o\n",
             "obj-$(CONFIG_KEXEC_CORE)\t+= machine_kexec_letter.o machine_kexec_ram.o\n"
             "obj-$(CONFIG_KEXEC_DEBUG_HANDOFF)\t+= machine_kexec_report.o\n"
             "obj-$(CONFIG_KEXEC_DEBUG_HANDOFF)\t+= relocate_kernel_report.o\n",
             "what a handoff says of itself"),
        Edit("arch/x86/realmode/init.c",
             "#include <asm/crash.h>\n", "",
             "the header is gone, and nothing here used it"),

        Edit("arch/x86/kernel/reboot.c",
             "waiting_for_crash_ipi, num_online_cpus() - 1);\n",
             "waiting_for_crash_ipi,\n"
             "\t\t   num_online_cpus() - cpu_online(smp_processor_id()));\n",
             "the CPU that panics need not be online"),
        # Whoever is not online takes the only CPU that is for itself.
        Edit("arch/x86/kernel/reboot.c",
             "\tapic_send_IPI_allbutself(NMI_VECTOR);\n",
             "\tif (cpu_online(smp_processor_id()))\n"
             "\t\tapic_send_IPI_allbutself(NMI_VECTOR);\n"
             "\telse\n"
             "\t\t__apic_send_IPI_mask(cpu_online_mask, NMI_VECTOR);\n",
             "the CPU that panics need not be online"),
        Edit("arch/x86/kernel/process.c",
             "#include <linux/kernel.h>\n",
             "#include <linux/kernel.h>\n"
             "#include <linux/kexec.h>\n",
             "a CPU that is stopped for a handoff ends its trace and samples"),
        Edit("arch/x86/kernel/process.c",
             '#include "process.h"\n',
             '#include "machine_kexec_sampling.h"\n'
             '#include "process.h"\n',
             "a CPU that is stopped for a handoff ends its trace and samples"),
        Edit("arch/x86/kernel/process.c",
             "\tmcheck_cpu_clear(c);\n",
             "\tmcheck_cpu_clear(c);\n"
             "\t/* They go on when the next kernel has it run: INIT ends neither. */\n"
             "\tif (kexec_in_progress)\n"
             "\t\tkexec_end_sampling();\n",
             "a CPU that is stopped for a handoff ends its trace and samples"),
        Edit("arch/x86/kernel/dumpstack.c", *DIE_OWNER),
        Edit("arch/arm64/Kconfig",
             "\tselect ARCH_HAS_KEEPINITRD\n",
             "\tselect ARCH_HAS_KEEPINITRD\n"
             "\tselect ARCH_HAS_KEXEC_DEBUG_HANDOFF\n"
             "\tselect ARCH_HAS_KEXEC_HANDOFF\n"
             "\tselect ARCH_HAS_KEXEC_JUMP\n",
             "arm64 has a handoff, which can report exceptions, and a way back"),
        Edit("arch/arm64/Kconfig",
             "\tselect ARCH_HAS_CURRENT_STACK_POINTER\n",
             "\tselect ARCH_HAS_CRASH_CMA\n"
             "\tselect ARCH_HAS_CURRENT_STACK_POINTER\n",
             "areas of CMA can be declared when the region is taken"),
        Edit("arch/arm64/Kconfig",
             "config ARCH_SUPPORTS_KEXEC\n\tdef_bool PM_SLEEP_SMP\n\n", "",
             "nobody asks for it"),
        Edit("arch/arm64/Kconfig",
             "config ARCH_HAS_GENERIC_CRASHKERNEL_RESERVATION\n"
             "\tdef_bool CRASH_RESERVE\n\n", "",
             "nobody asks for it"),
        Edit("arch/arm64/Kconfig",
             "config ARCH_SUPPORTS_KEXEC_FILE\n",
             "config ARCH_SELECTS_KEXEC\n"
             "\tdef_bool y\n"
             "\tdepends on KEXEC\n"
             "\tselect HOTPLUG_CPU\n"
             "\n"
             "config ARCH_SUPPORTS_KEXEC_FILE\n",
             "the other CPUs have to be taken offline before the handoff"),
        Edit("arch/arm64/kernel/smp.c",
             "void __noreturn panic_smp_self_stop(void)\n{\n",
             "void __noreturn panic_smp_self_stop(void)\n{\n"
             "#ifdef CONFIG_CRASH_DUMP\n"
             "\tcrash_turn_off_this_cpu();\n"
             "#endif\n",
             "a CPU that panics second goes where the next kernel can start it"),
        Edit("arch/arm64/kernel/traps.c",
             "\traw_spin_lock_irqsave(&die_lock, flags);\n\n\toops_enter();\n",
             "\t/* By this CPU, on its way to the crash image, or one that was stopped. */\n"
             "\tif (raw_spin_is_locked(&die_lock) && panic_on_this_cpu())\n"
             "\t\tcrash_kexec(regs);\n"
             "\traw_spin_lock_irqsave(&die_lock, flags);\n\n\toops_enter();\n",
             "an exception on the way to the crash image does not wait for itself"),
        Edit("arch/arm64/Kconfig",
             "\tselect CPU_PM if (SUSPEND || CPU_IDLE)\n",
             "\tselect CPU_PM if (SUSPEND || CPU_IDLE || KEXEC_JUMP)\n",
             "an image returns to where a CPU resumes"),
        Edit("arch/arm64/kernel/Makefile",
             re.compile(r"obj-\$\(CONFIG_KEXEC_CORE\)\t\t\+= machine_kexec\.o"
                        r" relocate_kernel\.o\t\\\n\s+cpu-reset\.o\n"),
             "obj-$(CONFIG_KEXEC_CORE)\t\t+= machine_kexec.o"
             " relocate_kernel.o\n",
             "the base's file is gone"),
        Edit("arch/arm64/kernel/Makefile",
             "obj-$(CONFIG_KEXEC_CORE)\t\t+= machine_kexec.o"
             " relocate_kernel.o\n",
             "obj-$(CONFIG_KEXEC_CORE)\t\t+= machine_kexec.o"
             " relocate_kernel.o\n"
             "obj-$(CONFIG_KEXEC_DEBUG_HANDOFF)\t+= machine_kexec_report.o"
             " relocate_kernel_report.o\n",
             "what a handoff says of itself"),
        Edit("arch/arm64/kernel/Makefile",
             "obj-$(CONFIG_KEXEC_FILE)\t\t+= machine_kexec_file.o"
             " kexec_image.o\n", "",
             "the base's files are gone"),
        Edit("arch/arm64/kernel/Makefile",
             "obj-$(CONFIG_CRASH_DUMP)\t\t+= crash_dump.o\n",
             "obj-$(CONFIG_CRASH_DUMP)\t\t+= crash_dump.o crash.o\n",
             "what a panic does is in a file of its own"),
        Edit("arch/arm64/kernel/asm-offsets.c",
             re.compile(r"#ifdef CONFIG_KEXEC_CORE\n(?:  DEFINE.*\n)+"
                        r"  BLANK\(\);\n#endif\n"), "",
             "the trampoline reads no structure of the kernel"),
        Edit("arch/arm64/kernel/vmlinux.lds.S",
             re.compile(r"#ifdef CONFIG_KEXEC_CORE\n#define KEXEC_TEXT"
                        r"(?:.*\n)+?#endif\n\n"), "",
             "the trampoline is data, and checks its size itself"),
        Edit("arch/arm64/kernel/vmlinux.lds.S",
             "\t\tKEXEC_TEXT\n", "",
             "the trampoline is data, and checks its size itself"),
        Edit("arch/arm64/kernel/vmlinux.lds.S",
             re.compile(r"\n#ifdef CONFIG_KEXEC_CORE\n/\* kexec reloc"
                        r"(?:.*\n)+?#endif\n"), "",
             "the trampoline is data, and checks its size itself"),
        Edit("arch/arm64/kernel/vmlinux.lds.S",
             "#include <asm/kexec.h>\n", "",
             "nothing here uses it any more"),
        Edit("arch/arm64/include/asm/sections.h",
             "extern char __relocate_new_kernel_start[],"
             " __relocate_new_kernel_end[];\n", "",
             "nothing defines it any more"),

        Edit("arch/riscv/Kconfig",
             "\tselect ARCH_HAS_KCOV\n",
             "\tselect ARCH_HAS_KCOV\n"
             "\tselect ARCH_HAS_KEXEC_DEBUG_HANDOFF if 64BIT && RISCV_SBI\n"
             "\tselect ARCH_HAS_KEXEC_HANDOFF if 64BIT && MMU && RISCV_SBI\n"
             "\tselect ARCH_HAS_KEXEC_JUMP if 64BIT && MMU && RISCV_SBI\n",
             "64-bit RISC-V has a handoff, which can report exceptions, and a way"
             " back"),
        Edit("arch/riscv/Kconfig",
             "\tselect ARCH_HAS_CURRENT_STACK_POINTER\n",
             "\tselect ARCH_HAS_CRASH_CMA\n"
             "\tselect ARCH_HAS_CURRENT_STACK_POINTER\n",
             "areas of CMA can be declared when the region is taken"),
        Edit("arch/riscv/Kconfig",
             "\tselect CPU_PM if CPU_IDLE || HIBERNATION || SUSPEND\n",
             "\tselect CPU_PM if CPU_IDLE || HIBERNATION || SUSPEND || KEXEC_JUMP\n",
             "an image returns to where a hart resumes"),
        Edit("arch/riscv/Kconfig",
             "config ARCH_SUPPORTS_KEXEC\n\tdef_bool y\n\n", "",
             "nobody asks for it"),
        Edit("arch/riscv/Kconfig",
             "config ARCH_HAS_GENERIC_CRASHKERNEL_RESERVATION\n"
             "\tdef_bool CRASH_RESERVE\n\n", "",
             "nobody asks for it"),
        Edit("arch/riscv/Kbuild",
             "obj-$(CONFIG_ARCH_SUPPORTS_KEXEC_PURGATORY) += purgatory/\n\n",
             "", "there is no purgatory"),
        Edit("arch/riscv/kernel/traps.c",
             "\toops_enter();\n\n\traw_spin_lock_irqsave(&die_lock, flags);\n",
             "\toops_enter();\n\n"
             "\t/* By this CPU, on its way to the crash image, or one that was stopped. */\n"
             "\tif (raw_spin_is_locked(&die_lock) && panic_on_this_cpu())\n"
             "\t\tcrash_kexec(regs);\n"
             "\traw_spin_lock_irqsave(&die_lock, flags);\n",
             "an exception on the way to the crash image does not wait for itself"),
        Edit("arch/riscv/kernel/Makefile",
             re.compile(r"^ifdef CONFIG_KEXEC_CORE\n.*\nendif\n\n",
                        re.MULTILINE), "",
             "the trampoline needs no options"),
        Edit("arch/riscv/kernel/Makefile",
             re.compile(r"^obj-\$\(CONFIG_KEXEC_CORE\)\s.*\n",
                        re.MULTILINE),
             "obj-$(CONFIG_KEXEC_CORE)\t+= machine_kexec.o relocate_kernel.o\n"
             "obj-$(CONFIG_KEXEC_DEBUG_HANDOFF)\t+= machine_kexec_report.o"
             " relocate_kernel_report.o\n",
             "the handoff has other files"),
        Edit("arch/riscv/kernel/Makefile",
             re.compile(r"^obj-\$\(CONFIG_KEXEC_FILE\)\s.*\n",
                        re.MULTILINE), "",
             "the base's files are gone"),

        Edit("arch/arm/Kconfig",
             "\tselect ARCH_HAS_KEEPINITRD\n",
             "\tselect ARCH_HAS_KEEPINITRD\n"
             "\tselect ARCH_HAS_KEXEC_HANDOFF if MMU && CPU_V7 && !CPU_BIG_ENDIAN && !XIP_KERNEL\n"
             "\tselect ARCH_HAS_KEXEC_JUMP if MMU && CPU_V7 && !CPU_BIG_ENDIAN && !XIP_KERNEL\n",
             "arm has a handoff, of processors whose caches it knows, and a way back"),
        Edit("arch/arm/Kconfig",
             "\tselect CPU_PM if SUSPEND || CPU_IDLE\n",
             "\tselect CPU_PM if SUSPEND || CPU_IDLE || KEXEC_JUMP\n",
             "an image returns to where a CPU resumes"),
        Edit("arch/arm/Kconfig",
             "config ARCH_SUPPORTS_KEXEC\n"
             "\tdef_bool (!SMP || PM_SLEEP_SMP) && MMU\n",
             "config ARCH_SELECTS_KEXEC\n"
             "\tdef_bool y\n"
             "\tdepends on KEXEC\n"
             "\tselect HOTPLUG_CPU if SMP\n",
             "the other CPUs have to be taken offline before the handoff"),
        Edit("arch/arm/kernel/Makefile",
             "obj-$(CONFIG_CRASH_DUMP)\t+= crash_dump.o\n",
             "obj-$(CONFIG_CRASH_DUMP)\t+= crash_dump.o crash.o\n",
             "what a panic does is in a file of its own"),
        Edit("arch/arm/kernel/asm-offsets.c",
             "#include <asm/kexec-internal.h>\n", "",
             "the header is gone"),
        Edit("arch/arm/kernel/asm-offsets.c",
             re.compile(r"(?:  DEFINE\(KEXEC_.*\n)+"), "",
             "the trampoline reads no structure of the kernel"),
        Edit("arch/arm/kernel/setup.c",
             re.compile(r"#ifdef CONFIG_CRASH_RESERVE\n(?:.*\n)+?"
                        r"#endif /\* CONFIG_CRASH_RESERVE\*/\n\n"), "",
             "the region is taken by what all architectures have for it"),
        Edit("arch/arm/kernel/setup.c",
             "\treserve_crashkernel();\n",
             "\tarm_reserve_crashkernel();\n",
             "the region is taken by what all architectures have for it"),
        Edit("arch/arm/kernel/setup.c",
             "#include <asm/cpu.h>\n",
             "#include <asm/cpu.h>\n"
             "#include <asm/crash_reserve.h>\n",
             "the region is taken by what all architectures have for it"),
        Edit("arch/arm/kernel/smp.c",
             "#include <linux/kernel_stat.h>\n",
             "#include <linux/kernel_stat.h>\n"
             "#include <linux/kexec.h>\n",
             "a CPU that is stopped asks whether it is for a panic"),
        Edit("arch/arm/kernel/smp.c",
             "static void ipi_cpu_stop(unsigned int cpu)\n{\n"
             "\tlocal_fiq_disable();\n\n",
             "static void ipi_cpu_stop(unsigned int cpu)\n{\n"
             "\tlocal_fiq_disable();\n"
             "#ifdef CONFIG_CRASH_DUMP\n"
             "\tcrash_stop_this_cpu(cpu);\n"
             "#endif\n\n",
             "a CPU that is stopped asks whether it is for a panic"),
        Edit("arch/arm/kernel/traps.c", *DIE_OWNER),
        Edit("arch/arm/kernel/smp.c",
             "\twhile (num_online_cpus() > 1 && timeout--)\n"
             "\t\tudelay(1);\n\n"
             "\tif (num_online_cpus() > 1)\n",
             "\twhile (num_online_cpus() > cpu_online(smp_processor_id()) && timeout--)\n"
             "\t\tudelay(1);\n\n"
             "\tif (num_online_cpus() > cpu_online(smp_processor_id()))\n",
             "the CPU that panics need not be online"),
        Edit("arch/m68k/Kconfig",
             "\tselect ARCH_HAS_DMA_PREP_COHERENT if M68K_NONCOHERENT_DMA && !COLDFIRE\n",
             "\tselect ARCH_HAS_DMA_PREP_COHERENT if M68K_NONCOHERENT_DMA && !COLDFIRE\n"
             "\tselect ARCH_HAS_KEXEC_HANDOFF if MMU_MOTOROLA && M68040\n",
             "m68k has a handoff, for the MMU and the caches of a 68040"),
        Edit("arch/m68k/Kconfig",
             re.compile(r"config ARCH_SUPPORTS_KEXEC\n\tdef_bool .* && MMU\n\n"),
             "config ARCH_SUPPORTS_CRASH_DUMP\n\tdef_bool MMU_MOTOROLA && M68040\n\n",
             "a panic can start an image, and nobody asks for the other"),
        Edit("arch/m68k/kernel/Makefile",
             "obj-$(CONFIG_KEXEC_CORE)\t+= machine_kexec.o relocate_kernel.o\n",
             "obj-$(CONFIG_CRASH_DUMP)\t+= crash.o\n"
             "obj-$(CONFIG_KEXEC_CORE)\t+= machine_kexec.o relocate_kernel.o\n",
             "what a panic does is built where it is needed"),
        Edit("arch/m68k/kernel/setup_mm.c",
             "#include <asm/config.h>\n",
             "#include <asm/config.h>\n"
             "#include <asm/crash_reserve.h>\n",
             "memory for a crash image"),
        Edit("arch/m68k/kernel/setup_mm.c",
             "\tpaging_init();\n",
             "\tpaging_init();\n"
             "\tm68k_reserve_crashkernel();\n",
             "memory for a crash image"),
        Edit("arch/m68k/kernel/traps.c",
             "\tadd_taint(TAINT_DIE, LOCKDEP_NOW_UNRELIABLE);\n",
             "\tadd_taint(TAINT_DIE, LOCKDEP_NOW_UNRELIABLE);\n"
             "\tif (kexec_should_crash(current))\n"
             "\t\tcrash_kexec(fp);\n"
             "\tif (panic_on_oops)\n"
             "\t\tpanic(\"Fatal exception\");\n",
             "an oops that has to end in a panic does, and starts the crash image"),
        Edit("arch/m68k/kernel/traps.c",
             "#include <linux/kallsyms.h>\n",
             "#include <linux/kallsyms.h>\n"
             "#include <linux/kexec.h>\n",
             "an oops that has to end in a panic does, and starts the crash image"),
        Edit("arch/mips/Kconfig",
             "\tselect ARCH_HAS_KCOV\n",
             "\tselect ARCH_HAS_KCOV\n"
             "\tselect ARCH_HAS_KEXEC_HANDOFF if CPU_R4K_CACHE_TLB && "
             "!EVA && !CPU_MICROMIPS && (MIPS_MALTA || RALINK || ATH79 || "
             "(MIPS_GENERIC && !MACH_INGENIC))\n",
             "mips has a handoff: processors whose caches it knows, and machines "
             "whose firmware it can take the place of"),
        Edit("arch/mips/Kconfig",
             "config ARCH_SUPPORTS_KEXEC\n\tdef_bool y\n\n",
             "config ARCH_SELECTS_KEXEC\n"
             "\tdef_bool y\n"
             "\tdepends on KEXEC\n"
             "\tselect HOTPLUG_CPU if MIPS_CPS\n"
             "\n",
             "the other CPUs have to be taken offline before the handoff"),
        Edit("arch/mips/kernel/Makefile",
             "obj-$(CONFIG_KEXEC_CORE)\t+= machine_kexec.o relocate_kernel.o crash.o\n"
             "obj-$(CONFIG_CRASH_DUMP)\t+= crash_dump.o\n",
             "obj-$(CONFIG_KEXEC_CORE)\t+= machine_kexec.o relocate_kernel.o\n"
             "obj-$(CONFIG_CRASH_DUMP)\t+= crash_dump.o crash.o\n",
             "what a panic does is built where it is needed"),
        Edit("arch/mips/kernel/setup.c",
             re.compile(r"/\* 64M alignment for crash kernel regions \*/\n(?:.*\n)*?"
                        r"(?=static void __init check_kernel_sections_mem)"), "",
             "the region is taken by what all architectures have for it"),
        Edit("arch/mips/kernel/setup.c",
             "\tmips_parse_crashkernel();\n",
             "\tcrashkernel_reserve_asked();\n",
             "the region is taken by what all architectures have for it"),
        Edit("arch/mips/kernel/setup.c",
             "\t\trequest_resource(&iomem_resource, res);\n",
             "\t\tinsert_resource(&iomem_resource, res);\n",
             "the region is there before what it is in"),
        Edit("arch/mips/kernel/setup.c",
             "\t\trequest_crashkernel(res);\n", "",
             "the region is taken by what all architectures have for it"),
        Edit("arch/mips/kernel/setup.c",
             "\tplat_mem_setup();\n\tmemblock_set_bottom_up(true);\n",
             "\tplat_mem_setup();\n"
             "\tmips_keep_environment();\n"
             "\tmemblock_set_bottom_up(true);\n",
             "the next kernel finds what firmware has told this one"),
        Edit("arch/mips/kernel/setup.c",
             "#include <linux/crash_dump.h>\n",
             "#include <linux/crash_dump.h>\n"
             "#include <linux/crash_reserve.h>\n",
             "the region is taken by what all architectures have for it"),
        Edit("arch/mips/kernel/setup.c",
             "#include <asm/cdmm.h>\n",
             "#include <asm/cdmm.h>\n"
             "#include <asm/crash_reserve.h>\n",
             "the region is taken by what all architectures have for it"),
        # Machines of mips that nobody has taught ours to leave.
        Edit("arch/mips/loongson64/reset.c",
             re.compile(r"#ifdef CONFIG_KEXEC_CORE\n\n/\* 0X(?:.*\n)+?#endif\n\n"
                        r"(?=static int __init mips_reboot_setup)"), "",
             "the old kexec is not there to call it"),
        Edit("arch/mips/loongson64/reset.c",
             re.compile(r"#ifdef CONFIG_KEXEC_CORE\n\tkexec_argv = (?:.*\n)+?#endif\n\n"), "",
             "the old kexec is not there to call it"),
        Edit("arch/mips/loongson64/reset.c",
             "#include <linux/kexec.h>\n", "",
             "nothing here uses it any more"),
        Edit("arch/mips/loongson64/reset.c",
             "#include <linux/slab.h>\n", "",
             "nothing here uses it any more"),
        Edit("arch/mips/loongson64/smp.c",
             "#ifdef CONFIG_KEXEC_CORE\n"
             "\t.kexec_nonboot_cpu = kexec_nonboot_cpu_jump,\n#endif\n", "",
             "the old kexec is not there to call it"),
        Edit("arch/mips/loongson64/smp.c",
             "#include <linux/kexec.h>\n", "",
             "nothing here uses it any more"),
        *(Edit("arch/mips/cavium-octeon/smp.c",
               re.compile(rf"(?<=\t\.prepare_cpus\t\t= {prepare},\n"
                          r"#ifdef CONFIG_HOTPLUG_CPU\n"
                          r"\t\.cpu_disable\t\t= octeon_cpu_disable,\n"
                          r"\t\.cpu_die\t\t= octeon_cpu_die,\n#endif\n)"
                          r"#ifdef CONFIG_KEXEC_CORE\n.*\n#endif\n"), "",
               "the old kexec is not there to call it")
          for prepare in ("octeon_prepare_cpus", "octeon_78xx_prepare_cpus")),
        Edit("arch/mips/cavium-octeon/smp.c",
             "#include <linux/kexec.h>\n", "",
             "nothing here uses it any more"),
        Edit("arch/mips/cavium-octeon/setup.c",
             "#include <linux/kexec.h>\n", "",
             "nothing here uses it any more"),
        Edit("arch/mips/cavium-octeon/setup.c",
             re.compile(r"#ifdef CONFIG_KEXEC\n#ifdef CONFIG_SMP\n(?:.*\n)+?"
                        r"#endif /\* CONFIG_KEXEC \*/\n\n"), "",
             "the old kexec is not there to call it"),
        Edit("arch/mips/cavium-octeon/setup.c",
             re.compile(r"#ifdef CONFIG_KEXEC\n/\* crashkernel (?:.*\n)+?#endif\n\n"), "",
             "no region is reserved there"),
        Edit("arch/mips/cavium-octeon/setup.c",
             re.compile(r"#ifdef CONFIG_KEXEC\n\t\t\} else if (?:.*\n)+?#endif\n"), "",
             "no region is reserved there"),
        Edit("arch/mips/cavium-octeon/setup.c",
             re.compile(r"#ifdef CONFIG_KEXEC\n\t_machine_kexec_shutdown (?:.*\n)+?"
                        r"#endif\n#endif\n\n"), "",
             "the old kexec is not there to call it"),
        Edit("arch/mips/cavium-octeon/setup.c",
             "#ifndef CONFIG_CRASH_DUMP\nstatic __init void memory_exclude_page(",
             "static __init void memory_exclude_page(",
             "no kernel captures a dump there"),
        Edit("arch/mips/cavium-octeon/setup.c",
             "\t\t*size -= PAGE_SIZE;\n\t}\n}\n#endif /* CONFIG_CRASH_DUMP */\n",
             "\t\t*size -= PAGE_SIZE;\n\t}\n}\n",
             "no kernel captures a dump there"),
        Edit("arch/mips/cavium-octeon/setup.c",
             "\tuint64_t crashk_end;\n#ifndef CONFIG_CRASH_DUMP\n\tint64_t memory;\n#endif\n",
             "\tint64_t memory;\n",
             "no kernel captures a dump there"),
        Edit("arch/mips/cavium-octeon/setup.c",
             "\tcrashk_end = 0;\n", "",
             "no region is reserved there"),
        Edit("arch/mips/cavium-octeon/setup.c",
             re.compile(r"/\* Crashkernel ignores bootmem list(?:.*\n)+?#else\n"
                        r"#ifdef CONFIG_KEXEC\n(?:.*\n)+?#endif\n"), "",
             "no kernel captures a dump there"),
        Edit("arch/mips/cavium-octeon/setup.c",
             "#ifdef CONFIG_KEXEC\n\t\t\tuint64_t end;\n#endif\n", "",
             "no region is reserved there"),
        Edit("arch/mips/cavium-octeon/setup.c",
             re.compile(r"#ifdef CONFIG_KEXEC\n\t\t\tend = (?:.*\n)+?#endif\n"), "",
             "no region is reserved there"),
        Edit("arch/mips/cavium-octeon/setup.c",
             "\tcvmx_bootmem_unlock();\n#endif /* CONFIG_CRASH_DUMP */\n",
             "\tcvmx_bootmem_unlock();\n",
             "no kernel captures a dump there"),
        Edit("arch/mips/include/asm/smp-ops.h",
             "#ifdef CONFIG_KEXEC_CORE\n\tvoid (*kexec_nonboot_cpu)(void);\n#endif\n", "",
             "other CPUs are taken offline"),
        Edit("arch/mips/include/asm/smp.h",
             re.compile(r"#ifdef CONFIG_KEXEC_CORE\nstatic inline void kexec_nonboot_cpu"
                        r"(?:.*\n)+?#endif\n\n"), "",
             "other CPUs are taken offline"),
        Edit("arch/mips/kernel/smp-bmips.c",
             "#include <linux/kexec.h>\n", "",
             "nothing here uses it any more"),
        Edit("arch/mips/kernel/smp-bmips.c",
             "\t.send_ipi_mask\t\t= bmips43xx_send_ipi_mask,\n"
             "#ifdef CONFIG_HOTPLUG_CPU\n"
             "\t.cpu_disable\t\t= bmips_cpu_disable,\n"
             "\t.cpu_die\t\t= bmips_cpu_die,\n"
             "#endif\n"
             "#ifdef CONFIG_KEXEC_CORE\n"
             "\t.kexec_nonboot_cpu\t= kexec_nonboot_cpu_jump,\n"
             "#endif\n",
             "\t.send_ipi_mask\t\t= bmips43xx_send_ipi_mask,\n"
             "#ifdef CONFIG_HOTPLUG_CPU\n"
             "\t.cpu_disable\t\t= bmips_cpu_disable,\n"
             "\t.cpu_die\t\t= bmips_cpu_die,\n"
             "#endif\n",
             "other CPUs are taken offline"),
        Edit("arch/mips/kernel/smp-bmips.c",
             "\t.send_ipi_mask\t\t= bmips5000_send_ipi_mask,\n"
             "#ifdef CONFIG_HOTPLUG_CPU\n"
             "\t.cpu_disable\t\t= bmips_cpu_disable,\n"
             "\t.cpu_die\t\t= bmips_cpu_die,\n"
             "#endif\n"
             "#ifdef CONFIG_KEXEC_CORE\n"
             "\t.kexec_nonboot_cpu\t= kexec_nonboot_cpu_jump,\n"
             "#endif\n",
             "\t.send_ipi_mask\t\t= bmips5000_send_ipi_mask,\n"
             "#ifdef CONFIG_HOTPLUG_CPU\n"
             "\t.cpu_disable\t\t= bmips_cpu_disable,\n"
             "\t.cpu_die\t\t= bmips_cpu_die,\n"
             "#endif\n",
             "other CPUs are taken offline"),
        Edit("arch/mips/kernel/smp-cps.c",
             "#if defined(CONFIG_HOTPLUG_CPU) || defined(CONFIG_KEXEC_CORE)\n",
             "#ifdef CONFIG_HOTPLUG_CPU\n",
             "other CPUs are taken offline"),
        Edit("arch/mips/kernel/smp-cps.c",
             re.compile(r"#ifdef CONFIG_KEXEC_CORE\n\nstatic void cps_kexec_nonboot_cpu"
                        r"(?:.*\n)+?#endif /\* CONFIG_KEXEC_CORE \*/\n\n"
                        r"#endif /\* CONFIG_HOTPLUG_CPU \|\| CONFIG_KEXEC_CORE \*/\n\n"
                        r"#ifdef CONFIG_HOTPLUG_CPU\n\n"), "",
             "other CPUs are taken offline"),
        Edit("arch/mips/kernel/smp-cps.c",
             "#ifdef CONFIG_KEXEC_CORE\n"
             "\t.kexec_nonboot_cpu\t= cps_kexec_nonboot_cpu,\n"
             "#endif\n", "",
             "other CPUs are taken offline"),
        Edit("arch/mips/kernel/smp-cps.c",
             "\tlocal_irq_disable();\n\tidle_task_exit();\n\tcpu = smp_processor_id();\n"
             "\tcpu_death = CPU_DEATH_POWER;\n",
             "\tlocal_irq_disable();\n"
             "\t/* Nothing but a start wakes it: in QEMU, an interrupt that is not masked does. */\n"
             "\tclear_c0_status(ST0_IM);\n"
             "\tidle_task_exit();\n\tcpu = smp_processor_id();\n"
             "\tcpu_death = CPU_DEATH_POWER;\n",
             "a CPU that was stopped does not wake in the next kernel's memory"),
        Edit("arch/mips/kernel/traps.c",
             "\tif (regs && kexec_should_crash(current))\n\t\tcrash_kexec(regs);\n\n", "",
             "an oops that has to end in a panic starts the crash image, with its registers"),
        Edit("arch/mips/kernel/traps.c",
             "\toops_exit();\n\n\tif (in_interrupt())\n",
             "\toops_exit();\n\n"
             "\tif (regs && kexec_should_crash(current))\n"
             "\t\tcrash_kexec(regs);\n\n"
             "\tif (in_interrupt())\n",
             "an oops that has to end in a panic starts the crash image, with its registers"),
        Edit("arch/mips/kernel/genex.S",
             "\t.macro\t__build_clear_cli\n",
             "\t/* As they are where the exception is from. */\n"
             "\t.macro\t__build_clear_keep\n"
             "\tKMODE\n"
             "\t.endm\n"
             "\n"
             "\t.macro\t__build_clear_cli\n",
             "an exception on the way to the crash image turns no interrupts on"),
        Edit("arch/mips/kernel/genex.S",
             re.compile(r"\tBUILD_HANDLER bp bp sti .*\n\tBUILD_HANDLER ri ri sti .*\n"
                        r"\tBUILD_HANDLER cpu cpu sti .*\n\tBUILD_HANDLER ov ov sti .*\n"
                        r"\tBUILD_HANDLER tr tr sti .*\n"),
             "\tBUILD_HANDLER bp bp keep silent\t\t\t/* #9  */\n"
             "\tBUILD_HANDLER ri ri keep silent\t\t\t/* #10 */\n"
             "\tBUILD_HANDLER cpu cpu keep silent\t\t/* #11 */\n"
             "\tBUILD_HANDLER ov ov keep silent\t\t\t/* #12 */\n"
             "\tBUILD_HANDLER tr tr keep silent\t\t\t/* #13 */\n",
             "an exception on the way to the crash image turns no interrupts on"),
        Edit("arch/mips/kernel/traps.c",
             "\tint sig = SIGSEGV;\n\n\toops_enter();\n",
             "\tint sig = SIGSEGV;\n\tunsigned long flags;\n\n\toops_enter();\n",
             "nor does it turn interrupts on"),
        Edit("arch/mips/kernel/traps.c",
             "\traw_spin_lock_irq(&die_lock);\n",
             "\traw_spin_lock_irqsave(&die_lock, flags);\n",
             "nor does it turn interrupts on"),
        Edit("arch/mips/kernel/traps.c",
             "\traw_spin_lock_irqsave(&die_lock, flags);\n",
             "\t/* By this CPU, on its way to the crash image, or one that was stopped. */\n"
             "\tif (raw_spin_is_locked(&die_lock) && panic_on_this_cpu())\n"
             "\t\tcrash_kexec(regs);\n"
             "\traw_spin_lock_irqsave(&die_lock, flags);\n",
             "an exception on the way to the crash image does not wait for itself"),
        Edit("arch/mips/kernel/traps.c",
             "\traw_spin_unlock_irq(&die_lock);\n",
             "\traw_spin_unlock_irqrestore(&die_lock, flags);\n",
             "nor does it turn interrupts on"),
        Edit("arch/s390/Kconfig",
             "\tselect ARCH_HAS_KCOV\n",
             "\tselect ARCH_HAS_KCOV\n"
             "\tselect ARCH_HAS_KEXEC_HANDOFF\n",
             "s390 has a handoff"),
        Edit("arch/s390/Kconfig",
             "\tselect ARCH_STACKWALK\n",
             "\tselect ARCH_RESERVES_CRASHKERNEL\n"
             "\tselect ARCH_STACKWALK\n",
             "the region has to lie where it can change places with memory from 0 on"),
        Edit("arch/s390/Kconfig",
             "config ARCH_SUPPORTS_KEXEC\n\tdef_bool y\n\n", "",
             "nobody asks for it"),
        Edit("arch/s390/boot/startup.c",
             "\tunsigned long hsa_size;\n",
             "\tunsigned long __maybe_unused hsa_size;\n",
             "it is used with CRASH_DUMP only"),
        Edit("arch/s390/Kbuild",
             "obj-$(CONFIG_ARCH_SUPPORTS_KEXEC_PURGATORY) += purgatory/\n", "",
             "there is no purgatory"),
        Edit("arch/s390/kernel/Makefile",
             "KASAN_SANITIZE_machine_kexec.o\t:= n\n", "",
             "it runs with translation on"),
        Edit("arch/s390/kernel/Makefile",
             " machine_kexec_reloc.o", "",
             "the base's file is gone"),
        Edit("arch/s390/kernel/Makefile",
             "obj-$(CONFIG_KEXEC_FILE)\t+= machine_kexec_file.o kexec_image.o\n"
             "obj-$(CONFIG_KEXEC_FILE)\t+= kexec_elf.o\n", "",
             "the base's files are gone"),
        Edit("arch/s390/include/asm/elf.h",
             "#define CORE_DUMP_USE_REGSET\n",
             "/* Access registers are not in struct pt_regs. */\n"
             "#define ELF_CORE_COPY_REGS(dest, regs)\t\t\t\t\\\n"
             "{\t\t\t\t\t\t\t\t\\\n"
             "\telf_gregset_t *__dest = &(dest);\t\t\t\\\n"
             "\tconst struct pt_regs *__src = (regs);\t\t\t\\\n"
             "\t\t\t\t\t\t\t\t\t\\\n"
             "\t*__dest = (elf_gregset_t){ .psw = __src->psw };\t\t\\\n"
             "\tmemcpy(__dest->gprs, __src->gprs, sizeof(__dest->gprs));\t\\\n"
             "\t__dest->orig_gpr2 = __src->orig_gpr2;\t\t\t\\\n"
             "}\n\n"
             "#define CORE_DUMP_USE_REGSET\n",
             "a note in a panic is made from struct pt_regs, which is another"),
        Edit("arch/s390/kernel/dumpstack.c",
             "#include <linux/hardirq.h>\n",
             "#include <linux/hardirq.h>\n"
             "#include <linux/kexec.h>\n",
             "an oops that has to end in a panic starts the crash image"),
        Edit("arch/s390/kernel/dumpstack.c",
             "\tspin_lock_irq(&die_lock);\n\tbust_spinlocks(1);\n",
             "\t/* By this CPU, on its way to the crash image, or one that was stopped. */\n"
             "\tif (spin_is_locked(&die_lock) && panic_on_this_cpu())\n"
             "\t\tcrash_kexec(regs);\n"
             "\tspin_lock_irq(&die_lock);\n\tbust_spinlocks(1);\n",
             "an exception on the way to the crash image does not wait for itself"),
        Edit("arch/s390/kernel/dumpstack.c",
             "\tshow_regs(regs);\n\tbust_spinlocks(0);\n",
             "\tshow_regs(regs);\n"
             "\tif (kexec_should_crash(current))\n"
             "\t\tcrash_kexec(regs);\n"
             "\tbust_spinlocks(0);\n",
             "an oops that has to end in a panic starts the crash image, with its registers"),
        Edit("arch/s390/kernel/asm-offsets.c",
             "#include <linux/purgatory.h>\n", "",
             "there is no purgatory"),
        Edit("arch/s390/kernel/asm-offsets.c",
             re.compile(r"\t/\* kexec_sha_region \*/\n(?:.*KEXEC_SHA_REGION.*\n)+"),
             "", "there is no purgatory"),
        Edit("arch/parisc/Kconfig",
             "\tselect ARCH_HAS_ELF_RANDOMIZE\n",
             "\tselect ARCH_HAS_ELF_RANDOMIZE\n"
             "\tselect ARCH_HAS_KEXEC_HANDOFF if !64BIT\n",
             "32-bit parisc has a handoff"),
        Edit("arch/parisc/Kconfig",
             "config ARCH_SUPPORTS_KEXEC\n\tdef_bool y\n\n"
             "config ARCH_SUPPORTS_KEXEC_FILE\n\tdef_bool y\n\n"
             "config ARCH_SELECTS_KEXEC_FILE\n\tdef_bool y\n"
             "\tdepends on KEXEC_FILE\n\tselect KEXEC_ELF\n",
             "config ARCH_SUPPORTS_CRASH_DUMP\n\tdef_bool y\n",
             "nobody asks for these, and a panic starts an image"),
        Edit("arch/parisc/include/asm/fixmap.h",
             "\tFIX_TEXT_KEXEC,\n", "",
             "no page is mapped for a handoff"),
        Edit("arch/parisc/kernel/Makefile",
             "obj-$(CONFIG_KEXEC_CORE)\t\t+= kexec.o relocate_kernel.o\n"
             "obj-$(CONFIG_KEXEC_FILE)\t\t+= kexec_file.o\n",
             "obj-$(CONFIG_KEXEC_CORE)\t\t+= machine_kexec.o relocate_kernel.o\n"
             "obj-$(CONFIG_CRASH_DUMP)\t\t+= crash.o\n",
             "its files have other names"),
        Edit("arch/parisc/kernel/process.c",
             "#include <linux/kallsyms.h>\n",
             "#include <linux/kallsyms.h>\n"
             "#include <linux/kexec.h>\n",
             "a handoff knows of a CPU that firmware does not take"),
        Edit("arch/parisc/kernel/process.c",
             "\tpr_warn(\"PDC does not provide rendezvous function.\\n\");\n",
             "#ifdef CONFIG_KEXEC_CORE\n"
             "\tkexec_cpu_stays();\n"
             "#endif\n"
             "\tpr_warn(\"PDC does not provide rendezvous function.\\n\");\n",
             "a handoff knows of a CPU that firmware does not take"),
        Edit("arch/parisc/kernel/traps.c",
             "#include <linux/kdebug.h>\n",
             "#include <linux/kdebug.h>\n"
             "#include <linux/kexec.h>\n",
             "an oops that has to end in a panic starts the crash image, with its registers"),
        Edit("arch/parisc/kernel/traps.c",
             "\t\tprintk(KERN_CRIT \"%s() recursion detected.\\n\", __func__);\n",
             "\t\t/* Perhaps on the way to the crash image, which goes on then. */\n"
             "\t\tif (kexec_should_crash(current))\n"
             "\t\t\tcrash_kexec(regs);\n"
             "\t\tprintk(KERN_CRIT \"%s() recursion detected.\\n\", __func__);\n",
             "a trap on the way to the crash image does not end it"),
        Edit("arch/parisc/kernel/traps.c",
             "\tdump_stack();\n\tadd_taint(TAINT_DIE, LOCKDEP_NOW_UNRELIABLE);\n\n",
             "\tdump_stack();\n\tadd_taint(TAINT_DIE, LOCKDEP_NOW_UNRELIABLE);\n\n"
             "\tif (kexec_should_crash(current))\n"
             "\t\tcrash_kexec(regs);\n\n",
             "an oops that has to end in a panic starts the crash image, with its registers"),
        Edit("arch/parisc/kernel/traps.c",
             "\tspin_lock(&terminate_lock);\n",
             "\t/* By this CPU, on its way to the crash image, or one that was stopped. */\n"
             "\tif (spin_is_locked(&terminate_lock) && panic_on_this_cpu())\n"
             "\t\tcrash_kexec(regs);\n"
             "\tspin_lock(&terminate_lock);\n",
             "a trap on the way to the crash image does not end it"),
        Edit("fs/proc/Kconfig",
             "\tbool \"/proc/vmcore support\"\n"
             "\tdepends on PROC_FS && CRASH_DUMP\n",
             "\tbool \"/proc/vmcore support\"\n"
             "\tdepends on PROC_FS && CRASH_DUMP && !PARISC\n",
             "no kernel of parisc runs in the region, to look at another one's memory"),
        Edit("arch/parisc/mm/init.c",
             "#include <linux/compat.h>\n",
             "#include <linux/compat.h>\n"
             "#include <linux/crash_reserve.h>\n",
             "the region is taken by what all architectures have for it"),
        Edit("arch/parisc/mm/init.c",
             "\tfixmap_init();\n\tflush_cache_all_local();",
             "\tfixmap_init();\n\tcrashkernel_reserve_asked();\n"
             "\tflush_cache_all_local();",
             "the region is taken when all memory is mapped"),
        Edit("arch/sh/Kconfig",
             "\tselect ARCH_HAS_GIGANTIC_PAGE\n",
             "\tselect ARCH_HAS_GIGANTIC_PAGE\n"
             "\tselect ARCH_HAS_KEXEC_HANDOFF if ARCH_HAS_SH4_HANDOFF\n"
             "\tselect ARCH_HAS_KEXEC_JUMP if ARCH_HAS_SH4_HANDOFF\n",
             "sh has a handoff, and images that return"),
        Edit("arch/sh/Kconfig",
             "config ARCH_SUPPORTS_KEXEC\n\tdef_bool MMU\n\n",
             "config ARCH_HAS_SH4_HANDOFF\n"
             "\tdef_bool CPU_SH4 && !CPU_SH4A && MMU && 29BIT && !SMP\n\n",
             "what it knows: the caches of SH-4, P1 and P2, one CPU"),
        Edit("arch/sh/Kconfig",
             "config ARCH_SUPPORTS_KEXEC_JUMP\n\tdef_bool y\n\n", "",
             "nobody asks for it"),
        Edit("arch/sh/kernel/Makefile",
             "obj-$(CONFIG_CRASH_DUMP)\t+= crash_dump.o\n",
             "obj-$(CONFIG_CRASH_DUMP)\t+= crash_dump.o crash.o\n",
             "what a panic does is built where it is needed"),
        Edit("arch/sh/kernel/reboot.c",
             "#ifdef CONFIG_KEXEC_CORE\n\t.crash_shutdown",
             "#ifdef CONFIG_CRASH_DUMP\n\t.crash_shutdown",
             "what a panic does is built where it is needed"),
        Edit("arch/sh/kernel/reboot.c",
             "#ifdef CONFIG_KEXEC_CORE\nvoid machine_crash_shutdown",
             "#ifdef CONFIG_CRASH_DUMP\nvoid machine_crash_shutdown",
             "what a panic does is built where it is needed"),
        Edit("arch/sh/include/asm/reboot.h",
             "/* arch/sh/kernel/machine_kexec.c */\n",
             "/* arch/sh/kernel/crash.c */\n",
             "it is elsewhere"),
        Edit("arch/sh/kernel/setup.c",
             "\tif (request_resource(&iomem_resource, res)) {\n",
             "\tif (insert_resource(&iomem_resource, res)) {\n",
             "the region is there before what it is in"),
        Edit("arch/sh/kernel/setup.c",
             "\t * We don't know which RAM region contains kernel data or\n"
             "\t * the reserved crashkernel region, so try it repeatedly\n"
             "\t * and let the resource manager test it.\n",
             "\t * We don't know which RAM region contains kernel data,\n"
             "\t * so try it repeatedly\n"
             "\t * and let the resource manager test it.\n",
             "the region is taken by what all architectures have for it"),
        Edit("arch/sh/kernel/setup.c",
             "#ifdef CONFIG_CRASH_RESERVE\n"
             "\trequest_resource(res, &crashk_res);\n"
             "#endif\n", "",
             "the region is taken by what all architectures have for it"),
        Edit("arch/sh/kernel/traps.c",
             "\tstatic int die_counter;\n",
             "\tstatic int die_counter;\n\tunsigned long flags;\n",
             "nor does it turn interrupts on"),
        Edit("arch/sh/kernel/traps.c",
             "\tspin_lock_irq(&die_lock);\n",
             "\t/* By this CPU, on its way to the crash image, or one that was stopped. */\n"
             "\tif (spin_is_locked(&die_lock) && panic_on_this_cpu())\n"
             "\t\tcrash_kexec(regs);\n"
             "\tspin_lock_irqsave(&die_lock, flags);\n",
             "an exception on the way to the crash image does not wait for itself"),
        Edit("arch/sh/kernel/traps.c",
             "\tspin_unlock_irq(&die_lock);\n",
             "\tspin_unlock_irqrestore(&die_lock, flags);\n",
             "nor does it turn interrupts on"),
        Edit("arch/sh/mm/init.c",
             "\tcheck_for_initrd();\n\treserve_crashkernel();\n",
             "\tcheck_for_initrd();\n",
             "the region is taken by what all architectures have for it"),
        Edit("arch/sh/mm/init.c",
             "\tmemblock_allow_resize();\n",
             "\tmemblock_allow_resize();\n"
             "\tcrashkernel_reserve_asked();\n",
             "the region is in memory that the kernel is to use"),
        Edit("arch/sh/mm/init.c",
             "#include <linux/init.h>\n",
             "#include <linux/crash_reserve.h>\n"
             "#include <linux/init.h>\n",
             "the region is taken by what all architectures have for it"),
        Edit("arch/sh/mm/init.c",
             "#include <asm/kexec.h>\n", "",
             "nothing here uses it any more"),

        Edit("arch/loongarch/Kconfig",
             "\tselect ARCH_HAS_KCOV\n",
             "\tselect ARCH_HAS_KCOV\n"
             "\tselect ARCH_HAS_KEXEC_HANDOFF if 64BIT\n"
             "\tselect ARCH_HAS_KEXEC_JUMP if 64BIT\n",
             "64-bit LoongArch has a handoff, and images that return"),
        Edit("arch/loongarch/Kconfig",
             "config ARCH_SUPPORTS_KEXEC\n\tdef_bool y\n\n",
             "config ARCH_SELECTS_KEXEC\n\tdef_bool y\n\tdepends on KEXEC\n"
             "\tselect EFI\n"
             "\tselect HOTPLUG_CPU if SMP\n\n",
             "other CPUs are taken offline, to a place that firmware's map has for them"),
        Edit("arch/loongarch/Kconfig",
             "config ARCH_HAS_GENERIC_CRASHKERNEL_RESERVATION\n"
             "\tdef_bool CRASH_RESERVE\n\n", "",
             "nobody asks for it"),
        Edit("arch/loongarch/kernel/Makefile",
             "obj-$(CONFIG_CRASH_DUMP)\t+= crash_dump.o\n",
             "obj-$(CONFIG_CRASH_DUMP)\t+= crash_dump.o crash.o\n",
             "what a panic does is built where it is needed"),
        Edit("arch/loongarch/kernel/setup.c",
             "\t\trequest_resource(&iomem_resource, res);\n",
             "\t\tinsert_resource(&iomem_resource, res);\n",
             "the region is there before what it is in"),
        Edit("arch/loongarch/kernel/setup.c",
             "\tarch_reserve_crashkernel();\n\n#ifdef CONFIG_ACPI\n",
             "\n#ifdef CONFIG_ACPI\n",
             "what the device tree reserves comes first"),
        Edit("arch/loongarch/kernel/setup.c",
             "\tinit_numa_memory();\n#endif\n",
             "\tinit_numa_memory();\n#endif\n"
             "\tarch_reserve_crashkernel();\n\n",
             "what the device tree reserves comes first, and what is of which node"),
        Edit("arch/loongarch/kernel/smp.c",
             "\tstruct device_node *node = NULL;\n\n"
             "\tfor_each_of_cpu_node(node) {\n",
             "\tstruct device_node *node = NULL;\n\n"
             "\t/* After a panic the kernel may start on any CPU. */\n"
             "\tloongson_sysconf.boot_cpu_id = read_csr_cpuid();\n\n"
             "\tfor_each_of_cpu_node(node) {\n",
             "a kernel that captures a dump starts on the CPU that has panicked"),
        Edit("arch/loongarch/kernel/smp.c",
             "\t\tif (cpuid >= nr_cpu_ids)\n"
             "\t\t\tcontinue;\n",
             "\t\tif (cpuid >= nr_cpu_ids &&\n"
             "\t\t    (cpuid != loongson_sysconf.boot_cpu_id ||\n"
             "\t\t     cpuid >= ARRAY_SIZE(__cpu_number_map)))\n"
             "\t\t\tcontinue;\n",
             "that may have a number beyond nr_cpus="),
        Edit("arch/loongarch/kernel/smp.c",
             "\t\t\tcpu = find_first_zero_bit(cpumask_bits(cpu_present_mask), NR_CPUS);\n\n"
             "\t\tnum_processors++;\n"
             "\t\tset_cpu_possible(cpu, true);\n",
             "\t\t\tcpu = find_first_zero_bit(cpumask_bits(cpu_present_mask), NR_CPUS);\n"
             "\t\tif (cpu >= nr_cpu_ids)\n"
             "\t\t\tcontinue;\n\n"
             "\t\tnum_processors++;\n"
             "\t\tset_cpu_possible(cpu, true);\n",
             "and then another one has no number left"),
        Edit("arch/loongarch/kernel/paravirt.c",
             "#include <linux/reboot.h>\n",
             "#include <linux/reboot.h>\n"
             "#include <linux/syscore_ops.h>\n",
             "an image that returns has this memory"),
        Edit("arch/loongarch/kernel/paravirt.c",
             "int __init pv_time_init(void)\n", """\
/* The memory may be somebody else's until it resumes; other CPUs are offline. */
static int pv_time_suspend(void *data)
{
	pv_disable_steal_time();
	return 0;
}

static void pv_time_resume(void *data)
{
	pv_enable_steal_time();
}

static const struct syscore_ops pv_time_syscore_ops = {
	.suspend = pv_time_suspend,
	.resume = pv_time_resume,
};

static struct syscore pv_time_syscore = {
	.ops = &pv_time_syscore_ops,
};

int __init pv_time_init(void)
""",
             "an image that returns has this memory"),
        Edit("arch/loongarch/kernel/paravirt.c",
             "\tregister_reboot_notifier(&pv_reboot_nb);\n",
             "\tregister_reboot_notifier(&pv_reboot_nb);\n"
             "\tregister_syscore(&pv_time_syscore);\n",
             "an image that returns has this memory"),
        Edit("arch/riscv/kernel/paravirt.c",
             "#include <linux/static_call.h>\n",
             "#include <linux/smp.h>\n"
             "#include <linux/static_call.h>\n"
             "#include <linux/syscore_ops.h>\n",
             "the next kernel, and an image that returns, has this memory"),
        Edit("arch/riscv/kernel/paravirt.c",
             "int __init pv_time_init(void)\n", """\
/*
 * For the only CPU that goes on: the others are offline, or go there.  The memory is the
 * next kernel's then, or somebody else's until it resumes.
 */
static int pv_time_suspend(void *data)
{
	/* It is said if that fails. */
	pv_time_cpu_down_prepare(smp_processor_id());
	return 0;
}

static void pv_time_resume(void *data)
{
	pv_time_cpu_online(smp_processor_id());
}

static void pv_time_shutdown(void *data)
{
	pv_time_suspend(data);
}

static const struct syscore_ops pv_time_syscore_ops = {
	.suspend = pv_time_suspend,
	.resume = pv_time_resume,
	.shutdown = pv_time_shutdown,
};

static struct syscore pv_time_syscore = {
	.ops = &pv_time_syscore_ops,
};

int __init pv_time_init(void)
""",
             "the next kernel, and an image that returns, has this memory"),
        Edit("arch/riscv/kernel/paravirt.c",
             "\tif (ret < 0)\n\t\treturn ret;\n",
             "\tif (ret < 0)\n\t\treturn ret;\n\n"
             "\tregister_syscore(&pv_time_syscore);\n",
             "the next kernel, and an image that returns, has this memory"),
        Edit("arch/x86/kernel/cpu/vmware.c",
             "#include <linux/static_call.h>\n",
             "#include <linux/static_call.h>\n"
             "#include <linux/syscore_ops.h>\n",
             "an image that returns has this memory"),
        Edit("arch/x86/kernel/cpu/vmware.c",
             re.compile(r"#ifdef CONFIG_SMP\n(?=static void __init vmware_smp_prepare)"),
             """\
/* The memory may be somebody else's until it resumes; other CPUs are offline. */
static int vmware_suspend(void *data)
{
	vmware_disable_steal_time();
	return 0;
}

static void vmware_resume(void *data)
{
	vmware_register_steal_time();
}

static const struct syscore_ops vmware_syscore_ops = {
	.suspend = vmware_suspend,
	.resume = vmware_resume,
};

static struct syscore vmware_syscore = {
	.ops = &vmware_syscore_ops,
};

#ifdef CONFIG_SMP
""",
             "an image that returns has this memory"),
        Edit("arch/x86/kernel/cpu/vmware.c",
             "\t\tregister_reboot_notifier(&vmware_pv_reboot_nb);\n",
             "\t\tregister_reboot_notifier(&vmware_pv_reboot_nb);\n"
             "\t\tregister_syscore(&vmware_syscore);\n",
             "an image that returns has this memory"),
        Edit("drivers/thermal/intel/intel_hfi.c",
             "#include <linux/kernel.h>\n",
             "#include <linux/kernel.h>\n"
             "#include <linux/kexec.h>\n",
             "the next kernel has the memory of its tables"),
        Edit("drivers/thermal/intel/intel_hfi.c",
             "static const struct syscore_ops hfi_pm_ops = {\n", """\
/* The tables are the next kernel's memory then.  CPUs neither come nor go any more. */
static void hfi_syscore_shutdown(void *data)
{
	struct hfi_instance *hfi_instance;
	int i;

	if (!kexec_in_progress)
		return;

	guard(mutex)(&hfi_instance_lock);

	for (i = 0; hfi_clients_nr > 0 && i < max_hfi_instances; i++) {
		hfi_instance = &hfi_instances[i];
		if (!cpumask_empty(hfi_instance->cpus))
			smp_call_function_single(cpumask_any(hfi_instance->cpus),
						 hfi_disable_instance, NULL, true);
	}

	/* A client that comes now finds none to enable. */
	max_hfi_instances = 0;
}

static const struct syscore_ops hfi_pm_ops = {
""",
             "the next kernel has the memory of its tables"),
        Edit("drivers/thermal/intel/intel_hfi.c",
             "\t.suspend = hfi_syscore_suspend,\n",
             "\t.suspend = hfi_syscore_suspend,\n"
             "\t.shutdown = hfi_syscore_shutdown,\n",
             "the next kernel has the memory of its tables"),
        Edit("arch/loongarch/kernel/traps.c",
             "\tstatic int die_counter;\n",
             "\tstatic int die_counter;\n\tunsigned long flags;\n",
             "nor does it turn interrupts on"),
        Edit("arch/loongarch/kernel/traps.c",
             "\traw_spin_lock_irq(&die_lock);\n",
             "\t/* By this CPU, on its way to the crash image, or one that was stopped. */\n"
             "\tif (raw_spin_is_locked(&die_lock) && panic_on_this_cpu())\n"
             "\t\tcrash_kexec(regs);\n"
             "\traw_spin_lock_irqsave(&die_lock, flags);\n",
             "an exception on the way to the crash image does not wait for itself"),
        Edit("arch/loongarch/kernel/traps.c",
             "\traw_spin_unlock_irq(&die_lock);\n",
             "\traw_spin_unlock_irqrestore(&die_lock, flags);\n",
             "nor does it turn interrupts on"),

        Edit("kernel/vmcore_info.c",
             '#include "kexec_internal.h"\n', "",
             "the header is gone; what it is needed for stands in "
             "linux/kexec.h"),

        Edit("tools/testing/selftests/Makefile",
             "TARGETS += kexec\n", "",
             "the base's tests are gone"),
        Edit("tools/testing/selftests/Makefile",
             "TARGETS += kcmp\n",
             "TARGETS += kcmp\n"
             "TARGETS += kexec\n",
             "the new tests can be built"),

        Edit("MAINTAINERS",
             re.compile(r"^KEXEC\n(?:\S.*\n)+", re.MULTILINE), maintainers,
             "the subsystem's entry"),
        Edit("MAINTAINERS",
             "F:\tinclude/linux/crash_core.h\nF:\tinclude/linux/crash_dump.h\n",
             "F:\tinclude/linux/crash_dump.h\nF:\tinclude/linux/crash_reserve.h\n",
             "kdump's header is another one"),
        Edit("MAINTAINERS",
             "F:\tkernel/crash_*.c\n", "F:\tkernel/kexec/crash*.c\n",
             "kdump's files are elsewhere"),
        Edit("Documentation/admin-guide/index.rst",
             "\n   kdump/index\n", "\n   kdump/index\n   kexec/index\n",
             "the admin guide has a page more"),
        Edit("Documentation/admin-guide/kdump/kdump.rst",
             "1) Enable \"kexec system call\" or \"kexec file based system call\" in\n"
             "   \"Processor type and features.\"::\n\n"
             "\tCONFIG_KEXEC=y or CONFIG_KEXEC_FILE=y\n\n"
             "   And both of them will select KEXEC_CORE::\n\n"
             "\tCONFIG_KEXEC_CORE=y\n",
             "1) Enable the system call kexec_load() in the menu \"Kexec\", see\n"
             "   Documentation/admin-guide/kexec/index.rst::\n\n"
             "\tCONFIG_KEXEC=y\n",
             "there is one system call"),
        Edit("Documentation/admin-guide/kdump/kdump.rst",
             "   On ppc64, use \"crashkernel=128M@32M\".\n",
             "   On ppc64, use \"crashkernel=Y\": with an address there is a region there, if it\n"
             "   is free, or none.\n",
             "an address is no hint"),
        Edit("Documentation/core-api/index.rst",
             "\n   cpu_hotplug\n", "\n   cpu_hotplug\n   kexec/index\n",
             "so has the manual of the kernel's interfaces"),
        Edit("Documentation/admin-guide/kernel-parameters.txt",
             "\tcrashkernel=size[KMG],high\n", """\
	crashkernel=auto
			[KNL,EARLY] A size for the memory of the machine, by a
			table; nothing below 512M. The log says which. Several
			crashkernel= options, malformed ones, the table, and
			what the log says of each:
			see Documentation/admin-guide/kexec/crashkernel.rst.

	crashkernel=size[KMG],high
""",
             "crashkernel= can choose a size"),
        Edit("Documentation/admin-guide/kernel-parameters.txt",
             "\tkgdbdbgp=", """\
	kexec_crash_verify=
			[KNL] Whether a panic checks that the crash image is
			still what was loaded, and otherwise goes on as if none
			were. It costs the time of reading the image once.
			Needs CONFIG_CRASH_DUMP.
			Format: <bool>
			Default: 1
			See Documentation/admin-guide/kexec/crash.rst.

	kgdbdbgp=""",
             "a parameter of ours"),
        Edit("Documentation/admin-guide/kernel-parameters.txt",
             "\tkexec_crash_verify=\n", """\
	kexec.handoff_debug=
			[KNL,X86,ARM64,RISCV] A console on which the handoff to an image by
			kexec reports exceptions, which nobody else can take
			then, and how far it comes.
			Needs CONFIG_KEXEC_DEBUG_HANDOFF.
			Format: <console>[,reset][,marks], the console one of
			uart,io,<port> uart,mmio,<address>
			uart,mmio32,<address> pl011,<address> sbi
			Default: none
			See Documentation/admin-guide/kexec/handoff-debug.rst.

	kexec_crash_verify=
""",
             "where a handoff reports exceptions"),
        Edit("Documentation/admin-guide/sysctl/kernel.rst",
             "\nkptr_restrict\n=============\n", """
kexec_verify
============

Whether the content of a kexec image is checked again before ``reboot``
hands the machine over to it. The digest is taken when the image is loaded,
so the value counts for the images loaded from then on. Who writes to it
needs ``CAP_SYS_BOOT``. Images for a panic go by ``kexec_crash_verify=``.

= ======================================================================
0 No digest is taken.
1 A digest is taken and checked; if the image changed in memory, ``reboot``
  fails with ``EIO`` and the system goes on. This is the default.
= ======================================================================

kptr_restrict
=============
""",
             "the sysctl is documented where the others are"),
    ]
