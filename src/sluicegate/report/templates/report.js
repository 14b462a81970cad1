"use strict";
(() => {
  // A link to a gate opens it, so that the page works the same with everything folded.
  const openTarget = () => {
    const target = document.getElementById(location.hash.slice(1));
    if (target instanceof HTMLDetailsElement) target.open = true;
  };
  addEventListener("hashchange", openTarget);
  openTarget();
  addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((d) => { d.open = true; }));

  const table = document.getElementById("table");
  if (!table) return;
  const body = table.tBodies[0];
  const rows = [...body.rows];
  const key = (row, column) => row.cells[column].dataset.value ?? row.cells[column].textContent.trim();
  const collator = new Intl.Collator("en", { numeric: true });

  const sortBy = (head, column) => {
    const down = head.getAttribute("aria-sort") === "ascending";
    for (const other of head.parentElement.cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const sign = down ? -1 : 1;
    const numeric = head.dataset.sort === "number";
    const compare = (a, b) => (numeric ? key(a, column) - key(b, column) : collator.compare(key(a, column), key(b, column)));
    rows.sort((a, b) => sign * compare(a, b));
    body.append(...rows);
  };
  [...table.tHead.rows[0].cells].forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => sortBy(head, column));
  });

  const field = (id) => document.getElementById(id);
  const text = field("f-text"), gate = field("f-gate"), severity = field("f-severity"), fresh = field("f-new");
  const words = new Map(rows.map((row) => [row, row.textContent.toLowerCase()]));
  const filter = () => {
    const wanted = text.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of rows) {
      const fits = (!gate.value || row.dataset.gate === gate.value)
        && (!severity.value || row.dataset.severity === severity.value)
        && (!fresh.checked || row.dataset.new)
        && wanted.every((word) => words.get(row).includes(word));
      row.hidden = !fits;
      shown += fits ? 1 : 0;
    }
    field("shown").textContent = shown === rows.length ? `${shown}` : `${shown} of ${rows.length}`;
    field("none").hidden = shown > 0;
  };
  for (const input of [text, gate, severity, fresh]) input.addEventListener("input", filter);
  field("filters").hidden = false;
  for (const link of document.querySelectorAll("a[data-gate]")) {
    link.addEventListener("click", () => { gate.value = link.dataset.gate; filter(); });
  }
})();
