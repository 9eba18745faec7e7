#!/usr/bin/env bash
# Makes .venv hold exactly what requirements/dev.txt locks, and `promote` from this checkout.
set -euo pipefail
cd "$(dirname "$0")/.."

# Trust what this machine trusts: its certificates may include a company's proxy CA, which pip and uv do not know.
export UV_SYSTEM_CERTS=true
export PIP_CERT="${PIP_CERT:-/etc/ssl/certs/ca-certificates.crt}"

uv_version=$(sed -n 's/^uv==\([^ ;]*\).*/\1/p' requirements/dev.txt)
stamp=.venv/stagegate-environment
state=$(cat requirements/dev.txt pyproject.toml setup/dependencies.py <(pwd) | sha256sum | cut -d' ' -f1)
[ "$(cat "$stamp" 2>/dev/null)" = "$state" ] && exit 0

[ -x .venv/bin/python ] || python3 -m venv .venv
[ -x .venv/bin/uv ] || .venv/bin/python -m pip install --quiet --disable-pip-version-check "uv==$uv_version"
.venv/bin/uv pip sync --quiet --require-hashes requirements/dev.txt
.venv/bin/uv pip install --quiet --no-deps --no-build-isolation --editable .
echo "$state" >"$stamp"
