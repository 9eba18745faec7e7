"""Settings of databases, and how many there may be. Times are in seconds."""

from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

from stages.design.durations import Seconds
from stages.design.settings import STRICT, Count, at_most, longer_than, whole

COUNT = Count("databases", 7, why="every commit waits for all of them", even="both would stop")
Size = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]*[MG]$")]
GALERA = "Galera refuses to start otherwise"
WholeSeconds = Annotated[Seconds, whole("PyMySQL has no finer unit")]


class Settings(BaseModel):
    """Settings of MariaDB and Galera, explained in config/roles.yaml."""

    model_config = STRICT

    max_connections: int = Field(ge=10, le=100_000)
    buffer_pool: Size
    evs_keepalive_period: Seconds
    evs_suspect_timeout: Annotated[
        Seconds, longer_than("evs_keepalive_period", "healthy nodes would be suspected")
    ]
    evs_inactive_timeout: Annotated[Seconds, longer_than("evs_suspect_timeout", GALERA)]
    evs_inactive_check_period: Annotated[Seconds, at_most("evs_suspect_timeout", GALERA, times=2)]
    evs_join_retrans_period: Annotated[
        Seconds, at_most("evs_suspect_timeout", "one lost message would cost a member", times=3)
    ]
    evs_install_timeout: Annotated[Seconds, at_most("evs_inactive_timeout", GALERA)]
    gcache: Size
    donor_timeout: Seconds
    join_timeout: Annotated[Seconds, longer_than("donor_timeout", "it includes the wait for a donor")]
    sync_timeout: Seconds
    check_timeout: Seconds
    drain_timeout: Seconds
    connect_timeout: WholeSeconds
    answer_timeout: WholeSeconds
    write_stall: Seconds = 15.0
