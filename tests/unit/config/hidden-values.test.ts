import { describe, expect, test } from "vitest";
import { HiddenValues, withNames } from "../../../core/config/hidden-values.ts";

describe("hidden values", () => {
  test("are replaced by their names in texts and data, also as markup and JSON write them", () => {
    const hidden = new HiddenValues();
    hidden.add("TOKEN", 'pass"<$&>');
    hidden.add("SHORT", "data");
    expect(hidden.text('/srv/pass"<$&>/x and data')).toBe("/srv/$env.TOKEN/x and data");
    expect(hidden.text("<b>pass&quot;&lt;$&amp;&gt;</b>")).toBe("<b>$env.TOKEN</b>");
    expect(hidden.text(JSON.stringify({ a: 'pass"<$&>' }))).toBe('{"a":"$env.TOKEN"}');
    expect(hidden.data({ list: ['pass"<$&>', 3, null] })).toEqual({ list: ["$env.TOKEN", 3, null] });
  });
});

describe("options with names", () => {
  test.each([
    ["numbers", { limit: 777, views: 1 }, { limit: 777 }, { limit: "$env.N" }, { limit: "$env.N", views: 1 }],
    [
      "maps and lists",
      { a: { b: [1, 2] } },
      { a: { b: [1, 2] } },
      { a: { b: [1, "$env.N"] } },
      { a: { b: [1, "$env.N"] } },
    ],
    [
      "a short form",
      { net: { use: "resnet", depth: 8 } },
      { net: "resnet" },
      { net: "$env.N" },
      { net: { use: "$env.N", depth: 8 } },
    ],
    [
      "a loss term's options and weight",
      { kd: { use: "kd", weight: 0.5, options: { temperature: 4 } } },
      { kd: { weight: 0.5, temperature: 4 } },
      { kd: { weight: "$env.W", temperature: "$env.T" } },
      { kd: { use: "kd", weight: "$env.W", options: { temperature: "$env.T" } } },
    ],
    ["what is gone", { a: 1 }, { b: 2 }, { b: "$env.N" }, { a: 1 }],
  ])("name %s", (_, options, written, recorded, expected) => {
    expect(withNames(options, written, recorded)).toEqual(expected);
  });
});
