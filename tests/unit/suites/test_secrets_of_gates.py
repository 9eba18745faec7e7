"""What a gate says when its clients' secrets can't be had."""

import json
from pathlib import Path
from typing import Any

from suites_sample import Sample

LEFT = "components/left/test_smoke.py"


def test_while_a_store_of_secrets_is_away_no_check_of_a_client_fails(
    sample: Sample, target_document: dict[str, Any], tmp_path: Path
) -> None:
    away = f"echo asked >> {tmp_path}/asked; echo it is sealed >&2; exit 75"
    program = {"program": ["sh", "-c", away, "vault:kv/prod#admin"], "passed_on": "STAGEGATE_SECRET_ADMIN"}
    target_document["secrets"]["admin_password"] = program
    (sample.code / "target.json").write_text(json.dumps(target_document))
    sample.write(
        LEFT,
        "def test_one(clients): clients.run(['true'], within=5)\n"
        "def test_two(clients): clients.run(['true'], within=5)\n"
        "def test_without(): pass\n",
    )
    ran = sample.gate()
    assert ran.outcomes == {
        "left/-/one": "inconclusive",
        "left/-/two": "inconclusive",
        "left/-/without": "passed",
    }
    told = "vault:kv/prod#admin: a secret of the target can't be read for now: it is sealed"
    assert (ran.seen["one"], ran.seen["two"]) == (told, told)
    assert (tmp_path / "asked").read_text() == "asked\n"
