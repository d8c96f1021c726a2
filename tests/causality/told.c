// SPDX-License-Identifier: Apache-2.0
/* told CAPTURE: the connections that go out in a capture, and their outcomes, a JSON line each. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "decode/decode.h"
#include "ring/reader.h"
#include "sidewatch/incident.h"

static json_t *end_json(const struct sw_flow *flow, enum sw_side side)
{
	char addr[SW_ADDR_BYTES];

	return json_pack("[si]", sw_flow_addr(addr, flow, side), sw_flow_port(flow, side));
}

/* How sure the root is: what lies deeper cannot be surer than it. */
static const char *root_confidence(const struct sw_origin *o)
{
	if (o->depth > 1 && !(o->flags & SW_ORIGIN_ROOT_EXACT))
		return sw_confidence_name(SW_CONFIDENCE_SERVICE);
	return sw_confidence_name(o->confidence);
}

static void print(const struct sw_record *h, const struct sw_flow *out)
{
	const struct sw_origin *o = &h->origin;
	json_t *candidates = json_array(), *line;

	for (unsigned int i = 0; i < o->nflows; i++)
		json_array_append_new(candidates, end_json(&o->in[i], SW_REMOTE));
	line = json_pack("{ss sI ss# so so ss si so so}", "kind", sw_kind_name(h->kind), "cookie",
			 (json_int_t)out->cookie, "comm", h->task.comm,
			 (int)strnlen(h->task.comm, sizeof(h->task.comm)), "from",
			 end_json(out, SW_LOCAL), "to", end_json(out, SW_REMOTE), "confidence",
			 root_confidence(o), "depth", (int)o->depth, "root",
			 end_json(&o->rootflow, SW_REMOTE), "candidates", candidates);
	if (!line || json_dumpf(line, stdout, JSON_COMPACT) || puts("") < 0)
		exit(1);
	json_decref(line);
}

static void take(const struct sw_record *h)
{
	if (h->kind == SW_KIND_CONNECT)
		print(h, &((const struct sw_rec_connect *)h)->out);
	if (h->kind == SW_KIND_OUTCOME)
		print(h, &((const struct sw_rec_outcome *)h)->out);
}

int main(int argc, char **argv)
{
	struct sw_capture_reader *reader = NULL;
	char why[SW_CAPTURE_WHY_BYTES] = "usage: told CAPTURE";
	struct sw_capture_step step;
	const struct sw_record *h;
	int rc = -1;

	if (argc == 2 && !sw_capture_open(argv[1], why, &reader))
		while ((rc = sw_capture_next(reader, &step, why)) > 0)
			if (step.kind == SW_CAPTURE_RECORD && !sw_decode(step.data, step.bytes, &h))
				take(h);
	sw_capture_reader_free(&reader);
	if (rc)
		fprintf(stderr, "told: %s\n", why);
	return rc ? 1 : 0;
}
