// Paper has no buttons: while the page is printed, all rows of the table are there and what is folded is open.

let folded = [];

window.addEventListener("beforeprint", () => {
  folded = [...document.querySelectorAll(":is(.end, .verdict) details:not([open])")];
  for (const details of folded) details.open = true;
  const { cards, players, table } = window.specaugListen.page;
  cards.unfoldAll();
  for (const player of players) player.placeScale(true);
  table?.showAll();
});

window.addEventListener("afterprint", () => {
  for (const details of folded) details.open = false;
  const { players, table } = window.specaugListen.page;
  for (const player of players) player.placeScale();
  table?.show();
});
