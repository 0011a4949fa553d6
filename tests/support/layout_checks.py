"""What is wrong with the layout of a page: texts that overlap, touch, are cut, or lie outside of the window."""

from __future__ import annotations

# The boxes of all lines of text that are visible, as far as boxes that scroll or clip show them.
_SCRIPT = r"""
const clips = (element) => {
  const boxes = [];
  for (let one = element; one; one = one.parentElement) {
    const style = getComputedStyle(one);
    const isWindow = one === document.documentElement || one === document.body;
    if (!isWindow && /auto|scroll|hidden|clip/.test(style.overflowX + style.overflowY))
      boxes.push([one, one.getBoundingClientRect(), style]);
  }
  return boxes;
};
const found = [], lines = [];
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
for (let node = walker.nextNode(); node; node = walker.nextNode()) {
  const element = node.parentElement;
  if (!node.textContent.trim() || /SCRIPT|STYLE|OPTION|TITLE/i.test(element.tagName)) continue;
  const how = { opacityProperty: true, visibilityProperty: true, contentVisibilityAuto: true };
  if (!element.checkVisibility(how)) continue;
  const range = document.createRange();
  // A number stays with its unit, and a word is whole; names of clips and files break where they must.
  for (const { 0: words, index } of node.textContent.matchAll(/\d (s|ms|dB|Hz|bins|frames)\b|\b[A-Za-z]{2,12}\b/g)) {
    range.setStart(node, index);
    range.setEnd(node, index + words.length);
    const tops = [...range.getClientRects()].filter((rect) => rect.width > 0).map((rect) => rect.top);
    const isApart = Math.max(...tops) - Math.min(...tops) > 5 && !element.closest("bdi, pre");
    if (isApart) found.push(`broken: ${words} | ${node.textContent.trim().slice(0, 60)}`);
  }
  range.selectNodeContents(node);
  for (const rect of range.getClientRects()) {
    if (rect.width < 1 || rect.height < 1) continue;
    let [left, top, right, bottom] = [rect.left, rect.top, rect.right, rect.bottom];
    const hiddenBy = clips(element);
    for (const [one, box, style] of hiddenBy) {
      const cut = rect.right > box.right + 1.5 && style.overflowX !== "auto" && style.overflowX !== "scroll";
      // Only names that the user chose may be of any length.
      const isSaid = style.textOverflow === "ellipsis" && one.matches("bdi") && one.closest("[title]");
      if (cut && !isSaid && box.width > 0) found.push(`cut: ${node.textContent.trim().slice(0, 60)}`);
      [left, top] = [Math.max(left, box.left), Math.max(top, box.top)];
      [right, bottom] = [Math.min(right, box.right), Math.min(bottom, box.bottom)];
    }
    if (right - left < 1 || bottom - top < 1) continue;
    if (right > innerWidth + 1 || left < -1) found.push(`outside: ${node.textContent.trim().slice(0, 60)}`);
    // Letters do not fill their line.
    const inset = 0.18 * (bottom - top), text = node.textContent.trim().slice(0, 40);
    lines.push({ left, top: top + inset, right, bottom: bottom - inset, node, element, text });
  }
}
const isStuck = (element) => {
  for (let one = element; one; one = one.parentElement) if (getComputedStyle(one).position === "sticky") return true;
  return false;
};
lines.sort((a, b) => a.top - b.top);
for (let i = 0; i < lines.length; i++) {
  for (let j = i + 1; j < lines.length && lines[j].top < lines[i].bottom; j++) {
    const [a, b] = [lines[i], lines[j]];
    if (Math.min(a.right, b.right) - Math.max(a.left, b.left) < 1.5) continue;
    if (Math.min(a.bottom, b.bottom) - b.top < 1.5) continue;
    // A text with an ellipsis has two boxes.
    if (a.node === b.node || isStuck(a.element) !== isStuck(b.element)) continue;
    found.push(`overlap: ${a.text} | ${b.text}`);
  }
}
// A list shows one of its lines, beside an arrow.
const pen = document.createElement("canvas").getContext("2d");
for (const list of document.querySelectorAll("select")) {
  if (!list.checkVisibility()) continue;
  const style = getComputedStyle(list);
  pen.font = style.font;
  const room = list.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight) - 16;
  const text = list.selectedOptions[0]?.textContent.trim() ?? "";
  if (pen.measureText(text).width > room) found.push(`cut: ${text} in a list`);
}
// Labels of an axis are read one by one: not even the boxes around their letters overlap.
for (const axis of document.querySelectorAll("svg.hz, svg.seconds, .x-axis, .y-axis, .yardsticks")) {
  const labels = [...axis.querySelectorAll("text")].map((one) => [one.textContent, one.getBoundingClientRect()]);
  labels.filter(([, box]) => box.height > 0).forEach(([text, a], i, all) => {
    for (const [other, b] of all.slice(i + 1)) {
      const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (across > 1 && down > 1) found.push(`crowded: ${text} | ${other}`);
    }
  });
}
// What is wider than its box says so.
for (const box of document.querySelectorAll(".sheet-box, .panels")) {
  const hint = box.parentElement.querySelector(".rest");
  const scrolls = box.checkVisibility() && getComputedStyle(box).overflowX !== "visible";
  const isCut = scrolls && box.scrollWidth > box.clientWidth + 5;
  if (isCut && !hint?.checkVisibility()) found.push(`unsaid: ${box.className} goes on to the right`);
}
return [...new Set(found)];
"""


def layout_faults(page) -> list[str]:
    """Return one line for each fault: ``overlap: one | other``, ``crowded: one | other``, ``cut: text`` or so."""
    return page.evaluate(f"() => {{ {_SCRIPT} }}")
