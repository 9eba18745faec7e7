"""A line as a YAML file, written and read with the place of every problem."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import click
import yaml

from pipeline.cli.call import duration
from pipeline.core.errors import ConfigProblem, ConfigProblems, UsageProblem
from pipeline.core.freeze import Freeze
from pipeline.core.line import Line, LineGate, LineStage

_STAGE_KEYS = ("after", "soak", "freezes", "lab", "protected", "gates")
_FREEZE_KEYS = ("why", "begins", "lasts", "zone", "rule")
_HEAD = """\
# The line of a site: its stages in order. Before a release enters one, it must be verified in all of `after`.
# Each gate's roster must have at least these checks; a release may add gates and checks, and take none away.
# soak: how long (90s, 15m, 2h) it must have stood verified in each stage of `after`.
# freezes: when no promotion enters, each with why, begins (2026-12-18T18:00, local time), lasts (62h), zone
# (Europe/Berlin; else UTC), and rule, if it recurs: an RRULE of RFC 5545 such as FREQ=WEEKLY;BYDAY=FR.
# lab: a broken stage may be left standing (--keep).
# protected: a person who promotes into it with `promote to` is asked first.
"""


def written(line: Line) -> str:
    """The line as YAML, which `read` reads. Checks stand in a row for each component."""
    stages = {stage.name: _stage_data(stage) for stage in line.stages}
    body = yaml.safe_dump({"stages": stages}, sort_keys=False, default_flow_style=None, width=110)
    return _HEAD + body


def read(path: Path) -> Line:
    """The line in a file. Raises ConfigProblems with every problem, UsageProblem if it can't be read."""
    next_ = f"promote line set {path}"
    try:
        node = yaml.compose(path.read_text(encoding="utf-8"), yaml.SafeLoader)
    except (OSError, UnicodeDecodeError) as error:
        raise UsageProblem("the line cannot be read", where=str(path), why=str(error), next=next_) from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        at = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        problem = ConfigProblem(str(path), *at, f"not YAML: {error.problem or error.context}", None)
        raise ConfigProblems((problem,), of="the line", next=next_) from error
    reader = _Reader(str(path))
    line = reader.line(node)
    found = (*line.problems(), *line.unreadable_freezes())
    problems = reader.problems or [ConfigProblem(str(path), 1, 1, text, None) for text in found]
    if problems:
        raise ConfigProblems(tuple(problems), of="the line", next=next_)
    return line


def _stage_data(stage: LineStage) -> dict[str, object]:
    gates = {gate.name: _by_component(gate.least) for gate in stage.gates}
    freezes = [
        {"why": one.why, "begins": one.begins, "lasts": f"{one.lasts_s}s", "zone": one.zone, "rule": one.rule}
        for one in stage.freezes
    ]
    return {
        "after": list(stage.after),
        "soak": f"{stage.soak_s}s",
        "freezes": freezes,
        "lab": stage.lab,
        "protected": stage.protected,
        "gates": gates,
    }


def _by_component(least: Iterable[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for check in least:
        component, _, name = check.partition("/")
        found.setdefault(component, []).append(name)
    return found


class _Reader:
    """Turns YAML nodes into a line, and collects what is wrong with them."""

    def __init__(self, file: str) -> None:
        self.problems: list[ConfigProblem] = []
        self._file = file

    def line(self, node: yaml.Node | None) -> Line:
        """The line of a document; unusable if there are problems."""
        document = dict(self._pairs(node, "the file", ("stages",)))
        if "stages" not in document:
            self._say(node, "it has no key stages")
            return Line(())
        stages = [self._stage(name, item) for name, item in self._pairs(document["stages"], "stages")]
        return Line(tuple(stages))

    def _stage(self, name: str, node: yaml.Node) -> LineStage:
        keys = dict(self._pairs(node, f"stage {name}", _STAGE_KEYS))
        gates = [self._gate(gate, item) for gate, item in self._pairs(keys.get("gates"), "gates")]
        after = tuple(self._words(keys["after"])) if "after" in keys else ()
        lab, protected = self._flag(keys, "lab"), self._flag(keys, "protected")
        soak_s, freezes = self._seconds(keys.get("soak")), tuple(self._freezes(keys.get("freezes")))
        return LineStage(name, after, tuple(gates), lab, soak_s, freezes, protected=protected)

    def _freezes(self, node: yaml.Node | None) -> Iterator[Freeze]:
        items = node.value if isinstance(node, yaml.SequenceNode) else []
        if node is not None and not isinstance(node, yaml.SequenceNode):
            self._say(node, "freezes must be a list")
        for item in items:
            keys = dict(self._pairs(item, "a freeze", _FREEZE_KEYS))
            text = {key: self._text(value) for key, value in keys.items() if key != "lasts"}
            if missing := {"why", "begins", "lasts"} - keys.keys():
                self._say(item, f"a freeze has no {', '.join(sorted(missing))}")
                continue
            yield Freeze(**text, lasts_s=self._seconds(keys["lasts"]))

    def _gate(self, name: str, node: yaml.Node) -> LineGate:
        checks = [
            f"{component}/{check}"
            for component, item in self._pairs(node, f"gate {name}")
            for check in self._words(item)
        ]
        return LineGate(name, tuple(sorted(set(checks))))

    def _pairs(
        self, node: yaml.Node | None, what: str, known: tuple[str, ...] = ()
    ) -> Iterator[tuple[str, yaml.Node]]:
        """The keys of a mapping with their values; each key once, and only known ones if there are any."""
        if node is None or _is_null(node):
            return
        if not isinstance(node, yaml.MappingNode):
            self._say(node, f"{what} must be a mapping")
            return
        seen: set[str] = set()
        for key, value in node.value:
            name = str(key.value)
            if name in seen:
                self._say(key, f"{name} is there twice")
            elif known and name not in known:
                self._say(key, f"{what} has no key {name}", f"it has {', '.join(known)}")
            else:
                yield name, value
            seen.add(name)

    def _words(self, node: yaml.Node) -> list[str]:
        items = node.value if isinstance(node, yaml.SequenceNode) else [node]
        words = [item.value for item in items if isinstance(item, yaml.ScalarNode) and item.value]
        if len(words) != len(items):
            self._say(node, "it must be a list of names")
        return words

    def _text(self, node: yaml.Node) -> str:
        if isinstance(node, yaml.ScalarNode):
            return str(node.value)
        self._say(node, "it must be text")
        return ""

    def _flag(self, keys: Mapping[str, yaml.Node], name: str) -> bool:
        node = keys.get(name)
        if node is None:
            return False
        if not isinstance(node, yaml.ScalarNode) or node.tag != "tag:yaml.org,2002:bool":
            self._say(node, f"{name} must be true or false")
            return False
        return node.value.lower() in ("true", "yes", "on")

    def _seconds(self, node: yaml.Node | None) -> int:
        if node is None:
            return 0
        try:
            return int(duration(self._text(node)))
        except click.BadParameter as problem:
            self._say(node, problem.message)
            return 0

    def _say(self, node: yaml.Node | None, message: str, hint: str | None = None) -> None:
        line, column = (node.start_mark.line, node.start_mark.column) if node else (0, 0)
        self.problems.append(ConfigProblem(self._file, line + 1, column + 1, message, hint))


def _is_null(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:null"
