// What the keys do: those of the whole page, those of the clip at hand, and those of a blind test.

const TYPED_INTO = "input:not(.seek):not([type=checkbox]), textarea, pre";
/** What answers to the space bar itself, besides text. */
const ANSWERS_TO_SPACE = "select, summary, [type=checkbox], audio";

class Keys {
  /** @param {Page} page */
  constructor(page) {
    this.page = page;
    document.addEventListener("keydown", (event) => this.down(event));
    // Firefox presses a button when the space bar is let go.
    document.addEventListener("keyup", (event) => event.key === " " && this.isTaken && event.preventDefault());
  }

  down(event) {
    const { page } = this;
    this.isTaken = false;
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest(TYPED_INTO)) return;
    if (event.key === "?") return page.toggleHelp();
    if (document.getElementById("help").open || !page.players.length) return;
    if (event.key === " ") return this.space(event);
    if (event.target.closest("select, audio")) return;
    const name = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const player = page.atHand(event.target);
    if (player?.blind.key(name, event.shiftKey)) return event.preventDefault();
    const ofPage = { m: () => page.toggleMasks(), g: () => page.toggleMatched(), v: () => page.toggleAll(), w: () => page.toggleWaves() }[name];
    if (ofPage) return ofPage();
    if (!player || (event.key.startsWith("Arrow") && event.target.closest("[role=tab]"))) return;
    const answer = this.answer(name, player, event.shiftKey ? 0.1 : 1);
    if (!answer) return;
    event.preventDefault();
    page.activate(player);
    answer();
  }

  /** Start or stop what was used last, whatever has the focus, and nothing else; what starts is brought into view. */
  space(event) {
    if (event.target.closest(ANSWERS_TO_SPACE)) return;
    const { page } = this, pressed = page.players.find((player) => player.playButton === event.target);
    const isMeant = pressed && !page.active?.isPlaying && page.isInView(pressed);
    const player = isMeant ? pressed : page.toToggle();
    if (!player) return;
    event.preventDefault();
    this.isTaken = true;
    if (event.repeat) return;
    const starts = !player.isPlaying;
    player.toggle();
    if (starts && !page.isInView(player)) player.element.scrollIntoView({ block: "start" });
  }

  answer(name, player, step) {
    if (/^[1-9]$/.test(name)) return () => player.choose(Number(name) - 1);
    return {
      ArrowLeft: () => player.seek(player.now - step),
      ArrowRight: () => player.seek(player.now + step),
      Home: () => player.seek(0),
      ",": () => player.step(-1),
      ".": () => player.step(1),
      "<": () => player.step(-1),
      ">": () => player.step(1),
      x: () => player.otherRun(),
      l: () => player.toggleLoop(),
      b: () => player.blind.toggle(),
      "+": () => player.view.step(1),
      "=": () => player.view.step(1),
      "-": () => player.view.step(-1),
      0: () => player.view.reset(),
      Escape: () => player.setLoop(null),
    }[name];
  }
}
