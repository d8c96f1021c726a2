#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Builds the root file system that all VMs and the native lab share; prints its directory:
#   root/ (read only by convention: the native lab's lower layer)  root.squashfs (the VM's disk)
# It holds the release that runs here, because programs built here run in it. Cached by its packages.
# SIDEWATCH_SUITE=trixie makes it another release, to try a program in that one's user space.
# usage: image.sh [PACKAGE...]     adds packages to those of the file `packages`
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$HERE/common.sh"

SUITE=${SIDEWATCH_SUITE:-$(own_suite)}
mapfile -t PACKAGES < <({
	sed '/^#/d' "$HERE/packages"
	printf '%s\n' "$@"
} | sed '/^$/d' | sort -u)
for package in "${PACKAGES[@]}"; do
	[[ $package =~ ^[a-z0-9][a-z0-9+.-]+$ ]] || die "'$package' is no package name"
done
KEY=$({
	printf '%s\n' "$SUITE" "${PACKAGES[@]}"
	cat "$HERE/image.sh"
} | sha256sum | cut -c 1-16)
DIR=$CACHE/image-$SUITE-$KEY

# The image is the same on every machine and for every run: no host keys, no machine's name.
clean_root() {
	local root=$1
	rm -f "$root"/etc/ssh/ssh_host_* "$root/etc/hostname" "$root/etc/resolv.conf"
	rm -rf "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/* "$root"/usr/share/{doc,man,info,locale}
	: >"$root/etc/machine-id"
	printf '127.0.0.1 localhost\n' >"$root/etc/hosts"
}

build() {
	local work
	[[ ! -e $DIR/root.squashfs ]] || return 0
	((EUID == 0)) || die 'building the image needs root'
	work=$(mktemp -d "$CACHE/.image.XXXXXX")
	trap 'rm -rf "$work"' EXIT
	say "building the image ($SUITE, ${#PACKAGES[@]} packages): about a minute"
	sources_of "$SUITE" >"$work/sources.list"
	if ! mmdebstrap --variant=minbase --quiet --aptopt='APT::Install-Recommends "false"' \
		--include="$(IFS=,; echo "${PACKAGES[*]}")" "$SUITE" "$work/root" "$work/sources.list" \
		>"$work/log" 2>&1 </dev/null; then
		tail -n 20 "$work/log" >&2
		die 'mmdebstrap failed'
	fi
	clean_root "$work/root"
	if ! mksquashfs "$work/root" "$work/root.squashfs" -comp lz4 -quiet -no-progress >"$work/log" 2>&1; then
		tail -n 20 "$work/log" >&2
		die 'mksquashfs failed'
	fi
	chmod 755 "$work"
	mv "$work" "$DIR"
	trap - EXIT
}

locked image build
printf '%s\n' "$DIR"
