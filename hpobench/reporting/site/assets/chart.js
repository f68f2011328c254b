"use strict";
// Regret over the budget, drawn by Vega-Lite from the rows that the table shows.
const libraryRead = new Promise((resolve) => addEventListener("load", resolve));
let chartAsked = 0; // the drawing that was asked for last

const drawChart = async (figure, view, setting) => {
  const own = ++chartAsked;
  figure.hidden = view.settings.length < 2;
  if (figure.hidden) return;
  const near = new Map(setting.rows.map((row) => [row[0], !row[6]]));
  const rows = view.settings.flatMap(({ budget, rows: found }) =>
    found
      .filter(([algorithm]) => near.has(algorithm))
      .map(([algorithm, regret]) => ({
        algorithm,
        budget: ranking.budgets[budget],
        regret,
        near: near.get(algorithm),
      })),
  );
  const budget = ranking.budgets[setting.budget];
  const spec = {
    width: "container",
    autosize: { type: "fit-x", contains: "padding" },
    description:
      `Expected regret of ${near.size} algorithms over the budget. The table below has the ` +
      `numbers at ${text.budget(budget)}.`,
    ...structuredClone(ranking.chart),
    datasets: { table: rows },
    config: chartTheme(),
  };
  const regrets = rows.map((row) => Math.max(row.regret, 1e-3));
  spec.encoding.x.scale.domain = [rows[0].budget, rows.at(-1).budget];
  spec.encoding.y.scale.domain = [Math.min(...regrets) / 1.15, Math.max(...regrets) * 1.15];
  spec.layer.at(-1).data.values = [{ budget }];
  await libraryRead;
  if (own !== chartAsked) return; // another choice was made meanwhile
  // The page's policy allows no code from texts, and no styles but its own.
  const options = { renderer: "svg", actions: false, ast: true, defaultStyle: false, tooltip: false };
  const drawn = await vegaEmbed(figure, spec, options);
  if (own !== chartAsked) return;
  const point = (algorithm) =>
    drawn.view
      .signal("pointed", algorithm)
      .signal("name", algorithmName(ranking.algorithms[algorithm]))
      .runAsync();
  point(setting.rows[0][0]);
  const table = byId("ranking");
  const pointed = (event) => {
    const row = event.target.closest("tr[data-algorithm]");
    if (row) point(Number(row.dataset.algorithm));
  };
  table.onpointerover = pointed;
  for (const anchor of table.querySelectorAll("tbody a")) anchor.onfocus = pointed;
};
