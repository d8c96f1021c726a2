#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Fetches one kernel of the table `kernels` and prepares it for the VM; prints its directory:
#   vmlinuz  release  initrd (busybox, boot modules, init)  modules.squashfs (all its modules)
# usage: kernel.sh NAME | kernel.sh --list
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$HERE/common.sh"

# What the initrd loads, with all that these depend on.
BOOT_MODULES=(virtio_pci virtio_blk virtio_net virtio_rng squashfs overlay
	bridge veth af_packet inet_diag tcp_diag udp_diag)

table() {
	sed '/^#/d' "$HERE/kernels"
}

[[ ${1-} ]] || die 'usage: kernel.sh NAME | --list'
if [[ $1 == --list ]]; then
	table | cut -f 1
	exit 0
fi
NAME=$1
row=$(table | awk -F '\t' -v name="$NAME" '$1 == name')
[[ $row ]] || die "no kernel '$NAME'; there are: $(table | cut -f 1 | tr '\n' ' ')"
IFS=$'\t' read -r _ SUITE PACKAGE <<<"$row"
DIR=$CACHE/kernel-$NAME

# The packages that hold the files: newer kernels spread them over linux-base, -binary and -modules.
kernel_packages() {
	private_apt "$1" apt-cache depends --recurse --no-recommends --no-suggests --no-enhances \
		--no-breaks --no-conflicts --no-replaces "$PACKAGE" |
		grep -E '^linux-(image|base|binary|modules)-[0-9]' | sort -u
}

fetch() {
	local work=$1 apt=$CACHE/apt-$SUITE deb
	local -a packages
	mkdir -p "$apt"
	sources_of "$SUITE" >"$apt/sources.list"
	private_apt "$apt" apt-get -qq update >&2
	mapfile -t packages < <(kernel_packages "$apt")
	((${#packages[@]})) || die "$SUITE has no $PACKAGE"
	packages+=(busybox-static) # not installed here: it would replace the machine's busybox
	say "fetching ${packages[*]} from $SUITE"
	mkdir -p "$work/debs" "$work/root"
	(cd "$work/debs" && private_apt "$apt" apt-get -qq download "${packages[@]}" >&2)
	for deb in "$work"/debs/*.deb; do
		dpkg-deb -x "$deb" "$work/root"
	done
}

# Moves vmlinuz and the modules out of the packages' trees.
unpack() {
	local work=$1 vmlinuz modules
	vmlinuz=$(find "$work/root" -name 'vmlinuz*' -type f | sort | sed -n 1p)
	[[ $vmlinuz ]] || die "no vmlinuz in the packages of $NAME"
	cp "$vmlinuz" "$work/vmlinuz"
	mkdir -p "$work/tree/lib/modules"
	for modules in "$work"/root/lib/modules "$work"/root/usr/lib/modules; do
		[[ ! -d $modules ]] || cp -al "$modules/." "$work/tree/lib/modules/"
	done
	cp "$(find "$work/root" -path '*/bin/busybox' -type f)" "$work/tree/busybox"
	find "$work/tree/lib/modules" -mindepth 1 -maxdepth 1 -printf '%f\n' >"$work/release"
	[[ $(wc -l <"$work/release") == 1 ]] || die "the packages of $NAME hold not one tree of modules"
	rm -f "$work/tree/lib/modules"/*/{build,source,vmlinuz}
	depmod -b "$work/tree" "$(<"$work/release")"
	mksquashfs "$work/tree/lib/modules" "$work/modules.squashfs" -comp lz4 -quiet -no-progress >&2
}

# The order in which modules load: each line of modprobe is one insmod.
load_order() {
	local tree=$1 release=$2 module
	for module in "${BOOT_MODULES[@]}"; do
		modprobe -d "$tree" -S "$release" --show-depends --ignore-install "$module" ||
			die "kernel $NAME has no module $module"
	done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }'
}

build_initrd() {
	local work=$1 root=$1/initrd.d file target n=0
	mkdir -p "$root"/{bin,proc,sys,dev,modules,new,lower,rw}
	cp "$work/tree/busybox" "$root/bin/busybox"
	install -m 755 "$HERE/init" "$root/init"
	install -m 755 "$HERE/init2" "$root/init2"
	load_order "$work/tree" "$(<"$work/release")" >"$work/order"
	while read -r file; do
		n=$((n + 1))
		target=$root/modules/$(printf '%02d' "$n")-$(basename "${file%.[xg]z}")
		case $file in
		*.xz) xz -dc "$file" >"$target" ;;
		*.gz) gzip -dc "$file" >"$target" ;;
		*) cp "$file" "$target" ;;
		esac
	done <"$work/order"
	(cd "$root" && find . -print0 | cpio --null --quiet -o -H newc) >"$work/initrd"
}

prepare() {
	local key work
	key=$(sha256sum "$HERE/init" "$HERE/init2" "$HERE/kernel.sh" | sha256sum | cut -c 1-16)
	if [[ -e $DIR/key && $(<"$DIR/key") == "$key" ]]; then
		return 0
	fi
	work=$(mktemp -d "$CACHE/.kernel-$NAME.XXXXXX")
	trap 'rm -rf "$work"' EXIT
	if [[ -e $DIR/tree/busybox ]]; then # only the initrd is out of date
		cp -al "$DIR/." "$work/"
		rm -rf "$work"/{initrd,initrd.d,key}
	else
		fetch "$work"
		unpack "$work"
		rm -rf "$work/debs" "$work/root"
	fi
	build_initrd "$work"
	rm -rf "$work/initrd.d"
	printf '%s\n' "$key" >"$work/key"
	rm -rf "$DIR.old"
	[[ ! -e $DIR ]] || mv "$DIR" "$DIR.old"
	mv "$work" "$DIR"
	rm -rf "$DIR.old"
	trap - EXIT
}

locked "kernel-$NAME" prepare
printf '%s\n' "$DIR"
