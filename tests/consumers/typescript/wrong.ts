// Mistakes that the compiler must reject, each below its expectation.
import createClient from "openapi-fetch";
import type { components, paths } from "./triage.d.ts";

const client = createClient<paths>({ baseUrl: "" });

// @ts-expect-error -- a misspelt finding
const misspelt: components["schemas"]["FindingsById"] = { calf_cramps: true };
// @ts-expect-error -- a number instead of yes or no
const counted: components["schemas"]["FindingsById"] = { calf_cramp: 1 };
// @ts-expect-error -- a choice that does not exist
const chosen: components["schemas"]["FindingsById"] = { calf_side: "middle" };
// @ts-expect-error -- a part that was removed
const screened: components["schemas"]["AssessmentRequest"] = { safety_screen: { none_of_these: true } };
// @ts-expect-error -- a kind of knowledge that does not exist
await client.GET("/knowledge/{kind}", { params: { path: { kind: "rules" } } });
// @ts-expect-error -- a path that does not exist
await client.GET("/nothing");

const { data } = await client.POST("/assess", { body: { findings: { calf_cramp: null } } });
// @ts-expect-error -- a response that may be a problem
data.triage;
// @ts-expect-error -- a level that does not exist
data?.triage.level === "urgent";
