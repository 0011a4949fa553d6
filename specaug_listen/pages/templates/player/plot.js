// A picture over time: its playhead, the selection, and the stretch of time that it shows.

/** An element of a picture. */
function drawn(name, attributes, text = "") {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.textContent = text;
  return element;
}

class TimePlot {
  /** @param {Player} player @param {Element} area The picture with its axis, or a picture without one, which cannot be zoomed. */
  constructor(player, area) {
    this.player = player;
    this.mel = area.matches("svg.mel") ? area : area.querySelector("svg.mel");
    [this.image, this.head, this.cursor, this.chosen] = ["cells", "head", "cursor", "chosen"].map((name) => this.mel.querySelector(`.${name}`));
    this.axis = area.querySelector("svg.seconds");
    if (this.axis) this.addView(area);
  }

  /** Wheel, pinch and drag of the axis move in time; a wheel alone is the page's. */
  addView(area) {
    this.wholeAxis = [...this.axis.childNodes];
    this.moved = area.querySelectorAll("svg.moved");
    area.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    this.mel.addEventListener("dblclick", () => this.player.view.reset());
    let from = null;
    const hold = (x) => {
      from = x;
      this.player.view.isHeld = x !== null;
    };
    this.axis.addEventListener("pointerdown", (event) => {
      hold(event.clientX);
      this.axis.setPointerCapture(event.pointerId);
    });
    this.axis.addEventListener("pointermove", (event) => {
      if (from === null) return;
      const { view } = this.player;
      view.pan((-(event.clientX - from) / this.mel.clientWidth) * view.span);
      from = event.clientX;
    });
    for (const end of ["pointerup", "pointercancel"]) this.axis.addEventListener(end, () => hold(null));
  }

  wheel(event) {
    const { view } = this.player, across = event.shiftKey ? event.deltaX || event.deltaY : event.deltaX;
    const isAcross = event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY);
    if (event.ctrlKey) view.zoom(Math.exp(-event.deltaY / 200), this.seconds(event));
    else if (isAcross && !view.isWhole) view.pan((across / this.mel.clientWidth) * view.span);
    else return;
    event.preventDefault();
  }

  /** The moment under the pointer. */
  seconds(event) {
    const box = this.mel.getBoundingClientRect(), { begin, end } = this.player.view;
    const [from, to] = this.axis ? [begin, end] : [0, this.player.duration];
    return from + Math.max(0, Math.min(1, (event.clientX - box.left) / box.width)) * (to - from);
  }

  /** Stretch and move what is drawn, and label what is seen of the axis. */
  showView(view) {
    if (!this.axis) return;
    for (const svg of this.moved) {
      svg.setAttribute("x", percent(-view.begin / view.span));
      svg.setAttribute("width", percent(this.player.duration / view.span));
    }
    if (view.isWhole) return this.axis.replaceChildren(...this.wholeAxis);
    const ticks = ticksBetween(view.begin, view.end);
    this.axis.replaceChildren(
      ...ticks.flatMap(([share, label], i) => {
        const x = percent(share), anchor = share < 0.015 ? "start" : share > 0.97 ? "end" : "middle";
        const text = drawn("text", { x, y: "1.25em", "text-anchor": anchor }, i === ticks.length - 1 ? `${label} s` : label);
        return [drawn("line", { x1: x, x2: x, y1: 0, y2: 4 }), text];
      }),
    );
  }

  showPosition(now) {
    const x = percent(now / this.player.duration);
    this.head.setAttribute("x1", x);
    this.head.setAttribute("x2", x);
  }

  showCursor(at) {
    this.cursor.classList.toggle("is-shown", at !== null);
    const x = percent((at ?? 0) / this.player.duration);
    this.cursor.setAttribute("x1", x);
    this.cursor.setAttribute("x2", x);
  }

  showLoop(loop) {
    this.chosen.setAttribute("x", percent(loop ? loop[0] / this.player.duration : 0));
    this.chosen.setAttribute("width", percent(loop ? (loop[1] - loop[0]) / this.player.duration : 0));
  }
}
