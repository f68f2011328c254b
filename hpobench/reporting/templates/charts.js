// Draws the page's charts with Vega-Lite, each when a reader comes to it, in the page's colours.
const charts = (() => {
  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  const packed = read("rows");
  const specs = read("specs");
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const drawn = new Map(); // by element: what draws it again in other colours
  let library = null;

  async function unpack(base64, format) {
    const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream(format));
    return new Response(stream);
  }

  // The library, run once, when the first chart is drawn.
  function ready() {
    library ??= (async () => {
      const text = await (await unpack(document.getElementById("vega").textContent.trim(), "gzip")).text();
      const script = document.createElement("script");
      script.textContent = text;
      document.head.append(script);
    })();
    return library;
  }

  const columns = async (id) => (await unpack(packed[id], "gzip")).json();

  async function rows(id) {
    const table = await columns(id);
    const names = Object.keys(table);
    const length = names.length ? table[names[0]].length : 0;
    return Array.from({ length }, (_, i) => Object.fromEntries(names.map((name) => [name, table[name][i]])));
  }

  // Saves the table behind `id`; text that a spreadsheet would run as a formula is defused.
  async function save(id) {
    const table = await columns(id);
    const field = (value) => {
      if (value === null || value === undefined) return "";
      let text = String(value);
      if (typeof value === "string" && /^[=+\-@\t\n]/.test(text) && Number.isNaN(Number(text))) text = `'${text}`;
      return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
    };
    const names = Object.keys(table).filter((name) => !name.startsWith("_")); // for drawing alone
    const lines = [names, ...table[names[0]].map((_, i) => names.map((name) => table[name][i]))];
    const csv = lines.map((line) => line.map(field).join(",")).join("\n") + "\n";
    const link = Object.assign(document.createElement("a"), {
      href: URL.createObjectURL(new Blob([csv], { type: "text/csv" })),
      download: `${id}.csv`,
    });
    link.click();
    URL.revokeObjectURL(link.href);
  }

  // Colours for light paper that could not be seen on dark.
  const painted = (spec) =>
    JSON.parse(JSON.stringify(spec), (_, value) => (value === "#2B2B2B" && dark.matches ? "#E6E9ED" : value));

  // Draws `spec` with `data` into `element`; gives Vega's view, and each later one to `use`.
  async function draw(element, spec, data, use = () => {}) {
    await ready();
    const again = () => draw(element, spec, data, use);
    drawn.get(element)?.finalize();
    const full = {
      width: "container",
      autosize: { type: "fit-x", contains: "padding" },
      ...painted(spec),
      datasets: { table: data },
      config: chartTheme(),
    };
    const made = await vegaEmbed(element, full, {
      renderer: "svg",
      actions: { export: true, source: false, compiled: false, editor: false },
      downloadFileName: element.dataset.chart ?? "curves",
      tooltip: { theme: dark.matches ? "dark" : "light" },
    });
    drawn.set(element, { finalize: () => made.finalize(), again });
    element.querySelector("summary").setAttribute("aria-label", "Save the chart");
    element.dataset.drawn = "yes";
    use(made.view);
    return made.view;
  }

  dark.addEventListener("change", () => drawn.forEach(({ again }) => again()));

  const seen = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      seen.unobserve(target);
      const id = target.dataset.chart;
      rows(id).then((data) => draw(target, specs[id], data));
    }
  }, { rootMargin: "200px" });
  for (const element of document.querySelectorAll("[data-chart]")) seen.observe(element);
  for (const button of document.querySelectorAll("[data-save]")) {
    button.addEventListener("click", () => save(button.dataset.save));
  }
  return { draw, rows, unpack, read };
})();
