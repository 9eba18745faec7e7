"""A GitLab for tests: one project with state, behind the part of the REST API that Stagegate calls.

    with FakeGitlab() as gitlab:                          an HTTP server on this machine
        gitlab.project.merged(12, commit="c0ffee")        a merge request that brought a commit
        gitlab.faults += [Fault.LOST, None, Fault.TOO_MANY]    of the next three requests
        GitlabForge(gitlab.url, "group/project", gitlab.token)
        gitlab.oauth.visitor = Person("ann", {"developer": ["cloud"]})    whose browser comes to /oauth

Its answers have the documented fields and codes: ids and paths, pages with their headers, 400 for a repeated
status, 403 for what the token of a job may not do, 409 for what exists.
"""

from pipeline.testing.gitlab.faults import Fault
from pipeline.testing.gitlab.oauth import Person
from pipeline.testing.gitlab.project import Project
from pipeline.testing.gitlab.server import FakeGitlab

__all__ = ["FakeGitlab", "Fault", "Person", "Project"]
