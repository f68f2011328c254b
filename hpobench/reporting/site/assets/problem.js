"use strict";
{
  const { budgets, algorithms, views, opening } = hpobench.data.get("ranking");
  const { rows, commands } = hpobench.data.get(`cells-${byId("controls").dataset.place}`);
  const select = byId("workers");
  let place;

  const regretOf = (row) => (row[5][place] == null ? null : row[5][place] / SCALE);

  // The runs of each algorithm that reached the budget, the least mean regret first.
  const groups = () => {
    const found = new Map();
    for (const row of rows) {
      if (String(row[1]) !== select.value || regretOf(row) === null) continue;
      found.set(row[0], [...(found.get(row[0]) ?? []), regretOf(row)]);
    }
    return [...found]
      .map(([number, values]) => ({ number, values, mean: mean(values) }))
      .sort((p, q) => p.mean - q.mean);
  };

  const algorithmRow = ({ number, values, mean: middle }, greatest) => {
    const algorithm = algorithms[number];
    const chosen = new URLSearchParams({ cells: algorithm.key, workers: select.value });
    const [least, most] = [Math.min(...values), Math.max(...values)];
    const measure = field(
      middle,
      bar({ bar: middle / greatest, low: least / greatest, high: most / greatest }, "range"),
      link(`#${chosen}`, text.regret(middle)),
    );
    measure.className = "measure";
    return element(
      "tr",
      {},
      rowHead(link(`${root}searchers/${algorithm.page}.html`, algorithm.searcher), ` + ${algorithm.scheduler}`),
      measure,
      field(least, text.regret(least)),
      field(most, text.regret(most)),
      field(values.length, String(values.length)),
    );
  };

  const show = (chosen) => {
    place = chosen;
    const found = groups();
    const at = `At ${text.budget(budgets[place])} with ${text.workers(Number(select.value))}`;
    byId("answer").textContent = found.length
      ? `${at}, ${algorithmName(algorithms[found[0].number])} is first: ` +
        `its mean regret is ${text.regret(found[0].mean)}.`
      : `${at} there is no run.`;
    byId("caption").textContent = "Over seeds. A mean leads to its runs, below.";
    const greatest = Math.max(...found.flatMap((group) => group.values), 1e-4);
    fill(byId("algorithms"), found.map((group) => algorithmRow(group, greatest)));
    showCells();
  };

  // The runs of the algorithm that the address names.
  const showCells = () => {
    const chosen = choices();
    const number = algorithms.findIndex((algorithm) => algorithm.key === chosen.get("cells"));
    const own = rows.filter((row) => row[0] === number && String(row[1]) === select.value);
    byId("cells").hidden = !own.length;
    if (!own.length) return;
    byId("cells-title").textContent = `Runs of ${algorithmName(algorithms[number])}`;
    const command = commands[`${number}/${select.value}`];
    byId("again").textContent = command
      ? "This makes them again. With --seeds 0-0 it makes seed 0 alone."
      : "No shipped suite has these runs: they came with this archive.";
    byId("command").textContent = command;
    byId("command").parentElement.hidden = !command;
    byId("runs-caption").textContent = `At ${text.budget(budgets[place])}.`;
    const drawn = ([, count, seed, cell, done], regret) =>
      element(
        "tr",
        {},
        field(seed, String(seed)),
        field(regret ?? "", regret === null ? "not reached" : text.regret(regret)),
        field(done, done ? "well" : "failed"),
        field(count, String(count)),
        element("td", {}, element("code", {}, cell)),
      );
    fill(byId("runs"), own.map((row) => drawn(row, regretOf(row))));
  };

  const follow = () => {
    const chosen = choices();
    if (chosen.has("workers")) select.value = chosen.get("workers");
    show(place);
    if (chosen.has("cells") && !byId("cells").hidden) {
      byId("cells").scrollIntoView();
      byId("cells-title").focus({ preventScroll: true });
    }
  };

  const counts = [...new Set(rows.map((row) => row[1]))].sort((p, q) => p - q);
  fillSelect(select, counts.map((n) => [n, String(n)]), views[opening].workers);
  select.onchange = () => show(place);
  place = budgetSlider(budgets, budgets.map((_, n) => n), -1, show);
  byId("controls").onsubmit = (event) => event.preventDefault();
  addEventListener("hashchange", follow);
  follow();
}
