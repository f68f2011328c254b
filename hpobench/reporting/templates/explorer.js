// Curves that can be hidden, zoomed to another scale and read at any time. All numbers are the
// report's own; this only draws them.
(() => {
  const source = document.getElementById("explorer-data");
  if (!source) return;
  const all = JSON.parse(source.textContent);
  const root = document.getElementById("explorer");
  const [viewBox, axisBox] = root.querySelectorAll("select");
  const [logX, logY, bands] = root.querySelectorAll(".scales input");
  const list = root.querySelector(".algorithms");
  const svg = root.querySelector("svg");
  const readout = root.querySelector(".readout");
  const MARGIN = { left: 66, right: 26, top: 12, bottom: 46 };
  const size = {}; // of the picture and, inside the margins, of the plot; in CSS pixels
  const hidden = new Set();
  let shown = null; // what is drawn: points, curves, scales
  let cursor = null; // index of the point that is read
  let turn = 0; // of the update that was asked for last

  const number = (v) => (v === 0 ? "0" : Number(v.toPrecision(3)).toString().replace("e", "·10^"));
  // All three digits, so that numbers below each other line up.
  const three = (v) => (Math.abs(v) >= 1e-4 && Math.abs(v) < 1e3 ? v.toPrecision(3) : number(v));
  const node = (tag, attributes, parent) => {
    const made = document.createElementNS(svg.namespaceURI, tag);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return parent.appendChild(made);
  };
  const paint = (color) => (color === "#2B2B2B" ? "var(--ink)" : color);

  async function unpack(packed) {
    if (packed.curves) return packed.curves;
    const bytes = Uint8Array.from(atob(packed.data), (c) => c.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    const steps = new DataView(await new Response(stream).arrayBuffer());
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

  function scale(low, high, length, log, flip) {
    const f = log ? Math.log10 : (v) => v;
    const [a, b] = [f(low), f(high)];
    const to = (v) => ((f(v) - a) / (b - a || 1)) * length;
    return { low, high, log, to: flip ? (v) => length - to(v) : to };
  }

  function ticks({ low, high, log }) {
    if (!log) {
      const rough = (high - low) / 6;
      const power = 10 ** Math.floor(Math.log10(rough));
      const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= rough);
      const first = Math.ceil(low / step);
      return Array.from({ length: Math.floor(high / step) - first + 1 }, (_, i) => (first + i) * step);
    }
    const decades = Math.log10(high / low);
    const found = [];
    const each = decades > 8 ? 2 : 1;
    for (let e = Math.floor(Math.log10(low)); e <= Math.log10(high); e += each) {
      for (const m of decades < 2 ? [1, 2, 5] : [1]) found.push(m * 10 ** e);
    }
    return found.filter((v) => v >= low * (1 - 1e-9) && v <= high * (1 + 1e-9));
  }

  const xText = (v) => (shown.share ? `${number(100 * v)} %` : number(v));

  // Where something happens: a log axis has room for long before.
  function firstChange(curves) {
    const moved = (i) => curves.some((c) => c.estimate[i] !== c.estimate[0]);
    const length = curves.length ? curves[0].estimate.length : 0;
    let i = 0;
    while (i < length - 2 && !moved(i + 1)) i++;
    return i;
  }

  function measure() {
    size.width = Math.max(svg.clientWidth, 300);
    size.height = Math.min(Math.max(0.62 * size.width, 300), 470);
    size.across = size.width - MARGIN.left - MARGIN.right;
    size.down = size.height - MARGIN.top - MARGIN.bottom;
    svg.setAttribute("viewBox", `0 0 ${size.width} ${size.height}`);
  }

  async function update() {
    const own = ++turn;
    measure();
    const view = all.views[viewBox.value];
    const { first, last, like } = view.curves[axisBox.value];
    const packed = view.curves[like ?? axisBox.value];
    const curves = (await unpack(packed)).filter((c) => !hidden.has(c.member));
    if (own !== turn) return; // another choice was made while this one was unpacked
    const at = Array.from({ length: packed.points }, (_, i) => first * (last / first) ** (i / (packed.points - 1)));
    const share = view.label.startsWith("Mean");
    const values = curves.flatMap((c) => c.estimate);
    const positive = values.filter((v) => v > all.floor);
    const top = values.length ? Math.max(...values) : 1;
    const low = logY.checked ? (positive.length ? Math.min(...positive) / 1.3 : all.floor) : 0;
    shown = {
      view, at, curves, share,
      x: scale(logX.checked ? at[firstChange(curves)] : 0, at[at.length - 1], size.across, logX.checked, false),
      y: scale(low, top * (logY.checked ? 1.2 : 1.05) || 1, size.down, logY.checked, true),
    };
    root.dataset.drawn = `${view.title} ${axisBox.value} ${logX.checked} ${logY.checked}`;
    draw();
    list.querySelectorAll("label").forEach((label) => {
      label.hidden = !packed.members.includes(Number(label.dataset.member));
    });
    read(cursor === null ? at.length - 1 : Math.min(cursor, at.length - 1));
  }

  // The steps of a curve; between two of them, the band.
  function path(values, other) {
    const y = (v) => {
      const place = shown.y.to(shown.y.log ? Math.max(v, all.floor) : v);
      return Math.min(Math.max(place, -1e4), 1e4).toFixed(1);
    };
    const stairs = (points) =>
      points.flatMap((v, i) => {
        const x = shown.x.to(shown.at[i]).toFixed(1);
        return i ? [`${x},${y(points[i - 1])}`, `${x},${y(v)}`] : [`${x},${y(v)}`];
      });
    const way = `M${stairs(values).join("L")}`;
    return other ? `${way}L${stairs(other).reverse().join("L")}Z` : way;
  }

  function draw() {
    svg.replaceChildren();
    const plot = node("g", { transform: `translate(${MARGIN.left},${MARGIN.top})` }, svg);
    for (const v of ticks(shown.y)) {
      const y = shown.y.to(v);
      node("line", { class: "grid", x1: 0, x2: size.across, y1: y, y2: y }, plot);
      node("text", { x: -8, y: y + 4, "text-anchor": "end" }, plot).textContent = number(v);
    }
    for (const v of ticks(shown.x)) {
      const x = shown.x.to(v);
      node("line", { class: "grid", x1: x, x2: x, y1: 0, y2: size.down }, plot);
      node("text", { x, y: size.down + 18, "text-anchor": "middle" }, plot).textContent = xText(v);
    }
    const label = shown.share ? all.share[axisBox.value] : all.axes[axisBox.value];
    node("text", { class: "label", x: size.across / 2, y: size.down + 38, "text-anchor": "middle" }, plot).textContent = label;
    const across = { class: "label", transform: `translate(-52,${size.down / 2}) rotate(-90)`, "text-anchor": "middle" };
    node("text", across, plot).textContent = shown.view.label;
    const clip = node("clipPath", { id: "explorer-clip" }, plot);
    node("rect", { width: size.across, height: size.down }, clip);
    const lines = node("g", { "clip-path": "url(#explorer-clip)" }, plot);
    for (const c of shown.curves) {
      const look = all.algorithms[c.member];
      if (bands.checked && !c.low.some(Number.isNaN)) {
        node("path", { d: path(c.low, c.high), fill: paint(look.color), opacity: 0.13, "data-member": c.member }, lines);
      }
    }
    for (const c of shown.curves) {
      const look = all.algorithms[c.member];
      node("path", { class: "curve", d: path(c.estimate), stroke: paint(look.color), "stroke-dasharray": look.dashes.map((d) => 1.6 * d).join(" "), "data-member": c.member }, lines);
    }
    node("line", { class: "cursor", y1: 0, y2: size.down }, plot);
  }

  function read(index) {
    cursor = index;
    const x = shown.x.to(shown.at[index]);
    const line = svg.querySelector(".cursor");
    line.setAttribute("x1", x);
    line.setAttribute("x2", x);
    const rows = shown.curves.map((c) => ({ ...c, value: c.estimate[index] })).sort((a, b) => a.value - b.value);
    const value = new Map(rows.map((r) => [r.member, r]));
    list.querySelectorAll("label").forEach((label) => {
      const row = value.get(Number(label.dataset.member));
      const bounds = row && !Number.isNaN(row.low[index]) ? ` [${three(row.low[index])}, ${three(row.high[index])}]` : "";
      label.querySelector("output").textContent = row ? three(row.value) + bounds : "";
    });
    const best = rows[0];
    readout.textContent = best
      ? `At ${xText(shown.at[index])}: lowest is ${all.algorithms[best.member].name} with ${three(best.value)}.`
      : "Nothing is shown.";
    svg.setAttribute("aria-label", `${shown.view.label}, ${shown.view.title}. ${readout.textContent}`);
  }

  function highlight(member) {
    for (const curve of svg.querySelectorAll("path")) {
      curve.classList.toggle("faded", member !== null && Number(curve.dataset.member) !== member);
    }
    list.querySelectorAll("label").forEach((label) => label.classList.toggle("near", Number(label.dataset.member) === member));
  }

  function point(event) {
    const box = svg.getBoundingClientRect();
    const x = event.clientX - box.left - MARGIN.left;
    const y = event.clientY - box.top - MARGIN.top;
    let index = 0;
    while (index + 1 < shown.at.length && shown.x.to(shown.at[index + 1]) <= x) index++;
    read(index);
    let near = null;
    let least = 30;
    for (const c of shown.curves) {
      const away = Math.abs(shown.y.to(Math.max(c.estimate[index], all.floor)) - y);
      if (away < least) [least, near] = [away, c.member];
    }
    highlight(near);
  }

  all.views.forEach((view, i) => viewBox.add(new Option(view.title, i)));
  for (const axis of Object.keys(all.axes)) axisBox.add(new Option(axis.replace("+", " + "), axis));
  axisBox.value = all.axis;
  all.algorithms.forEach((look, member) => {
    const label = document.createElement("label");
    label.dataset.member = member;
    const box = Object.assign(document.createElement("input"), { type: "checkbox", checked: true });
    const swatch = node("svg", { viewBox: "0 0 30 8", "aria-hidden": "true" }, label);
    node("line", { x1: 0, x2: 30, y1: 4, y2: 4, stroke: paint(look.color), "stroke-width": 2.5, "stroke-dasharray": look.dashes.map((d) => 1.6 * d).join(" ") }, swatch);
    const name = Object.assign(document.createElement("span"), { textContent: look.name });
    label.append(name, document.createElement("output"));
    label.prepend(box);
    label.addEventListener("pointerenter", () => highlight(member));
    label.addEventListener("pointerleave", () => highlight(null));
    box.addEventListener("change", () => {
      if (box.checked) hidden.delete(member);
      else hidden.add(member);
      update();
    });
    list.append(label);
  });
  const setAll = (on) => {
    list.querySelectorAll("input").forEach((box, member) => {
      box.checked = on;
      if (on) hidden.delete(member);
      else hidden.add(member);
    });
    update();
  };
  const [everything, nothing] = root.querySelectorAll(".which button");
  everything.addEventListener("click", () => setAll(true));
  nothing.addEventListener("click", () => setAll(false));
  for (const box of [viewBox, axisBox, logX, logY, bands]) box.addEventListener("change", update);
  svg.addEventListener("pointermove", point);
  svg.addEventListener("pointerdown", point);
  svg.addEventListener("pointerleave", () => highlight(null));
  svg.addEventListener("keydown", (event) => {
    const move = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10 }[event.key];
    if (!move) return;
    event.preventDefault();
    read(Math.min(Math.max(cursor + move, 0), shown.at.length - 1));
  });
  for (const part of [root, document.querySelector("nav .explored")]) part.hidden = false;
  new ResizeObserver(update).observe(root);
})();
