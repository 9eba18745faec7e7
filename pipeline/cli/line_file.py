"""A line read from a YAML file, with the place of every problem."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import click
import yaml

from pipeline.cli.call import duration
from pipeline.core.approval import NONE_NEEDED, ApprovalRule
from pipeline.core.errors import ConfigProblem, ConfigProblems, UsageProblem
from pipeline.core.forge_rule import DeploymentOwner, ForgeRule, Silence
from pipeline.core.freeze import Freeze
from pipeline.core.identity import Identity
from pipeline.core.line import Line, LineGate, LineStage

_STAGE_KEYS = (
    "after", "soak", "freezes", "approvals", "overrides", "lab", "protected", "gates", "reuse", "gitlab",
)  # fmt: skip
_FORGE_KEYS = ("freezes", "without_answer", "approvals", "deployments")
_IDENTITY_KEYS = ("issuer", "audience", "keys", "projects")
_OVERRIDE_KEYS = ("by", "verified")
_FREEZE_KEYS = ("why", "begins", "lasts", "zone", "rule")
_APPROVAL_KEYS = ("count", "by", "within", "verified")


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


class _Reader:
    """Turns YAML nodes into a line, and collects what is wrong with them."""

    def __init__(self, file: str) -> None:
        self.problems: list[ConfigProblem] = []
        self._file = file

    def line(self, node: yaml.Node | None) -> Line:
        """The line of a document; unusable if there are problems."""
        document = dict(self._pairs(node, "the file", ("identity", "stages")))
        identity = self._identity(document.get("identity"))
        if "stages" not in document:
            self._say(node, "it has no key stages")
            return Line(())
        stages = [self._stage(name, item) for name, item in self._pairs(document["stages"], "stages")]
        return Line(tuple(stages), identity)

    def _identity(self, node: yaml.Node | None) -> Identity | None:
        if node is None or _is_null(node):
            return None
        keys = dict(self._pairs(node, "identity", _IDENTITY_KEYS))
        if missing := {"issuer", "audience"} - keys.keys():
            self._say(node, f"identity has no {', '.join(sorted(missing))}")
            return None
        projects = tuple(self._words(keys["projects"])) if "projects" in keys else ()
        text = {key: self._text(value) for key, value in keys.items() if key != "projects"}
        identity = Identity(**text, projects=projects)
        for key, problem in identity.problems().items():
            self._say(keys[key], problem)
        return identity

    def _stage(self, name: str, node: yaml.Node) -> LineStage:
        keys = dict(self._pairs(node, f"stage {name}", _STAGE_KEYS))
        named = list(self._pairs(keys.get("gates"), "gates"))
        reuse = self._reuse(keys.get("reuse"), tuple(gate for gate, _ in named))
        gates = [replace(self._gate(gate, item), reuse_s=reuse.get(gate, 0)) for gate, item in named]
        after, after_any = self._after(keys.get("after"))
        overriders, overriders_verified = self._overriders(keys.get("overrides"))
        return LineStage(
            name=name,
            after=after,
            gates=tuple(gates),
            lab=self._flag(keys, "lab"),
            soak_s=self._seconds(keys.get("soak")),
            freezes=tuple(self._freezes(keys.get("freezes"))),
            after_any=after_any,
            approvals=self._approvals(keys.get("approvals")),
            overriders=overriders,
            protected=self._flag(keys, "protected"),
            overriders_verified=overriders_verified,
            forge=self._forge(keys.get("gitlab")),
        )

    def _after(self, node: yaml.Node | None) -> tuple[tuple[str, ...], bool]:
        """The stages before, and whether one of them is enough."""
        if not isinstance(node, yaml.MappingNode):
            return (tuple(self._words(node)) if node is not None else ()), False
        keys = dict(self._pairs(node, "after", ("any",)))
        if not node.value:
            self._say(node, "after must be a list, or have the key any")
        return (tuple(self._words(keys["any"])) if "any" in keys else ()), True

    def _overriders(self, node: yaml.Node | None) -> tuple[tuple[str, ...], bool]:
        """Who may override, and whether somebody must vouch for their names."""
        keys = dict(self._pairs(node, "overrides", _OVERRIDE_KEYS))
        names = tuple(dict.fromkeys(self._words(keys["by"]))) if "by" in keys else ()
        return names, self._flag(keys, "verified")

    def _approvals(self, node: yaml.Node | None) -> ApprovalRule:
        keys = dict(self._pairs(node, "approvals", _APPROVAL_KEYS))
        if not keys:
            return NONE_NEEDED
        if "count" not in keys:
            self._say(node, "approvals have no count")
        within_s = self._seconds(keys["within"]) if "within" in keys else NONE_NEEDED.within_s
        by = tuple(self._words(keys["by"])) if "by" in keys else ()
        return ApprovalRule(self._number(keys.get("count")), by, within_s, self._flag(keys, "verified"))

    def _forge(self, node: yaml.Node | None) -> ForgeRule:
        keys = dict(self._pairs(node, "gitlab", _FORGE_KEYS))
        return ForgeRule(
            freezes=self._flag(keys, "freezes"),
            silence=Silence(self._one_of(keys, "without_answer", ("known", "wait"))),
            approvals=self._flag(keys, "approvals"),
            deployments=DeploymentOwner(self._one_of(keys, "deployments", ("", "job", "api"))),
        )

    def _one_of(self, keys: Mapping[str, yaml.Node], name: str, words: tuple[str, ...]) -> str:
        """The word of this key; the first without one, or if it is none of these."""
        node = keys.get(name)
        if node is None:
            return words[0]
        text = node.value if isinstance(node, yaml.ScalarNode) else None
        if text not in words[not words[0] :]:
            self._say(node, f"{name} must be {' or '.join(filter(None, words))}")
            return words[0]
        return str(text)

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

    def _reuse(self, node: yaml.Node | None, gates: tuple[str, ...]) -> dict[str, int]:
        """For how many seconds the evidence of each gate may be reused."""
        return {gate: self._seconds(item) for gate, item in self._pairs(node, "reuse", gates)}

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

    def _number(self, node: yaml.Node | None) -> int:
        if node is None:
            return 0
        text = self._text(node)
        if not text.isdecimal():
            self._say(node, "it must be a number")
            return 0
        return int(text)

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
