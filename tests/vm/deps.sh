#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Installs what the VM harness and the scenarios need on Debian 12 or 13. Does nothing when all is there.
# usage: deps.sh [all|image|list]     image: not QEMU, only what the native lab and the demo need;
#                                     list: prints the packages' names
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=common.sh
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"

PACKAGES=(debian-archive-keyring mmdebstrap python3 python3-yaml squashfs-tools util-linux)
VM_PACKAGES=(cpio kmod xz-utils)
QEMU=(qemu-system-x86 qemu-system-common qemu-system-data)
QEMU_SOURCES=(src:qemu src:seabios src:ipxe)

# QEMU 7.2, which bookworm has, makes kernels from 6.12 on panic now and then under TCG.
QEMU_MAJOR=10

WHAT=${1:-all}
case $WHAT in
all) PACKAGES+=("${VM_PACKAGES[@]}") ;;
image) QEMU_MAJOR=0 ;;
list)
	printf '%s\n' "${PACKAGES[@]}" "${VM_PACKAGES[@]}" qemu-system-x86
	exit 0
	;;
*) die 'usage: deps.sh [all|image|list]' ;;
esac

export DEBIAN_FRONTEND=noninteractive

installed() {
	[[ $(dpkg-query -W -f '${Status}' "$1" 2>/dev/null) == 'install ok installed' ]]
}

qemu_major() {
	{ qemu-system-x86_64 --version 2>/dev/null || true; } | sed -n 's/.*version \([0-9]*\)\..*/\1/p'
}

# Daemons must not start on the developer's machine. An existing policy is left in place if it
# forbids already, and put back otherwise.
POLICY=/usr/sbin/policy-rc.d
SAVED=
forbid_daemons() {
	if [[ -e $POLICY ]]; then
		local rc=0
		"$POLICY" sidewatch-deps start >/dev/null 2>&1 || rc=$?
		((rc == 101)) && return 0
		SAVED=$(mktemp -d)
		cp -a "$POLICY" "$SAVED/"
	fi
	trap allow_daemons EXIT
	trap 'exit 130' INT TERM HUP
	printf '#!/bin/sh\nexit 101\n' >"$POLICY.sidewatch"
	chmod 755 "$POLICY.sidewatch"
	mv "$POLICY.sidewatch" "$POLICY"
}

allow_daemons() {
	if [[ $SAVED ]]; then
		cp -a "$SAVED/policy-rc.d" "$POLICY"
		rm -rf "$SAVED"
	else
		rm -f "$POLICY"
	fi
}

install() {
	local log
	log=$(mktemp)
	if ! apt-get -qq -y -o DPkg::Lock::Timeout=600 -o Dpkg::Use-Pty=0 --no-install-recommends "$@" >"$log" 2>&1; then
		cat "$log" >&2
		rm -f "$log"
		die 'apt-get failed'
	fi
	rm -f "$log"
}

# Backports beside the machine's own sources, for this one call, and for QEMU's packages only.
install_backported_qemu() {
	local dir=$CACHE/apt-backports suite
	suite=$(own_suite)
	mkdir -p "$dir/lists/partial" "$dir/parts"
	if [[ -d /etc/apt/sources.list.d ]]; then
		cp -a /etc/apt/sources.list.d/. "$dir/parts/"
	fi
	[[ ! -e /etc/apt/sources.list ]] || cp /etc/apt/sources.list "$dir/parts/own.list"
	sources_of "$suite-backports" >"$dir/sources.list"
	{
		printf 'Package: %s\nPin: release n=%s-backports\nPin-Priority: 900\n\n' \
			"${QEMU_SOURCES[*]}" "$suite"
		printf 'Package: *\nPin: release n=%s-backports\nPin-Priority: -1\n' "$suite"
	} >"$dir/preferences"
	local options=(-o "Dir::Etc::SourceList=$dir/sources.list" -o "Dir::Etc::SourceParts=$dir/parts"
		-o "Dir::Etc::Preferences=$dir/preferences" -o "Dir::State::Lists=$dir/lists")
	apt-get -qq "${options[@]}" update
	install "${options[@]}" install "${QEMU[@]}"
}

missing=()
for package in "${PACKAGES[@]}"; do
	installed "$package" || missing+=("$package")
done
major=$(qemu_major)
if ((${#missing[@]} == 0 && ${major:-0} >= QEMU_MAJOR)); then
	exit 0
fi
((EUID == 0)) || die "missing: ${missing[*]} qemu-system-x86 >= $QEMU_MAJOR; run as root to install"
forbid_daemons
apt-get -qq -o DPkg::Lock::Timeout=600 update
if ((${#missing[@]})); then
	say "installing ${missing[*]}"
	install install "${missing[@]}"
fi
if ((${major:-0} < QEMU_MAJOR)); then
	candidate=$(apt-cache policy qemu-system-x86 | sed -n 's/ *Candidate: *\([0-9]*:\)\?\([0-9]*\).*/\2/p')
	if ((${candidate:-0} >= QEMU_MAJOR)); then
		say 'installing QEMU'
		install install "${QEMU[@]}"
	else
		say 'installing QEMU from backports'
		install_backported_qemu
	fi
fi
major=$(qemu_major)
((${major:-0} >= QEMU_MAJOR)) || die "QEMU is ${major:-missing}, at least $QEMU_MAJOR is needed"
