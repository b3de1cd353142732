import { expect, it } from "vitest";
import { formatLog } from "../../../core/report/log-text.ts";
import { plainStyle } from "../../../core/report/style.ts";

const resumed = {
  stage: "teacher",
  level: "info",
  event: "resumed",
  data: { message: "resumed after epoch 2", epoch: 2 },
} as const;
const checkpoint = { ...resumed, level: "debug", event: "checkpoint", data: { epoch: 2, mode: "eager" } } as const;

it("shows people an info entry that has a message, and nothing else", () => {
  expect(formatLog(resumed, false, plainStyle)).toBe("teacher: resumed after epoch 2");
  expect(formatLog({ ...resumed, level: "debug" }, false, plainStyle)).toBeUndefined();
  expect(formatLog({ ...resumed, data: { epoch: 2 } }, false, plainStyle)).toBeUndefined();
});

it("shows every entry in full to who asks for it", () => {
  expect(formatLog(resumed, true, plainStyle)).toBe("info: teacher: resumed  resumed after epoch 2  epoch 2");
  expect(formatLog(checkpoint, true, plainStyle)).toBe("debug: teacher: checkpoint  epoch 2  mode eager");
  const odd = { ...checkpoint, data: { list: [1, 2], none: undefined, loss: 0.25 } };
  expect(formatLog(odd, true, plainStyle)).toBe("debug: teacher: checkpoint  list [1,2]  none undefined  loss 0.2500");
});
