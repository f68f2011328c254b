"use strict";
// Regret over the budget, drawn from the rows that the table shows.
const svgElement = (tag, attributes, content = "") => {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.textContent = content;
  return made;
};

// The places of budgets and regrets in a drawing as wide as `figure`, both logarithmic.
const chartScales = (figure, budgets, regrets) => {
  const width = Math.max(figure.parentElement.clientWidth - 20, 260);
  const named = width > 620; // there is room for a name beside the curves
  const box = { left: 44, right: width - (named ? 200 : 12), top: named ? 14 : 30, bottom: 230 };
  const place = (value, [low, high], from, to) =>
    from + ((to - from) * Math.log(value / low)) / (Math.log(high / low) || 1);
  const ends = [budgets[0], budgets.at(-1)];
  // A regret of 0 has no logarithm; below a thousandth nothing is told apart by eye.
  const known = regrets.map((regret) => Math.max(regret, 1e-3));
  const range = [Math.min(...known) / 1.15, Math.max(...known) * 1.15];
  return {
    box,
    width,
    height: box.bottom + 42,
    named,
    range,
    x: (budget) => place(budget, ends, box.left, box.right),
    y: (regret) => place(Math.max(regret, range[0]), range, box.bottom, box.top),
  };
};

const chartAxes = (svg, { box, height, range, x, y }, budgets) => {
  const within = (values, low, high) => values.filter((value) => low <= value && value <= high);
  for (const regret of within([0.001, 0.003, 0.01, 0.03, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1], ...range)) {
    const at = y(regret);
    svg.append(svgElement("line", { class: "grid", x1: box.left, x2: box.right, y1: at, y2: at }));
    svg.append(
      svgElement("text", { x: box.left - 6, y: at + 4, "text-anchor": "end" }, String(regret)),
    );
  }
  for (const budget of within([1, 3, 10, 30, 100], budgets[0], budgets.at(-1))) {
    const label = { x: x(budget), y: box.bottom + 17, "text-anchor": "middle" };
    svg.append(svgElement("text", label, String(budget)));
  }
  const middle = { x: (box.left + box.right) / 2, y: height - 6, "text-anchor": "middle" };
  svg.append(svgElement("text", middle, "budget in full evaluations; expected regret"));
};

const drawChart = (figure, view, setting) => {
  const settings = view.settings;
  figure.hidden = settings.length < 2;
  if (figure.hidden) return;
  const budgets = settings.map((one) => ranking.budgets[one.budget]);
  const curves = new Map(setting.rows.map((row) => [row[0], []]));
  settings.forEach((one, n) => {
    for (const [algorithm, regret] of one.rows) curves.get(algorithm)?.push([budgets[n], regret]);
  });
  const scales = chartScales(figure, budgets, [...curves.values()].flat().map((one) => one[1]));
  const { box, width, height, named, x, y } = scales;
  const svg = svgElement("svg", { width, height, role: "img" });
  svg.setAttribute(
    "aria-label",
    `Expected regret of ${setting.rows.length} algorithms over the budget. The table below has the ` +
      `numbers at ${text.budget(ranking.budgets[setting.budget])}.`,
  );
  chartAxes(svg, scales, budgets);
  const now = x(ranking.budgets[setting.budget]);
  svg.append(svgElement("line", { class: "now", x1: now, x2: now, y1: box.top, y2: box.bottom }));

  // The best are drawn last, over the others.
  const undecided = new Set(setting.rows.filter((row) => !row[6]).map((row) => row[0]));
  for (const [algorithm, points] of [...curves].reverse()) {
    const d = points.map(([b, r], n) => `${n ? "L" : "M"}${x(b).toFixed(1)} ${y(r).toFixed(1)}`);
    const kind = undecided.has(algorithm) ? "near" : "";
    const path = svgElement("path", { class: `curve ${kind}`, d: d.join("") });
    path.dataset.algorithm = algorithm;
    svg.append(path);
  }
  const name = svgElement("text", { class: "name", x: named ? box.right + 8 : box.right });
  if (!named) name.setAttribute("text-anchor", "end");
  svg.append(name);
  const point = (number) => {
    for (const path of svg.querySelectorAll(".curve")) {
      path.classList.toggle("pointed", Number(path.dataset.algorithm) === number);
    }
    const points = curves.get(number);
    name.textContent = algorithmName(ranking.algorithms[number]);
    name.setAttribute("y", named ? y(points.at(-1)[1]) + 4 : 16);
  };
  point(setting.rows[0][0]);
  const table = byId("ranking");
  const pointed = (event) => {
    const row = event.target.closest("tr[data-algorithm]");
    if (row) point(Number(row.dataset.algorithm));
  };
  table.onpointerover = pointed;
  for (const anchor of table.querySelectorAll("tbody a")) anchor.onfocus = pointed;
  figure.replaceChildren(svg);
};
