// What a title says, for those without a mouse: while its element has the focus of the keyboard, or after a tap on a term.

class Tips {
  constructor() {
    this.box = document.createElement("div");
    this.box.className = "tip";
    this.box.hidden = true;
    // Screen readers read the title itself.
    this.box.setAttribute("aria-hidden", "true");
    document.body.append(this.box);
    document.addEventListener("focusin", ({ target }) => target.matches("abbr, :focus-visible") && this.show(target));
    document.addEventListener("focusout", () => this.hide());
    document.addEventListener("keydown", ({ key }) => key === "Escape" && this.hide());
    addEventListener("scroll", () => this.hide(), { passive: true });
  }

  show(element) {
    const { box } = this, { title } = element;
    if (!title) return;
    box.textContent = title;
    box.hidden = false;
    const at = element.getBoundingClientRect(), { offsetWidth, offsetHeight } = box, space = 6;
    const isBelow = at.bottom + space + offsetHeight <= innerHeight;
    box.style.left = `${Math.max(space, Math.min(innerWidth - offsetWidth - space, at.left))}px`;
    box.style.top = `${isBelow ? at.bottom + space : at.top - space - offsetHeight}px`;
  }

  hide() {
    this.box.hidden = true;
  }
}
