"""What the gates of a release must see, asked for once in a run or a preview."""

from dataclasses import dataclass, field

from pipeline.core.line import Least, missing_checks
from pipeline.core.plan import Roster
from pipeline.ports import Context, Deployer

_Asked = tuple[str, str, frozenset[tuple[str, str]], str | None, str]


@dataclass(frozen=True, slots=True)
class Rosters:
    """The rosters that a deployer tells, each asked for once.

    A roster depends on nothing but the release's copy, which never changes, the stage, the artifacts, the leg
    and the gate. A resumption asks again: it is another process, perhaps long after, and makes its own
    Rosters.
    """

    deployer: Deployer
    _told: dict[_Asked, Roster] = field(default_factory=dict)

    def of(self, context: Context, gate: str) -> Roster:
        """What the gate must see. Raises what `Deployer.roster` raises; then the next call asks again."""
        artifacts = frozenset(context.artifacts.items())
        asked = (context.release, context.stage, artifacts, context.leg, gate)
        if asked not in self._told:
            self._told[asked] = self.deployer.roster(context, gate)
        return self._told[asked]

    def lack(self, context: Context, least: Least | None) -> tuple[str, ...]:
        """The checks that the line asks for in this stage and that the release's rosters lack.

        Each as "gate: component/check". Raises what `Deployer.roster` raises.
        """
        return tuple(
            f"{gate}: {check}"
            for gate, checks in (least or {}).items()
            if checks
            for check in missing_checks(checks, self.of(context, gate))
        )
