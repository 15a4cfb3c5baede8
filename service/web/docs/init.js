// The page's only own script: no validator elsewhere, no settings from the address bar.
SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#ui",
  deepLinking: true,
  validatorUrl: null,
  queryConfigEnabled: false,
});
