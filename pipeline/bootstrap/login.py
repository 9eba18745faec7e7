"""Connects the login of the board to GitLab."""

from collections.abc import Callable

from pipeline.adapters.gitlab_login import GitlabLogin
from pipeline.forge import SignIn


def gitlab_logins(application: str, secret: str, back: str) -> Callable[[str], SignIn]:
    """Who asks the GitLab with a URL, as the application with this id and secret."""
    return lambda url: GitlabLogin(url, application, secret, back)
