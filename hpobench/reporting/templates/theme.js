// The colours and letters of the page for what Vega-Lite draws.
const chartTheme = () => {
  const style = getComputedStyle(document.documentElement);
  const [ink, muted, line, paper, accent] = ["--ink", "--muted", "--line", "--paper", "--accent"].map((name) => style.getPropertyValue(name).trim());
  const narrow = innerWidth < 600;
  const text = { labelColor: muted, titleColor: ink, labelFontSize: 12, titleFontSize: 12, titleFontWeight: "normal" };
  return {
    background: "transparent",
    font: getComputedStyle(document.body).fontFamily,
    view: { stroke: null },
    axis: { ...text, gridColor: line, domainColor: muted, tickColor: line, labelLimit: narrow ? 150 : 220, titlePadding: 8 },
    legend: { ...text, orient: "bottom", columns: narrow ? 2 : 5, labelLimit: 200, symbolOpacity: 1, symbolStrokeWidth: 2, symbolType: "circle", layout: { bottom: { direction: narrow ? "vertical" : "horizontal", anchor: "start" } } },
    header: { ...text, labelColor: ink, labelFontWeight: "bold", labelAnchor: "start" },
    title: { color: ink, fontSize: 12, anchor: "start" },
    text: { color: ink, fontSize: 12 },
    rule: { color: muted },
    style: { near: { color: accent }, crowd: { color: muted } },
    scale: { invalid: { x: { value: 0 } } },
    range: { diverging: ["#b2182b", "#ef8a62", paper, "#67a9cf", "#2166ac"], heatmap: [paper, "#2166ac"] },
  };
};
