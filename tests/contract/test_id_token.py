"""A job's token proves who started it, whether the keys come from the issuer or from a file."""

import base64
import json
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import jwt
import pytest
from issuer import AUDIENCE, Issuer, new_key, serving

from pipeline.adapters.id_token import proved
from pipeline.core.actor import Actor
from pipeline.core.errors import NotProved, TryAgain
from pipeline.core.identity import Identity


@pytest.fixture(autouse=True)
def direct(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    made = Issuer()
    with serving(made):
        yield made


@pytest.fixture(params=["asked", "file"])
def identity(request: pytest.FixtureRequest, issuer: Issuer, tmp_path: Path) -> Identity:
    """The same issuer, known by the address of its keys and by a file of them."""
    if request.param == "asked":
        return Identity(issuer.url, AUDIENCE)
    file = tmp_path / "keys.json"
    file.write_text(json.dumps(issuer.keys))
    return Identity(issuer.url, AUDIENCE, str(file))


def test_a_token_names_its_person_and_the_job(issuer: Issuer, identity: Identity) -> None:
    found = proved(issuer.token(), identity)

    assert (found, found.job) == (Actor("alice", proved=True), "job 7 of group/project")
    assert str(found) == "alice, by job 7 of group/project"


def test_a_person_by_two_jobs_is_one_person(issuer: Issuer, identity: Identity) -> None:
    first, second = (proved(issuer.token(job_id=job), identity) for job in ("7", "8"))

    assert first.job != second.job
    assert len({first, second}) == 1


@pytest.mark.parametrize("projects", [("group/project",), ("other/one", "42"), ()])
def test_a_job_of_a_project_that_counts_is_believed(
    issuer: Issuer, identity: Identity, projects: tuple[str, ...]
) -> None:
    token = issuer.token(project_id="42")

    assert proved(token, replace(identity, projects=projects)) == Actor("alice", proved=True)


@pytest.mark.parametrize("projects", [("group/other", "43"), ("group",), ("Group/Project",)])
def test_a_job_of_another_project_is_refused_and_its_project_named(
    issuer: Issuer, identity: Identity, projects: tuple[str, ...]
) -> None:
    token = issuer.token(project_id="42")

    with pytest.raises(NotProved) as refused:
        proved(token, replace(identity, projects=projects))

    whose = " or ".join(projects)
    assert (
        refused.value.why
        == f"it is of a job of group/project, and this site's line believes those of {whose}"
    )


def of_another_key(issuer: Issuer) -> str:
    return jwt.encode(issuer.claims(), new_key(), algorithm="RS256", headers={"kid": "k1"})


def of_an_unknown_key(issuer: Issuer) -> str:
    return jwt.encode(issuer.claims(), new_key(), algorithm="RS256", headers={"kid": "k2"})


def unsigned(issuer: Issuer) -> str:
    return jwt.encode(issuer.claims(), None, algorithm="none", headers={"kid": "k1"})


def signed_with_what_is_public(issuer: Issuer) -> str:
    """With the public key's number as the secret that both sides know."""
    secret = str(issuer.keys["keys"][0]["n"])
    return jwt.encode(issuer.claims(), secret, algorithm="HS256", headers={"kid": "k1"})


def altered(issuer: Issuer) -> str:
    head, _, signature = issuer.token().split(".")
    claims = json.dumps(issuer.claims(user_login="mallory")).encode()
    return f"{head}.{base64.urlsafe_b64encode(claims).rstrip(b'=').decode()}.{signature}"


def with_claims(**different: object) -> Callable[[Issuer], str]:
    return lambda issuer: issuer.token(**different)


LONG_AGO, SOON = int(time.time()) - 3600, int(time.time()) + 3600
FORGED = {
    "empty": (lambda _: "", "it is malformed"),
    "no token": (lambda _: "alice", "it is malformed"),
    "another key": (of_another_key, "its signature is wrong"),
    "an unknown key": (of_an_unknown_key, "it is signed with a key that "),
    "no signature": (unsigned, "it is not signed with RS256"),
    "the public key as a secret": (signed_with_what_is_public, "it is not signed with RS256"),
    "altered": (altered, "its signature is wrong"),
    "expired": (with_claims(exp=LONG_AGO), "it has expired"),
    "too early": (with_claims(nbf=SOON), "it is not valid yet"),
    "never expires": (with_claims(exp=None), "its claim exp is missing"),
    "another issuer": (with_claims(iss="https://other.example"), "its issuer is not "),
    "no issuer": (with_claims(iss=None), "its claim iss is missing"),
    "another audience": (with_claims(aud="vault"), f"its audience is not {AUDIENCE}"),
    "no audience": (with_claims(aud=None), "its claim aud is missing"),
    "nobody": (with_claims(user_login=None), "its claim user_login has no text"),
    "an empty name": (with_claims(user_login=" "), "its claim user_login has no text"),
    "no job": (with_claims(job_id=7), "its claim job_id has no text"),
    "no project": (with_claims(project_path=None), "its claim project_path has no text"),
}


@pytest.mark.parametrize(("forge", "why"), FORGED.values(), ids=FORGED)
def test_a_token_that_does_not_verify_is_refused_with_the_reason_and_not_repeated(
    issuer: Issuer, identity: Identity, forge: Callable[[Issuer], str], why: str
) -> None:
    token = forge(issuer)

    with pytest.raises(NotProved) as refused:
        proved(token, identity)

    assert refused.value.why.startswith(why)
    told = "".join(traceback.format_exception(refused.value))
    assert not [part for part in token.split(".") if len(part) > len("alice") and part in told]


def test_an_issuer_that_does_not_answer_is_tried_again(issuer: Issuer) -> None:
    with pytest.raises(TryAgain, match="the keys of the issuer of tokens cannot be fetched"):
        proved(issuer.token(), Identity(f"{issuer.url}/elsewhere", AUDIENCE))


@pytest.mark.parametrize("text", [None, "not JSON", "[]", "{}", '{"keys": [{"kty": "what"}]}'])
def test_a_file_without_keys_proves_nothing(issuer: Issuer, tmp_path: Path, text: str | None) -> None:
    file = tmp_path / "keys.json"
    if text is not None:
        file.write_text(text)

    with pytest.raises(NotProved, match="the keys of the issuer of tokens cannot be read"):
        proved(issuer.token(), Identity(issuer.url, AUDIENCE, str(file)))
