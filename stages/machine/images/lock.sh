#!/usr/bin/env bash
# Regenerates locks/<OpenStack release>.txt from releases.toml and every role's python.txt: of the releases that are
# named, or of all.
set -euo pipefail
cd "$(dirname "$0")"
uv=../../../.venv/bin/uv
export UV_SYSTEM_CERTS=true
../../../.venv/bin/python - "$@" <<'PYTHON' | while IFS=$'\t' read -r release as_of pins; do
import sys
import tomllib
known = tomllib.load(open("releases.toml", "rb"))
if unknown := set(sys.argv[1:]) - set(known):
    sys.exit(f"not in releases.toml: {', '.join(sorted(unknown))}")
for release in sys.argv[1:] or known:
    print(release, known[release]["as_of"], " ".join(known[release]["pins"]), sep="\t")
PYTHON
  cat ../../roles/*/python.txt <(tr ' ' '\n' <<<"$pins") | "$uv" pip compile --quiet --upgrade --exclude-newer "$as_of" \
    --python-version 3.11 --generate-hashes --no-header --no-annotate -o "locks/$release.txt" -
  echo "locked $release as of $as_of: $(grep -c == "locks/$release.txt") distributions"
done
