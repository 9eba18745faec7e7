"""`promote flaky`: how often each check is not green although nothing is wrong."""

from collections.abc import Sequence

import click

from pipeline.cli.call import Call, common
from pipeline.cli.check_table import count_data, count_lines
from pipeline.cli.render import counted
from pipeline.cli.result import print_result
from pipeline.core.check_counts import CheckCount
from pipeline.core.check_rates import ONE_IN, is_defect, is_known, rates
from pipeline.engine.known import require_known


@click.command("flaky")
@click.option("--stage", metavar="NAME", help="Only this stage.")
@click.option("--gate", metavar="GATE", help="Only this gate.")
@common
def verb(call: Call, stage: str | None, gate: str | None) -> int:
    """Show how often each check was not green without a defect, by what the ledger has of all its runs.

    Counted are runs on what was verified: the same release in the same stage, with the same definition of the
    gate and the same inputs, was green in a promotion that verified it, before or afterwards. A check that is
    not green there in more than one run of 50 is a defect of the harness or of the stage.

    The exit code is 0 whatever is found.
    """
    with call.office() as office:
        if stage is not None:
            require_known(office.history(), stage)
        counts = rates(office.ledger.read(), stage, gate)
    document = {
        "stage": stage,
        "gate": gate,
        "one_in": ONE_IN,
        "checks": [
            {**data, "defect": is_defect(one), "enough_runs": is_known(one)}
            for one, data in zip(counts, count_data(counts), strict=True)
        ],
    }
    return print_result(call, document, _lines(call, counts))


def _lines(call: Call, counts: Sequence[CheckCount]) -> list[str]:
    if not counts:
        return ["no gate was judged on what was verified"]
    defects = [one for one in counts if is_defect(one)]
    few = sum(not is_known(one) for one in counts)
    lines = count_lines(counts)
    if defects:
        said = f"not green in more than 1 of {ONE_IN} runs, which is a defect of the harness or of the stage"
        lines.append(f"{said}: {', '.join(f'{one.gate} {one.name}' for one in defects)}")
        lines.append(f"next: {call.addressed(f'promote show {defects[0].attempts[-1]}')}")
    if few:
        lines.append(f"{counted(few, 'check')} with fewer than {ONE_IN} runs, too few to call a rate low")
    return lines
