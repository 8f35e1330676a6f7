// The API reference: Swagger UI over this server's own document, with a search through paths, summaries and groups.
(function () {
  "use strict";

  function matches(operation, phrase) {
    var said = [operation.get("path"), operation.get("method"), operation.getIn(["operation", "summary"], "")];
    return said.join(" ").toLowerCase().indexOf(phrase) >= 0;
  }

  function search(groups, phrase) {
    var wanted = phrase.toLowerCase();
    return groups
      .map(function (group, name) {
        if (name.toLowerCase().indexOf(wanted) >= 0) {
          return group;
        }
        return group.update("operations", function (operations) {
          return operations.filter(function (operation) { return matches(operation, wanted); });
        });
      })
      .filter(function (group) { return group.get("operations").size > 0; });
  }

  window.addEventListener("DOMContentLoaded", function () {
    window.SwaggerUIBundle({
      url: "/openapi.json",
      dom_id: "#reference",
      deepLinking: true,
      docExpansion: "none",
      defaultModelsExpandDepth: 0,
      filter: true,
      validatorUrl: null,
      plugins: [function () { return { fn: { opsFilter: search } }; }],
    });
  });
})();
