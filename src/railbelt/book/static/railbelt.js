// Prints; offers the interactive form of a chart: Vega and the chart's specification are fetched only when somebody asks.
(() => {
  "use strict";
  const loaded = new Map();

  function script(source) {
    if (!loaded.has(source)) {
      loaded.set(source, new Promise((resolve, reject) => {
        const element = document.createElement("script");
        element.src = source;
        element.onload = resolve;
        element.onerror = () => reject(new Error(`could not load ${source}`));
        document.head.append(element);
      }));
    }
    return loaded.get(source);
  }

  // The specification names colours of the light theme; the style sheet knows what each is called in the current one.
  function themed(spec) {
    const style = getComputedStyle(document.documentElement);
    const names = window.railbeltPalette;
    return JSON.parse(JSON.stringify(spec).replace(/#[0-9a-f]{6}/g, (colour) =>
      names[colour] ? style.getPropertyValue(`--rb-${names[colour]}`).trim() : colour));
  }

  async function explore(figure, place, button) {
    const { src, name, root } = place.dataset;
    const chart = figure.querySelector(".rb-chart");
    await Promise.all([script(src), script(`${root}_vega/vega.js`), script(`${root}_vega/palette.js`)]);
    const form = chart.clientWidth > 560 ? "wide" : "narrow";
    const box = document.createElement("div");
    await window.railbeltEmbed(box, themed(window.railbelt[name][form]), {
      actions: false, renderer: "svg", ast: true, defaultStyle: false, tooltip: { disableDefaultStyle: true },
    });
    const label = chart.querySelector("img").alt;
    // A chart with a menu is a group: what is inside an image cannot be reached by keyboard or screen reader.
    box.setAttribute("role", box.querySelector(".vega-bind") ? "group" : "img");
    box.setAttribute("aria-label", label);
    chart.replaceChildren(box);
    button.remove();
  }

  for (const button of document.querySelectorAll("[data-rb-print]")) {
    button.addEventListener("click", () => window.print());
  }

  for (const figure of document.querySelectorAll(".rb-figure")) {
    const place = figure.querySelector(".rb-spec");
    const button = figure.querySelector(".rb-live");
    if (!place || !button) continue;
    button.hidden = false;
    button.addEventListener("click", () => {
      button.disabled = true;
      explore(figure, place, button).catch((error) => {
        button.textContent = `The interactive chart ${error.message}; the picture above stays.`;
      });
    });
  }
})();
