/* SPDX-License-Identifier: Apache-2.0 */
/* Captures that are damaged, cut off, newer, of another machine, or none at all. */
#include "ring/bench.h"

#include <zlib.h>

#include "ring/header.h"

#define FILE_MAX 16384

/* A capture as bytes, with checksums that are right whatever it says. */
struct raw {
	char bytes[FILE_MAX];
	size_t used;
	uint32_t checksum;
	size_t at[32]; /* where each frame begins */
	size_t frames;
};

static void raw_header(struct raw *raw, struct sw_capture_header h)
{
	sw_capture_header_seal(&h);
	raw->checksum = h.checksum;
	memcpy(raw->bytes, &h, sizeof(h));
	raw->used = sizeof(h);
	raw->frames = 0;
}

static void raw_frame(struct raw *raw, unsigned int kind, const void *payload, size_t bytes)
{
	struct sw_capture_frame f = {.kind = kind, .bytes = (uint32_t)bytes};

	raw->checksum = f.checksum = sw_capture_frame_checksum(raw->checksum, &f, payload);
	raw->at[raw->frames++] = raw->used;
	memcpy(raw->bytes + raw->used, &f, sizeof(f));
	memcpy(raw->bytes + raw->used + sizeof(f), payload, bytes);
	raw->used += sizeof(f) + bytes;
}

static struct sw_capture_header good_header(void)
{
	struct sw_capture_header h = {
		.byte_order = SW_CAPTURE_BYTE_ORDER,
		.format = SW_CAPTURE_FORMAT,
		.abi = SW_ABI_VERSION,
		.argv = SW_ARGV_REDACTED,
		.version = "9.9",
		.machine_id = "0123",
		.boot_id = "45-67",
	};

	memcpy(h.magic, SW_CAPTURE_MAGIC, sizeof(h.magic));
	return h;
}

static const uint64_t one = 1;
static const char settings[] = "argv: none";

static void raw_beginning(struct raw *raw)
{
	raw_header(raw, good_header());
	raw_frame(raw, SW_CAPTURE_CONFIG, settings, strlen(settings));
}

static struct raw good(void)
{
	static const char alice[] = "\350\3\0\0alice";
	struct sw_origin o = login_origin();
	union rec r = rec_exit(S, &o, task(20, 3, 1000, "ls"));
	struct raw raw;

	raw_beginning(&raw);
	raw_frame(&raw, SW_CAPTURE_USER, alice, sizeof(alice) - 1);
	raw_frame(&raw, SW_CAPTURE_RECORD, &r, r.h.size);
	raw_frame(&raw, SW_CAPTURE_LOST, &one, sizeof(one));
	raw_frame(&raw, SW_CAPTURE_TICK, &one, sizeof(one));
	raw_frame(&raw, SW_CAPTURE_TICK, &one, sizeof(one));
	raw_frame(&raw, SW_CAPTURE_END, &one, sizeof(one));
	return raw;
}

#define GOOD_STEPS 4

static void write_bytes(const struct bench *bench, const char *bytes, size_t count)
{
	FILE *file;

	unlink(bench->path); /* to truncate it would make ext4 write it to the disk at once */
	file = fopen(bench->path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, count, file), count);
	assert_int_equal(fclose(file), 0);
}

/* Reads all of it: what it ends with, and how many steps came before. */
static int read_through(const struct bench *bench, char why[SW_CAPTURE_WHY_BYTES], size_t *steps)
{
	struct sw_capture_reader *reader = NULL;
	struct sw_capture_step step;
	int rc;

	*steps = 0;
	why[0] = '\0';
	rc = sw_capture_open(bench->path, why, &reader);
	if (rc) {
		assert_null(reader);
		return rc;
	}
	while ((rc = sw_capture_next(reader, &step, why)) == 1)
		(*steps)++;
	if (rc) {
		char again[SW_CAPTURE_WHY_BYTES];

		assert_int_equal(sw_capture_next(reader, &step, again), rc);
	}
	sw_capture_reader_free(&reader);
	return rc;
}

static void expect(const struct bench *bench, const struct raw *raw, int rc, size_t steps,
		   const char *why)
{
	char said[SW_CAPTURE_WHY_BYTES];
	size_t got;

	write_bytes(bench, raw->bytes, raw->used);
	assert_int_equal(read_through(bench, said, &got), rc);
	assert_string_equal(said, why);
	assert_int_equal(got, steps);
}

#define EXPECT_AT(bench, raw, rc, steps, offset, text)                                             \
	do {                                                                                       \
		char expected_[SW_CAPTURE_WHY_BYTES];                                              \
                                                                                                   \
		snprintf(expected_, sizeof(expected_), "byte %zu: %s", (size_t)(offset), text);    \
		expect(bench, raw, rc, steps, expected_);                                          \
	} while (0)

static void the_good_one_is_good(void **state)
{
	struct raw raw = good();

	expect(*state, &raw, 0, GOOD_STEPS, "");
}

/* ---- anything may have happened to it ----------------------------------------------------- */

/* However short: what came before is there, and the loss is told with its place. */
static void cut_anywhere(void **state)
{
	struct bench *bench = *state;
	struct raw raw = good();
	char why[SW_CAPTURE_WHY_BYTES], offset[48];
	size_t steps, most = 0;

	for (size_t n = 0; n < raw.used; n++) {
		int rc;

		write_bytes(bench, raw.bytes, n);
		rc = read_through(bench, why, &steps);
		assert_int_equal(rc, n < sizeof(SW_CAPTURE_MAGIC) - 1 ? -EBADMSG : -ENODATA);
		snprintf(offset, sizeof(offset), "byte %zu: cut off",
			 n < sizeof(SW_CAPTURE_MAGIC) - 1 ? 0 : n);
		if (rc == -ENODATA)
			assert_int_equal(strncmp(why, offset, strlen(offset)), 0);
		assert_true(steps >= most && steps <= GOOD_STEPS);
		most = steps;
	}
	assert_int_equal(most, GOOD_STEPS - 1);
}

/* No bit can be another without somebody seeing it. */
static void any_byte_is_another(void **state)
{
	struct bench *bench = *state;
	struct raw raw = good();
	char why[SW_CAPTURE_WHY_BYTES];
	size_t steps;

	for (size_t i = 0; i < raw.used; i++) {
		for (unsigned int bit = 0; bit < 8; bit += i % 3 + 1) {
			raw.bytes[i] ^= (char)(1u << bit);
			write_bytes(bench, raw.bytes, raw.used);
			assert_true(read_through(bench, why, &steps) < 0);
			assert_int_equal(strncmp(why, "byte ", 5), 0);
			raw.bytes[i] ^= (char)(1u << bit);
		}
	}
}

static void a_frame_is_missing_or_moved(void **state)
{
	struct bench *bench = *state;
	struct raw raw = good(), other = raw;
	size_t tick = raw.at[5] - raw.at[4];

	/* The two ticks are alike but for their place. */
	assert_int_equal(raw.at[6] - raw.at[5], tick);
	memmove(other.bytes + raw.at[4], raw.bytes + raw.at[5], raw.used - raw.at[5]);
	other.used -= tick;
	EXPECT_AT(bench, &other, -EBADMSG, 1, raw.at[4], "damaged: wrong checksum");
	other = raw;
	memcpy(other.bytes + raw.at[4], raw.bytes + raw.at[5], tick);
	memcpy(other.bytes + raw.at[5], raw.bytes + raw.at[4], tick);
	EXPECT_AT(bench, &other, -EBADMSG, 1, raw.at[4], "damaged: wrong checksum");
	/* The end of another capture, whose frames are all right by themselves. */
	raw_beginning(&other);
	memcpy(other.bytes + other.used, raw.bytes + raw.at[6], raw.used - raw.at[6]);
	other.used += raw.used - raw.at[6];
	EXPECT_AT(bench, &other, -EBADMSG, 0, raw.at[1], "damaged: wrong checksum");
}

static void compressed_and_spoiled(void **state)
{
	struct bench *bench = *state;
	struct raw raw = good(), packed = raw;
	char why[SW_CAPTURE_WHY_BYTES];
	size_t steps, spotted = 0;
	gzFile gz = gzopen(bench->path, "wb");
	FILE *file;

	assert_int_equal(gzwrite(gz, raw.bytes, (unsigned int)raw.used), raw.used);
	assert_int_equal(gzclose(gz), Z_OK);
	file = fopen(bench->path, "r");
	packed.used = fread(packed.bytes, 1, sizeof(packed.bytes), file);
	fclose(file);
	assert_int_equal(read_through(bench, why, &steps), 0);
	for (size_t n = 0; n < packed.used; n++) {
		int rc;

		write_bytes(bench, packed.bytes, n);
		rc = read_through(bench, why, &steps);
		/* The end of what gzip says itself may be missing: ours is there. */
		assert_true(rc < 0 || (n >= packed.used - 10 && steps == GOOD_STEPS));
	}
	/* Some bits make no difference to what is unpacked; then there is none at all. */
	for (size_t i = 0; i < packed.used; i++) {
		int rc;

		packed.bytes[i] ^= 0x10;
		write_bytes(bench, packed.bytes, packed.used);
		rc = read_through(bench, why, &steps);
		assert_true(rc < 0 || steps == GOOD_STEPS);
		spotted += rc < 0;
		packed.bytes[i] ^= 0x10;
	}
	assert_true(spotted > packed.used * 9 / 10);
}

/* ---- what is in it ------------------------------------------------------------------------ */

static void no_capture(void **state)
{
	struct bench *bench = *state;
	struct raw raw = {.used = 0};
	struct sw_capture_reader *reader = NULL;
	char why[SW_CAPTURE_WHY_BYTES];

	EXPECT_AT(bench, &raw, -EBADMSG, 0, 0, "not a capture of sidewatch");
	raw.used = 4000;
	memset(raw.bytes, 'x', raw.used);
	EXPECT_AT(bench, &raw, -EBADMSG, 0, 0, "not a capture of sidewatch");
	assert_int_equal(sw_capture_open(bench->folder, why, &reader), -EISDIR);
	assert_string_equal(why, "byte 0: Is a directory");
	unlink(bench->path);
	assert_int_equal(sw_capture_open(bench->path, why, &reader), -ENOENT);
	assert_string_equal(why, "No such file or directory");
}

#define AT(member) offsetof(struct sw_capture_header, member)

static void another_version_or_machine(void **state)
{
	struct sw_capture_header h = good_header();
	struct raw raw = good();

	h.byte_order = 0x04030201;
	raw_header(&raw, h);
	EXPECT_AT(*state, &raw, -EPROTO, 0, AT(byte_order),
		  "recorded on a machine of another byte order");
	h = good_header();
	h.format = SW_CAPTURE_FORMAT + 1;
	raw_header(&raw, h);
	EXPECT_AT(*state, &raw, -EPROTO, 0, AT(format),
		  "a capture of format 2; this version of sidewatch reads 1");
	/* Nothing is known of what follows in another format, not even how long the header is. */
	raw.used = AT(checksum);
	EXPECT_AT(*state, &raw, -EPROTO, 0, AT(format),
		  "a capture of format 2; this version of sidewatch reads 1");
}

static void another_abi(void **state)
{
	struct sw_capture_header h = good_header();
	struct raw raw = good();
	char why[SW_CAPTURE_WHY_BYTES];

	h.abi = SW_ABI_VERSION + 1;
	raw_header(&raw, h);
	snprintf(why, sizeof(why),
		 "byte 14: records of ABI %d, by sidewatch 9.9; this version of sidewatch reads %d",
		 SW_ABI_VERSION + 1, SW_ABI_VERSION);
	expect(*state, &raw, -EPROTO, 0, why);
}

static void a_header_that_lies(void **state)
{
	struct sw_capture_header bad[8];
	struct raw raw = good();

	for (size_t i = 0; i < 8; i++)
		bad[i] = good_header();
	bad[0].argv = SW_ARGV_MAX;
	memset(bad[1].host, 'a', sizeof(bad[1].host));
	memset(bad[2].version, 'a', sizeof(bad[2].version));
	strcpy(bad[3].boot_id, "01\n02");
	memset(bad[4].machine_id, 'a', sizeof(((struct sw_host *)0)->machine_id));
	memset(bad[5].probes, 'a', sizeof(bad[5].probes));
	memset(bad[6].kernel, 'a', sizeof(((struct sw_host *)0)->kernel));
	memset(bad[7].architecture, 'a', sizeof(bad[7].architecture));
	for (size_t i = 0; i < 8; i++) {
		raw_header(&raw, bad[i]);
		EXPECT_AT(*state, &raw, -EBADMSG, 0, 0, "the header is damaged");
	}
}

static void frames_that_lie(void **state)
{
	static const char zeros[600];
	static const char bad_name[] = "\350\3\0\0a\nb";
	struct bench *bench = *state;
	struct raw raw;
	size_t at;

#define BAD_FRAME(kind, payload, bytes, text)                                                      \
	do {                                                                                       \
		raw_beginning(&raw);                                                               \
		raw_frame(&raw, SW_CAPTURE_TICK, &one, sizeof(one));                               \
		at = raw.used;                                                                     \
		raw_frame(&raw, kind, payload, bytes);                                             \
		EXPECT_AT(bench, &raw, -EBADMSG, 1, at, text);                                     \
	} while (0)

	BAD_FRAME(0, &one, 8, "damaged: there is no frame of kind 0");
	BAD_FRAME(SW_CAPTURE_MAX, &one, 8, "damaged: there is no frame of kind 7");
	BAD_FRAME(UINT32_MAX, &one, 8, "damaged: there is no frame of kind 4294967295");
	BAD_FRAME(SW_CAPTURE_TICK, &one, 7, "damaged: a frame TICK has no 7 bytes");
	BAD_FRAME(SW_CAPTURE_LOST, zeros, 9, "damaged: a frame LOST has no 9 bytes");
	BAD_FRAME(SW_CAPTURE_END, &one, 0, "damaged: a frame END has no 0 bytes");
	BAD_FRAME(SW_CAPTURE_USER, &one, 3, "damaged: a frame USER has no 3 bytes");
	BAD_FRAME(SW_CAPTURE_USER, zeros, 37, "damaged: a frame USER has no 37 bytes");
	BAD_FRAME(SW_CAPTURE_RECORD, zeros, 495, "damaged: a frame RECORD has no 495 bytes");
	BAD_FRAME(SW_CAPTURE_USER, bad_name, sizeof(bad_name) - 1, "damaged: no name of a user");
	BAD_FRAME(SW_CAPTURE_CONFIG, settings, 4, "damaged: settings once more");
}

/* Nothing is allocated for what a length claims. */
static void lengths_that_lie(void **state)
{
	struct sw_capture_frame f = {.kind = SW_CAPTURE_RECORD, .bytes = UINT32_MAX};
	struct raw raw;

	raw_beginning(&raw);
	memcpy(raw.bytes + raw.used, &f, sizeof(f));
	raw.used += sizeof(f);
	EXPECT_AT(*state, &raw, -EBADMSG, 0, raw.used - sizeof(f),
		  "damaged: a frame RECORD has no 4294967295 bytes");
	raw_header(&raw, good_header());
	f.kind = SW_CAPTURE_CONFIG;
	f.bytes = (4u << 20) + 1;
	memcpy(raw.bytes + raw.used, &f, sizeof(f));
	raw.used += sizeof(f);
	EXPECT_AT(*state, &raw, -EBADMSG, 0, raw.used - sizeof(f),
		  "damaged: a frame CONFIG has no 4194305 bytes");
}

static void settings_are_first(void **state)
{
	struct raw raw;

	raw_header(&raw, good_header());
	raw_frame(&raw, SW_CAPTURE_TICK, &one, sizeof(one));
	EXPECT_AT(*state, &raw, -EBADMSG, 0, raw.at[0], "damaged: no settings");
}

static void nothing_follows_the_end(void **state)
{
	struct raw raw = good();
	size_t end = raw.used;

	raw_frame(&raw, SW_CAPTURE_TICK, &one, sizeof(one));
	EXPECT_AT(*state, &raw, -EBADMSG, GOOD_STEPS, end, "damaged: something follows the end");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_BENCH(the_good_one_is_good),	WITH_BENCH(cut_anywhere),
		WITH_BENCH(any_byte_is_another),	WITH_BENCH(a_frame_is_missing_or_moved),
		WITH_BENCH(compressed_and_spoiled),	WITH_BENCH(no_capture),
		WITH_BENCH(another_version_or_machine), WITH_BENCH(another_abi),
		WITH_BENCH(a_header_that_lies),		WITH_BENCH(frames_that_lie),
		WITH_BENCH(lengths_that_lie),		WITH_BENCH(settings_are_first),
		WITH_BENCH(nothing_follows_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
