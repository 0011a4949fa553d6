// Paper has no buttons: while the page is printed, all rows of the table are there and what is folded is open.

let folded = [], differences = [];

window.addEventListener("beforeprint", () => {
  folded = [...document.querySelectorAll(":is(.end, .verdict) details:not([open])")];
  for (const details of folded) details.open = true;
  const { cards, players, table } = window.specaugListen.page;
  cards.unfoldAll();
  differences = players.flatMap(({ versions }) => versions.map((version) => version.hideDifference())).filter(Boolean);
  for (const player of players) player.placeScale(true);
  table?.showAll();
});

window.addEventListener("afterprint", () => {
  for (const details of folded) details.open = false;
  const { players, table } = window.specaugListen.page;
  for (const player of players) player.placeScale();
  for (const button of differences) button.click();
  table?.show();
});
