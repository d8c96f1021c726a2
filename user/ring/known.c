// SPDX-License-Identifier: Apache-2.0
#include "ring/known.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "base/users.h"

struct name {
	uint32_t uid;
	char text[SW_USERS_NAME_BYTES];
	UT_hash_handle hh;
};

struct sw_known {
	struct name *by_uid;
};

struct sw_known *sw_known_new(void)
{
	return calloc(1, sizeof(struct sw_known));
}

static void forget_all(struct sw_known *known)
{
	struct name *name, *next;

	HASH_ITER (hh, known->by_uid, name, next) {
		HASH_DEL(known->by_uid, name);
		free(name);
	}
}

void sw_known_free(struct sw_known **known)
{
	if (!*known)
		return;
	forget_all(*known);
	free(*known);
	*known = NULL;
}

static struct name *find(const struct sw_known *known, uint32_t uid)
{
	struct name *name = NULL;

	HASH_FIND(hh, known->by_uid, &uid, sizeof(uid), name);
	return name;
}

static struct name *add(struct sw_known *known, uint32_t uid)
{
	struct name *name;

	if (HASH_COUNT(known->by_uid) >= SW_KNOWN_MAX)
		forget_all(known);
	name = calloc(1, sizeof(*name));
	if (!name)
		return NULL;
	name->uid = uid;
	HASH_ADD(hh, known->by_uid, uid, sizeof(name->uid), name);
	if (!name->hh.tbl) {
		free(name);
		return NULL;
	}
	return name;
}

int sw_known_put(struct sw_known *known, uint32_t uid, const char *text, size_t bytes)
{
	struct name *name = find(known, uid);

	if (name && strlen(name->text) == bytes && !memcmp(name->text, text, bytes))
		return 0;
	if (!name)
		name = add(known, uid);
	if (!name)
		return -ENOMEM;
	memcpy(name->text, text, bytes);
	name->text[bytes] = '\0';
	return 1;
}

const char *sw_known_name(const struct sw_known *known, uint32_t uid)
{
	const struct name *name = find(known, uid);

	return name ? name->text : NULL;
}
