/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A file whose content does not come, as the server of its file system does not
 * answer, until it is told to, if ever.
 */
#ifndef HUNG_FILE_H
#define HUNG_FILE_H

#include <sys/types.h>

#include "kexec_util.h"

/* So that some page blocks of the usual size have nothing else. */
#define HUNG_FILE_SIZE	(16 * MIB)

/**
 * struct hung_file - the file, and who waits for it
 * @path: where it is
 * @server: answers all but what asks for content; if it is killed, whoever waits
 *	gets an error
 * @reader: waits for that; it can be killed, what it has asked for stays; 0 if it was
 */
struct hung_file {
	char path[64];
	pid_t server;
	pid_t reader;
};

struct hung_file make_hung_file(void);
void kill_reader(struct hung_file *file);
void answer_hung_file(struct hung_file *file);
void end_hung_file(struct hung_file *file);

#endif /* HUNG_FILE_H */
