/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What programs that run one of many cases do with their command line.
 */
#ifndef CASES_H
#define CASES_H

#include <stdbool.h>
#include <stddef.h>

/**
 * struct case_id - what a case is called; first member of a case's structure
 * @name: on the command line
 * @what: in the list
 */
struct case_id {
	const char *name;
	const char *what;
};

/**
 * struct case_table - all cases of a program
 * @cases: an array of structures that begin with struct case_id
 * @nr: how many
 * @size: bytes of one
 */
struct case_table {
	const void *cases;
	size_t nr;
	size_t size;
};

const void *choose_case(int argc, char **argv, struct case_table table,
			bool *no_claim);

#endif /* CASES_H */
