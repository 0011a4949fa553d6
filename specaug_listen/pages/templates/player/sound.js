// Sound: what a clip's versions sound like, and the one graph through which they are heard or rendered.

/** How long a switch between versions, a start, a stop and the wrap of a loop take, in seconds. */
const FADE_S = 0.008;

/** Samples of a PCM16 WAV file, without a codec and without resampling. */
function readWav(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const tag = (at) => String.fromCharCode(...bytes.subarray(at, at + 4));
  if (tag(0) !== "RIFF" || tag(8) !== "WAVE") return null;
  let rate = 0, nChannels = 1, at = 12;
  while (at + 8 <= bytes.length) {
    const size = view.getUint32(at + 4, true), body = at + 8;
    if (tag(at) === "fmt ") {
      if (view.getUint16(body + 14, true) !== 16) return null;
      nChannels = view.getUint16(body + 2, true);
      rate = view.getUint32(body + 4, true);
    } else if (tag(at) === "data") {
      const nFrames = Math.floor(Math.min(size, bytes.length - body) / (2 * nChannels));
      const channels = Array.from({ length: nChannels }, () => new Float32Array(nFrames));
      for (let i = 0, p = body; i < nFrames; i++) {
        for (let c = 0; c < nChannels; c++, p += 2) channels[c][i] = view.getInt16(p, true) / 32768;
      }
      return { rate, channels };
    }
    at = body + size + (size & 1);
  }
  return null;
}

function bytesOf(base64) {
  const text = atob(base64), bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

/** An AudioBuffer of a file in base64; FLAC goes through the browser's decoder, WAV does not. */
async function decode(context, base64) {
  const bytes = bytesOf(base64), wav = readWav(bytes);
  if (!wav) return context.decodeAudioData(bytes.buffer);
  const buffer = context.createBuffer(wav.channels.length, Math.max(1, wav.channels[0].length), wav.rate);
  wav.channels.forEach((samples, c) => buffer.copyToChannel(samples, c));
  return buffer;
}

/** A part of a buffer with faded ends, which can be repeated without a click. */
function faded(context, buffer, begin_s, end_s) {
  const rate = buffer.sampleRate;
  const begin = Math.round(begin_s * rate), n = Math.max(1, Math.round((end_s - begin_s) * rate));
  const part = context.createBuffer(buffer.numberOfChannels, n, rate);
  const nFade = Math.min(Math.round(FADE_S * rate), n >> 1);
  for (let c = 0; c < buffer.numberOfChannels; c++) {
    const samples = new Float32Array(n);
    samples.set(buffer.getChannelData(c).subarray(begin, begin + n));
    for (let i = 0; i < nFade; i++) {
      samples[i] *= i / nFade;
      samples[n - 1 - i] *= i / nFade;
    }
    part.copyToChannel(samples, c);
  }
  return part;
}

/** All versions of a clip, started together; one of them is heard. Works in any BaseAudioContext. */
class Graph {
  /**
   * @param {BaseAudioContext} context
   * @param {AudioBuffer[]} buffers
   * @param {number[]} levels Linear gain of each version.
   * @param {number} selected Which version is heard.
   */
  constructor(context, buffers, levels, selected) {
    this.context = context;
    this.buffers = buffers;
    this.levels = levels;
    this.selected = selected;
    this.envelope = context.createGain();
    this.envelope.gain.value = 0;
    this.envelope.connect(context.destination);
    this.switches = buffers.map((_, i) => {
      const gain = context.createGain();
      gain.gain.value = this.target(i);
      gain.connect(this.envelope);
      return gain;
    });
    this.ramps = buffers.map((_, i) => ({ from: this.target(i), to: this.target(i), at: 0 }));
    this.sources = [];
  }

  target(i) {
    return i === this.selected ? this.levels[i] : 0;
  }

  /** Begin at `offset` seconds of the clip; `loop` is [begin, end] in seconds, or null. */
  start(when, offset, loop) {
    const end = Math.max(...this.buffers.map((buffer) => buffer.duration));
    this.sources = this.buffers.map((buffer, i) => {
      const source = this.context.createBufferSource();
      source.buffer = loop ? faded(this.context, buffer, ...loop) : buffer;
      source.loop = Boolean(loop);
      source.connect(this.switches[i]);
      source.start(when, loop ? Math.min(Math.max(0, offset - loop[0]), source.buffer.duration) : offset);
      return source;
    });
    const gain = this.envelope.gain;
    gain.setValueAtTime(0, when);
    gain.linearRampToValueAtTime(1, when + FADE_S);
    if (!loop) {
      const stop = when + end - offset;
      gain.setValueAtTime(1, Math.max(when + FADE_S, stop - FADE_S));
      gain.linearRampToValueAtTime(0, Math.max(when + 2 * FADE_S, stop));
    }
  }

  /** Hear version `i` from `when` on; the sound goes over to it within FADE_S. */
  select(i, when, levels = this.levels) {
    this.selected = i;
    this.levels = levels;
    this.switches.forEach((gain, j) => {
      const ramp = this.ramps[j], done = Math.min(1, Math.max(0, (when - ramp.at) / FADE_S));
      const now = ramp.from + (ramp.to - ramp.from) * done;
      this.ramps[j] = { from: now, to: this.target(j), at: when };
      gain.gain.cancelScheduledValues(when);
      gain.gain.setValueAtTime(now, when);
      gain.gain.linearRampToValueAtTime(this.target(j), when + FADE_S);
    });
  }

  /** Fade out and let go. */
  stop(when) {
    const gain = this.envelope.gain;
    gain.cancelScheduledValues(when);
    gain.setTargetAtTime(0, when, FADE_S / 4);
    for (const source of this.sources) source.stop(when + 2 * FADE_S);
  }
}

/** What a sequence of switches sounds like, a row for each ear: rendered by the same graph as the sound in the room. */
async function rendered(buffers, levels, { rate, seconds, offset = 0, loop = null, first = 0, switches = [], ears = 1 }) {
  const context = new OfflineAudioContext(ears, Math.ceil(seconds * rate), rate);
  const graph = new Graph(context, buffers, levels, first);
  graph.start(0, offset, loop);
  for (const [when, version] of switches) graph.select(version, when);
  const made = await context.startRendering();
  return Array.from({ length: ears }, (_, ear) => made.getChannelData(ear));
}
