"""Commands that show a person the state of OpenStack services when a gate is red. They show no secret."""

from pathlib import PurePosixPath

from stages.openstack.software import Software

# The value of whatever is called a password or a secret, and what stands between a user's name and an @.
HIDE = (
    r"s#\(password\|secret\|secret_key\) *=.*#\1 = ***#; "
    r"s#\([/,][a-z_]*\):[^@/]*@#\1:***@#g; s#sentinel_password=[^&]*#sentinel_password=***#"
)


def shown(software: Software) -> dict[str, tuple[str, ...]]:
    """By name: each configuration, and what the check beside the services says."""
    found = {
        f"{PurePosixPath(path).stem}-configuration": ("sed", "-e", HIDE, path)
        for path in software.configurations
    }
    asked = "curl -s -m 5 http://$(hostname -i | cut -d' ' -f1):9210/"
    return found | {"dependencies": ("sh", "-c", asked)}
