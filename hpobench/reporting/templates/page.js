// Tabs, the switch between fair comparisons, and the budget of the ranked list.
(() => {
  const tabs = [...document.querySelectorAll("nav [data-tab]")];
  const panels = tabs.map((tab) => document.getElementById(tab.dataset.tab));

  function open(name) {
    tabs.forEach((tab, i) => {
      const own = tab.dataset.tab === name;
      panels[i].hidden = !own;
      if (own) tab.setAttribute("aria-current", "page");
      else tab.removeAttribute("aria-current");
    });
  }

  // A link leads to a tab, or to a part of one, which it unfolds.
  function follow() {
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const panel = target && target.closest("[data-panel]");
    open(panel ? panel.id : tabs[0].dataset.tab);
    if (!target || target === panel) {
      scrollTo({ top: 0 });
      return;
    }
    for (let part = target; part; part = part.parentElement) if (part.tagName === "DETAILS") part.open = true;
    target.scrollIntoView();
  }
  addEventListener("hashchange", follow);
  follow();
  addEventListener("beforeprint", () => panels.forEach((panel) => { panel.hidden = false; }));
  addEventListener("afterprint", follow);

  const compare = document.querySelectorAll("[name=comparison]");
  function choose(which) {
    explorer?.show(document.querySelector(`.opening[data-comparison="${which}"]`).dataset.title);
    for (const part of document.querySelectorAll("[data-comparison]")) {
      part.hidden = part.dataset.comparison !== which;
    }
  }
  if (compare.length) {
    for (const option of compare) option.addEventListener("change", () => choose(option.value));
    choose([...compare].find((option) => option.checked).value);
  }

  for (const button of document.querySelectorAll("[data-more]")) {
    button.addEventListener("click", () => {
      button.closest(".opening").classList.add("whole");
      button.remove();
    });
  }

  for (const button of document.querySelectorAll("[data-copy]")) {
    button.addEventListener("click", async () => {
      const source = document.getElementById(button.dataset.copy);
      try {
        await navigator.clipboard.writeText(source.textContent);
        button.textContent = "Copied";
      } catch {
        getSelection().selectAllChildren(source); // no clipboard here: the reader copies it herself
        button.textContent = "Selected: press Ctrl+C";
      }
    });
  }

  if (!explorer) return;
  const three = (v) => (v === 0 ? "0" : Number(v.toPrecision(3)).toString());
  for (const opening of document.querySelectorAll(".opening")) {
    const view = explorer.all.views.find(({ title }) => title === opening.dataset.title);
    const slider = opening.querySelector("input[type=range]");
    if (!view || !slider) continue;
    const body = opening.querySelector("tbody");
    const atEnd = [...body.rows].map((row) => row.innerHTML);
    const rows = [...body.rows];
    const end = Number(opening.dataset.end);
    slider.closest("p").hidden = false;

    // The list as it would be had all runs ended at a share of the budget.
    async function rank() {
      const { at, curves } = await explorer.curves(view, explorer.all.axis);
      const index = Math.round((Number(slider.value) / 100) * (at.length - 1));
      const last = index === at.length - 1;
      slider.nextElementSibling.textContent = `${three(100 * at[index])} %`;
      opening.classList.toggle("early", !last);
      if (last) rows.forEach((row, i) => { row.innerHTML = atEnd[i]; });
      else {
        for (const row of rows) {
          const curve = curves.find(({ member }) => member === Number(row.dataset.member));
          const [estimate, low, high] = [curve.estimate[index], curve.low[index], curve.high[index]];
          row.dataset.regret = estimate;
          const place = (v) => `${Math.min(100, (100 * v) / end)}%`;
          const known = !Number.isNaN(low);
          row.querySelector(".dot").style.left = place(estimate);
          row.querySelector(".line").style.left = place(known ? low : estimate);
          row.querySelector(".line").style.right = `calc(100% - ${place(known ? high : estimate)})`;
          row.querySelector(".regret").firstChild.textContent = `${three(estimate)} `;
          row.querySelector(".regret small").textContent = known ? `[${three(low)}, ${three(high)}]` : "";
          row.querySelector(".standing").textContent = "";
        }
      }
      const order = last ? rows : [...rows].sort((a, b) => a.dataset.regret - b.dataset.regret);
      order.forEach((row, i) => {
        row.querySelector(".place").textContent = i + 1;
        body.append(row);
      });
    }
    slider.addEventListener("input", rank);
  }
})();
