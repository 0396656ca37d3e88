/* SPDX-License-Identifier: GPL-2.0-only */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM kexec

#if !defined(_TRACE_KEXEC_H) || defined(TRACE_HEADER_MULTI_READ)
#define _TRACE_KEXEC_H

#include <linux/kexec.h>
#include <linux/tracepoint.h>

TRACE_DEFINE_ENUM(KEXEC_TYPE_DEFAULT);
TRACE_DEFINE_ENUM(KEXEC_TYPE_CRASH);

#define show_kexec_type(type)				\
	__print_symbolic(type,				\
			 { KEXEC_TYPE_DEFAULT, "boot" },	\
			 { KEXEC_TYPE_CRASH, "crash" })

TRACE_EVENT(kexec_load,

	TP_PROTO(const struct kimage *image, const struct kexec_bytes *total,
		 u64 ns),

	TP_ARGS(image, total, ns),

	TP_STRUCT__entry(
		__field(int, type)
		__field(unsigned int, nr_segments)
		__field(unsigned long, entry)
		__field(unsigned long, in_place)
		__field(unsigned long, moved)
		__field(unsigned long, zero)
		__field(u64, ns)
	),

	TP_fast_assign(
		__entry->type = image->type;
		__entry->nr_segments = image->nr_segments;
		__entry->entry = image->start;
		__entry->in_place = total->in_place;
		__entry->moved = total->moved;
		__entry->zero = total->zero;
		__entry->ns = ns;
	),

	TP_printk("type=%s segments=%u entry=%#lx in_place=%lu moved=%lu zero=%lu ns=%llu",
		  show_kexec_type(__entry->type), __entry->nr_segments,
		  __entry->entry, __entry->in_place, __entry->moved,
		  __entry->zero, __entry->ns)
);

TRACE_EVENT(kexec_segment,

	TP_PROTO(unsigned int nr, const struct kexec_segment *segment,
		 const struct kexec_bytes *bytes),

	TP_ARGS(nr, segment, bytes),

	TP_STRUCT__entry(
		__field(unsigned int, nr)
		__field(unsigned long, mem)
		__field(unsigned long, memsz)
		__field(unsigned long, in_place)
		__field(unsigned long, moved)
		__field(unsigned long, zero)
	),

	TP_fast_assign(
		__entry->nr = nr;
		__entry->mem = segment->mem;
		__entry->memsz = segment->memsz;
		__entry->in_place = bytes->in_place;
		__entry->moved = bytes->moved;
		__entry->zero = bytes->zero;
	),

	TP_printk("nr=%u %#lx-%#lx in_place=%lu moved=%lu zero=%lu",
		  __entry->nr, __entry->mem,
		  __entry->mem + __entry->memsz - 1, __entry->in_place,
		  __entry->moved, __entry->zero)
);

TRACE_EVENT(kexec_refused,

	TP_PROTO(int err, const char *reason),

	TP_ARGS(err, reason),

	TP_STRUCT__entry(
		__field(int, err)
		__string(reason, reason)
	),

	TP_fast_assign(
		__entry->err = err;
		__assign_str(reason);
	),

	TP_printk("err=%d %s", __entry->err, __get_str(reason))
);

TRACE_EVENT(kexec_unload,

	TP_PROTO(const struct kimage *image),

	TP_ARGS(image),

	TP_STRUCT__entry(
		__field(int, type)
		__field(unsigned int, nr_segments)
		__field(unsigned long, entry)
	),

	TP_fast_assign(
		__entry->type = image->type;
		__entry->nr_segments = image->nr_segments;
		__entry->entry = image->start;
	),

	TP_printk("type=%s segments=%u entry=%#lx",
		  show_kexec_type(__entry->type), __entry->nr_segments,
		  __entry->entry)
);

TRACE_EVENT(kexec_handoff,

	TP_PROTO(const struct kimage *image, const struct kexec_bytes *total),

	TP_ARGS(image, total),

	TP_STRUCT__entry(
		__field(unsigned long, entry)
		__field(unsigned long, moved)
		__field(unsigned long, zero)
		__field(unsigned long, in_place)
	),

	TP_fast_assign(
		__entry->entry = image->start;
		__entry->moved = total->moved;
		__entry->zero = total->zero;
		__entry->in_place = total->in_place;
	),

	TP_printk("entry=%#lx moved=%lu zero=%lu in_place=%lu",
		  __entry->entry, __entry->moved, __entry->zero,
		  __entry->in_place)
);

#endif /* _TRACE_KEXEC_H */

#include <trace/define_trace.h>
