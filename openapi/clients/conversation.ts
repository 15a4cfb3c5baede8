// The complete conversation: node conversation.ts [address of the service]
type Item = { id: string; kind?: string };
type Assessment = {
  triage: { level: string; advice: string };
  interview: { should_stop: boolean; groups: { items: Item[] }[] };
};
const address = process.argv[2] ?? "http://127.0.0.1:8000";
const yes = ["cramp_on_hills", "hills_new_or_increased"]; // in an app: what the runner ticked
const findings: Record<string, unknown> = { calf_cramp: true };
const not_known: string[] = [];

async function assess(): Promise<Assessment> {
  const body = JSON.stringify({ runner: { age_years: 34 }, findings, not_known });
  const headers = { "Content-Type": "application/json" };
  const response = await fetch(`${address}/assess`, { method: "POST", headers, body });
  if (!response.ok) throw new Error(await response.text());
  return await response.json();
}

let assessment = await assess();
while (!assessment.interview.should_stop) {
  for (const { items } of assessment.interview.groups) {
    for (const { id, kind } of items) { // in an app: a yes to an item with `send_at_once` is sent at once
      if (kind === undefined || kind === "boolean") findings[id] = yes.includes(id);
      else not_known.push(id); // in an app: the choice or the number goes into findings
    }
  }
  assessment = await assess();
}
console.log(`${assessment.triage.level}: ${assessment.triage.advice}`);
