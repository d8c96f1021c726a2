/* SPDX-License-Identifier: Apache-2.0 */
/* Valid records of every kind, as full as wanted, and what the decoder says to a change of them. */
#ifndef TEST_DECODE_RECORDS_H
#define TEST_DECODE_RECORDS_H

#include "state/build.h"

#include <stdbool.h>
#include <stdlib.h>

#include "decode/decode.h"

static inline struct sw_origin full_origin(void)
{
	struct sw_origin o = login_origin();

	o.nflows = SW_CANDIDATES;
	o.confidence = SW_CONFIDENCE_SERVICE;
	o.seen = 9;
	for (uint16_t i = 0; i < SW_CANDIDATES; i++)
		o.in[i] = flow(70u + i, "10.0.0.1", 22, "10.0.0.5", (uint16_t)(51234 + i));
	return o;
}

/* A valid record of the kind; `full`: with all that it can hold. */
static inline union rec valid(enum sw_kind kind, bool full)
{
	struct sw_origin o = full ? full_origin() : login_origin();
	struct sw_flow out = flow(50, "fd00::1", 40000, "fd00::7", 22);
	struct sw_task t = with_tty(task(200, 3, 1000, "bash"), full ? "pts/1048575" : "");
	static const char args[SW_ARGS_BYTES] = "bash\0-c\0id";
	union rec r;

	switch (kind) {
	case SW_KIND_SESSION:
		return rec_session(5 * S, &o, t, 0, "/usr/sbin/sshd");
	case SW_KIND_EXEC:
		r = rec_exec(5 * S, &o, t, 2, "/bin/bash");
		set_args(&r, args, full ? sizeof(args) : 11);
		return r;
	case SW_KIND_IDENTITY:
		return rec_identity(5 * S, &o, t, cred(0), full ? SW_HOW_MAX - 1 : SW_HOW_SETID);
	case SW_KIND_CONNECT:
		return rec_connect(5 * S, &o, t, &out);
	case SW_KIND_OUTCOME:
		return rec_outcome(5 * S, &o, t, &out,
				   full ? SW_OUTCOME_FAILED : SW_OUTCOME_ESTABLISHED);
	case SW_KIND_EXIT:
		return rec_exit(5 * S, &o, t);
	case SW_KIND_EDGE:
		r = rec_edge(5 * S, "10.0.0.7", 5432, "/usr/sbin/nginx");
		if (full)
			set_causes(&r, &o);
		return r;
	case SW_KIND_EDGE_COUNT:
		return rec_edge_count(5 * S, full ? "fd00::7" : "10.0.0.7", 5432, 12);
	default:
		return rec_end(5 * S, &o, t, 3);
	}
}

#define EACH_SESSION_KIND(kind)                                                                    \
	(enum sw_kind kind = SW_KIND_SESSION; kind <= SW_KIND_SESSION_END; kind++)
#define EACH_KIND(kind) (enum sw_kind kind = SW_KIND_SESSION; kind < SW_KIND_MAX; kind++)

/*
 * Decodes a copy that is exactly `size` long, so that ASan sees each byte read beyond. What lies
 * behind the record, if `size` is larger, is 0xa5.
 */
static inline int decode_bytes(const union rec *r, size_t size)
{
	const struct sw_record *untouched = &r->h, *out = untouched;
	uint8_t *copy = malloc(size ?: 1);
	int rc;

	assert_non_null(copy);
	memset(copy, 0xa5, size);
	memcpy(copy, r, size < sizeof(*r) ? size : sizeof(*r));
	rc = sw_decode(copy, size, &out);
	assert_ptr_equal(out, rc ? untouched : (const struct sw_record *)copy);
	free(copy);
	return rc;
}

static inline int decode(const union rec *r)
{
	return decode_bytes(r, r->h.size);
}

/* A record with one field changed is refused. */
#define REFUSED(record, change)                                                                    \
	({                                                                                         \
		union rec r = (record);                                                            \
		assert_int_equal(decode(&r), 0);                                                   \
		change;                                                                            \
		assert_int_equal(decode(&r), -EBADMSG);                                            \
	})

#define ACCEPTED(record, change)                                                                   \
	({                                                                                         \
		union rec r = (record);                                                            \
		change;                                                                            \
		assert_int_equal(decode(&r), 0);                                                   \
	})

#define FILL(array) memset((array), 'x', sizeof(array))
#define FILL_BUT_LAST(array) (FILL(array), (array)[sizeof(array) - 1] = '\0')

#endif
