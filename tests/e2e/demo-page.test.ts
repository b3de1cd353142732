import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import type { LayersModel } from "@tensorflow/tfjs";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Dataset, Model } from "../../core/index.ts";
import { defaultOptions } from "../../core/testing/index.ts";
import { yolo } from "../../plugins/data/yolo.ts";
import { graphModel } from "../../plugins/exporters/graph-model.ts";
import { writeBoxPhotos } from "../support/box-photos.ts";
import { runExporter, storedModel } from "../support/export-bench.ts";
import { writeTinyMnist } from "../support/mnist.ts";
import { writePhoto } from "../support/photos.ts";
import { openWorkbench, type Workbench } from "../support/stage-workbench.ts";
import { buildDetector } from "../unit/networks/build-detector.ts";
import { backend, buildNetwork, tf } from "../unit/networks/build-network.ts";

/** Debian's browser; the package brings none. */
const browserPath = "/usr/bin/chromium";
const missing = existsSync(browserPath) ? undefined : `there is no ${browserPath}`;
const kinds: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".json": "application/json",
};

let workbench: Workbench;
let root: string;
let browser: Browser;
let server: Server;
let served = "";

beforeAll(async () => {
  if (missing !== undefined) return;
  workbench = await openWorkbench();
  root = await mkdtemp(join(tmpdir(), "kdflow-demo-"));
  server = createServer((request, response) => {
    const path = request.url === "/" ? "/index.html" : (request.url ?? "");
    readFile(join(served, path)).then(
      (bytes) =>
        response.writeHead(200, { "content-type": kinds[extname(path)] ?? "application/octet-stream" }).end(bytes),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const args = [
    "--no-sandbox",
    "--use-gl=swiftshader",
    "--enable-unsafe-swiftshader",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
  ];
  browser = await chromium.launch({ executablePath: browserPath, args });
});

afterAll(async () => {
  if (missing !== undefined) return;
  await browser.close();
  server.close();
  await workbench[Symbol.asyncDispose]();
  await rm(root, { recursive: true, force: true });
});

/** The page of a model, once it has loaded; requests to other hosts fail the test. */
async function opened(model: Model, data: Dataset): Promise<Page> {
  const options = { input: "tensor", fit: "crop", batch: "dynamic", boxes: "decoded", demo: true };
  served = (await runExporter(root, graphModel, options, { model: [model], data })).directory;
  const address = server.address();
  const origin = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
  const page = await browser.newPage({ viewport: { width: 1100, height: 720 } });
  await page.route(
    (url) => url.origin !== origin && url.protocol.startsWith("http"),
    (route) => route.abort(),
  );
  await page.goto(`${origin}/`);
  await page.waitForSelector("body[data-state=ready]", { timeout: 60_000 });
  return page;
}

/** An untrained detector is sure of nothing; with larger biases it is sure of boxes all over. */
function makeSure({ outputs }: LayersModel): void {
  for (const { sourceLayer } of outputs) {
    const [kernel, bias] = sourceLayer.getWeights();
    if (kernel !== undefined && bias !== undefined) sourceLayer.setWeights([kernel, tf.add(bias, 5)]);
  }
}

async function dropPicture(page: Page, file: string): Promise<void> {
  const bytes = [...(await readFile(file))];
  await page.evaluate(
    `{ const given = new DataTransfer();
       given.items.add(new File([Uint8Array.from(${JSON.stringify(bytes)})], "picture.png", { type: "image/png" }));
       document.getElementById("drop").dispatchEvent(new DragEvent("drop", { dataTransfer: given, cancelable: true })); }`,
  );
  await page.waitForSelector("body[data-shown]", { timeout: 60_000 });
}

const screenshot = async (page: Page, name: string): Promise<void> => {
  const folder = process.env["KDFLOW_SCREENSHOTS"];
  if (folder !== undefined) await page.screenshot({ path: join(folder, `${name}.png`) });
};

describe.skipIf(missing !== undefined)(
  `the page of a graph model${missing === undefined ? "" : ` (${missing})`}`,
  () => {
    test("answers as the classifier does, in a browser", async () => {
      await writeTinyMnist(join(workbench.folder, "digits"), { train: 100, test: 16 });
      const data = await workbench.data({ root: "digits" });
      const backbone = { use: "shufflenet-v2", width: 0.25 } as const;
      const model = await storedModel(
        root,
        await buildNetwork({ backbone, size: 28, channels: 1, classes: 10, seed: 1 }),
        data,
      );
      const pixels = Uint8Array.from({ length: 2 * 28 * 28 }, (_, place) => (place * 7919) % 256);
      const trained = await model.load(backend, { debug() {}, info() {}, warn() {} });
      const [expected = new Float32Array()] = Object.values(await trained.predict(pixels, 2));
      trained.dispose();

      const page = await opened(model, data);
      const found = (await page.evaluate(
        `(async () => [...await state.model.execute(tf.tensor(${JSON.stringify([...pixels])}, [2, 28, 28, 1], "int32")).data()])()`,
      )) as number[];
      const photo = join(workbench.folder, "photo.png");
      await writePhoto(photo, { width: 120, height: 120, colour: "#808080" });
      await page.setInputFiles("#file", photo);
      await page.waitForSelector("body[data-shown]", { timeout: 60_000 });
      expect(await page.locator("#answers li").count()).toBe(5);
      await screenshot(page, "classifier");

      const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      for (const [place, value] of expected.entries()) {
        expect(Math.abs(value - (found[place] ?? Number.NaN)) / largest).toBeLessThanOrEqual(1e-4);
      }
      await page.close();
    });

    test("draws a detector's boxes on a dropped picture, and on the camera's", async () => {
      await writeBoxPhotos(join(workbench.folder, "boxes"), 12, { width: 480, height: 320 });
      const schema = JSON.parse(
        await readFile(new URL("../../schemas/providers/data/yolo.schema.json", import.meta.url), "utf8"),
      );
      const data = await workbench.data(
        defaultOptions(schema, { root: "boxes", imageSize: 64, validation: 0.3, test: 0.2 }),
        7,
        yolo,
      );
      const options = { backbone: { use: "shufflenet-v2", width: 0.5, stem: "imagenet" }, neck: "pan-lite" };
      const built = await buildDetector({ options, size: 64, classes: 2, fit: data.imageSize.fit });
      const network = (await built.deploy?.()) ?? built.model;
      makeSure(network);
      const page = await opened(await storedModel(root, { ...built, model: network }, data), data);

      await dropPicture(page, join(workbench.folder, "boxes", "images", "000.png"));
      await screenshot(page, "detector");

      const found = await page.locator("#answers li").count();
      const colours = (await page.evaluate(
        `new Set(new Uint32Array(document.getElementById("canvas").getContext("2d").getImageData(0, 0, 480, 320).data.buffer)).size`,
      )) as number;
      expect(found).toBeGreaterThan(0);
      // the picture has one colour, and what is drawn on it others
      expect(colours).toBeGreaterThan(2);
      expect(await page.textContent("#time")).toMatch(/^\d+(\.\d)? ms$/);
      expect(await page.getAttribute("canvas", "width")).toBe("480");
      expect(await page.isHidden("#problem")).toBe(true);

      await page.click("#camera");
      await page.waitForSelector("body[data-shown='3']", { state: "attached", timeout: 60_000 });
      expect(Number(await page.getAttribute("canvas", "width"))).toBeGreaterThan(100);
      await page.close();
    });
  },
);
