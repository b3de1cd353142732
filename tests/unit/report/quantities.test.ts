import { describe, expect, it } from "vitest";
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatMillions,
  formatNumber,
  formatValues,
} from "../../../core/report/quantities.ts";

describe("formatDuration", () => {
  it.each([
    [0, "0.0 s"],
    [449, "0.4 s"],
    [12_340, "12.3 s"],
    [59_949, "59.9 s"],
    [59_960, "1m 00s"],
    [125_000, "2m 05s"],
    [3_599_600, "1h 00m"],
    [3_725_000, "1h 02m"],
    [Number.NaN, "–"],
  ])("writes %d ms as %s", (durationMs, text) => {
    expect(formatDuration(durationMs)).toBe(text);
  });
});

describe("formatBytes", () => {
  it.each([
    [0, "0 B"],
    [999, "999 B"],
    [1000, "1.0 KB"],
    [4_249, "4.2 KB"],
    [999_949, "999.9 KB"],
    [999_950, "1.0 MB"],
    [13_700_000, "13.7 MB"],
    [2_100_000_000, "2.1 GB"],
  ])("writes %d bytes as %s", (sizeBytes, text) => {
    expect(formatBytes(sizeBytes)).toBe(text);
  });
});

describe("formatCount and formatMillions", () => {
  it("groups digits by three", () => {
    expect([0, 999, 1000, 1_366_792].map(formatCount)).toEqual(["0", "999", "1,000", "1,366,792"]);
  });

  it("shows small counts of millions with one digit more", () => {
    expect([520_000, 9_990_000, 41_180_000].map(formatMillions)).toEqual(["0.52 M", "9.99 M", "41.2 M"]);
  });
});

describe("formatNumber", () => {
  it.each([
    [0, "0"],
    [0.3125, "0.3125"],
    [12.5, "12.50"],
    [1843, "1,843"],
    [1843.4, "1,843"],
    [-1843, "-1,843"],
    [0.00003, "3.0e-5"],
    [Number.NaN, "NaN"],
    [Number.NEGATIVE_INFINITY, "-Infinity"],
  ])("writes %d as %s", (value, text) => {
    expect(formatNumber(value)).toBe(text);
  });

  it("names rates as people do", () => {
    const values = { loss: 0.3125, imagesPerSecond: 253.98, stepsPerSecond: 1843 };
    expect(formatValues(values)).toBe("loss 0.3125  images/s 254.0  steps/s 1,843");
  });
});
