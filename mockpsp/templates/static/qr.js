// A QR code in an element, drawn by this server: the browser library asks for one as `QRCode`, and takes a canvas.
(function () {
  "use strict";

  var DRAWN = new URL("/images/qr.png", document.currentScript.src);

  window.QRCode = function (element, options) {
    var canvas = document.createElement("canvas"), picture = new Image(), address = new URL(DRAWN);
    canvas.width = options.width || 128;
    canvas.height = options.height || 128;
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", "QR code");
    element.appendChild(canvas);
    picture.crossOrigin = "anonymous";
    picture.onload = function () {
      var paper = canvas.getContext("2d");
      paper.imageSmoothingEnabled = false;
      paper.drawImage(picture, 0, 0, canvas.width, canvas.height);
    };
    address.searchParams.set("text", options.text);
    picture.src = address.href;
  };
})();
