// Shows the contract with Scalar, which loads nothing but this folder and the contract.

// The content security policy forbids generated code, and zod does without it.
globalThis.__zod_globalConfig = { jitless: true };

// The service is where the page came from, below whatever prefix a proxy gives it, not where the contract says.
const here = new URL(".", document.baseURI).href.replace(/\/$/, "");

// The subjects of `FindingsById` as schemas of their own: one list of all findings is too long to read.
function subjects({ description, properties }) {
  return [...description.matchAll(/^- \*\*(.+)\*\*: (.+)$/gm)].map(([, title, ids]) => ({
    type: "object",
    title,
    description: "Findings of one subject; a report may have findings of all subjects.",
    properties: Object.fromEntries([...ids.matchAll(/`(\w+)`/g)].map(([, id]) => [id, properties[id]])),
  }));
}

// The same contract in the order of a reader: the first operation, then the findings, and the guide at the end.
function arrange(contract) {
  const [introduction, ...sections] = contract.info.description.split(/^## /m);
  const guide = sections.map((section) => {
    const [name] = section.split("\n", 1);
    return { name, description: section.slice(name.length) };
  });
  const { parameters, schemas } = contract.components;
  const groups = subjects(schemas.FindingsById);
  schemas.AssessmentRequest.properties.findings.anyOf = groups;
  for (const group of groups) schemas[group.title] = { ...group, "x-tags": ["findings"] };
  // The first request sends the example alone; an example of an optional parameter would be sent with it.
  for (const parameter of Object.values(parameters)) if (!parameter.required) delete parameter.example;
  const [triage, ...others] = contract.tags;
  const links = ["yaml", "json"].map((form) => `[openapi.${form}](${here}/openapi.${form})`);
  return {
    ...contract,
    servers: [{ url: here }],
    info: { ...contract.info, description: `${introduction}\n${links.join(", ")}` },
    tags: [triage, { name: "findings", description: "What a report can say, by subject." }, ...others, ...guide],
  };
}

addEventListener("DOMContentLoaded", async () => {
  const contract = await (await fetch(`${here}/openapi.json`)).json();
  Scalar.createApiReference("#reference", {
    content: arrange(contract),
    agent: { disabled: true },
    mcp: { disabled: true },
    documentDownloadType: "none",
    hideClientButton: true,
    orderSchemaPropertiesBy: "preserve",
    showDeveloperTools: "never",
    telemetry: false,
    withDefaultFonts: false,
  });
});
