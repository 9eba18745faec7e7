"""Snapshots in memory, as text: what a disk would keep."""

import uuid
from dataclasses import dataclass, field

from pipeline.core.chain import Head
from pipeline.core.history import History
from pipeline.core.snapshot import PieceKind, Snapshot, new_pieces, revived, state_of


@dataclass(slots=True)
class MemorySnapshots:
    """The Snapshots port.

    `state` is the newest one: its origin, head and text. `loaded` are the names of the pieces that were asked
    for, in order.
    """

    state: tuple[str, Head, str] | None = None
    pieces: dict[tuple[str, PieceKind, str], str] = field(default_factory=dict)
    loaded: list[str] = field(default_factory=list)

    def newest(self) -> Snapshot | None:
        if self.state is None:
            return None
        origin, head, text = self.state

        def load(kind: PieceKind, name: str) -> str:
            self.loaded.append(name)
            return self.pieces[origin, kind, name]

        return Snapshot(origin, head, revived(text, load))

    def keep(self, history: History, head: Head, since: Snapshot | None) -> None:
        origin = since.origin if since else uuid.uuid4().hex
        if since is not None and (
            self.state is None or self.state[0] != origin or self.state[1].seq >= head.seq
        ):
            return
        for piece in new_pieces(history):
            self.pieces[origin, piece.kind, piece.name] = piece.text
        self.state = (origin, head, state_of(history))

    def change(self, before: str, after: str) -> None:
        """Change the newest one behind everybody's back."""
        if self.state is None or before not in self.state[2]:
            raise ValueError(f"no snapshot says {before}")
        origin, head, text = self.state
        self.state = (origin, head, text.replace(before, after))
