"""How Sphinx makes the documentation; `nox -s docs` runs it.

Pages are Markdown that GitHub shows as well. The site holds all it needs: no font, script or
inventory comes from a network, neither when it is built nor when it is read.
"""

from __future__ import annotations

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.nodes import make_refnode

from hpobench.contract.package import VERSION

project = "hpobench"
author = "The hpobench developers"
version = release = VERSION

extensions = ["myst_parser", "sphinx.ext.autodoc"]
exclude_patterns = ["_build"]
nitpicky = True
nitpick_ignore_regex = [
    # Objects of Python and of other libraries: links would need their inventories, which Sphinx
    # fetches from a network at every build.
    (
        "py:.*",
        r"(collections|numpy|optuna|os|pandas|pathlib|pyarrow|random|ray|sklearn|typing)\..*"
        r"|(np|pd)\..*|Path|TrialScheduler|UnionType",
    ),
    # Names that are not public: the reference shows what they are called, and has no page of them.
    ("py:.*", r"hpobench\.(analysis|contract|plugins|running|store|suites)\..*"),
    (
        "py:.*",
        r"(?:hpobench[.\w]*[.])?(?:Advice|Archive|CellError|MAX_VALUES|Seeds|Source|TuneSearcher)"
        r"|run_curves|running_times",
    ),
]

myst_heading_anchors = 3

autodoc_default_options = {"members": True, "member-order": "bysource"}
autodoc_typehints = "signature"
autodoc_preserve_defaults = True
maximum_signature_line_length = 88
python_use_unqualified_type_names = True
add_module_names = False
toc_object_entries = False

html_theme = "furo"
html_title = "hpobench"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_copyright = False
html_theme_options = {
    "source_repository": "https://github.com/hpobench/hpobench",
    "source_branch": "main",
    "source_directory": "docs/",
}
# Links into the repository are checked against the working tree by a test.
linkcheck_ignore = [r"https://github\.com/hpobench/hpobench/.*"]
linkcheck_timeout = 30
linkcheck_retries = 2


def resolve_public_name(
    app: Sphinx, env: BuildEnvironment, node: pending_xref, content: nodes.Element
) -> nodes.Element | None:
    """A link for a name that a docstring writes without its module, or with that of `hpobench`.

    Public names differ from each other, so that the last part of a name says which is meant.
    """
    if node["refdomain"] != "py":
        return None
    end = "." + node["reftarget"].rpartition(".")[2]
    found = [
        (name, o) for name, o in env.domains.python_domain.objects.items() if name.endswith(end)
    ]
    public = {(o.docname, o.node_id) for name, o in found if name.count(".") <= 2}
    if len(public) != 1:
        return None
    ((page, place),) = public
    return make_refnode(app.builder, node["refdoc"], page, place, content)


def setup(app: Sphinx) -> None:
    app.connect("missing-reference", resolve_public_name)
