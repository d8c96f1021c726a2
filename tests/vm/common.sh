# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# What the VM scripts share: the cache, and apt with sources of its own. Sourced, not run.

CACHE=${SIDEWATCH_CACHE:-${XDG_CACHE_HOME:-/var/cache}/sidewatch-vm}
mkdir -p "$CACHE"

die() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

say() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
}

# own_suite: the code name of the Debian release that runs here.
own_suite() {
	local ID='' VERSION_CODENAME=''
	# shellcheck source=/dev/null
	. /etc/os-release
	[[ $ID == debian && $VERSION_CODENAME ]] || die "this needs Debian, not '$ID'"
	printf '%s\n' "$VERSION_CODENAME"
}

# mirror_of LABEL: the address this machine's apt uses for Debian's archive with that label.
# No address is written here, so that whatever the machine was told to use is used.
mirror_of() {
	local uri
	uri=$(known_mirrors "$1")
	if [[ ! $uri ]]; then # labels are known only once the indexes are there
		apt-get -qq update >&2 || return 1
		uri=$(known_mirrors "$1")
	fi
	printf '%s\n' "$uri"
}

known_mirrors() {
	# shellcheck disable=SC2016 # these are apt's variables
	apt-get indextargets --format '$(LABEL)|$(REPO_URI)' 'Created-By: Packages' |
		sed -n "s/^$1|//p" | sort -u | sed -n 1p
}

# sources_of SUITE: sources.list lines for SUITE, and for its security updates where it has them.
sources_of() {
	local suite=$1 main security key=/usr/share/keyrings/debian-archive-keyring.gpg
	main=$(mirror_of Debian)
	[[ $main ]] || die "apt's own sources name no Debian mirror"
	printf 'deb [signed-by=%s] %s %s main\n' "$key" "$main" "$suite"
	security=$(mirror_of Debian-Security)
	if [[ $security && $suite != sid && $suite != *-backports ]]; then
		printf 'deb [signed-by=%s] %s %s-security main\n' "$key" "$security" "$suite"
	fi
}

# private_apt DIR TOOL ARGUMENTS: apt-get or apt-cache with DIR/sources.list alone: indexes and
# downloads stay below DIR, and the machine's own apt state is neither read nor changed.
private_apt() {
	local dir=$1 tool=$2
	shift 2
	mkdir -p "$dir/lists/partial" "$dir/archives/partial"
	[[ -e $dir/status ]] || : >"$dir/status"
	"$tool" -o Dir::Etc::SourceList="$dir/sources.list" -o Dir::Etc::SourceParts=/dev/null \
		-o Dir::Etc::Preferences=/dev/null -o Dir::Etc::PreferencesParts=/dev/null \
		-o Dir::State::Lists="$dir/lists" -o Dir::State::status="$dir/status" \
		-o Dir::Cache="$dir" -o Dir::Cache::archives="$dir/archives" \
		-o APT::Sandbox::User=root -o APT::Install-Recommends=false "$@"
}

# locked NAME COMMAND: runs COMMAND while no other process holds NAME in this cache.
locked() {
	local name=$1
	shift
	(
		flock 9
		"$@" 9>&-
	) 9>"$CACHE/.$name.lock"
}
