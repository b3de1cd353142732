import { rm } from "node:fs/promises";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { PictureChoice } from "../../../plugins/evaluators/scoring/shown-pictures.ts";
import { picturesSection } from "../../../plugins/report/html/pictures-section.ts";
import { classLabels } from "../../../plugins/tasks/classification/class-labels.ts";
import { mnistFolder } from "../../support/mnist-folder.ts";

/** Logits that answer with `answer` by `margin`. */
function answers(answered: readonly number[], margins: readonly number[]): Float32Array {
  const logits = new Float32Array(answered.length * 10);
  answered.forEach((answer, place) => {
    logits[place * 10 + answer] = margins[place] ?? 0;
  });
  return logits;
}

describe("images that a report shows", () => {
  it("are the first right and wrong ones and the worst mistakes, as small PNGs", async () => {
    const { folder, dataset } = await mnistFolder({ train: 40, test: 20 }, { validation: 0.25 });
    try {
      const split = dataset.splits.test;
      const labels = [...classLabels(split)];
      // the first ten are right, the others wrong, and the last one by most
      const answered = labels.map((label, place) => (place < 10 ? label : (label + 1) % 10));
      const margins = labels.map((_, place) => 1 + place);
      const choice = new PictureChoice(split, dataset.classNames);
      choice.add({ logits: answers(answered, margins) }, Int32Array.from(labels.keys()));
      const pictures = await choice.draw({ height: 28, width: 28, channels: 1 });
      const images = (group: string) => pictures.filter((each) => each.group === group).map(({ image }) => image);
      expect(images("right")).toEqual([0, 1, 2, 3]);
      expect(images("worst")).toEqual([19, 18, 17, 16]);
      expect(images("wrong")).toEqual([10, 11, 12, 13]);
      // image 10 is answered with a margin of 11 over nine others
      const wrong = pictures.find(({ image }) => image === 10);
      expect(wrong?.sure).toBeCloseTo(Math.exp(11) / (Math.exp(11) + 9), 6);
      expect(wrong?.ofTruth).toBeCloseTo(1 / (Math.exp(11) + 9), 6);
      const { width, height, format } = await sharp(Buffer.from(pictures[0]?.png ?? "", "base64")).metadata();
      expect({ width, height, format }).toEqual({ width: 28, height: 28, format: "png" });
      expect(JSON.stringify(pictures).length).toBeLessThan(20_000);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it("stand in the page with their names escaped, and nothing but base64 as a picture", () => {
    const picture = { group: "wrong", image: 3, truth: "<b>cat", answer: "dog", sure: 0.75, ofTruth: 0.2 } as const;
    const shown = picturesSection([{ stage: "evaluate", pictures: [{ ...picture, png: "AAAA" }] }])?.text ?? "";
    expect(shown).toContain('<img alt="image 3" src="data:image/png;base64,AAAA"/>');
    expect(shown).toContain("dog (75 %) for &lt;b&gt;cat (20 %)");
    const odd = picturesSection([{ stage: "evaluate", pictures: [{ ...picture, png: '"/><script>' }] }])?.text ?? "";
    expect(odd).not.toContain("<img");
    expect(odd).not.toContain("script");
    expect(picturesSection([{ stage: "evaluate", pictures: [] }])).toBeUndefined();
  });
});
