"""A token that one colour issues, validated and used at the other."""

from suites.errors import RequestRefused
from suites.neighbours.made import Made
from suites.neighbours.pair import Neighbour


def token(writer: Neighbour, reader: Neighbour, made: Made) -> str:
    """Issue a token through one colour; validate it, and list projects with it, through the other.

    Nothing is made. Raises RequestRefused, ClientFailed.
    """
    del made
    issued = writer.api.own_token()
    subject = {"X-Subject-Token": issued.value}
    said = {}
    for neighbour in (writer, reader):
        identity = neighbour.service("identity")
        shown = identity.call("GET", "/auth/tokens", headers=subject, token=issued).document["token"]
        said[neighbour.colour] = (str(shown["user"]["name"]), str(shown["project"]["id"]))
    user, project = said[writer.colour]
    if said[reader.colour] != said[writer.colour]:
        took = "{} in {}".format(*said[reader.colour])
        raise RequestRefused(f"takes a token of {user} in {project} for one of {took}", where=reader.colour)
    listed = reader.service("identity").call("GET", "/auth/projects", token=issued).document["projects"]
    if project not in {str(one["id"]) for one in listed}:
        raise RequestRefused(f"does not list the project {project} of a token", where=reader.colour)
    return f"a token of {user} is valid and lists {len(listed)} projects"
