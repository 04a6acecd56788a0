// Filters and sorts the ledger. The table is complete without this script; the address keeps the filter.
(() => {
  "use strict";
  const form = document.getElementById("rb-filter"), table = document.querySelector(".rb-ledger");
  if (!form || !table) return;
  const body = table.tBodies[0], rows = [...body.rows], count = document.getElementById("rb-count");
  const order = ["supported", "partly", "contradicted", "not testable", ""];
  const keys = {
    Claim: (row) => row.id,
    Verdict: (row) => String(order.indexOf(row.dataset.verdict)),
    "Told in": (row) => row.dataset.chapter,
  };

  function filter() {
    const wanted = [...new FormData(form)].filter(([, value]) => value.trim());
    let shown = 0;
    for (const row of rows) {
      const fits = wanted.every(([name, value]) => name === "words"
        ? value.toLowerCase().trim().split(/\s+/).every((word) => row.dataset.search.includes(word))
        : row.dataset[name] === value);
      row.hidden = !fits;
      if (fits) shown++;
    }
    count.textContent = shown === rows.length ? `${shown} claims.` : `${shown} of ${rows.length} claims.`;
    const text = new URLSearchParams(wanted).toString();
    if (text) history.replaceState(null, "", `#${text}`);
    else if (location.hash.includes("=")) history.replaceState(null, "", location.pathname);
  }

  function load() {
    if (!location.hash.includes("=")) return;
    const part = new URLSearchParams(location.hash.slice(1));
    for (const field of form.elements) if (field.name) field.value = part.get(field.name) ?? "";
    filter();
  }

  table.querySelectorAll("thead th").forEach((head) => {
    const key = keys[head.textContent];
    if (!key) return;
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      for (const other of table.querySelectorAll("[aria-sort]")) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      rows.sort((a, b) => (key(a) + a.id).localeCompare(key(b) + b.id) * (down ? -1 : 1));
      body.append(...rows);
    });
    head.replaceChildren(button);
  });
  form.hidden = false;
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", filter);
  form.addEventListener("reset", () => setTimeout(filter));
  window.addEventListener("hashchange", load);
  load();
})();
