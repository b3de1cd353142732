import { expect, it } from "vitest";
import { KdflowError } from "../../../core/errors/kdflow-error.ts";
import { createHooks } from "../../../core/plugins/hooks.ts";
import { eventLine } from "../../../core/report/event-line.ts";
import { reportAsEvents } from "../../../core/report/ndjson.ts";
import { playRun } from "./run-events.ts";

it("forwards every event of a run by name, ending with runEnd", async () => {
  const events: { readonly name: string; readonly data: object }[] = [];
  const hooks = createHooks();
  reportAsEvents(hooks, (name, data) => events.push({ name, data }));
  await playRun(hooks);
  expect([...new Set(events.map(({ name }) => name))]).toEqual([
    "planned",
    "runStart",
    "stageSkipped",
    "stageStart",
    "log",
    "progress",
    "epochEnd",
    "warning",
    "stageEnd",
    "stageFailed",
    "runEnd",
  ]);
  expect(events.at(-1)?.name).toBe("runEnd");
  expect(events.at(-1)?.data).toMatchObject({ status: "failed", directory: ".kdflow/runs/r1", metrics: {} });
});

it("writes an error as plain data with its code and hints", async () => {
  const events: object[] = [];
  const hooks = createHooks();
  reportAsEvents(hooks, (_name, data) => events.push(data));
  const error = new KdflowError("KDF_TRAIN_NOT_FINITE", "the loss is NaN", { hint: "lower the learning rate" });
  await hooks.stageFailed.for("train").promise({ stage: "train", kind: "train", error });
  expect(JSON.parse(JSON.stringify(events))).toEqual([
    {
      stage: "train",
      kind: "train",
      error: { code: "KDF_TRAIN_NOT_FINITE", message: "the loss is NaN", hint: ["lower the learning rate"] },
    },
  ]);
});

it("keeps the hook's name as the event of a log entry or a warning, and theirs as its name", () => {
  const events: object[] = [];
  const hooks = createHooks();
  reportAsEvents(hooks, (event, data) => events.push(JSON.parse(eventLine(event, data))));
  hooks.log.call({ stage: "train", level: "debug", event: "runEnd", data: { epoch: 1 } });
  hooks.warning.call({ stage: undefined, event: "setAside", message: "a result was damaged" });
  expect(events).toMatchObject([
    { v: 1, event: "log", stage: "train", name: "runEnd", level: "debug", data: { epoch: 1 } },
    { v: 1, event: "warning", name: "setAside", message: "a result was damaged" },
  ]);
});
