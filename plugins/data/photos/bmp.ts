/** Pixels of a picture: uint8 `[height, width, 3]`, RGB. */
export interface RgbImage {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array;
}

interface BmpHeader {
  readonly width: number;
  readonly height: number;
  /** Rows from the top down; files have them from the bottom up unless their height is negative. */
  readonly topDown: boolean;
  readonly bitsPerPixel: number;
  /** Where the pixels begin. */
  readonly offset: number;
  /** RGB of each palette entry; empty above 8 bits. */
  readonly palette: Uint8Array;
}

const fileHeaderBytes = 14;
const uncompressed = 0;
const bitFields = 3;
/** Red, green and blue masks of the one 32-bit form with masks that is in use: the same bytes as without masks. */
const usualMasks = [0x00ff_0000, 0x0000_ff00, 0x0000_00ff];

/**
 * Decodes the common uncompressed forms of BMP, which the image decoder does not read: 24 and 32 bits per pixel, and 8
 * bits with a palette, in either order of rows. The fourth byte of 32 bits is not looked at, as most readers do.
 *
 * @throws Error saying in a few words what is wrong or not known
 */
export function decodeBmp(bytes: Buffer): RgbImage {
  const header = parseHeader(bytes);
  const { width, height, bitsPerPixel, topDown, offset, palette } = header;
  const pixelBytes = bitsPerPixel / 8;
  const rowBytes = Math.ceil((width * pixelBytes) / 4) * 4;
  if (offset + rowBytes * height > bytes.length) {
    throw new Error(`BMP ends in the middle: ${bytes.length} bytes, wanted ${offset + rowBytes * height}`);
  }
  const pixels = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    const row = offset + (topDown ? y : height - 1 - y) * rowBytes;
    for (let x = 0; x < width; x++) {
      const from = row + x * pixelBytes;
      const to = (y * width + x) * 3;
      if (bitsPerPixel === 8) {
        const entry = (bytes[from] ?? 0) * 3;
        if (entry >= palette.length) throw new Error(`BMP names colour ${entry / 3} of ${palette.length / 3}`);
        pixels.set(palette.subarray(entry, entry + 3), to);
      } else {
        pixels[to] = bytes[from + 2] ?? 0;
        pixels[to + 1] = bytes[from + 1] ?? 0;
        pixels[to + 2] = bytes[from] ?? 0;
      }
    }
  }
  return { width, height, pixels };
}

function parseHeader(bytes: Buffer): BmpHeader {
  if (bytes.length < fileHeaderBytes + 40) throw new Error(`BMP of ${bytes.length} bytes has no whole header`);
  if (bytes.toString("latin1", 0, 2) !== "BM") throw new Error("not a BMP file: it does not start with BM");
  const infoBytes = bytes.readUInt32LE(14);
  if (infoBytes < 40) throw new Error(`BMP header of ${infoBytes} bytes is not known`);
  const [width, signedHeight] = [bytes.readInt32LE(18), bytes.readInt32LE(22)];
  const height = Math.abs(signedHeight);
  if (width < 1 || height < 1) throw new Error(`BMP of ${width}×${height} pixels`);
  const bitsPerPixel = bytes.readUInt16LE(28);
  if (bitsPerPixel !== 8 && bitsPerPixel !== 24 && bitsPerPixel !== 32) {
    throw new Error(`BMP with ${bitsPerPixel} bits per pixel is not known (8, 24 and 32 are)`);
  }
  assertUncompressed(bytes, bitsPerPixel);
  const colours = bitsPerPixel === 8 ? bytes.readUInt32LE(46) || 256 : 0;
  return {
    width,
    height,
    topDown: signedHeight < 0,
    bitsPerPixel,
    offset: bytes.readUInt32LE(10),
    palette: readPalette(bytes, fileHeaderBytes + infoBytes, colours),
  };
}

function assertUncompressed(bytes: Buffer, bitsPerPixel: number): void {
  const compression = bytes.readUInt32LE(30);
  if (compression === uncompressed) return;
  // the masks stand behind a header of 40 bytes, and inside a longer one, at the same place
  const masked = compression === bitFields && bitsPerPixel === 32 && bytes.length >= 66;
  if (masked && usualMasks.every((mask, place) => bytes.readUInt32LE(54 + 4 * place) === mask)) return;
  throw new Error(`BMP with compression ${compression} is not known`);
}

function readPalette(bytes: Buffer, start: number, colours: number): Uint8Array {
  if (start + colours * 4 > bytes.length || colours > 256) throw new Error(`BMP with a palette of ${colours} colours`);
  const palette = new Uint8Array(colours * 3);
  for (let entry = 0; entry < colours; entry++) {
    for (let channel = 0; channel < 3; channel++) {
      palette[entry * 3 + channel] = bytes[start + entry * 4 + 2 - channel] ?? 0;
    }
  }
  return palette;
}
