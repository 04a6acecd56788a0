// The explorer's page: reads the controls, asks the engine, draws the answer. The address keeps the scenario.
(() => {
  "use strict";
  const data = window.railbeltExplorer, engine = window.railbeltEngine, d3 = window.d3;
  const get = (id) => document.getElementById(`rx-${id}`);
  const root = document.getElementById("rx");
  if (!root || !data) return;
  const map = root.querySelector(".rx-map");
  const graph = engine.compile(data);
  const before = engine.solve(graph, engine.START);
  const cities = data.places.filter((place) => place.region !== "Russia");
  const within = [60, 120, 180, 240, 360, 480, 720];
  const measures = ["time", "saved", "access", "residents"];
  let view = { scenario: engine.START, from: "2301", show: "time", sort: { key: "access", down: true }, pen: null };

  // Words for numbers.
  const clock = (minutes) => minutes === Infinity ? "no train" : `${Math.floor(Math.round(minutes) / 60)} h ${String(Math.round(minutes) % 60).padStart(2, "0")}`;
  const formats = [0, 1].map((digits) => new Intl.NumberFormat("en", { minimumFractionDigits: digits, maximumFractionDigits: digits }));
  const signed = (value, digits) => (Math.abs(value) < 0.5 * 10 ** -digits ? "0" : `${value > 0 ? "+" : "−"}${formats[digits].format(Math.abs(value))}`);
  const tone = (value) => value > 0 ? "rx-up" : value < 0 ? "rx-down" : "";
  const title = (place) => place.name === place.zh ? place.name : `${place.name} ${place.zh}`;

  function element(name, properties = {}, ...children) {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children);
    return made;
  }

  // Isochrones: minutes on a grid, by the fastest node and from there by road as the crow flies with a detour.
  const grid = (() => {
    const { x, y, width, height } = map.viewBox.baseVal;
    const columns = 62, rows = 73, step = width / columns, perKm = 1.3;
    const near = data.xy.map((xy, node) => [xy, node]).filter(([xy]) => xy);
    const reach = new Float32Array(columns * rows * near.length);
    for (let j = 0, k = 0; j < rows; j++) {
      for (let i = 0; i < columns; i++) {
        const px = x + (i + 0.5) * step, py = y + (j + 0.5) * height / rows;
        for (const [[nx, ny]] of near) reach[k++] = perKm * Math.hypot(px - nx, py - ny);
      }
    }
    const shape = d3.contours().size([columns, rows]).thresholds(within.map((limit) => -limit));
    const path = ({ coordinates }) => coordinates.map((polygon) => polygon.map((ring) =>
      `M${ring.map(([a, b]) => `${(x + a * step).toFixed(0)} ${(y + b * height / rows).toFixed(0)}`).join("L")}Z`).join("")).join("");
    return (times) => {
      const field = new Float64Array(columns * rows);
      const start = near.map(([, node]) => times[node]);
      for (let cell = 0, k = 0; cell < field.length; cell++) {
        let best = Infinity;
        for (let n = 0; n < start.length; n++, k++) {
          const time = start[n] + reach[k];
          if (time < best) best = time;
        }
        field[cell] = -best;
      }
      return shape(field).map(path);
    };
  })();

  // What each place gains and loses, as seen from the chosen one.
  function answer() {
    const after = engine.solve(graph, view.scenario);
    const residents = engine.moved(data, before.access, after.access, view.scenario.mobility);
    const from = data.places.findIndex((place) => place.code === view.from);
    return {
      after, from,
      rows: data.places.map((place, i) => ({
        place,
        time0: before.times[from][place.node],
        time: after.times[from][place.node],
        saved: before.times[from][place.node] === after.times[from][place.node] ? 0 : before.times[from][place.node] - after.times[from][place.node],
        access0: before.access[i],
        access1: after.access[i],
        access: 100 * (after.access[i] / before.access[i] - 1),
        residents: residents[i],
      })),
    };
  }

  const steps = { saved: [1, 30], access: [0.1, 5], residents: [0.1, 2] };
  const words = {
    saved: ["30 minutes or more slower", "slower", "as today", "faster", "30 minutes or more faster"],
    access: ["loses 5 % or more", "loses", "as today", "gains", "gains 5 % or more"],
    residents: ["loses 20,000 or more", "loses", "as today", "gains", "gains 20,000 or more"],
  };
  const classes = ["rx-loss2", "rx-loss", "rx-same", "rx-gain", "rx-gain2"];
  function step(measure, value) {
    if (value === null) return "rx-same";
    const [small, large] = steps[measure];
    return classes[value <= -large ? 0 : value <= -small ? 1 : value < small ? 2 : value < large ? 3 : 4];
  }

  const columns = [
    { key: "name", head: "Place", sort: (row) => row.place.name },
    { key: "time0", head: "Today", text: (row) => clock(row.time0) },
    { key: "time", head: "Scenario", text: (row) => clock(row.time) },
    { key: "saved", head: "Saved, min", text: (row) => Number.isFinite(row.saved) ? signed(row.saved, 0) : "new", tone: true },
    { key: "access", head: "Market access, %", text: (row) => signed(row.access, 1), tone: true },
    { key: "residents", head: "Residents, 1,000", text: (row) => row.residents === null ? "–" : signed(10 * row.residents, 0), tone: true },
  ];

  function drawTable(rows) {
    const { key, down } = view.sort;
    const sort = columns.find((column) => column.key === key).sort ?? ((row) => row[key] ?? -Infinity);
    const ordered = rows.slice().sort((a, b) => {
      const x = sort(a), y = sort(b);
      return (x < y ? -1 : x > y ? 1 : 0) * (down ? -1 : 1);
    });
    for (const row of ordered) {
      const line = lines.get(row.place.code);
      line.element.classList.toggle("rx-here", row.place.code === view.from);
      columns.slice(1).forEach((column, i) => {
        const text = column.text(row), cell = line.cells[i];
        if (cell.textContent !== text) cell.textContent = text;
        if (column.tone) cell.className = `rb-n ${text === "0" ? "" : tone(row[column.key])}`;
      });
    }
    const body = get("rows");
    ordered.forEach((row, i) => {
      const { element: line } = lines.get(row.place.code);
      if (body.children[i] !== line) body.insertBefore(line, body.children[i] ?? null);
    });
    heads.forEach((head, i) => {
      if (columns[i].key === key) head.setAttribute("aria-sort", down ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    });
    get("caption").textContent = `Winners and losers, and travel times from ${name(view.from)}`;
  }

  const name = (code) => data.places.find((place) => place.code === code).name;

  function drawMap({ after, from, rows }) {
    const bands = view.show === "time" ? grid(after.times[from]) : [];
    map.querySelector(".rx-bands").innerHTML = bands.map((d) => `<path d="${d}"/>`).join("");
    for (const row of rows) {
      const circle = circles.get(row.place.code);
      if (!circle) continue;
      const kind = view.show === "time" ? "rx-same" : step(view.show, view.show === "saved" && !Number.isFinite(row.saved) ? 1e9 : row[view.show]);
      circle.setAttribute("class", row.place.code === view.from ? `${kind} rx-here` : kind);
      circle.firstElementChild.textContent = `${row.place.name}: ${clock(row.time)} from ${name(view.from)}, market access ${signed(row.access, 1)} %`;
    }
    for (const path of map.querySelectorAll(".rx-line")) {
      const { id, pending } = data.lines.find((line) => line.id === path.dataset.line);
      const on = view.scenario.on.includes(id), off = view.scenario.off.includes(id);
      path.setAttribute("class", `rx-line ${pending ? on ? "rx-new" : "rx-idle" : off ? "rx-shut" : ""}`);
    }
    map.querySelector(".rx-drawn").innerHTML = view.scenario.new.map(([a, b]) => {
      const [p, q] = [a, b].map((code) => data.places.find((place) => place.code === code).xy);
      return p && q ? `<path d="M${p.join(" ")}L${q.join(" ")}"/>` : "";
    }).join("");
    const strokes = [["", "fast line"], ["rx-idle", "planned"], ["rx-new", "switched on or drawn"]];
    get("legend").replaceChildren(...strokes.map(([kind, text]) => element("li", {}, element("i", { className: `rx-stroke ${kind}` }), text)), ...(view.show === "time"
      ? within.map((limit, i) => {
        const mark = element("i", { className: "rx-band" });
        mark.style.opacity = String(Math.min(1, 0.13 * (within.length - i) + 0.05));
        return element("li", {}, mark, `within ${limit / 60} h`);
      })
      : classes.map((kind, i) => element("li", {}, element("i", { className: kind }), words[view.show][i]))));
  }

  function tell({ rows }) {
    const ours = rows.filter((row) => row.place.region === "Northeast");
    const inFour = (key) => ours.filter((row) => row[key] <= 240).length;
    const mean = (key) => ours.reduce((sum, row) => sum + row[key] * row.place.residents, 0) / ours.reduce((sum, row) => sum + row.place.residents, 0);
    const ranked = ours.slice().sort((a, b) => b.access - a.access), best = ranked[0], worst = ranked.at(-1);
    const changed = Math.max(Math.abs(best.access), Math.abs(worst.access)) >= 0.05;
    const gained = changed && best.access >= 0.05 ? ` Most is gained by ${best.place.name} (${signed(best.access, 1)} %).` : "";
    const lost = changed && worst.access <= -0.05 ? ` Most is lost by ${worst.place.name} (${signed(worst.access, 1)} %).` : "";
    const text = `From ${name(view.from)}, ${inFour("time")} of ${ours.length} prefectures are within four hours, ${inFour("time0")} today. `
      + (changed ? `Market access of the average resident changes by ${signed(mean("access"), 1)} %.${gained}${lost}` : "Market access is as today.");
    get("summary").textContent = text;
    get("map-desc").textContent = text;
    get("code").textContent = `from railbelt.explorer import Scenario, outcome\n\noutcome(Scenario.from_text("${engine.write(view.scenario)}"))`;
  }

  // The controls follow the state, so that an address, a click and a reset end in the same place.
  function drawControls() {
    const { scenario } = view;
    get("from").value = view.from;
    for (const box of root.querySelectorAll("[data-switch]")) {
      box.checked = box.dataset.pending ? scenario.on.includes(box.dataset.switch) : !scenario.off.includes(box.dataset.switch);
    }
    get("timetable").checked = scenario.speed === null;
    get("speed").disabled = scenario.speed === null;
    if (scenario.speed !== null) get("speed").value = scenario.speed;
    get("speed-out").textContent = scenario.speed === null ? "as today" : `${scenario.speed} km/h`;
    get("wait").value = 100 * scenario.wait;
    get("wait-out").textContent = `${Math.round(100 * scenario.wait)} % of today's`;
    get("mobility").value = scenario.mobility;
    get("mobility-out").textContent = scenario.mobility ? scenario.mobility.toFixed(2) : "nobody moves";
    root.querySelector(`[name="rx-show"][value="${view.show}"]`).checked = true;
    get("pen").setAttribute("aria-pressed", String(view.pen !== null));
    map.classList.toggle("rx-pen", view.pen !== null);
    get("list").replaceChildren(...scenario.new.map(([a, b, kmh], i) => {
      const remove = element("button", { type: "button", textContent: "Remove", ariaLabel: `Remove ${name(a)}–${name(b)}` });
      remove.addEventListener("click", () => {
        set({ new: scenario.new.filter((_, other) => other !== i) });
        get("add").focus();
      });
      return element("li", {}, `${name(a)}–${name(b)}, ${kmh} km/h, ${Math.round(engine.drawnKm(data, a, b))} km`, remove);
    }));
  }

  function address() {
    const parts = [engine.write(view.scenario), view.from === "2301" ? "" : `from=${view.from}`, view.show === "time" ? "" : `show=${view.show}`];
    return parts.filter(Boolean).join("&");
  }

  let waiting = 0, latest = null;
  function draw() {
    waiting = 0;
    performance.mark("rx-start");
    latest = answer();
    drawControls();
    drawMap(latest);
    drawTable(latest.rows);
    tell(latest);
    if (location.hash.slice(1) !== address()) history.replaceState(null, "", `#${address()}`);
    performance.measure("rx-draw", "rx-start");
  }
  function change(part) {
    view = { ...view, ...part };
    if (!waiting) waiting = requestAnimationFrame(draw);
  }
  const set = (part) => change({ scenario: { ...view.scenario, ...part } });

  // A line drawn by its two ends; the same line again takes the new speed.
  function add(a, b) {
    const kmh = Math.min(400, Math.max(80, Number(get("kmh").value) || 250));
    if (!engine.drawnKm(data, a, b)) return;
    const others = view.scenario.new.filter(([c, d]) => !(c === a && d === b) && !(c === b && d === a));
    set({ new: [...others, [a, b, kmh]].slice(-6) });
  }

  function fill() {
    const option = (place) => element("option", { value: place.code, textContent: title(place) });
    const byName = (list) => list.slice().sort((a, b) => a.name.localeCompare(b.name));
    get("from").append(...byName(data.places).map(option));
    get("a").append(...byName(cities).map(option));
    get("b").append(...byName(cities).map(option));
    get("a").value = "2304";
    get("b").value = "2308";
    for (const line of data.lines) {
      const box = element("input", { type: "checkbox" });
      box.dataset.switch = line.id;
      if (line.pending) box.dataset.pending = "1";
      const when = line.pending ? `${line.status === "construction" ? "being built, " : ""}${line.year}` : `${line.year}`;
      get(line.pending ? "pending" : "open").append(element("label", {}, box, element("span", {}, `${line.name} `, element("em", {}, when))));
    }
    for (const { key, head } of columns) {
      const button = element("button", { type: "button", textContent: head });
      button.addEventListener("click", () => change({ sort: { key, down: view.sort.key === key ? !view.sort.down : key !== "name" } }));
      const cell = element("th", { scope: "col", className: key === "name" ? "" : "rb-n" }, button);
      get("heads").append(cell);
      heads.push(cell);
    }
    for (const place of data.places) {
      const button = element("button", { type: "button", textContent: title(place), title: `See times from ${place.name}` });
      button.addEventListener("click", () => change({ from: place.code }));
      const cells = columns.slice(1).map(() => element("td", { className: "rb-n" }));
      lines.set(place.code, { element: element("tr", {}, element("th", { scope: "row" }, button), ...cells), cells });
    }
    for (const circle of map.querySelectorAll("circle")) circles.set(circle.dataset.code, circle);
  }

  function listen() {
    get("form").addEventListener("submit", (event) => event.preventDefault());
    get("from").addEventListener("change", (event) => change({ from: event.target.value }));
    root.addEventListener("change", ({ target }) => {
      if (target.dataset.switch) {
        const list = target.dataset.pending ? "on" : "off";
        const others = view.scenario[list].filter((id) => id !== target.dataset.switch);
        set({ [list]: target.checked === Boolean(target.dataset.pending) ? [...others, target.dataset.switch] : others });
      } else if (target.name === "rx-show") change({ show: target.value });
    });
    get("timetable").addEventListener("change", ({ target }) => set({ speed: target.checked ? null : Number(get("speed").value) }));
    get("speed").addEventListener("input", ({ target }) => set({ speed: Number(target.value) }));
    get("wait").addEventListener("input", ({ target }) => set({ wait: Number(target.value) / 100 }));
    get("mobility").addEventListener("input", ({ target }) => set({ mobility: Number(target.value) }));
    get("add").addEventListener("click", () => add(get("a").value, get("b").value));
    get("pen").addEventListener("click", () => change({ pen: view.pen === null ? "" : null }));
    get("reset").addEventListener("click", () => change({ scenario: engine.START, pen: null }));
    map.addEventListener("click", (event) => {
      const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(map.getScreenCTM().inverse());
      const far = (place) => Math.hypot(place.xy[0] - at.x, place.xy[1] - at.y);
      const place = data.places.filter((one) => circles.has(one.code)).sort((a, b) => far(a) - far(b))[0];
      if (far(place) > 90) return;
      if (view.pen === null) change({ from: place.code });
      else if (view.pen === "") change({ pen: place.code, from: place.code });
      else {
        add(view.pen, place.code);
        change({ pen: null });
      }
    });
    get("copy").addEventListener("click", async () => {
      const link = location.href;
      try {
        await navigator.clipboard.writeText(link);
        get("copied").textContent = "The link is copied.";
      } catch {
        const field = element("input", { value: link, readOnly: true, ariaLabel: "Link to this scenario" });
        get("copied").replaceChildren("Copy this link:", field);
        field.select();
      }
    });
    get("csv").addEventListener("click", () => {
      const head = ["code", "place", "region", "minutes_today", "minutes", "access_today", "access", "access_change_percent", "residents_change"];
      const rows = latest.rows.map(({ place, time0, time, access0, access1, access, residents }) => [
        place.code, place.name, place.region, time0, time, 1e4 * access0, 1e4 * access1, access, residents === null ? null : 1e4 * residents,
      ]);
      const link = element("a", { href: URL.createObjectURL(new Blob([engine.csv([head, ...rows])], { type: "text/csv" })), download: "railbelt-scenario.csv" });
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    });
    window.addEventListener("hashchange", load);
  }

  function load() {
    const part = new URLSearchParams(location.hash.slice(1));
    change({
      scenario: engine.read(data, location.hash),
      from: data.places.some((place) => place.code === part.get("from")) ? part.get("from") : "2301",
      show: measures.includes(part.get("show")) ? part.get("show") : "time",
    });
  }

  const lines = new Map(), circles = new Map(), heads = [];
  fill();
  listen();
  load();
})();
