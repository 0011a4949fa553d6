// The player of one clip: its versions, its pictures, and what keys and pointer do to them.

const SHORTEST_LOOP_S = 0.05;
/** Clips whose samples are kept; older ones are decoded again when they are wanted. */
const MAX_DECODED = 3;
const decodedClips = [];

/** Rounded before it is split, so that no minute has sixty seconds. */
const clock = (s) => {
  const hundredths = Math.round(100 * s);
  return `${Math.floor(hundredths / 6000)}:${((hundredths % 6000) / 100).toFixed(2).padStart(5, "0")}`;
};
/** A … Z, AA, AB …: however many versions there are. */
const letters = (place) => (place < 26 ? "" : letters(Math.floor(place / 26) - 1)) + String.fromCharCode(65 + (place % 26));
const percent = (share) => `${100 * share}%`;
const shuffled = (n) => {
  const order = Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = Math.floor(Math.random() * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
};

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
    this.order = null;
    this.addTransport();
    for (const version of this.versions) version.offerDifference();
    this.show();
  }

  get name() {
    return this.data.name;
  }

  get duration() {
    return this.data.duration_s;
  }

  get levels() {
    return this.versions.map(({ data }) => 10 ** (((this.page.matched ? data.matched_db : data.level_db) ?? 0) / 20));
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
    this.graph?.select(i, this.page.context.currentTime, this.levels);
    this.show();
  }

  setLoop(loop) {
    this.loop = loop && loop[1] - loop[0] >= SHORTEST_LOOP_S ? loop : null;
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

  // --- blind ---

  toggleBlind() {
    if (this.isSheet) return this.say("Blind mode is not for sheets: their places name the versions");
    if (this.order) this.endBlind();
    else this.beginBlind();
  }

  beginBlind() {
    this.order = shuffled(this.versions.length);
    this.selected = this.order[0];
    this.graph?.select(this.selected, this.page.context.currentTime);
    this.probe.textContent = "";
    this.say(`Blind: ${this.versions.length} versions, shuffled and unnamed`);
    this.show();
  }

  endBlind() {
    if (!this.order) return;
    const said = this.order.map((version, place) => `${letters(place)} is ${this.versions[version].data.name}`);
    this.order = null;
    this.say(said.join(", "));
    this.show();
  }

  /** The version behind a number key or a button of the player. */
  choose(place) {
    this.select(this.order ? (this.order[place] ?? -1) : place);
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
    [this.seekBar, this.timeText, this.probe, this.choices] = ["seek", "time", "probe", "choices"].map(find);
    this.told = find("told");
    this.blindButton.hidden = this.isSheet;
    this.playButton.addEventListener("click", () => this.toggle());
    this.loopButton.addEventListener("click", () => (this.page.activate(this), this.toggleLoop()));
    this.blindButton.addEventListener("click", () => (this.page.activate(this), this.toggleBlind()));
    this.seekBar.max = this.duration;
    this.seekBar.addEventListener("input", () => this.seek(Number(this.seekBar.value)));
    // Cells of a sheet have buttons of their own, and one place here for the one that is heard.
    this.places = this.versions.flatMap(({ isCell }, i) => (isCell ? [] : [i]));
    this.buttons = this.places.map((i) => this.addChoice(() => this.choose(i)));
    this.heardButton = this.isSheet ? this.addChoice(() => this.page.bring(this.versions[this.selected])) : null;
  }

  addChoice(answer) {
    const button = document.createElement("button");
    button.type = "button";
    button.addEventListener("click", answer);
    this.choices.append(button);
    return button;
  }

  /** How a version is called on its button. */
  label(i) {
    const { name, matched_db } = this.versions[i].data;
    if (!this.page.matched) return name;
    return `${name} ${matched_db === null ? "(no loudness)" : signed(matched_db)}`;
  }

  show() {
    this.element.classList.toggle("is-blind", this.order !== null);
    this.element.classList.toggle("is-playing", this.isPlaying);
    this.playButton.textContent = this.isPlaying ? "Pause" : "Play";
    this.loopButton.setAttribute("aria-pressed", String(this.looping));
    this.blindButton.setAttribute("aria-pressed", String(this.order !== null));
    this.buttons.forEach((button, place) => {
      const i = this.order ? this.order[place] : this.places[place];
      button.textContent = `${place < 9 ? `${place + 1} ` : ""}${this.order ? letters(place) : this.label(i)}`;
      button.setAttribute("aria-pressed", String(i === this.selected));
    });
    this.showHeard();
    for (const version of this.versions) version.show();
    this.showPosition();
  }

  /** Name the cell that is heard, which may be far away or under another tab. */
  showHeard() {
    if (!this.heardButton) return;
    const { isCell } = this.versions[this.selected];
    this.heardButton.hidden = !isCell;
    this.heardButton.textContent = isCell ? this.label(this.selected) : "";
    this.heardButton.title = "Show its cell";
    this.heardButton.setAttribute("aria-pressed", String(isCell));
  }

  showPosition() {
    const now = this.now;
    this.timeText.textContent = `${clock(now)} / ${clock(this.duration)}`;
    this.seekBar.value = now;
    this.seekBar.setAttribute("aria-valuetext", `${now.toFixed(2)} seconds`);
    for (const version of this.versions) version.showPosition(now);
  }

  showLoop(loop) {
    for (const version of this.versions) version.showLoop(loop);
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
      this.showPosition();
      requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  }
}
