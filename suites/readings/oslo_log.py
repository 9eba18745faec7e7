"""How OpenStack's services write their logs: oslo.log's lines, and uwsgi's beside them."""

# For a component's `errors`. The number is the process's, so that "ERROR" within a sentence is none.
ERRORS = (
    r"\d (ERROR|CRITICAL) [a-z_]+[. ]",
    r"^Traceback \(most recent call last\)",
    r"DAMN ! worker",
)

# What the process writes itself of the time at which a line was made; journald adds when it came in.
DATED = r"^([0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8}\.[0-9]{3} [0-9]+ |\*\*\* Starting uWSGI )"
