// The table of all draws: order, filters, pages of rows, columns on demand, CSV, and the sounds of its rows.

/** Rows in the document at a time; the others are kept beside it. */
const MAX_ROWS = 50;
/** How a column that is sorted for the first time begins: with the worst. */
const WORST_FIRST = { high: (value) => -value, low: (value) => value, far: (value) => -Math.abs(value) };

/** With the minus of keyboards and programs. */
const typed = (text) => text.replaceAll("−", "-");

class DrawTable {
  /** @param {HTMLTableElement} table */
  constructor(table, page) {
    [this.table, this.page, this.body] = [table, page, table.tBodies[0]];
    this.heads = [...table.tHead.rows[0].cells];
    this.rows = [...this.body.rows];
    this.matching = this.rows;
    this.first = 0;
    this.words = new Map(this.rows.map((row) => [row, typed(row.textContent.toLowerCase())]));
    for (const head of this.heads) head.querySelector("button")?.addEventListener("click", () => this.sort(head));
    this.addFilters();
    this.addButtons();
    this.box = table.closest(".draws-box");
    this.box.addEventListener("scroll", () => this.showHint(), { passive: true });
    new ResizeObserver(() => this.showHint()).observe(this.box);
    this.show();
  }

  value(row, head) {
    return row.cells[head.cellIndex].dataset.value ?? "";
  }

  // --- order ---

  sort(head) {
    const { worst } = head.dataset, turned = head.hasAttribute("aria-sort") && !this.isTurned;
    const upFirst = !worst || worst === "low";
    for (const other of this.heads) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", upFirst === !turned ? "ascending" : "descending");
    this.isTurned = turned;
    const key = WORST_FIRST[worst], way = turned ? -1 : 1;
    const compare = (a, b) => {
      if (a === "" || b === "") return (a === "") - (b === "");
      return way * (key ? key(Number(a)) - key(Number(b)) : a.localeCompare(b, undefined, { numeric: true }));
    };
    this.rows.sort((a, b) => compare(this.value(a, head), this.value(b, head)));
    this.filter();
  }

  // --- filters ---

  addFilters() {
    this.inputs = Object.fromEntries(["text", "column", "low", "high"].map((name) => [name, document.getElementById(`filter-${name}`)]));
    if (!this.inputs.text) return;
    for (const input of Object.values(this.inputs)) input.addEventListener("input", () => this.filter());
    this.inputs.column.addEventListener("input", () => this.showUnit());
    this.showUnit();
  }

  get filtered() {
    return this.heads.find(({ dataset }) => dataset.name === this.inputs.column.value);
  }

  showUnit() {
    const head = this.filtered, numbers = this.rows.map((row) => this.value(row, head)).filter((text) => text !== "").map(Number);
    const scaled = (value) => String(Number((value * head.dataset.scale).toPrecision(3))).replace("-", "−");
    this.inputs.low.placeholder = scaled(Math.min(...numbers));
    this.inputs.high.placeholder = scaled(Math.max(...numbers));
    document.getElementById("filter-unit").textContent = head.dataset.unit;
  }

  filter() {
    if (this.inputs.text) {
      const words = typed(this.inputs.text.value.toLowerCase()).split(/\s+/).filter(Boolean);
      const [low, high] = ["low", "high"].map((name) => this.inputs[name].value), head = this.filtered;
      const isWithin = (text) => {
        const value = Number(text) * head.dataset.scale;
        return text !== "" && (low === "" || value >= Number(low) - 1e-9) && (high === "" || value <= Number(high) + 1e-9);
      };
      this.matching = this.rows.filter((row) => words.every((word) => this.words.get(row).includes(word)) &&
        ((low === "" && high === "") || isWithin(this.value(row, head))));
    }
    this.first = 0;
    this.show();
    this.page.say(this.count);
  }

  get count() {
    const [n, all] = [this.matching.length, this.rows.length];
    return n === all ? `${all} ${all === 1 ? "draw" : "draws"}` : `${n} of ${all} draws`;
  }

  // --- rows in the document ---

  show(most = MAX_ROWS) {
    const end = Math.min(this.first + most, this.matching.length), rows = this.matching.slice(this.first, end);
    for (const row of rows) this.addBars(row);
    this.body.replaceChildren(...rows);
    document.getElementById("row-count").textContent = this.count;
    document.getElementById("row-range").textContent = `rows ${this.first + 1} to ${end} of ${this.matching.length}`;
    document.querySelector(".row-pages").hidden = this.matching.length <= most;
    document.getElementById("rows-before").disabled = this.first === 0;
    document.getElementById("rows-after").disabled = end === this.matching.length;
  }

  /** For paper, which has no next page of rows. */
  showAll() {
    this.first = 0;
    this.show(this.matching.length);
  }

  turn(step) {
    this.first = Math.max(0, this.first + step * MAX_ROWS);
    this.show();
    this.box.scrollTop = 0;
    this.page.say(document.getElementById("row-range").textContent);
  }

  addBars(row) {
    if (row.dataset.hasBars) return;
    row.dataset.hasBars = "true";
    for (const head of this.heads) {
      const { low, high, base } = head.dataset, text = this.value(row, head);
      if (low === undefined || text === "" || Number(high) <= Number(low)) continue;
      const place = (value) => percent((Math.min(Math.max(value, low), high) - low) / (high - low));
      const cell = row.cells[head.cellIndex];
      cell.classList.add("has-bar");
      cell.style.setProperty("--from", place(Math.min(base, text)));
      cell.style.setProperty("--to", place(Math.max(base, text)));
    }
  }

  // --- columns, files ---

  addButtons() {
    const on = (id, answer) => document.getElementById(id)?.addEventListener("click", answer);
    on("rows-before", () => this.turn(-1));
    on("rows-after", () => this.turn(1));
    on("more-columns", ({ currentTarget }) => {
      const all = this.table.classList.toggle("shows-all");
      currentTarget.setAttribute("aria-pressed", String(all));
      this.showHint();
    });
    on("save-csv", () => saveAs(new Blob([this.csv], { type: "text/csv" }), "draws.csv"));
    this.table.addEventListener("click", (event) => {
      const link = event.target.closest("a.sound");
      if (link) this.saveSound(event, link);
    });
  }

  showHint() {
    const rest = this.box.scrollWidth - this.box.clientWidth - this.box.scrollLeft;
    this.box.parentElement.classList.toggle("is-cut", rest > 2);
    document.querySelector(".scroll-hint").hidden = this.box.scrollWidth <= this.box.clientWidth + 2;
  }

  /** All rows and columns, with numbers as the records have them; the names of the columns end in their units. */
  get csv() {
    const quoted = (text) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
    const heads = this.heads.filter(({ dataset }) => dataset.name);
    const text = (row, head) => {
      const badges = [...row.cells[head.cellIndex].querySelectorAll(".badges li")].map((badge) => typed(badge.textContent));
      return head.dataset.name === "warnings" ? badges.join("; ") : this.value(row, head);
    };
    const lines = [heads.map(({ dataset }) => dataset.name), ...this.rows.map((row) => heads.map((head) => text(row, head)))];
    return lines.map((line) => `${line.map(quoted).join(",")}\n`).join("");
  }

  saveSound(event, link) {
    const audio = this.page.cards.elementOf(link.hash.slice(1))?.querySelector("audio");
    if (!audio) return;
    event.preventDefault();
    const [clip, draw] = link.closest("tr").cells, name = `${clip.dataset.value} ${draw.dataset.value}.${link.textContent.toLowerCase()}`;
    const [kind, data] = audio.getAttribute("src").split(";base64,", 2);
    if (data === undefined) return save(audio.src, name);
    saveAs(new Blob([Uint8Array.from(atob(data), (one) => one.charCodeAt(0))], { type: kind.slice(5) }), name);
  }
}

const save = (href, name) => Object.assign(document.createElement("a"), { href, download: name }).click();

const saveAs = (blob, name) => {
  const url = URL.createObjectURL(blob);
  save(url, name);
  setTimeout(() => URL.revokeObjectURL(url), 10000);
};
