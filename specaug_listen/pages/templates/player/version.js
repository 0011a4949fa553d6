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
    this.element.querySelector("a.save")?.addEventListener("click", (event) => this.save(event));
    if (!this.mel && data.pictured_by !== null) this.borrowPicture(player.data.versions[data.pictured_by]);
    if (this.mel) this.addPicture();
  }

  /** The same draw was rendered in another way: its picture is that of the draw. */
  borrowPicture(lender) {
    const plot = document.getElementById(lender.id).querySelector(".plot");
    if (!plot) return;
    this.element.querySelector("h3").after(plot.cloneNode(true));
    this.element.classList.add("has-borrowed-picture");
    this.mel = this.element.querySelector("svg.mel");
    this.mel.setAttribute("aria-label", `${this.mel.getAttribute("aria-label")}, which ${this.data.name} has in common with it`);
    this.data = { ...this.data, picture: lender.picture, masks: lender.masks, warp: lender.warp, picture_key: lender.key };
  }

  addPicture() {
    this.plot = new TimePlot(this.player, this.element.querySelector(".area") ?? this.mel);
    this.image = this.plot.image;
    this.own = this.image.getAttribute("href");
    this.mel.addEventListener("pointerdown", (event) => this.press(event));
    this.mel.addEventListener("pointermove", (event) => this.move(event));
    this.mel.addEventListener("pointerup", (event) => this.release(event));
    this.mel.addEventListener("pointercancel", () => this.letGo());
    this.mel.addEventListener("pointerleave", () => this.leave());
    this.touches = new Map();
    const button = this.element.querySelector(".difference");
    button?.addEventListener("click", () => this.toggleDifference(button));
  }

  seconds(event) {
    return this.plot.seconds(event);
  }

  press(event) {
    if (event.button !== 0) return;
    this.touches.set(event.pointerId, event);
    this.pressed = this.touches.size === 1 ? { x: event.clientX, at: this.seconds(event) } : null;
    this.mel.setPointerCapture(event.pointerId);
  }

  move(event) {
    if (this.touches.size === 2) return this.spread(event);
    const at = this.seconds(event);
    this.player.pointed = at;
    this.player.page.point(this.player, at);
    this.tell(event, at);
    if (this.pressed && Math.abs(event.clientX - this.pressed.x) > DRAGGED_PIXELS) {
      this.pressed.loop = [Math.min(at, this.pressed.at), Math.max(at, this.pressed.at)];
      this.player.showLoop(this.pressed.loop);
    }
  }

  /** Two fingers: what was between them stays between them. */
  spread(event) {
    if (this.isCell || !this.touches.has(event.pointerId)) return;
    const width = () => {
      const [a, b] = [...this.touches.values()];
      return Math.max(20, Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY));
    };
    const before = width();
    this.touches.set(event.pointerId, event);
    const [a, b] = [...this.touches.values()];
    this.player.view.zoom(width() / before, (this.seconds(a) + this.seconds(b)) / 2);
  }

  letGo() {
    this.pressed = null;
    this.touches.clear();
  }

  release(event) {
    const { pressed } = this;
    this.letGo();
    if (!pressed) return;
    this.player.page.activate(this.player);
    if (pressed.loop) return this.player.setLoop(pressed.loop);
    if (this.isCell) return this.hear();
    if (!this.player.blind.isOn) this.player.select(this.index);
    this.player.seek(this.seconds(event));
  }

  /** Switch to this version at the same moment; of one that sounds already, stop. */
  hear() {
    const { player } = this, isHeard = player.isPlaying && player.selected === this.index;
    player.select(this.index);
    if (isHeard || !player.isPlaying) player.toggle();
  }

  leave() {
    this.player.pointed = null;
    this.player.page.point(this.player, null);
    this.asked = null;
    if (!this.pressed) this.player.probe.textContent = "";
  }

  /** Say time, frequency, level and mask under the pointer. */
  async tell(event, at) {
    if (this.player.blind.isOn) return;
    this.asked = event;
    const { picture, masks } = this.data, box = this.mel.getBoundingClientRect();
    const height = Math.max(0, Math.min(0.9999, 1 - (event.clientY - box.top) / box.height));
    const bin = Math.floor(height * picture.n_mels), hz = picture.hz[bin];
    const column = Math.floor(((at - picture.left_s) / (picture.right_s - picture.left_s)) * picture.n_columns);
    const parts = [`${at.toFixed(3)} s`, `${Math.round(hz)} Hz (bin ${bin})`];
    const cells = await this.cells().catch((error) => this.player.fail("levels cannot be told", error));
    // Meanwhile the pointer may have gone on, or the names been hidden.
    if (this.asked !== event || this.player.blind.isOn) return;
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
    this.read ??= this.picture().then((url) => Cells.of(url, this.player.page.indices)).then((cells) => (this.known = cells));
    return this.read;
  }

  /** What paper does not wait for; throws when the picture lies beside the page. */
  cellsAtOnce() {
    const { n_columns, n_mels } = this.data.picture;
    return (this.known ??= new Cells(this.image, this.player.page.indices, n_columns, n_mels));
  }

  /** Where the picture can be read from: of what lies beside a page on a disk, browsers give no pixels away. */
  async picture() {
    const { parcel } = this.player.data;
    if (!parcel) return this.own;
    return `data:image/png;base64,${(await this.player.page.parcel(parcel)).pictures[this.data.picture_key ?? this.data.key]}`;
  }

  /** A button that cannot answer says why instead. */
  offerDifference() {
    const button = this.element.querySelector(".difference");
    if (!button) return;
    const before = this.player.versions[this.data.compared_with];
    const why = !before?.mel ? "There is no picture of the original" : areAlike(before.data.picture, this.data.picture) ? "" : "The original's picture has other cells";
    button.disabled = Boolean(why);
    this.differenceAbout ??= button.title;
    button.title = why || this.differenceAbout;
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

  get isDifference() {
    return this.mel.classList.contains("is-difference");
  }

  showDifference(button, isWanted) {
    button.setAttribute("aria-pressed", String(isWanted));
    this.mel.classList.toggle("is-difference", isWanted);
    if (!isWanted) this.image.setAttribute("href", this.own);
    this.player.placeScale();
  }

  /** For paper, which has one scale for all pictures of a clip. */
  hideDifference() {
    const button = this.mel && this.isDifference && this.element.querySelector(".difference");
    if (button) this.showDifference(button, false);
    return button;
  }

  async difference() {
    const before = await this.player.versions[this.data.compared_with].cells();
    const { low_db, high_db } = this.data.picture;
    return differenceUrl(before, await this.cells(), (high_db - low_db) / 255, this.player.page.differenceDb, unwarped(this.data));
  }

  /** The sound as a file; beside a split page it lies already. */
  save(event) {
    if (!this.audio.src.startsWith("data:")) return;
    event.preventDefault();
    const [kind, base64] = this.audio.src.slice(5).split(";base64,");
    saveAs(new Blob([bytesOf(base64)], { type: kind }), event.currentTarget.download);
  }

  show() {
    const { player } = this, isChosen = player.selected === this.index && !player.blind.isOn;
    this.element.classList.toggle("is-heard", isChosen);
    // Which draw of a cell is shown is the sheet's business.
    if (!this.isCell) this.element.classList.toggle("is-shown", player.isShown(this));
    this.pick?.setAttribute("aria-pressed", String(isChosen && player.isPlaying));
    this.showLoop(player.loop);
  }

  showView(view) {
    this.plot?.showView(view);
    this.showWave();
  }

  showWave() {
    if (!this.plot || this.isCell || !this.player.page.showsWaves) return;
    this.wave ??= new Waveform(this);
    this.wave.draw();
  }

  showPosition(now) {
    this.plot?.showPosition(now);
    this.wave?.showPosition(now);
  }

  showCursor(at) {
    this.plot?.showCursor(at);
  }

  showLoop(loop) {
    this.plot?.showLoop(loop);
  }
}
