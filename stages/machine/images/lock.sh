#!/usr/bin/env bash
# Regenerates locks/<OpenStack release>.txt from releases.toml and every role's python.txt.
set -euo pipefail
cd "$(dirname "$0")"
uv=../../../.venv/bin/uv
export UV_SYSTEM_CERTS=true
../../../.venv/bin/python - <<'PYTHON' | while IFS=$'\t' read -r release as_of pins; do
import tomllib
for release, entry in tomllib.load(open("releases.toml", "rb")).items():
    print(release, entry["as_of"], " ".join(entry["pins"]), sep="\t")
PYTHON
  cat ../../roles/*/python.txt <(tr ' ' '\n' <<<"$pins") | "$uv" pip compile --quiet --upgrade --exclude-newer "$as_of" \
    --python-version 3.11 --generate-hashes --no-header --no-annotate -o "locks/$release.txt" -
  echo "locked $release as of $as_of: $(grep -c == "locks/$release.txt") distributions"
done
