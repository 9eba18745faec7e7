#!/usr/bin/env bash
# prove.sh PROOF... -- COMMAND...: runs COMMAND on each proof, a path of tests, in a process of its own.
# What a red or killed proof leaves (a lab that stands, an image, memory) then costs the next one nothing, and the
# figures of one are not measured beside the lab of another. A proof that has passed is left out as long as everything
# but docs/ is committed as it was then, so the same call goes on where the last one was stopped. All that were asked
# for are named at the end. Exits with 1 unless each of them has passed.
set -euo pipefail
cd "$(dirname "$0")/.."

proofs=()
while [ $# -gt 0 ] && [ "$1" != -- ]; do
  proofs+=("$1")
  shift
done
if [ $# -lt 2 ] || [ ${#proofs[@]} -eq 0 ]; then
  echo "usage: prove.sh PROOF... -- COMMAND..." >&2
  exit 2
fi
shift

# Figures are written into docs/ and committed meanwhile; they change nothing of what is proved.
changed=$(git status --porcelain -- . ':!docs')
if [ -n "$changed" ]; then
  printf 'prove: these are not committed, and clones have only what is; commit or stash them:\n%s\n' "$changed" >&2
  exit 2
fi
# A quick look, which a variable asks for, is no proof of the whole.
as_it_is=$({ git ls-tree -r HEAD -- . | grep -v '	docs/'; env | sed -n '/^STAGEGATE_PROVE_/p' | sort; } |
  sha256sum | cut -c1-12)
kept=evidence/prove/$as_it_is
mkdir -p "$kept"

# Exits with 0 if a report of pytest has a test that was not skipped.
has_run() {
  python3 -c '
import sys
import xml.etree.ElementTree as tree
suites = tree.parse(sys.argv[1]).iter("testsuite")
sys.exit(not any(int(one.attrib["tests"]) > int(one.attrib["skipped"]) for one in suites))' "$1"
}

told=()
red=0
for proof in "${proofs[@]}"; do
  name=$(tr / . <<<"${proof%.py}")
  if [ -e "$kept/$name.passed" ]; then
    told+=("passed before  $proof")
    continue
  fi
  if [ ! -e "$proof" ]; then
    told+=("IS NOT THERE   $proof")
    red=1
    continue
  fi
  begun=$SECONDS
  report=$kept/$name.xml
  rm -f "$report"
  code=0
  "$@" --junit-xml "$report" "$proof" </dev/null || code=$?
  if [ "$code" -ne 0 ]; then
    word="RED ($code)"
    red=1
  elif has_run "$report"; then
    touch "$kept/$name.passed"
    word="passed"
  else
    word="ALL SKIPPED"
    red=1
  fi
  told+=("$(printf '%-14s' "$word") $proof, $(((SECONDS - begun) / 60)) min")
done
printf '%s\n' "" "proofs of $as_it_is, evidence in $kept:" "${told[@]}"
exit "$red"
