// The same version of two runs: its scores side by side, and one picture minus the other.

class RunComparison {
  /** @param {Player} player @param {HTMLElement} element */
  constructor(player, element) {
    [this.player, this.element] = [player, element];
    this.slot = player.slots.find(({ name }) => name === element.dataset.slot);
    const figure = element.querySelector(".subtracted"), [before, after] = this.slot?.versions ?? [];
    if (!figure) return;
    // The second minus the first, as in the table; pictures of other cells have no difference.
    const whyNot = element.querySelector(".why-not"), isAlike = whyNot.hidden && before?.plot && after?.plot && areAlike(before.data.picture, after.data.picture);
    figure.hidden = !isAlike;
    whyNot.hidden = Boolean(isAlike);
    if (isAlike) this.addPicture(figure, before, after);
  }

  addPicture(figure, before, after) {
    const plot = after.element.querySelector(".plot").cloneNode(true);
    for (const one of plot.querySelectorAll("svg.warp, .warp-place, .masks, .wave")) one.remove();
    figure.append(plot);
    [this.before, this.after] = [before, after];
    this.plot = new TimePlot(this.player, plot.querySelector(".area"));
    this.plot.mel.classList.add("is-difference");
    this.plot.mel.setAttribute("aria-label", `Difference of ${after.data.name} and ${before.data.name}`);
    this.plot.mel.addEventListener("pointermove", (event) => this.player.page.point(this.player, this.plot.seconds(event)));
    this.plot.mel.addEventListener("pointerleave", () => this.player.page.point(this.player, null));
    this.plot.mel.addEventListener("click", (event) => this.player.seek(this.plot.seconds(event)));
    this.plot.image.removeAttribute("href");
  }

  async draw() {
    this.isDrawn = true;
    try {
      this.paint(await this.before.cells(), await this.after.cells());
    } catch (error) {
      this.isDrawn = false;
      this.player.fail("the difference of the runs cannot be shown", error);
    }
  }

  paint(before, after) {
    const { low_db, high_db } = this.after.data.picture, stepDb = (high_db - low_db) / 255;
    this.plot.image.setAttribute("href", differenceUrl(before, after, stepDb, this.player.page.differenceDb, (column) => column));
    this.isPainted = true;
  }

  /** For paper; of pictures beside the page, browsers give no pixels away, and paper has no difference. */
  drawAtOnce() {
    if (!this.plot || this.isPainted) return;
    try {
      this.paint(this.before.cellsAtOnce(), this.after.cellsAtOnce());
      this.isDrawn = true;
    } catch {
      // It is left out below.
    }
    this.element.classList.toggle("is-undrawn", !this.isPainted);
  }

  get isShown() {
    return this.player.page.showsAll || this.player.slots[this.player.slot] === this.slot;
  }

  show() {
    this.element.hidden = !this.isShown || this.player.blind.isOn;
    if (this.plot && !this.element.hidden && !this.isDrawn) this.draw();
    this.plot?.showLoop(this.player.loop);
  }

  showView(view) {
    if (this.isShown) this.plot?.showView(view);
  }
}
