"use strict";
{
  const { budgets, algorithms, views, opening } = hpobench.data.get("ranking");
  const problems = new Map(hpobench.data.get("problems").map((p) => [p.place, p]));
  const names = ["a", "b", "workers", "steps"];
  const select = Object.fromEntries(names.map((name) => [name, byId(name)]));
  let means;

  // Both regrets on each problem that both algorithms ran on.
  const rows = (place) => {
    const [a, b] = ["a", "b"].map((side) =>
      means.algorithms.findIndex((number) => algorithms[number].key === select[side].value),
    );
    const found = [];
    means.regret.forEach((own, n) => {
      const problem = problems.get(means.problems[n]);
      const [one, other] = [own[a]?.[place], own[b]?.[place]];
      const kind = problem.features.steps > 1 ? "several" : "one";
      if (one == null || other == null) return;
      if (select.steps.value && select.steps.value !== kind) return;
      found.push({ problem, a: one / SCALE, b: other / SCALE, difference: (one - other) / SCALE });
    });
    return found.sort((p, q) => p.difference - q.difference);
  };

  const drawn = (row, greatest) => {
    const cells = (side, value) => {
      const chosen = { cells: select[side].value, workers: select.workers.value };
      const address = `problems/${row.problem.place}.html#${new URLSearchParams(chosen)}`;
      return field(value, link(address, text.regret(value)));
    };
    const difference = field(
      row.difference,
      bar({ bar: row.difference / greatest }, "signed"),
      text.signed(row.difference),
    );
    difference.className = "measure";
    return element(
      "tr",
      {},
      rowHead(link(`problems/${row.problem.place}.html`, row.problem.name)),
      element("td", {}, row.problem.family),
      cells("a", row.a),
      cells("b", row.b),
      difference,
    );
  };

  const summary = (found, place) => {
    const [a, b] = [select.a, select.b].map((one) => one.selectedOptions[0].textContent);
    const count = text.workers(Number(select.workers.value));
    const at = `At ${text.budget(budgets[place])} with ${count}`;
    if (!found.length) return `${at} there is no problem that both algorithms ran on.`;
    const wins = found.filter((row) => row.difference < 0).length;
    const losses = found.filter((row) => row.difference > 0).length;
    const families = new Map();
    for (const { problem, difference } of found) {
      families.set(problem.family, [...(families.get(problem.family) ?? []), difference]);
    }
    const over = mean([...families.values()].map(mean));
    return (
      `${at}, ${a} leaves less regret on ${wins} of ${found.length} problems ` +
      `and ${b} on ${losses}. ` +
      `The mean difference, each family counting as one, is ${text.signed(over)}.`
    );
  };

  const show = (place) => {
    const found = rows(place);
    byId("answer").textContent = summary(found, place);
    byId("caption").textContent =
      `${select.a.selectedOptions[0].textContent} (first) and ` +
      `${select.b.selectedOptions[0].textContent} (second).`;
    const greatest = Math.max(...found.map((row) => Math.abs(row.difference)), 1e-4);
    fill(byId("differences"), found.map((row) => drawn(row, greatest)));
    keep({ ...Object.fromEntries(names.map((name) => [name, select[name].value])), budget: place });
  };

  const change = async () => {
    means = await load(`means-${select.workers.value}`);
    const every = budgets.map((_, place) => place);
    const chosen = choices();
    const place = chosen.has("budget") ? Number(chosen.get("budget")) : every.at(-1);
    show(budgetSlider(budgets, every, place, show));
  };

  const chosen = choices();
  const counts = [...new Set(views.map((view) => view.workers))];
  const options = algorithms.map((algorithm) => [algorithm.key, algorithmName(algorithm)]);
  const best = views[opening].settings.at(-1).rows.map((row) => algorithms[row[0]].key);
  const [leader, second = leader] = best;
  const usual = views[opening].workers;
  fillSelect(select.workers, counts.map((n) => [n, String(n)]), chosen.get("workers") ?? usual);
  fillSelect(select.a, options, chosen.get("a") ?? leader);
  fillSelect(select.b, options, chosen.get("b") ?? second);
  select.steps.value = chosen.get("steps") ?? "";
  for (const name of names) select[name].onchange = change;
  byId("swap").onclick = () => {
    [select.a.value, select.b.value] = [select.b.value, select.a.value];
    change();
  };
  byId("controls").onsubmit = (event) => event.preventDefault();
  change();
}
