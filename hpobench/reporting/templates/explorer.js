// Curves on any axis, that can be hidden, zoomed and read at any time. All numbers are the report's
// own; this only chooses and shows them.
const explorer = (() => {
  if (!document.getElementById("explorer-data")) return null;
  const all = charts.read("explorer-data");
  const root = document.getElementById("explorer");
  const [viewBox, axisBox] = root.querySelectorAll("select");
  const [logX, logY] = root.querySelectorAll(".scales input");
  const list = root.querySelector(".algorithms");
  const plot = root.querySelector(".plot");
  const readout = root.querySelector(".readout");
  const hidden = new Set();
  let shown = null; // what is drawn: the points, the curves and Vega's view
  let cursor = null; // index of the point that is read
  let turn = 0; // of the update that was asked for last

  const number = (v) => (v === 0 ? "0" : Number(v.toPrecision(3)).toString().replace("e", "·10^"));
  // All three digits, so that numbers below each other line up.
  const three = (v) => (Math.abs(v) >= 1e-4 && Math.abs(v) < 1e3 ? v.toPrecision(3) : number(v));

  async function curvesOf(packed) {
    if (packed.curves) return packed.curves;
    const steps = new DataView(await (await charts.unpack(packed.data, "deflate")).arrayBuffer());
    const span = (packed.high - packed.low) / (all.missing - 1);
    let k = 0;
    const line = () => {
      let place = 0;
      return Array.from({ length: packed.points }, () => {
        place = (place + steps.getUint16(2 * k++, true)) & 0xffff;
        return place === all.missing ? NaN : 10 ** (packed.low + place * span);
      });
    };
    packed.curves = packed.members.map((member) => ({ member, estimate: line(), low: line(), high: line() }));
    return packed.curves;
  }

  // The curves of a view on an axis, and the times of their points.
  async function curves(view, axis) {
    const { first, last, like } = view.curves[axis];
    const packed = view.curves[like ?? axis];
    const at = Array.from({ length: packed.points }, (_, i) => first * (last / first) ** (i / (packed.points - 1)));
    return { at, curves: await curvesOf(packed) };
  }

  const rowsOf = (at, chosen) =>
    chosen.flatMap(({ member, estimate, low, high }) => {
      const { name, searcher, scheduler } = all.algorithms[member];
      return at.map((x, i) => ({
        algorithm: name, searcher, scheduler, at: x,
        estimate: Math.max(estimate[i], all.floor),
        low: Number.isNaN(low[i]) ? null : Math.max(low[i], all.floor),
        high: Number.isNaN(high[i]) ? null : high[i],
      }));
    });

  // Where something happens: a log axis has room for long before.
  function firstChange(chosen) {
    const moved = (i) => chosen.some((c) => c.estimate[i] !== c.estimate[0]);
    const length = chosen.length ? chosen[0].estimate.length : 0;
    let i = 0;
    while (i < length - 2 && !moved(i + 1)) i++;
    return i;
  }

  // The specification with the axes that the reader chose, and a line at the cursor.
  function specOf(view, at, chosen) {
    const spec = structuredClone(view.share ? all.specs.mean : all.specs.single);
    const { x } = spec.encoding;
    x.title = view.share ? all.share[axisBox.value] : all.axes[axisBox.value];
    const from = logX.checked ? at[firstChange(chosen)] : 0;
    x.scale = { type: logX.checked ? "log" : "linear", nice: false, domain: [from, at[at.length - 1]] };
    const values = chosen.flatMap((c) => c.estimate).filter((v) => v > (logY.checked ? all.floor : -1));
    const [low, high] = values.length ? [Math.min(...values), Math.max(...values)] : [all.floor, 1];
    for (const { encoding } of spec.layer) {
      encoding.y.scale = logY.checked
        ? { type: "log", nice: false, domain: [low / 1.3, high * 1.2] }
        : { nice: false, domain: [0, high * 1.05 || 1] };
    }
    for (const channel of [spec.encoding.color, spec.layer[1].encoding.strokeDash]) channel.legend = null;
    spec.params = [{ name: "cursor", value: at[at.length - 1] }];
    spec.layer.push({
      data: { values: [{}] },
      mark: { type: "rule", strokeDash: [3, 3] },
      encoding: { x: { datum: { expr: "cursor" } }, color: { value: getComputedStyle(root).color }, detail: null },
    });
    // The list beside the plot picks what is seen.
    spec.layer[1].encoding.opacity = { value: 1 };
    spec.layer[2].params = spec.layer[2].params.filter(({ name }) => name === "near");
    spec.height = Math.min(Math.max(0.6 * plot.clientWidth, 260), 440);
    return spec;
  }

  async function update() {
    const own = ++turn;
    const view = all.views[viewBox.value];
    const found = await curves(view, axisBox.value);
    const chosen = found.curves.filter((c) => !hidden.has(c.member));
    const spec = specOf(view, found.at, chosen);
    if (own !== turn) return; // another choice was made meanwhile
    const vegaView = await charts.draw(plot, spec, rowsOf(found.at, chosen));
    if (own !== turn) return;
    shown = { view, at: found.at, curves: chosen, vega: vegaView };
    vegaView.addEventListener("pointermove", point);
    vegaView.addEventListener("pointerdown", point);
    for (const label of list.querySelectorAll("label")) {
      label.hidden = !found.curves.some((c) => c.member === Number(label.dataset.member));
    }
    read(cursor === null ? found.at.length - 1 : Math.min(cursor, found.at.length - 1));
    root.dataset.drawn = `${view.title} ${axisBox.value} ${logX.checked} ${logY.checked} ${chosen.length}`;
  }

  const xText = (v) => (shown.view.share ? `${number(100 * v)} %` : number(v));

  function read(index) {
    cursor = index;
    shown.vega.signal("cursor", shown.at[index]).runAsync();
    const found = shown.curves.map((c) => ({ ...c, value: c.estimate[index] })).sort((a, b) => a.value - b.value);
    found.forEach((row) => {
      const label = list.querySelector(`[data-member="${row.member}"]`);
      const bounds = Number.isNaN(row.low[index]) ? "" : ` [${three(row.low[index])}, ${three(row.high[index])}]`;
      label.querySelector("output").textContent = three(row.value) + bounds;
      list.append(label); // the lowest first
    });
    for (const label of list.querySelectorAll("label")) {
      if (!hidden.has(Number(label.dataset.member))) continue;
      label.querySelector("output").textContent = "";
      list.append(label);
    }
    const best = found[0];
    readout.textContent = best
      ? `At ${xText(shown.at[index])}: lowest is ${all.algorithms[best.member].name} with ${three(best.value)}.`
      : "Nothing is shown.";
    plot.setAttribute("aria-label", `${shown.view.label}, ${shown.view.title}. ${readout.textContent}`);
  }

  function point(event) {
    const [x] = vega.point ? vega.point(event, plot.querySelector("svg > g")) : [0];
    const time = shown.vega.scale("x").invert(x - shown.vega.origin()[0]);
    let index = 0;
    while (index + 1 < shown.at.length && shown.at[index + 1] <= time) index++;
    if (index !== cursor) read(index);
  }

  all.views.forEach((view, i) => {
    view.share = view.label.startsWith("Mean");
    viewBox.add(new Option(view.title, i));
  });
  for (const axis of Object.keys(all.axes)) axisBox.add(new Option(axis.replace("+", " + "), axis));
  axisBox.value = all.axis;
  all.algorithms.forEach((look, member) => {
    const label = document.createElement("label");
    label.dataset.member = member;
    const color = look.color === "#2B2B2B" ? "var(--ink)" : look.color;
    label.innerHTML = `<svg viewBox="0 0 30 8" aria-hidden="true"><line x1="0" x2="30" y1="4" y2="4"
      stroke="${color}" stroke-width="2.5" stroke-dasharray="${look.dashes.join(" ")}"/></svg>`;
    const box = Object.assign(document.createElement("input"), { type: "checkbox", checked: true });
    const name = Object.assign(document.createElement("span"), { textContent: look.name });
    label.prepend(box);
    label.append(name, document.createElement("output"));
    box.addEventListener("change", () => {
      if (box.checked) hidden.delete(member);
      else hidden.add(member);
      update();
    });
    list.append(label);
  });
  const setAll = (on) => {
    for (const label of list.querySelectorAll("label")) {
      label.querySelector("input").checked = on;
      if (on) hidden.delete(Number(label.dataset.member));
      else hidden.add(Number(label.dataset.member));
    }
    update();
  };
  const [everything, nothing] = root.querySelectorAll(".which button");
  everything.addEventListener("click", () => setAll(true));
  nothing.addEventListener("click", () => setAll(false));
  for (const box of [viewBox, axisBox, logX, logY]) box.addEventListener("change", update);
  plot.addEventListener("keydown", (event) => {
    const move = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10 }[event.key];
    if (!move || !shown) return;
    event.preventDefault();
    read(Math.min(Math.max(cursor + move, 0), shown.at.length - 1));
  });
  // Drawn when a reader comes to it, and again when its width changes.
  let width = 0;
  new ResizeObserver(() => {
    if (plot.clientWidth && plot.clientWidth !== width) update();
    width = plot.clientWidth;
  }).observe(root);
  // Chooses a problem or a comparison, as a reader would.
  function show(title) {
    const i = all.views.findIndex((view) => view.title === title);
    if (i < 0) return;
    viewBox.value = i;
    if (shown) update();
  }
  return { all, curves, show };
})();
