"use strict";
// Regret over the budget, drawn from the rows that the table shows.
const drawChart = (figure, view, setting) => {
  const settings = view.settings;
  figure.hidden = settings.length < 2;
  if (figure.hidden) return;
  const size = { width: 860, height: 250, left: 46, right: 190, top: 14, bottom: 40 };
  const made = (tag, attributes, content = "") => {
    const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    node.textContent = content;
    return node;
  };
  const budgets = settings.map((one) => ranking.budgets[one.budget]);
  const [first, last] = [Math.log(budgets[0]), Math.log(budgets.at(-1))];
  const curves = new Map(setting.rows.map((row) => [row[0], []]));
  settings.forEach((one, n) => {
    for (const [pair, regret] of one.rows) curves.get(pair)?.push([budgets[n], regret]);
  });
  const every = [...curves.values()].flat().map(([, regret]) => regret);
  const top = Math.max(...every, 0.01);
  const wide = size.width - size.left - size.right;
  const high = size.height - size.top - size.bottom;
  const x = (budget) => size.left + (wide * (Math.log(budget) - first)) / (last - first);
  const y = (regret) => size.top + high * (1 - regret / top);

  const svg = made("svg", { viewBox: `0 0 ${size.width} ${size.height}`, role: "img" });
  svg.setAttribute(
    "aria-label",
    `Expected regret over the budget of ${setting.rows.length} pairs; ` +
      `the table below has the numbers at ${text.budget(ranking.budgets[setting.budget])}.`,
  );
  for (const share of [0, 0.5, 1]) {
    const at = y(share * top);
    const right = size.left + wide;
    svg.append(made("line", { class: "grid", x1: size.left, x2: right, y1: at, y2: at }));
    const label = { class: "tick", x: size.left - 6, y: at + 4, "text-anchor": "end" };
    svg.append(made("text", label, (share * top).toFixed(2)));
  }
  for (const budget of [1, 3, 10, 30, 100].filter((b) => b >= budgets[0] && b <= budgets.at(-1))) {
    const label = { class: "tick", x: x(budget), y: size.height - 22, "text-anchor": "middle" };
    svg.append(made("text", label, String(budget)));
  }
  const axis = { class: "tick", x: size.left + wide / 2, y: size.height - 4 };
  svg.append(made("text", { ...axis, "text-anchor": "middle" }, "budget in full trials"));
  const now = x(ranking.budgets[setting.budget]);
  const ends = { x1: now, x2: now, y1: size.top, y2: size.top + high };
  svg.append(made("line", { class: "now", ...ends }));

  // Those that are not told apart from the first are drawn last, over the others.
  const undecided = setting.rows.filter((row) => !row[6]).map((row) => row[0]);
  const drawn = [...curves].reverse();
  for (const [pair, points] of drawn) {
    const d = points.map(([b, r], n) => `${n ? "L" : "M"}${x(b).toFixed(1)} ${y(r).toFixed(1)}`);
    const kind = pair === setting.rows[0][0] ? "first" : undecided.includes(pair) ? "near" : "";
    const path = made("path", { class: `curve ${kind}`, d: d.join("") });
    path.dataset.pair = pair;
    svg.append(path);
  }
  const name = made("text", { class: "name", x: size.left + wide + 8 });
  svg.append(name);
  const point = (number) => {
    for (const path of svg.querySelectorAll(".curve")) {
      path.classList.toggle("pointed", Number(path.dataset.pair) === number);
    }
    const points = curves.get(number);
    if (!points?.length) return;
    name.textContent = pairName(ranking.pairs[number]);
    name.setAttribute("y", y(points.at(-1)[1]) + 4);
  };
  point(setting.rows[0][0]);
  const table = byId("ranking");
  const pointed = (event) => {
    const row = event.target.closest("tr[data-pair]");
    if (row) point(Number(row.dataset.pair));
  };
  table.onpointerover = pointed;
  table.onfocus = pointed;
  table.addEventListener("focusin", pointed);
  figure.replaceChildren(svg);
};
