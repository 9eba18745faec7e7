#!/usr/bin/env bash
# Regenerates the locks of our own environment from requirements/*.in (newest versions that fit).
# The locks of the OpenStack releases are another matter: stages/machine/images/lock.sh.
set -euo pipefail
cd "$(dirname "$0")/.."
export UV_SYSTEM_CERTS=true
for name in requirements/runtime requirements/dev; do
  .venv/bin/uv pip compile --quiet --upgrade --python-version 3.11 --generate-hashes --no-header --no-annotate \
    "$name.in" -o "$name.txt"
done
