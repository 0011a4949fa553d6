// The cells of a sheet: which draw of each is shown, and what of the table lies outside its box.

class CellDraws {
  /** @param {HTMLElement} box A cell with several draws. */
  constructor(box) {
    this.versions = [...box.querySelectorAll(".version")];
    this.which = box.querySelector(".which");
    box.querySelector(".before").addEventListener("click", () => this.step(-1));
    box.querySelector(".after").addEventListener("click", () => this.step(1));
    // However a draw comes to be heard, its picture is shown.
    const observer = new MutationObserver(() => this.follow());
    for (const version of this.versions) observer.observe(version, { attributeFilter: ["class"] });
    this.show(0);
  }

  get heard() {
    return this.versions.findIndex((version) => version.classList.contains("is-heard"));
  }

  follow() {
    const { heard } = this;
    if (heard >= 0 && heard !== this.shown) this.show(heard);
  }

  show(i) {
    this.shown = i;
    this.versions.forEach((version, place) => version.classList.toggle("is-shown", place === i));
    const facts = this.versions[i].querySelector(".of-draw")?.textContent ?? "";
    this.which.textContent = `draw ${i + 1} of ${this.versions.length}${facts && `: ${facts}`}`;
  }

  /** To the next draw, or the one before; who hears one, hears the other at the same moment. */
  step(direction) {
    const n = this.versions.length, next = (this.shown + direction + n) % n;
    if (this.heard >= 0) selectVersion(this.versions[next]);
    else this.show(next);
  }
}

/** The box around a sheet: it says what of it is not seen, and is none where all columns have room. */
class SheetBox {
  constructor(box) {
    this.box = box;
    this.frame = box.parentElement;
    this.table = box.querySelector("table");
    this.rest = this.frame.querySelector(".rest");
    this.isLong = box.classList.contains("is-long");
    box.addEventListener("scroll", () => this.show(), { passive: true });
    const observer = new ResizeObserver(() => this.show());
    for (const one of [box, this.table]) observer.observe(one);
  }

  show() {
    const { box, table, frame, rest } = this, fits = table.offsetWidth <= box.clientWidth + 1;
    box.classList.toggle("fits", fits);
    box.tabIndex = fits && !this.isLong ? -1 : 0;
    const edge = box.getBoundingClientRect(), foot = table.tFoot?.offsetHeight ?? 0;
    // What is not seen whole goes on outside.
    const bottom = edge.top + box.clientHeight - foot, right = edge.left + box.clientWidth;
    const boxes = (all) => [...all].map((one) => one.getBoundingClientRect());
    const below = this.isLong ? boxes(table.tBodies[0].rows).filter((row) => row.bottom > bottom + 4).length : 0;
    const beside = fits ? 0 : boxes(table.tBodies[0].rows[0].cells).filter((cell) => cell.right > right + 4).length;
    const words = [[below, "row", "below"], [beside, "column", "to the right"]].filter(([n]) => n);
    rest.textContent = `${words.map(([n, what, where]) => `${n} more ${what}${n > 1 ? "s" : ""} ${where}`).join(", ")}: scroll`;
    rest.hidden = !words.length;
    frame.style.setProperty("--rest", `${rest.offsetHeight}px`);
    frame.classList.toggle("goes-on-below", below > 0);
    frame.classList.toggle("goes-on-right", beside > 0);
  }
}

/** The box around the charts, where they lie beside each other: it says how many of them are not seen whole. */
class ChartsBox {
  constructor(box) {
    this.box = box;
    this.frame = box.parentElement;
    this.rest = this.frame.querySelector(".rest");
    box.addEventListener("scroll", () => this.show(), { passive: true });
    new ResizeObserver(() => this.show()).observe(box);
  }

  show() {
    const { box, frame, rest } = this, edge = box.getBoundingClientRect();
    const charts = [...box.children].map((one) => one.getBoundingClientRect());
    const right = charts.filter((one) => one.right > edge.right + 4).length;
    const left = charts.filter((one) => one.left < edge.left - 4).length;
    const words = [[right, "to the right"], [left, "to the left"]].filter(([n]) => n);
    rest.textContent = `${words.map(([n, where]) => `${n} more chart${n > 1 ? "s" : ""} ${where}`).join(", ")}: scroll`;
    rest.hidden = !words.length;
    frame.style.setProperty("--rest", `${rest.offsetHeight}px`);
    frame.classList.toggle("goes-on-right", right > 0);
    box.tabIndex = words.length ? 0 : -1;
  }
}

function selectVersion(element) {
  for (const player of window.specaugListen.page.players) {
    const version = player.versions.find((one) => one.element === element);
    if (version) player.select(version.index);
  }
}

/** The keys , and . go through the draws of the cell that has the focus, or that is heard. */
class Sheets {
  constructor() {
    this.foldOnNarrow(document.querySelector(".sweep-more"));
    this.boxes = [...document.querySelectorAll(".sheet-box")].map((box) => new SheetBox(box));
    this.charts = [...document.querySelectorAll(".panels")].map((box) => new ChartsBox(box));
    // Heads stay in sight below the player, whose height depends on its width.
    const observer = new ResizeObserver((bars) => {
      for (const { target } of bars) target.parentElement.style.setProperty("--below-bar", `${target.offsetHeight}px`);
    });
    for (const bar of document.querySelectorAll(".transport-place")) observer.observe(bar);
    this.cells = new Map([...document.querySelectorAll(".cell-box[data-draws]")].map((box) => [box, new CellDraws(box)]));
    if (this.cells.size) document.addEventListener("keydown", (event) => this.key(event), { capture: true });
  }

  /** On a narrow screen, the clips come before the words. */
  foldOnNarrow(more) {
    if (!more) return;
    const narrow = matchMedia("(max-width: 640px)");
    more.open = !narrow.matches;
    narrow.addEventListener("change", () => (more.open = !narrow.matches));
  }

  key(event) {
    const direction = { ",": -1, ".": 1 }[event.key];
    if (!direction || event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea, pre")) return;
    const heard = document.querySelector("section.is-active .cell-box[data-draws] .is-heard") ?? document.querySelector(".cell-box[data-draws] .is-heard");
    const box = (event.target.closest(".cell-box[data-draws]") ?? heard?.closest(".cell-box"));
    if (!this.cells.has(box)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    this.cells.get(box).step(direction);
  }
}
