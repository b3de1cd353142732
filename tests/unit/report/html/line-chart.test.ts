import { expect, it } from "vitest";
import { type ChartLine, lineChart } from "../../../../plugins/report/html/line-chart.ts";
import { markupProblems } from "../../../support/markup-problems.ts";

function draw(...lines: readonly ChartLine[]): string {
  return lineChart({ title: "loss by epoch", axis: "loss", lines }).text;
}

it("draws a line for each stage, with labelled axes and a dot for each epoch", () => {
  const svg = draw(
    {
      label: "train",
      look: "student",
      points: [
        [1, 2],
        [2, 1],
        [3, 0],
      ],
    },
    {
      label: "train.baseline",
      look: "baseline",
      points: [
        [1, 2],
        [3, 1],
      ],
    },
  );
  expect(markupProblems(svg)).toEqual([]);
  // The plot is 66…468 wide and 226…12 high, here for epochs 1…3 and losses 0…2.
  expect(svg).toContain('<g class="line student"><path d="M66 12L267 119L468 226"/>');
  expect(svg).toContain('<g class="line baseline"><path d="M66 12L468 119"/>');
  expect(svg).toContain("<title>train, epoch 2: 1</title>");
  expect(svg).toMatch(/>epoch<\/text>[\s\S]*>loss<\/text>/);
});

it("leaves a gap where a value is not finite", () => {
  const points = [
    [1, 1],
    [2, Number.NaN],
    [3, 0],
    [4, 1],
  ] as const;
  const svg = draw({ label: "train", look: "student", points });
  expect(svg).toContain('<path d="M66 12M334 226L468 12"/>');
  expect(svg).not.toContain("NaN");
});

it("draws empty axes where nothing is finite", () => {
  const svg = draw({ label: "train", look: "student", points: [[1, Number.NaN]] });
  expect(markupProblems(svg)).toEqual([]);
  expect(svg).not.toMatch(/NaN|Infinity|undefined/);
});

it("leaves out the dots of long lines", () => {
  const points = Array.from({ length: 300 }, (_, i) => [i + 1, i] as const);
  expect(draw({ label: "train", look: "student", points })).not.toContain("<circle");
});
