import fc from "fast-check";
import { expect, it } from "vitest";
import { html } from "../../../../plugins/report/html/markup.ts";
import { markupProblems } from "../../../support/markup-problems.ts";

it("escapes text and keeps markup", () => {
  const name = `<b title="x">it's & co</b>`;
  expect(html`<p title="${name}">${name}${html`<i>${1}</i>`}${undefined}</p>`.text).toBe(
    '<p title="&lt;b title=&quot;x&quot;&gt;it&#39;s &amp; co&lt;/b&gt;">' +
      "&lt;b title=&quot;x&quot;&gt;it&#39;s &amp; co&lt;/b&gt;<i>1</i></p>",
  );
});

it("joins lists", () => {
  expect(html`<ul>${["a", "<"].map((text) => html`<li>${text}</li>`)}</ul>`.text).toBe(
    "<ul><li>a</li><li>&lt;</li></ul>",
  );
});

it("does not take an object that looks like markup for markup", () => {
  const fromJson = JSON.parse('{"text":"<script></script>"}') as never;
  expect(() => html`<p>${fromJson}</p>`).toThrow();
});

it("replaces characters that no page may hold", () => {
  expect(html`${"a\u0000b\u001b[1m\ud800\tc\n"}`.text).toBe("a\ufffdb\ufffd[1m\ufffd\tc\n");
});

it("is well-formed whatever the text", () => {
  const texts = fc.string({ unit: "binary" });
  fc.assert(
    fc.property(texts, texts, (attribute, text) => {
      expect(markupProblems(html`<p title="${attribute}">${text}</p>`.text)).toEqual([]);
    }),
    { seed: 42 },
  );
});
