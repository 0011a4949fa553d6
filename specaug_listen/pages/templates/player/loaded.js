// The page is there: from here on, the script decides which cards and rows are shown.

new Folds();
document.documentElement.classList.remove("is-loading");
