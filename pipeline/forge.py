"""The port to a forge, such as GitLab: who keeps the code, and shows people what becomes of it.

Every implementation passes the tests in tests/contract/test_forge.py.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol

from pipeline.core.approval import GivenApproval
from pipeline.core.freeze_period import FreezePeriod
from pipeline.core.messages import CommitStatus, Deployment, Issue, Note, ReleasePage


class Forge(Protocol):
    """One project of a forge.

    What is told may be told again, after a time-out, say: it is looked for before it is written, so it is
    there once, as it was told last. Only one process at a time tells of a site. Every call ends within a
    bounded time. Raises ForgeUnreachable if it is not known whether the forge has heard, or if it asks to
    wait; ForgeRefused if it will not do it, however often it is asked.
    """

    @property
    def url(self) -> str:
        """Where the forge is."""

    @property
    def project(self) -> str:
        """The project, by its path or number."""

    def set_status(self, status: CommitStatus) -> str:
        """Give a commit this status; return the status's id."""

    def set_deployment(self, deployment: Deployment, known: str, newest: str) -> str:
        """Record a deployment; return its id.

        `known` is its id from before, if any. Else one that was made by a call whose answer was lost is newer
        than `newest`, the last of this site in the environment.
        """

    def put_note(self, note: Note) -> str:
        """Write a note on a merge request, or update it in place; its id, empty without such a request."""

    def open_issue(self, issue: Issue) -> str:
        """Open an issue, unless there is one, open or closed; return its number."""

    def publish_release(self, page: ReleasePage) -> str:
        """Publish a release with its links; return its tag. It may exist with fewer links."""

    def freeze_periods(self) -> Sequence[FreezePeriod]:
        """The project's calendar."""

    def approvals(self, commit: str, environment: str) -> Sequence[GivenApproval]:
        """The approvals and rejections of the newest deployment of a commit into a protected environment."""


class SignIn(Protocol):
    """Where people prove to a forge who they are: OAuth's authorization code, with PKCE.

    Nothing that it raises repeats a code, a token or the application's secret.
    """

    def address(self, state: str, challenge: str) -> str:
        """Where a browser asks for a code. `challenge` is the SHA-256 of a verifier, in base64url."""

    def claims(self, code: str, verifier: str) -> Mapping[str, object]:
        """What the forge says of the person to whom it gave this code; the token for that is kept nowhere.

        Raises NotProved if the forge refuses, and ForgeUnreachable without an answer in time.
        """
