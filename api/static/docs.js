"use strict";
window.addEventListener("load", () => {
  SwaggerUIBundle({
    url: "/openapi.json", dom_id: "#docs", deepLinking: true, docExpansion: "none", defaultModelsExpandDepth: 0,
    filter: true, validatorUrl: null, persistAuthorization: false,  // A token that was typed here is kept nowhere.
  });
});
