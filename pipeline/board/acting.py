"""Approving and rejecting in the browser: the rules and events are those of the verbs of these names."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from urllib.parse import parse_qsl

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from pipeline.board.login import Login, redirect
from pipeline.board.plans import Plans
from pipeline.board.reading import Reader
from pipeline.core.actor import Actor
from pipeline.core.errors import NotEligible, UsageProblem
from pipeline.core.history import History
from pipeline.core.release import Release, find_release
from pipeline.engine.approvals import approve, require_may_approve
from pipeline.engine.rejections import reject
from pipeline.forge import Forge
from pipeline.ports import Clock, Ledger, Snapshots
from pipeline.workshop import Office

MOST_BYTES = 64 * 1024
LONGEST = 1000  # characters of a reason
Fields = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class OfficeOf:
    """The server's ports in the hands of somebody who is logged in: what is recorded is theirs."""

    office: Office
    actor: Actor

    @property
    def site(self) -> Path:
        """The site directory."""
        return self.office.site

    @property
    def ledger(self) -> Ledger:
        """The events."""
        return self.office.ledger

    @property
    def snapshots(self) -> Snapshots:
        """Their folded state."""
        return self.office.snapshots

    @property
    def clock(self) -> Clock:
        """The time."""
        return self.office.clock

    @property
    def forge(self) -> Forge | None:
        """Who is told of what happens."""
        return self.office.forge

    def history(self) -> History:
        """The current state of the site."""
        return self.office.history()


class Acting:
    """What who is logged in may do. Each form is a POST with the token of its session."""

    def __init__(self, reader: Reader, login: Login, plans: Plans) -> None:
        self.login, self.plans = login, plans
        self._reader = reader

    async def plan(self, request: Request) -> Response:
        """Begin to make the plan that is to be approved; of who may not approve it, refuse it at once."""
        name, stage = request.path_params["name"], request.path_params["stage"]
        person, _ = await self._sent(request)

        def begin(office: Office) -> str:
            release = _named(office, name)
            require_may_approve(OfficeOf(office, person), stage, release)
            self.plans.begin(release.id, stage)
            return f"/releases/{release.alias}/plans/{stage}"

        return redirect(await run_in_threadpool(self._reader.with_office, begin))

    async def approve(self, request: Request) -> Response:
        """Approve the plan that was shown here."""
        name, stage = request.path_params["name"], request.path_params["stage"]
        person, fields = await self._sent(request)
        digest, reason = fields.get("digest", ""), _reason(fields)

        def act(office: Office) -> str:
            release = _named(office, name)
            self._require_seen(release, stage, digest)
            approve(OfficeOf(office, person), stage, release, digest, reason)
            return f"/releases/{release.alias}"

        return redirect(await run_in_threadpool(self._reader.with_office, act))

    async def reject(self, request: Request) -> Response:
        """Reject a release."""
        name = request.path_params["name"]
        person, fields = await self._sent(request)
        reason = _reason(fields)

        def act(office: Office) -> str:
            return f"/releases/{reject(OfficeOf(office, person), name, reason).alias}"

        return redirect(await run_in_threadpool(self._reader.with_office, act))

    async def log_out(self, request: Request) -> Response:
        """Log out."""
        await self._sent(request)
        return self.login.end(request)

    async def _sent(self, request: Request) -> tuple[Actor, Fields]:
        """Who has sent a form, and what is in it. Raises HTTPException for nobody, or no form of ours."""
        fields = _fields(await _body(request))
        session = await run_in_threadpool(self.login.proved, request, fields.get("form", ""))
        return session.person, fields

    def _require_seen(self, release: Release, stage: str, digest: str) -> None:
        """Raise NotEligible unless this is the plan that the page shows, and one that may be performed."""
        seen = self.plans.of(release.id, stage)
        document = seen.document if seen else None
        if document is None or document["digest"] != digest:
            raise NotEligible(
                "this plan is not the one that is shown here any more; nothing was approved",
                why="it was made too long ago, or another one was made since",
                next=f"make the plan of {release.alias} for {stage} again",
            )
        if document["refusals"]:
            raise NotEligible(
                f"there is no plan of {release.alias} for {stage} to approve",
                why="; ".join(document["refusals"]),
                next=f"promote plan --stage {stage} --release {release.alias}",
            )


def _named(office: Office, name: str) -> Release:
    return find_release(office.history().releases.values(), name)


def _reason(fields: Fields) -> str:
    """Why, in one line. Raises UsageProblem without."""
    reason = " ".join(fields.get("reason", "").split())
    if not reason.isprintable() or not 0 < len(reason) <= LONGEST:
        raise UsageProblem(
            "nothing was changed: there is no reason" if not reason else "nothing was changed by this reason",
            why=f"people are shown it later, so it has 1 to {LONGEST} characters that can be printed",
            next="go back, and write one",
        )
    return reason


async def _body(request: Request) -> bytes:
    """The body of a form. Raises HTTPException if it is too long, of which no more is read."""
    found = bytearray()
    async for part in request.stream():
        found += part
        if len(found) > MOST_BYTES:
            raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"This is more than {MOST_BYTES} bytes")
    return bytes(found)


def _fields(body: bytes) -> Fields:
    try:
        return dict(
            parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=20, errors="strict")
        )
    except ValueError:
        raise HTTPException(HTTPStatus.BAD_REQUEST, "This is not a form of the board") from None
