"""The pipeline of one stage: deploy, judge in parts, conclude. Pure; each job is one call of `promote`."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.cli.dotenv import ATTEMPT, RELEASE
from pipeline.cli.exit_codes import ExitCode
from pipeline.core.shard import Shard

# How long a job waits for a stage that another run has locked.
LOCK_TIMEOUT = "15m"
MOST_SHARDS = 50

Job = dict[str, object]


@dataclass(frozen=True, slots=True)
class Child:
    """What a child pipeline is made from.

    `gates` are those of the stage, in order, and `shards` in how many parts each of the first of them is
    judged. `before` are commands that each job begins with, `tag` is that of the runners, `program` how they
    call promote. `audience` is that of the token that proves who started a job; empty: it asks for none.
    `site` is the folder of the site; empty: that of each job's checkout. With `deploys`, the last job is the
    deployment, as GitLab records it by itself.
    """

    stage: str
    release: str
    gates: tuple[str, ...]
    shards: Mapping[str, int]
    before: tuple[str, ...] = ()
    tag: str = ""
    program: str = "promote"
    audience: str = ""
    site: str = ""
    deploys: bool = False

    def problems(self) -> Sequence[str]:
        """Why there can't be such a pipeline; empty if there can."""
        found = [f"{self.stage} has no gate {gate}" for gate in self.shards if gate not in self.gates]
        first = self.gates[: len(self.shards)]
        found += [
            f"gate {gate} comes after {self.gates[self.gates.index(gate) - 1]}, which would be judged later"
            for gate in self.shards
            if gate in self.gates and gate not in first
        ]
        found += [
            f"gate {gate} in {count} shards: there may be 1 to {MOST_SHARDS}"
            for gate, count in self.shards.items()
            if not 1 <= count <= MOST_SHARDS
        ]
        return found


def child_pipeline(child: Child) -> Mapping[str, object]:
    """The pipeline as GitLab's keywords. It has no resource group: the job that triggers it has."""
    divided = [gate for gate in child.gates if gate in child.shards]
    return {
        "stages": ["deploy", *divided, "conclude"],
        "workflow": {"rules": [{"if": '$CI_PIPELINE_SOURCE == "parent_pipeline"'}]},
        "variables": {RELEASE: child.release, **({"STAGEGATE_SITE": child.site} if child.site else {})},
        "default": _default(child),
        "deploy": _deploy(child),
        **{
            f"{gate} {number}/{child.shards[gate]}": _shard(child, gate, Shard(number, child.shards[gate]))
            for gate in divided
            for number in range(1, child.shards[gate] + 1)
        },
        "conclude": _conclude(child),
    }


def nothing_yet(tag: str) -> Mapping[str, object]:
    """The pipeline for a release that was not pinned: one job, which says so and is yellow in GitLab."""
    code = int(ExitCode.DEFERRED)
    return {
        "stages": ["nothing-yet"],
        "workflow": {"rules": [{"if": '$CI_PIPELINE_SOURCE == "parent_pipeline"'}]},
        "nothing-yet": {
            "stage": "nothing-yet",
            **({"tags": [tag]} if tag else {}),
            "variables": {"GIT_STRATEGY": "none"},
            "script": [
                'echo "Nothing is promoted: the job candidate has pinned no release yet, and says why."',
                f"exit {code}",
            ],
            "allow_failure": {"exit_codes": [code]},
        },
    }


def _default(child: Child) -> Job:
    return {
        "interruptible": False,
        **({"tags": [child.tag]} if child.tag else {}),
        **({"before_script": list(child.before)} if child.before else {}),
        **({"id_tokens": {"STAGEGATE_ID_TOKEN": {"aud": child.audience}}} if child.audience else {}),
        "retry": {"max": 2, "exit_codes": [int(ExitCode.TRY_AGAIN)]},
    }


def _deploy(child: Child) -> Job:
    into = f"evidence/{child.stage}/deploy"
    call = ["ci", "deploy", "--stage", child.stage]
    options = ["--lock-timeout", LOCK_TIMEOUT, "--dotenv", f"{into}/attempt.env", "--evidence-into", into]
    return {
        "stage": "deploy",
        "environment": {"name": child.stage, "action": "prepare"},
        "script": [_call(child, call, {"--release": RELEASE}, options)],
        "artifacts": _artifacts(into, dotenv=f"{into}/attempt.env"),
    }


def _shard(child: Child, gate: str, shard: Shard) -> Job:
    into = f"evidence/{child.stage}/{gate}-{shard.number}"
    call = ["ci", "shard", gate, str(shard), "--stage", child.stage]
    return {
        "stage": gate,
        "environment": {"name": child.stage, "action": "verify"},
        "script": [_call(child, call, {"--attempt": ATTEMPT}, ["--evidence-into", into])],
        "artifacts": _artifacts(into),
    }


def _conclude(child: Child) -> Job:
    """It comes after a red shard, too: then it brings the stage back."""
    into = f"evidence/{child.stage}/conclude"
    call = ["resume", "--stage", child.stage]
    options = ["--lock-timeout", LOCK_TIMEOUT, "--evidence-into", into]
    action = {} if child.deploys else {"action": "verify"}
    return {
        "stage": "conclude",
        "when": "always",
        "environment": {"name": child.stage, **action},
        "script": [_call(child, call, {"--attempt": ATTEMPT}, options)],
        "artifacts": _artifacts(into),
    }


def _call(child: Child, verb: Sequence[str], variables: Mapping[str, str], options: Sequence[str]) -> str:
    """One call of promote, as a shell reads it; the values of `variables` come from those of the job."""
    given = " ".join(f'{option} "${name}"' for option, name in variables.items())
    return f"{child.program} {shlex.join(verb)} {given} {shlex.join(options)}"


def _artifacts(into: str, dotenv: str | None = None) -> Job:
    reports = {"junit": f"{into}/**/junit.xml", **({"dotenv": dotenv} if dotenv else {})}
    return {
        "when": "always",
        "access": "developer",  # it holds journals of hosts
        "expire_in": "90 days",
        "paths": [f"{into}/"],
        "reports": reports,
    }
