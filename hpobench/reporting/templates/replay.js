// Replays a run: sets the moment up to which the chart shows its trials, by hand or by itself.
(() => {
  const root = document.getElementById("replay");
  if (!root) return;
  const runs = charts.read("replay-data");
  const [runBox, speedBox] = root.querySelectorAll("select");
  const slider = root.querySelector("input[type=range]");
  const button = root.querySelector(".play");
  const readout = root.querySelector(".readout");
  const slots = root.querySelector(".slots");
  const plot = root.querySelector(".plot");
  let run = null; // what is shown: a run with its rows
  let view = null;
  let clock = 0;
  let frame = 0; // of the animation; 0 while it stands still
  let asked = 0; // the choice that was made last

  const STATES = ["running", "paused", "stopped", "completed", "failed", "cut"];
  const three = (v) => Number(v.toPrecision(3)).toString();
  const seconds = (v) => (v >= 1000 ? Math.round(v).toLocaleString("en") : three(v));

  function stateOf(row) {
    if (row.end !== null && clock >= row.end) return row.ended;
    return row.decision === "PAUSE" && (row.resumes === null || clock < row.resumes) ? "paused" : "running";
  }

  // Which trial each worker trains, how many trials are in which state, and the incumbent.
  function moment() {
    const busy = new Map(), last = new Map(), begun = new Set();
    let latest = null;
    for (const row of run.rows) {
      if (row.begin > clock) continue;
      begun.add(row.trial);
      if (row.clock > clock) busy.set(row.worker, row.trial);
      else [latest] = [row, last.set(row.trial, row)];
    }
    const training = new Set(busy.values());
    const counts = { running: training.size };
    for (const [trial, row] of last) {
      const state = stateOf(row);
      if (!training.has(trial) && state !== "running") counts[state] = (counts[state] ?? 0) + 1;
    }
    return { busy, counts, begun: begun.size, latest };
  }

  function say({ counts, begun, latest }) {
    const states = STATES.filter((state) => state in counts).map((state) => `${counts[state]} ${state}`);
    const best = latest && latest.best !== null ? `best ${three(latest.best)} by trial ${run.trials.get(latest.leader)}` : "no result yet";
    return `${seconds(clock)} s: ${begun} ${begun === 1 ? "trial" : "trials"}, ${states.join(", ")}, ${best}`;
  }

  function show(at) {
    clock = at;
    const now = moment();
    slider.value = Math.round((1000 * clock) / run.end);
    readout.textContent = say(now);
    slider.setAttribute("aria-valuetext", `${seconds(clock)} s`);
    [...slots.children].forEach((slot, worker) => {
      const trial = now.busy.get(worker);
      slot.classList.toggle("busy", trial !== undefined);
      slot.lastChild.textContent = trial === undefined ? "idle" : `trial ${trial}`;
    });
    const { latest } = now;
    view?.signal("clock", clock).signal("leader", latest?.leader ?? -1).signal("best", latest?.best ?? null).runAsync();
  }

  function pause() {
    cancelAnimationFrame(frame);
    frame = 0;
    button.textContent = "Play";
    readout.setAttribute("aria-live", "polite");
  }

  function play() {
    readout.setAttribute("aria-live", "off"); // nobody can listen to every moment
    button.textContent = "Pause";
    if (clock >= run.end) clock = 0;
    let before = null;
    const step = (now) => {
      const passed = before === null ? 0 : (now - before) / 1000;
      before = now;
      show(Math.min(run.end, clock + (passed * run.end) / Number(speedBox.value)));
      if (clock < run.end) frame = requestAnimationFrame(step);
      else pause();
    };
    frame = requestAnimationFrame(step);
  }

  async function choose() {
    const own = ++asked;
    pause();
    const chosen = runs[runBox.value];
    chosen.rows ??= await charts.rows(chosen.id);
    if (own !== asked) return; // another run was chosen meanwhile
    chosen.end ??= Math.max(...chosen.rows.flatMap((row) => [row.clock, row.end ?? 0]));
    chosen.trials ??= new Map(chosen.rows.map((row) => [row.stretch, row.trial]));
    run = chosen;
    root.querySelector(".thinned").textContent = run.thinned;
    slots.replaceChildren(...Array.from({ length: run.workers }, (_, worker) => {
      const slot = document.createElement("li");
      slot.append(`${worker} `, document.createElement("span"));
      return slot;
    }));
    clock = run.end;
    await charts.draw(plot, run.spec, run.rows, (drawn) => {
      view = drawn;
      show(clock);
    });
    root.dataset.drawn = run.id;
  }

  button.addEventListener("click", () => (frame ? pause() : run && play()));
  slider.addEventListener("input", () => {
    if (!run) return;
    pause();
    show((Number(slider.value) / 1000) * run.end);
  });
  runBox.addEventListener("change", choose);
  root.addEventListener("toggle", () => (root.open ? run ?? choose() : pause()));
  // Who asked for less motion moves the slider.
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const calm = () => {
    button.hidden = still.matches;
    speedBox.parentElement.hidden = still.matches;
    if (still.matches && frame) pause();
  };
  still.addEventListener("change", calm);
  calm();
})();
