// Pages that a customer meets, where a page of the shop opened or frames them: it is told how they went.
(function () {
  "use strict";

  var page = document.body.dataset;
  var isFramed = window.parent !== window;
  var opener = isFramed ? null : window.opener;
  var canTell = isFramed || Boolean(opener && page.opener);
  // So long whoever was told may take to close this page; then it goes back to the shop by itself.
  var PATIENCE_MS = 2000;

  function tell(text) {
    if (isFramed) {
      // Whoever may not hear it may not frame this page either.
      window.parent.postMessage(text, "*");
    } else {
      opener.postMessage(text, page.opener);
    }
  }

  function goOn(address) {
    if (address) {
      window.setTimeout(function () { window.location.replace(address); }, canTell ? PATIENCE_MS : 0);
    }
  }

  function withOpener(address) {
    var url = new URL(address, window.location.href);
    url.searchParams.set("opener", page.opener || "");
    return url.href;
  }

  if (canTell) {
    document.querySelectorAll("form").forEach(function (form) { form.action = withOpener(form.action); });
    document.querySelectorAll("a[data-onward]").forEach(function (link) { link.href = withOpener(link.href); });
    document.querySelectorAll("[data-tells]:not(body)").forEach(function (link) {
      link.addEventListener("click", function (event) {
        event.preventDefault();
        tell(link.dataset.tells);
        goOn(link.getAttribute("href"));
      });
    });
    if (page.tells) {
      tell(page.tells);
    }
  }
  if (page.tells) {
    goOn(page.goesTo);
  }
})();
