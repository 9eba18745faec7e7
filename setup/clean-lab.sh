#!/usr/bin/env bash
# Leaves no container, network, volume, image or file of this checkout's site (or of STAGEGATE_SITE) behind.
set -euo pipefail
cd "$(dirname "$0")/.."

site=${STAGEGATE_SITE:-.stagegate}
if [ ! -e "$site" ]; then
  # Whose lab it was, only a label says now.
  echo "clean-lab: there is no $site; labs that have lost their folder: promote lab list" >&2
  exit 0
fi
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
