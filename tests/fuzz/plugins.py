"""Plugin files whose syntax tree or text is mutated, given to ``list``, ``plan`` and ``check``.

Mutants run in a folder of their own. They change literals, attributes, signatures and structure;
nothing that is inserted touches a file or starts a program.
"""

from __future__ import annotations

import ast
import json
import random
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from hpobench import testing
from hpobench.contract.package import PLUGIN_FOLDERS
from hpobench.plugins.discovery import find_plugins
from tests.fuzz.frame import Command
from tests.fuzz.texts import mutated_text
from tests.tiny_plugins import PLUGIN

_SHIPPED = (
    "problems/synthetic/branin.py",
    "problems/synthetic/jenatton.py",
    "problems/synthetic/learning_curves.py",
    "problems/synthetic/mf_hartmann.py",
    "algorithms/searchers/random_search.py",
    "algorithms/searchers/grid_search.py",
    "algorithms/searchers/optuna_tpe.py",
    "algorithms/searchers/hyperopt.py",
    "algorithms/schedulers/asha.py",
    "algorithms/schedulers/hyperband.py",
    "algorithms/schedulers/pbt.py",
)
_REQUIRED: Mapping[str, str] = {
    "bowl": "{dimension: 2}",
    "fuzz-mf-hartmann": "{dimension: 3, quality: good}",
}
_OTHERS = {"searcher": "random", "scheduler": "fifo", "problem": "branin"}
_VALUES = [
    "None",
    "True",
    "-1",
    "0",
    "1",
    "1.5",
    "-0.0",
    "1e308",
    "1e999",
    "-1e999",
    "''",
    "'x'",
    "'x/../y'",
    "'\\33[31m'",
    "b''",
    "()",
    "[]",
    "{}",
    "set()",
    "(3,)",
    "[None]",
    "{'a':1}",
    "...",
    "10**400",
    "float('nan')",
    "object()",
    "int",
    "lambda:0",
    "(yield)",
    "x.y",
    "exit(3)",
    "type",
    "print",
    "NotImplemented",
]
_DEEP = {
    "deep_sum": "1+" * 900 + "1",
    "deep_sign": "-" * 900 + "1",
    "deep_name": ".".join("a" * 2000),
}
"""Names in trees, and the expressions that take their places in the text."""
_RAISED = [
    "SystemExit(3)",
    "KeyboardInterrupt()",
    "GeneratorExit()",
    "BaseException('x')",
    "RecursionError()",
    "StopIteration()",
    "EOFError()",
    "MemoryError()",
    "ValueError('\\33[31m'*9)",
    "OSError(2,'x')",
    "ValueError('\\ud800')",
    "UnicodeDecodeError('x',b'y',0,1,'z')",
    "type('E',(Exception,),{'__str__':lambda*a:exit(4)})()",
]
_ATTRIBUTES = [
    "name",
    "requires",
    "deterministic",
    "conditional",
    "multi_fidelity",
    "parallel",
    "cost_aware",
    "schedules_itself",
    "library",
    "preload",
    "call_timeout",
    "needs_fidelity",
    "ends_trials",
    "lookahead",
    "pauses",
    "clones",
    "notes",
    "leaves_scheduling",
    "population",
    "source",
    "licence",
    "space",
    "fidelity",
    "objective",
    "mutable",
    "heldout",
    "suite_folder",
    "__init__",
    "__new__",
    "__slots__",
    "__class__",
    "__doc__",
    "__module__",
    "__abstractmethods__",
]
_METHODS = [
    "missing",
    "members",
    "reference",
    "optimum",
    "fingerprint",
    "estimate",
    "probe",
    "key",
    "curve",
    "ask",
    "tell",
    "steps",
    "build",
    "check",
    "unsupported_reason",
    "close",
    "__new__",
    "__init_subclass__",
    "__getattr__",
    "__getattribute__",
    "__set_name__",
    "__class_getitem__",
    "__repr__",
    "__eq__",
    "__hash__",
    "__len__",
    "__iter__",
    "__bool__",
]
_DECORATORS = [
    "property",
    "staticmethod",
    "classmethod",
    "exit",
    "list",
    "functools.cache",
    "int.x",
]


class Plugins:
    """Shipped plugins, the scaffolds of ``new`` and those of tests, mutated."""

    name = "plugins"

    def prepare(self, folder: Path) -> None:
        for shipped in _SHIPPED:
            key, _, rest = shipped.partition("/")
            text = (PLUGIN_FOLDERS[key] / rest).read_text(encoding="utf-8")
            name = f"{key}_{Path(rest).name}"
            renamed = re.sub(r'(?m)^(    name = )"', r'\1"fuzz-', text)
            (folder / name).write_text(renamed, encoding="utf-8")
            lock = PLUGIN_FOLDERS[key] / f"{rest}.lock"
            if lock.exists():
                (folder / f"{name}.lock").write_bytes(lock.read_bytes())
        for path in sorted((Path(testing.__file__).parent / "scaffolds").glob("*.py")):
            (folder / f"template_{path.name}").write_bytes(path.read_bytes())
        (folder / "tiny.py").write_text(PLUGIN, encoding="utf-8")
        for path in sorted(folder.glob("*.py")):
            path.with_suffix(".yaml").write_text(_suite(path), encoding="utf-8")

    def mutate(self, rng: random.Random, origin: Path, folder: Path) -> Sequence[Command]:
        source = rng.choice(sorted(origin.glob("*.py")))
        text = source.read_bytes()
        if rng.random() < 0.75:
            text = _mutated_tree(rng, text.decode())
        if rng.random() < 0.35:
            text = mutated_text(rng, text)
        (folder / "mine.py").write_bytes(text)
        for kind in (".py.lock", ".yaml"):
            if (beside := source.with_suffix(kind)).exists():
                target = folder / f"mine{kind}"
                target.write_bytes(beside.read_bytes())
        kinds = rng.choice(("searchers", "schedulers", "problems", "compatibility"))
        commands = [["list", kinds, "--plugin", "mine.py"], ["plan", "mine.yaml"]]
        if rng.random() < 0.1:
            commands.append(["check", "mine.py", "--patience", "0.1", "--limit", "5"])
        return commands


def _suite(file: Path) -> str:
    """A suite of the plugins in ``file``, beside ``mine.py``, which will hold them."""
    entries: dict[str, list[str]] = {kind: [] for kind in _OTHERS}
    for found in find_plugins(file, nameless=True):
        required = any(option.default is None for option in found.options)
        if not required:
            entries[found.kind].append(found.name)
        elif found.name in _REQUIRED:
            entries[found.kind].append(f"{{{found.name}: {_REQUIRED[found.name]}}}")
    lists = "".join(
        f"{kind}s: [{', '.join(names or [_OTHERS[kind]])}]\n" for kind, names in entries.items()
    )
    return f"name: fuzz\n{lists}seeds: 1\nbudget: {{trials: 3}}\nplugins: [mine.py]\n"


def _mutated_tree(rng: random.Random, text: str) -> bytes:
    tree = ast.parse(text)
    for _ in range(rng.randint(1, 3)):
        rng.choice(_TREE)(rng, tree)
    try:
        text = ast.unparse(ast.fix_missing_locations(tree))
    except (ValueError, AttributeError, TypeError):  # a tree that no text stands for
        return text.encode()
    for name, deep in _DEEP.items():
        text = text.replace(name, deep)
    return text.encode("utf-8", "surrogatepass")


def _expression(rng: random.Random) -> ast.expr:
    if rng.random() < 0.1:
        text = rng.choice(list(_DEEP))
    elif rng.random() < 0.1:
        text = json.dumps("x" * rng.choice((300, 5000, 100_000)))
    else:
        text = rng.choice(_VALUES)
    return ast.parse(text, mode="eval").body


def _pick(rng: random.Random, tree: ast.AST, kind: type[ast.AST]) -> ast.AST | None:
    found = [node for node in ast.walk(tree) if isinstance(node, kind)]
    return rng.choice(found) if found else None


def _value(rng: random.Random, tree: ast.AST) -> None:
    """Another value in the place of a literal, or of what a function returns."""
    node = _pick(rng, tree, rng.choice((ast.Assign, ast.AnnAssign, ast.Return, ast.keyword)))
    if isinstance(node, ast.Assign | ast.AnnAssign | ast.Return | ast.keyword):
        node.value = _expression(rng)


def _attribute(rng: random.Random, tree: ast.AST) -> None:
    """A class attribute of the contract with a value of any type."""
    if isinstance(node := _pick(rng, tree, ast.ClassDef), ast.ClassDef):
        target = ast.Name(rng.choice(_ATTRIBUTES), ast.Store())
        node.body.append(ast.Assign([target], _expression(rng)))


def _method(rng: random.Random, tree: ast.AST) -> None:
    """A method of the contract that returns or raises anything."""
    if not isinstance(node := _pick(rng, tree, ast.ClassDef), ast.ClassDef):
        return
    what = rng.choice((f"return {rng.choice(_VALUES)}", f"raise {rng.choice(_RAISED)}"))
    arguments = rng.choice(("*a, **k", "self", "cls", "", "self, x, /", "a, b=1, *, c"))
    head = rng.choice(("", "", "", "@classmethod\n", "@staticmethod\n", "@property\n", "async "))
    text = f"{head}def {rng.choice(_METHODS)}({arguments}):\n    {what}"
    node.body += ast.parse(text).body


def _raising(rng: random.Random, tree: ast.AST) -> None:
    """An exception at import, in a class or in a function."""
    node = _pick(rng, tree, rng.choice((ast.Module, ast.ClassDef, ast.FunctionDef)))
    if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
        raising = ast.parse(f"raise {rng.choice(_RAISED)}").body
        at = rng.randint(min(1, len(node.body)), len(node.body))
        node.body[at:at] = raising


def _base(rng: random.Random, tree: ast.AST) -> None:
    """Another base, metaclass or decorator."""
    if not isinstance(node := _pick(rng, tree, ast.ClassDef), ast.ClassDef):
        return
    change = rng.randrange(4)
    if change == 0:
        texts = (node.name, "object", "type", "Exception", "deep_name.Problem", "x()", "int")
        base = ast.parse(rng.choice(texts), mode="eval").body
        node.bases = [base] if rng.random() < 0.5 else [*node.bases, base]
    elif change == 1:
        node.keywords.append(ast.keyword("metaclass", _expression(rng)))
    elif change == 2:
        node.decorator_list.append(_expression(rng))
    else:
        node.name = rng.choice(("_X", "Searcher", "X" * 300, "name", node.name))


def _signature(rng: random.Random, tree: ast.AST) -> None:
    """Other parameters, annotations, defaults and decorators of a function."""
    if not isinstance(node := _pick(rng, tree, ast.FunctionDef), ast.FunctionDef):
        return
    arguments, change = node.args, rng.randrange(6)
    if change == 0:
        arguments.posonlyargs += [arguments.args.pop()] if arguments.args else []
        arguments.defaults = []
    elif change == 1:
        arguments.vararg, arguments.kwarg = ast.arg("a"), ast.arg("k")
    elif change == 2:
        arguments.kwonlyargs.append(ast.arg("extra", _expression(rng)))
        arguments.kw_defaults.append(_expression(rng) if rng.random() < 0.5 else None)
    elif change == 3:
        arguments.kwonlyargs, arguments.kw_defaults = [], []
    elif change == 4:
        name = rng.choice(_DECORATORS)
        node.decorator_list.append(ast.parse(name, mode="eval").body)
    else:
        node.name = rng.choice(_METHODS)


def _statements(rng: random.Random, tree: ast.AST) -> None:
    """A statement that is gone, doubled or elsewhere."""
    node = _pick(rng, tree, rng.choice((ast.Module, ast.ClassDef, ast.FunctionDef)))
    if not isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
        return
    at, change = rng.randrange(len(node.body)), rng.randrange(3)
    if change == 0:
        del node.body[at]
    elif change == 1:
        node.body.insert(rng.randrange(len(node.body) + 1), node.body[at])
    else:
        rng.shuffle(node.body)
    node.body = node.body or [ast.Pass()]


_TREE: Sequence[Callable[[random.Random, ast.AST], None]] = (
    _value,
    _attribute,
    _method,
    _raising,
    _base,
    _signature,
    _statements,
)
