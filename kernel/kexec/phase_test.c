// SPDX-License-Identifier: GPL-2.0-only
/*
 * KUnit tests of how the phases of a handoff are watched, with devices that are
 * names and times that are numbers.
 */
#include <kunit/device.h>
#include <kunit/test.h>

static u64 ms(u64 number)
{
	return number * NSEC_PER_MSEC;
}

static struct watch *new_watch(struct kunit *test)
{
	struct watch *w = kunit_kzalloc(test, sizeof(*w), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, w);
	raw_spin_lock_init(&w->lock);
	begin_phase(w, KEXEC_PHASE_DEVICES, 0);
	expect_first_device(w, 0);
	return w;
}

static void release_nothing(struct device *dev)
{
}

/* It is there as long as the test is. */
static struct device *new_device(struct kunit *test, const char *name)
{
	struct device *dev = kunit_kzalloc(test, sizeof(*dev), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, dev);
	device_initialize(dev);
	dev->init_name = name;
	dev->release = release_nothing;
	return dev;
}

static void expect_slowest(struct kunit *test, const struct watch *w,
			   const char *expected)
{
	DECLARE_SEQ_BUF(line, SLOWEST_MAX);

	print_slowest(&line, w->slowest);
	KUNIT_EXPECT_STREQ(test, seq_buf_str(&line), expected);
}

static void shut_down_one(struct kunit *test, struct watch *w, const char *name,
			  u64 ns)
{
	begin_device(w, new_device(test, name));
	end_device(w, ktime_add_ns(w->since, ns));
}

/* A device is kept as long as it is one of the three, and no longer. */
static void test_references(struct kunit *test)
{
	struct watch *w = new_watch(test);
	struct device *dev = new_device(test, "d");

	begin_device(w, dev);
	end_device(w, 1000);
	KUNIT_EXPECT_EQ(test, kref_read(&dev->kobj.kref), 2);
	shut_down_one(test, w, "c", 2000);
	shut_down_one(test, w, "b", 2000);
	KUNIT_EXPECT_EQ(test, kref_read(&dev->kobj.kref), 2);
	shut_down_one(test, w, "a", 2000);
	KUNIT_EXPECT_EQ(test, kref_read(&dev->kobj.kref), 1);
}

/* As many as there are, in whichever order they come. */
static void test_slowest(struct kunit *test)
{
	struct watch *w = new_watch(test);

	expect_slowest(test, w, "");
	shut_down_one(test, w, "b", ms(2));
	expect_slowest(test, w, "; slowest: b 2.000 ms");
	shut_down_one(test, w, "d", 999);
	shut_down_one(test, w, "c", 1007654);
	expect_slowest(test, w,
		       "; slowest: b 2.000 ms, c 1.007 ms, d 0.000 ms");
	shut_down_one(test, w, "a", ms(5000000));
	expect_slowest(test, w,
		       "; slowest: a 5000000.000 ms, b 2.000 ms, c 1.007 ms");
	shut_down_one(test, w, "e", 1007654);
	shut_down_one(test, w, "f", 0);
	expect_slowest(test, w,
		       "; slowest: a 5000000.000 ms, b 2.000 ms, c 1.007 ms");
}

/* Neither the longest names nor the longest times are too long for a line. */
static void test_longest_line(struct kunit *test)
{
	struct watch *w = new_watch(test);
	DECLARE_SEQ_BUF(line, SLOWEST_MAX);
	unsigned int i;
	char *name;

	name = kunit_kzalloc(test, 2 * DEVICE_NAME_MAX, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, name);
	memset(name, 'x', 2 * DEVICE_NAME_MAX - 1);
	for (i = 0; i < NR_SLOWEST; i++)
		remember_if_slow(w->slowest, new_device(test, name), S64_MAX);

	print_slowest(&line, w->slowest);
	KUNIT_EXPECT_FALSE(test, seq_buf_has_overflowed(&line));
	KUNIT_EXPECT_GT(test, seq_buf_used(&line), NR_SLOWEST * DEVICE_NAME_MAX);
}

/* As in a message about it: the driver, if it has one, and the device. */
static void test_name(struct kunit *test)
{
	struct device_driver *driver = kunit_driver_create(test, "kexec-driver");
	struct device *dev = new_device(test, "kexec-device");
	char name[DEVICE_NAME_MAX];

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, driver);
	name_device(dev, name);
	KUNIT_EXPECT_STREQ(test, name, "kexec-device");
	dev->driver = driver;
	name_device(dev, name);
	KUNIT_EXPECT_STREQ(test, name, "kexec-driver kexec-device");
}

static void expect_due(struct kunit *test, struct watch *w, u64 at,
		       const char *expected, u32 expected_seconds)
{
	char name[DEVICE_NAME_MAX] = "";
	u32 seconds = 0;
	bool due = is_due(w, ms(at), name, &seconds);

	KUNIT_EXPECT_EQ_MSG(test, due, !!expected, "at %llu ms", at);
	if (expected)
		KUNIT_EXPECT_STREQ(test, name, expected);
	KUNIT_EXPECT_EQ_MSG(test, seconds, expected_seconds, "at %llu ms", at);
}

/* After a second, and then when it has taken twice as long, however late one looks. */
static void test_due(struct kunit *test)
{
	struct device *dev = new_device(test, "hangs");
	struct watch *w = new_watch(test);

	expect_due(test, w, 999, NULL, 0);
	expect_due(test, w, 1000, "devices", 1);
	expect_due(test, w, 1100, NULL, 0);

	expect_first_device(w, ms(1500));
	begin_device(w, dev);
	expect_due(test, w, 2400, NULL, 0);
	expect_due(test, w, 2750, "hangs", 1);
	expect_due(test, w, 3000, NULL, 0);
	expect_due(test, w, 3500, "hangs", 2);
	expect_due(test, w, 5499, NULL, 0);
	expect_due(test, w, 8600, "hangs", 7);
	expect_due(test, w, 9000, NULL, 0);
	expect_due(test, w, 9500, "hangs", 8);

	end_device(w, ms(9600));
	expect_due(test, w, 10500, NULL, 0);
	expect_due(test, w, 10600, "devices", 1);
	expect_slowest(test, w, "; slowest: hangs 8100.000 ms");

	KUNIT_EXPECT_EQ(test, begin_phase(w, KEXEC_PHASE_CPUS, ms(11000)),
			ms(11000));
	expect_due(test, w, 11999, NULL, 0);
	expect_due(test, w, 12000, "CPUs", 1);
}

/* What others shut down, or did not begin to, is left alone. */
static void test_others(struct kunit *test)
{
	struct device *dev = new_device(test, "somebody's");

	KUNIT_ASSERT_NULL(test, watch.task);
	__kexec_device_shuts_down(dev);
	KUNIT_EXPECT_FALSE(test, watch.any_device);
	KUNIT_EXPECT_NULL(test, watch.dev);
	__kexec_device_is_down();
	KUNIT_EXPECT_NULL(test, watch.slowest[0].dev);
	KUNIT_EXPECT_EQ(test, watch.slowest[0].ns, 0);
}

static struct kunit_case phase_test_cases[] = {
	KUNIT_CASE(test_others),
	KUNIT_CASE(test_references),
	KUNIT_CASE(test_slowest),
	KUNIT_CASE(test_longest_line),
	KUNIT_CASE(test_name),
	KUNIT_CASE(test_due),
	{ }
};

static struct kunit_suite phase_test_suite = {
	.name = "kexec-phase",
	.test_cases = phase_test_cases,
};

kunit_test_suite(phase_test_suite);
