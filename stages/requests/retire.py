"""The plan that a person asks for to retire the colour that answers nobody. Changes nothing."""

from collections.abc import Mapping
from typing import Any

from stages.design.colours import Colours, of
from stages.machine.substrates.connections import Connections
from stages.planning import retiring
from stages.planning.observed import Observed
from stages.planning.steps import Desired, Plan
from stages.requests import plan
from stages.requests.context import Context


def make(request: Mapping[str, Any], connections: Connections, known: Colours | None) -> Plan:
    """Make the plan for the stage as it is now; changes no host and no file of the site.

    `known` are the colours where what stands can't be asked. Raises what `Context.of` and `plan.make` raise.
    """
    standing = of(Context.of(request, connections, known=known).draft.blueprint)
    alone = Context.of(request, connections, known=Colours(standing.own))

    def retired(context: Context, observed: Observed, wanted: Desired) -> Plan:
        drawn = context.draft.blueprint
        return retiring.make(retiring.Retiring(drawn, standing, observed, wanted, context.release))

    return plan.make(alone, retired)
