"""Defects that show only under load: what each does to a standing stage, and by which checks it is seen."""

from seeding import LIB, Defect

GATE = "load"
SERVED = "return served(environ, start_response)"
APPLICATION = f"{LIB}/api-application"
SAVED = "/run/seeded-api-application"
ANSWERS = "curl -sf -o /dev/null -H 'Stagegate-Check: yes' http://$(hostname -i | cut -d ' ' -f 1)"


def served_by(function: str, text: str, unit: str) -> tuple[str, str]:
    """Scripts that have another function answer the requests of an API, and the service's own again."""
    put_in = (
        f"cp -a {APPLICATION} {SAVED} && sed -i 's/{SERVED}/return {function}(environ, start_response)/'"
        f" {APPLICATION} && cat >> {APPLICATION} <<'END'\n{text}\nEND\nsystemctl restart {unit}"
    )
    return put_in, f"cp -a {SAVED} {APPLICATION} && systemctl restart {unit}"


LATER_IN, LATER_OUT = served_by(
    "later",
    "import time\ndef later(*request):\n    time.sleep(0.2)\n    return served(*request)",
    "glance-api",
)
SLOW_HOST = Defect(
    name="one-slow-host-of-a-role",
    hosts="image-blue-2",
    put_in=LATER_IN,
    is_in=f"grep -q later {APPLICATION} && {ANSWERS}:9292/healthcheck",
    take_out=LATER_OUT,
    healed=f"! grep -q later {APPLICATION} && {ANSWERS}:9292/healthcheck",
    seen_by={"glance/no_host_stands_out": r"image-blue-2 is slower than the others by 0\.[12]"},
)
UNIT = "/etc/systemd/system/neutron-api.service"
ONE_THREAD = Defect(
    name="an-api-host-that-takes-one-request-at-a-time",
    hosts="network-api-blue-2",
    put_in=f"cp -a {UNIT} /run/seeded-neutron-api && sed -i 's/--threads [0-9]*/--threads 1/' {UNIT}"
    " && systemctl daemon-reload && systemctl restart neutron-api",
    is_in=f"grep -q -e '--threads 1 ' {UNIT} && {ANSWERS}:9696/healthcheck",
    take_out=f"cp -a /run/seeded-neutron-api {UNIT} && systemctl daemon-reload"
    " && systemctl restart neutron-api",
    healed=f"! grep -q -e '--threads 1 ' {UNIT} && {ANSWERS}:9696/healthcheck",
    seen_by={
        "neutron/answers_at_once": r"waits for more than 0\.5 s: .* at network-api-blue-2 beside 3 slow"
    },
    may_also="neutron/no_host_stands_out",
)
# As a service does whose pool of connections is too small, and which does not wait for one.
POOL_OF_ONE = """
import threading
ONE = threading.Lock()
def one_at_a_time(environ, start_response):
    if not ONE.acquire(blocking=False):
        start_response("500 No Connection Left", [("Content-Length", "0")])
        return []
    try:
        return [b"".join(served(environ, start_response))]
    finally:
        ONE.release()"""
ALONE_IN, ALONE_OUT = served_by("one_at_a_time", POOL_OF_ONE, "placement-api")
FAILS_TOGETHER = Defect(
    name="an-api-that-fails-with-more-than-one-request-at-a-time",
    hosts="compute-api-blue-2",
    put_in=ALONE_IN,
    is_in=f"grep -q one_at_a_time {APPLICATION} && {ANSWERS}:8778/",
    take_out=ALONE_OUT,
    healed=f"! grep -q one_at_a_time {APPLICATION} && {ANSWERS}:8778/",
    seen_by={"placement/answers_at_once": "at compute-api-blue-2 .*: refused: 500"},
    # Nova asks it, too.
    may_also="nova-api/answers_at_once",
)
DEFECTS = (SLOW_HOST, ONE_THREAD, FAILS_TOGETHER)
UNTRIED = {defect.name for defect in DEFECTS}  # not put into a stage so far: they prove nothing yet
