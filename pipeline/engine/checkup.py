"""Whether a machine is fit: what its stages say, and whether the store that it shares can be used."""

from dataclasses import replace

from pipeline.core.errors import StagegateError
from pipeline.store import Archives
from pipeline.tool_ports import Checkup, Fitness
from pipeline.workshop import Workshop


def checkup(shop: Workshop, stage: str | None) -> Checkup:
    """What `tools.doctor` finds and, if this machine shares a store, what became of an object in it."""
    found = shop.tools.doctor(stage)
    if shop.archives is None:
        return found
    return replace(found, findings=(*found.findings, _store(shop.archives)))


def _store(archives: Archives) -> Fitness:
    wanted = "an object can be written, read and removed"
    try:
        archives.probe()
    except StagegateError as problem:
        why = f": {problem.why}" if problem.why else ""
        return Fitness("store", ok=False, seen=f"{problem.what}{why}", wanted=wanted, next=problem.next)
    return Fitness("store", ok=True, seen=archives.shown, wanted=wanted, next="")
