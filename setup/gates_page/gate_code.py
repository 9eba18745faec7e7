"""What the code of a check tells of it: what it judges, in the words of its judgements, and where it asks."""

import ast
import inspect
import re
import shlex
import textwrap
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from types import CodeType, FunctionType, ModuleType
from typing import Any

from suites import conftest
from suites.harness.component import Component, Use, answered, fresh
from suites.hosts import reading
from suites.hosts.host import Output
from suites.hosts.reading import Observation

Function = Callable[..., Any]
# Where the code of checks is; what is below it serves all of them, and tells nothing of any.
OF_CHECKS = (
    "suites.components.",
    "suites.load.",
    "suites.openstack.",
    "suites.readings.",
    "suites.smoke.",
)
# Every check that logs in has the administrator's access, which asks for a token through the VIP.
LOGS_IN = ("suites.openstack.access",)
# What a function says of itself if it judges: only what follows tells one judgement from another.
PROMISE = re.compile(
    r"^(?:Say|Return the readings of|Return the reading that says|Connect to .*?, and say) whether "
)
SENTENCE_ENDS = re.compile(r"\.(?:\s|$)")
VIP, OWN_ADDRESS = "endpoints", "endpoint_on"
# By which the methods for all components judge.
GLOBALS = {one.__name__: one for one in (answered, fresh)}


@dataclass(frozen=True, slots=True)
class Standing:
    """A host that is not there: what is asked of it is only read."""

    name: str = "HOST"
    address: str = "ADDRESS"

    def ask(self, script: str, *, within: int = 20) -> Output:
        """Refuse. Raises LookupError."""
        raise LookupError(f"{self.name} is not there to be asked {script!r} within {within} s")

    def read(self, script: str, *, within: int = 20) -> str:
        """Refuse. Raises LookupError."""
        return self.ask(script, within=within).stdout


def first_sentence(function: Function) -> str:
    """Return the first sentence of what a function says of itself, without its full stop."""
    return " ".join(SENTENCE_ENDS.split(inspect.getdoc(function) or "")[0].split())


def promise(function: Function) -> str:
    """Return what a judgement is about, without its first words; empty if it does not say so."""
    told = first_sentence(function)
    return PROMISE.sub("", told) if PROMISE.match(told) else ""


def referred(function: Function, module: str) -> tuple[Function, ...]:
    """Return the functions of a module that a check's code names."""
    found = (one for one in _reached(function) if isinstance(one, FunctionType))
    return tuple(one for one in found if one.__module__ == module)


def judgements(function: Function, *, deep: bool = False) -> tuple[Function, ...]:
    """Return the functions that judge for a check, in the order in which its code names them.

    With `deep`, also those that these make their judgement from.
    """
    found = (one for one in _reached(function, deep=deep) if isinstance(one, FunctionType))
    judging = [one for one in found if _judges(one) and one.__module__ != reading.__name__]
    return tuple(dict.fromkeys(judging))


def asked_through(function: Function) -> frozenset[str]:
    """Return VIP, OWN_ADDRESS, both or neither: what the check's code takes addresses of services from.

    A check that has no client of its own asks nobody: what it names itself, it only compares.
    """
    own = "clients" in inspect.signature(function).parameters
    asking = [one for one in _reached(function, deep=True) if own or one is not function]
    named = {name for one in asking for code in _codes(one) for name in code.co_names}
    return frozenset({VIP, OWN_ADDRESS} & named)


def takes_all(function: Function) -> bool:
    """Say whether a check that runs once a stage asks all hosts of its component, and not the first alone."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    first = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Subscript)}
    whole = [
        node
        for node in ast.walk(tree)
        if (isinstance(node, ast.Name) and node.id == "hosts")
        or (isinstance(node, ast.Attribute) and node.attr in {"carrying", "hosts"})
    ]
    return any(id(node) not in first for node in whole)


def health(component: Component) -> Iterator[str]:
    """Yield what must hold of each host where a component is healthy."""
    for one in component.healthy(Standing()):
        words = shlex.split(one.script)
        if words[:2] != ["systemctl", "is-active"]:
            yield promise(one.judge) or f"`{one.script}` is answered well"
            continue
        units = [
            word.removesuffix(";") for word in words[2 : words.index("echo") if "echo" in words else None]
        ]
        yield f"{_listed(units)} run{'s' if len(units) == 1 else ''}"
        if "echo" in words:
            yield f"port {words[-2]} answers `{words[-1]}` with 200"


def usefulness(component: Component) -> str:
    """Return what must hold of a component whose units were restarted."""
    shared = [one for one in judging_use(component) if one not in GLOBALS.values()]
    return promise(component.of_use) or " and ".join(filter(None, map(promise, shared)))


def judging_use(component: Component) -> tuple[Function, ...]:
    """Return the functions that judge whether a component works again: of its own, and of those for all."""
    methods = [getattr(Use, name, None) for name in component.of_use.__code__.co_names]
    shared = [one for one in methods if inspect.isfunction(one)]
    judging = [GLOBALS[name] for one in shared for name in one.__code__.co_names if name in GLOBALS]
    return (*shared, *judging, *judgements(component.of_use, deep=True))


def _listed(units: Iterable[str]) -> str:
    return ", ".join(f"`{unit.removesuffix('.service')}`" for unit in units)


def _judges(function: FunctionType) -> bool:
    return function.__annotations__.get("return") is Observation


def _reached(start: Function, *, deep: bool = False) -> Iterator[object]:
    """Yield the function, what it refers to and, if `deep`, what that refers to, of the code of checks."""
    waiting, seen = [inspect.unwrap(start)], set()
    while waiting:
        one = waiting.pop(0)
        if id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        if deep or one is inspect.unwrap(start) or getattr(one, "__name__", "") == "<lambda>":
            waiting += [other for other in _referred(one) if _is_of_checks(other)]


def _is_of_checks(thing: object) -> bool:
    module = getattr(thing, "__module__", None) or ""
    return module.startswith(OF_CHECKS) and not module.startswith(LOGS_IN)


def _referred(thing: object) -> Iterator[object]:
    """Yield the functions and classes that a function or a class names, and its fixtures and errands."""
    for function in _functions(thing):
        names = [name for code in _codes(function) for name in code.co_names]
        scope = [function.__globals__.get(name) for name in names]
        yield from scope
        yield from (
            getattr(one, name, None) for one in scope if isinstance(one, ModuleType) for name in names
        )
        yield from (mark for marks in getattr(function, "pytestmark", ()) for mark in marks.args)
        for name in inspect.signature(function).parameters:
            fixture = function.__globals__.get(name) or getattr(conftest, name, None)
            yield inspect.unwrap(fixture) if callable(fixture) else fixture


def _functions(thing: object) -> Iterator[FunctionType]:
    if isinstance(thing, FunctionType):
        yield thing
    elif isinstance(thing, type):
        yield from (one for one in vars(thing).values() if isinstance(one, FunctionType))


def _codes(thing: object) -> Iterator[CodeType]:
    """Yield the code of a function, and of what is defined within it."""
    waiting = [function.__code__ for function in _functions(thing)]
    while waiting:
        code = waiting.pop()
        yield code
        waiting += [one for one in code.co_consts if isinstance(one, CodeType)]
