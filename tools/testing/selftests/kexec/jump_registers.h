/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Registers that a system call has to leave alone, in jump_registers_<arch>.S.
 */
#ifndef JUMP_REGISTERS_H
#define JUMP_REGISTERS_H

#include <stdbool.h>

/*
 * Fills the callee-saved, the FPU's and the vector registers with values that
 * depend on the seed; calls reboot(2) with @command or, if that is -1, goes round
 * a loop for a while; and returns whether each has the same value, and the system
 * call returned 0.
 */
bool registers_survive(long seed, long command);

#endif /* JUMP_REGISTERS_H */
