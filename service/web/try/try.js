// The conversation of the API as an app would show it.
// Every word about health comes from a response; this file has the words of the interface alone.
"use strict";

const CANNOT_TELL = Symbol("not_known");
const LEVELS = ["self_care", "consultation", "consultation_24", "emergency", "emergency_ambulance"];
const CAN_WAIT = LEVELS.slice(0, 3); // Any other level, also one that is not known here, is shown before the next question.
const UNUSUAL_REGIONS = /^(EU|EZ|QO|UN|XA|XB|ZZ)$/;

const main = document.getElementById("main");
const panel = document.getElementById("panel");
const copied = document.getElementById("copied");
const at = (path) => new URL(path, document.baseURI.split("#")[0]).href;

// base: the report that the conversation began with. rounds: the groups that each response asked for, and that response.
// results: what was shown, and where the questions go on. answers: kept when the person goes back.
let state;
let exchange = { report: {}, response: null };
let labels = {};
let levels = {};
let key = "";
let note = "";
let busy = false;
let hasShown = false;
let conversations = 0;

// ---- Elements

function h(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value !== false && value !== undefined) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter(Boolean));
  return element;
}

const button = (text, click, kind) => h("button", { type: "button", class: kind, click }, text);
const input = (type, attributes, checked) =>
  Object.assign(h("input", { type, ...attributes }), { checked: Boolean(checked) });
const row = (control, text) => h("label", { class: "row" }, control, h("span", null, text));
const items = (tag, entries, kind) =>
  entries.length > 0 &&
  h(
    tag,
    { class: kind },
    entries.map((entry) => h("li", null, entry)),
  );
const section = (title, ...content) =>
  content.flat().some(Boolean) && h("section", null, h("h2", null, title), content);
const words = (id) => id.replaceAll("_", " ").replace(/^./, (first) => first.toUpperCase());
const days = (count) => (count === 1 ? "1 day" : `${count} days`);

function icon(level) {
  const known = LEVELS.includes(level) ? level : LEVELS.at(-1);
  return document.getElementById(`icon-${known}`).content.cloneNode(true);
}

function say(text) {
  document.getElementById("status").textContent = text;
}

// Replace the screen; the focus moves to its heading, but for the first one.
function show(title, compose) {
  const heading = h("h1", { tabindex: "-1" }, title);
  main.replaceChildren(...compose(heading).flat(Infinity).filter(Boolean));
  document.title = `${title} – Runner triage`;
  if (hasShown) {
    heading.focus({ preventScroll: true });
    scrollTo(0, 0);
  }
  hasShown = true;
}

// ---- Requests

class Refusal extends Error {
  constructor(problem, retryAfter) {
    super(problem.title);
    this.problem = problem;
    this.retryAfter = retryAfter;
  }
}

async function assess(report) {
  exchange = { report, response: null };
  draw("");
  const headers = { "Content-Type": "application/json", ...(key && { Authorization: `Bearer ${key}` }) };
  const response = await fetch(at("assess"), { method: "POST", headers, body: JSON.stringify(report) }).catch(() => {
    throw new Refusal({ status: 0 });
  });
  const text = await response.text();
  try {
    exchange.response = JSON.parse(text);
  } catch {
    exchange.response = null; // the page of a proxy
  }
  draw(`${response.status}, ${(text.length / 1024).toFixed(1)} KB`);
  if (!response.ok || !exchange.response) {
    throw new Refusal({ ...exchange.response, status: response.status }, response.headers.get("Retry-After"));
  }
  const { version, review } = exchange.response.knowledge;
  document.getElementById("review").textContent = `Rules ${version}: ${review}.`;
  state.last = exchange.response;
  return exchange.response;
}

function report(round) {
  const whole = structuredClone(state.base);
  const findings = { ...state.readings };
  const unknown = new Set(whole.not_known);
  for (const { id } of state.rounds
    .slice(0, round + 1)
    .flatMap(({ groups }) => groups.flatMap((group) => group.items))) {
    const answer = state.answers.get(id);
    if (answer === CANNOT_TELL) unknown.add(id);
    else if (answer !== undefined) findings[id] = answer;
  }
  if (Object.keys(state.runner).length) whole.runner = { ...whole.runner, ...state.runner };
  if (Object.keys(findings).length) whole.findings = { ...whole.findings, ...findings };
  if (unknown.size) whole.not_known = [...unknown];
  return whole;
}

// One request at a time. A refusal is shown; answers are kept.
async function run(action) {
  if (busy) return;
  busy = true;
  main.setAttribute("aria-busy", "true");
  say("");
  try {
    await action();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    refused(error, () => run(action));
  } finally {
    busy = false;
    main.removeAttribute("aria-busy");
  }
}

// ---- Places, which the history of the browser holds

function go(place) {
  history.pushState({ ...place, conversation: state.number, depth: history.state.depth + 1 }, "");
  render(history.state);
}

function enter(place, address) {
  history.replaceState({ ...place, conversation: state.number, depth: 0 }, "", address);
  render(history.state);
}

function render(place) {
  const isOfThis = place.conversation === state.number;
  const shown = state.results[place.result];
  const group = state.rounds[place.round]?.groups[place.index];
  if (isOfThis && shown) result(shown);
  else if (isOfThis && group) question(group, place);
  else begin();
}

const back = () => history.state.depth > 0 && button("Back", () => history.back(), "back");

function fresh(base, isNew) {
  conversations += 1;
  return {
    number: conversations,
    base,
    isNew,
    runner: {},
    readings: {},
    answers: new Map(),
    rounds: [],
    results: [],
    last: null,
  };
}

function begin() {
  return run(async () => {
    state = fresh({}, true);
    const response = await assess({});
    const [complaint] = response.interview.groups; // what follows depends on it
    state.rounds = [{ groups: [complaint], response }];
    enter({ round: 0, index: 0 }, location.pathname);
  });
}

function open(base, move) {
  return run(async () => {
    state = fresh(base, false);
    move({ result: taken(await assess(base), -1) });
  });
}

// Keep a response to the answers up to this round, and return the number of its result.
function taken(response, round) {
  const { groups } = response.interview;
  state.rounds.length = round + 1;
  if (groups.length) state.rounds.push({ groups, response });
  return state.results.push({ response, round, next: groups.length ? { round: round + 1, index: 0 } : null }) - 1;
}

function send(round, isResultWanted = false) {
  return run(async () => {
    const response = await assess(report(round));
    const number = taken(response, round);
    const { next } = state.results[number];
    go(next && !isResultWanted && CAN_WAIT.includes(response.triage.level) ? next : { result: number });
  });
}

// Ask for the result of the answers so far, and come back to this place.
function interrupt(place) {
  if (busy) return setTimeout(interrupt, 50, place); // an urgent tick is not lost behind another request
  return run(async () => {
    const response = await assess(report(place.round));
    const next = response.interview.groups.length ? place : null;
    go({ result: state.results.push({ response, round: place.round, next }) - 1 });
  });
}

// ---- Questions

function question(group, place) {
  const { groups, response } = state.rounds[place.round];
  const notKnown = response.interview.not_known_text;
  const isStart = state.isNew && place.round === 0;
  const isChecklist = group.kind === "checklist";
  const submit = h("button", { type: "submit" });
  const nameSubmit = () => {
    const isTicked = group.items.some(({ id }) => state.answers.get(id) === true);
    submit.textContent = isChecklist && !isTicked ? group.none_text : "Continue";
    submit.className = isStart && !isTicked ? "" : "primary";
  };
  const answer = (item, value) => {
    if (value === undefined) state.answers.delete(item.id);
    else state.answers.set(item.id, value);
    nameSubmit();
    if (value === true && item.send_at_once) interrupt(place);
  };
  const leave = (others) => {
    for (const { id } of group.items) {
      if (isChecklist ? state.answers.get(id) !== true : !state.answers.has(id)) state.answers.set(id, others);
    }
    if (place.index + 1 < groups.length) go({ round: place.round, index: place.index + 1 });
    else send(place.round);
  };
  nameSubmit();
  const leaving = [submit, isChecklist && button(notKnown, () => leave(CANNOT_TELL))].filter(Boolean);
  rest(leaving);
  show(group.text, (heading) => [
    isStart ? intro() : progress(place, groups),
    heading,
    hints(group, notKnown),
    h(
      "form",
      { class: "card", submit: (event) => [event.preventDefault(), leave(isChecklist ? false : CANNOT_TELL)] },
      h(
        "fieldset",
        null,
        h("legend", { class: "unseen" }, group.text),
        group.items.map((item) =>
          isChecklist ? tick(item, answer) : field(item, notKnown, (value) => answer(item, value)),
        ),
      ),
      h("div", { class: "actions" }, ...leaving),
    ),
    isStart ? extras() : soFar(response, place),
  ]);
}

// The second half of a double click must not answer the next group.
function rest(buttons) {
  const able = (isAble) => buttons.forEach((each) => Object.assign(each, { disabled: !isAble }));
  able(false);
  setTimeout(able, 300, true);
}

function hints(group, notKnown) {
  const answers = group.items.map(({ id }) => state.answers.get(id));
  const isDone = answers.every((answer) => answer !== undefined && answer !== true);
  const given = answers.includes(CANNOT_TELL) ? notKnown : group.none_text;
  return [
    group.items.some((item) => item.send_at_once) &&
      h("p", { class: "hint" }, "An urgent answer is sent as soon as you tick it."),
    group.kind === "questions" && h("p", { class: "hint" }, `A question without an answer counts as “${notKnown}”.`),
    group.kind === "checklist" && isDone && h("p", { class: "hint" }, "Your answer: ", h("strong", null, given)),
  ];
}

function tick(item, answer) {
  const change = (event) => answer(item, event.target.checked || undefined);
  return row(input("checkbox", { name: item.id, change }, state.answers.get(item.id) === true), item.text);
}

// One question with its own answers; the answer that is given is `undefined` when it is taken back.
function field(item, notKnown, give) {
  const now = state.answers.get(item.id);
  const choose = (value, text) =>
    row(input("radio", { name: item.id, change: () => give(value) }, now === value), text);
  const options =
    item.kind === "boolean"
      ? [
          [true, "Yes"],
          [false, "No"],
        ]
      : (item.choices ?? []).map(({ id, label }) => [id, label]);
  if (item.kind === "boolean" || item.kind === "choice") {
    const rows = [...options, [CANNOT_TELL, notKnown]].map(([value, text]) => choose(value, text));
    return h("fieldset", { class: "question" }, h("legend", null, item.text), rows);
  }
  const change = (event) => {
    for (const other of inputs) {
      const isAlone = alone.includes(event.target) || alone.includes(other);
      if (isAlone && other !== event.target)
        Object.assign(other, { checked: false, value: other.type === "checkbox" ? other.value : "" });
    }
    give(value());
  };
  const unable = input("checkbox", { change }, now === CANNOT_TELL);
  const none = item.kind === "choices" && input("checkbox", { change }, Array.isArray(now) && now.length === 0);
  const alone = [unable, none].filter(Boolean);
  const asked =
    item.kind === "choices"
      ? options.map(([id]) => input("checkbox", { value: id, change }, Array.isArray(now) && now.includes(id)))
      : [reading(item, now === CANNOT_TELL ? undefined : now, change)];
  const inputs = [...asked, ...alone];
  const value = () => {
    if (unable.checked) return CANNOT_TELL;
    if (none && none.checked) return [];
    if (item.kind !== "choices") return measured(item, asked[0]);
    const ids = asked.filter((each) => each.checked).map((each) => each.value);
    return ids.length ? ids : undefined;
  };
  const rows =
    item.kind === "choices"
      ? asked.map((each, number) => row(each, options[number][1]))
      : h("p", { class: "reading" }, asked, item.unit);
  return h(
    "fieldset",
    { class: "question" },
    h("legend", null, item.text),
    rows,
    none && row(none, "None of these"),
    row(unable, notKnown),
  );
}

function reading(item, value, change) {
  const type = item.kind === "date" ? "date" : "number";
  const step = item.kind === "number" ? "any" : undefined;
  return h("input", { type, step, min: item.minimum, max: item.maximum, value, change, "aria-label": item.text });
}

function measured(item, element) {
  if (element.value === "") return undefined;
  return item.kind === "date" ? element.value : Number(element.value);
}

function progress({ round, index }, groups) {
  const text = `${round > Number(state.isNew) ? "Details" : "Questions"}, step ${index + 1} of ${groups.length}`;
  return h(
    "div",
    { class: "progress" },
    back(),
    h("span", null, text),
    h("progress", { max: groups.length, value: index, "aria-label": text }),
  );
}

function soFar(response, place) {
  return h(
    "p",
    { class: "so-far" },
    h("span", null, "So far: ", h("strong", null, response.triage.label)),
    button("See the result so far", () => interrupt(place), "link"),
  );
}

// ---- The first screen

function intro() {
  return h("p", { class: "intro" }, note || "Answer as a runner would, and see every request and response of the API.");
}

// The contract is large, so the first screen does not wait for it.
function extras() {
  const place = h("div", { class: "extras" });
  contract.then((read) => read && place.replaceChildren(about(read), starts(read)));
  return place;
}

function about(contract) {
  const { age_years: age, sex_at_birth: sex } = contract.components.schemas.Runner.properties;
  const sexes = contract.components.schemas[sex.anyOf[0].$ref.split("/").at(-1)].enum;
  const names = new Intl.DisplayNames("en", { type: "region", fallback: "none" });
  const letters = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZ"];
  const codes = letters
    .flatMap((first) => letters.map((second) => first + second))
    .filter((code) => !UNUSUAL_REGIONS.test(code));
  const countries = codes.filter((code) => names.of(code)).map((code) => [code, names.of(code)]);
  countries.sort(([, one], [, other]) => one.localeCompare(other));
  const keep = (name, value) => {
    delete state.runner[name];
    if (value !== "") state.runner[name] = value;
  };
  const select = (name, options) =>
    h(
      "select",
      { change: (event) => keep(name, event.target.value) },
      h("option", { value: "" }, "Not given"),
      options.map(([value, text]) => h("option", { value, selected: state.runner[name] === value }, text)),
    );
  const years = h("input", {
    type: "number",
    value: state.runner.age_years,
    max: age.anyOf[0].maximum,
    change: (event) => keep("age_years", event.target.value === "" ? "" : Number(event.target.value)),
  });
  return h(
    "details",
    { class: "card", open: Object.keys(state.runner).length > 0 },
    h("summary", null, "About the runner (optional)"),
    h(
      "div",
      { class: "fields" },
      h("label", null, "Age in years", years),
      h(
        "label",
        null,
        "Sex at birth",
        select(
          "sex_at_birth",
          sexes.map((id) => [id, words(id)]),
        ),
      ),
      h("label", null, "Country, for the emergency number", select("country", countries)),
    ),
  );
}

function starts(contract) {
  const { examples } = contract.paths["/assess"].post.requestBody.content["application/json"];
  const select = h(
    "select",
    { id: "example" },
    Object.entries(examples).map(([id, { summary }]) => h("option", { value: id }, summary)),
  );
  const submit = (event) => [event.preventDefault(), open(examples[select.value].value, go)];
  return h(
    "form",
    { class: "card", submit },
    h("label", { class: "wide" }, "Or start from an example of the contract", select),
    h("div", { class: "actions" }, h("button", { type: "submit" }, "Show its result")),
  );
}

// ---- The result

function result({ response, round, next }) {
  const { triage, interview, notices, red_flags: flags, causes, fixes } = response;
  const number = notices.find((notice) => notice.number);
  const [sooner, drive] = ["get_help_sooner", "do_not_drive_yourself"].map((id) =>
    notices.find((notice) => notice.id === id),
  );
  const rank = LEVELS.indexOf(triage.level);
  const isUrgent = !CAN_WAIT.includes(triage.level);
  const rise = triage.could_rise_to !== triage.level && levels[triage.could_rise_to]?.label;
  show(triage.label, (heading) => [
    h("div", { class: "progress" }, back(), h("span", null, interview.should_stop ? "Result" : "Result so far")),
    h(
      "div",
      { class: "level", "data-level": rank < 0 ? LEVELS.at(-1) : triage.level },
      icon(triage.level),
      h(
        "div",
        null,
        heading,
        h("p", { class: "advice" }, triage.advice),
        drive && h("p", { class: "advice" }, drive.text),
        number && isUrgent && call(number),
        rank >= 0 &&
          h(
            "p",
            { class: "scale" },
            `Level ${rank + 1} of ${LEVELS.length}`,
            h(
              "span",
              { "aria-hidden": "true" },
              LEVELS.map((level, place) => h("i", { class: place <= rank && "on" })),
            ),
          ),
        triage.referrals.length > 0 &&
          h("p", null, "Who to see: ", h("strong", null, triage.referrals.map(({ label }) => label).join(", "))),
      ),
    ),
    next &&
      h(
        "div",
        { class: "actions" },
        button(`Continue with the questions (${interview.items_left} left)`, () => go(next), "primary"),
      ),
    section("Warning signs", flags.map(flag)),
    section(
      "The leading cause",
      causes.slice(0, 1).map(cause),
      more("Other causes that fit", causes.slice(1).map(cause)),
    ),
    section(
      "What to try",
      fixes.slice(0, 1).map(fix),
      more("What else may help", fixes.slice(1).map(fix)),
      more("Not advised for this runner", response.withheld_fixes.map(withheld)),
    ),
    training(response.training_advice),
    section(
      "About the symptom",
      response.about.map(({ text }) => h("p", null, text)),
    ),
    section(
      isUrgent ? "What else is urgent" : "What would make it urgent",
      rise && h("p", null, "Answers that are still open could raise this to: ", h("strong", null, rise)),
      sooner && h("p", null, sooner.text),
      number && !isUrgent && call(number),
    ),
    section(
      "Values that were not used as sent",
      items(
        "ul",
        [...response.contradictions, ...response.ignored].map(({ detail }) => detail),
      ),
    ),
    readings(interview.measurements, round),
    h(
      "ul",
      { class: "notices" },
      notices.filter((notice) => ![number, sooner, drive].includes(notice)).map(({ text }) => h("li", null, text)),
    ),
  ]);
}

const call = ({ text, number }) => h("p", null, h("a", { class: "call", href: `tel:${number}` }, text));
const more = (title, entries) => entries.length > 0 && h("details", null, h("summary", null, title), entries);

function reported(ids) {
  const known = ids.map((id) => labels[id]?.label).filter(Boolean);
  return known.length > 0 && h("div", { class: "reason" }, h("h4", null, "Because of"), items("ul", known, "chips"));
}

function flag({ title, level, advice, because: ids }) {
  return h(
    "div",
    { class: "flag" },
    h("h3", null, title),
    h("p", { class: "tag" }, icon(level), levels[level]?.label ?? words(level)),
    h("p", null, advice),
    reported(ids),
  );
}

function cause({ name, likelihood, mechanism, supporting, opposing, caveats }) {
  return h(
    "div",
    { class: "entry" },
    h("h3", null, name, " ", h("span", { class: "tag" }, words(likelihood))),
    h("p", null, mechanism),
    supporting.length > 0 && h("h4", null, "Speaks for it"),
    items(
      "ul",
      supporting.map(({ statement }) => statement),
      "for",
    ),
    h("h4", null, "Speaks against it"),
    items(
      "ul",
      opposing.map(({ statement }) => statement),
      "against",
    ) || h("p", { class: "reason" }, "Nothing that was reported."),
    caveats.map((text) => h("p", { class: "reason" }, text)),
  );
}

function fix({ title, steps, caveats, review_after_days: after, see_if_not_better: see }) {
  return h(
    "div",
    { class: "entry" },
    h("h3", null, title),
    items("ol", steps, "steps"),
    caveats.map((text) => h("p", { class: "reason" }, text)),
    h("p", { class: "reason" }, `No better after ${days(after)}? See: ${see.label}`),
  );
}

function withheld({ label, because: ids }) {
  return h("div", { class: "entry" }, h("h3", null, label), reported(ids));
}

function training({ statement, allowed_activities: activities, return_when: when, recheck_after_days: after, race }) {
  return section(
    "May I run?",
    h("p", { class: "lead" }, statement),
    race && h("p", null, race),
    activities.length > 0 && [
      h("h3", null, "You may do"),
      items(
        "ul",
        activities.map(({ label }) => label),
        "chips",
      ),
    ],
    when.length > 0 && [h("h3", null, "Back to normal when"), items("ul", when)],
    after !== null && h("p", { class: "reason" }, `Check again after ${days(after)}.`),
  );
}

function readings(measurements, round) {
  const inputs = measurements.map((item) => [item, reading(item, state.readings[item.id])]);
  const submit = (event) => {
    event.preventDefault();
    for (const [item, element] of inputs) {
      const value = measured(item, element);
      if (value !== undefined) state.readings[item.id] = value;
    }
    send(round, true);
  };
  const labelled = inputs.map(([item, element]) => h("label", null, `${item.text} (${item.unit})`, element));
  return (
    inputs.length > 0 &&
    h(
      "details",
      { class: "card" },
      h("summary", null, "Add a reading"),
      h(
        "form",
        { submit },
        h("div", { class: "fields" }, labelled),
        h("div", { class: "actions" }, h("button", { type: "submit" }, "Send readings")),
      ),
    )
  );
}

// ---- Refusals

const TITLES = {
  0: "The service cannot be reached",
  401: "The service asks for a key",
  403: "This key may not be used here",
  422: "The service rejected this report",
  429: "Too many requests",
  503: "The service is unavailable",
};

function refused({ problem, retryAfter }, retry) {
  const { status, detail, errors = [], instance } = problem;
  const isKey = status === 401 || status === 403;
  const isFinal = status >= 400 && status < 500 && status !== 429 && !isKey;
  const last = state.last?.notices.filter(({ id, number }) => number || id === "get_help_sooner") ?? [];
  const title = TITLES[status] ?? (isFinal ? "The service rejected this request" : "The service could not answer");
  show(title, (heading) => [
    h("div", { class: "progress" }, h("span", null, status ? `Status ${status}` : "No response")),
    heading,
    h(
      "div",
      { class: "card problem" },
      detail && h("p", { class: "lead" }, detail),
      errors.length > 0 &&
        h(
          "dl",
          null,
          errors.map((fault) =>
            h("div", null, h("dt", null, h("code", null, fault.pointer || "/")), h("dd", null, fault.detail)),
          ),
        ),
      retryAfter && h("p", null, `It asks to wait for ${retryAfter} seconds.`),
      h(
        "p",
        null,
        isFinal
          ? "“Request and response” shows the report as it was sent; a rejection repeats none of its values."
          : "Your answers are kept on this page.",
      ),
      isKey && keyForm(retry),
      h(
        "div",
        { class: "actions" },
        !isFinal && !isKey && button("Try again", retry, "primary"),
        state.rounds.length > 0 && button("Back to the questions", () => render(history.state)),
        isFinal && button("Start again", begin),
      ),
      instance && h("p", { class: "reason" }, "Request id: ", h("code", null, instance)),
    ),
    last.map(({ text }) => h("p", null, text)),
  ]);
}

function keyForm(retry) {
  const field = h("input", { type: "password", autocomplete: "off", required: true });
  const submit = (event) => {
    event.preventDefault();
    key = field.value.trim();
    retry();
  };
  return h(
    "form",
    { submit },
    h("label", { class: "wide" }, "Key of the partner (kept in the memory of this page alone)", field),
    h("div", { class: "actions" }, h("button", { type: "submit", class: "primary" }, "Send with this key")),
  );
}

// ---- Request and response

function draw(line) {
  const names = [];
  document.getElementById("response-line").textContent = line;
  for (const [id, value] of [
    ["request", exchange.report],
    ["response", exchange.response],
  ]) {
    const text = value === null ? "" : JSON.stringify(value, null, 2);
    document.getElementById(id).textContent = text;
    if (text) names.push(...ranges(document.getElementById(id).firstChild, text.matchAll(/"(?:[^"\\]|\\.)*"(?=:)/g)));
  }
  globalThis.Highlight && CSS.highlights.set("name", new Highlight(...names));
}

function* ranges(node, matches) {
  for (const { index, 0: found } of matches) {
    const range = new Range();
    range.setStart(node, index);
    range.setEnd(node, index + found.length);
    yield range;
  }
}

async function copy(text) {
  copied.hidden = true;
  try {
    await navigator.clipboard.writeText(text);
    say("Copied.");
  } catch {
    // the browser allows it on secure origins only
    copied.hidden = false;
    copied.value = text;
    copied.focus();
    copied.select();
    say("Copy the selected text.");
  }
}

function curl() {
  const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;
  const authorization = key ? " -H 'Authorization: Bearer <key>'" : "";
  return `curl -s ${quoted(at("assess"))} -H 'Content-Type: application/json'${authorization} -d ${quoted(JSON.stringify(exchange.report))}`;
}

// ---- Start

function fromLink() {
  const [, encoded] = location.hash.match(/^#report=(.*)$/) ?? [];
  if (encoded === undefined) return null;
  try {
    const found = JSON.parse(decodeURIComponent(encoded));
    if (found?.constructor === Object) return found;
  } catch {} // not JSON
  note = "This link holds no report that can be read. Start here instead.";
  return null;
}

function start() {
  const linked = fromLink();
  return linked ? open(linked, enter) : begin();
}

const load = (path, keep) =>
  fetch(at(path))
    .then((response) => response.json())
    .then(keep, () => null);
const contract = load("openapi.json", (read) => read);
const wide = matchMedia("(min-width: 62rem)");
const fold = () => {
  panel.open = wide.matches;
};

document.getElementById("restart").addEventListener("click", () => {
  note = "";
  begin();
});
document.getElementById("copy-curl").addEventListener("click", () => copy(curl()));
document
  .getElementById("copy-link")
  .addEventListener("click", () => copy(`${at("try")}#report=${encodeURIComponent(JSON.stringify(exchange.report))}`));
document.getElementById("request-line").textContent = "POST /assess";
addEventListener("popstate", ({ state: place }) => (place ? render(place) : start())); // null: another link was opened
wide.addEventListener("change", fold);
fold();

Promise.all([
  load("knowledge/findings", (read) => {
    labels = read.entries;
  }),
  load("knowledge/levels", (read) => {
    levels = read.entries;
  }),
]).then(start);
