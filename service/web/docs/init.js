// The page's only own script: no validator elsewhere, no settings from the address bar.
// The service is where the page came from, below whatever prefix a proxy gives it, not where the contract says.
const here = new URL(".", document.baseURI).href.replace(/\/$/, "");
const ownServer = () => ({
  statePlugins: {
    spec: {
      wrapActions: {
        updateJsonSpec: (update) => (contract) => update({ ...contract, servers: [{ url: here }] }),
      },
    },
  },
});

SwaggerUIBundle({
  url: `${here}/openapi.json`,
  plugins: [ownServer],
  dom_id: "#ui",
  deepLinking: true,
  validatorUrl: null,
  queryConfigEnabled: false,
});
