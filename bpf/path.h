/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Absolute paths of files. bpf_d_path() is not allowed in the programs of the core set, so the
 * dentries are walked by hand, from the file up to the root of its topmost mount, filling a buffer
 * from its end.
 */
#ifndef SW_BPF_PATH_H
#define SW_BPF_PATH_H

#include "maps.h"

#include <bpf/bpf_core_read.h>

#define PATH_DEPTH_MAX 48
#define PATH_MASK (SW_PATH_BYTES - 1)

struct path_walk {
	struct dentry *dentry;
	struct vfsmount *vfsmount;
	char *buf; /* two times SW_PATH_BYTES, so that a masked offset plus a name stays inside */
	__u32 pos; /* first byte used; the last byte of the first half stays NUL */
	__u32 cut; /* there was more in front */
};

static __always_inline struct mount *mount_of(struct vfsmount *vfsmount)
{
	return (void *)vfsmount - bpf_core_field_offset(struct mount, mnt);
}

static __always_inline void path_prepend(struct path_walk *w, char c)
{
	if (w->pos) {
		w->pos--;
		w->buf[w->pos & PATH_MASK] = c;
	}
}

/* One component, or one step up through a mount. Returns 1 when the path is whole. */
static long path_step(__u32 i, struct path_walk *w)
{
	struct vfsmount *vfsmount = w->vfsmount;
	struct dentry *dentry = w->dentry;
	struct dentry *parent = BPF_CORE_READ(dentry, d_parent);
	const unsigned char *name;
	__u32 len;

	if (dentry == BPF_CORE_READ(vfsmount, mnt_root)) {
		struct mount *mount = mount_of(vfsmount);
		struct mount *up = BPF_CORE_READ(mount, mnt_parent);

		if (up == mount)
			return 1;
		w->dentry = BPF_CORE_READ(mount, mnt_mountpoint);
		w->vfsmount = (void *)up + bpf_core_field_offset(struct mount, mnt);
		return 0;
	}
	len = BPF_CORE_READ(dentry, d_name.len);
	name = BPF_CORE_READ(dentry, d_name.name);
	if (len > PATH_MASK || len + 1 > w->pos) {
		w->cut = 1;
		return 1;
	}
	w->pos -= len;
	bpf_probe_read_kernel(w->buf + (w->pos & PATH_MASK), len & PATH_MASK, name);
	if (parent == dentry)
		return 1; /* nowhere in a tree: memfd, pipe, a detached mount */
	path_prepend(w, '/');
	w->dentry = parent;
	return 0;
}

/* Writes file's path to out, NUL-terminated; "" when there is no file. */
static __always_inline void path_read(char out[SW_PATH_BYTES], struct file *file)
{
	struct scratch *scratch = scratch_get();
	struct path_walk w = {.pos = PATH_MASK};

	out[0] = 0;
	if (!scratch || !file)
		return;
	w.buf = scratch->path;
	w.buf[PATH_MASK] = 0;
	w.dentry = BPF_CORE_READ(file, f_path.dentry);
	w.vfsmount = BPF_CORE_READ(file, f_path.mnt);
	if (bpf_loop(PATH_DEPTH_MAX, path_step, &w, 0) == PATH_DEPTH_MAX)
		w.cut = 1;
	if (w.cut) {
		/* Give up the oldest bytes for the dots where there is no room for them. */
		if (w.pos < 3)
			w.pos = 3;
		path_prepend(&w, '.');
		path_prepend(&w, '.');
		path_prepend(&w, '.');
	}
	bpf_probe_read_kernel_str(out, SW_PATH_BYTES, w.buf + (w.pos & PATH_MASK));
}

#endif
