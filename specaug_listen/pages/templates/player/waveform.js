// The waveform of a version above its mel, drawn from its samples: the largest and smallest of each column of pixels.

const peaks = new WeakMap();
function peakOf(buffer) {
  if (!peaks.has(buffer)) peaks.set(buffer, buffer.getChannelData(0).reduce((most, sample) => Math.max(most, Math.abs(sample)), 0));
  return peaks.get(buffer);
}

class Waveform {
  /** @param {Version} version That has a mel. */
  constructor(version) {
    this.version = version;
    [this.box, this.canvas, this.head] = ["div", "canvas", "div"].map((name) => document.createElement(name));
    this.box.className = "wave";
    this.head.className = "wave-head";
    this.box.setAttribute("aria-hidden", "true");
    this.box.append(this.canvas, this.head);
    version.mel.before(this.box);
  }

  showPosition(now) {
    const { view } = this.version.player, share = (now - view.begin) / view.span;
    this.head.hidden = share < 0 || share > 1;
    this.head.style.left = percent(share);
  }

  async draw() {
    const { canvas, version } = this, { player } = version;
    const buffers = await player.buffers().catch((error) => player.fail("has no waveform", error));
    const width = Math.round(canvas.clientWidth * devicePixelRatio), height = Math.round(canvas.clientHeight * devicePixelRatio);
    if (!buffers || !width) return;
    [canvas.width, canvas.height] = [width, height];
    const context = canvas.getContext("2d"), buffer = buffers[version.index], samples = buffer.getChannelData(0);
    // One scale for all versions: what is louder is taller.
    const loudest = Math.max(1e-6, ...player.levels.map((level, i) => level * peakOf(buffers[i])));
    const level = player.levels[version.index] / loudest, { begin, end } = player.view;
    context.fillStyle = getComputedStyle(canvas).color;
    for (let x = 0; x < width; x++) {
      const at = (share) => Math.max(0, Math.floor((begin + (end - begin) * share) * buffer.sampleRate));
      const from = at(x / width), to = Math.min(samples.length, Math.max(from + 1, at((x + 1) / width)));
      let low = 0, high = 0;
      for (let i = from; i < to; i++) {
        if (samples[i] < low) low = samples[i];
        if (samples[i] > high) high = samples[i];
      }
      const top = (height / 2) * (1 - Math.min(1, high * level)), bottom = (height / 2) * (1 - Math.max(-1, low * level));
      context.fillRect(x, top, 1, Math.max(1, bottom - top));
    }
  }
}
