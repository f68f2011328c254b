"""Plugin files whose syntax tree or text is mutated, given to ``list``, ``plan`` and ``check``.

Mutants run in a folder of their own. They change literals, attributes, signatures and structure;
nothing that is inserted touches a file or starts a program.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from hypothesis.strategies import integers, sampled_from

from hpobench import testing
from hpobench.api import Problem, Scheduler, Searcher
from hpobench.contract.package import PLUGIN_FOLDERS
from hpobench.plugins.discovery import find_plugins
from tests.fuzz.commands import Command
from tests.fuzz.values import Draw, mutated_text, now_and_then, shuffled
from tests.support.tiny_plugins import PLUGIN

_SHIPPED = """
problems/synthetic/branin.py problems/synthetic/jenatton.py
problems/synthetic/learning_curves.py problems/synthetic/mf_hartmann.py
algorithms/searchers/random_search.py algorithms/searchers/grid_search.py
algorithms/searchers/optuna_tpe.py algorithms/searchers/hyperopt.py
algorithms/schedulers/asha.py algorithms/schedulers/hyperband.py algorithms/schedulers/pbt.py
"""
_REQUIRED: Mapping[str, str] = {
    "bowl": "{dimension: 2}",
    "fuzz-mf-hartmann": "{dimension: 3, quality: good}",
}
_OTHERS = {"searcher": "random", "scheduler": "fifo", "problem": "branin"}
_VALUES = r"""
None True -1 0 1 1.5 -0.0 1e308 1e999 -1e999 '' 'x' 'x/../y' '\33[31m' b'' () [] {} set() (3,)
[None] {'a':1} ... 10**400 float('nan') object() int lambda:0 (yield) x.y exit(3) type print
NotImplemented
"""
_DEEP = {"deep_sum": "1+" * 900 + "1", "deep_sign": "-" * 900 + "1", "deep_name": "a" + ".a" * 1999}
"""Names in trees, and the expressions that take their places in the text."""
_RAISED = r"""
SystemExit(3) KeyboardInterrupt() GeneratorExit() BaseException('x') RecursionError()
StopIteration() EOFError() MemoryError() ValueError('\33[31m'*9) OSError(2,'x')
ValueError('\ud800') UnicodeDecodeError('x',b'y',0,1,'z')
type('E',(Exception,),{'__str__':lambda*a:exit(4)})()
"""
_CONTRACT = sorted(
    {
        name
        for plugin in (Searcher, Scheduler, Problem)
        for place in plugin.__mro__
        for name in {*vars(place), *getattr(place, "__annotations__", {})}
        if not name.startswith("_")
    }
)
"""The names of attributes and methods that plugins may have."""
_SPECIAL = """
__init__ __new__ __slots__ __class__ __doc__ __module__ __abstractmethods__ __init_subclass__
__getattr__ __getattribute__ __set_name__ __class_getitem__ __repr__ __eq__ __hash__ __len__
__iter__ __bool__
"""
_DECORATORS = "property staticmethod classmethod exit list functools.cache int.x"
VALUE, RAISED, SPECIAL, DECORATOR = (
    sampled_from(text.split()) for text in (_VALUES, _RAISED, _SPECIAL, _DECORATORS)
)
NAME = sampled_from([*_CONTRACT, "curve", "heldout", "notes"]) | SPECIAL
_LISTED = ("searchers", "schedulers", "problems", "compatibility")


def prepare(folder: Path) -> None:
    """Shipped plugins, the scaffolds of ``new`` and those of tests."""
    for shipped in _SHIPPED.split():
        key, _, rest = shipped.partition("/")
        text = (PLUGIN_FOLDERS[key] / rest).read_text()
        name = f"{key}_{Path(rest).name}"
        (folder / name).write_text(re.sub(r'(?m)^(    name = )"', r'\1"fuzz-', text))
        lock = PLUGIN_FOLDERS[key] / f"{rest}.lock"
        if lock.exists():
            (folder / f"{name}.lock").write_bytes(lock.read_bytes())
    for path in sorted((Path(testing.__file__).parent / "scaffolds").glob("*.py")):
        (folder / f"template_{path.name}").write_bytes(path.read_bytes())
    (folder / "tiny.py").write_text(PLUGIN)
    for path in sorted(folder.glob("*.py")):
        path.with_suffix(".yaml").write_text(_suite(path))


def mutate(draw: Draw, origin: Path, folder: Path) -> Sequence[Command]:
    source = draw(sampled_from(sorted(origin.glob("*.py"))))
    text = source.read_bytes()
    ways = draw(sampled_from(("tree", "tree", "tree", "text", "both")))
    if ways in ("tree", "both"):
        text = _mutated_tree(draw, text.decode())
    if ways in ("text", "both"):
        text = mutated_text(draw, text)
    (folder / "mine.py").write_bytes(text)
    for kind in (".py.lock", ".yaml"):
        if (beside := source.with_suffix(kind)).exists():
            (folder / f"mine{kind}").write_bytes(beside.read_bytes())
    commands = [["list", draw(sampled_from(_LISTED)), "--plugin", "mine.py"], ["plan", "mine.yaml"]]
    if now_and_then(draw, 10):
        commands.append(["check", "mine.py", "--patience", "0.1", "--limit", "5"])
    return commands


def _suite(file: Path) -> str:
    """A suite of the plugins in ``file``, beside ``mine.py``, which will hold them."""
    entries: dict[str, list[str]] = {kind: [] for kind in _OTHERS}
    for found in find_plugins(file, nameless=True):
        if not any(option.default is None for option in found.options):
            entries[found.kind].append(found.name)
        elif found.name in _REQUIRED:
            entries[found.kind].append(f"{{{found.name}: {_REQUIRED[found.name]}}}")
    lists = "".join(
        f"{kind}s: [{', '.join(names or [_OTHERS[kind]])}]\n" for kind, names in entries.items()
    )
    return f"name: fuzz\n{lists}seeds: 1\nbudget: {{trials: 3}}\nplugins: [mine.py]\n"


def _mutated_tree(draw: Draw, text: str) -> bytes:
    tree = ast.parse(text)
    for _ in range(draw(integers(1, 3))):
        change, kinds = draw(sampled_from(_CHANGES))
        kind = draw(sampled_from(kinds))
        if found := [node for node in ast.walk(tree) if isinstance(node, kind)]:
            change(draw, draw(sampled_from(found)))
    try:
        text = ast.unparse(ast.fix_missing_locations(tree))
    except (ValueError, AttributeError, TypeError):  # a tree that no text stands for
        return text.encode()
    for name, deep in _DEEP.items():
        text = text.replace(name, deep)
    return text.encode("utf-8", "surrogatepass")


def _parsed(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


def _expression(draw: Draw) -> ast.expr:
    long = sampled_from([json.dumps("x" * size) for size in (300, 5000, 100_000)])
    return _parsed(draw(sampled_from(list(_DEEP)) | long if now_and_then(draw, 5) else VALUE))


def _value(draw: Draw, node: ast.Assign | ast.AnnAssign | ast.Return | ast.keyword) -> None:
    """Another value in the place of a literal, or of what a function returns."""
    node.value = _expression(draw)


def _attribute(draw: Draw, node: ast.ClassDef) -> None:
    """A class attribute of the contract with a value of any type."""
    node.body.append(ast.Assign([ast.Name(draw(NAME), ast.Store())], _expression(draw)))


def _method(draw: Draw, node: ast.ClassDef) -> None:
    """A method of the contract that returns or raises anything."""
    ends = [f"return {draw(VALUE)}", f"raise {draw(RAISED)}"]
    arguments = draw(sampled_from(("*a, **k", "self", "cls", "", "self, x, /", "a, b=1, *, c")))
    heads = ("", "", "", "@classmethod\n", "@staticmethod\n", "@property\n", "async ")
    head, name = draw(sampled_from(heads)), draw(NAME)
    node.body += ast.parse(f"{head}def {name}({arguments}):\n    {draw(sampled_from(ends))}").body


def _raising(draw: Draw, node: ast.Module | ast.ClassDef | ast.FunctionDef) -> None:
    """An exception at import, in a class or in a function."""
    at = draw(integers(min(1, len(node.body)), len(node.body)))
    node.body[at:at] = ast.parse(f"raise {draw(RAISED)}").body


def _heritage(draw: Draw, node: ast.ClassDef) -> None:
    """Another base, metaclass, decorator or name."""
    match draw(sampled_from(("base", "more bases", "metaclass", "decorator", "name"))):
        case "metaclass":
            node.keywords.append(ast.keyword("metaclass", _expression(draw)))
        case "decorator":
            node.decorator_list.append(_expression(draw))
        case "name":
            node.name = draw(sampled_from(("_X", "Searcher", "X" * 300, "name")))
        case which:
            texts = (node.name, "object", "type", "Exception", "deep_name.Problem", "x()", "int")
            base = _parsed(draw(sampled_from(texts)))
            node.bases = [base] if which == "base" else [*node.bases, base]


def _signature(draw: Draw, node: ast.FunctionDef) -> None:
    """Other parameters, defaults, decorators or another name of a function."""
    arguments = node.args
    match draw(sampled_from(("positional", "any", "more", "fewer", "decorator", "name"))):
        case "positional":
            arguments.posonlyargs += [arguments.args.pop()] if arguments.args else []
            arguments.defaults = []
        case "any":
            arguments.vararg, arguments.kwarg = ast.arg("a"), ast.arg("k")
        case "more":
            arguments.kwonlyargs.append(ast.arg("extra", _expression(draw)))
            arguments.kw_defaults.append(draw(sampled_from((None, _expression(draw)))))
        case "fewer":
            arguments.kwonlyargs, arguments.kw_defaults = [], []
        case "decorator":
            node.decorator_list.append(_parsed(draw(DECORATOR)))
        case _:
            node.name = draw(NAME)


def _statements(draw: Draw, node: ast.Module | ast.ClassDef | ast.FunctionDef) -> None:
    if node.body:
        shuffled(draw, node.body)
    node.body = node.body or [ast.Pass()]


_BODIES = (ast.Module, ast.ClassDef, ast.FunctionDef)
_CHANGES = (
    (_value, (ast.Assign, ast.AnnAssign, ast.Return, ast.keyword)),
    (_attribute, (ast.ClassDef,)),
    (_method, (ast.ClassDef,)),
    (_raising, _BODIES),
    (_heritage, (ast.ClassDef,)),
    (_signature, (ast.FunctionDef,)),
    (_statements, _BODIES),
)
"""Each change with the nodes that it is made to."""
