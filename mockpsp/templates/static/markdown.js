// What a customer is told, as HTML: paragraphs, lines, bold words and links, which the browser library asks of `showdown`.
(function () {
  "use strict";

  var LINK = /\[([^\]]*)\]\((https?:\/\/[^\s()"'<>]*)\)/g;

  function escaped(text) {
    return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/"/g, "&quot;");
  }

  function Converter() {}

  Converter.prototype.setFlavor = Converter.prototype.setOption = function () {};

  Converter.prototype.makeHtml = function (text) {
    return escaped(String(text)).split(/\n{2,}/).map(function (part) {
      var shown = part.replace(/\*\*([^*]+)\*\*/g, "<strong>$1</strong>")
        .replace(LINK, '<a href="$2" target="_blank" rel="noopener">$1</a>').replace(/\n/g, "<br>");
      return "<p>" + shown + "</p>";
    }).join("");
  };

  window.showdown = { Converter: Converter };
})();
