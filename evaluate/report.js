"use strict";
// Headings become buttons that sort their table. Cells with a data-number go by it, others by their text, blank ones last.
const collator = new Intl.Collator(undefined, { numeric: true });
for (const table of document.querySelectorAll("table.sortable")) {
  const body = table.tBodies[0];
  const headings = [...table.tHead.rows[0].cells];
  headings.forEach((heading, column) => {
    const value = ({ cells: { [column]: cell } }) =>
      "number" in cell.dataset ? Number(cell.dataset.number) : cell.textContent.trim();
    const compare = (a, b) => (typeof a + typeof b === "numbernumber" ? a - b : collator.compare(a, b));
    const button = document.createElement("button");
    button.append(...heading.childNodes);
    heading.append(button);
    button.addEventListener("click", () => {
      const order = heading.ariaSort === "ascending" ? "descending" : "ascending";
      for (const each of headings) each.removeAttribute("aria-sort");
      heading.setAttribute("aria-sort", order);
      const rows = [...body.rows].map((row) => ({ row, key: value(row) }));
      const sign = order === "ascending" ? 1 : -1;
      rows.sort((a, b) => (a.key === "") - (b.key === "") || sign * compare(a.key, b.key));
      body.append(...rows.map(({ row }) => row));
    });
  });
}
