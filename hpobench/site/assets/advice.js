"use strict";
{
  const names = ["floats", "ints", "categories", "logs", "steps", "evaluations", "workers"];
  const problems = hpobench.data.get("problems");
  const form = byId("question");

  const nearest = (values, wanted) =>
    values.reduce((best, value) =>
      Math.abs(Math.log(value / wanted)) < Math.abs(Math.log(best / wanted)) ? value : best,
    );

  // How unlike two problems are: `distance` of hpobench.evidence.advice.
  const distance = (one, other) => {
    const size = (features) => features.floats + features.integers + features.choices;
    const ratio =
      Math.abs(Math.log(size(one) / size(other))) + Math.abs(Math.log(one.steps / other.steps)) / 4;
    const shares = ["floats", "integers", "choices", "logarithmic"].map((kind) =>
      Math.abs(one[kind] / size(one) - other[kind] / size(other)),
    );
    const sum = shares.reduce((total, share) => total + share, 0);
    return ratio + sum / 2 + (one.conditional === other.conditional ? 0 : 1);
  };

  const asked = () => {
    const values = Object.fromEntries(names.map((name) => [name, byId(name).valueAsNumber]));
    return { ...values, conditional: byId("conditional").checked };
  };

  // What is wrong with the answers; empty if nothing is.
  const fault = (values) => {
    const wrong = names.find((name) => !byId(name).checkValidity() || Number.isNaN(values[name]));
    if (wrong) return `${byId(wrong).labels[0].textContent.trim()}: ${byId(wrong).validationMessage || "give a number"}.`;
    if (!(values.floats + values.ints + values.categories)) return "A space without parameters needs no searcher.";
    if (values.logs > values.floats + values.ints) return `${values.logs} of ${values.floats + values.ints} numbers cannot be logarithmic.`;
    return "";
  };

  const showNear = (values, view) => {
    const features = {
      floats: values.floats,
      integers: values.ints,
      choices: values.categories,
      logarithmic: values.logs,
      conditional: values.conditional,
      steps: values.steps,
    };
    const among = problems.filter(
      (p) => p.workers.includes(view.workers) && p.features.steps > 1 === view.several,
    );
    const far = new Map(among.map((p) => [p, distance(features, p.features)]));
    among.sort((p, q) => far.get(p) - far.get(q) || (p.name < q.name ? -1 : 1));
    byId("near").replaceChildren(
      ...among.slice(0, 5).map((p) => element("li", {}, link(`problems/${p.place}.html`, p.name), ` ${p.family}`)),
    );
  };

  const show = () => {
    const values = asked();
    const wrong = fault(values);
    const fits = ranking.views.filter(
      (view) => view.conditional === values.conditional && view.several === values.steps > 1,
    );
    const nothing = wrong || (fits.length ? "" : "The evidence has no runs on such problems.");
    for (const part of [byId("command").parentElement, ...document.querySelectorAll("section")]) {
      part.hidden = Boolean(nothing);
    }
    byId("why").textContent = "";
    byId("use").textContent = nothing;
    if (nothing) return;
    const workers = nearest(fits.map((view) => view.workers), values.workers);
    const view = fits.find((one) => one.workers === workers);
    const budget = nearest(view.settings.map((one) => ranking.budgets[one.budget]), values.evaluations);
    const setting = view.settings.find((one) => ranking.budgets[one.budget] === budget);
    byId("use").textContent = `Use ${pairName(ranking.pairs[setting.choice])}.`;
    byId("why").textContent =
      `${setting.answer} Of those not told apart, the searcher that thinks the least is named. ` +
      `This page knows the ranking at ${text.budget(budget)} with ${text.workers(workers)}; ` +
      "the command says it for exactly what you ask:";
    byId("command").textContent =
      `hpobench recommend --floats ${values.floats} --ints ${values.ints} ` +
      `--categories ${values.categories} --logs ${values.logs} --steps ${values.steps} ` +
      `--evaluations ${values.evaluations} --workers ${values.workers}` +
      (values.conditional ? " --conditional" : "");
    byId("caption").textContent =
      `The first ten at ${text.budget(budget)} with ${text.workers(workers)}, by ` +
      `${setting.problems} problems of ${setting.families} families.`;
    fillRanking(byId("ranking"), view, setting, 10);
    showNear(values, view);
  };
  form.oninput = show;
  form.onsubmit = (event) => event.preventDefault();
  show();
}
