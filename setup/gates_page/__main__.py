"""`python setup/gates_page`: writes docs/gates.md from the code of the gates, their tests and the config."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# What pytest has on its path, too: the code, and the tests' defects with what they import.
sys.path[:0] = [str(ROOT), *(str(ROOT / folder) for folder in ("tests", "tests/e2e", "tests/unit/suites"))]

if __name__ == "__main__":
    import gate_page

    (ROOT / "docs/gates.md").write_text(gate_page.made().text(), encoding="utf-8")
