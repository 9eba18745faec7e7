"""docs/architecture.md draws the layers of the import contracts, and its calls are where it says."""

import itertools
import re
import tomllib

from pages import ROOT, TEXT, names, table

PAGE = "docs/architecture.md"
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
# The layers of each package, top first.
LAYERS: dict[str, list[str]] = {
    name: contract["layers"]
    for name in ("pipeline", "stages", "suites")
    for contract in CONTRACTS
    if contract.get("containers") == [name]
}
SELF_EXPLANATORY = {"__main__", "conftest", "errors"}
# A line of the call tree: a file, and what is called in it.
CALL = re.compile(r"^ *((?:pipeline|stages|suites)/\S+\.py) +(\w+) {2,}\S", re.MULTILINE)


def picture() -> str:
    """A column a package, a line a layer."""
    columns = [[f"{name}/", *layers] for name, layers in LAYERS.items()]
    widths = [max(map(len, column)) for column in columns]
    rows = itertools.zip_longest(*columns, fillvalue="")
    lines = ["   ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
    return "\n".join(lines)


def test_the_picture_is_drawn_from_the_import_contracts() -> None:
    assert f"```text\n{picture()}\n```" in TEXT[PAGE], f"put this picture into {PAGE}:\n{picture()}"


def test_every_part_is_described_in_the_order_of_the_layers() -> None:
    parts = [
        f"{name}/{part}"
        for name, layers in LAYERS.items()
        for layer in layers
        for part in re.split(r" [|:] ", layer)
        if part not in SELF_EXPLANATORY
    ]
    described = [names(row[0])[0] for row in table(PAGE, "What each part holds")]
    assert [path.removesuffix("/").removesuffix(".py") for path in described] == parts


def test_the_calls_of_one_promotion_are_where_the_document_says() -> None:
    calls = CALL.findall(TEXT[PAGE].split("## Packages and layers")[0])
    assert len(calls) > 25
    missing = [
        f"{path}: {name}"
        for path, name in calls
        if not re.search(rf"^\s*(def|class) {name}\b", (ROOT / path).read_text(), re.MULTILINE)
    ]
    assert not missing
