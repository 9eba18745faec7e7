"""Ways to end the verbs that look after the ledger."""

from desk import Desk, green

from pipeline.testing import MemoryStore


def damaged_ledger(desk: Desk) -> list[str]:
    desk(*green(desk))
    del desk.bench.store.rows[2]
    return ["ledger", "verify"]


def differing_snapshot(desk: Desk) -> list[str]:
    desk(*green(desk))
    desk.bench.shop().keep_snapshot(few=1)
    desk.bench.snapshots.change('"confirmed":true', '"confirmed":false')
    return ["ledger", "verify"]


def exporting(desk: Desk) -> list[str]:
    desk(*green(desk))
    desk.bench.site.mkdir(exist_ok=True)
    return ["ledger", "export", str(desk.bench.site / "export")]


def importing(desk: Desk) -> list[str]:
    desk(*exporting(desk))
    desk.bench.store = MemoryStore()
    return ["ledger", "import", str(desk.bench.site / "export")]
