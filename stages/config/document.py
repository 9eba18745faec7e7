"""A YAML file as plain data, with the place of every key and value, and its format problems."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, cast

import yaml

from stages.config.problems import Place, Problem
from stages.config.scalars import Surprise, plain

Steps = tuple[str | int, ...]
DEEPEST = 20


class Mark(Protocol):
    """A place in a text, both counted from 0, as libyaml and PyYAML each have a class of it."""

    line: int
    column: int


@dataclass(slots=True)
class Document:
    """A file's data. A `path` is the keys and indices that lead to a value.

    places     of values
    keys       of keys, by the path of their value
    flawed     paths that already have a problem; others there would only repeat it
    """

    file: str
    data: object = None
    places: dict[Steps, Place] = field(default_factory=dict)
    keys: dict[Steps, Place] = field(default_factory=dict)
    flawed: set[Steps] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)

    def place(self, path: Steps) -> Place:
        """The place of a value; if it has none, that of the nearest enclosing value."""
        for length in range(len(path), -1, -1):
            if path[:length] in self.places:
                return self.places[path[:length]]
        return Place(self.file)

    def key(self, path: Steps) -> Place:
        """The place of a value's key."""
        return self.keys.get(path) or self.place(path)

    def is_flawed(self, path: Steps) -> bool:
        """Whether a value, or one that encloses it, already has a problem."""
        return any(path[:length] in self.flawed for length in range(len(path) + 1))

    def flaw(self, path: Steps, place: Place, message: str, hint: str | None = None) -> None:
        """Record a format problem, and mark the path as flawed."""
        self.flawed.add(path)
        self.problems.append(Problem.at(place, message, hint))


def load(file: Path, private: str | None = None) -> Document:
    """Read a file. Always returns a document, which holds any problems.

    Values below the key `private` stay text as written, and no problem repeats them.
    """
    try:
        raw = file.read_bytes()
    except OSError as error:
        document = Document(str(file))
        document.flaw((), Place(str(file)), f"the file can't be read: {error.strerror}")
        return document
    try:
        return parse(raw.decode("utf-8"), str(file), private)
    except UnicodeDecodeError as error:
        document = Document(str(file))
        line, column = _line_column(raw[: error.start].decode("utf-8"))
        document.flaw((), Place(str(file), line, column), "the file is not UTF-8 text", "save it as UTF-8")
        return document


def parse(text: str, file: str, private: str | None = None) -> Document:
    """Parse YAML text, as `load` does with a file."""
    document = Document(file)
    try:
        if (place := _too_deep(text, file)) is not None:
            document.flaw((), place, f"this is nested more than {DEEPEST} deep")
            return document
        loader = yaml.CSafeLoader(text)
        node = loader.get_single_node()
    except yaml.reader.ReaderError as error:
        line, column = _line_column(text.encode()[: error.position].decode())  # it counts bytes
        document.flaw((), Place(file, line, column), f"a character that YAML does not allow: {error.reason}")
    except yaml.MarkedYAMLError as error:
        place = _at(file, error.problem_mark or error.context_mark)
        document.flaw((), place, f"this is not YAML: {_without_names(error.problem or error.context)}")
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        document.flaw((), Place(file), f"this is not YAML: {type(error).__name__}")
    else:
        if node is None:
            document.flaw((), Place(file), "the file is empty")
        else:
            document.data = _Walk(document, loader, _aliases(text, file), set(), private).value(node, ())
    return document


@dataclass(frozen=True, slots=True)
class _Walk:
    """Converts nodes to data, and records places and problems.

    An alias is the same node object as its anchor, so the places of aliases come separately, in order.
    """

    document: Document
    loader: yaml.CSafeLoader
    aliases: Iterator[Place]
    met: set[int]
    private: str | None

    def value(self, node: yaml.Node, path: Steps) -> object:  # noqa: PLR0911 - a return for each kind of node
        place = Place(self.document.file, node.start_mark.line + 1, node.start_mark.column + 1)
        self.document.places[path] = place
        if id(node) in self.met:
            place = next(self.aliases, place)
            self.document.flaw(path, place, "aliases (*name) are not supported here", "write the value out")
            return None
        self.met.add(id(node))
        private = path[:1] == (self.private,)
        if node.tag != self.implicit(node):
            tag = "a tag" if private else f"the tag {node.tag}"
            self.document.flaw(path, place, f"{tag} is not supported here", "write a plain value")
            return None
        if isinstance(node, yaml.MappingNode):
            return self.mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*path, index)) for index, item in enumerate(node.value)]
        if private:
            return str(node.value)
        found = plain(cast("yaml.ScalarNode", node))
        if isinstance(found, Surprise):
            self.document.flaw(path, place, found.message, found.hint)
            return None
        return found

    def implicit(self, node: yaml.Node) -> str:
        """The tag that YAML resolves by itself: any other was written explicitly."""
        unquoted = isinstance(node, yaml.ScalarNode) and not node.style
        tags = (unquoted, not unquoted)
        return str(self.loader.resolve(type(node), node.value, tags))  # type: ignore[no-untyped-call] # no stub

    def mapping(self, node: yaml.MappingNode, path: Steps) -> dict[str, object]:
        found: dict[str, object] = {}
        for key_node, value_node in node.value:
            place = Place(self.document.file, key_node.start_mark.line + 1, key_node.start_mark.column + 1)
            key = plain(key_node) if isinstance(key_node, yaml.ScalarNode) else None
            if isinstance(key, Surprise):
                self.document.flaw((*path, key_node.value), place, key.message, key.hint)
            elif not isinstance(key, str):
                self.document.flaw((*path, place.line), place, "a key must be text", "quote it")
            elif key in found:
                first = self.document.keys[*path, key].line
                self.document.flaw((*path, key), place, f"duplicate key {key!r}", f"first in line {first}")
            else:
                self.document.keys[*path, key] = place
                found[key] = self.value(value_node, (*path, key))
        return found


def _too_deep(text: str, file: str) -> Place | None:
    """Where the text first nests deeper than is allowed.

    It is asked before nodes are made: what makes them in C calls itself for each level, and ends the process.
    """
    depth = 0
    for event in yaml.parse(text, yaml.CSafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST + 1:
            return _at(file, event.start_mark)
    return None


def _at(file: str, mark: Mark | None) -> Place:
    return Place(file, mark.line + 1, mark.column + 1) if mark else Place(file)


def _aliases(text: str, file: str) -> Iterator[Place]:
    marks = (
        token.start_mark for token in yaml.scan(text, yaml.CSafeLoader) if isinstance(token, yaml.AliasToken)
    )
    return (Place(file, mark.line + 1, mark.column + 1) for mark in marks)


def _without_names(problem: str | None) -> str:
    """The parser's message without names of anchors, aliases and tags: they may be part of a password."""
    return re.sub(r" ['\"][^<'\"][^'\"]+['\"]", "", problem or "")


def _line_column(before: str) -> tuple[int, int]:
    return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1
