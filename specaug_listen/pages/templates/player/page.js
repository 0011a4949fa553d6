// The page: which clip is at hand, what is shown of all clips, copying and tabs.

class Page {
  constructor() {
    const settings = JSON.parse(document.getElementById("page-data").textContent);
    this.indices = indicesOf(settings.colours);
    this.differenceDb = settings.difference_db;
    this.maxCards = settings.max_cards;
    this.narrow = matchMedia("(max-width: 640px)");
    this.matched = this.showsAll = this.showsWaves = false;
    this.parcels = new Map();
    this.status = document.getElementById("status");
    document.documentElement.classList.add("has-player");
    this.cards = new Cards(this);
    this.addControls();
    this.keys = new Keys(this);
    new Tips();
    this.cards.answerHash();
    addEventListener("resize", () => this.showsWaves && this.showAll());
    this.narrow.addEventListener("change", () => this.showAll());
  }

  /** Those of the cards that were shown so far. */
  get players() {
    return this.cards.players;
  }

  // --- sound ---

  /** A context to make buffers with; none that could sound is made before a gesture. */
  get anyContext() {
    return this.context ?? (this.silent ??= new OfflineAudioContext(1, 1, 44100));
  }

  /** Called in answer to a gesture only. */
  startedContext() {
    this.context ??= new AudioContext({ latencyHint: "interactive" });
    if (this.context.state === "suspended") this.context.resume();
    return this.context;
  }

  /** What of a clip lies beside the page: a script, because pages from a disk may fetch nothing. */
  parcel(url) {
    if (!this.parcels.has(url)) {
      const coming = new Promise((resolve, reject) => {
        this.expected = this.expected ?? new Map();
        this.expected.set(url, resolve);
        const script = document.createElement("script");
        script.src = url;
        script.onerror = () => reject(new Error(`${decodeURIComponent(url)} is missing; send the folder along`));
        script.onload = () => script.remove();
        document.head.append(script);
      });
      this.parcels.set(url, coming);
      coming.catch(() => this.parcels.delete(url));
    }
    return this.parcels.get(url);
  }

  /** What a parcel calls with what it holds. */
  deliver(url, held) {
    this.expected.get(url)?.(held);
    this.expected.delete(url);
    this.parcels.delete(url);
  }

  activate(player) {
    if (this.active === player) return;
    this.active?.pause();
    this.active = player;
    for (const one of this.players) one.element.classList.toggle("is-active", one === player);
  }

  isInView({ element }) {
    const box = element.getBoundingClientRect();
    return box.height > 0 && box.bottom > 80 && box.top < window.innerHeight;
  }

  /** Whether a key may be meant for a player: nobody means what is neither seen nor heard. */
  isNear(player) {
    return player.isPlaying || this.isInView(player);
  }

  /** The clip that keys are meant for: the one with the focus, or else the last one used, or else the first in view. */
  atHand(focused) {
    const { players } = this, holder = players.find((player) => player.element.contains(focused) && this.isNear(player));
    if (holder) return holder;
    if (this.active && this.isNear(this.active)) return this.active;
    return players.find((player) => this.isInView(player)) ?? this.active ?? players.find(({ element }) => !element.hidden);
  }

  /** The clip that is started or stopped: the one that plays or was used last, or else the first in view. */
  toToggle() {
    const { players, active } = this;
    if (active && !active.element.hidden) return active;
    return players.find((player) => this.isInView(player)) ?? players.find(({ element }) => !element.hidden);
  }

  get isNarrow() {
    return this.narrow.matches;
  }

  // --- controls ---

  addControls() {
    const on = (id, answer) => document.getElementById(id)?.addEventListener("click", answer);
    on("matched", () => this.toggleMatched());
    on("masks", () => this.toggleMasks());
    on("all-versions", () => this.toggleAll());
    document.getElementById("all-versions").hidden = !document.querySelector(".has-stage");
    on("waves", () => this.toggleWaves());
    on("keys", () => this.toggleHelp());
    for (const button of document.querySelectorAll("button.copy")) button.addEventListener("click", () => this.copy(button));
    const table = document.querySelector("table.draws");
    this.table = table && new DrawTable(table, this);
    // Rows of the table come and go, so the document listens for their links.
    document.addEventListener("click", (event) => {
      const link = event.target.closest("a.go");
      if (link) this.go(event, link);
    });
    for (const tab of document.querySelectorAll("[role=tab]")) this.addTab(tab);
    this.sheets = new Sheets();
  }

  press(id, isOn) {
    document.getElementById(id)?.setAttribute("aria-pressed", String(isOn));
  }

  showAll() {
    for (const player of this.players) player.show();
  }

  toggleMatched() {
    this.setMatched(!this.matched);
    const said = this.matched ? "Loudness matched: the gains are beside the versions" : "One gain for all versions of a clip";
    this.atHand(document.activeElement)?.say(said);
  }

  setMatched(isOn) {
    this.matched = isOn;
    this.press("matched", isOn);
    this.dismissLoud();
    for (const player of this.players) player.relevel();
    this.showAll();
  }

  /** Who has chosen between the two kinds of gain is not asked again. */
  dismissLoud() {
    this.isLoudDismissed = true;
    for (const line of document.querySelectorAll(".loud")) line.hidden = true;
  }

  toggleMasks() {
    this.press("masks", !document.documentElement.classList.toggle("hides-masks"));
  }

  toggleAll() {
    this.showsAll = document.documentElement.classList.toggle("shows-all");
    this.press("all-versions", this.showsAll);
    this.showAll();
  }

  toggleWaves() {
    this.showsWaves = document.documentElement.classList.toggle("shows-waves");
    this.press("waves", this.showsWaves);
    this.showAll();
  }

  toggleHelp() {
    const help = document.getElementById("help");
    if (help.open) help.close();
    else help.showModal();
  }

  point(player, at) {
    for (const version of player.versions) version.showCursor(at);
    for (const { plot } of player.comparisons) plot?.showCursor(at);
  }

  say(text) {
    // Said again, the same would be read aloud again.
    if (this.status.textContent !== text) this.status.textContent = text;
  }

  async copy(button) {
    const text = document.getElementById(button.dataset.of).textContent;
    const done = (await this.written(text)) ? "Copied" : "Press Ctrl+C";
    const label = button.textContent;
    button.textContent = done;
    this.say(done);
    setTimeout(() => (button.textContent = label), 1500);
  }

  async written(text) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      const area = document.createElement("textarea");
      area.value = text;
      document.body.append(area);
      area.select();
      const done = document.execCommand("copy");
      area.remove();
      return done;
    }
  }

  /** Bring the reader to the version that a link names. */
  go(event, link) {
    if (this.goTo(this.cards.elementOf(link.hash.slice(1)))) event.preventDefault();
  }

  /** Bring the reader to a version, selected, or to a clip; false if there is no player of it. */
  goTo(element) {
    const player = this.cards.playerAt(element);
    if (!player) return false;
    const chosen = player.versions.find((version) => version.element === element);
    // Whoever asks for a version by its name is not blind to it any more.
    player.blind.end();
    if (chosen) player.select(chosen.index);
    this.bring(chosen ?? player);
    player.playButton.focus({ preventScroll: true });
    return true;
  }

  /** Bring a version into view, from whatever it is folded away under. */
  bring({ element }) {
    const tab = element.closest("[role=tabpanel]")?.id, folded = element.closest("details");
    if (tab) this.showTab(document.querySelector(`[aria-controls="${tab}"]`));
    if (folded) folded.open = true;
    const stage = element.closest(".has-stage");
    // On a stage, the whole of it: the sound is started above the picture.
    if (stage && !this.showsAll) stage.scrollIntoView({ block: "start" });
    else element.scrollIntoView({ block: "center" });
  }

  addTab(tab) {
    tab.addEventListener("click", () => this.showTab(tab));
    tab.addEventListener("keydown", (event) => {
      const tabs = [...tab.parentElement.children], step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (step) this.showTab(tabs[(tabs.indexOf(tab) + step + tabs.length) % tabs.length], true);
    });
    if (tab.getAttribute("aria-selected") === "true") this.showTab(tab);
  }

  showTab(tab, focus = false) {
    for (const other of tab.parentElement.children) {
      const chosen = other === tab;
      other.setAttribute("aria-selected", String(chosen));
      other.tabIndex = chosen ? 0 : -1;
      document.getElementById(other.getAttribute("aria-controls")).hidden = !chosen;
    }
    if (focus) tab.focus();
  }
}

window.specaugListen = { page: new Page(), Graph, rendered, chanceOf, differenceColour, differenceUrl };
