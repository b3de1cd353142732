import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { kdflow } from "./command-line.ts";

const fixture = (name: string): string =>
  fileURLToPath(new URL(`../../fixtures/coco-eval/${name}.json`, import.meta.url));
const files = ["--ground-truth", fixture("ground-truth"), "--detections", fixture("detections")];

describe("kdflow evaluate", () => {
  it("prints one JSON object", async () => {
    const { code, stdout, stderr } = await kdflow("evaluate", ...files);
    const { stats, perCategoryAP } = JSON.parse(readFileSync(fixture("expected"), "utf8"));
    const scores = JSON.parse(stdout);
    expect([code, stderr]).toEqual([0, ""]);
    expect(Object.keys(scores)).toEqual([...Object.keys(stats), "perCategoryAP"]);
    expect(Math.abs(scores.APlarge - stats.APlarge)).toBeLessThan(1e-9);
    expect(Object.keys(scores.perCategoryAP)).toEqual(Object.keys(perCategoryAP));
  });

  it("counts as VOC does where asked to", async () => {
    const { stdout } = await kdflow("evaluate", ...files, "--protocol", "voc07");
    expect(Object.keys(JSON.parse(stdout))).toEqual(["AP", "AP50", "perCategoryAP"]);
  });

  it("names what is missing or unknown", async () => {
    const { code, stderr } = await kdflow("evaluate", "--detections", "x.json");
    expect([code, stderr]).toEqual([2, expect.stringContaining("KDF_CLI_USAGE: kdflow evaluate needs --ground-truth")]);
    const protocol = await kdflow("evaluate", ...files, "--protocol", "voc7");
    expect(protocol.stderr).toContain('(did you mean "voc07"?)');
    const file = await kdflow("evaluate", "--ground-truth", "none.json", "--detections", "x.json");
    expect([file.code, file.stderr]).toEqual([2, expect.stringContaining('KDF_INPUT_MISSING_FILE: "none.json"')]);
  });
});
