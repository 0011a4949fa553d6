// While a page is read, cards beyond the first screens are not laid out; without a script, all are.
document.documentElement.classList.add("is-loading");
