// SPDX-License-Identifier: GPL-2.0-only
/*
 * What programs that run one of many cases do with their command line, see
 * cases.h.
 */
#include <errno.h>
#include <getopt.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../kselftest.h"
#include "cases.h"
#include "kexec_util.h"

static const struct case_id *nth_case(struct case_table table, size_t nr)
{
	return (const void *)((const char *)table.cases + nr * table.size);
}

static void list_cases(struct case_table table)
{
	size_t i;

	for (i = 0; i < table.nr; i++)
		printf("%-18s %s\n", nth_case(table, i)->name,
		       nth_case(table, i)->what);
}

static const void *find_case(struct case_table table, const char *name)
{
	size_t i;

	for (i = 0; i < table.nr; i++) {
		if (!strcmp(nth_case(table, i)->name, name))
			return nth_case(table, i);
	}
	die("no case %s, see --list", name);
}

static void move_to_cpu(int cpu)
{
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(cpu, &cpus);
	if (sched_setaffinity(0, sizeof(cpus), &cpus))
		die("no CPU %d: %s", cpu, strerror(errno));
}

static void print_usage_and_exit(bool with_no_claim)
{
	const char *name = program_invocation_short_name;

	fprintf(stderr, "usage: %s --list\n       %s [--cpu=N] %sCASE\n", name,
		name, with_no_claim ? "[--no-claim] " : "");
	exit(2);
}

/*
 * Returns the case that is to be run, on the CPU that we are on.  Ends the
 * program if there is none to be run.  @no_claim: set if that option is given;
 * NULL if there is no such option.
 */
const void *choose_case(int argc, char **argv, struct case_table table,
			bool *no_claim)
{
	static const struct option options[] = {
		{ "list",	no_argument,		NULL, 'l' },
		{ "cpu",	required_argument,	NULL, 'c' },
		{ "no-claim",	no_argument,		NULL, 'n' },
		{ },
	};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'l') {
			list_cases(table);
			exit(0);
		} else if (option == 'c') {
			move_to_cpu(atoi(optarg));
		} else if (option == 'n' && no_claim) {
			*no_claim = true;
		} else {
			print_usage_and_exit(no_claim);
		}
	}
	if (optind != argc - 1)
		print_usage_and_exit(no_claim);
	return find_case(table, argv[optind]);
}
