import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import type { FoundData, ProviderOf } from "../../../core/index.ts";
import { builtins } from "../../../plugins/index.ts";
import { writeTinyCifar } from "../../support/cifar.ts";
import { writePhoto, writePhotoFolder } from "../../support/photos.ts";

let root: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "kdflow-recognise-"));
});

/** What all providers of data say of a folder, by id. */
async function found(folder: string): Promise<Readonly<Record<string, FoundData>>> {
  const told: Record<string, FoundData> = {};
  for (const provider of builtins.providers ?? []) {
    if (provider.family !== "data" || !("load" in provider)) continue;
    const data = await ((await provider.load()) as ProviderOf<"data">).recognise?.(folder);
    if (data !== undefined) told[provider.id] = data;
  }
  return told;
}

const idx = fileURLToPath(new URL("../../fixtures/idx/whole", import.meta.url));

describe("a folder is recognised by what is in it", () => {
  it("as MNIST's files, or Fashion-MNIST's where its name says so", async () => {
    const digits = await found(idx);
    expect(Object.keys(digits)).toEqual(["mnist"]);
    expect(digits["mnist"]?.options).toEqual({ root: idx });
    expect(digits["mnist"]?.classNames).toHaveLength(10);
    expect(digits["mnist"]?.sizes).toEqual([[28, 28]]);
    await cp(idx, join(root, "fashion-mnist"), { recursive: true });
    expect(Object.keys(await found(join(root, "fashion-mnist")))).toEqual(["fashion-mnist"]);
  });

  it.each([10, 100])("as CIFAR-%i, with its counts", async (version) => {
    const folder = join(root, `cifar-${version}`);
    await writeTinyCifar(folder, version as 10 | 100, 4);
    const { cifar, ...others } = await found(folder);
    expect(others).toEqual({});
    expect(cifar?.options).toEqual({ root: folder, version });
    expect(cifar?.classNames).toHaveLength(version);
    expect(cifar?.counts.train).toBe(version === 10 ? 20 : 4);
  });

  it("as folders of photos by class, with a few sizes", async () => {
    const folder = join(root, "pets");
    await writePhotoFolder(folder, ["cat", "dog"], 3);
    expect(await found(folder)).toEqual({
      "image-folder": {
        options: { root: folder },
        classNames: ["cat", "dog"],
        counts: { train: 6 },
        sizes: Array.from({ length: 6 }, () => [10, 12]),
      },
    });
  });

  it("as VOC's XML, COCO's instances and YOLO's text files, which no folder of classes is", async () => {
    const voc = join(root, "voc");
    await writePhoto(join(voc, "JPEGImages/one.jpg"));
    await mkdir(join(voc, "Annotations"));
    const box = "<bndbox><xmin>1</xmin><ymin>1</ymin><xmax>8</xmax><ymax>8</ymax></bndbox>";
    await writeFile(
      join(voc, "Annotations/one.xml"),
      `<annotation><filename>one.jpg</filename><object><name>cell</name>${box}</object></annotation>`,
    );
    expect(await found(voc)).toMatchObject({ voc: { classNames: ["cell"], counts: { train: 1 }, sizes: [[16, 24]] } });

    const coco = join(root, "coco");
    await mkdir(join(coco, "annotations"), { recursive: true });
    for (const split of ["train", "val"]) {
      await writePhoto(join(coco, `images/${split}.jpg`));
      const json = {
        images: [{ id: 1, file_name: `${split}.jpg`, width: 24, height: 16 }],
        categories: [{ id: 1, name: "apple" }],
        annotations: [{ id: 1, image_id: 1, category_id: 1, bbox: [1, 1, 5, 5], area: 25, iscrowd: 0 }],
      };
      await writeFile(join(coco, `annotations/instances_${split}.json`), JSON.stringify(json));
    }
    expect(await found(coco)).toMatchObject({
      coco: {
        options: { train: "annotations/instances_train.json", validation: "annotations/instances_val.json" },
        classNames: ["apple"],
        counts: { train: 1, validation: 1 },
      },
    });

    const yolo = join(root, "yolo");
    await writePhoto(join(yolo, "images/one.jpg"));
    await mkdir(join(yolo, "labels"));
    await writeFile(join(yolo, "labels/one.txt"), "0 0.5 0.5 0.2 0.2\n");
    await writeFile(join(yolo, "fruit.yaml"), "names: [apple]\ntrain: images\n");
    expect(await found(yolo)).toMatchObject({ yolo: { options: { data: "fruit.yaml" }, counts: { train: 1 } } });
    for (const folder of [voc, coco, yolo]) expect(Object.keys(await found(folder))).toHaveLength(1);
  });

  it("as nothing where it is empty, not there, or holds faults", async () => {
    const empty = join(root, "empty");
    await mkdir(empty);
    expect(await found(empty)).toEqual({});
    expect(await found(join(root, "nowhere"))).toEqual({});
    expect(await found(fileURLToPath(new URL("../../fixtures/idx/truncated", import.meta.url)))).toEqual({});
  });
});

const clothes = fileURLToPath(new URL("../../../../shared/data/classification/clothing-128", import.meta.url));

it.skipIf(!existsSync(clothes))("real photos of clothes are ten classes in three splits", async () => {
  const { "image-folder": photos } = await found(clothes);
  expect(photos?.counts).toEqual({ train: 3068, validation: 341, test: 372 });
  expect(photos?.classNames).toHaveLength(10);
});
