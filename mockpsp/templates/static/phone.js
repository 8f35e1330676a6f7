// What is written as a phone number with its country's prefix, which the browser library asks of `libphonenumber`.
(function () {
  "use strict";

  window.libphonenumber = {
    // The country is left to the library, which knows the prefixes.
    parsePhoneNumber: function (text) {
      var number = "+" + String(text).replace(/\D/g, "");
      return {
        number: number,
        country: null,
        isValid: function () { return /^\s*\+/.test(text) && /^\+[1-9][0-9]{5,14}$/.test(number); }
      };
    },
    getMetadata: function () { return { countries: {} }; }
  };
})();
