// SPDX-License-Identifier: Apache-2.0
/* Each rule of the decoder at its bounds, then many broken records against a second opinion. */
#include "state/build.h"

#include <stdbool.h>
#include <stdlib.h>

#include "decode/decode.h"

/* ---- valid records ----------------------------------------------------------------------- */

static struct sw_origin full_origin(void)
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
static union rec valid(enum sw_kind kind, bool full)
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
	default:
		return rec_end(5 * S, &o, t, 3);
	}
}

#define EACH_KIND(kind) (enum sw_kind kind = SW_KIND_SESSION; kind < SW_KIND_MAX; kind++)

/*
 * Decodes a copy that is exactly `size` long, so that ASan sees each byte read beyond. What lies
 * behind the record, if `size` is larger, is 0xa5.
 */
static int decode_bytes(const union rec *r, size_t size)
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

static int decode(const union rec *r)
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

/* ---- the frame --------------------------------------------------------------------------- */

static void every_kind_is_accepted(void **state)
{
	(void)state;
	for
		EACH_KIND(kind)
		{
			for (int full = 0; full < 2; full++) {
				union rec r = valid(kind, full);

				assert_int_equal(r.h.kind, kind);
				assert_int_equal(decode(&r), 0);
			}
		}
}

static void truncated_at_every_length(void **state)
{
	(void)state;
	for
		EACH_KIND(kind)
		{
			union rec r = valid(kind, true);

			for (size_t size = 0; size < r.h.size; size++)
				assert_int_equal(decode_bytes(&r, size), -EBADMSG);
		}
}

/* The size that the record itself tells is shortened with it. */
static void truncated_and_honest_about_it(void **state)
{
	(void)state;
	for
		EACH_KIND(kind)
		{
			union rec r = valid(kind, true);
			uint32_t whole = r.h.size;

			for (r.h.size = 0; r.h.size < whole; r.h.size++)
				assert_int_equal(decode(&r), -EBADMSG);
		}
}

static void longer_than_its_kind(void **state)
{
	static const uint32_t more[] = {1, 7, 8, 64, 4096};

	(void)state;
	for
		EACH_KIND(kind)
		{
			for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++) {
				union rec r = valid(kind, false);

				assert_int_equal(decode_bytes(&r, r.h.size + more[i]), -EBADMSG);
				r.h.size += more[i];
				assert_int_equal(decode(&r), -EBADMSG);
			}
		}
}

static void a_told_size_that_lies(void **state)
{
	static const uint32_t lies[] = {0, 1, 495, 496, 0x7fffffff, 0x80000000, 0xffffffff};

	(void)state;
	for
		EACH_KIND(kind)
		{
			for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
				union rec r = valid(kind, false);
				uint32_t whole = r.h.size;

				if (lies[i] == whole)
					continue;
				r.h.size = lies[i];
				assert_int_equal(decode_bytes(&r, whole), -EBADMSG);
			}
		}
}

static void another_kinds_size(void **state)
{
	(void)state;
	for
		EACH_KIND(kind)
		{
		for
			EACH_KIND(other)
			{
				union rec r = valid(kind, false), o = valid(other, false);

				if (r.h.size == o.h.size)
					continue;
				r.h.kind = other;
				assert_int_equal(decode(&r), -EBADMSG);
			}
		}
}

static void misaligned(void **state)
{
	union rec r = valid(SW_KIND_EXEC, true);
	uint8_t *room = malloc(r.h.size + 8);

	(void)state;
	assert_non_null(room);
	for (size_t shift = 0; shift < 8; shift++) {
		const struct sw_record *out = NULL;

		memcpy(room + shift, &r, r.h.size);
		assert_int_equal(sw_decode(room + shift, r.h.size, &out), shift ? -EBADMSG : 0);
		assert_ptr_equal(out, shift ? NULL : room);
	}
	free(room);
}

static void another_version_is_told_apart(void **state)
{
	static const uint16_t versions[] = {0, SW_ABI_VERSION + 1, 0xffff};

	(void)state;
	for
		EACH_KIND(kind)
		{
			for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
				union rec r = valid(kind, false);

				r.h.version = versions[i];
				assert_int_equal(decode(&r), -EPROTO);
				/* Nothing else of it can be judged. */
				r.h.kind = 0xffff;
				r.h.size = 3;
				assert_int_equal(decode_bytes(&r, sizeof(r.h)), -EPROTO);
				assert_int_equal(decode_bytes(&r, sizeof(r.h) - 1), -EBADMSG);
			}
		}
}

static void kinds_out_of_range(void **state)
{
	(void)state;
	REFUSED(valid(SW_KIND_EXIT, false), r.h.kind = 0);
	REFUSED(valid(SW_KIND_EXIT, false), r.h.kind = SW_KIND_MAX);
	REFUSED(valid(SW_KIND_EXIT, false), r.h.kind = 0x100 | SW_KIND_EXIT);
	REFUSED(valid(SW_KIND_EXIT, false), r.h.kind = 0xffff);
}

/* ---- task and origin --------------------------------------------------------------------- */

static void task_names_are_terminated(void **state)
{
	(void)state;
	for
		EACH_KIND(kind)
		{
			REFUSED(valid(kind, false), FILL(r.h.task.comm));
			REFUSED(valid(kind, false), FILL(r.h.task.tty));
			ACCEPTED(valid(kind, false), FILL_BUT_LAST(r.h.task.comm));
			ACCEPTED(valid(kind, false), FILL_BUT_LAST(r.h.task.tty));
		}
}

static void confidence_is_in_range(void **state)
{
	(void)state;
	for
		EACH_KIND(kind)
		{
			REFUSED(valid(kind, false), r.h.origin.confidence = SW_CONFIDENCE_NONE);
			REFUSED(valid(kind, false), r.h.origin.confidence = SW_CONFIDENCE_MAX);
			REFUSED(valid(kind, false), r.h.origin.confidence = 255);
			ACCEPTED(valid(kind, false), r.h.origin.confidence = SW_CONFIDENCE_SERVICE);
			ACCEPTED(valid(kind, false), r.h.origin.confidence = SW_CONFIDENCE_EXACT);
		}
}

static void an_origin_names_its_session(void **state)
{
	(void)state;
	for
		EACH_KIND(kind)
		{
			REFUSED(valid(kind, false), r.h.origin.session = 0);
			REFUSED(valid(kind, false), r.h.origin.root = 0);
			ACCEPTED(valid(kind, false), r.h.origin.session = UINT64_MAX);
		}
}

static void depth_and_parent_agree(void **state)
{
	(void)state;
	for
		EACH_KIND(kind)
		{
			REFUSED(valid(kind, false), r.h.origin.depth = 0);
			REFUSED(valid(kind, false), r.h.origin.depth = 2);
			REFUSED(valid(kind, false), r.h.origin.parent = 6);
			REFUSED(valid(kind, false), (r.h.origin.parent = 6, r.h.origin.depth = 0));
			ACCEPTED(valid(kind, false), (r.h.origin.parent = 6, r.h.origin.depth = 2));
			ACCEPTED(valid(kind, false),
				 (r.h.origin.parent = 6, r.h.origin.depth = 255));
		}
}

static void the_number_of_flows_is_in_range(void **state)
{
	(void)state;
	for
		EACH_KIND(kind)
		{
			REFUSED(valid(kind, true), r.h.origin.nflows = 0);
			REFUSED(valid(kind, true), r.h.origin.nflows = SW_CANDIDATES + 1);
			REFUSED(valid(kind, true), r.h.origin.nflows = 255);
			for (uint8_t n = 1; n <= SW_CANDIDATES; n++)
				ACCEPTED(valid(kind, true), r.h.origin.nflows = n);
		}
}

static void flow_is_checked(const union rec *good, struct sw_flow *flow, union rec *copy)
{
	static const uint8_t wrong[] = {0, 1, 2, 3, 5, 7, 10, 255};

	for (size_t i = 0; i < sizeof(wrong); i++) {
		*copy = *good;
		flow->family = wrong[i];
		assert_int_equal(decode(copy), -EBADMSG);
	}
	*copy = *good;
	flow->cookie = 0;
	assert_int_equal(decode(copy), -EBADMSG);
	*copy = *good;
	flow->family = flow->family == 4 ? 6 : 4;
	flow->cookie = UINT64_MAX;
	assert_int_equal(decode(copy), 0);
}

static void inbound_flows_are_whole(void **state)
{
	(void)state;
	for
		EACH_KIND(kind)
		{
			union rec good = valid(kind, true), copy;

			for (size_t i = 0; i < SW_CANDIDATES; i++)
				flow_is_checked(&good, &copy.h.origin.in[i], &copy);
			flow_is_checked(&good, &copy.h.origin.rootflow, &copy);
		}
}

/* Beyond nflows there may be anything. */
static void unused_flows_are_ignored(void **state)
{
	(void)state;
	for
		EACH_KIND(kind)
		{
			for (uint8_t n = 1; n < SW_CANDIDATES; n++) {
				union rec r = valid(kind, true);

				r.h.origin.nflows = n;
				memset(&r.h.origin.in[n], 0xff,
				       (SW_CANDIDATES - n) * sizeof(r.h.origin.in[0]));
				assert_int_equal(decode(&r), 0);
				memset(&r.h.origin.in[n], 0,
				       (SW_CANDIDATES - n) * sizeof(r.h.origin.in[0]));
				assert_int_equal(decode(&r), 0);
				r.h.origin.nflows++;
				assert_int_equal(decode(&r), -EBADMSG);
			}
		}
}

/* ---- bodies ------------------------------------------------------------------------------ */

static void session_paths_are_terminated(void **state)
{
	(void)state;
	REFUSED(valid(SW_KIND_SESSION, false), FILL(r.session.reader_exe));
	REFUSED(valid(SW_KIND_SESSION, false), FILL(r.session.listener_exe));
	ACCEPTED(valid(SW_KIND_SESSION, false), FILL_BUT_LAST(r.session.reader_exe));
	ACCEPTED(valid(SW_KIND_SESSION, false), FILL_BUT_LAST(r.session.listener_exe));
	ACCEPTED(valid(SW_KIND_SESSION, false), r.session.listener_exe[0] = '\0');
}

static void exec_paths_are_terminated(void **state)
{
	(void)state;
	REFUSED(valid(SW_KIND_EXEC, false), FILL(r.exec.exe));
	REFUSED(valid(SW_KIND_EXEC, false), FILL(r.exec.filename));
	ACCEPTED(valid(SW_KIND_EXEC, false), FILL_BUT_LAST(r.exec.exe));
	ACCEPTED(valid(SW_KIND_EXEC, false), FILL_BUT_LAST(r.exec.filename));
	ACCEPTED(valid(SW_KIND_EXEC, false), r.exec.exe[0] = '\0');
}

static void arguments_fit_and_are_terminated(void **state)
{
	(void)state;
	REFUSED(valid(SW_KIND_EXEC, true), r.exec.args_bytes = SW_ARGS_BYTES + 1);
	REFUSED(valid(SW_KIND_EXEC, true),
		(r.exec.args_bytes = SW_ARGS_BYTES + 1, r.exec.args_total = 9999));
	REFUSED(valid(SW_KIND_EXEC, true),
		(r.exec.args_bytes = UINT32_MAX, r.exec.args_total = UINT32_MAX));
	REFUSED(valid(SW_KIND_EXEC, true), r.exec.args_total = SW_ARGS_BYTES - 1);
	REFUSED(valid(SW_KIND_EXEC, true), r.exec.args_total = 0);
	REFUSED(valid(SW_KIND_EXEC, true), r.exec.args[SW_ARGS_BYTES - 1] = 'x');
	REFUSED(valid(SW_KIND_EXEC, false), r.exec.args[10] = 'x');
	ACCEPTED(valid(SW_KIND_EXEC, true), FILL_BUT_LAST(r.exec.args));
	ACCEPTED(valid(SW_KIND_EXEC, true), r.exec.args_total = UINT32_MAX);
	ACCEPTED(valid(SW_KIND_EXEC, false), r.exec.args[11] = 'x');
	ACCEPTED(valid(SW_KIND_EXEC, true), (r.exec.args_bytes = 1, r.exec.args[0] = '\0'));
	ACCEPTED(valid(SW_KIND_EXEC, true), (r.exec.args_bytes = 0, FILL(r.exec.args)));
	ACCEPTED(valid(SW_KIND_EXEC, true), (r.exec.args_bytes = 0, r.exec.args_total = 0));
}

static void an_exec_has_an_image(void **state)
{
	(void)state;
	REFUSED(valid(SW_KIND_EXEC, false), r.exec.image = 0);
	ACCEPTED(valid(SW_KIND_EXEC, false), r.exec.image = UINT64_MAX);
	ACCEPTED(valid(SW_KIND_EXEC, false), r.exec.parent_image = 0);
}

static void how_is_in_range(void **state)
{
	(void)state;
	REFUSED(valid(SW_KIND_IDENTITY, false), r.identity.how = 0);
	REFUSED(valid(SW_KIND_IDENTITY, false), r.identity.how = SW_HOW_MAX);
	REFUSED(valid(SW_KIND_IDENTITY, false), r.identity.how = 0x80000000);
	REFUSED(valid(SW_KIND_IDENTITY, false), r.identity.how = UINT32_MAX);
	for (uint32_t how = 1; how < SW_HOW_MAX; how++)
		ACCEPTED(valid(SW_KIND_IDENTITY, false), r.identity.how = how);
}

static void outbound_flows_are_whole(void **state)
{
	union rec connect = valid(SW_KIND_CONNECT, false), outcome = valid(SW_KIND_OUTCOME, false);
	union rec copy;

	(void)state;
	flow_is_checked(&connect, &copy.connect.out, &copy);
	flow_is_checked(&outcome, &copy.outcome.out, &copy);
}

static void outcomes_are_in_range(void **state)
{
	(void)state;
	REFUSED(valid(SW_KIND_OUTCOME, false), r.outcome.outcome = SW_OUTCOME_PENDING);
	REFUSED(valid(SW_KIND_OUTCOME, false), r.outcome.outcome = SW_OUTCOME_MAX);
	REFUSED(valid(SW_KIND_OUTCOME, false), r.outcome.outcome = UINT32_MAX);
	for (uint32_t outcome = 1; outcome < SW_OUTCOME_MAX; outcome++)
		ACCEPTED(valid(SW_KIND_OUTCOME, false), r.outcome.outcome = outcome);
}

static void kinds_have_names(void **state)
{
	static const char *const names[SW_KIND_MAX] = {"?",	  "SESSION", "EXEC", "IDENTITY",
						       "CONNECT", "OUTCOME", "EXIT", "SESSION_END"};

	(void)state;
	for (unsigned int kind = 0; kind < SW_KIND_MAX; kind++)
		assert_string_equal(sw_kind_name(kind), names[kind]);
	assert_string_equal(sw_kind_name(SW_KIND_MAX), "?");
	assert_string_equal(sw_kind_name(UINT32_MAX), "?");
}

/* ---- broken at random -------------------------------------------------------------------- */

#define ROUNDS 200000

static uint64_t rng = 0x5eed0fdec0deull;

static uint64_t random_number(void)
{
	rng ^= rng << 13;
	rng ^= rng >> 7;
	rng ^= rng << 17;
	return rng;
}

static size_t below(size_t n)
{
	return (size_t)(random_number() % n);
}

/* The contract of event.h, said again from its offsets rather than from the decoder's code. */
static uint64_t number_at(const uint8_t *bytes, size_t offset, size_t width)
{
	uint64_t value = 0;

	memcpy(&value, bytes + offset, width); /* little-endian, as the tests' machines are */
	return value;
}

#define AT(type, member) number_at(bytes, offsetof(type, member), sizeof(((type *)0)->member))
#define TEXT_AT(type, member) text_ends(bytes + offsetof(type, member), sizeof(((type *)0)->member))

static bool text_ends(const uint8_t *text, size_t room)
{
	for (size_t i = 0; i < room; i++)
		if (!text[i])
			return true;
	return false;
}

static bool flow_at(const uint8_t *bytes, size_t offset)
{
	uint64_t family = number_at(bytes, offset + offsetof(struct sw_flow, family), 1);

	return (family == 4 || family == 6) &&
	       number_at(bytes, offset + offsetof(struct sw_flow, cookie), 8);
}

static bool head_holds(const uint8_t *bytes)
{
	size_t origin = offsetof(struct sw_record, origin);
	uint64_t nflows = AT(struct sw_record, origin.nflows);
	uint64_t depth = AT(struct sw_record, origin.depth);
	uint64_t parent = AT(struct sw_record, origin.parent);
	uint64_t confidence = AT(struct sw_record, origin.confidence);

	for (size_t i = 0; i < nflows && i < 4; i++)
		if (!flow_at(bytes, origin + offsetof(struct sw_origin, in) + i * 64))
			return false;
	return TEXT_AT(struct sw_record, task.comm) && TEXT_AT(struct sw_record, task.tty) &&
	       flow_at(bytes, origin + offsetof(struct sw_origin, rootflow)) && nflows >= 1 &&
	       nflows <= 4 && (confidence == 1 || confidence == 2) &&
	       AT(struct sw_record, origin.session) && AT(struct sw_record, origin.root) &&
	       (depth == 1 ? parent == 0 : depth > 1 && parent);
}

static bool exec_holds(const uint8_t *bytes)
{
	uint64_t n = AT(struct sw_rec_exec, args_bytes);

	return TEXT_AT(struct sw_rec_exec, exe) && TEXT_AT(struct sw_rec_exec, filename) &&
	       AT(struct sw_rec_exec, image) && n <= 512 &&
	       n <= AT(struct sw_rec_exec, args_total) &&
	       (!n || !bytes[offsetof(struct sw_rec_exec, args) + n - 1]);
}

static bool body_holds(const uint8_t *bytes, size_t size)
{
	uint64_t n;

	switch (AT(struct sw_record, kind)) {
	case 1:
		return size == 1080 && TEXT_AT(struct sw_rec_session, reader_exe) &&
		       TEXT_AT(struct sw_rec_session, listener_exe);
	case 2:
		return size == 1568 && exec_holds(bytes);
	case 3:
		n = size == 552 ? AT(struct sw_rec_identity, how) : 0;
		return n >= 1 && n <= 4;
	case 4:
		return size == 560 && flow_at(bytes, offsetof(struct sw_rec_connect, out));
	case 5:
		n = size == 568 ? AT(struct sw_rec_outcome, outcome) : 0;
		return n >= 1 && n <= 4 && flow_at(bytes, offsetof(struct sw_rec_outcome, out));
	case 6:
		return size == 496;
	case 7:
		return size == 504;
	default:
		return false;
	}
}

static int second_opinion(const uint8_t *bytes, size_t size)
{
	if (size < 496)
		return -EBADMSG;
	if (AT(struct sw_record, version) != 1)
		return -EPROTO;
	if (AT(struct sw_record, size) != size || !head_holds(bytes) || !body_holds(bytes, size))
		return -EBADMSG;
	return 0;
}

static void break_somewhere(uint8_t *bytes, size_t size)
{
	static const uint8_t edges[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 0x7f, 0x80, 0xff};
	/* Where the rules are; elsewhere most bytes may be anything. */
	static const size_t spots[] = {
		offsetof(struct sw_record, version),
		offsetof(struct sw_record, kind),
		offsetof(struct sw_record, size),
		offsetof(struct sw_record, task.comm),
		offsetof(struct sw_record, task.tty),
		offsetof(struct sw_record, origin.session),
		offsetof(struct sw_record, origin.parent),
		offsetof(struct sw_record, origin.root),
		offsetof(struct sw_record, origin.confidence),
		offsetof(struct sw_record, origin.depth),
		offsetof(struct sw_record, origin.nflows),
		offsetof(struct sw_record, origin.rootflow.family),
		offsetof(struct sw_record, origin.rootflow.cookie),
		offsetof(struct sw_record, origin.in[0].family),
		offsetof(struct sw_record, origin.in[1].family),
		offsetof(struct sw_record, origin.in[3].cookie),
		offsetof(struct sw_rec_exec, args_bytes),
		offsetof(struct sw_rec_exec, args_total),
		offsetof(struct sw_rec_exec, image),
		offsetof(struct sw_rec_identity, how),
		offsetof(struct sw_rec_connect, out.family),
		offsetof(struct sw_rec_outcome, outcome),
		sizeof(struct sw_record),
	};
	size_t at = below(2) ? spots[below(sizeof(spots) / sizeof(spots[0]))] : below(size);
	size_t run = 1 + below(below(8) ? 4 : 64);

	switch (below(3)) {
	case 0:
		if (at < size)
			bytes[at] ^= (uint8_t)(1u << below(8));
		break;
	case 1:
		if (at < size)
			bytes[at] = edges[below(sizeof(edges))];
		break;
	default:
		for (uint8_t fill = edges[below(sizeof(edges))]; run-- && at < size; at++)
			bytes[at] = fill;
	}
}

/* A valid record with some of its bytes changed, some cut off or some more. */
static uint8_t *broken(size_t *size)
{
	union rec r = valid((enum sw_kind)(1 + below(SW_KIND_MAX - 1)), below(2));
	uint8_t *bytes;

	*size = r.h.size;
	if (!below(16))
		*size = below(sizeof(r) + 16);
	if (!below(32))
		r.h.size = (uint32_t)*size;
	bytes = malloc(*size ?: 1);
	assert_non_null(bytes);
	memset(bytes, 0, *size);
	memcpy(bytes, &r, *size < sizeof(r) ? *size : sizeof(r));
	for (size_t n = below(4); n && *size; n--)
		break_somewhere(bytes, *size);
	return bytes;
}

static void broken_records_get_the_same_verdict_twice(void **state)
{
	size_t accepted = 0, refused = 0;

	(void)state;
	for (size_t round = 0; round < ROUNDS; round++) {
		const struct sw_record *out = NULL;
		size_t size;
		uint8_t *bytes = broken(&size);
		int rc = sw_decode(bytes, size, &out);

		if (rc != second_opinion(bytes, size))
			fail_msg("round %zu: kind %u, %zu bytes: %d, but should be %d", round,
				 size > 4 ? bytes[2] : 0u, size, rc, second_opinion(bytes, size));
		assert_ptr_equal(out, rc ? NULL : bytes);
		rc ? refused++ : accepted++;
		free(bytes);
	}
	/* Neither side is empty. */
	assert_true(accepted > ROUNDS / 20);
	assert_true(refused > ROUNDS / 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_is_accepted),
		cmocka_unit_test(truncated_at_every_length),
		cmocka_unit_test(truncated_and_honest_about_it),
		cmocka_unit_test(longer_than_its_kind),
		cmocka_unit_test(a_told_size_that_lies),
		cmocka_unit_test(another_kinds_size),
		cmocka_unit_test(misaligned),
		cmocka_unit_test(another_version_is_told_apart),
		cmocka_unit_test(kinds_out_of_range),
		cmocka_unit_test(task_names_are_terminated),
		cmocka_unit_test(confidence_is_in_range),
		cmocka_unit_test(an_origin_names_its_session),
		cmocka_unit_test(depth_and_parent_agree),
		cmocka_unit_test(the_number_of_flows_is_in_range),
		cmocka_unit_test(inbound_flows_are_whole),
		cmocka_unit_test(unused_flows_are_ignored),
		cmocka_unit_test(session_paths_are_terminated),
		cmocka_unit_test(exec_paths_are_terminated),
		cmocka_unit_test(arguments_fit_and_are_terminated),
		cmocka_unit_test(an_exec_has_an_image),
		cmocka_unit_test(how_is_in_range),
		cmocka_unit_test(outbound_flows_are_whole),
		cmocka_unit_test(outcomes_are_in_range),
		cmocka_unit_test(kinds_have_names),
		cmocka_unit_test(broken_records_get_the_same_verdict_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
