// Paper has no buttons: while the page is printed, all rows of the table are there and what is folded is open.

let folded = [];

window.addEventListener("beforeprint", () => {
  folded = [...document.querySelectorAll(".end details:not([open])")];
  for (const details of folded) details.open = true;
  window.specaugListen.page.table?.showAll();
});

window.addEventListener("afterprint", () => {
  for (const details of folded) details.open = false;
  window.specaugListen.page.table?.show();
});
