"use strict";
{
  const select = { workers: byId("workers"), steps: byId("steps"), family: byId("family") };
  const table = byId("ranking");
  let views = ranking.views;

  const unique = (values) => [...new Set(values)];
  const chosenView = () =>
    views.find(
      (view) =>
        !view.conditional &&
        view.several === (select.steps.value === "several") &&
        String(view.workers) === select.workers.value,
    );

  let shown;

  const show = (place) => {
    const view = chosenView();
    const setting = view.settings.find((one) => one.budget === place);
    shown = { view, setting };
    byId("answer").textContent = [setting.lead, ...setting.answer.slice(1)].join(" ");
    byId("caption").textContent =
      `At ${text.budget(ranking.budgets[place])} with ${text.workers(view.workers)}, by ` +
      `${setting.problems} problem${setting.problems === 1 ? "" : "s"} of ${setting.families} ` +
      `famil${setting.families === 1 ? "y" : "ies"} with ` +
      `${view.several ? "several steps" : "one step"} a trial.`;
    fillRanking(table, view, setting);
    drawChart(byId("chart"), view, setting);
    keep({
      budget: place,
      workers: select.workers.value,
      steps: select.steps.value,
      family: select.family.value,
    });
  };

  // Offers what there is, and keeps what was chosen as far as there is such a ranking.
  const offer = (place, workers, steps) => {
    const plain = views.filter((view) => !view.conditional);
    const kinds = unique(plain.map((view) => (view.several ? "several" : "one")));
    for (const option of select.steps.options) option.disabled = !kinds.includes(option.value);
    select.steps.value = kinds.includes(steps) ? steps : kinds[0];
    const several = select.steps.value === "several";
    const counts = unique(plain.filter((v) => v.several === several).map((v) => v.workers));
    fillSelect(select.workers, counts.map((n) => [n, String(n)]), workers);
    const places = chosenView().settings.map((one) => one.budget);
    show(budgetSlider(ranking.budgets, places, place, show));
  };
  const offerAgain = () => {
    const chosen = choices();
    offer(Number(chosen.get("budget")), select.workers.value, select.steps.value);
  };
  const changeFamily = async () => {
    const place = select.family.value;
    views = place ? await load(`family-${place}`) : ranking.views;
    offerAgain();
  };

  const start = async () => {
    const chosen = choices();
    const families = ranking.families.map(([name, place]) => [place, name]);
    fillSelect(select.family, [["", "all families"], ...families], chosen.get("family"));
    if (select.family.value) views = await load(`family-${select.family.value}`);
    const place = chosen.has("budget") ? Number(chosen.get("budget")) : -1;
    const { workers, several } = ranking.views[ranking.opening];
    const steps = chosen.get("steps") ?? (several ? "several" : "one");
    offer(place, chosen.get("workers") ?? workers, steps);
  };
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    if (shown) drawChart(byId("chart"), shown.view, shown.setting);
  });
  select.workers.onchange = offerAgain;
  select.steps.onchange = offerAgain;
  select.family.onchange = changeFamily;
  byId("controls").onsubmit = (event) => event.preventDefault();
  start();
}
