from stage_sample import drafted

from stages import roles


def test_a_process_of_keystone_answers_one_request_at_a_time() -> None:
    # Its middleware keeps the token of a request in itself: another thread would find it there.
    blueprint = drafted("prod").blueprint
    host = next(host for host in blueprint.hosts if host.role == "identity")
    manifest = roles.load("identity").manifest(blueprint, host)
    unit = next(file.content for file in manifest.files if file.path.endswith("keystone.service"))
    assert "--threads 1 " in unit
