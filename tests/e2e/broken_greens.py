"""Defects of a release by which its control plane is broken: what is committed, and what stops it."""

from dataclasses import dataclass

from checkout import Checkout

APPLICATION = "stages/openstack/templates/api-application"
LOADED = 'served = importlib.import_module(os.environ["STAGEGATE_MODULE"]).application\n'
ANSWERED = "    return served(environ, start_response)\n"
STEP_FAILED, GATE_RED = 7, 3

Edit = tuple[str, str, str]


@dataclass(frozen=True)
class Broken:
    """A defect: edits of tracked files, each of a text that must be there.

    `leg` is the one that stops it, `code` how `promote` exits, and `said` matches what the history says.
    `is_met` says whether clients may meet it before it is stopped; `crowd`, whether it takes many of them.
    """

    name: str
    edits: tuple[Edit, ...]
    leg: str
    code: int
    said: str
    is_met: bool = False
    crowd: bool = False

    def put_in(self, checkout: Checkout) -> None:
        """Commit it; one more commit takes it out again."""
        for path, old, new in self.edits:
            checkout.edit(path, old, new)
        checkout.commit(f"Seeded: {self.name}")


def answering(code: str) -> tuple[Edit, ...]:
    """Other lines where the application of an API answers a request, which is no health check."""
    return (
        (APPLICATION, "import importlib\n", "import importlib\nimport itertools\n"),
        (APPLICATION, "import socket\n", "import socket\nimport time\n"),
        (APPLICATION, LOADED, f"{LOADED}numbers, recent = itertools.count(), []\n"),
        (APPLICATION, ANSWERED, f"    if CHECK in environ:\n    {ANSWERED}{code}"),
    )


# No service runs, so the step that starts it fails; no load balancer has green as a server that is up.
DOES_NOT_START = Broken(
    "a service that does not start",
    ((APPLICATION, LOADED, 'raise RuntimeError("seeded: it does not start")\n'),),
    leg="build",
    code=STEP_FAILED,
    said=r"service/identity-green-\d",
)
# The schema is changed, and the step fails all the same: blue serves on what the phase has left.
MIGRATION_FAILS = Broken(
    "a migration that is killed before it says that it is done",
    (
        (
            "stages/openstack/schema_phase.py",
            '        status, said = started(work["command"])\n',
            '        status, said = 137, started(work["command"])[1] + "seeded: killed in the middle"\n',
        ),
    ),
    leg="expand",
    code=STEP_FAILED,
    said=r"schema/keystone-expand.*ended with 137",
)
# Green agrees with itself, so smoke is green: only neighbours shows it a token that blue issued.
OTHER_KEYS = Broken(
    "wrong fernet keys",
    (
        (
            "stages/roles/identity/role.py",
            "File(path, secret(name), mode=0o640",
            'File(path, secret(name.replace("fernet", "credential")), mode=0o640',
        ),
    ),
    leg="build",
    code=GATE_RED,
    said=r"GET auth/tokens is answered 40[14]",
)
# Programs of the gates say what they are; the clients of the canary do not, so no gate can meet it.
TENTH_FAILS = Broken(
    "one that answers 500 to a tenth of what clients ask",
    answering(
        '    if "HTTP_USER_AGENT" not in environ and next(numbers) % 10 == 9:\n'
        '        start_response("500 Seeded", [("Content-Length", "0")])\n'
        f"        return []\n{ANSWERED}"
    ),
    leg="cut-over",
    code=STEP_FAILED,
    said=r"green answers worse than blue",
    is_met=True,
)
# At least twice as long as blue, and longer than the 50 ms which nobody notices.
HALF_SPEED = Broken(
    "half the speed",
    answering(
        "    began = time.monotonic()\n"
        "    answer = served(environ, start_response)\n"
        "    time.sleep(max(time.monotonic() - began, 0.15))\n"
        "    return answer\n"
    ),
    leg="cut-over",
    code=STEP_FAILED,
    said=r"green answers worse than blue",
)
# Ten clients at once are more than three requests a second for each of two processes on two hosts. The half
# of the crowd that a canary of 50 % lends shows it; a tenth of it would not (decision 58).
SLOW_IN_A_CROWD = Broken(
    "right but slow as soon as ten ask at once",
    answering(
        "    now = time.monotonic()\n"
        "    recent[:] = [*(at for at in recent if now - at < 1), now]\n"
        "    if len(recent) > 3:\n"
        f"        time.sleep(0.5)\n{ANSWERED}"
    ),
    leg="cut-over",
    code=STEP_FAILED,
    said=r"green answers worse than blue",
    crowd=True,
)
# The migration first: later, nothing is left to migrate.
EVERY = (MIGRATION_FAILS, DOES_NOT_START, OTHER_KEYS, TENTH_FAILS, HALF_SPEED, SLOW_IN_A_CROWD)
