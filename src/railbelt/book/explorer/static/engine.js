// The engine of the explorer: a scenario in, travel times and market access out. No page, no clock, no chance.
// Its twin in Python is railbelt.explorer; a test holds the two together on random scenarios.
(() => {
  "use strict";
  const MODES = 4; // fast trains, conventional trains, links across the border, express trains
  const FAST = 0, BORDER = 2, EXPRESS = 3;

  // Turn the numbers of the build into a graph. Vertices are pairs of mode and node; every place has fast trains, so that a line
  // drawn by the reader finds its ends. Express trains run on the links of the fast ones and stop in metropolises only. Where
  // railways meet, one that passes has a vertex of its own; the way from it to the node, and a link that ends there, take half of
  // what a change of lines takes, which trips that begin or end there and changes of trains get back.
  function compile(data) {
    const count = data.nodes.length;
    const ends = [], minutes = [], line = [], km = [], pace = [], lineEnds = [], late = [];
    const half = new Float64Array(MODES * count), aside = [];
    const has = new Uint8Array(MODES * count), isMetropolis = new Uint8Array(count), express = [];
    for (const node of data.metropolis) isMetropolis[node] = 1;
    const calls = (mode, node) => has[mode * count + node] && (mode !== EXPRESS || isMetropolis[node]);
    const add = (a, b, time, ofLine = -1, length = 0, slower = 1, endsOfLine = 0, [from, to] = [a, b]) => {
      ends.push(from, to);
      late.push((from === a ? half[a] : 0) + (to === b ? half[b] : 0));
      minutes.push(time + late.at(-1));
      line.push(ofLine);
      km.push(length);
      pace.push(slower);
      lineEnds.push(endsOfLine);
      express.push(a >= EXPRESS * count);
      has[a] = has[b] = 1;
    };
    const { from, to, mode, minutes: times, express: expressTimes, line: lines, km: lengths, pace: paces, ends: ofLine } = data.links;
    const { railway } = data.links;
    const links = [];
    for (let i = 0; i < from.length; i++) {
      links.push([i, mode[i] * count + from[i], mode[i] * count + to[i], times[i]]);
      if (expressTimes[i] !== null) links.push([i, EXPRESS * count + from[i], EXPRESS * count + to[i], expressTimes[i]]);
    }
    const calling = new Map(); // for each vertex how often each railway touches it
    for (const [i, a, b] of links) {
      for (const v of [a, b]) {
        if (!calling.has(v)) calling.set(v, new Map());
        calling.get(v).set(railway[i], (calling.get(v).get(railway[i]) ?? 0) + 1);
      }
    }
    const halves = data.lineChange.map((allowance) => allowance / 2);
    for (const { node, region } of data.places) {
      if (region !== "Russia") for (const m of [FAST, EXPRESS]) half[m * count + node] = halves[m]; // a line may be drawn here
    }
    for (const [v, railways] of calling) if (railways.size > 1) half[v] = halves[Math.floor(v / count)];
    const own = new Map();
    const vertex = (v, i) => {
      if (half[v] === 0 || calling.get(v).get(railway[i]) === 1) return v;
      const key = `${v} ${railway[i]}`;
      if (!own.has(key)) {
        own.set(key, MODES * count + aside.length);
        aside.push(v);
      }
      return own.get(key);
    };
    for (const [i, a, b, time] of links) {
      add(a, b, time, lines[i], lengths[i], paces[i], ofLine[i], [vertex(a, i), vertex(b, i)]);
    }
    const border = data.border.map(({ from: a, to: b }) => {
      add(BORDER * count + a, BORDER * count + b, Infinity);
      return minutes.length - 1;
    });
    const changes = minutes.length;
    for (const { node, region } of data.places) {
      if (region !== "Russia") has[node] = has[EXPRESS * count + node] = 1;
    }
    for (let node = 0; node < count; node++) {
      for (let a = 0; a < MODES; a++) {
        for (let b = 0; b < a; b++) {
          if (!calls(a, node) || !calls(b, node)) continue;
          const [one, other] = [a * count + node, b * count + node];
          add(one, other, data.change - 2 * (half[one] + half[other]));
        }
      }
    }
    aside.forEach((v, i) => add(v, v, 0, -1, 0, 1, 0, [v, MODES * count + i]));
    const entry = half.map((one, v) => {
      const m = Math.floor(v / count);
      return data.entry[m] - one + (data.hasTerminals[m] ? data.terminal[v % count] : 0);
    });
    const hubs = [...Array(MODES * count).keys(), ...aside];
    return { data, count, ends, minutes, late, line, km, pace, lineEnds, express, border, changes, isMetropolis, hubs, entry };
  }

  // Minutes of a length at an operating speed: trains keep a cruising speed that lies on a curve, and lose time at a stop and where
  // their line ends.
  function legMinutes({ known, kept, stop, expressStop, junction }, km, kmh, ends, slower = 1, express = false) {
    const last = known.length - 1;
    let cruising;
    if (kmh <= known[0]) cruising = kept[0] * kmh / known[0];
    else if (kmh >= known[last]) cruising = kept[last] * kmh / known[last];
    else {
      let i = 1;
      while (kmh > known[i]) i++;
      cruising = kept[i - 1] + (kept[i] - kept[i - 1]) / (known[i] - known[i - 1]) * (kmh - known[i - 1]);
    }
    const atStop = express ? expressStop : stop;
    return slower * (60 * km / cruising + junction * ends) + atStop;
  }

  // The length of a drawn line between two places, by their codes; null where none can be drawn.
  function drawnKm(data, a, b) {
    const i = data.places.findIndex((place) => place.code === a);
    const j = data.places.findIndex((place) => place.code === b);
    return data.straight[i]?.[j] || null;
  }

  // The edges of a scenario, as a graph in rows: the edges of vertex v are those from first[v] to first[v + 1].
  function edit(graph, scenario) {
    const { data, count, late, line, km, pace, lineEnds, express, changes, isMetropolis, hubs } = graph;
    const minutes = graph.minutes.slice();
    const runs = data.lines.map(({ id, pending }) => pending ? scenario.on.includes(id) : !scenario.off.includes(id));
    for (let i = 0; i < minutes.length; i++) {
      if (line[i] < 0) continue;
      if (!runs[line[i]]) minutes[i] = Infinity;
      else if (scenario.speed !== null) {
        const kmh = Math.min(data.lines[line[i]].design, scenario.speed);
        minutes[i] = legMinutes(data.service, km[i], kmh, lineEnds[i], pace[i], express[i]) + late[i];
      }
    }
    graph.border.forEach((edge, i) => {
      minutes[edge] = data.border[i].minutes + scenario.wait * data.border[i].wait;
    });
    const ends = graph.ends.slice();
    for (const [a, b, kmh] of scenario.new) {
      for (const mode of [FAST, EXPRESS]) {
        ends.push(mode * count + data.nodes.indexOf(a), mode * count + data.nodes.indexOf(b));
        minutes.push(legMinutes(data.service, drawnKm(data, a, b), kmh, 2, 1, mode === EXPRESS) + data.lineChange[mode]);
      }
    }
    const size = hubs.length;
    const first = new Int32Array(size + 1);
    const served = new Uint8Array(size); // where no train stops, no trip begins
    for (let i = 0; i < minutes.length; i++) {
      if (minutes[i] === Infinity) continue;
      if (i < changes || i >= graph.minutes.length) {
        for (const v of [hubs[ends[2 * i]], hubs[ends[2 * i + 1]]]) served[v] = v < EXPRESS * count || isMetropolis[v % count];
      }
      first[ends[2 * i] + 1]++;
      first[ends[2 * i + 1] + 1]++;
    }
    for (let v = 0; v < size; v++) first[v + 1] += first[v];
    const next = first.slice();
    const target = new Int32Array(first[size]);
    const weight = new Float64Array(first[size]);
    for (let i = 0; i < minutes.length; i++) {
      if (minutes[i] === Infinity) continue;
      const a = ends[2 * i], b = ends[2 * i + 1];
      target[next[a]] = b;
      weight[next[a]++] = minutes[i];
      target[next[b]] = a;
      weight[next[b]++] = minutes[i];
    }
    return { size, first, target, weight, served };
  }

  // Shortest minutes from one node to all nodes (Dijkstra, with a binary heap of vertices). Trips may begin and end in any mode.
  function search({ count, entry }, { size, first, target, weight, served }, origin) {
    const best = new Float64Array(size).fill(Infinity);
    const heap = new Int32Array(size), place = new Int32Array(size).fill(-1);
    let length = 0;
    const rise = (vertex) => {
      let i = place[vertex];
      while (i > 0) {
        const up = (i - 1) >> 1;
        if (best[heap[up]] <= best[vertex]) break;
        heap[i] = heap[up];
        place[heap[i]] = i;
        i = up;
      }
      heap[i] = vertex;
      place[vertex] = i;
    };
    const sink = (vertex) => {
      let i = 0;
      for (;;) {
        let down = 2 * i + 1;
        if (down >= length) break;
        if (down + 1 < length && best[heap[down + 1]] < best[heap[down]]) down++;
        if (best[heap[down]] >= best[vertex]) break;
        heap[i] = heap[down];
        place[heap[i]] = i;
        i = down;
      }
      heap[i] = vertex;
      place[vertex] = i;
    };
    for (let mode = 0; mode < MODES; mode++) {
      const vertex = mode * count + origin;
      if (!served[vertex]) continue;
      best[vertex] = entry[vertex];
      place[vertex] = length++;
      rise(vertex);
    }
    while (length > 0) {
      const vertex = heap[0], last = heap[--length];
      if (length > 0) sink(last);
      for (let e = first[vertex]; e < first[vertex + 1]; e++) {
        const other = target[e], time = best[vertex] + weight[e];
        if (time < best[other]) {
          if (best[other] === Infinity) place[other] = length++;
          best[other] = time;
          rise(other);
        }
      }
    }
    const found = new Float64Array(count).fill(Infinity);
    for (let node = 0; node < count; node++) {
      for (let vertex = node; vertex < MODES * count; vertex += count) {
        if (!served[vertex]) continue;
        const time = best[vertex] + entry[vertex];
        if (time < found[node]) found[node] = time;
      }
    }
    found[origin] = 0;
    return found;
  }

  // Residents within reach, each weighted by exp(-decay * minutes).
  function access(data, times) {
    let sum = 0;
    for (let node = 0; node < times.length; node++) {
      if (data.mass[node] > 0) sum += data.mass[node] * Math.exp(-data.decay * times[node]);
    }
    return sum;
  }

  // Times from every place to every node, and the market access of every place.
  function solve(graph, scenario) {
    const edges = edit(graph, scenario);
    const times = graph.data.places.map(({ node }) => search(graph, edges, node));
    return { times, access: times.map((row) => access(graph.data, row)) };
  }

  // First-round movement of residents inside the Northeast: in proportion to gained access, raised to the mobility.
  function moved(data, before, after, mobility) {
    let people = 0, pulls = 0;
    const pull = data.places.map(({ region, residents }, i) => {
      if (region !== "Northeast") return null;
      const value = residents * (after[i] / before[i]) ** mobility;
      people += residents;
      pulls += value;
      return value;
    });
    return pull.map((value, i) => value === null ? null : value * people / pulls - data.places[i].residents);
  }

  // The scenario as text in the address of the page, and back; parts left alone are left out. Malformed parts are ignored.
  const START = Object.freeze({ on: [], off: [], new: [], speed: null, wait: 1, mobility: 0 });

  function write(scenario) {
    const parts = {
      on: scenario.on.join(","),
      off: scenario.off.join(","),
      new: scenario.new.map((drawn) => drawn.join("-")).join(","),
      speed: scenario.speed === null ? "" : String(scenario.speed),
      wait: scenario.wait === 1 ? "" : String(scenario.wait),
      mobility: scenario.mobility ? String(scenario.mobility) : "",
    };
    return Object.entries(parts).filter(([, value]) => value).map(([key, value]) => `${key}=${value}`).join("&");
  }

  function read(data, text) {
    const part = new URLSearchParams(text.replace(/^#/, ""));
    const listed = (key, pending) => (part.get(key) ?? "").split(",")
      .filter((id, i, all) => all.indexOf(id) === i && data.lines.some((line) => line.id === id && line.pending === pending));
    const number = (key, low, high, otherwise) => {
      const value = Number.parseFloat(part.get(key));
      return value >= low && value <= high ? value : otherwise;
    };
    return {
      on: listed("on", true),
      off: listed("off", false),
      new: (part.get("new") ?? "").split(",").map((one) => one.split("-"))
        .map(([a, b, kmh]) => [a, b, Number.parseFloat(kmh)])
        .filter(([a, b, kmh]) => drawnKm(data, a, b) && kmh >= 80 && kmh <= 400).slice(0, 6),
      speed: number("speed", 100, 400, null),
      wait: number("wait", 0, 2, 1),
      mobility: number("mobility", 0, 3, 0),
    };
  }

  /** Rows as CSV, as `charts.csv_text` of the package writes them: a text that a spreadsheet would take for a formula is led by an
   * apostrophe, numbers stay numbers, what is missing or out of reach stays empty. */
  function csv(rows) {
    const cell = (value) => {
      if (value === null || value === undefined) return "";
      if (typeof value === "number") return Number.isFinite(value) ? String(value) : "";
      const text = String(value).replace(/\r\n?/g, "\n");
      const tame = /^[-=+@\t\n\uff1d\uff0b\uff0d\uff20]/.test(text) ? `'${text}` : text;
      return /[",\n]/.test(tame) ? `"${tame.replaceAll('"', '""')}"` : tame;
    };
    return rows.map((row) => `${row.map(cell).join(",")}\n`).join("");
  }

  globalThis.railbeltEngine = { compile, solve, moved, read, write, csv, drawnKm, legMinutes, START };
})();
