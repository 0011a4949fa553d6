// The stage: the bar that chooses which version is heard and seen, and the stretch of time that its pictures show.

/** More versions than this are chosen from a list: the bar does not grow. */
const MAX_BUTTONS = 6;
/** Longer names have no room beside the play button of a narrow screen. */
const MAX_NAME = 14;
/** Versions that all others are compared with: they keep a button beside the list. */
const REFERENCES = ["original", "copy-synthesis"];
const MIN_VIEW_S = 0.1;
const ZOOM_STEP = 1.6;

/** Versions that stand in one place of the bar: with several runs, the same draw of each of them. */
function slotsOf(versions) {
  const slots = new Map();
  for (const version of versions) {
    if (version.isCell) continue;
    const name = version.data.slot;
    if (!slots.has(name)) slots.set(name, { name, versions: [] });
    slots.get(name).versions.push(version);
  }
  return [...slots.values()];
}

class VersionBar {
  /** @param {Player} player @param {HTMLElement} transport */
  constructor(player, transport) {
    this.player = player;
    this.transport = transport;
    this.slots = player.slots;
    this.choices = transport.querySelector(".choices");
    this.isLong = this.slots.length > MAX_BUTTONS;
    this.buttons = [];
    this.slots.forEach((slot, place) => {
      if (!this.isLong || REFERENCES.includes(slot.name)) this.buttons.push({ place, button: this.addButton(() => player.choose(place)) });
    });
    // On a narrow screen, all versions of any clip are a list: see stage.css.
    const { classList } = transport.querySelector(".version-bar");
    classList.toggle("is-long", this.isLong);
    classList.toggle("of-sheet", player.isSheet);
    this.stepper = transport.querySelector(".stepper");
    this.addList();
    this.sides = transport.querySelector(".sides");
    this.sides.hidden = player.runs.length < 2;
    for (const run of player.runs) this.addSide(run);
    // Cells of a sheet have buttons of their own, and one place here for the one that is heard.
    this.heardButton = player.isSheet ? this.addButton(() => player.page.bring(player.versions[player.selected])) : null;
  }

  addButton(answer) {
    const button = document.createElement("button");
    button.type = "button";
    button.addEventListener("click", answer);
    this.choices.append(button);
    return button;
  }

  addList() {
    const { stepper, player } = this;
    this.list = stepper.querySelector("select");
    this.list.append(...this.slots.map((_, place) => new Option("", String(place))));
    this.list.addEventListener("change", () => player.choose(Number(this.list.value)));
    // After a choice by pointer, keys are the player's again.
    this.list.addEventListener("pointerdown", () => (this.isPointed = true));
    this.list.addEventListener("keydown", () => (this.isPointed = false));
    this.list.addEventListener("change", () => this.isPointed && this.list.blur());
    stepper.querySelector(".previous").addEventListener("click", () => player.step(-1));
    stepper.querySelector(".next").addEventListener("click", () => player.step(1));
  }

  addSide(run) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = run;
    button.dataset.run = run;
    button.title = `hear run ${run} (x: the other run)`;
    button.addEventListener("click", () => this.player.chooseRun(run));
    this.sides.append(button);
  }

  label(place) {
    const { player } = this, version = player.inSlot(this.slots[place]);
    const name = player.runs.length > 1 ? this.slots[place].name : version.data.name;
    return `${player.page.isNarrow ? version.data.short : name}${player.gainText(version)}`;
  }

  /** With the key that chooses it. */
  numbered(place) {
    return place < 9 ? `${place + 1} ${this.label(place)}` : this.label(place);
  }

  show() {
    const { player } = this, heard = player.versions[player.selected];
    const at = this.slots.findIndex((slot) => slot.versions.includes(heard));
    for (const { place, button } of this.buttons) {
      button.textContent = this.numbered(place);
      button.title = player.inSlot(this.slots[place]).data.about;
      button.setAttribute("aria-pressed", String(place === at));
    }
    // What has no keys needs no numbers.
    [...this.list.options].forEach((option, place) => (option.textContent = player.page.isNarrow ? this.label(place) : this.numbered(place)));
    this.transport.classList.toggle("has-long-names", this.slots.some((_, place) => this.label(place).length > MAX_NAME));
    this.list.value = String(at);
    this.list.classList.toggle("is-chosen", at >= 0 && !this.buttons.some(({ place }) => place === at));
    for (const button of this.sides.querySelectorAll("button")) button.setAttribute("aria-pressed", String(button.dataset.run === heard.data.run));
    if (this.heardButton) this.showHeard(heard);
  }

  /** Name the cell that is heard, which may be far away or under another tab. */
  showHeard(heard) {
    const { heardButton } = this;
    heardButton.hidden = !heard.isCell;
    heardButton.textContent = heard.isCell ? heard.data.name + this.player.gainText(heard) : "";
    heardButton.title = "Show its cell";
    heardButton.setAttribute("aria-pressed", String(heard.isCell));
  }
}

/** Ticks of a time axis between two moments: at most nine, at round seconds. */
function ticksBetween(begin, end) {
  const span = end - begin, power = 10 ** Math.floor(Math.log10(span / 8));
  const step = power * [1, 2, 5, 10].find((factor) => span / (power * factor) <= 8);
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const ticks = [];
  for (let i = Math.ceil(begin / step - 1e-9); i * step <= end + 1e-9; i++) ticks.push([(i * step - begin) / span, (i * step).toFixed(digits)]);
  return ticks;
}

/** The stretch of time that the pictures of a clip show. */
class TimeView {
  constructor(player) {
    this.player = player;
    [this.begin, this.end] = [0, player.duration];
  }

  get span() {
    return this.end - this.begin;
  }

  get isWhole() {
    return this.span >= this.player.duration - 1e-6;
  }

  /** Closer by a factor above 1; the moment `at` stays where it is seen. */
  zoom(factor, at) {
    const { duration } = this.player;
    const span = Math.min(duration, Math.max(Math.min(MIN_VIEW_S, duration), this.span / factor));
    this.set(at - ((at - this.begin) / this.span) * span, span);
  }

  /** By a key or a button: around the pointer, or else around the playhead. */
  step(direction) {
    const { pointed, now } = this.player, at = pointed ?? now;
    const isSeen = this.begin <= at && at <= this.end;
    this.zoom(ZOOM_STEP ** direction, isSeen ? at : (this.begin + this.end) / 2);
  }

  pan(seconds) {
    this.set(this.begin + seconds, this.span);
  }

  reset() {
    this.set(0, this.player.duration);
  }

  set(begin, span) {
    this.begin = Math.max(0, Math.min(this.player.duration - span, begin));
    this.end = this.begin + span;
    this.player.showView();
  }

  /** Turn the page, as it were, when the playhead has left what is seen. */
  keep(now) {
    if (this.isWhole || this.isHeld || (this.begin <= now && now <= this.end)) return;
    this.set(now - 0.1 * this.span, this.span);
  }
}
