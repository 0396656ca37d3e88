// SPDX-License-Identifier: GPL-2.0-only
/*
 * A file system of one file, by FUSE: <linux/fuse.h> has the protocol.  See
 * hung_file.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/fuse.h>

#include "../kselftest.h"
#include "hung_file.h"
#include "kexec_util.h"

/* Of which so much is asked for in one request, at most. */
#define READ_AHEAD	(128 * KIB)

static void send_reply(int fuse, const struct fuse_in_header *in, int error,
		       const void *body, size_t len)
{
	struct fuse_out_header out = {
		.len = sizeof(out) + len,
		.error = -error,
		.unique = in->unique,
	};
	struct iovec parts[] = {
		{ &out, sizeof(out) }, { (void *)body, len },
	};

	/* Who asked may have been killed meanwhile. */
	if (writev(fuse, parts, 2) < 0 && errno != ENOENT)
		die("no reply to request %u: %s", in->opcode, strerror(errno));
}

static void reply_init(int fuse, const struct fuse_in_header *in)
{
	const struct fuse_init_in *init = (const void *)(in + 1);
	struct fuse_init_out out = {
		.major = FUSE_KERNEL_VERSION,
		.minor = FUSE_KERNEL_MINOR_VERSION,
		.max_readahead = READ_AHEAD,
		/* Whoever reads ahead does not wait for it. */
		.flags = init->flags & FUSE_ASYNC_READ,
		.max_background = 2 * HUNG_FILE_SIZE / READ_AHEAD,
		.congestion_threshold = 2 * HUNG_FILE_SIZE / READ_AHEAD,
		.max_write = 4 * KIB,
		.time_gran = 1,
	};

	send_reply(fuse, in, 0, &out, sizeof(out));
}

static void interrupt_poll(int signal) { }

/* Of what was asked for: who asked, and for how much. */
static struct {
	__u64 unique;
	__u32 size;
} unanswered[HUNG_FILE_SIZE / READ_AHEAD + 64];
static unsigned int nr_unanswered;

static void keep_read(const struct fuse_in_header *in)
{
	const struct fuse_read_in *read = (const void *)(in + 1);

	/* What does not fit is never answered. */
	if (nr_unanswered == ARRAY_SIZE(unanswered))
		return;
	unanswered[nr_unanswered].unique = in->unique;
	unanswered[nr_unanswered++].size = read->size;
}

static void answer_reads(int fuse)
{
	static const char zeroes[READ_AHEAD];

	while (nr_unanswered) {
		const struct fuse_in_header in = {
			.opcode = FUSE_READ,
			.unique = unanswered[--nr_unanswered].unique,
		};

		send_reply(fuse, &in, 0, zeroes, unanswered[nr_unanswered].size);
	}
}

static void answer(int fuse, const struct fuse_in_header *in)
{
	struct fuse_attr_out attr = {
		.attr_valid = 1000,
		.attr = {
			.ino = FUSE_ROOT_ID, .size = HUNG_FILE_SIZE,
			.mode = S_IFREG | 0444, .nlink = 1, .blksize = 4096,
		},
	};
	/* Else who opens it once more waits for the pages that are read ahead. */
	struct fuse_open_out open = { .open_flags = FOPEN_KEEP_CACHE };

	switch (in->opcode) {
	case FUSE_INIT:
		return reply_init(fuse, in);
	case FUSE_GETATTR:
		return send_reply(fuse, in, 0, &attr, sizeof(attr));
	case FUSE_OPEN:
		return send_reply(fuse, in, 0, &open, sizeof(open));
	case FUSE_FLUSH:
	case FUSE_RELEASE:
		return send_reply(fuse, in, 0, NULL, 0);
	case FUSE_READ:
		return keep_read(in);
	case FUSE_INTERRUPT:
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
		return;
	default:
		send_reply(fuse, in, EOPNOTSUPP, NULL, 0);
	}
}

/* The root of the file system is a file itself, mounted on one. */
static int mount_file(const char *path)
{
	int fuse = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	char options[128];

	if (fuse < 0)
		die("no /dev/fuse (CONFIG_FUSE_FS): %s", strerror(errno));
	snprintf(options, sizeof(options),
		 "fd=%d,rootmode=%o,user_id=0,group_id=0", fuse, S_IFREG);
	if (mount("hung", path, "fuse", MS_NOSUID | MS_NODEV, options))
		die("%s can't be mounted: %s", path, strerror(errno));
	return fuse;
}

static void say_ready(int ready)
{
	if (write(ready, "", 1) != 1)
		die("can't say that it is ready: %s", strerror(errno));
	close(ready);
}

static void serve(const char *path, int ready)
{
	const struct sigaction action = { .sa_handler = interrupt_poll };
	static char request[64 * KIB];
	struct pollfd poll = { .fd = mount_file(path), .events = POLLIN };
	int fuse = poll.fd;
	bool answers = false;
	sigset_t told, none;

	/* It comes while the next request is waited for, and not before that. */
	sigemptyset(&none);
	sigemptyset(&told);
	sigaddset(&told, SIGUSR1);
	sigprocmask(SIG_BLOCK, &told, NULL);
	sigaction(SIGUSR1, &action, NULL);
	say_ready(ready);
	for (;;) {
		if (answers)
			answer_reads(fuse);
		if (ppoll(&poll, 1, NULL, &none) < 0) {
			answers = true;
			continue;
		}
		if (read(fuse, request, sizeof(request)) > 0)
			answer(fuse, (const void *)request);
		else if (errno != EINTR && errno != ENOENT)
			_exit(0);
	}
}

static void read_file_of_nothing(const char *path, int ready)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat stat;
	off_t at;
	char byte;
	int err;

	/* Nothing is read ahead of a file whose size is not known. */
	if (fd < 0 || fstat(fd, &stat) || stat.st_size != (off_t)HUNG_FILE_SIZE)
		die("no %s: %s", path, strerror(errno));
	for (at = 0; at < (off_t)HUNG_FILE_SIZE; at += READ_AHEAD) {
		err = posix_fadvise(fd, at, READ_AHEAD, POSIX_FADV_WILLNEED);
		if (err)
			die("%s is not read ahead: %s", path, strerror(err));
	}
	say_ready(ready);
	_exit(read(fd, &byte, 1) == 1 ? 1 : 0);
}

/* Until the child says that it is; one that has ended says nothing. */
static pid_t start(void (*function)(const char *path, int ready), const char *path)
{
	int ready[2];
	pid_t child;
	char byte;

	if (pipe2(ready, O_CLOEXEC))
		die("no pipe: %s", strerror(errno));
	child = fork_child();
	if (!child) {
		close(ready[0]);
		function(path, ready[1]);
	}
	close(ready[1]);
	if (read(ready[0], &byte, 1) != 1)
		die("a process of %s has ended before it was ready", path);
	close(ready[0]);
	return child;
}

/* When it returns, each page of it is locked. */
struct hung_file make_hung_file(void)
{
	struct hung_file file;
	int fd;

	snprintf(file.path, sizeof(file.path), "/tmp/hung-%d", getpid());
	fd = open(file.path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		die("no %s: %s", file.path, strerror(errno));
	close(fd);

	file.server = start(serve, file.path);
	file.reader = start(read_file_of_nothing, file.path);
	return file;
}

void kill_reader(struct hung_file *file)
{
	kill(file->reader, SIGKILL);
	if (waitpid(file->reader, NULL, 0) != file->reader)
		die("the reader of %s is not dead: %s", file->path, strerror(errno));
	file->reader = 0;
}

/* From now on it has zeroes. */
void answer_hung_file(struct hung_file *file)
{
	kill(file->server, SIGUSR1);
}

void end_hung_file(struct hung_file *file)
{
	int status;

	kill(file->server, SIGKILL);
	waitpid(file->server, &status, 0);
	if (file->reader &&
	    (waitpid(file->reader, &status, 0) != file->reader ||
	     !WIFEXITED(status) || WEXITSTATUS(status)))
		die("the file had content");
	if (umount2(file->path, MNT_DETACH))
		die("%s can't be unmounted: %s", file->path, strerror(errno));
	unlink(file->path);
}
