// One field of a hosted card form: the shop's page sees what the field says of itself, and never what is typed.
(function () {
  "use strict";

  var NAMESPACE = "processout.field";
  // Beginning of a number -> scheme, as clients name it; the first that fits.
  var SCHEMES = [
    [/^4/, "visa"],
    [/^(5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)/, "mastercard"],
    [/^3[47]/, "american-express"],
    [/^(36|38|30[0-5])/, "diners-club"],
    [/^(6011|65|64[4-9])/, "discover"],
    [/^35/, "jcb"],
    [/^62/, "union-pay"]
  ];
  var STYLES = ("color backgroundColor fontFamily fontSize fontSizeAdjust fontStretch fontStyle fontVariant fontWeight " +
    "lineHeight textShadow textTransform textDecoration transition height direction").split(" ");
  // Kind -> name for the autofill, placeholder, most characters.
  var KINDS = {
    "number": ["cc-number", "4242 4242 4242 4242", 23],
    "expiry": ["cc-exp", "MM / YY", 9],
    "expiry-month": ["cc-exp-month", "MM", 2],
    "expiry-year": ["cc-exp-year", "YY", 4],
    "cvc": ["cc-csc", "CVC", 4]
  };
  // Kind -> what the leading field calls it in its list of others to wait for.
  var NAMES = { "number": "number", "expiry": "exp", "expiry-month": "exp-month", "expiry-year": "exp-year", "cvc": "cvc" };

  var frame = window.location.hash;
  var input = document.querySelector("input");
  var options = null, formId = null, projectId = null, wasWhole = false;

  function tell(action, data, messageId) {
    // Whoever may not hear it may not frame this page either.
    window.parent.postMessage(JSON.stringify(
      { namespace: NAMESPACE, frameID: frame, messageID: messageId, action: action, data: data }), "*");
  }

  function digits() { return input.value.replace(/\D/g, ""); }

  function schemes() {
    var number = digits();
    return SCHEMES.filter(function (one) { return number && one[0].test(number); }).slice(0, 1)
      .map(function (one) { return one[1]; });
  }

  function isNumber(number) {
    var sum = 0;
    for (var at = 0; at < number.length; at++) {
      var digit = Number(number[number.length - 1 - at]) * (at % 2 ? 2 : 1);
      sum += digit > 9 ? digit - 9 : digit;
    }
    return number.length >= 12 && number.length <= 19 && sum % 10 === 0;
  }

  function fullYear(text) { return text.length === 2 ? 2000 + Number(text) : Number(text); }

  // What is typed, as POST /cards takes it.
  function value() {
    var found = digits();
    switch (options.type) {
      case "number": return { number: found };
      case "expiry": return { exp_month: Number(found.slice(0, 2)), exp_year: fullYear(found.slice(2)) };
      case "expiry-month": return { exp_month: Number(found) };
      case "expiry-year": return { exp_year: fullYear(found) };
      default: return found ? { cvc2: found } : {};
    }
  }

  // The code of what is wrong; null: nothing. Whether a card is over is for the server to say, whose clock is its own.
  function fault() {
    var found = value(), length = digits().length;
    switch (options.type) {
      case "number": return isNumber(found.number) ? null : "card.invalid-number";
      case "expiry":
        return (length === 4 || length === 6) && found.exp_month >= 1 && found.exp_month <= 12 ? null : "card.invalid-date";
      case "expiry-month": return found.exp_month >= 1 && found.exp_month <= 12 ? null : "card.invalid-month";
      case "expiry-year": return length === 2 || length === 4 ? null : "card.invalid-year";
      default: return length >= 3 || (length === 0 && !options.requireCVC) ? null : "card.invalid-cvc";
    }
  }

  function isWhole() {
    var length = digits().length;
    if (options.type === "number") {
      return fault() === null && length >= (schemes()[0] === "american-express" ? 15 : 16);
    }
    return fault() === null && length >= (options.type === "expiry" ? 4 : 2);
  }

  function tidy() {
    var found = digits();
    if (options.type === "number") {
      input.value = found.replace(/(.{4})(?=.)/g, "$1 ");
    } else if (options.type === "expiry" && found.length > 2) {
      input.value = found.slice(0, 2) + " / " + found.slice(2);
    }
  }

  function show(given) {
    var kind = KINDS[given.type] || KINDS.cvc;
    options = given;
    input.autocomplete = kind[0];
    input.maxLength = kind[2];
    input.placeholder = typeof given.placeholder === "string" ? given.placeholder : kind[1];
    input.setAttribute("aria-label", given.type);
    STYLES.forEach(function (name) {
      if (given.style && typeof given.style[name] === "string") { input.style[name] = given.style[name]; }
    });
  }

  function resize() { tell("resize", Math.max(14, Math.ceil(input.getBoundingClientRect().height)) + "px"); }

  // The other fields of this form: frames of the same page, and of this server.
  function others(wanted) {
    var found = [];
    for (var at = 0; at < window.parent.length; at++) {
      try {
        var one = window.parent[at].mockpspField;
        if (one && one.formId() === formId && wanted.indexOf(one.name()) >= 0) { found.push(one); }
      } catch (error) { /* a frame of somebody else's */ }
    }
    return found;
  }

  function ask(method, path, body, done) {
    var headers = { "Content-Type": "application/json", "Authorization": "Basic " + window.btoa(projectId + ":") };
    window.fetch(path, { method: method, headers: headers, body: JSON.stringify(body), credentials: "omit" })
      .then(function (response) { return response.json(); })
      .then(function (answer) {
        if (!answer.success) { return done({ error: { code: answer.error_type, message: answer.message } }); }
        done({ token: answer.card.id, card: answer.card });
      })
      .catch(function () { done({ error: { code: "processout-js.network-issue", message: "The card could not be sent." } }); });
  }

  function tokenize(message) {
    var asked = message.data || {}, body = Object.assign({}, asked.data);
    others(asked.fields || ["number"]).forEach(function (one) { Object.assign(body, one.value()); });
    ask("POST", "/cards", body, function (answer) { tell("tokenize", answer, message.messageID); });
  }

  function refresh(message) {
    ask("PUT", "/cards/" + encodeURIComponent(String(message.data)), value(), function (answer) {
      tell("refresh-cvc", answer, message.messageID);
    });
  }

  function heard(name) {
    return function () { tell("event", { name: name, data: { schemes: schemes() } }); };
  }

  var ACTIONS = {
    "setup": function (message) {
      formId = message.formID;
      projectId = message.projectID;
      show(message.data);
      tell("ready");
    },
    "update": function (message) { show(Object.assign({}, options, message.data)); resize(); },
    "resize": resize,
    "registerEvent": function (message) {
      if (/^[a-z]{1,20}$/.test(message.data)) { input.addEventListener(message.data, heard(message.data)); }
    },
    "focus": function () { input.focus(); },
    "blur": function () { input.blur(); },
    "validate": function (message) { tell("validate", fault(), message.messageID); },
    "tokenize": tokenize,
    "refresh-cvc": refresh
  };

  window.mockpspField = {
    formId: function () { return formId; },
    name: function () { return options && NAMES[options.type]; },
    value: value
  };

  input.addEventListener("input", function () {
    tidy();
    var about = { schemes: schemes() };
    if (options.type === "number") { about.card_iin = digits().length >= 6 ? digits().slice(0, 6) : ""; }
    tell("inputEvent", about);
    if (isWhole() && !wasWhole) { tell("next"); }
    wasWhole = isWhole();
  });
  input.addEventListener("focus", function () { tell("focusEvent"); });
  input.addEventListener("blur", function () { tell("blurEvent"); });
  input.addEventListener("mouseenter", function () { tell("mouseEnterEvent"); });
  input.addEventListener("mouseleave", function () { tell("mouseLeaveEvent"); });

  window.addEventListener("message", function (event) {
    var message = null;
    if (event.source !== window.parent || typeof event.data !== "string") { return; }
    try { message = JSON.parse(event.data); } catch (error) { return; }
    if (!message || message.namespace !== NAMESPACE || !Object.hasOwn(ACTIONS, message.action)) { return; }
    if (options === null && message.action !== "setup") { return; }
    ACTIONS[message.action](message);
  });

  tell("alive");
})();
