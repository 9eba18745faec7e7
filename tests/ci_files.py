"""Reading pipeline files as GitLab does: what is included, with its inputs, and what jobs extend."""

import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from yaml_maps import merged

ROOT = Path(__file__).resolve().parent.parent
GLOBAL = {"stages", "workflow", "default", "variables", "include"}
_INPUT = re.compile(r"\$\[\[ inputs\.([a-z_]+) \]\]")

Pipeline = dict[str, Any]


def component(path: Path, given: Mapping[str, str]) -> Pipeline:
    """The jobs of a component with these inputs, each of which it must know."""
    header, body = path.read_text().split("\n---\n")
    inputs: dict[str, dict[str, Any]] = yaml.safe_load(header)["spec"]["inputs"]
    assert set(given) <= set(inputs), path
    values = {name: given.get(name, spec.get("default")) for name, spec in inputs.items()}
    for name, spec in inputs.items():
        assert spec["description"]
        assert values[name] is not None, f"{path}: {name} must be given"
        assert values[name] in spec.get("options", [values[name]])
    assert set(_INPUT.findall(body)) == set(inputs), f"{path}: each input is used"
    assert yaml.safe_load(body), f"{path}: some versions parse it before they fill in the inputs"
    jobs: Pipeline = yaml.safe_load(_INPUT.sub(lambda found: str(values[found[1]]), body))
    return jobs


def pipeline(path: Path) -> Pipeline:
    """The pipeline of this file with all that it includes from the same project."""
    own: Pipeline = yaml.safe_load(path.read_text())
    included: Pipeline = {}
    for one in own.get("include", []):
        jobs = component(path.parent / one["local"], one.get("inputs", {}))
        assert not set(jobs) & set(included), "two includes have a job of one name"
        included |= jobs
    return {**included, **own}


def whole(found: Pipeline, name: str) -> dict[str, Any]:
    """A job with what it extends and the defaults."""
    job = found[name]
    base = whole(found, job["extends"]) if "extends" in job else found.get("default", {})
    extended: dict[str, Any] = merged(base, {key: value for key, value in job.items() if key != "extends"})
    return extended


def jobs_of(found: Pipeline) -> dict[str, dict[str, Any]]:
    """All jobs that may run."""
    return {name: whole(found, name) for name in found if name not in GLOBAL and not name.startswith(".")}


def needs(job: dict[str, Any]) -> list[dict[str, Any]]:
    """What a job needs; artifacts come with it unless it says otherwise."""
    return [
        {"artifacts": True, "optional": False, **(need if isinstance(need, dict) else {"job": need})}
        for need in job.get("needs", [])
    ]


def require_valid(path: Path) -> None:
    """Fail the test unless GitLab's schema accepts the file."""
    check = ("-m", "check_jsonschema", "--builtin-schema", "vendor.gitlab-ci", path)
    done = subprocess.run((sys.executable, *check), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
