// Paper has no buttons: while the page is printed, all rows of the table are there and what is folded is open.

let folded = [], differences = [];
// All numbers of a sweep may be many rows: on paper, they come after the pictures.
const numbers = document.querySelector(".sweep .numbers"), placeOfNumbers = document.createComment("");

window.addEventListener("beforeprint", () => {
  folded = [...document.querySelectorAll(":is(.end, .verdict, .sweep) details:not([open])")];
  for (const details of folded) details.open = true;
  if (numbers?.closest(".sweep")) {
    numbers.replaceWith(placeOfNumbers);
    document.querySelector("section.end").before(numbers);
  }
  window.specaugListen.page.cards.unfoldAll();
});

// Pictures of cards that were text until then are loaded when the first listener has returned, and can be read.
window.addEventListener("beforeprint", () => {
  const { players, table } = window.specaugListen.page;
  differences = players.flatMap(({ versions }) => versions.map((version) => version.hideDifference())).filter(Boolean);
  for (const player of players) {
    player.placeScale(true);
    for (const one of player.comparisons) one.drawAtOnce();
  }
  table?.showAll();
});

window.addEventListener("afterprint", () => {
  if (placeOfNumbers.isConnected) placeOfNumbers.replaceWith(numbers);
  for (const details of folded) details.open = false;
  const { players, table } = window.specaugListen.page;
  for (const player of players) player.placeScale();
  for (const button of differences) button.click();
  table?.show();
});
