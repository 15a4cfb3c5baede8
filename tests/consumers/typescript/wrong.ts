// What the compiler must refuse; each line below an expectation is a mistake that a partner could make.
import createClient from "openapi-fetch";
import type { components, paths } from "./triage.d.ts";

const client = createClient<paths>({ baseUrl: "" });

// @ts-expect-error -- a misspelt finding; told only where the report is declared with its type
const misspelt: components["schemas"]["AssessmentRequest"] = { findings: { calf_cramps: true } };
await client.POST("/assess", { body: misspelt });
// @ts-expect-error -- findings are required
await client.POST("/assess", { body: { runner: { age_years: 34 } } });
// @ts-expect-error -- a number where yes or no is asked
await client.POST("/assess", { body: { findings: { calf_cramp: 1 } } });
// @ts-expect-error -- a choice that is none
await client.POST("/assess", { body: { findings: { calf_side: "middle" } } });
// @ts-expect-error -- a kind of knowledge that there is not
await client.GET("/knowledge/{kind}", { params: { path: { kind: "rules" } } });
// @ts-expect-error -- a path that there is not
await client.GET("/nothing");

const { data } = await client.POST("/assess", { body: { findings: { calf_cramp: null } } });
// @ts-expect-error -- an answer that may be a refusal
data.triage;
// @ts-expect-error -- a level that there is not
data?.triage.level === "urgent";
