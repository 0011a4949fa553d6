// One version of a clip: its picture, its masks and what the pointer finds there.

const signed = (db) => `${db < 0 ? "−" : "+"}${Math.abs(db).toFixed(1)} dB`;
const DRAGGED_PIXELS = 4;

class Version {
  constructor(player, data, index) {
    this.player = player;
    this.data = data;
    this.index = index;
    this.element = document.getElementById(data.id);
    this.audio = this.element.querySelector("audio");
    this.mel = this.element.querySelector("svg.mel");
    this.isCell = this.element.classList.contains("cell");
    this.pick = this.element.querySelector("button.pick");
    this.pick?.addEventListener("click", () => this.hear());
    if (this.mel) this.addPicture();
  }

  addPicture() {
    const find = (name) => this.mel.querySelector(`.${name}`);
    [this.image, this.head, this.cursor, this.chosen] = ["cells", "head", "cursor", "chosen"].map(find);
    this.own = this.image.getAttribute("href");
    this.mel.addEventListener("pointerdown", (event) => this.press(event));
    this.mel.addEventListener("pointermove", (event) => this.move(event));
    this.mel.addEventListener("pointerup", (event) => this.release(event));
    this.mel.addEventListener("pointercancel", () => (this.pressed = null));
    this.mel.addEventListener("pointerleave", () => this.leave());
    const button = this.element.querySelector(".difference");
    button?.addEventListener("click", () => this.toggleDifference(button));
  }

  seconds(event) {
    const box = this.mel.getBoundingClientRect();
    return Math.max(0, Math.min(1, (event.clientX - box.left) / box.width)) * this.player.duration;
  }

  press(event) {
    if (event.button !== 0) return;
    this.pressed = { x: event.clientX, at: this.seconds(event) };
    this.mel.setPointerCapture(event.pointerId);
  }

  move(event) {
    const at = this.seconds(event);
    this.player.page.point(this.player, at);
    this.tell(event, at);
    if (this.pressed && Math.abs(event.clientX - this.pressed.x) > DRAGGED_PIXELS) {
      this.pressed.loop = [Math.min(at, this.pressed.at), Math.max(at, this.pressed.at)];
      this.player.showLoop(this.pressed.loop);
    }
  }

  release(event) {
    const { pressed } = this;
    this.pressed = null;
    if (!pressed) return;
    this.player.page.activate(this.player);
    if (pressed.loop) return this.player.setLoop(pressed.loop);
    if (this.isCell) return this.hear();
    if (!this.player.order) this.player.select(this.index);
    this.player.seek(this.seconds(event));
  }

  /** Switch to this version at the same moment; of one that sounds already, stop. */
  hear() {
    const { player } = this, isHeard = player.isPlaying && player.selected === this.index;
    player.select(this.index);
    if (isHeard || !player.isPlaying) player.toggle();
  }

  leave() {
    this.player.page.point(this.player, null);
    this.asked = null;
    if (!this.pressed) this.player.probe.textContent = "";
  }

  /** Say time, frequency, level and mask under the pointer. */
  async tell(event, at) {
    if (this.player.order) return;
    this.asked = event;
    const { picture, masks } = this.data, box = this.mel.getBoundingClientRect();
    const height = Math.max(0, Math.min(0.9999, 1 - (event.clientY - box.top) / box.height));
    const bin = Math.floor(height * picture.n_mels), hz = picture.hz[bin];
    const column = Math.floor(((at - picture.left_s) / (picture.right_s - picture.left_s)) * picture.n_columns);
    const parts = [`${at.toFixed(3)} s`, `${Math.round(hz)} Hz (bin ${bin})`];
    const cells = await this.cells().catch((error) => this.player.fail("levels cannot be told", error));
    // Meanwhile the pointer may have gone on, or the names been hidden.
    if (this.asked !== event || this.player.order) return;
    if (cells && column >= 0 && column < cells.width) {
      const db = picture.low_db + (cells.at(column, bin) / 255) * (picture.high_db - picture.low_db);
      parts.push(`${db <= picture.low_db ? "≤ " : ""}${db.toFixed(0).replace("-", "−")} dB`);
    }
    for (const mask of masks) {
      if (mask.begin_s <= at && at < mask.end_s && mask.first_bin <= bin && bin < mask.stop_bin) parts.push(mask.text);
    }
    this.player.probe.textContent = parts.join(" · ");
  }

  cells() {
    this.read ??= this.picture().then((url) => Cells.of(url, this.player.page.indices));
    return this.read;
  }

  /** Where the picture can be read from: of what lies beside a page on a disk, browsers give no pixels away. */
  async picture() {
    const { parcel } = this.player.data;
    if (!parcel) return this.own;
    return `data:image/png;base64,${(await this.player.page.parcel(parcel)).pictures[this.data.key]}`;
  }

  /** A button that cannot answer says why instead. */
  offerDifference() {
    const button = this.element.querySelector(".difference");
    if (!button) return;
    const before = this.player.versions[this.data.compared_with];
    const why = !before?.mel ? "There is no picture of the original" : areAlike(before.data.picture, this.data.picture) ? "" : "The original's picture has other cells";
    button.disabled = Boolean(why);
    button.title = why;
  }

  async toggleDifference(button) {
    const isWanted = button.getAttribute("aria-pressed") !== "true";
    this.showDifference(button, isWanted);
    if (!isWanted) return;
    try {
      const url = await this.difference();
      if (button.getAttribute("aria-pressed") === "true") this.image.setAttribute("href", url);
    } catch (error) {
      this.showDifference(button, false);
      this.player.fail("the difference cannot be shown", error);
    }
  }

  showDifference(button, isWanted) {
    button.setAttribute("aria-pressed", String(isWanted));
    this.mel.classList.toggle("is-difference", isWanted);
    if (!isWanted) this.image.setAttribute("href", this.own);
  }

  async difference() {
    const before = await this.player.versions[this.data.compared_with].cells();
    const { low_db, high_db } = this.data.picture;
    return differenceUrl(before, await this.cells(), (255 * this.player.page.differenceDb) / (high_db - low_db), unwarped(this.data));
  }

  show() {
    const isChosen = this.player.selected === this.index && !this.player.order;
    this.element.classList.toggle("is-heard", isChosen);
    this.pick?.setAttribute("aria-pressed", String(isChosen && this.player.isPlaying));
    this.showLoop(this.player.loop);
  }

  showPosition(now) {
    if (!this.mel) return;
    const x = percent(now / this.player.duration);
    this.head.setAttribute("x1", x);
    this.head.setAttribute("x2", x);
  }

  showCursor(at) {
    if (!this.mel) return;
    this.cursor.classList.toggle("is-shown", at !== null);
    const x = percent((at ?? 0) / this.player.duration);
    this.cursor.setAttribute("x1", x);
    this.cursor.setAttribute("x2", x);
  }

  showLoop(loop) {
    if (!this.mel) return;
    this.chosen.setAttribute("x", percent(loop ? loop[0] / this.player.duration : 0));
    this.chosen.setAttribute("width", percent(loop ? (loop[1] - loop[0]) / this.player.duration : 0));
  }
}
