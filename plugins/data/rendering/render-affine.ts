import type { ImageSize, PixelEdit } from "../../../core/index.ts";

type Movement = Extract<PixelEdit, { readonly op: "shear" | "translate" | "rotate" }>;

/** Source place of an output pixel's centre: x = a · x + b · y + c, y = d · x + e · y + f, in pixels from the corner. */
type InverseMap = readonly [a: number, b: number, c: number, d: number, e: number, f: number];

/** Moves the image, in place: each pixel takes the nearest one of the image as it was, zero outside. */
export function moveNearest(pixels: Uint8Array, size: ImageSize, movement: Movement): void {
  const { height, width, channels } = size;
  const [a, b, c, d, e, f] = inverseMap(movement, size);
  const before = pixels.slice();
  pixels.fill(0);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const fromX = Math.floor(a * (x + 0.5) + b * (y + 0.5) + c);
      const fromY = Math.floor(d * (x + 0.5) + e * (y + 0.5) + f);
      if (fromX < 0 || fromY < 0 || fromX >= width || fromY >= height) continue;
      const target = (y * width + x) * channels;
      const from = (fromY * width + fromX) * channels;
      for (let channel = 0; channel < channels; channel++) pixels[target + channel] = before[from + channel] as number;
    }
  }
}

function inverseMap(movement: Movement, { height, width }: ImageSize): InverseMap {
  if (movement.op === "translate") {
    return [1, 0, -Math.trunc(movement.x * width), 0, 1, -Math.trunc(movement.y * height)];
  }
  if (movement.op === "shear") return [1, movement.x, 0, movement.y, 1, 0];
  const angleRad = (movement.degrees * Math.PI) / 180;
  const [cos, sin] = [Math.cos(angleRad), Math.sin(angleRad)];
  const [middleX, middleY] = [width / 2, height / 2];
  return [cos, -sin, middleX - cos * middleX + sin * middleY, sin, cos, middleY - sin * middleX - cos * middleY];
}
