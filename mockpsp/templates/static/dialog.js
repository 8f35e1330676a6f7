// A dialog over the page, as the browser library opens one for a customer's saved methods: it looks for `tingle.modal`.
(function () {
  "use strict";

  function element(name, className, parent) {
    var made = document.createElement(name);
    made.className = className;
    parent.appendChild(made);
    return made;
  }

  function Dialog(options) {
    var self = this;
    this.options = options || {};
    this.layer = document.createElement("div");
    this.layer.className = "tingle-modal";
    this.layer.setAttribute("role", "dialog");
    this.layer.setAttribute("aria-modal", "true");
    this.box = element("div", "tingle-modal-box", this.layer);
    this.content = element("div", "tingle-modal-box__content", this.box);
    this.footer = element("div", "tingle-modal-box__footer tingle-modal-box__footer--sticky", this.box);
    this.footer.style.width = "100%";
    this.layer.addEventListener("mousedown", function (event) {
      if (event.target === self.layer && self.closesBy("overlay")) { self.close(); }
    });
    this.pressed = function (event) {
      if (event.key === "Escape" && self.closesBy("escape")) { self.close(); }
    };
  }

  Dialog.prototype.closesBy = function (way) {
    return !this.options.closeMethods || this.options.closeMethods.indexOf(way) >= 0;
  };

  Dialog.prototype.setContent = function (content) {
    this.content.textContent = "";
    if (typeof content === "string") { this.content.textContent = content; } else { this.content.appendChild(content); }
  };

  Dialog.prototype.addFooterBtn = function (label, className, pressed) {
    var button = element("button", className, this.footer);
    button.type = "button";
    button.textContent = label;
    button.addEventListener("click", pressed);
    return button;
  };

  Dialog.prototype.isOpen = function () { return this.layer.parentNode !== null; };

  Dialog.prototype.open = function () {
    if (this.isOpen()) { return; }
    document.body.appendChild(this.layer);
    document.body.classList.add("tingle-enabled");
    document.addEventListener("keydown", this.pressed);
    this.layer.classList.add("tingle-modal--visible");
    var first = this.layer.querySelector("button");
    if (first) { first.focus(); }
  };

  Dialog.prototype.close = function () {
    if (!this.isOpen()) { return; }
    document.removeEventListener("keydown", this.pressed);
    document.body.classList.remove("tingle-enabled");
    this.layer.remove();
    if (this.options.onClose) { this.options.onClose.call(this); }
  };

  Dialog.prototype.destroy = Dialog.prototype.close;

  window.tingle = { modal: Dialog };
})();
