// Pictures: what a cell of a mel picture says, and the difference of two pictures.

/** The cells of a picture: an index into the colour map for each, from low_db to high_db. */
class Cells {
  /** @param {HTMLImageElement | SVGImageElement} image @param {Map<number, number>} indices Of colours. */
  constructor(image, indices, width = image.naturalWidth, height = image.naturalHeight) {
    this.width = width;
    this.height = height;
    const canvas = document.createElement("canvas");
    canvas.width = this.width;
    canvas.height = this.height;
    const context = canvas.getContext("2d", { willReadFrequently: true });
    context.imageSmoothingEnabled = false;
    context.drawImage(image, 0, 0, width, height);
    const pixels = context.getImageData(0, 0, this.width, this.height).data;
    if (pixels[3] === 0) throw new Error("the picture is not loaded yet");
    this.values = new Uint8Array(this.width * this.height);
    for (let i = 0; i < this.values.length; i++) {
      this.values[i] = indices.get((pixels[4 * i] << 16) | (pixels[4 * i + 1] << 8) | pixels[4 * i + 2]) ?? 0;
    }
  }

  /** Index of a cell; `bin` counts from the lowest band. */
  at(column, bin) {
    return this.values[(this.height - 1 - bin) * this.width + column];
  }

  static async of(url, indices) {
    const image = new Image();
    image.src = url;
    await image.decode();
    return new Cells(image, indices);
  }
}

/** Colours of a map that is written as hexadecimal digits, six for each. */
function indicesOf(colours) {
  const indices = new Map();
  for (let i = 0; i < colours.length / 6; i++) indices.set(parseInt(colours.slice(6 * i, 6 * i + 6), 16), i);
  return indices;
}

/** Whether cells of two pictures stand for the same moments and bands; the second may be cut at its end. */
function areAlike(before, after) {
  const width = (picture) => (picture.right_s - picture.left_s) / picture.n_columns;
  const isCut = after.n_columns <= before.n_columns;
  const drift = Math.abs(width(before) - width(after)) * after.n_columns + Math.abs(before.left_s - after.left_s);
  const sameScale = before.low_db === after.low_db && before.high_db === after.high_db;
  return before.n_mels === after.n_mels && sameScale && isCut && drift < width(before) / 2;
}

/** For a column of a warped mel, the column of the original that it shows. */
function unwarped({ warp, picture }) {
  if (!warp.length) return (column) => column;
  const { left_s, right_s, n_columns } = picture, width_s = (right_s - left_s) / n_columns;
  return (column) => {
    const at = left_s + (column + 0.5) * width_s;
    const found = warp.findIndex(([, after]) => after >= at), i = found < 0 ? warp.length - 1 : Math.max(1, found);
    const [[from, begin], [to, end]] = [warp[i - 1], warp[i]];
    const before = end > begin ? from + ((to - from) * (at - begin)) / (end - begin) : from;
    return Math.max(0, Math.min(n_columns - 1, Math.round((before - left_s) / width_s - 0.5)));
  };
}

/** Colours of a difference: full when it is much quieter, alike, much louder; `.bar.of-difference` in player.css is the same. */
const [QUIETER, ALIKE, LOUDER] = [[5, 18, 187], [247, 247, 247], [207, 0, 0]];
/** What is less is rounding of the pictures, and not heard. */
const LEAST_DIFFERENCE_DB = 0.5;

/** The colour of a difference as a share of the one with the full colour, from -1 to 1. */
function differenceColour(share) {
  const end = share < 0 ? QUIETER : LOUDER, part = Math.min(1, Math.abs(share));
  return ALIKE.map((from, i) => Math.round(from + part * (end[i] - from)));
}

/** A picture of `after` minus `before`, whose steps are `stepDb` each: blue is quieter, red louder, white alike; full colour at `mostDb`. */
function differenceUrl(before, after, stepDb, mostDb, columnBefore) {
  if (before.height !== after.height || before.width < after.width) throw new Error("the pictures have other cells");
  const canvas = document.createElement("canvas");
  canvas.width = after.width;
  canvas.height = after.height;
  const context = canvas.getContext("2d"), image = context.createImageData(after.width, after.height);
  const columns = Array.from({ length: after.width }, (_, column) => columnBefore(column));
  for (let row = 0; row < after.height; row++) {
    for (let column = 0; column < after.width; column++) {
      const old = before.values[row * before.width + columns[column]];
      const db = (after.values[row * after.width + column] - old) * stepDb;
      image.data.set([...differenceColour(Math.abs(db) < LEAST_DIFFERENCE_DB ? 0 : db / mostDb), 255], 4 * (row * after.width + column));
    }
  }
  context.putImageData(image, 0, 0);
  return canvas.toDataURL("image/png");
}
