"""Defects of what APIs answer: what each does to a standing stage, and by which checks it is seen."""

from seeding import Defect

GATE = "api"
POLICY = "/etc/keystone/policy.yaml"
FORBIDDEN_TRUSTS = Defect(
    name="keystone-forbids-what-it-must-allow",
    hosts="identity-blue-1",
    # Keystone reads it again when it has changed; a restart would be seen by the load balancer.
    put_in=f"""printf '"identity:create_trust": "!"\n' > {POLICY} && chmod 644 {POLICY}""",
    is_in=f"test -e {POLICY}",
    # What it logged is no other test's; restarted, it says again what time it has.
    take_out=f"rm {POLICY} && journalctl --rotate && journalctl --vacuum-time=1s"
    " && systemctl restart keystone",
    seen_by={"keystone/trusts": ""},  # that no other group of tests is red is what the test asks
)
DEFECTS = (FORBIDDEN_TRUSTS,)
