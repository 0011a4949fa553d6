// The page: which clip is at hand, what the keys do, copying and tabs.

class Page {
  constructor() {
    const settings = JSON.parse(document.getElementById("page-data").textContent);
    this.indices = indicesOf(settings.colours);
    this.differenceDb = settings.difference_db;
    this.matched = false;
    this.parcels = new Map();
    this.status = document.getElementById("status");
    this.players = [];
    for (const element of document.querySelectorAll("[data-clip]")) this.add(element);
    this.addControls();
    document.addEventListener("keydown", (event) => this.key(event));
  }

  add(element) {
    this.players.push(new Player(element, this));
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
    return box.bottom > 80 && box.top < window.innerHeight;
  }

  /** Whether a key may be meant for a player: nobody means what is neither seen nor heard. */
  isNear(player) {
    return player.isPlaying || this.isInView(player);
  }

  /** The clip that keys are meant for: the one with the focus, or else the last one used, or else the first in view. */
  atHand(focused) {
    const holder = this.players.find((player) => player.element.contains(focused) && this.isNear(player));
    if (holder) return holder;
    if (this.active && this.isNear(this.active)) return this.active;
    return this.players.find((player) => this.isInView(player)) ?? this.active ?? this.players[0];
  }

  // --- controls ---

  addControls() {
    document.documentElement.classList.add("has-player");
    const on = (id, answer) => document.getElementById(id)?.addEventListener("click", answer);
    on("matched", () => this.toggleMatched());
    on("masks", () => this.toggleMasks());
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
  }

  toggleMatched() {
    this.matched = !this.matched;
    document.getElementById("matched").setAttribute("aria-pressed", String(this.matched));
    for (const player of this.players) {
      player.graph?.select(player.selected, this.context.currentTime, player.levels);
      player.show();
    }
    const said = this.matched ? "Loudness matched: the gains stand beside the versions" : "One gain for all versions of a clip";
    this.atHand(document.activeElement)?.say(said);
  }

  toggleMasks() {
    const hidden = document.documentElement.classList.toggle("hides-masks");
    document.getElementById("masks").setAttribute("aria-pressed", String(!hidden));
  }

  toggleHelp() {
    const help = document.getElementById("help");
    if (help.open) help.close();
    else help.showModal();
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input:not(.seek), select, textarea, pre, audio")) return;
    if (event.key === "?") return this.toggleHelp();
    if (document.getElementById("help").open || !this.players.length) return;
    const name = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const ofPage = { m: () => this.toggleMasks(), g: () => this.toggleMatched() }[name];
    if (ofPage) return ofPage();
    const player = this.atHand(event.target);
    if (this.isForElement(event, player)) return;
    const answer = this.answer(name, player, event.shiftKey ? 0.1 : 1);
    if (!answer) return;
    event.preventDefault();
    this.activate(player);
    answer();
  }

  /** Whether a key is the business of what has the focus; a button that was scrolled away has none, and lets go. */
  isForElement(event, player) {
    if (event.key.startsWith("Arrow")) return Boolean(event.target.closest("[role=tab]"));
    if (event.key !== " " || !event.target.closest("button, a, summary")) return false;
    const isLost = !player.element.contains(event.target) && event.target.closest("[data-clip]");
    if (isLost) event.target.blur();
    return !isLost;
  }

  answer(name, player, step) {
    if (/^[1-9]$/.test(name)) return () => player.choose(Number(name) - 1);
    return {
      " ": () => player.toggle(),
      ArrowLeft: () => player.seek(player.now - step),
      ArrowRight: () => player.seek(player.now + step),
      Home: () => player.seek(0),
      l: () => player.toggleLoop(),
      b: () => player.toggleBlind(),
      Escape: () => player.setLoop(null),
    }[name];
  }

  point(player, at) {
    for (const version of player.versions) version.showCursor(at);
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

  /** Bring the reader to a version, selected. */
  go(event, link) {
    const version = document.getElementById(link.hash.slice(1));
    const player = this.players.find(({ element }) => element.contains(version));
    if (!player) return;
    event.preventDefault();
    // Whoever asks for a version by its name is not blind to it any more.
    player.endBlind();
    const chosen = player.versions.find(({ element }) => element === version);
    player.select(chosen.index);
    this.bring(chosen);
    player.playButton.focus({ preventScroll: true });
  }

  /** Bring a version into view, from whatever it is folded away under. */
  bring({ element }) {
    const tab = element.closest("[role=tabpanel]")?.id, folded = element.closest("details");
    if (tab) this.showTab(document.querySelector(`[aria-controls="${tab}"]`));
    if (folded) folded.open = true;
    element.scrollIntoView({ block: "center" });
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

window.specaugListen = { page: new Page(), Graph, rendered };
