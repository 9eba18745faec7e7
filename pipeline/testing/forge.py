"""A forge in memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from pipeline.core.approval import GivenApproval
from pipeline.core.errors import ForgeRefused, ForgeUnreachable
from pipeline.core.freeze_period import FreezePeriod
from pipeline.core.messages import CommitStatus, Deployment, Issue, Message, Note, ReleasePage


@dataclass(slots=True)
class FakeForge:
    """The Forge port with a memory: `there` is what it holds, by id.

    `down` is whether it cannot be reached. It refuses messages of the kinds in `refused`.
    `calendar` and `given` are what is read, after it has raised what is in `unread`, one for each question.
    """

    url: str = "https://gitlab.example"
    project: str = "group/project"
    down: bool = False
    refused: tuple[type, ...] = ()
    there: dict[str, Message] = field(default_factory=dict)
    calendar: tuple[FreezePeriod, ...] = ()
    given: tuple[GivenApproval, ...] = ()
    unread: list[Exception] = field(default_factory=list)

    def set_status(self, status: CommitStatus) -> str:
        return self._kept(f"status {status.mark}", status)

    def set_deployment(self, deployment: Deployment, known: str, newest: str) -> str:
        """Under the number after the last one."""
        del newest  # no answer is lost here
        number = known or str(1 + sum(isinstance(one, Deployment) for one in self.there.values()))
        return self._kept(number, deployment)

    def put_note(self, note: Note) -> str:
        return self._kept(f"note {note.mark}", note)

    def open_issue(self, issue: Issue) -> str:
        return self._kept(f"issue {issue.mark}", issue)

    def publish_release(self, page: ReleasePage) -> str:
        return self._kept(page.tag, page)

    def freeze_periods(self) -> Sequence[FreezePeriod]:
        """Its calendar."""
        self._asked()
        return self.calendar

    def approvals(self, commit: str, environment: str) -> Sequence[GivenApproval]:
        """Those of every deployment."""
        del commit, environment
        self._asked()
        return self.given

    def _asked(self) -> None:
        if self.unread:
            raise self.unread.pop(0)

    def _kept(self, name: str, message: Message) -> str:
        if self.down:
            raise ForgeUnreachable("GitLab did not answer", why="it is down", next="promote deliver")
        if isinstance(message, self.refused):
            raise ForgeRefused("GitLab refuses", why="403: 403 Forbidden", next="promote deliver")
        self.there[name] = message
        return name
