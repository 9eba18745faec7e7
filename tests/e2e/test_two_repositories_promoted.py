"""Two real repositories, of code and of config: a push to either is promoted, by jobs that really run.

The stages are of the small shape. Only GitLab starts the pipeline of the code after that of the config; here
it is the test, with the same source.
"""

import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
import small_shape
from checkout import GIT, HOME, Checkout
from ci_local import installed, named, needs_node
from local_pipeline import LocalPipeline

pytestmark = [pytest.mark.prove, pytest.mark.timeout(3600), needs_node]

PROJECT = "cloud/stagegate"


@dataclass(frozen=True)
class Two:
    """The repositories, and the pipelines of each."""

    code: Checkout
    config: Path
    of_code: LocalPipeline
    of_config: LocalPipeline

    def commit(self, message: str) -> None:
        """Commit the config as it is."""
        subprocess.run(
            (*GIT, "commit", "--quiet", "--all", "--message", message), cwd=self.config, check=True
        )

    def heads(self) -> tuple[str, str]:
        """The newest commits, of the code and of the config."""
        return head(self.code.path), head(self.config)

    def verified(self) -> list[tuple[str, tuple[str, str]]]:
        """Each verified attempt: its stage, and the commits of its release."""
        listed = self.code.promote("releases", "-o", "json", expect=0).document["releases"]
        commits = {one["id"]: (one["commit"], one["config_revision"]) for one in listed}
        attempts = self.code.history()
        assert {one["outcome"] for one in attempts} == {"verified"}, attempts
        return [(one["stage"], commits[one["release"]]) for one in attempts]


def head(repository: Path) -> str:
    argv = ("git", "rev-parse", "HEAD")
    return subprocess.run(argv, cwd=repository, capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Two]:
    program = installed(tmp_path_factory.mktemp("gitlab-ci-local"))
    config = HOME / "two-repositories-config"
    with closing(Checkout("two-repositories").fresh()) as code:
        shutil.rmtree(config, ignore_errors=True)
        named(code.path)
        code.promote("init", "config", str(config), "--code", PROJECT, expect=0)
        named(config)
        # Where jobs clone the code from: an address below which each project is.
        served = tmp_path_factory.mktemp("server")
        (served / PROJECT).parent.mkdir()
        (served / f"{PROJECT}.git").symlink_to(code.path / ".git")
        variables = {"STAGEGATE_SITE": str(code.site), "STAGEGATE_CONFIG": f"file://{config}"}
        protected = {"CI_SERVER_URL": f"file://{served}", "CI_COMMIT_REF_PROTECTED": "true", **variables}
        two = Two(
            code,
            config,
            LocalPipeline(program, code.path, variables, code.environment()),
            LocalPipeline(program, config, protected, code.environment()),
        )
        yield two
        two.of_code.clear()
        two.of_config.clear()
    shutil.rmtree(config)


def test_a_change_of_code_and_then_one_of_config_alone_go_from_dev_to_staging(two: Two) -> None:
    small_shape.cut(two.config)
    for stage in (two.config / "stages").glob("*.yaml"):
        stage.write_text(re.sub(r"^gates: .*$", "gates: [smoke]", stage.read_text(), flags=re.MULTILINE))
    two.commit("The small shape, and smoke alone")
    first = two.heads()
    for stage in ("dev", "staging"):
        two.of_code.promotes(stage, source="push")
    assert two.verified() == [("dev", first), ("staging", first)]

    roles = two.config / "roles.yaml"
    before = roles.read_text()
    roles.write_text(before.replace("queue_timeout: 30s", "queue_timeout: 29s"))
    assert roles.read_text() != before
    two.commit("Requests wait a little less")
    second = two.heads()
    two.of_config.passes("check-each-stage")
    for stage in ("dev", "staging"):
        two.of_code.promotes(stage, source="pipeline")
    assert second[0] == first[0]
    assert two.verified()[2:] == [("dev", second), ("staging", second)]
