import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { writePhoto } from "./photos.ts";

/** Photos of several shapes with boxes in YOLO's text files, `data.yaml` among them; classes ship and tree. */
export async function writeBoxPhotos(root: string, count: number, { width = 48, height = 32 } = {}): Promise<void> {
  await mkdir(join(root, "labels"), { recursive: true });
  for (let at = 0; at < count; at++) {
    const colour = `#${(0x408000 + at * 3001).toString(16).padStart(6, "0")}`;
    const size = at % 2 === 0 ? { width, height } : { width: height, height: width };
    const name = String(at).padStart(3, "0");
    await writePhoto(join(root, "images", `${name}.png`), { ...size, colour });
    const second = at % 3 === 0 ? "1 0.7 0.6 0.3 0.5\n" : "";
    await writeFile(join(root, "labels", `${name}.txt`), `0 0.3 0.4 0.4 0.5\n${second}`);
  }
  await writeFile(join(root, "data.yaml"), "train: images\nnames: [ship, tree]\n");
}
