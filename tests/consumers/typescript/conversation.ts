// A fitness app's back end: the conversation, a batch and two mistakes, with generated types only.
import createClient from "openapi-fetch";
import type { components, paths } from "./triage.d.ts";

type Report = components["schemas"]["AssessmentRequest"];
type Assessment = components["schemas"]["Assessment"];
type Findings = NonNullable<Report["findings"]>;
type Level = components["schemas"]["Level"];

const client = createClient<paths>({ baseUrl: process.argv[2] ?? "http://127.0.0.1:8000" });

// A record of every level: the compiler says so when the contract gains one that this app does not handle.
const isUrgent: Record<Level, boolean> = {
  self_care: false,
  consultation: false,
  consultation_24: true,
  emergency: true,
  emergency_ambulance: true,
};

const TRUE = ["cramp_on_hills", "hills_new_or_increased"];

function check(claim: boolean, otherwise: string): void {
  if (!claim) throw new Error(otherwise);
}

const findings: Findings = { calf_cramp: true };
const notKnown: string[] = [];

function report(findings: Findings): Report {
  return { runner: { age_years: 34, country: "US" }, findings, not_known: notKnown };
}

async function ask(): Promise<Assessment> {
  const { data, error, response } = await client.POST("/assess", { body: report(findings) });
  if (error !== undefined) throw new Error(`${response.status} ${error.type}: ${error.detail}`);
  check(response.headers.get("api-version")?.startsWith("2.") === true, "another contract");
  check(data.received.findings === Object.keys(findings).length, "a finding was lost on the way");
  check(data.received.not_known === notKnown.length, "an id was lost on the way");
  return data;
}

const first = await ask();
let last = first;
let calls = 1;
for (; !last.interview.should_stop && calls < 6; calls++) {
  for (const { kind, items } of last.interview.groups) {
    for (const item of items) {
      if (kind === "checklist" || item.kind === "boolean") findings[item.id] = TRUE.includes(item.id);
      else notKnown.push(item.id);
    }
  }
  last = await ask();
}
check(!isUrgent[last.triage.level], "the app may show what to try");

const good = report({ calf_cramp: true });
const batch = await client.POST("/assess/batch", { body: [good, report({ calf_cramps: true }), good] });
const results = Array.isArray(batch.data) ? batch.data : [];
for (const { status, assessment, problem } of results) {
  check((status === 200) === (assessment !== undefined), "an assessment comes with 200");
  check((status === 200) === (problem === undefined), "a problem comes with another status");
}

// A red flag that is misspelt in the map is rejected, and the nearest name is given.
const misspelt = await client.POST("/assess", { body: report({ calf_cramp: true, swelling_one_legs: true }) });

const entry = await client.GET("/knowledge/{kind}/{id}", { params: { path: { kind: "causes", id: "uphill_increase" } } });
check(entry.data?.digest === last.knowledge.digest, "the knowledge is that of the response");

console.log(
  JSON.stringify({
    first: first.triage.level,
    calls,
    last: last.triage.level,
    fixes: last.fixes.length > 0,
    batch: results.map(({ status }) => status),
    misspelt: misspelt.error?.errors?.[0]?.nearest ?? "accepted",
  }),
);
