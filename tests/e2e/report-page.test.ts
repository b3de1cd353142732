import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";
import { expect, it } from "vitest";
import type { Metrics, RunReport } from "../../core/index.ts";
import { epochsOfHistory } from "../../core/report/training-curve.ts";
import { runPage } from "../../plugins/report/html/page.ts";
import { ConfusionCount } from "../../plugins/tasks/classification/class-details.ts";
import { classificationMetric } from "../../plugins/tasks/classification/scorer.ts";
import { markupProblems } from "../support/markup-problems.ts";

const browserPath = "/usr/bin/chromium";
const classNames = Array.from({ length: 20 }, (_, at) => `a class with a rather long name ${at}`);
const verdict = "the teacher helps: +1.4 ± 0.3 points of top-1 accuracy";

/** A report with long words everywhere. */
function report(status: "ok" | "interrupted"): RunReport {
  const counted = new ConfusionCount(classNames);
  for (let truth = 0; truth < 20; truth++) for (let answer = 0; answer <= truth; answer++) counted.add(truth, answer);
  const metrics: Metrics = {
    task: "classification",
    names: classificationMetric.names,
    split: "test",
    sampleCount: 210,
    rows: (["teacher", "student", "baseline"] as const).map((role) => ({
      role,
      stages: [role === "student" ? "train" : role],
      metrics: { top1: { mean: 0.5, sd: 0.01 }, perClass: { mean: 0.5, sd: 0.01 } },
    })),
    details: { train: counted.details() },
    verdict: { metric: "top1", gain: 0.014, interval: [0.008, 0.02], text: verdict },
  };
  const history = [1, 2, 3].map((epoch) => ({
    epoch,
    learningRate: 0.1 / epoch,
    losses: { loss: 1 / epoch },
    validation: { top1: epoch === 2 ? 0.9 : 0.5 },
  }));
  const stage = { stage: "train", kind: "train", provider: "distill", state: "run", durationMs: 3000 } as const;
  return {
    record: {
      version: 1,
      runId: "20260101-000000-abcdef",
      pipeline: "a-pipeline-with-a-name-that-is-longer-than-a-phone-is-wide-in-one-word",
      file: "/home/somebody/projects/with/a/long/path/and-a-long-name-of-the-file-itself.yaml",
      command: ["run", "my pipeline.yaml", "--force", "train", "--set", "stages.train.epochs=3"],
      startedAt: "2026-01-01T00:00:00.000Z",
      endedAt: "2026-01-01T00:01:00.000Z",
      status,
      backend: "tensorflow",
      versions: { kdflow: "0.1.0" },
      stages: [],
      metrics: { evaluate: metrics },
      error: null,
    },
    seen: {
      stages: new Map([["train", { ...stage, key: "0123456789abcdef".repeat(4), error: undefined }]]),
      notes: [],
      warnings: [],
      epochs: new Map(),
      shares: new Map(),
    },
    curves: [
      {
        stage: "train",
        group: "train",
        look: "student",
        names: classificationMetric.names,
        epochs: epochsOfHistory(history),
        best: 2,
        shares: [],
      },
    ],
    gates: new Map(),
    pipelineYaml: "kdflow: 1\n",
    errorText: undefined,
  };
}

it("begins with the verdict, before anything else of the run", () => {
  const page = runPage(report("ok"));
  expect(markupProblems(page)).toEqual([]);
  expect(page.indexOf(verdict)).toBeGreaterThan(0);
  expect(page.indexOf(verdict)).toBeLessThan(page.indexOf("<dl>"));
  expect(page.split(verdict)).toHaveLength(2);
  expect(page).not.toContain("resume with");
});

it("gives the command that goes on where the run was interrupted, without what would start it anew", () => {
  const page = runPage(report("interrupted"));
  const words = "kdflow run &#39;my pipeline.yaml&#39; --set stages.train.epochs=3";
  expect(page).toContain(`resume with: <code>${words}</code>`);
});

it("shows accuracy by class and what is taken for what", () => {
  const page = runPage(report("ok"));
  // the third class has three images, one of them right
  expect(page).toContain("<tr><th>a class with a rather long name 2</th><td>33.3 %</td></tr>");
  expect(page.match(/class="(hit|miss) shade/g)).toHaveLength(20 * 20);
});

it.skipIf(!existsSync(browserPath))("fits a phone: nothing but tables moves sideways", async () => {
  const folder = await mkdtemp(join(tmpdir(), "kdflow-report-"));
  const browser = await chromium.launch({ executablePath: browserPath, args: ["--no-sandbox"] });
  try {
    await writeFile(join(folder, "report.html"), runPage(report("interrupted")));
    const page = await browser.newPage({ viewport: { width: 360, height: 800 } });
    await page.goto(pathToFileURL(join(folder, "report.html")).href);
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(360);
  } finally {
    await browser.close();
    await rm(folder, { recursive: true, force: true });
  }
});
