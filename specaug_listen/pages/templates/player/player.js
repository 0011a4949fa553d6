// The player of one clip: its versions, its pictures, and what keys and pointer do to them.

const MIN_LOOP_S = 0.05;
/** Clips whose samples are kept; older ones are decoded again when they are wanted. */
const MAX_DECODED = 3;
const decodedClips = [];

/** Rounded before it is split, so that no minute has sixty seconds. */
const clock = (s) => {
  const hundredths = Math.round(100 * s);
  return `${Math.floor(hundredths / 6000)}:${((hundredths % 6000) / 100).toFixed(2).padStart(5, "0")}`;
};
const percent = (share) => `${100 * share}%`;

class Player {
  /** @param {HTMLElement} element A section that holds the data, the versions and the pictures of a clip. */
  constructor(element, page) {
    this.element = element;
    this.page = page;
    this.data = JSON.parse(element.querySelector("script[type='application/json']").textContent);
    this.versions = this.data.versions.map((data, i) => new Version(this, data, i));
    this.isSheet = this.versions.some((version) => version.isCell);
    this.selected = this.data.first ?? 0;
    this.position = 0;
    this.loop = null;
    this.looping = false;
    this.graph = null;
    this.pointed = null;
    this.slots = slotsOf(this.versions);
    this.runs = [...new Set(this.versions.map((version) => version.data.run).filter(Boolean))];
    [this.run] = this.runs;
    this.view = new TimeView(this);
    this.addTransport();
    this.addLoud();
    this.blind = new BlindTest(this);
    for (const version of this.versions) version.offerDifference();
    this.comparisons = [...element.querySelectorAll(".compared")].map((one) => new RunComparison(this, one));
    this.placeRuns();
    this.scale = element.querySelector(".scale");
    element.classList.toggle("has-stage", !this.isSheet);
    element.classList.toggle("is-compared", this.runs.length > 1);
    this.show();
  }

  get name() {
    return this.data.name;
  }

  get duration() {
    return this.data.duration_s;
  }

  get isMatched() {
    return this.page.matched || Boolean(this.blind?.isMatched);
  }

  get levels() {
    return this.versions.map(({ data }) => 10 ** (((this.isMatched ? data.matched_db : data.level_db) ?? 0) / 20));
  }

  get isPlaying() {
    return this.graph !== null;
  }

  /** Seconds from the beginning of the clip at which the sound stands. */
  get now() {
    if (!this.graph) return this.position;
    const elapsed = Math.max(0, this.page.context.currentTime - this.startedAt);
    if (!this.playedLoop) return Math.min(this.duration, this.startedFrom + elapsed);
    const [begin, end] = this.playedLoop;
    return begin + ((this.startedFrom - begin + elapsed) % (end - begin));
  }

  // --- sound ---

  async buffers() {
    if (!this.decoded) {
      const context = this.page.anyContext;
      this.decoded = this.sources().then((sources) => Promise.all(sources.map((one) => decode(context, one))));
      this.decoded.catch(() => (this.decoded = null));
      decodedClips.push(this);
      if (decodedClips.length > MAX_DECODED) decodedClips.splice(decodedClips.findIndex((p) => !p.isPlaying), 1)[0].decoded = null;
    }
    return this.decoded;
  }

  async sources() {
    const parcel = this.data.parcel && (await this.page.parcel(this.data.parcel));
    return this.versions.map((version) => (parcel ? parcel.sounds[version.data.key] : version.audio.src.split(",", 2)[1]));
  }

  async play() {
    this.page.activate(this);
    const context = this.page.startedContext();
    const turn = (this.turn = {});
    const buffers = await this.buffers().catch((error) => this.fail("cannot be played", error));
    if (!buffers || this.turn !== turn) return;
    if (this.failed) this.say("");
    await context.resume();
    if (this.graph) this.stopSound();
    this.playedLoop = this.looping ? (this.loop ?? [0, this.duration]) : null;
    let from = this.position >= this.duration - 0.001 ? 0 : this.position;
    if (this.playedLoop && (from < this.playedLoop[0] || from >= this.playedLoop[1])) from = this.playedLoop[0];
    this.graph = new Graph(context, buffers, this.levels, this.selected);
    this.startedFrom = from;
    this.startedAt = context.currentTime + 0.01;
    this.graph.start(this.startedAt, from, this.playedLoop);
    this.show();
    this.follow();
  }

  pause() {
    this.turn = {};
    if (!this.graph) return;
    this.position = this.now;
    this.stopSound();
    this.show();
  }

  stopSound() {
    this.graph.stop(this.page.context.currentTime);
    this.graph = null;
  }

  toggle() {
    return this.isPlaying ? this.pause() : this.play();
  }

  seek(seconds) {
    this.page.activate(this);
    this.position = Math.max(0, Math.min(this.duration, seconds));
    this.view.keep(this.position);
    // Who goes elsewhere wants to hear what is there.
    if (this.looping && this.loop && !this.isInLoop(this.position)) {
      this.loop = null;
      this.looping = false;
    }
    this.restart();
  }

  isInLoop(at) {
    return this.loop[0] <= at && at < this.loop[1];
  }

  select(i) {
    if (i < 0 || i >= this.versions.length) return;
    this.page.activate(this);
    this.selected = i;
    this.run = this.versions[i].data.run || this.run;
    this.relevel();
    this.show();
  }

  /** Hear what is selected at its level of now. */
  relevel() {
    this.graph?.select(this.selected, this.page.context.currentTime, this.levels);
  }

  setLoop(loop) {
    this.loop = loop && loop[1] - loop[0] >= MIN_LOOP_S ? loop : null;
    this.looping = this.loop !== null;
    this.position = this.loop && !this.isInLoop(this.now) ? loop[0] : this.now;
    this.restart();
  }

  toggleLoop() {
    this.position = this.now;
    this.looping = !this.looping;
    this.restart();
  }

  restart() {
    if (this.isPlaying) this.play();
    else this.show();
  }

  /** What is heard, rendered instead of played. */
  async render(options) {
    return rendered(await this.buffers(), this.levels, options);
  }

  // --- which version ---

  /** Of the versions in a place of the bar, the one of the run that is heard, if that has one. */
  inSlot(slot) {
    return slot.versions.find((version) => version.data.run === this.run) ?? slot.versions[0];
  }

  get slot() {
    const heard = this.versions[this.selected];
    return this.slots.findIndex((slot) => slot.versions.includes(heard));
  }

  /** The version behind a number key or a button of the player. */
  choose(place) {
    if (!this.blind.isOn && this.slots[place]) this.select(this.inSlot(this.slots[place]).index);
  }

  /** To the next version, or the one before, and round at the end. */
  step(direction) {
    const n = this.slots.length;
    this.choose(this.slot < 0 ? 0 : (this.slot + direction + n) % n);
  }

  chooseRun(run) {
    const other = this.slots[this.slot]?.versions.find((version) => version.data.run === run);
    if (this.blind.isOn) return;
    this.run = run;
    if (other) return this.select(other.index);
    this.show();
    if (this.slots[this.slot]?.versions[0].data.run) this.say(`Run ${run} has no ${this.slots[this.slot].name}`);
  }

  /** Beside each other: the same version of each run; on paper, with their comparison below. */
  placeRuns() {
    const order = (element, slot, rest) => element.style.setProperty("--order", String(2 * this.slots.indexOf(slot) + rest));
    for (const { element, slot } of this.comparisons) order(element, slot, 1);
    for (const version of this.versions) {
      const { data, element } = version, place = this.runs.indexOf(data.run);
      const slot = this.slots.find(({ versions }) => versions.includes(version));
      order(element, slot, 0);
      element.classList.toggle("is-reference", REFERENCES.includes(slot?.name));
      element.style.setProperty("--column", place < 0 ? "1 / -1" : String(1 + (place % 2)));
      element.style.setProperty("--row", String(1 + Math.max(0, Math.floor(place / 2))));
      element.style.setProperty("--place", String(1 + Math.max(0, place)));
    }
  }

  /** To the same draw of the other run. */
  otherRun() {
    if (this.runs.length > 1) this.chooseRun(this.runs[(this.runs.indexOf(this.run) + 1) % this.runs.length]);
  }

  /** Whether a version's picture is on the stage. */
  isShown(version) {
    if (this.page.showsAll || version.isCell || this.isSheet) return true;
    return this.slots[this.slot]?.versions.includes(version) ?? false;
  }

  // --- what is seen ---

  /** Say something where the reader looks; the page says it to those who listen. */
  say(text) {
    this.failed = false;
    if (this.told.textContent !== text) this.told.textContent = text;
    this.page.say(text);
  }

  fail(what, error) {
    this.say(`${this.name}: ${what} (${error.message})`);
    this.failed = true;
  }

  addTransport() {
    const bar = document.getElementById("transport").content.cloneNode(true).firstElementChild;
    this.element.querySelector(".transport-place").replaceChildren(bar);
    const find = (name) => bar.querySelector(`.${name}`);
    [this.playButton, this.loopButton, this.blindButton] = ["play", "loop", "blind"].map(find);
    [this.seekBar, this.timeText, this.probe, this.told] = ["seek", "time", "probe", "told"].map(find);
    this.blindButton.hidden = this.isSheet;
    find("zoom").hidden = this.isSheet;
    this.wholeButton = find("whole");
    const on = (name, answer) => find(name).addEventListener("click", () => (this.page.activate(this), answer()));
    on("play", () => this.toggle());
    on("loop", () => this.toggleLoop());
    on("blind", () => this.blind.toggle());
    on("closer", () => this.view.step(1));
    on("farther", () => this.view.step(-1));
    on("whole", () => this.view.reset());
    this.seekBar.max = this.duration;
    this.seekBar.addEventListener("input", () => this.seek(Number(this.seekBar.value)));
    this.bar = new VersionBar(this, bar);
  }

  /** The choice that is offered before a clip is played whose sounds all had to be turned down. */
  addLoud() {
    this.loud = this.element.querySelector(".loud");
    if (this.loud) this.loud.hidden = Boolean(this.page.isLoudDismissed);
    this.loud?.querySelector(".match").addEventListener("click", () => {
      this.page.setMatched(true);
      this.play();
      this.playButton.focus({ preventScroll: true });
    });
    this.loud?.querySelector(".keep").addEventListener("click", () => {
      this.page.dismissLoud();
      this.playButton.focus({ preventScroll: true });
    });
  }

  /** The gain of a version, if it is not that of all. */
  gainText({ data }) {
    if (!this.page.matched) return "";
    if (data.matched_db === null) return " (no loudness)";
    return Math.abs(data.matched_db) < 0.05 ? "" : ` ${signed(data.matched_db)}`;
  }

  show() {
    this.element.classList.toggle("is-playing", this.isPlaying);
    this.playButton.textContent = this.isPlaying ? "Pause" : "Play";
    this.loopButton.setAttribute("aria-pressed", String(this.looping));
    this.bar.show();
    this.placeScale();
    this.blind.show();
    for (const one of [...this.versions, ...this.comparisons]) one.show();
    this.showView();
  }

  /** The colour scale is below the picture on the stage, in its row of buttons; of a list, and on paper, below the clip. */
  placeScale(isBelow = this.isSheet || this.page.showsAll) {
    if (!this.scale) return;
    // A difference has a scale of its own.
    this.scale.hidden = this.versions.every((version) => !version.mel || version.isDifference || !this.isShown(version));
    const tools = this.versions[this.selected].element.querySelector(".tools"), list = this.element.querySelector("ol.versions");
    if (isBelow) this.element.append(this.scale);
    else if (this.runs.length > 1) list.after(this.scale);
    else if (this.scale.parentElement !== tools) tools.append(this.scale);
  }

  /** Show the stretch of time that is looked at, in all pictures that are seen. */
  showView() {
    this.wholeButton.disabled = this.view.isWhole;
    for (const version of this.versions) if (this.isShown(version)) version.showView(this.view);
    for (const one of this.comparisons) one.showView(this.view);
    this.showPosition();
  }

  showPosition() {
    const now = this.now;
    this.timeText.textContent = `${clock(now)} / ${clock(this.duration)}`;
    this.seekBar.value = now;
    this.seekBar.setAttribute("aria-valuetext", `${now.toFixed(2)} seconds`);
    for (const version of this.versions) version.showPosition(now);
    for (const { plot } of this.comparisons) plot?.showPosition(now);
  }

  showLoop(loop) {
    for (const version of this.versions) version.showLoop(loop);
    for (const { plot } of this.comparisons) plot?.showLoop(loop);
  }

  follow() {
    const { graph } = this;
    const step = () => {
      if (this.graph !== graph) return;
      if (!this.playedLoop && this.now >= this.duration) {
        this.graph = null;
        this.position = this.duration;
        this.show();
        return;
      }
      this.view.keep(this.now);
      this.showPosition();
      requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  }
}
