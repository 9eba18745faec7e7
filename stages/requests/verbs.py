"""The verbs of `python -m stages`, one function each: from a request's keys to a result's keys."""

import os
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from stages.config import ConfigProblems, read
from stages.config.json_schema import json_schemas
from stages.design import colours
from stages.errors import BadRequest
from stages.machine.site import Site
from stages.machine.substrates.connections import Connections
from stages.planning.steps import Retry
from stages.requests import deployment, doctor, fitness, lab, labs, retire, target, traffic, view
from stages.requests.candidates import Wanted
from stages.requests.collect import collect
from stages.requests.context import Context, require
from stages.requests.fence import fence
from stages.requests.init_inventory import init_inventory
from stages.requests.inputs import inputs
from stages.requests.perform import perform
from stages.requests.plan import make as make_plan
from stages.requests.planes import planes
from stages.requests.roster import roster
from stages.requests.scale import scale

PROTOCOL = 1

Request = Mapping[str, Any]
Say = Callable[[str, str | None], None]
Tell = Callable[[Mapping[str, Any]], None]
Result = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Listener:
    """Who takes the points that a verb measures: `tell` gets each; `over` says when to measure no more."""

    tell: Tell
    over: Callable[[], bool] = lambda: False


NOBODY = Listener(lambda _point: None)


@dataclass(frozen=True, slots=True)
class Service:
    """What every verb may use: callbacks for progress and retries, warm connections, who takes points."""

    say: Say
    retried: Callable[[Retry], None]
    connections: Connections
    listener: Listener = NOBODY


def _check(request: Request, _service: Service) -> Result:
    try:
        config = read(Path(require(request, "config")))
    except ConfigProblems as error:
        return {"ok": True, "problems": [asdict(problem) for problem in error.problems], "stages": []}
    stages = [
        {
            "name": stage.name,
            "after": stage.after,
            "gates": list(stage.gates),
            "lab": stage.substrate == "lab",
        }
        for stage in config.stages
    ]
    return {"ok": True, "problems": [], "stages": stages}


def _scale(request: Request, _service: Service) -> Result:
    counts = {str(role): int(count) for role, count in require(request, "counts").items()}
    done = scale(Path(require(request, "config")), str(require(request, "stage")), counts)
    return {
        "ok": True,
        "problems": [asdict(problem) for problem in done.problems],
        "file": done.file,
        "changes": [asdict(change) for change in done.changes],
        "diff": list(done.diff),
    }


def _init_inventory(request: Request, service: Service) -> Result:
    site, stage = Site.peek(Path(require(request, "site"))), str(require(request, "stage"))
    addresses = {
        str(role): [(str(address), int(port)) for address, port in there]
        for role, there in require(request, "addresses").items()
    }
    vip, key, namespace = str(require(request, "vip")), str(require(request, "key")), request.get("namespace")
    user = str(request.get("user", "root"))
    wanted = Wanted(stage, vip, key, namespace, addresses, site.owner(stage), user)
    config = Path(require(request, "config"))
    done = init_inventory(config, site, wanted, lambda line: service.say(line, None))
    return {
        "ok": True,
        "file": done.file,
        "written": done.written,
        "listed": done.listed,
        "machines": [one.to_json() for one in done.machines],
        "problems": [asdict(problem) for problem in done.problems],
    }


def _json_schemas(_request: Request, _service: Service) -> Result:
    return {"ok": True, "schemas": [asdict(one) for one in json_schemas()]}


def _plan(request: Request, service: Service) -> Result:
    if request.get("retire"):
        return {"ok": True, "plan": retire.make(request, service.connections, _assumed()).to_json()}
    context = Context.of(request, service.connections, known=_assumed())
    return {"ok": True, "plan": make_plan(context).to_json()}


def _begin(request: Request, service: Service) -> Result:
    context = Context.of(request, service.connections, changes=True)
    deployment.begin(context, new=bool(require(request, "new")))
    return {"ok": True}


def _fence(request: Request, service: Service) -> Result:
    context = Context.of(request, service.connections, changes=True, any_colour=True)
    return {"ok": True, "hosts": fence(context)}


def _perform(request: Request, service: Service) -> Result:
    action = (request.get("step") or {}).get("action") or {}
    known = colours.read(action.get("colours") or {})
    context = Context.of(request, service.connections, changes=True, known=known)
    done = perform(context, require(request, "step"), service.say, service.retried)
    return {
        "ok": True,
        "error": None,
        "transient": False,
        "receipt": done.receipt,
        "artifacts": done.artifacts,
    }


def _roster(request: Request, service: Service) -> Result:
    context = Context.of(request, service.connections)
    name, gates = str(require(request, "gate")), context.draft.config.gates
    if name not in gates:
        raise BadRequest(
            f"there is no gate {name!r}",
            where=f"{require(request, 'config')}/gates.yaml",
            why=f"the config names {', '.join(gates)}",
            next="promote check",
        )
    gate = gates[name]
    # A gate of a leg looks at a stage that is on its way: no other run of it proves the same.
    rests_on = {} if context.leg else inputs(context.draft, gate, context.image, context.substrate.levers)
    return {
        "ok": True,
        "roster": roster(gate, view.shown(context).blueprint),
        "within_s": gate.within,
        "definition": gate.definition(),
        "inputs": rests_on,
    }


def _target(request: Request, service: Service) -> Result:
    path, environment = target.make(Context.of(request, service.connections))
    return {"ok": True, "path": str(path), "environment": environment}


def _planes(request: Request, service: Service) -> Result:
    # What stands is told by itself: the colours that the release would have are not asked for.
    context = Context.of(request, service.connections, known=colours.FIRST)
    found = planes(context.draft.blueprint, context.substrate)
    return {
        "ok": True,
        "planes": [asdict(row) for row in found.planes],
        "services": [asdict(row) for row in found.services],
        "unknown": found.unknown,
    }


def _traffic(request: Request, service: Service) -> Result:
    # Pools of both colours are looked for, whichever stand: hosts are not asked for that.
    context = Context.of(request, service.connections, known=colours.FIRST)
    since = traffic.read(request.get("since") or {})
    seconds, listener = float(require(request, "seconds")), service.listener
    seen = traffic.follow(context, seconds, since, listener.tell, listener.over)
    return {"ok": True, "since": traffic.told(seen.since), "silent": dict(seen.silent)}


def _collect(request: Request, service: Service) -> Result:
    context = Context.of(request, service.connections, any_colour=True)
    return {"ok": True, "files": collect(context, Path(require(request, "into")))}


def _doctor(request: Request, _service: Service) -> Result:
    site = Path(request["site"]) if request.get("site") else None
    if request.get("stage") is None:
        findings = doctor.examine(read(Path(require(request, "config"))), request.get("stages"), site)
        return {"ok": True, "findings": [finding.to_json() for finding in findings], "hosts": []}
    context = Context.of(request, known=_assumed(), any_colour=True)
    there = fitness.standing(context)
    running = fitness.running(context, there)
    two = context.draft.blueprint.beside is not None
    findings = doctor.examine(context.draft.config, [context.stage], site, running, two=two)
    hosts = fitness.hosts_fit(context, there)
    return {"ok": True, "findings": [finding.to_json() for finding in findings], "hosts": hosts}


def _assumed() -> colours.Colours | None:
    """Blue alone, where what stands can't be asked: the verb has to say what this machine lacks for that."""
    return None if doctor.programs().ok and doctor.root().ok else colours.FIRST


def _lab_status(request: Request, _service: Service) -> Result:
    return {"ok": True, "hosts": lab.status(Site.peek(Path(require(request, "site"))), request.get("stage"))}


def _lab_down(request: Request, service: Service) -> Result:
    site, tokens = Site.peek(Path(require(request, "site"))), request.get("tokens") or {}
    return {
        "ok": True,
        "removed": lab.down(site, request.get("stage"), tokens, lambda line: service.say(line, None)),
    }


def _lab_list(request: Request, _service: Service) -> Result:
    return {"ok": True, "labs": labs.listing(Site.peek(Path(require(request, "site"))))}


def _lab_clean(request: Request, service: Service) -> Result:
    own, lab_of = Site.peek(Path(require(request, "site"))), str(require(request, "lab"))
    return {"ok": True, "removed": labs.clean(own, lab_of, lambda line: service.say(line, None))}


def lab_exec(request: Request) -> int:
    """Replace this process with the request's `argv`, inside the stage's network; returns only on failure.

    With `preview`, a colour, that one answers it.
    """
    context, preview = Context.of(request, any_colour=True), request.get("preview")
    argv, environment = lab.command(context, require(request, "argv"), preview)
    os.execvpe(argv[0], argv, environment)  # noqa: S606 - becoming the operator's own command is the point


VERBS: Mapping[str, Callable[[Request, Service], Result]] = {
    "check": _check,
    "scale": _scale,
    "plan": _plan,
    "begin": _begin,
    "fence": _fence,
    "perform": _perform,
    "roster": _roster,
    "target": _target,
    "collect": _collect,
    "planes": _planes,
    "traffic": _traffic,
    "doctor": _doctor,
    "init-inventory": _init_inventory,
    "json-schemas": _json_schemas,
    "lab-status": _lab_status,
    "lab-down": _lab_down,
    "lab-list": _lab_list,
    "lab-clean": _lab_clean,
}
