"""How pages are run: `tests.support.documents`, the mechanism that runs every page."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests import ROOT
from tests.support.documents import blocks, runnable

PAGE = """# Title

```python
first = 1
```

- An item:

  ```yaml mine.yaml
  name: mine
  ```

```{literalinclude} ../other.py
```

```sh
cat mine.yaml
```

```text
not run
```

```python
print("the sum", first + 1)
```
"""


def run(folder: Path, text: str) -> subprocess.CompletedProcess[str]:
    (folder / "page.md").write_text(text)
    (at := folder / "at").mkdir()
    command = [sys.executable, "-m", "tests.support.documents", str(folder / "page.md")]
    environment = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"}
    return subprocess.run(command, cwd=at, env=environment, capture_output=True, text=True)


def test_blocks_run_in_order_and_share_names_and_files(tmp_path: Path) -> None:
    done = run(tmp_path, PAGE)
    assert done.returncode == 0, done.stderr
    said = [line for line in done.stdout.splitlines() if not line.startswith("---")]
    assert said == ["name: mine", "the sum 2"]
    assert [block.line for block in blocks(tmp_path / "page.md")] == [3, 9, 13, 16, 20, 24]
    assert len(runnable(tmp_path / "page.md")) == 4


@pytest.mark.parametrize(
    ("block", "says"),
    [
        ("```sh\nfalse\n```", "returned non-zero exit status 1"),
        ("```python\nraise ValueError('wrong')\n```", "page.md:1"),
        ("```yaml ../out.yaml\na: 1\n```", "../out.yaml"),
    ],
)
def test_a_block_that_fails_ends_the_page(block: str, says: str, tmp_path: Path) -> None:
    done = run(tmp_path, f"{block}\n\n```sh\necho after\n```\n")
    assert done.returncode != 0
    assert says in done.stderr
    assert "after" not in done.stdout
    assert not (tmp_path / "out.yaml").exists()
