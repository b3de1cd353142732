import { describe, expect, it } from "vitest";
import { formatBar, formatProgress, remainingMs, speed, traceProgress } from "../../../core/report/progress-line.ts";
import { asciiGlyphs, unicodeGlyphs } from "../../../core/report/style.ts";
import { displayWidth } from "../../../core/report/text-width.ts";

const images = (done: number, more = {}) => ({ unit: "images", done, total: 1000, ...more });

describe("traceProgress", () => {
  it("measures speed from the first report on, so that resumed work does not count", () => {
    const first = traceProgress(undefined, "teacher", images(500), 10_000);
    expect(speed(first)).toBeUndefined();
    const second = traceProgress(first, "teacher", images(700), 12_000);
    expect(speed(second)).toBe((700 - 500) / 2);
    expect(remainingMs(second)).toBe((1000 * (1000 - 700)) / 100);
  });

  it("starts anew when the count goes back or another stage works", () => {
    const first = traceProgress(undefined, "teacher", images(900), 0);
    expect(traceProgress(first, "teacher", images(10), 5000).startedAtMs).toBe(5000);
    expect(traceProgress(first, "train", images(950), 5000).startedAtMs).toBe(5000);
    expect(traceProgress(first, "teacher", images(950), 5000).startedAtMs).toBe(0);
  });
});

describe("formatBar", () => {
  it("fills in proportion and stays within its ends", () => {
    expect(formatBar(1, 4, 8, asciiGlyphs)).toBe("##......");
    expect(formatBar(9, 4, 8, asciiGlyphs)).toBe("########");
    expect(formatBar(0, 0, 8, asciiGlyphs)).toBe("........");
  });
});

describe("formatProgress", () => {
  const first = traceProgress(undefined, "train", images(0), 0);
  const trace = traceProgress(first, "train", images(250, { label: "epoch 2/3", values: { loss: 0.3125 } }), 500);

  it("shows stage, bar, loss, speed and what is left", () => {
    expect(formatProgress(trace, 100, unicodeGlyphs)).toBe(
      "train  epoch 2/3  █████░░░░░░░░░░░░░░░  25%  ETA 1.5 s  loss 0.3125  500 images/s",
    );
  });

  it("shows the speed once where the stage reports its own", () => {
    const own = traceProgress(first, "train", images(250, { values: { imagesPerSecond: 1843 } }), 500);
    expect(formatProgress(own, 79, asciiGlyphs)).toBe("train  ###.........  25%  ETA 1.5 s  images/s 1,843");
  });

  it("fits any width", () => {
    for (let columns = 0; columns <= 90; columns += 1) {
      expect(displayWidth(formatProgress(trace, columns, unicodeGlyphs))).toBeLessThanOrEqual(columns);
    }
  });
});
