"""The charts of pages: Vega-Lite specifications of the exhibits' tables.

A chart's data is always named :data:`TABLE`, and is the exhibit's table as it is; what a chart
needs besides it computes with Vega-Lite's transforms. A script of the page adds the sizes and the
colours of the page's theme, and draws a chart when a reader comes to it.
"""

from __future__ import annotations

from typing import Any, TypeAlias

Spec: TypeAlias = dict[str, Any]
"""A Vega-Lite specification without its data, https://vega.github.io/vega-lite/docs/spec.html."""

TABLE: Spec = {"name": "table"}
