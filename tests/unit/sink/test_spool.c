/* SPDX-License-Identifier: Apache-2.0 */
/* Messages on disk: order, restart, bounds, damage. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fixture.h"
#include "sink/spool.h"

#define MIB (1u << 20)

struct place {
	char dir[64];
	char spool[96];
};

static int setup(void **state)
{
	struct place *place = calloc(1, sizeof(*place));

	snprintf(place->dir, sizeof(place->dir), "/tmp/sw-spool-XXXXXX");
	if (!mkdtemp(place->dir))
		return -1;
	snprintf(place->spool, sizeof(place->spool), "%s/a/b", place->dir);
	*state = place;
	return 0;
}

static int teardown(void **state)
{
	char command[96];

	snprintf(command, sizeof(command), "rm -rf %s", ((struct place *)*state)->dir);
	free(*state);
	return system(command);
}

static struct sw_spool *open_spool(const struct place *place, uint64_t bytes)
{
	struct sw_spool *spool = NULL;

	assert_int_equal(sw_spool_open(place->spool, bytes, &spool), 0);
	return spool;
}

static int append(struct sw_spool *spool, unsigned int number, size_t len)
{
	char text[SW_SPOOL_MESSAGE_BYTES + 8];
	const struct iovec message = {text, len};

	memset(text, 'x', sizeof(text));
	text[snprintf(text, 16, "%u", number)] = ' ';
	return sw_spool_append(spool, &message, 1);
}

static void fill(struct sw_spool *spool, unsigned int from, unsigned int to, size_t len)
{
	for (unsigned int i = from; i < to; i++)
		assert_int_equal(append(spool, i, len), 0);
}

/* The next number; -1: none. */
static int next(struct sw_spool *spool, struct sw_spool_mark *mark)
{
	char text[SW_SPOOL_MESSAGE_BYTES];

	return sw_spool_read(spool, text, mark) ? atoi(text) : -1;
}

static void assert_next(struct sw_spool *spool, int from, int to)
{
	struct sw_spool_mark mark;

	for (int i = from; i < to; i++)
		assert_int_equal(next(spool, &mark), i);
}

static void test_first_in_first_out_over_restarts(void **state)
{
	struct sw_spool *spool = open_spool(*state, MIB);
	struct sw_spool_mark mark;

	fill(spool, 0, 100, 3000); /* several segments */
	assert_next(spool, 0, 10);
	assert_int_equal(next(spool, &mark), 10);
	assert_next(spool, 11, 60);
	sw_spool_done(spool, &mark);
	assert_int_equal(sw_spool_count(spool), 89);
	assert_int_equal(sw_spool_unread(spool), 40);
	sw_spool_rewind(spool);
	assert_next(spool, 11, 12);
	sw_spool_free(&spool);
	assert_null(spool);

	spool = open_spool(*state, MIB);
	assert_int_equal(sw_spool_count(spool), 89);
	fill(spool, 100, 110, 10);
	assert_next(spool, 11, 109);
	assert_int_equal(next(spool, &mark), 109);
	assert_int_equal(next(spool, &mark), -1);
	sw_spool_done(spool, &mark);
	assert_int_equal(sw_spool_count(spool), 0);
	assert_int_equal(sw_spool_dropped(spool), 0);
	fill(spool, 110, 111, 10);
	assert_next(spool, 110, 111);
	sw_spool_free(&spool);
	sw_spool_free(&spool);
}

static void test_older_ones_go_before(void **state)
{
	const struct iovec older[] = {{(char[]){"1 a"}, 3}, {(char[]){"2 b"}, 3}};
	struct sw_spool *spool = open_spool(*state, MIB);

	fill(spool, 3, 6, 100);
	assert_int_equal(sw_spool_prepend(spool, older, 2), 0);
	sw_spool_free(&spool);
	spool = open_spool(*state, MIB);
	assert_next(spool, 1, 6);
	sw_spool_free(&spool);
}

static uint64_t disk_bytes(const struct place *place)
{
	DIR *dir = opendir(place->spool);
	struct dirent *entry;
	uint64_t bytes = 0;
	struct stat st;

	while ((entry = readdir(dir)))
		if (fstatat(dirfd(dir), entry->d_name, &st, 0) == 0 && S_ISREG(st.st_mode)) {
			assert_int_equal(st.st_mode & 0777, 0600);
			bytes += (uint64_t)st.st_size;
		}
	closedir(dir);
	return bytes;
}

static void test_the_oldest_go_when_it_is_full(void **state)
{
	struct sw_spool *spool = open_spool(*state, MIB);
	struct sw_spool_mark mark;
	uint64_t dropped;
	int first;

	fill(spool, 0, 5000, 1000);
	assert_true(disk_bytes(*state) <= MIB);
	dropped = sw_spool_dropped(spool);
	assert_int_equal(dropped + sw_spool_count(spool), 5000);
	assert_true(sw_spool_count(spool) > 900);
	first = next(spool, &mark);
	assert_int_equal(first, dropped);
	assert_next(spool, first + 1, 5000);
	sw_spool_free(&spool);

	spool = open_spool(*state, MIB / 4); /* a lower bound than before */
	assert_true(disk_bytes(*state) <= MIB / 4);
	assert_int_equal(sw_spool_count(spool) + sw_spool_dropped(spool), 5000 - dropped);
	sw_spool_free(&spool);
}

/* What is on its way is not dropped under it. */
static void test_what_is_read_stays_until_it_is_done(void **state)
{
	struct sw_spool *spool = open_spool(*state, MIB);
	struct sw_spool_mark mark;

	fill(spool, 0, 10, 1000);
	assert_int_equal(next(spool, &mark), 0);
	fill(spool, 10, 5000, 1000);
	sw_spool_rewind(spool);
	assert_next(spool, 0, 10);
	sw_spool_free(&spool);
}

static void test_what_cannot_be_taken(void **state)
{
	struct sw_spool *spool = open_spool(*state, 20000);

	assert_int_equal(append(spool, 1, SW_SPOOL_MESSAGE_BYTES + 1), -EMSGSIZE);
	assert_int_equal(append(spool, 1, SW_SPOOL_MESSAGE_BYTES), 0);
	sw_spool_free(&spool);
	spool = open_spool(*state, 100);
	assert_int_equal(append(spool, 1, 1000), -ENOBUFS);
	assert_int_equal(sw_spool_dropped(spool), 1); /* the one that was there */
	sw_spool_free(&spool);
}

static void test_one_owner(void **state)
{
	struct sw_spool *spool = open_spool(*state, MIB), *other = NULL;
	struct place *place = *state;

	assert_int_equal(sw_spool_open(place->spool, MIB, &other), -EBUSY);
	sw_spool_free(&spool);
	assert_int_equal(chmod(place->spool, 0777), 0);
	assert_int_equal(sw_spool_open(place->spool, MIB, &other), -EPERM);
	assert_int_equal(sw_spool_open("/dev/null/x", MIB, &other), -ENOTDIR);
	assert_null(other);
}

/* The n-th segment's file, opened. */
static int open_segment(const struct place *place, int n)
{
	struct dirent **names;
	int fd = -1, count = scandir(place->spool, &names, NULL, alphasort);

	for (int i = 0, seen = 0; i < count; i++) {
		char path[400];

		snprintf(path, sizeof(path), "%s/%s", place->spool, names[i]->d_name);
		if (strstr(names[i]->d_name, ".seg") && seen++ == n)
			fd = open(path, O_RDWR | O_CLOEXEC);
		free(names[i]);
	}
	free(names);
	assert_true(fd >= 0);
	return fd;
}

static void test_a_torn_end_costs_its_message(void **state)
{
	struct sw_spool *spool = open_spool(*state, MIB);
	struct sw_spool_mark mark;
	struct stat st;
	int fd;

	fill(spool, 0, 10, 500);
	sw_spool_free(&spool);
	fd = open_segment(*state, 0);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(ftruncate(fd, st.st_size - 1), 0);
	close(fd);

	spool = open_spool(*state, MIB);
	assert_int_equal(sw_spool_dropped(spool), 1);
	assert_int_equal(sw_spool_count(spool), 9);
	fill(spool, 10, 12, 500);
	assert_next(spool, 0, 9);
	assert_next(spool, 10, 12);
	assert_int_equal(next(spool, &mark), -1);
	sw_spool_free(&spool);
}

static void test_a_damaged_segment_does_not_harm_the_next(void **state)
{
	struct sw_spool *spool = open_spool(*state, MIB);
	int fd;

	fill(spool, 0, 60, 5000); /* 64 KiB a segment: 14 messages each */
	sw_spool_free(&spool);
	fd = open_segment(*state, 1);
	assert_int_equal(pwrite(fd, "\xff", 1, 16 + 8 + 100), 1); /* within the first text */
	close(fd);
	fd = open_segment(*state, 2);
	assert_int_equal(pwrite(fd, "not ours", 8, 0), 8);
	close(fd);

	spool = open_spool(*state, MIB);
	assert_int_equal(sw_spool_dropped(spool), 2);
	assert_next(spool, 0, 14);
	assert_next(spool, 42, 60);
	sw_spool_free(&spool);
}

static void test_damage_while_it_is_in_use_is_counted_exactly(void **state)
{
	struct sw_spool *spool = open_spool(*state, MIB);
	struct sw_spool_mark mark;
	int fd;

	fill(spool, 0, 28, 5000);
	assert_next(spool, 0, 3);
	fd = open_segment(*state, 0);
	assert_int_equal(ftruncate(fd, 16 + 5 * 5008 + 7), 0);
	close(fd);
	assert_next(spool, 3, 5);
	assert_int_equal(next(spool, &mark), 14);
	assert_int_equal(sw_spool_dropped(spool), 9);
	sw_spool_rewind(spool);
	assert_next(spool, 0, 5);
	assert_next(spool, 14, 28);
	sw_spool_done(spool, &mark);
	assert_int_equal(sw_spool_count(spool), 13);
	sw_spool_free(&spool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_first_in_first_out_over_restarts, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_older_ones_go_before, setup, teardown),
		cmocka_unit_test_setup_teardown(test_the_oldest_go_when_it_is_full, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_what_is_read_stays_until_it_is_done, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_what_cannot_be_taken, setup, teardown),
		cmocka_unit_test_setup_teardown(test_one_owner, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_torn_end_costs_its_message, setup, teardown),
		cmocka_unit_test_setup_teardown(test_a_damaged_segment_does_not_harm_the_next,
						setup, teardown),
		cmocka_unit_test_setup_teardown(test_damage_while_it_is_in_use_is_counted_exactly,
						setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
