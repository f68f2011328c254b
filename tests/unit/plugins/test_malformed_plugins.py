"""Plugins with something wrong in them: every fault is told with its file, none is hpobench's."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hpobench.__main__ import _code
from tests.support.tiny_plugins import write_suite

IMPORTS = "from hpobench.api import *\nfrom .tiny import Bowl, Halves, Stairs, Tiny, _Constant\n"


def searcher(body: str) -> str:
    return f"{IMPORTS}class Odd(Tiny):\n    name = 'odd'\n    {body}\n"


def scheduler(body: str) -> str:
    return f"{IMPORTS}class Odd(Halves):\n    name = 'odd'\n    {body}\n"


def problem(body: str) -> str:
    return f"{IMPORTS}class Odd(_Constant):\n    name = 'odd'\n    {body}\n"


def chain(text: str, count: int) -> str:
    return text * count


UNREADABLE = "class Silent(BaseException):\n    def __str__(self): raise self\n"

# What stands in the file; what is said of it after its name, by `list`.
UNLISTED: dict[str, tuple[str | bytes, str]] = {
    "requires none": (searcher("requires = None"), r":5: requires is None; it must be a tuple"),
    "requires a number": (searcher("requires = (3,)"), ":5: requires is (3,)"),
    "requires a text": (searcher("requires = 'numpy'"), ":5: requires is 'numpy'"),
    "requires no requirement": (searcher("requires = ('a b',)"), ":5: requires is ('a b',)"),
    "marker without sense": (
        searcher("requires = ('a; python_version ~= \"x\"',)"),
        ": requires 'a; python_version",
    ),
    "name a number": (f"{IMPORTS}class Odd(Tiny):\n    name = 3\n", ":4: name is 3"),
    "name a list": (f"{IMPORTS}class Odd(Tiny):\n    name = []\n", ":4: name is []"),
    "name empty": (f"{IMPORTS}class Odd(Tiny):\n    name = ''\n", ":4: name is ''"),
    "name a path": (f"{IMPORTS}class Odd(Tiny):\n    name = '../x'\n", ":4: name is '../x'"),
    "name in colour": (f"{IMPORTS}class Odd(Tiny):\n    name = '\\33[1m'\n", ":4: name is"),
    "flag a text": (searcher("deterministic = 'no'"), ":5: deterministic is 'no'; it must be True"),
    "timeout endless": (searcher("call_timeout = 1e999"), ":5: call_timeout is inf"),
    "timeout of many digits": (searcher("call_timeout = 1" + "0" * 400), ":5: call_timeout is 10"),
    "lookahead negative": (scheduler("lookahead = -1"), ":5: lookahead is -1"),
    "notes a text": (scheduler("notes = 'x'"), ":5: notes is 'x'"),
    "licence a number": (problem("licence = 1"), ":5: licence is 1"),
    "deep default": (
        problem("def __init__(self, *, x=" + chain("1+", 900) + "1): ..."),
        ":5: nested too deep",
    ),
    "default of many signs": (
        problem("def __init__(self, *, x=" + chain("-", 900) + "1): ..."),
        ":5: nested too deep",
    ),
    "deep annotation": (
        problem("def __init__(self, *, x: " + chain("int|", 900) + "int = 1): ..."),
        ":5: nested too deep",
    ),
    "very deep": (problem("odds = " + chain("-", 50_000) + "1"), ": nested too deep"),
    "deep brackets": (
        problem("odds = " + "(" * 5000 + ")" * 5000),
        ":5: not valid Python: too many",
    ),
    "endless digits": (problem("odds = " + "9" * 5000), ":5: not valid Python: Exceeds"),
    "not UTF-8": (searcher("x = '\xff'").encode("latin-1"), "not valid Python"),
    "encoding unknown": (b"# coding: nonsense\n" + searcher("").encode(), "not valid Python"),
    "UTF-16": (searcher("").encode("utf-16"), "not valid Python"),
    "null": (searcher("x = '\0'"), "not valid Python: source code string cannot contain null"),
    "many headers": ("# /// script\n" * 200_000 + searcher(""), "has 200,000 lines '# /// script'"),
    "too large": ("#" * (5 << 20) + searcher(""), "larger than 4 MiB, too large for code"),
    "base that nobody finds": (
        f"class Odd({'a.' * 2000}b):\n    name = 'odd'\n",
        "no plugin in it",
    ),
    "circle of bases": ("class A(B):\n  name='a'\nclass B(A):\n  name='b'\n", "no plugin in it"),
}

# What stands in the file; what is said of it after its name, by `plan`.
UNPLANNED: dict[str, tuple[str | bytes, str]] = {
    "exit at import": (searcher("") + "exit(3)\n", ":6: cannot be imported: SystemExit: 3"),
    "BaseException at import": (
        searcher("") + "raise BaseException('x')\n",
        ":6: cannot be imported: BaseException: x",
    ),
    "unreadable error at import": (
        searcher("") + f"{UNREADABLE}raise Silent\n",
        ":8: cannot be imported: Silent, whose message cannot be made (Silent)",
    ),
    "unreadable error of hpobench": (
        searcher("class E(Exception): __str__ = None\n    import hpobench.contract.errors as e\n")
        + "raise Odd.e.UsageError(Odd.E())\n",
        ":8: cannot be imported: UsageError, whose message cannot be made",
    ),
    "Ctrl-C at import": (
        searcher("") + "raise KeyboardInterrupt\n",
        ":6: cannot be imported: KeyboardInterrupt",
    ),
    "GeneratorExit at import": (searcher("") + "raise GeneratorExit\n", ":6: cannot be imported"),
    "StopIteration at import": (searcher("") + "next(iter(()))\n", ":6: cannot be imported"),
    "EOFError at import": (searcher("") + "raise EOFError\n", ":6: cannot be imported: EOFError"),
    "recursion at import": (
        searcher("") + "def f(): f()\nf()\n",
        ":6: cannot be imported: RecursionError",
    ),
    "message in colour": (
        searcher("") + "raise ValueError('\\33[31mred')\n",
        r":6: cannot be imported: ValueError: \x1b[31mred",
    ),
    "class gone": (searcher("") + "del Odd\n", ": has no class 'Odd' once imported"),
    "class an object": (searcher("") + "Odd = 3\n", ": has no class 'Odd' once imported"),
    "metaclass": (
        f"{IMPORTS}class Meta(type(Tiny)):\n"
        "    def __getattribute__(cls, name):\n"
        "        if name == 'notes': raise SystemExit(4)\n"
        "        return super().__getattribute__(name)\n"
        "class Odd(Tiny, metaclass=Meta):\n    name = 'odd'\n",
        ":5: notes cannot be read: SystemExit: 4",
    ),
    "requires computed": (searcher("requires = tuple([3])"), ": Odd.requires is (3,)"),
    "init none": (searcher("__init__ = None"), ": the options of Odd cannot be read"),
    "init a lambda": (searcher("__init__ = lambda self: None"), "cannot be built with these"),
    "init async": (searcher("async def __init__(self, space, **k): ..."), "is no plain function"),
    "annotation that exits": (
        searcher("def __init__(self, space, *, seed, fidelity, n: 'exit(3)' = 1): ..."),
        ": the annotations of Odd.__init__ cannot be evaluated: SystemExit: 3",
    ),
    "annotation no type": (
        searcher("def __init__(self, space, *, seed, fidelity, n: 3 = 1): ..."),
        ": the annotations of Odd.__init__ cannot be evaluated",
    ),
    "default without JSON": (
        searcher("def __init__(self, space, *, seed, fidelity, n=object()): ..."),
        "n: Unable to serialize",
    ),
    "positional option": (
        searcher("def __init__(self, space, n, /, *, seed, fidelity): ..."),
        "cannot be built with these options: TypeError",
    ),
    "new gives another thing": (
        problem("def __new__(cls): return 3"),
        "cannot be built with these",
    ),
    "new gives another problem": (
        problem("def __new__(cls): return Problem.__new__(Bowl)"),
        "Bowl.__init__() missing",
    ),
    "space none": (problem("space = None"), ": Odd.space is None; it must be a Space"),
    "space empty": (problem("space = Space([])"), "must be a Space of at least one parameter"),
    "space that exits": (
        problem("@property\n    def space(self): exit(3)"),
        ": space, fidelity or objective cannot be read: SystemExit: 3",
    ),
    "fidelity a text": (problem("fidelity = 'epoch'"), ": Odd.fidelity is 'epoch'"),
    "no steps": (problem("fidelity = Fidelity('epoch', 0)"), ": Odd.fidelity.steps is 0"),
    "half a step": (problem("fidelity = Fidelity('epoch', 1.5)"), ": Odd.fidelity.steps is 1.5"),
    "unit nan": (problem("fidelity = Fidelity('e', 2, float('nan'))"), ".fidelity.unit is nan"),
    "objective a text": (problem("objective = 'loss'"), ": Odd.objective is 'loss'"),
    "several objectives": (
        problem("objective = [Objective()]"),
        "; hpobench compares one objective",
    ),
    "several metrics": (problem("objective = Objective(('a', 'b'))"), "name the one metric that"),
    "direction": (problem("objective = Objective('x', 'up')"), ".objective.direction is 'up'"),
    "mutable unknown": (problem("mutable = ('y',)"), ": Odd.mutable is ('y',)"),
    "heldout a text": (problem("heldout = 'yes'"), ": Odd.heldout is 'yes'"),
    "estimate that exits": (problem("def estimate(self): exit(3)"), ":5: estimate() failed: Sys"),
    "fingerprint of no text": (problem("def fingerprint(self): return 3"), "fingerprint() gives 3"),
    "missing that exits": (
        problem("@classmethod\n    def missing(cls): exit(3)"),
        ":6: missing() failed: SystemExit: 3",
    ),
    "missing a number": (
        problem("@classmethod\n    def missing(cls): return 3"),
        ": missing() gives 3; it must be a text or None",
    ),
    "missing unreadable": (
        "class Mute:\n    def __repr__(self): exit(3)\n"
        + problem("@classmethod\n    def missing(cls): return Mute()"),
        ": missing() gives an object whose repr() fails",
    ),
    "missing of no class": (problem("def missing(self): ..."), ": missing() failed: TypeError"),
    "population none left": (scheduler("population = 0"), ": population is 0"),
    "population a text": (scheduler("population = property(lambda s: 'x')"), "population is 'x'"),
    "check that exits": (scheduler("def check(self, problem): exit(3)"), ":5: check() failed"),
    "unsupported_reason of no text": (
        searcher("unsupported_reason = classmethod(lambda *a: 3)"),
        ": unsupported_reason() gives 3",
    ),
    "fingerprint of a searcher": (
        searcher("fingerprint = classmethod(lambda *a: exit(3))"),
        ":5: fingerprint() failed: SystemExit: 3",
    ),
    "close that exits": (searcher("def close(self): exit(3)"), "cannot be built with these"),
}


def write(folder: Path, text: str | bytes) -> Path:
    file = folder / "odd.py"
    file.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))
    return file


def suite(folder: Path, text: str | bytes) -> Path:
    changes = {8: "plugins: [tiny.py, odd.py]"}
    kinds = {"(_Constant)": 4, "(Halves)": 3}
    line = next((n for base, n in kinds.items() if base.encode() in _bytes(text)), 2)
    kind = {2: "searchers", 3: "schedulers", 4: "problems"}[line]
    changes[line] = f"{kind}: [odd]"
    if line == 3:
        changes[4] = "problems: [stairs]"
    return write_suite(folder, changes)


def _bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")


@pytest.mark.parametrize("case", UNLISTED)
def test_list_names_faults(case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text, message = UNLISTED[case]
    write_suite(tmp_path)
    file = write(tmp_path, text)
    codes = [_code(["list", f"{kind}s", "--plugin", str(file)]) for kind in ("searcher", "problem")]
    told = capsys.readouterr().err
    assert 2 in codes
    assert set(codes) <= {0, 2}
    assert str(file) in told
    assert message in told


@pytest.mark.parametrize("case", UNPLANNED)
def test_plan_names_faults(case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text, message = UNPLANNED[case]
    file = write(tmp_path, text)
    code = _code(["plan", str(suite(tmp_path, text))])
    told = capsys.readouterr().err
    assert code == 2, told
    assert str(file) in told or "problems[0].n" in told or "searchers[0].n" in told
    assert message in told
    assert "\x1b[31mred" not in told


RIGHT: list[str | bytes] = [
    searcher("").encode("utf-8-sig"),
    b"# coding: latin-1\n" + searcher("mark = '\xe9'").encode("latin-1"),
    searcher("def __init__(self, space, *a, seed, fidelity, **k): ..."),
    scheduler("population = property(lambda self: 4)"),
    problem("@property\n    def space(self): return Space([Float('y', 0, 1)])"),
    problem("mutable = ['x']"),
    problem("def estimate(self, *, x=" + chain("1+", 90) + "1): return 1.0"),
    problem("reference = lambda self: 3"),  # nobody asks before the run
]


@pytest.mark.parametrize("text", RIGHT)
def test_odd_files_that_are_right(text: str | bytes, tmp_path: Path) -> None:
    write(tmp_path, text)
    assert _code(["plan", str(suite(tmp_path, text))]) == 0


def test_files_that_are_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "folder"
    (folder / "inner.py").mkdir(parents=True)
    assert _code(["list", "problems", "--plugin", str(folder)]) == 2
    assert "inner.py: not a regular file" in capsys.readouterr().err
    (folder / "inner.py").rmdir()
    (folder / "away.py").symlink_to(write(tmp_path, problem("")))
    assert _code(["list", "problems", "--plugin", str(folder)]) == 2
    assert "away.py: a link that leaves" in capsys.readouterr().err
    (folder / "away.py").unlink()
    (folder / "loop.py").symlink_to(folder / "loop.py")
    assert _code(["list", "problems", "--plugin", str(folder)]) == 2
    assert "loop.py" in capsys.readouterr().err
    assert _code(["list", "problems", "--plugin", "x" * 5000]) == 2
    os.mkfifo(tmp_path / "odd.py.lock")
    write(tmp_path, "# /// script\n# dependencies = []\n# ///\n" + searcher(""))
    write_suite(tmp_path)
    assert _code(["list", "searchers", "--plugin", str(tmp_path / "odd.py")]) == 0
    assert "odd.py.lock: not a regular file" in " ".join(capsys.readouterr().out.split())
