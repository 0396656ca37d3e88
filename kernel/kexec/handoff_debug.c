// SPDX-License-Identifier: GPL-2.0-only
/*
 * What becomes of a handoff that goes wrong: the trampoline tells.
 *
 * Nobody can take an exception between the kernel that ends and the image, until
 * that one has vectors of its own: the machine restarts, or stands still with a
 * black screen.  With kexec.handoff_debug= the architecture adds vectors to its
 * trampoline, which print what happened, on a console that is simple enough for
 * them.  What they print, on every architecture, is in
 * Documentation/admin-guide/kexec/handoff-debug.rst.
 */
#define pr_fmt(fmt) "kexec: " fmt

#include <linux/bits.h>
#include <linux/ctype.h>
#include <linux/ioport.h>
#include <linux/kstrtox.h>
#include <linux/limits.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/string.h>

#include "internal.h"

#undef MODULE_PARAM_PREFIX
#define MODULE_PARAM_PREFIX "kexec."

/* A PC has so many I/O ports, of which the UART takes these. */
#define PORTS		0x10000
#define UART_PORTS	8

/* The longest that makes sense, with a 0. */
#define SPEC_MAX	64

static const struct {
	const char *words;
	u32 kind;
	u32 registers;		/* bytes of memory that they take */
} kinds[] = {
	{ "uart,io,",		KEXEC_CONSOLE_UART_IO },
	{ "uart,mmio,",		KEXEC_CONSOLE_UART_MMIO, 8 },
	{ "uart,mmio32,",	KEXEC_CONSOLE_UART_MMIO32, 8 * 4 },
	{ "pl011,",		KEXEC_CONSOLE_PL011, 0x1c },	/* up to UARTFR */
	{ "sbi",		KEXEC_CONSOLE_SBI },
};

static const struct {
	const char *word;
	u32 flag;
} options[] = {
	{ "reset",	KEXEC_CONSOLE_RESET },
	{ "marks",	KEXEC_CONSOLE_MARKS },
	{ "fault",	KEXEC_CONSOLE_FAULT },
};

/* What was asked for; changes under kexec_mutex only, as images are built under it. */
static struct kexec_handoff_console console;
/* The same, in the words of who asked. */
static char spec[SPEC_MAX];

static bool has_address(u32 kind)
{
	return kind != KEXEC_CONSOLE_SBI;
}

/* The first that is said of a console: what it is. */
static int parse_kind(char **rest, struct kexec_handoff_console *con)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		size_t len = str_has_prefix(*rest, kinds[i].words);

		if (!len)
			continue;
		*rest += len;
		con->kind = kinds[i].kind;
		/* Without an address nothing follows, or an option. */
		if (has_address(con->kind) || !**rest || **rest == ',')
			return 0;
		break;
	}
	pr_err("handoff_debug: no such console: it is one of uart,io,PORT uart,mmio,ADDRESS uart,mmio32,ADDRESS pl011,ADDRESS sbi\n");
	return -EINVAL;
}

static int parse_address(char **rest, struct kexec_handoff_console *con)
{
	char *word = strsep(rest, ",");
	u64 last;

	if (kstrtou64(word, 0, &con->address)) {
		pr_err("handoff_debug: \"%s\" is no address\n", word);
		return -EINVAL;
	}

	if (con->kind == KEXEC_CONSOLE_UART_IO)
		last = PORTS - UART_PORTS;
	else
		last = ULONG_MAX & PAGE_MASK;
	if (con->address > last) {
		pr_err("handoff_debug: the console can't be at %#llx, %#llx is the last\n",
		       con->address, last);
		return -EINVAL;
	}
	if (con->kind != KEXEC_CONSOLE_UART_IO &&
	    con->kind != KEXEC_CONSOLE_UART_MMIO && !IS_ALIGNED(con->address, 4)) {
		pr_err("handoff_debug: registers of 4 bytes can't be at %#llx\n",
		       con->address);
		return -EINVAL;
	}
	return 0;
}

static int parse_option(const char *word, struct kexec_handoff_console *con)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(options); i++) {
		if (strcmp(word, options[i].word))
			continue;
		if (options[i].flag == KEXEC_CONSOLE_FAULT &&
		    !IS_ENABLED(CONFIG_DEBUG_KEXEC)) {
			pr_err("handoff_debug: \"fault\" is for tests, with CONFIG_DEBUG_KEXEC only\n");
			return -EINVAL;
		}
		con->flags |= options[i].flag;
		return 0;
	}
	pr_err("handoff_debug: no such option: \"%s\" is none of reset, marks\n",
	       word);
	return -EINVAL;
}

/* @consoles: the kinds that there are, a bit each.  Changes @text. */
static int parse_console(char *text, unsigned long consoles,
			 struct kexec_handoff_console *con)
{
	char *rest = text, *word;
	int err;

	*con = (struct kexec_handoff_console) { };
	if (!*text)
		return 0;

	err = parse_kind(&rest, con);
	if (err)
		return err;
	if (!(consoles & BIT(con->kind))) {
		pr_err("handoff_debug: this architecture has no such console\n");
		return -EINVAL;
	}

	if (has_address(con->kind))
		err = parse_address(&rest, con);
	else if (*rest)
		rest++;
	else
		rest = NULL;

	while (!err && (word = strsep(&rest, ",")))
		err = parse_option(word, con);
	return err;
}

/* What @val says, without white space around it, as echo leaves some. */
static int copy_stripped(char text[static SPEC_MAX], const char *val)
{
	size_t len;

	val = skip_spaces(val);
	len = strlen(val);
	while (len && isspace(val[len - 1]))
		len--;
	if (len >= SPEC_MAX) {
		pr_err("handoff_debug: too long, %d characters at most\n",
		       SPEC_MAX - 1);
		return -EINVAL;
	}
	memcpy(text, val, len);
	text[len] = 0;
	return 0;
}

static int set_console(const char *val, const struct kernel_param *kp)
{
	struct kexec_handoff_console con;
	char text[SPEC_MAX], copy[SPEC_MAX];
	int err;

	/* It says where the trampoline stores to. */
	err = kexec_check_privilege();
	if (err)
		return err;

	err = copy_stripped(text, val);
	if (err)
		return err;
	strscpy(copy, text);

	err = parse_console(text, KEXEC_HANDOFF_CONSOLES, &con);
	if (err)
		return err;

	/* Not in the middle of a load, which looks at it more than once. */
	if (!mutex_trylock(&kexec_mutex))
		return -EBUSY;
	console = con;
	strscpy(spec, copy);
	mutex_unlock(&kexec_mutex);
	return 0;
}

static int get_console(char *buffer, const struct kernel_param *kp)
{
	return sysfs_emit(buffer, "%s\n", spec);
}

static const struct kernel_param_ops param_ops_kexec_console = {
	.set = set_console,
	.get = get_console,
};

#define param_check_kexec_console(name, p) \
	__param_check(name, p, struct kexec_handoff_console)

/*
 * Once the kernel is locked down, nobody says any more which registers it is to
 * write to.  A command line that was read before that is obeyed.
 */
module_param_hw_named(handoff_debug, console, kexec_console, ioport_or_iomem,
		      0600);
MODULE_PARM_DESC(handoff_debug, "console for what goes wrong in a handoff");

static int check_console(const struct kexec_handoff_console *con)
{
	unsigned int i;
	u32 len = 0;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (kinds[i].kind == con->kind)
			len = kinds[i].registers;
	}
	if (len && region_intersects(con->address, len, IORESOURCE_SYSTEM_RAM,
				     IORES_DESC_NONE) != REGION_DISJOINT)
		return kexec_refuse(-EINVAL,
				    "the console can't be at %#llx (kexec.handoff_debug=)",
				    con->address);
	return 0;
}

/**
 * kexec_check_handoff_console - whether the console can be where it is said to be
 *
 * None of its registers may be in memory: what is printed would be written to what
 * others have there, the image among them.  Not asked when the parameter is set: on
 * the command line that is before the kernel knows of its memory, which may become
 * more, too.
 *
 * Context: May sleep.  kexec_mutex is held.
 * Return: 0, or -EINVAL.
 */
int kexec_check_handoff_console(void)
{
	return check_console(&console);
}

/**
 * kexec_find_handoff_console - where the trampoline tells what goes wrong
 *
 * For machine_kexec_prepare(), which copies what it needs to control memory, maps
 * the registers for the trampoline, and refuses the image, by kexec_refuse(), if
 * it can't.  No register is in memory, kexec_check_handoff_console() has seen to that.
 * An image keeps what counted when it was loaded.
 *
 * Context: kexec_mutex is held, as it is while an image is built.
 * Return: the console, of one of the kinds in KEXEC_HANDOFF_CONSOLES; NULL if
 * nothing is to be told.
 */
const struct kexec_handoff_console *kexec_find_handoff_console(void)
{
	return console.kind ? &console : NULL;
}

#ifdef CONFIG_KEXEC_KUNIT_TEST
#include "handoff_debug_test.c"
#endif
