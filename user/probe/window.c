/* SPDX-License-Identifier: Apache-2.0 */
#include "probe/window.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>

/* Entries read at once; the kernel wants room for the fullest bucket (ENOSPC), so it can grow. */
#define BATCH 1024
#define BATCH_MAX 1048576

/* The map's value (bpf/edge.h). */
struct counted {
	uint64_t first_ns;
	uint64_t flows;
};

struct sw_window {
	int now_fd; /* which table is in use */
	int tables[2];
	unsigned int current;
	uint64_t start_ns;
	uint64_t flows;
	sw_window_handler handler;
	void *ctx;
	size_t batch;
	struct sw_edge *edges;
	struct counted *counted;
	struct sw_rec_edge_count record;
};

static int make_room(struct sw_window *window, size_t batch)
{
	struct sw_edge *edges = reallocarray(window->edges, batch, sizeof(*edges));
	struct counted *counted = reallocarray(window->counted, batch, sizeof(*counted));

	if (edges)
		window->edges = edges;
	if (counted)
		window->counted = counted;
	if (!edges || !counted)
		return -ENOMEM;
	window->batch = batch;
	return 0;
}

int sw_window_open(const struct sw_probe_set *set, uint64_t now_ns, sw_window_handler handler,
		   void *ctx, struct sw_window **out)
{
	struct sw_window *window = calloc(1, sizeof(*window));
	int err;

	if (!window)
		return -ENOMEM;
	window->now_fd = sw_probe_set_map_fd(set, "sw_edges_now");
	window->tables[0] = sw_probe_set_map_fd(set, "sw_edges_even");
	window->tables[1] = sw_probe_set_map_fd(set, "sw_edges_odd");
	window->start_ns = now_ns;
	window->handler = handler;
	window->ctx = ctx;
	err = make_room(window, BATCH);
	if (!err && (window->now_fd < 0 || window->tables[0] < 0 || window->tables[1] < 0))
		err = -ENOENT;
	if (err) {
		sw_window_free(&window);
		return err;
	}
	*out = window;
	return 0;
}

void sw_window_free(struct sw_window **window)
{
	struct sw_window *w = *window;

	if (!w)
		return;
	free(w->edges);
	free(w->counted);
	free(w);
	*window = NULL;
}

/* What an edge says of the task that made its flows. */
static void fill_task(struct sw_task *task, const struct sw_edge *edge)
{
	*task = (struct sw_task){.cgroup = edge->cgroup, .cred.euid = edge->euid};
}

static void hand_over(struct sw_window *window, size_t n, uint64_t end_ns)
{
	struct sw_rec_edge_count *record = &window->record;

	for (size_t i = 0; i < n; i++) {
		record->h.version = SW_ABI_VERSION;
		record->h.kind = SW_KIND_EDGE_COUNT;
		record->h.size = sizeof(*record);
		record->h.time_ns = end_ns;
		fill_task(&record->h.task, &window->edges[i]);
		record->edge = window->edges[i];
		record->start_ns = window->start_ns;
		record->first_ns = window->counted[i].first_ns;
		record->flows = window->counted[i].flows;
		window->flows += record->flows;
		window->handler(window->ctx, record, sizeof(*record));
	}
}

/* Takes all that is in the table, which nobody writes to any more. */
static int take(struct sw_window *window, int table, uint64_t end_ns)
{
	uint32_t place; /* the kernel's mark of how far it has come */
	void *from = NULL;

	for (;;) {
		uint32_t n = (uint32_t)window->batch;
		int err = bpf_map_lookup_and_delete_batch(table, from, &place, window->edges,
							  window->counted, &n, NULL);

		if (err == -ENOSPC && window->batch < BATCH_MAX) {
			err = make_room(window, 2 * window->batch);
			if (err)
				return err;
			continue;
		}
		if (err && err != -ENOENT)
			return err;
		hand_over(window, n, end_ns);
		if (err == -ENOENT)
			return 0; /* that was all */
		from = &place;
	}
}

int sw_window_end(struct sw_window *window, uint64_t now_ns)
{
	int old = window->tables[window->current];
	uint32_t zero = 0;
	int err;

	err = bpf_map_update_elem(window->now_fd, &zero, &window->tables[!window->current],
				  BPF_ANY);
	if (err)
		return err;
	window->current = !window->current;
	err = take(window, old, now_ns);
	window->start_ns = now_ns;
	return err;
}

uint64_t sw_window_flows(const struct sw_window *window)
{
	return window->flows;
}
