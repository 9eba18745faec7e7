"""The config keys and the snippets in the documents are the ones there are."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from pages import FENCE, ROOT, TEXT, fenced, spans
from yaml_maps import merged

from stages import roles
from stages.config import read
from stages.config.models import GateShape, SiteShape, StageShape
from stages.config.roles import shape

WALK = "docs/add-a-component.md"
OMISSION = re.compile(r"^ *# \.\.\.\n", re.MULTILINE)


def known_keys() -> set[str]:
    """Every key of the config, by its own name."""
    models = [SiteShape, StageShape, GateShape, *(shape(role) for role in roles.ROLES)]
    return {field.alias or name for model in models for name, field in model.model_fields.items()}


def test_every_key_of_the_config_is_explained() -> None:
    lines = [line for path in ROOT.glob("config/**/*.yaml") for line in path.read_text().splitlines()]
    explained = {span for _, span in spans()}
    for number, line in enumerate(lines):
        match = re.match(r"[# ]*([a-z_]+):", line)
        if match and ("#" in line or lines[number - 1].strip().startswith("#")):
            explained.add(match[1])
    assert not [key for key in known_keys() if key not in explained and f"{key}:" not in explained]


def test_keys_of_settings_in_the_documents_exist() -> None:
    pattern = rf"({'|'.join(roles.ROLES)})\.(\w+)"
    named = [match for _, span in spans() if (match := re.fullmatch(pattern, span))]
    assert not [match[0] for match in named if match[2] not in shape(match[1]).model_fields]


def test_pieces_of_config_in_the_documents_are_accepted(tmp_path: Path) -> None:
    for number, (document, body) in enumerate(fenced("yaml")):
        place = tmp_path / str(number)
        for path in ROOT.glob("config/**/*.yaml"):
            copy = place / path.relative_to(ROOT / "config")
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_text(path.read_text())
        named = re.match(r"\s*# config/(\S+)\n", body)
        assert named, f"{document}: a piece of config says on its first line which file it is of"
        data = merged(yaml.safe_load((place / named[1]).read_text()), yaml.safe_load(body))
        (place / named[1]).write_text(yaml.safe_dump(data))
        for stage in data.get("stages", []):
            file = place / "stages" / f"{stage}.yaml"
            file.write_text(
                file.read_text() if file.exists() else (place / "stages/staging.yaml").read_text()
            )
        for sealed in re.findall(r": age:([^/#\s][^#\s]*)", body):
            (place / sealed).parent.mkdir(parents=True, exist_ok=True)
            (place / sealed).write_text("age-encryption.org/v1\n")
        read(place)


def snippets() -> Iterator[tuple[str, str]]:
    """The file that each snippet of the walk-through names on its first line, and the snippet."""
    for language, body in FENCE.findall(TEXT[WALK]):
        if language != "console":
            first, _, rest = body.partition("\n")
            yield first.removeprefix("# "), rest


def test_the_walk_through_shows_each_kind_of_file() -> None:
    assert len({path for path, _ in snippets()}) > 5


@pytest.mark.parametrize(("path", "snippet"), list(snippets()))
def test_a_snippet_of_the_walk_through_stands_in_its_file(path: str, snippet: str) -> None:
    left = (ROOT / path).read_text()
    for part in OMISSION.split(snippet):
        before, found, left = left.partition(part)
        assert found, f"{WALK}: these lines do not stand in {path}, in this order:\n{part}"
        assert not before or before.endswith("\n")
