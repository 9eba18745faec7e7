#!/usr/bin/env bash
# Leaves no container, network, volume, image or file of this checkout's site (or of STAGEGATE_SITE) behind.
set -euo pipefail
cd "$(dirname "$0")/.."

site=${STAGEGATE_SITE:-.stagegate}
[ -e "$site" ] || exit 0
if [ ! -e "$site/site.json" ] && [ ! -e "$site/ledger.sqlite" ]; then
  echo "clean-lab: $site holds no site of Stagegate, so nothing was removed; look at STAGEGATE_SITE" >&2
  exit 2
fi
if [ ! -x .venv/bin/promote ]; then
  echo "clean-lab: .venv/bin/promote is missing, and it takes the lab down; run: make setup" >&2
  exit 2
fi
.venv/bin/promote lab down --site "$site"
rm -rf "$site"
