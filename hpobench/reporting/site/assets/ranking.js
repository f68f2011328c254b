"use strict";
// The table of a ranking, for the leaderboard and the advice.
const ranking = hpobench.data.get("ranking");

const rankingRow = (row, place, greatest, address) => {
  const [number, regret, low, high, best, thinking, apart] = row;
  const algorithm = ranking.algorithms[number];
  const made = element(
    "tr",
    { className: apart ? "" : "undecided" },
    field(place + 1, String(place + 1)),
    rowHead(link(`searchers/${algorithm.page}.html`, algorithm.searcher), ` + ${algorithm.scheduler}`),
    field(
      regret,
      bar({ bar: regret / greatest, low: low / greatest, high: high / greatest }, "range"),
      link(address(algorithm), text.regret(regret)),
    ),
    field(high, `${low.toFixed(2)} to ${high.toFixed(2)}`),
    field(best, text.share(best)),
    field(thinking, text.seconds(thinking)),
    field(apart, apart ? "" : "tied"),
  );
  made.cells[2].className = "measure";
  made.dataset.algorithm = number;
  return made;
};

// `count`: how many of the best rows are shown.
const fillRanking = (table, view, setting, count = Infinity) => {
  const [first, second = first] = setting.rows.map((row) => ranking.algorithms[row[0]]);
  const address = (algorithm) => {
    const other = algorithm === first ? second : first;
    const steps = view.several ? "several" : "one";
    const { budget } = setting;
    const chosen = { a: algorithm.key, b: other.key, budget, workers: view.workers, steps };
    return `compare.html#${new URLSearchParams(chosen)}`;
  };
  const rows = setting.rows.slice(0, count);
  const greatest = Math.max(...rows.map((row) => row[3]), 0.001);
  fill(
    table,
    rows.map((row, place) => rankingRow(row, place, greatest, address)),
  );
};
