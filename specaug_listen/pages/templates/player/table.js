// The table of all draws: sorting.

class DrawTable {
  /** @param {HTMLTableElement} table */
  constructor(table) {
    this.table = table;
    for (const button of table.querySelectorAll("th button")) button.addEventListener("click", () => this.sort(button));
  }

  sort(button) {
    const head = button.closest("th"), { table } = this, body = table.tBodies[0];
    const column = head.cellIndex, down = head.getAttribute("aria-sort") === "ascending";
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const value = (row) => row.cells[column].dataset.value ?? "";
    // Of what goes either way, the strongest is looked for.
    const number = (text) => ("magnitude" in head.dataset ? Math.abs(Number(text)) : Number(text));
    const compare = (a, b) => {
      if (a === "" || b === "") return (a === "") - (b === "");
      const numbers = number(a) - number(b);
      return (down ? -1 : 1) * (Number.isNaN(numbers) ? a.localeCompare(b, undefined, { numeric: true }) : numbers);
    };
    body.append(...[...body.rows].sort((a, b) => compare(value(a), value(b))));
  }
}
