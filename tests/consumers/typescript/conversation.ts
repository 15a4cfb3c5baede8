// A partner's back end: it asks, puts the questions to the runner, and asks again, with nothing but generated types.
import createClient from "openapi-fetch";
import type { components, paths } from "./triage.d.ts";

type Report = components["schemas"]["AssessmentRequest"];
type Assessment = components["schemas"]["Assessment"];
type Question = components["schemas"]["Question"];
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

function check(claim: boolean, what: string): void {
  if (!claim) throw new Error(`not so: ${what}`);
}

async function assess(report: Report): Promise<Assessment> {
  const { data, error, response } = await client.POST("/assess", { body: report });
  if (error !== undefined) throw new Error(`${response.status} ${error.type}: ${error.detail}`);
  check(response.headers.get("cache-control") === "no-store", "an answer is not kept");
  return data;
}

/** The report with one answer at the place that the question names. */
function answered(report: Report, question: Question, answer: boolean): Report {
  const [part, name] = question.answer_at.split("/").slice(1) as [keyof Report, string];
  return { ...report, [part]: { ...report[part], [name]: answer } };
}

const first: Report = {
  runner: { age_years: 34, country: "US" },
  findings: { calf_cramp: true, cramp_on_hills: true, hills_new_or_increased: true },
  training: { weekly_elevation_gain_m: [240, 610] },
};

const provisional = await assess(first);
check(!provisional.triage.screen_complete, "the safety screen is open");
check(provisional.triage.level === "consultation", "an open screen is no self-care");
check(provisional.questions[0]?.purpose === "safety", "safety is asked first");

// This runner answers no to every yes-or-no question about safety, and is asked nothing else.
const asked = provisional.questions.filter(({ purpose, kind }) => purpose === "safety" && kind === "boolean");
const second = asked.reduce((report, question) => answered(report, question, false), first);

const settled = await assess(second);
check(settled.triage.screen_complete, "the safety screen is answered");
check(settled.triage.level === "self_care", "nothing urgent is left");
check(!isUrgent[settled.triage.level], "the app may show what to try");
check(settled.causes[0]?.id === "uphill_increase", "hills lead");
check(settled.fixes.length > 0, "there is something to try");
check(settled.notices.some(({ id }) => id === "not_a_diagnosis"), "the notices are there to be shown");

const again = await assess(second);
check(JSON.stringify(again) === JSON.stringify(settled), "the same request has the same answer");

// A refusal is typed too: the fault, its place and the name that was meant.
const misspelt = { findings: { calf_cramp: true, calf_cramps: true } } as Report;
const refused = await client.POST("/assess", { body: misspelt });
check(refused.response.status === 422, "a misspelt name is refused");
check(refused.error?.type === "urn:runner-triage:problem:broken-contract", "the problem has its type");
const faults = refused.error && "errors" in refused.error ? refused.error.errors : undefined;
check(faults?.[0]?.nearest === "calf_cramp", "the nearest name is told");

const entry = await client.GET("/knowledge/{kind}/{id}", { params: { path: { kind: "causes", id: "uphill_increase" } } });
check(entry.data?.digest === settled.knowledge.digest, "the cause can be read in the knowledge that gave the answer");

console.log(JSON.stringify({ provisional: provisional.triage.level, settled: settled.triage.level }));
