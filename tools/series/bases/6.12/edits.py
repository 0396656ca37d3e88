# SPDX-License-Identifier: GPL-2.0-only
"""What is changed in Linux 6.12 besides what edits.py has."""

import re

from edits import Edit

EDITS = [
    Edit("kernel/ksysfs.c",
         re.compile(r"^#ifdef CONFIG_KEXEC_CORE\nstatic (?:.*\n)+?"
                    r"#endif /\* CONFIG_KEXEC_CORE \*/\n\n", re.MULTILINE), "",
         "the old names of kexec's files are links, as the files are elsewhere"),
    Edit("kernel/ksysfs.c",
         re.compile(r"^#ifdef CONFIG_KEXEC_CORE\n\t&kexec_loaded_attr(?:.*\n)+?"
                    r"#endif\n#endif\n", re.MULTILINE), "",
         "nor is there anything to list"),
    Edit("kernel/ksysfs.c",
         re.compile(r"#ifdef CONFIG_CRASH_HOTPLUG\nstatic (?:.*\n)+?#endif\n\n"), "",
         "what an image has of CPUs and memory is not updated"),
    Edit("kernel/ksysfs.c",
         "#ifdef CONFIG_CRASH_HOTPLUG\n\t&crash_elfcorehdr_size_attr.attr,\n#endif\n", "",
         "what an image has of CPUs and memory is not updated"),

    # Linux 7.3 has a text of its own.
    Edit("Documentation/admin-guide/kernel-parameters.txt",
         "\tcryptomgr.notests\n", """\
	crashkernel=size[KMG],cma
			[KNL,EARLY] Beside another crashkernel=: memory that
			programs use until a panic, and the capture kernel from
			then on. What they had there is in no dump. Needs
			CONFIG_CMA; see
			Documentation/admin-guide/kexec/crashkernel.rst.

	cryptomgr.notests
""",
         "crashkernel= can be memory that programs use"),
]
