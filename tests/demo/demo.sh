#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Plays a real pivot, A -> H -> B by ssh, between three network namespaces of its own, and lets
# Sidewatch, which sees H's alone, show the incident. Leaves nothing behind. Exit code 0: shown.
# usage: demo.sh [SIDEWATCH]
set -euo pipefail
TREE=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
SIDEWATCH=$(realpath -m "${1:-$TREE/.output/sidewatch}")

((EUID == 0)) || { echo 'demo: this needs root: sudo make demo' >&2; exit 1; }
[[ -x $SIDEWATCH ]] || { echo "demo: there is no $SIDEWATCH: run make first" >&2; exit 1; }
"$TREE/tests/vm/deps.sh" image
image=$("$TREE/tests/vm/image.sh") # takes a minute the first time
width=$(tput cols 2>/dev/null || echo 120)

"$TREE/tests/scenarios/lab/enter" "$image/root" "$TREE" "program=$(dirname "$SIDEWATCH")" -- \
	env PYTHONPATH=/payload/tests/scenarios PYTHONDONTWRITEBYTECODE=1 \
	/usr/bin/python3 /payload/tests/demo/demo.py "/outside/program/${SIDEWATCH##*/}" "$EPOCHREALTIME" "$width"
