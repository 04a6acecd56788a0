// A town and its metropolis: the smallest case of the spatial model, with three sliders. Solves what
// railbelt.models.spatial.two_cities solves (the tests compare them on a grid); needs nothing but this file.
(() => {
  "use strict";
  const THETA = 4, EPSILON = 2, ALPHA = 0.06, BETA = 0.3;
  const SLOW = 240, NEAREST = 20, BIG = 8;
  const TRADE_BY_TIME = 0.3, MOVES_BY_TIME = 0.4, TRADE_NEAR = 0.5;
  const HOMES = [1, BIG];
  const AMENITY = [0, (BETA + 1 / EPSILON - ALPHA) * Math.log(BIG)];

  // One step of the model evaluates both equations at the guess and solves two linear ones a place.
  function equilibrium(minutes, gap, mobility) {
    const trade = TRADE_NEAR * (minutes / NEAREST) ** -TRADE_BY_TIME;
    const move = Math.max(Math.min(1, mobility * (minutes / SLOW) ** -MOVES_BY_TIME), 1e-12);
    const T = [[1, trade], [trade, 1]], S = [[1, move], [move, 1]];
    const a = [0, Math.log(gap)];
    const reach = EPSILON * (1 + (1 + THETA) / THETA);
    const p = 1 + THETA, q = 1 - ALPHA * THETA, r = -reach, s = 1 + EPSILON * (ALPHA + BETA - 1 / THETA);
    const det = p * s - q * r;
    let wage = [0, 0], people = [0, Math.log(BIG)], home = [0, 0];
    for (let step = 0; step < 5000; step += 1) {
      const supply = [0, 1].map((i) => Math.exp(THETA * (a[i] - wage[i]) + ALPHA * THETA * people[i]));
      const value = [0, 1].map((i) => Math.exp(EPSILON * (AMENITY[i] - a[i] + (1 / THETA - ALPHA - BETA) * people[i]
        + (1 + (1 + THETA) / THETA) * wage[i])));
      home = [0, 1].map((o) => S[o][0] * value[0] + S[o][1] * value[1]);
      let moved = 0;
      const next = [0, 1].map((n) => {
        const first = Math.log(T[n][0] * supply[0] + T[n][1] * supply[1]) + THETA * a[n];
        const second = Math.log(HOMES[0] * S[0][n] / home[0] + HOMES[1] * S[1][n] / home[1]) + EPSILON * (AMENITY[n] - a[n]);
        const w = (s * first - q * second) / det, l = (p * second - r * first) / det;
        moved = Math.max(moved, Math.abs(w - wage[n]), Math.abs(l - people[n]));
        return [w, l];
      });
      wage = next.map((x) => x[0]);
      people = next.map((x) => x[1]);
      if (moved < 1e-12) break;
    }
    const price = [0, 1].map((i) => a[i] - ((1 - ALPHA * THETA) * people[i] + (1 + THETA) * wage[i]) / THETA);
    return {
      people: Math.exp(people[0]),
      real_income: Math.exp(wage[0] - price[0]),
      welfare: home[0] ** (1 / EPSILON),
      welfare_big: home[1] ** (1 / EPSILON),
    };
  }

  // Percent of what is with the slow train, for each time.
  function twoCities(minutes, gap, mobility) {
    const base = equilibrium(SLOW, gap, mobility);
    return minutes.map((time) => {
      const found = equilibrium(time, gap, mobility);
      const change = { minutes: time };
      for (const name of Object.keys(base)) change[name] = 100 * (found[name] / base[name] - 1);
      return change;
    });
  }

  globalThis.railbeltTwoCities = twoCities;
  if (typeof document === "undefined") return;

  const CONTROLS = [
    ["minutes", "Travel time by the fast train", 20, 240, 5, 60, (v) => `${v} minutes`],
    ["gap", "Productivity of the metropolis", 0.8, 2, 0.05, 1.4, (v) => `${(+v).toFixed(2)} times the town's`],
    ["mobility", "Ease of living in the other city", 0, 0.5, 0.01, 0.05, (v) => (+v === 0 ? "nobody can" : `${Math.round(100 * v)} of 100`)],
  ];
  const TIMES = Array.from({ length: 45 }, (_, i) => SLOW - 5 * i);
  const SERIES = [["people", "People in the town", "rust"], ["welfare", "Welfare of its people", "rail"]];

  function element(name, attributes, ...children) {
    const svg = ["svg", "path", "line", "text", "circle", "g"].includes(name);
    const made = svg ? document.createElementNS("http://www.w3.org/2000/svg", name) : document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  }

  function signed(value) {
    const rounded = Math.abs(value) < 0.05 ? 0 : value;
    return `${Math.abs(rounded).toFixed(1)} percent ${rounded < 0 ? "less" : "more"}`;
  }

  function draw(box, state) {
    const width = Math.max(280, box.clientWidth), height = 250, left = 44, right = width - 12, top = 14, bottom = height - 40;
    const rows = twoCities(TIMES, state.gap, state.mobility);
    const values = rows.flatMap((row) => SERIES.map(([name]) => row[name])).concat([-2, 2]);
    const low = Math.min(...values), high = Math.max(...values);
    const x = (v) => left + (SLOW - v) / (SLOW - NEAREST) * (right - left);
    const y = (v) => bottom - (v - low) / (high - low) * (bottom - top);
    const svg = element("svg", { viewBox: `0 0 ${width} ${height}`, width, height, "aria-hidden": "true" });
    const step = [1, 2, 5, 10, 20, 50].find((s) => (high - low) / s <= 6) || 100;
    for (let v = Math.ceil(low / step) * step; v <= high; v += step) {
      svg.append(element("line", { x1: left, x2: right, y1: y(v), y2: y(v), class: v === 0 ? "rb-toy-zero" : "rb-toy-grid" }));
      svg.append(element("text", { x: left - 6, y: y(v) + 4, "text-anchor": "end" }, `${v > 0 ? "+" : ""}${v}%`));
    }
    for (const v of [240, 180, 120, 60, 20]) svg.append(element("text", { x: x(v), y: bottom + 18, "text-anchor": v === 240 ? "start" : v === 20 ? "end" : "middle" }, v));
    svg.append(element("text", { x: (left + right) / 2, y: height - 4, "text-anchor": "middle" }, "minutes between town and metropolis"));
    svg.append(element("line", { x1: x(state.minutes), x2: x(state.minutes), y1: top, y2: bottom, class: "rb-toy-now" }));
    const [now] = twoCities([state.minutes], state.gap, state.mobility);
    for (const [name, , colour] of SERIES) {
      const path = rows.map((row, i) => `${i ? "L" : "M"}${x(row.minutes).toFixed(1)},${y(row[name]).toFixed(1)}`).join("");
      svg.append(element("path", { d: path, class: `rb-toy-line rb-toy-${colour}` }));
      svg.append(element("circle", { cx: x(state.minutes), cy: y(now[name]), r: 5, class: `rb-toy-dot rb-toy-${colour}` }));
    }
    box.replaceChildren(svg);
    return now;
  }

  function start(root) {
    const state = Object.fromEntries(CONTROLS.map(([name, , , , , value]) => [name, value]));
    const box = element("div", { class: "rb-toy-chart" });
    const said = element("p", { class: "rb-toy-said", role: "status" });
    const key = element("p", { class: "rb-toy-key" });
    for (const [, label, colour] of SERIES) key.append(element("span", { class: `rb-toy-${colour}` }, `● ${label} `));
    const controls = element("div", { class: "rb-toy-controls" });
    const show = () => {
      const now = draw(box, state);
      said.textContent = `At ${state.minutes} minutes instead of ${SLOW} the town has ${signed(now.people).replace("less", "fewer people").replace("more", "more people")}; `
        + `its people are ${signed(now.welfare).replace("less", "worse off").replace("more", "better off")}, those of the metropolis ${signed(now.welfare_big).replace("less", "worse off").replace("more", "better off")}.`;
    };
    for (const [name, label, min, max, by, value, words] of CONTROLS) {
      const id = `rb-toy-${name}`;
      const output = element("output", { for: id }, words(value));
      const input = element("input", { type: "range", id, min, max, step: by, value, "aria-valuetext": words(value) });
      input.addEventListener("input", () => {
        state[name] = Number(input.value);
        output.textContent = words(input.value);
        input.setAttribute("aria-valuetext", words(input.value));
        show();
      });
      controls.append(element("div", {}, element("label", { for: id }, label), input, output));
    }
    root.append(controls, key, box, said);
    root.hidden = false;
    show();
    new ResizeObserver(show).observe(root);
  }

  const ready = () => document.querySelectorAll(".rb-toy").forEach(start);
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", ready);
  else ready();
})();
