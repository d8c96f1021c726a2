/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The vital ring: facts of sessions, each counted exactly once as produced and then as consumed
 * (by the reader), dropped (ring full) or capped (session over its rate).
 */
#ifndef SW_BPF_VITAL_H
#define SW_BPF_VITAL_H

#include "maps.h"
#include "task.h"

#define NS_PER_S 1000000000ULL

/*
 * A leaky bucket. The level is in billionths of a fact, so that the drain needs no division. Two
 * CPUs may race for it: the cap is then off by one fact, the counters never.
 */
static __always_inline bool over_rate(struct bucket *bucket, __u64 now_ns)
{
	__u64 elapsed = now_ns - bucket->last_ns;
	__u64 drained, level = bucket->level;

	if (elapsed > 3600 * NS_PER_S)
		elapsed = 3600 * NS_PER_S;
	drained = elapsed * sw_rate_per_s;
	level = level > drained ? level - drained : 0;
	bucket->last_ns = now_ns;
	if (level + NS_PER_S > sw_rate_burst * NS_PER_S) {
		bucket->level = level;
		return true;
	}
	bucket->level = level + NS_PER_S;
	return false;
}

static __always_inline bool vital_capped(struct session *s, __u32 bucket)
{
	if (bucket >= BUCKET_MAX || !over_rate(&s->buckets[bucket], bpf_ktime_get_boot_ns()))
		return false;
	__sync_fetch_and_add(&s->capped, 1);
	return true;
}

static __always_inline void *vital_reserve(__u16 kind, __u32 size)
{
	__u64 seq = __sync_fetch_and_add(&sw_vital_seq, 1) + 1;
	struct sw_record *h;

	count(SW_COUNT_PRODUCED);
	h = bpf_ringbuf_reserve(&sw_vital, size, 0);
	if (!h) {
		count(SW_COUNT_DROPPED);
		return NULL;
	}
	h->version = SW_ABI_VERSION;
	h->kind = kind;
	h->size = size;
	h->seq = seq;
	h->time_ns = bpf_ktime_get_boot_ns();
	return h;
}

/* A fact that is withheld. It has a number too, so that the numbers' gaps equal the losses. */
static __always_inline void vital_withhold(void)
{
	__sync_fetch_and_add(&sw_vital_seq, 1);
	count(SW_COUNT_PRODUCED);
	count(SW_COUNT_CAPPED);
}

/*
 * The wake-up is the expensive part of a ring, so it is sent only when the consumer sleeps. The
 * consumer first says that it will sleep, then looks whether anything has been reserved, and only
 * then sleeps; here the record is reserved first and the word read after that. The exchange is a
 * full barrier, so one of the two always sees the other.
 */
static __always_inline void vital_submit(void *record)
{
	__u64 flags = BPF_RB_NO_WAKEUP;

	if (__sync_lock_test_and_set(&sw_consumer_idle, 0))
		flags = BPF_RB_FORCE_WAKEUP;
	bpf_ringbuf_submit(record, flags);
}

static __always_inline void fill_origin(struct sw_record *h, const struct session *s)
{
	__builtin_memcpy(&h->origin, &s->origin, sizeof(h->origin));
}

static __always_inline void fill_task(struct sw_record *h, const struct session *s,
				      struct task_struct *task, __u64 image)
{
	task_read(&h->task, task);
	h->task.image = image;
	h->task.flags = image == s->image ? SW_TASK_READER_IMAGE : 0;
}

/* Tells the session, once. A SESSION record that was dropped is tried again with the next fact. */
static __always_inline void session_tell(struct session *s, struct task_struct *task, __u64 image)
{
	struct sw_rec_session *r;

	if (s->told || __sync_lock_test_and_set(&s->told, 1))
		return;
	r = vital_reserve(SW_KIND_SESSION, sizeof(*r));
	if (!r) {
		s->told = 0;
		return;
	}
	fill_origin(&r->h, s);
	fill_task(&r->h, s, task, image);
	r->image = s->image;
	r->reader_start_ns = s->reader_start_ns;
	r->reader_tgid = s->reader_tgid;
	r->pad = 0;
	r->reader = s->reader;
	__builtin_memcpy(r->reader_exe, s->reader_exe, sizeof(r->reader_exe));
	__builtin_memcpy(r->listener_exe, s->listener_exe, sizeof(r->listener_exe));
	vital_submit(r);
}

/*
 * Reserves a record about a task of the session, telling the session first where need be. NULL:
 * dropped or capped, and counted.
 */
static __always_inline void *fact_begin(struct session *s, struct task_struct *task, __u64 image,
					__u16 kind, __u32 size, __u32 bucket)
{
	struct sw_record *h;

	if (vital_capped(s, bucket)) {
		vital_withhold();
		return NULL;
	}
	session_tell(s, task, image);
	h = vital_reserve(kind, size);
	if (!h)
		return NULL;
	fill_origin(h, s);
	fill_task(h, s, task, image);
	return h;
}

#endif
