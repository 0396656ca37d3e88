# SPDX-License-Identifier: GPL-2.0-only
"""What kexec-qemu is made of."""
