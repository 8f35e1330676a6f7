// What the windows of a shop's page tell each other: whoever frames this page may set a value, and hears of others' ones.
(function () {
  "use strict";

  var NAMESPACE = "processout.message-hub", PREFIX = "mockpsp.hub.";

  function tell(action, data) {
    // Whoever may not hear it may not frame this page either.
    window.parent.postMessage(JSON.stringify({ namespace: NAMESPACE, action: action, data: data }), "*");
  }

  function read(text) {
    try { return JSON.parse(text); } catch (error) { return null; }
  }

  window.addEventListener("storage", function (event) {
    var kept = event.key && event.key.indexOf(PREFIX) === 0 ? read(event.newValue) : null;
    if (kept) { tell("value", { key: event.key.slice(PREFIX.length), value: kept.value }); }
  });

  window.addEventListener("message", function (event) {
    var message = event.source === window.parent && typeof event.data === "string" ? read(event.data) : null;
    if (!message || message.namespace !== NAMESPACE || !message.data || typeof message.data.key !== "string") { return; }
    try {
      var key = PREFIX + message.data.key;
      if (message.action === "set") {
        // With the moment, so that the same value told twice is heard twice.
        window.localStorage.setItem(key, JSON.stringify({ value: message.data.value, at: Date.now() }));
      } else if (message.action === "get") {
        var kept = read(window.localStorage.getItem(key));
        tell("value", { key: message.data.key, value: kept ? kept.value : null });
      }
    } catch (error) { /* the browser keeps nothing for a page in a frame */ }
  });

  tell("ready");
})();
