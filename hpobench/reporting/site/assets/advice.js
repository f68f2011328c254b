"use strict";
{
  const names = ["floats", "ints", "categories", "logs", "steps", "evaluations", "workers"];
  const problems = hpobench.data.get("problems");
  const form = byId("question");

  const nearest = (values, wanted) =>
    values.reduce((best, value) =>
      Math.abs(Math.log(value / wanted)) < Math.abs(Math.log(best / wanted)) ? value : best,
    );

  const size = (features) => features.floats + features.integers + features.choices;

  // How unlike two problems are: `distance` of hpobench.evidence.advice.
  const distance = (asked, problem) => {
    const [one, other] = [asked.features, problem.features];
    const ratio =
      Math.abs(Math.log(size(one) / size(other))) + Math.abs(Math.log(one.steps / other.steps)) / 4;
    const shares = ["floats", "integers", "choices", "logarithmic"].map((kind) =>
      Math.abs(one[kind] / size(one) - other[kind] / size(other)),
    );
    const sum = shares.reduce((total, share) => total + share, 0);
    const conditions = one.conditional === other.conditional ? 0 : 1;
    return ratio + sum / 2 + conditions + (asked.noisy === problem.heldout ? 0 : 0.5);
  };

  const asked = () => {
    const values = Object.fromEntries(names.map((name) => [name, byId(name).valueAsNumber]));
    const flags = ["conditional", "noisy"].map((name) => [name, byId(name).checked]);
    return { ...values, ...Object.fromEntries(flags) };
  };

  // What is wrong with the answers; empty if nothing is.
  const fault = (values) => {
    const wrong = names.map(byId).find((input) => !input.checkValidity() || !input.value);
    const numbers = values.floats + values.ints;
    const most = Math.max(...problems.map((problem) => size(problem.features)));
    if (wrong) {
      const label = wrong.labels[0].textContent.trim();
      return `${label}: ${wrong.validationMessage || "give a number"}.`;
    }
    if (!(numbers + values.categories)) return "A space without parameters needs no searcher.";
    if (values.logs > numbers) return `${values.logs} of ${numbers} numbers cannot be logarithmic.`;
    if (numbers + values.categories > most) {
      return `The space is larger than any of the evidence, whose largest has ${most} parameters.`;
    }
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
    const far = new Map(among.map((p) => [p, distance({ features, noisy: values.noisy }, p)]));
    among.sort((p, q) => far.get(p) - far.get(q) || (p.name < q.name ? -1 : 1));
    // Two of a family at most, since its problems are alike.
    const seen = new Map();
    const shown = among.filter((p) => {
      seen.set(p.family, (seen.get(p.family) ?? 0) + 1);
      return seen.get(p.family) <= 2;
    });
    byId("near").replaceChildren(
      ...shown.slice(0, 5).map((p) =>
        element("li", {}, link(`problems/${p.place}.html`, p.name), ` ${p.described}`),
      ),
    );
  };

  const command = (values) =>
    ["hpobench recommend"]
      .concat(["floats", "ints", "categories", "logs"].map((name) => `--${name} ${values[name]}`))
      .concat(values.steps > 1 ? [`--fidelity steps:${values.steps}`] : [])
      .concat(values.conditional ? ["--conditional"] : [], values.noisy ? ["--noise"] : [])
      .concat([`--evaluations ${values.evaluations}`, `--workers ${values.workers}`])
      .join(" ");

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
    const known = view.settings.map((one) => ranking.budgets[one.budget]);
    const budget = nearest(known, values.evaluations);
    const setting = view.settings.find((one) => ranking.budgets[one.budget] === budget);
    byId("use").textContent = setting.answer.join(" ");
    byId("why").textContent =
      `This page knows the advice at ${text.budget(budget)} with ${text.workers(workers)}. ` +
      "This command gives it for exactly what you ask, with lines to paste:";
    byId("command").textContent = command(values);
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
