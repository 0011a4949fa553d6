// The cards of the clips: a few at a time, found by name, each with its player once it is shown.

class Cards {
  /** @param {Page} page */
  constructor(page) {
    this.page = page;
    this.most = page.maxCards;
    this.all = [...document.querySelectorAll("section.clip, noscript.card")].map((element) => this.card(element));
    this.found = this.all;
    this.first = 0;
    this.pagers = [...document.querySelectorAll(".pager")];
    for (const pager of this.pagers) {
      pager.querySelector(".back").addEventListener("click", () => this.turn(-1));
      pager.querySelector(".on").addEventListener("click", () => this.turn(1));
    }
    this.search = document.getElementById("find-clip");
    this.search?.addEventListener("input", () => this.find(this.search.value));
    for (const one of document.querySelectorAll(".of-many")) one.hidden = this.all.length <= this.most;
    this.show();
    addEventListener("hashchange", () => this.answerHash());
  }

  card(element) {
    const { clipId, name } = element.dataset;
    return { element, id: clipId ?? element.id, name: name ?? element.querySelector("h2").textContent, isFolded: clipId !== undefined, player: null };
  }

  /** Make elements of a card that has been text so far. */
  unfold(card) {
    if (!card.isFolded) return;
    const parsed = document.createElement("template");
    parsed.innerHTML = card.element.textContent;
    const section = parsed.content.querySelector("section.clip");
    section.hidden = true;
    card.element.replaceWith(section);
    [card.element, card.isFolded] = [section, false];
  }

  /** For paper; what compares runs has its places and its differences from a player. */
  unfoldAll() {
    for (const card of this.all) {
      this.unfold(card);
      if (card.element.querySelector(".compared")) this.addPlayer(card);
    }
  }

  addPlayer(card) {
    if (!card.player && "clip" in card.element.dataset) card.player = new Player(card.element, this.page);
  }

  /** The element of a clip or a version, whether or not its card was shown. */
  elementOf(id) {
    const card = this.all.find((one) => id === one.id || id.startsWith(`${one.id}-`));
    if (card) this.unfold(card);
    return document.getElementById(id);
  }

  /** Players of the cards that were shown so far. */
  get players() {
    return this.all.flatMap(({ player }) => player ?? []);
  }

  /** The player of the clip that an element belongs to; its card is shown. */
  playerAt(element) {
    const card = this.all.find((one) => one.element.contains(element));
    if (!card) return null;
    if (card.element.hidden) this.reveal(card);
    return card.player;
  }

  reveal(card) {
    if (!this.found.includes(card)) {
      this.found = this.all;
      if (this.search) this.search.value = "";
    }
    this.first = this.most * Math.floor(this.found.indexOf(card) / this.most);
    this.show();
  }

  find(text) {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    this.found = this.all.filter(({ name }) => words.every((word) => name.toLowerCase().includes(word)));
    this.first = 0;
    this.show();
  }

  turn(direction) {
    const next = this.first + this.most * direction;
    if (next < 0 || next >= this.found.length) return;
    this.first = next;
    this.show();
    this.pagers[0].scrollIntoView({ block: "start" });
  }

  show() {
    const shown = new Set(this.found.slice(this.first, this.first + this.most));
    for (const card of this.all) {
      if (shown.has(card)) this.unfold(card);
      card.element.hidden = !shown.has(card);
      if (card.element.hidden) card.player?.pause();
      else this.addPlayer(card);
    }
    const n = this.found.length, last = Math.min(n, this.first + this.most), of = n === this.all.length ? `${n}` : `${n} found`;
    for (const pager of this.pagers) {
      pager.querySelector(".which").textContent = n ? `Clips ${this.first + 1}–${last} of ${of}` : "No clip has this name";
      pager.querySelector(".back").disabled = this.first === 0;
      pager.querySelector(".on").disabled = last >= n;
    }
  }

  /** A link to a clip or a version works wherever that is. */
  answerHash() {
    const target = this.elementOf(decodeURIComponent(location.hash.slice(1)));
    if (!target || !this.all.some((one) => one.element.contains(target))) return;
    if (!this.page.goTo(target)) target.scrollIntoView();
  }
}
