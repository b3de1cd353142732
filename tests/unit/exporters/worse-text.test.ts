import { expect, it } from "vitest";
import type { MetricLoss } from "../../../plugins/exporters/quantize/metric-loss.ts";
import { worseText } from "../../../plugins/exporters/tensorflow/worse-text.ts";

const scores: MetricLoss = {
  metric: "ap",
  split: "validation",
  sampleCount: 13,
  before: { ap: 0.705 },
  after: { ap: 0.132 },
  lost: 0.573,
  allowed: 0.01,
};
const head = (precision: string) =>
  `the TFLite file with ${precision} has ap 0.1320, the trained network 0.7050, more apart than 0.01`;

it("a TFLite file of eight bits that lost too much says that its layers are not known, and how they are found", () => {
  const text = worseText("the TFLite file", "int8", scores);
  expect(text.startsWith(`${head("int8")}; which layers cost it is not measured in TFLite files`)).toBe(true);
  expect(text).toContain("`quantize: int8` of `export: onnx`");
  expect(text).toContain("QuantizationDebugger");
});

it("one of sixteen bits says its scores alone, and a score that is missing is told", () => {
  expect(worseText("the TFLite file", "float16", scores)).toBe(head("float16"));
  expect(worseText("the TFLite file", "float16", { ...scores, after: {} })).toContain("has ap no value");
});
