"use strict";
// What all pages share: data that is loaded as scripts, elements without markup, numbers as text.
const hpobench = {
  data: new Map(),
  put(name, value) {
    this.data.set(name, value);
  },
};

const byId = (id) => document.getElementById(id);
const root = document.documentElement.dataset.root;

// Pages that are opened from a disk may not fetch files, but may run scripts.
const load = (name) =>
  hpobench.data.has(name)
    ? Promise.resolve(hpobench.data.get(name))
    : new Promise((resolve, reject) => {
        const script = document.createElement("script");
        script.src = `${root}data/${name}.js`;
        script.onload = () => resolve(hpobench.data.get(name));
        script.onerror = () => reject(new Error(`${script.src} cannot be loaded`));
        document.head.append(script);
      });

// An element with properties and children; texts are never read as markup.
const element = (tag, properties = {}, ...children) => {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
};
const link = (href, text) => element("a", { href }, text);
// A field of a table; `key` is what its column is sorted by.
const field = (key, ...children) => {
  const made = element("td", {}, ...children);
  made.dataset.key = key;
  return made;
};
const rowHead = (...children) => element("th", { scope: "row" }, ...children);

const setBars = (within) => {
  for (const bar of within.querySelectorAll("[data-bar]")) {
    for (const name of ["bar", "low", "high"]) {
      if (name in bar.dataset) bar.style.setProperty(`--${name}`, bar.dataset[name]);
    }
    bar.classList.toggle("positive", Number(bar.dataset.bar) > 0);
  }
};
const bar = (values, kind = "") => {
  const made = element("span", { className: `bar ${kind}` });
  Object.assign(made.dataset, values);
  return made;
};

// Puts new rows into a table and keeps the order that a reader chose.
const fill = (table, rows) => {
  table.tBodies[0].replaceChildren(...rows);
  setBars(table);
  const head = table.querySelector("th[aria-sort]");
  if (head) sortRows(head, head.getAttribute("aria-sort") === "ascending");
};

// Tables of single problems keep regrets as whole numbers, which take less space.
const SCALE = 100_000;

const text = {
  regret: (value) => (value > 0 && value < 0.0005 ? "< 0.001" : value.toFixed(3)),
  signed: (value) => `${value < 0 ? "\u2212" : "+"}${Math.abs(value).toFixed(3)}`,
  share: (value) => `${(100 * value).toFixed(value < 0.1 ? 1 : 0)} %`,
  seconds: (value) =>
    value < 5e-5
      ? "< 0.1 ms"
      : value < 1
        ? `${(1000 * value).toFixed(value < 0.1 ? 1 : 0)} ms`
        : `${value.toFixed(1)} s`,
  budget: (value) => `${Number(value.toPrecision(3))} full evaluation${value === 1 ? "" : "s"}`,
  workers: (value) => `${value} worker${value === 1 ? "" : "s"}`,
};

const algorithmName = (algorithm) => `${algorithm.searcher} + ${algorithm.scheduler}`;
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;

// The choices of a page are kept in its address, so that a link shows what its writer saw.
const choices = () => new URLSearchParams(location.hash.slice(1));
const keep = (values) => {
  const kept = new URLSearchParams(Object.entries(values).filter(([, value]) => value !== ""));
  history.replaceState(null, "", `#${kept}`);
};

// A slider over budgets, by their places; calls `changed` with the place.
const budgetSlider = (budgets, places, chosen, changed) => {
  const slider = byId("budget");
  slider.max = places.length - 1;
  const at = places.indexOf(chosen);
  slider.value = at < 0 ? places.length - 1 : at;
  const show = () => {
    const shown = text.budget(budgets[places[slider.value]]);
    byId("budget-shown").textContent = shown;
    slider.setAttribute("aria-valuetext", shown);
  };
  slider.oninput = () => {
    show();
    changed(places[slider.value]);
  };
  show();
  return places[slider.value];
};
const fillSelect = (select, options, chosen) => {
  select.replaceChildren(
    ...options.map(([value, label]) => element("option", { value, textContent: label })),
  );
  if (options.some(([value]) => String(value) === String(chosen))) select.value = chosen;
};

document.addEventListener("DOMContentLoaded", () => setBars(document));
