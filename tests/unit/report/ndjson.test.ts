import { expect, it } from "vitest";
import { KdflowError } from "../../../core/errors/kdflow-error.ts";
import { createHooks } from "../../../core/plugins/hooks.ts";
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
