import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { demoPage } from "./demo-page.ts";
import { demoScript } from "./demo-script.ts";

/** The page, its script, and TensorFlow.js as it is published (Apache License 2.0), so that nothing is fetched from elsewhere. */
export async function demoFiles(): Promise<readonly { readonly path: string; readonly content: string }[]> {
  const library = dirname(createRequire(import.meta.url).resolve("@tensorflow/tfjs/package.json"));
  return [
    { path: "index.html", content: demoPage },
    { path: "demo.js", content: demoScript },
    { path: "tf.min.js", content: await readFile(join(library, "dist", "tf.min.js"), "utf8") },
  ];
}
