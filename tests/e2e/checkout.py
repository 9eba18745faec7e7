"""A clone of this repository with a site of its own, used as a person would use it: through its `promote`."""

import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import small_shape

REPOSITORY = Path(__file__).resolve().parents[2]
GIT = ("git", "-c", "user.name=e2e", "-c", "user.email=e2e@stagegate.invalid")
# Fixed places: what a killed run left standing is found again, and taken down, by the next one.
HOME = Path("/var/tmp/stagegate-e2e") / hashlib.sha256(bytes(REPOSITORY)).hexdigest()[:6]  # noqa: S108 - root's own
KEPT = REPOSITORY / "evidence" / "test"  # where CI looks for what the gates of these sites saw
BALANCERS = ("loadbalancer-1", "loadbalancer-2")


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.out)
        return document


def run_program(
    *argv: str | Path,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    timeout: float | None = None,
) -> Done:
    """Run a program to its end, with nothing on its stdin. Raises TimeoutExpired after `timeout` seconds."""
    done = subprocess.run(
        argv,
        cwd=cwd,
        env=env,
        timeout=timeout,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    return Done(done.returncode, done.stdout, done.stderr)


class Checkout:
    """The clone at HOME/<name>. Its `promote` is `program`: that of the environment the tests run in."""

    def __init__(self, name: str) -> None:
        self.path = HOME / name
        self.site = self.path / ".stagegate"
        self.program = REPOSITORY / ".venv/bin/promote"

    def fresh(self) -> "Checkout":
        """Clone again; whatever an earlier run left of it is taken down first.

        Another test run that has this clone is waited for, however long.
        """
        HOME.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.lock = (HOME / f"{self.path.name}.lock").open("w")
        fcntl.flock(self.lock, fcntl.LOCK_EX)
        self.remove()
        subprocess.run((*GIT, "clone", "--quiet", REPOSITORY, self.path), check=True)
        return self

    def on(self, revision: str) -> "Checkout":
        """Go to another revision of the code and the config; the engine stays that of the tests."""
        subprocess.run((*GIT, "checkout", "--quiet", revision), cwd=self.path, check=True)
        return self

    def at(self, revision: str) -> "Checkout":
        """Go back to an earlier revision, engine and all: its own set-up makes its own `promote`."""
        self.on(revision)
        subprocess.run(("make", "setup"), cwd=self.path, env=self.environment(), check=True)
        self.program = self.path / ".venv/bin/promote"
        return self

    def small(self) -> "Checkout":
        """Commit stages of the small shape."""
        small_shape.cut(self.path / "config")
        self.commit("Fewer roles")
        return self

    def with_staging_alone(self) -> "Checkout":
        """Commit a config whose only stage is staging: the whole control plane, highly available, at once."""
        self.edit("config/stagegate.yaml", "  - dev\n", "")
        self.edit("config/stagegate.yaml", "  - prod\n", "")
        for other in ("dev", "prod"):
            (self.path / "config" / "stages" / f"{other}.yaml").unlink()
        self.commit("Only staging")
        return self

    def with_smoke_alone(self) -> "Checkout":
        """Commit stages that have only the smoke gate; the others take their time, and tests of their own."""
        for stage in (self.path / "config" / "stages").glob("*.yaml"):
            stage.write_text(re.sub(r"^gates: .*$", "gates: [smoke]", stage.read_text(), flags=re.MULTILINE))
        self.commit("Only smoke")
        return self

    def with_prod_as_dev(self) -> "Checkout":
        """Commit a prod of dev's shape: who promotes into it is not about its hosts."""
        stages = self.path / "config" / "stages"
        (stages / "prod.yaml").write_text((stages / "dev.yaml").read_text())
        self.commit("Make prod as small as dev")
        return self

    def remove(self) -> None:
        """Take the site's lab down and delete the clone; the evidence of its runs is kept."""
        if self.site.exists():
            self.promote("lab", "down", expect=0)
            self.keep_evidence()
        shutil.rmtree(self.path, ignore_errors=True)

    def keep_evidence(self) -> None:
        """Copy the evidence of all runs, in place of what an earlier test run kept."""
        kept = KEPT / self.path.name
        shutil.rmtree(kept, ignore_errors=True)
        if (self.site / "runs").exists():
            shutil.copytree(self.site / "runs", kept)

    def close(self) -> None:
        """Take it down, and let others have the place."""
        self.remove()
        self.lock.close()

    def environment(self) -> dict[str, str]:
        return {
            name: value for name, value in os.environ.items() if name not in {"STAGEGATE_SITE", "PYTHONPATH"}
        }

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """`promote ARGUMENTS`, not waited for."""
        return subprocess.Popen(
            (self.program, *arguments),
            cwd=self.path,
            env=self.environment(),
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
        )

    def promote(self, *arguments: str, expect: int | None = None, within: float = 1800) -> Done:
        """`promote ARGUMENTS`; an exit code other than `expect` fails with all that it printed."""
        process = self.start(*arguments)
        out, err = process.communicate(timeout=within)
        done = Done(process.returncode, out, err)
        if expect is not None:
            assert done.code == expect, (
                f"promote {' '.join(arguments)} exited {done.code}\n{done.out}\n{done.err}"
            )
        return done

    def history(self) -> list[dict[str, Any]]:
        """All attempts of the site, the oldest first."""
        document = self.promote("history", "-o", "json", expect=0).document
        # An engine of earlier times, which figures are compared with, calls them promotions.
        attempts: list[dict[str, Any]] = document["attempts" if "attempts" in document else "promotions"]
        return attempts

    def edit(self, path: str, old: str, new: str) -> None:
        """Replace text that must be there in a tracked file."""
        file = self.path / path
        text = file.read_text()
        assert old in text, f"{path} no longer has {old!r}"
        file.write_text(text.replace(old, new))

    def commit(self, message: str) -> None:
        subprocess.run((*GIT, "add", "--all"), cwd=self.path, check=True)
        subprocess.run((*GIT, "commit", "--quiet", "--message", message), cwd=self.path, check=True)

    def revert(self) -> None:
        """Commit the state before the last commit."""
        subprocess.run((*GIT, "revert", "--no-edit", "HEAD"), cwd=self.path, check=True, capture_output=True)

    def target_path(self, stage: str) -> Path:
        return self.site / "stages" / stage / "target.json"

    def target(self, stage: str) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.target_path(stage).read_text())
        return document

    def run_on(self, stage: str, host: str, script: str) -> Done:
        """How a shell script on a host of the stage ended."""
        config = self.site / "stages" / stage / "ssh_config"
        return run_program("ssh", "-F", config, host, script, timeout=120)

    def ssh(self, stage: str, host: str, script: str) -> str:
        """What a shell script on a host of the stage prints; its failure fails the test."""
        done = self.run_on(stage, host, script)
        assert done.code == 0, f"{host}: {script}: {done.err or done.out}"
        return done.out

    def openstack(self, stage: str, *arguments: str) -> Done:
        """`openstack ARGUMENTS` inside the stage, as its administrator; its failure fails the test."""
        return self.promote("lab", "exec", "--stage", stage, "--", "openstack", *arguments, expect=0)

    def holder_of_the_vip(self, stage: str) -> str:
        """The one load balancer of the stage that has its VIP; none or two fail the test."""
        address = f"inet {self.target(stage)['vip']}/"
        holders = [name for name in BALANCERS if address in self.ssh(stage, name, "ip -o addr show eth0")]
        assert len(holders) == 1, holders
        return holders[0]


def await_lines(process: subprocess.Popen[str], *lines: str) -> None:
    """Return as soon as `promote` has printed these lines, in this order; its end fails the test."""
    assert process.stderr is not None
    printed, awaited = [], list(lines)
    for line in process.stderr:
        printed.append(line)
        if awaited[0] in line:
            awaited.pop(0)
        if not awaited:
            return
    raise AssertionError(f"it ended without printing {awaited[0]!r}:\n{''.join(printed)}")


def wait_until(condition: Callable[[], bool], within: float, what: str) -> None:
    """Return as soon as `condition()` is true; fail after `within` seconds."""
    end = time.monotonic() + within
    while not condition():
        assert time.monotonic() < end, f"{what}: not within {within} s"
        time.sleep(0.05)
