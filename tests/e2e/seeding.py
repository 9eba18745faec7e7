"""Defects in a standing stage: put in, proved to be there, taken out whatever happens, and healed then."""

import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from checkout import Checkout, wait_until
from gate_by_hand import Check, inconclusive, red

LIB = "/usr/local/lib/stagegate"
THERE_WITHIN = 40
HEALED_WITHIN = 60


@dataclass(frozen=True, slots=True)
class Defect:
    """A defect: scripts that put it in and take it out, that exit 0 while it is in, and when it is healed.

    They run on all hosts whose names match `hosts`. `cut` are two such patterns: no packet goes between the
    hosts of the one and of the other, either way, from before `put_in` till before `take_out`.

    `seen_by` says of each check that must be red what it must say, and `unclear_by` of each that must be
    inconclusive; `may_also` matches the names of checks that may be red with them, because they need what is
    gone. Of all that is found, `cause` must come first; it need not be told where one check alone sees it.
    `or_first` matches those of `may_also` that come before it if they are red.
    """

    name: str
    hosts: str
    is_in: str
    seen_by: Mapping[str, str]
    may_also: str = "$none"
    put_in: str = "true"
    take_out: str = "true"
    healed: str = ""
    cut: tuple[str, str] | None = None
    unclear_by: Mapping[str, str] = field(default_factory=dict)
    cause: str = ""
    or_first: str = "$none"

    @property
    def first(self) -> str:
        """The check that must come first."""
        return self.cause or next(iter(self.checks))

    def may_come_first(self, check: str) -> bool:
        return check == self.first or re.fullmatch(self.or_first, check) is not None

    @property
    def checks(self) -> Mapping[str, str]:
        """All that must be red or inconclusive, with what each must say."""
        return {**self.seen_by, **self.unclear_by}

    def is_seen(self, check: str, said: str) -> bool:
        """Whether a check that said this has seen the defect."""
        return check in self.checks and re.search(self.checks[check], said) is not None

    def missed(self, red: Mapping[str, str], unclear: Mapping[str, str]) -> list[str]:
        """The checks that must have seen it and did not, or saw something else."""
        wanted = [(*one, red) for one in self.seen_by.items()]
        wanted += [(*one, unclear) for one in self.unclear_by.items()]
        return [
            f"{self.name}: {check} said {said.get(check, 'yes')!r}, not {words!r}"
            for check, words, said in wanted
            if not re.search(words, said.get(check, ""))
        ]

    def may_redden(self, check: str) -> bool:
        return check in self.checks or re.fullmatch(self.may_also, check) is not None


def judge(defects: Sequence[Defect], checks: Sequence[Check]) -> None:
    """Each defect is seen by all its checks, for its reason; and none is red that no defect reddens."""
    said, unclear = red(checks), inconclusive(checks)
    problems = [problem for defect in defects for problem in defect.missed(said, unclear)]
    problems += [
        f"{check} is red besides: {words}"
        for check, words in said.items()
        if not any(defect.may_redden(check) for defect in defects)
    ]
    assert not problems, "\n".join(problems)


@contextmanager
def seeded(whole: Checkout, stage: str, defect: Defect) -> Iterator[None]:
    """Have a defect in a stage."""
    hosts = [
        host["name"] for host in whole.target(stage)["hosts"] if re.fullmatch(defect.hosts, host["name"])
    ]
    assert hosts
    try:
        with cut(whole, stage, *defect.cut) if defect.cut else ExitStack():
            for host in hosts:
                whole.ssh(stage, host, defect.put_in)
            await_all(whole, stage, hosts, defect.is_in, THERE_WITHIN)
            yield
    finally:
        for host in hosts:
            whole.ssh(stage, host, defect.take_out)
        await_all(whole, stage, hosts, defect.healed or f"! {{ {defect.is_in}; }}", HEALED_WITHIN)


@contextmanager
def cut(whole: Checkout, stage: str, ones: str, others: str) -> Iterator[None]:
    """Drop every packet between hosts, both ways, in the network of the ones."""
    hosts = whole.target(stage)["hosts"]
    addresses = ", ".join(host["address"] for host in hosts if re.fullmatch(others, host["name"]))
    rules = "".join(
        f"chain {chain} {{ type filter hook {chain} priority -300; ip {side} {{ {addresses} }} drop; }}; "
        for chain, side in (("input", "saddr"), ("output", "daddr"))
    )
    networks = [host["network"] for host in hosts if re.fullmatch(ones, host["name"])]
    assert networks
    try:
        for network in networks:
            subprocess.run((*network, "nft", f"table inet seeded {{ {rules}}}"), check=True)
        yield
    finally:
        for network in networks:
            # Added first, it can be deleted where it never was.
            subprocess.run((*network, "nft", "add table inet seeded; delete table inet seeded"), check=True)


def await_all(whole: Checkout, stage: str, hosts: Sequence[str], script: str, within: float) -> None:
    for host in hosts:
        wait_until(lambda host=host: _exits_0(whole, stage, host, script), within, f"{host}: {script}")


def _exits_0(whole: Checkout, stage: str, host: str, script: str) -> bool:
    return whole.ssh(stage, host, f"if {script}\nthen echo yes; else echo no; fi").split()[-1] == "yes"


def dropped_in(units: str, lines: str, then: str) -> tuple[str, str]:
    """Scripts that add lines to units' [Service], then do something; and that start them as they were."""
    each = f"for unit in {units}; do directory=/run/systemd/system/$unit.service.d;"
    put_in = (
        f"{each} mkdir -p $directory && printf '[Service]\\n{lines}\\n' > $directory/zz-seeded.conf; done"
        f" && systemctl daemon-reload && systemctl {then} {units}"
    )
    return put_in, f"{each} rm -r $directory; done; systemctl daemon-reload && systemctl restart {units}"


def laid_over(unit: str, line: str, name: str = "/run/systemd/system/{}.d/zz-seeded.conf") -> tuple[str, str]:
    """Scripts that have systemd read one line more for a unit, and no longer; nothing is restarted."""
    file = name.format(unit)
    folder = file.rpartition("/")[0]
    put_in = f"mkdir -p {folder} && printf '[Service]\\n{line}\\n' > {file} && systemctl daemon-reload"
    return put_in, f"rm -r {folder}; systemctl daemon-reload"
