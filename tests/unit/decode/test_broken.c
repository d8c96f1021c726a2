// SPDX-License-Identifier: Apache-2.0
/* Many broken records: the decoder against a second opinion. */
#include "records.h"

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

static bool origin_holds(const uint8_t *bytes)
{
	size_t rootflow = offsetof(struct sw_record, origin.rootflow);
	uint64_t session = AT(struct sw_record, origin.session);
	uint64_t root = AT(struct sw_record, origin.root);
	uint64_t depth = AT(struct sw_record, origin.depth);
	uint64_t parent = AT(struct sw_record, origin.parent);

	if (AT(struct sw_record, kind) >= 8)
		return !session && !root && !depth && !parent;
	return AT(struct sw_record, origin.nflows) && flow_at(bytes, rootflow) && session && root &&
	       (depth == 1 ? parent == 0 : depth > 1 && parent);
}

static bool head_holds(const uint8_t *bytes)
{
	size_t in = offsetof(struct sw_record, origin.in);
	uint64_t nflows = AT(struct sw_record, origin.nflows);
	uint64_t confidence = AT(struct sw_record, origin.confidence);

	for (size_t i = 0; i < nflows && i < 4; i++)
		if (!flow_at(bytes, in + i * 64))
			return false;
	return TEXT_AT(struct sw_record, task.comm) && TEXT_AT(struct sw_record, task.tty) &&
	       nflows <= 4 && (nflows ? confidence >= 1 && confidence <= 3 : confidence == 0) &&
	       (confidence != 3 || nflows == 1) && origin_holds(bytes);
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
	case 8:
		n = size == 808 ? AT(struct sw_rec_edge, edge.family) : 0;
		return (n == 4 || n == 6) && TEXT_AT(struct sw_rec_edge, exe);
	case 9:
		n = size == 576 ? AT(struct sw_rec_edge_count, edge.family) : 0;
		return (n == 4 || n == 6) && AT(struct sw_rec_edge_count, flows);
	default:
		return false;
	}
}

static int second_opinion(const uint8_t *bytes, size_t size)
{
	if (size < 496)
		return -EBADMSG;
	if (AT(struct sw_record, version) != 2)
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
		offsetof(struct sw_rec_edge, edge.family),
		offsetof(struct sw_rec_edge_count, flows),
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
		cmocka_unit_test(broken_records_get_the_same_verdict_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
