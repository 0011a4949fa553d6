// The cards of the clips: at most ten at a time, found by name, each with its player once it is shown.

const MAX_CARDS = 10;

class Cards {
  /** @param {Page} page */
  constructor(page) {
    this.page = page;
    this.all = [...document.querySelectorAll("section.clip")].map((element) => ({ element, name: element.querySelector("h2").textContent, player: null }));
    this.found = this.all;
    this.first = 0;
    this.pagers = [...document.querySelectorAll(".pager")];
    for (const pager of this.pagers) {
      pager.querySelector(".back").addEventListener("click", () => this.turn(-1));
      pager.querySelector(".on").addEventListener("click", () => this.turn(1));
    }
    this.search = document.getElementById("find-clip");
    this.search?.addEventListener("input", () => this.find(this.search.value));
    for (const one of document.querySelectorAll(".of-many")) one.hidden = this.all.length <= MAX_CARDS;
    this.show();
    addEventListener("hashchange", () => this.answerHash());
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
    this.first = MAX_CARDS * Math.floor(this.found.indexOf(card) / MAX_CARDS);
    this.show();
  }

  find(text) {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    this.found = this.all.filter(({ name }) => words.every((word) => name.toLowerCase().includes(word)));
    this.first = 0;
    this.show();
  }

  turn(direction) {
    const next = this.first + MAX_CARDS * direction;
    if (next < 0 || next >= this.found.length) return;
    this.first = next;
    this.show();
    this.pagers[0].scrollIntoView({ block: "start" });
  }

  show() {
    const shown = new Set(this.found.slice(this.first, this.first + MAX_CARDS));
    for (const card of this.all) {
      card.element.hidden = !shown.has(card);
      if (card.element.hidden) card.player?.pause();
      else if (!card.player && "clip" in card.element.dataset) card.player = new Player(card.element, this.page);
    }
    const n = this.found.length, last = Math.min(n, this.first + MAX_CARDS), of = n === this.all.length ? `${n}` : `${n} found`;
    for (const pager of this.pagers) {
      pager.querySelector(".which").textContent = n ? `Clips ${this.first + 1}–${last} of ${of}` : "No clip has this name";
      pager.querySelector(".back").disabled = this.first === 0;
      pager.querySelector(".on").disabled = last >= n;
    }
  }

  /** A link to a clip or a version works wherever that is. */
  answerHash() {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target || !this.all.some((one) => one.element.contains(target))) return;
    if (!this.page.goTo(target)) target.scrollIntoView();
  }
}
