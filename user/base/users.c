/* SPDX-License-Identifier: Apache-2.0 */
#include "base/users.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"

#define NSEC_PER_SEC 1000000000ULL
#define FILE_BYTES_MAX (4UL * 1024 * 1024) /* what lies beyond is not read */
#define ENTRIES_MAX 65536UL
#define UNNAMED_BYTES 16 /* "uid 4294967295" */

struct entry {
	uint32_t uid;
	uint32_t order; /* in the file: of several names for a uid the first one counts */
	char name[SW_USERS_NAME_BYTES]; /* "": refused, but it hides later ones */
};

struct sw_users {
	char *path;
	struct entry *entries; /* sorted by uid */
	size_t count;
	bool looked;
	uint64_t looked_ns;
	bool read;
	struct stat seen; /* the file as it was when it was read */
	char unnamed[UNNAMED_BYTES];
};

int sw_users_new(const char *path, struct sw_users **out)
{
	struct sw_users *users = calloc(1, sizeof(*users));

	if (users)
		users->path = strdup(path ? path : "/etc/passwd");
	if (!users || !users->path) {
		free(users);
		return -ENOMEM;
	}
	*out = users;
	return 0;
}

void sw_users_free(struct sw_users **users)
{
	if (!*users)
		return;
	free((*users)->path);
	free((*users)->entries);
	free(*users);
	*users = NULL;
}

static bool is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool sw_users_is_name(const char *text, size_t bytes)
{
	bool only_digits = true;

	if (bytes == 0 || bytes >= SW_USERS_NAME_BYTES || !(is_alnum(text[0]) || text[0] == '_'))
		return false;
	for (size_t i = 0; i < bytes; i++) {
		if (!text[i] || (!is_alnum(text[i]) && !strchr("._-@+$", text[i])))
			return false;
		only_digits = only_digits && text[i] >= '0' && text[i] <= '9';
	}
	return !only_digits;
}

/* Decimal digits up to a colon; false for anything else and for what does not fit. */
static bool parse_uid(const char *text, const char *end, uint32_t *out)
{
	uint64_t value = 0;
	const char *p = text;

	for (; p < end && *p >= '0' && *p <= '9' && value <= UINT32_MAX; p++)
		value = value * 10 + (uint64_t)(*p - '0');
	if (p == text || p == end || *p != ':' || value > UINT32_MAX)
		return false;
	*out = (uint32_t)value;
	return true;
}

/* name:password:uid:… without its newline. False if there is no uid in it. */
static bool parse_line(const char *line, const char *end, struct entry *out)
{
	const char *name_end = memchr(line, ':', (size_t)(end - line));
	const char *password_end;
	size_t bytes;

	if (!name_end)
		return false;
	password_end = memchr(name_end + 1, ':', (size_t)(end - name_end - 1));
	if (!password_end || !parse_uid(password_end + 1, end, &out->uid))
		return false;
	bytes = (size_t)(name_end - line);
	/* "+" and "-" lines are directions for NIS, not users. */
	if (bytes && (line[0] == '+' || line[0] == '-'))
		return false;
	memset(out->name, 0, sizeof(out->name));
	if (sw_users_is_name(line, bytes))
		memcpy(out->name, line, bytes);
	return true;
}

static int by_uid(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->uid != y->uid)
		return x->uid < y->uid ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

static int parse(struct sw_users *users, const char *text, size_t bytes)
{
	sw_autofree struct entry *entries = NULL;
	const char *end = text + bytes;
	size_t count = 0, room = 0;

	for (const char *line = text; line < end && count < ENTRIES_MAX;) {
		const char *line_end = memchr(line, '\n', (size_t)(end - line));

		if (!line_end)
			line_end = end;
		if (count == room) {
			size_t more = room ? room * 2 : 64;
			struct entry *grown = realloc(entries, more * sizeof(*grown));

			if (!grown)
				return -ENOMEM;
			entries = grown;
			room = more;
		}
		if (parse_line(line, line_end, &entries[count])) {
			entries[count].order = (uint32_t)count;
			count++;
		}
		line = line_end + 1;
	}
	if (count)
		qsort(entries, count, sizeof(*entries), by_uid);
	free(users->entries);
	users->entries = SW_TAKE_PTR(entries);
	users->count = count;
	return 0;
}

static int read_file(struct sw_users *users)
{
	sw_autofree char *text = NULL;
	/* Not blocking: should the file be a FIFO, there is no waiting for a writer. */
	sw_autoclose int fd = open(users->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	size_t room, used = 0;
	ssize_t n = 1;
	int rc;

	if (fd < 0 || fstat(fd, &st))
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	room = st.st_size < (off_t)FILE_BYTES_MAX ? (size_t)st.st_size : FILE_BYTES_MAX;
	text = malloc(room + 1);
	if (!text)
		return -ENOMEM;
	while (used < room && n > 0) {
		n = read(fd, text + used, room - used);
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0)
			used += (size_t)n;
		else if (n < 0)
			n = 1;
	}
	rc = parse(users, text, used);
	if (rc)
		return rc;
	users->seen = st;
	users->read = true;
	return 0;
}

static bool is_changed(const struct sw_users *users, const struct stat *now)
{
	const struct stat *was = &users->seen;

	return !users->read || was->st_dev != now->st_dev || was->st_ino != now->st_ino ||
	       was->st_size != now->st_size || was->st_mtim.tv_sec != now->st_mtim.tv_sec ||
	       was->st_mtim.tv_nsec != now->st_mtim.tv_nsec ||
	       was->st_ctim.tv_sec != now->st_ctim.tv_sec ||
	       was->st_ctim.tv_nsec != now->st_ctim.tv_nsec;
}

static void look(struct sw_users *users, uint64_t now_ns)
{
	struct stat st;

	if (users->looked && now_ns - users->looked_ns < NSEC_PER_SEC)
		return;
	users->looked = true;
	users->looked_ns = now_ns;
	/* A failure is no news: the names of before stay, and the next look tries again. */
	if (!stat(users->path, &st) && is_changed(users, &st))
		(void)read_file(users);
}

const char *sw_users_name(struct sw_users *users, uint32_t uid, uint64_t now_ns)
{
	size_t low = 0, high;

	look(users, now_ns);
	high = users->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (users->entries[middle].uid < uid)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < users->count && users->entries[low].uid == uid && users->entries[low].name[0])
		return users->entries[low].name;
	snprintf(users->unnamed, sizeof(users->unnamed), "uid %u", uid);
	return users->unnamed;
}
