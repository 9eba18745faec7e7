"""What a substrate needs of the machine that Stagegate runs on, beside the hosts themselves. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Needs:
    """The programs that it runs, and the command that frees disk space which it took."""

    programs: tuple[str, ...]
    frees_disk: str


LAB = Needs(
    programs=("podman", "runc", "mmdebstrap", "nft", "ssh", "nc", "nsenter", "setpriv", "git"),
    frees_disk="podman image prune",
)
