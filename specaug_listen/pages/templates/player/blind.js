// The blind test: two or three versions as A, B (and C), one of them again as X. Which is it?

const LETTERS = ["A", "B", "C"];

/** Random places, each order as likely as another. */
function shuffled(items) {
  const order = [...items];
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(Math.random() * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

/** How often guessing among `choices` is right at least `right` times in `n` trials. */
function chanceOf(right, n, choices) {
  let term = (1 - 1 / choices) ** n, below = 0;
  for (let k = 0; k < right; k++) {
    below += term;
    term *= ((n - k) / (k + 1)) / (choices - 1);
  }
  return Math.max(0, Math.min(1, 1 - below));
}

class BlindTest {
  /** @param {Player} player */
  constructor(player) {
    this.player = player;
    this.stage = "off";
    this.panel = player.element.querySelector(".blind-panel");
    this.panel.setAttribute("aria-label", `Blind test of ${player.name}`);
    const find = (name) => this.panel.querySelector(`.${name}`);
    [this.setup, this.trial, this.candidates, this.score, this.letters, this.guesses] = ["setup", "trial", "candidates", "score", "letters", "guesses"].map(find);
    [this.matchBox, this.tellBox, this.startButton, this.heading] = ["match-levels", "tell", "start", "heading"].map(find);
    [this.nextButton, this.againButton, this.endButton, this.copyButton, this.closeButton] = ["next-trial", "again", "end-test", "copy-results", "close"].map(find);
    const on = (button, answer) => button.addEventListener("click", answer);
    on(this.startButton, () => this.start());
    on(find("cancel"), () => this.close());
    on(this.nextButton, () => this.nextTrial());
    on(this.againButton, () => this.again());
    on(this.endButton, () => this.end());
    on(this.copyButton, () => this.copy());
    on(this.closeButton, () => this.close());
    this.candidates.addEventListener("change", () => this.showSetup());
  }

  /** Whether names and pictures are hidden. */
  get isOn() {
    return this.stage === "trial";
  }

  get isMatched() {
    return this.isOn && this.matchBox.checked;
  }

  toggle() {
    if (this.player.isSheet) return this.player.say("The blind test is not for sheets: their places name the versions");
    if (this.stage === "trial") this.end();
    else if (this.stage === "off") this.open();
    else this.close();
  }

  open() {
    const { player } = this, heard = player.versions[player.selected];
    if (player.versions.length < 2) return player.say("There is one version only: nothing to tell apart");
    this.stage = "setup";
    if (!this.candidates.childElementCount) this.addCandidates();
    const copy = player.versions.find((version) => version.data.slot === "copy-synthesis" && version.data.run === heard.data.run);
    const other = heard !== copy && heard.data.slot !== "original" ? heard : player.versions.find((version) => !REFERENCES.includes(version.data.slot));
    for (const box of this.boxes) box.checked = [copy, other].some((version) => version && String(version.index) === box.value);
    this.showSetup();
    player.show();
    this.startButton.focus({ preventScroll: true });
  }

  addCandidates() {
    for (const { index, data } of this.player.versions) {
      const label = document.createElement("label"), box = document.createElement("input");
      box.type = "checkbox";
      box.value = String(index);
      label.append(box, ` ${data.name}`);
      this.candidates.append(label);
    }
  }

  get boxes() {
    return [...this.candidates.querySelectorAll("input")];
  }

  showSetup() {
    const n = this.boxes.filter((box) => box.checked).length;
    for (const box of this.boxes) box.disabled = n >= LETTERS.length && !box.checked;
    this.startButton.disabled = n < 2;
  }

  start() {
    this.chosen = this.boxes.filter((box) => box.checked).map((box) => Number(box.value));
    this.trials = [];
    this.stage = "trial";
    this.letters.replaceChildren(...[...LETTERS.slice(0, this.chosen.length), "X"].map((letter) => this.letterButton(letter)));
    this.guesses.replaceChildren(...LETTERS.slice(0, this.chosen.length).map((letter) => this.guessButton(letter)));
    this.player.probe.textContent = "";
    this.score.textContent = "";
    this.shuffle();
    this.letters.firstElementChild.focus({ preventScroll: true });
  }

  letterButton(letter) {
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: letter, title: `${letter.toLowerCase()}: hear ${letter}` });
    button.dataset.letter = letter;
    button.addEventListener("click", () => this.hear(letter));
    return button;
  }

  guessButton(letter) {
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: `X is ${letter}`, title: `shift + ${letter.toLowerCase()}` });
    button.dataset.letter = letter;
    button.addEventListener("click", () => this.guess(letter));
    return button;
  }

  /** New letters for the versions, and a new X. */
  shuffle() {
    const order = shuffled(this.chosen);
    this.places = Object.fromEntries(order.map((index, place) => [LETTERS[place], index]));
    this.places.X = order[Math.floor(Math.random() * order.length)];
    this.guessed = null;
    this.letter = "A";
    this.player.select(this.places.A);
  }

  hear(letter) {
    if (!(letter in this.places)) return;
    this.letter = letter;
    this.player.select(this.places[letter]);
    if (!this.player.isPlaying) this.player.play();
  }

  guess(letter) {
    if (this.guessed || !(letter in this.places)) return;
    this.guessed = letter;
    const isRight = this.places[letter] === this.places.X;
    this.trials.push({ places: { ...this.places }, letter, isRight });
    const right = LETTERS.find((one) => this.places[one] === this.places.X);
    const answer = `${isRight ? "Right" : "Wrong"}: X was ${right}. ${this.result}`;
    this.tell(this.tellsEach ? answer : `Answer ${this.trials.length} is noted.`);
    this.player.show();
    this.nextButton.focus({ preventScroll: true });
  }

  get tellsEach() {
    return this.tellBox.value === "each";
  }

  get result() {
    const n = this.trials.length, right = this.trials.filter(({ isRight }) => isRight).length;
    if (!n) return "No answer was given.";
    const chance = 100 * chanceOf(right, n, this.chosen.length);
    const share = chance < 0.05 ? "less than 0.1" : chance.toFixed(chance < 9.95 ? 1 : 0);
    return `${right} of ${n} right; guessing gives that or better in ${share}% of tests.`;
  }

  nextTrial() {
    if (!this.guessed) return;
    this.tell(this.tellsEach ? this.result : `${this.trials.length} answered.`);
    this.shuffle();
    this.letters.firstElementChild.focus({ preventScroll: true });
  }

  again() {
    if (this.stage === "ended") return this.start();
    if (!this.guessed) this.shuffle();
  }

  tell(text) {
    this.score.textContent = text;
    this.player.page.say(text);
  }

  end() {
    if (!this.isOn) return;
    this.stage = "ended";
    this.player.relevel();
    this.tell(this.result);
    this.player.show();
    this.closeButton.focus({ preventScroll: true });
  }

  close() {
    this.stage = "off";
    this.player.relevel();
    this.player.show();
    this.player.blindButton.focus({ preventScroll: true });
  }

  /** Keys while names are hidden: true if it was one of the test's. */
  key(name, isShifted) {
    if (!this.isOn) return false;
    const letter = name.toUpperCase();
    if (letter.length === 1 && letter in this.places) {
      if (isShifted && letter !== "X") this.guess(letter);
      else this.hear(letter);
      return true;
    }
    return /^[1-9,.]$/.test(name);  // they would choose a version by its place
  }

  async copy() {
    const done = (await this.player.page.written(this.text)) ? "Results copied" : "Press Ctrl+C";
    this.player.page.say(done);
    const label = "Copy results";
    this.copyButton.textContent = done;
    setTimeout(() => (this.copyButton.textContent = label), 1500);
  }

  get text() {
    const name = (index) => this.player.versions[index].data.name;
    const lines = this.trials.map(({ places, letter, isRight }, i) => {
      const { X, ...others } = places, shown = Object.entries(others).map(([one, index]) => `${one} = ${name(index)}`);
      return `Trial ${i + 1}: ${shown.join(", ")}, X = ${name(X)}; answer ${letter} (${name(places[letter])}), ${isRight ? "right" : "wrong"}`;
    });
    return [
      `Blind test (ABX): ${document.title}`,
      `Clip: ${this.player.name}`,
      `Versions: ${this.chosen.map(name).join(", ")}`,
      `Levels: ${this.matchBox.checked || this.player.page.matched ? "loudness matched (BS.1770)" : "one gain for all"}`,
      `Told: ${this.tellsEach ? "after each trial" : "at the end"}`,
      ...lines,
      this.result,
      "",
    ].join("\n");
  }

  show() {
    const { player, panel, stage } = this;
    player.element.classList.toggle("is-blind", this.isOn);
    player.blindButton.setAttribute("aria-pressed", String(stage !== "off"));
    panel.hidden = stage === "off";
    this.setup.hidden = stage !== "setup";
    this.trial.hidden = stage !== "trial" && stage !== "ended";
    if (this.trial.hidden) return;
    const isEnded = stage === "ended";
    for (const one of [this.letters, this.guesses, this.nextButton, this.endButton]) one.hidden = isEnded;
    for (const one of [this.copyButton, this.closeButton]) one.hidden = !isEnded;
    this.againButton.textContent = isEnded ? "Test again" : "Shuffle again";
    this.againButton.disabled = !isEnded && this.guessed !== null;
    const n = this.trials.length;
    this.heading.textContent = isEnded ? "The test is over" : `Trial ${n + (this.guessed ? 0 : 1)}: which one is X?`;
    for (const button of this.letters.children) button.setAttribute("aria-pressed", String(button.dataset.letter === this.letter));
    for (const button of this.guesses.children) {
      button.disabled = this.guessed !== null;
      button.setAttribute("aria-pressed", String(button.dataset.letter === this.guessed));
    }
    this.nextButton.disabled = this.guessed === null;
  }
}
