// Of several runs, a narrow screen shows the details only when they are asked for.

class Folds {
  constructor() {
    this.all = [...document.querySelectorAll(".verdict .of-run:not(.of-many)")];
    this.narrow = matchMedia("(max-width: 640px)");
    this.narrow.addEventListener("change", () => this.fit());
    this.fit();
  }

  fit() {
    for (const details of this.all) details.open = !this.narrow.matches;
  }
}
