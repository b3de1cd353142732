/** The losses on a teacher's boxes in plain float64, cell by cell; nothing of it comes from the code under test. */

/** A row of the teacher: left, top, right, bottom in pixels, objectness, class probabilities. */
export interface OracleRow {
  readonly corners: readonly [number, number, number, number];
  readonly objectness: number;
  readonly classes: readonly number[];
}

/** One level of the student: `cells[image][row][column][anchor]` are its numbers. */
export interface OracleLevel {
  readonly stride: number;
  readonly anchors: readonly (readonly [number, number])[];
  readonly side: number;
  /** Values `[image, row, column, anchor · numbers]`. */
  readonly values: readonly number[];
}

export interface OracleCase {
  readonly levels: readonly OracleLevel[];
  /** By image. */
  readonly rows: readonly (readonly OracleRow[])[];
  readonly known: readonly boolean[];
  readonly side: number;
}

export interface OracleOptions {
  readonly box: number;
  readonly class: number;
  readonly objectness: number;
  readonly background: "ignore" | "zero";
}

const balance = [4, 1, 0.4];
const eps = 1e-7;
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const entropy = (logit: number, target: number): number =>
  Math.max(logit, 0) - target * logit + Math.log1p(Math.exp(-Math.abs(logit)));
const scoreOf = ({ objectness, classes }: OracleRow): number => objectness * Math.max(...classes);

interface Cell {
  readonly image: number;
  readonly level: number;
  readonly row: number;
  readonly column: number;
  readonly anchor: number;
}

const nameOf = ({ image, level, row, column, anchor }: Cell): string => [image, level, row, column, anchor].join();

function numbersAt({ levels, known }: OracleCase, { image, level, row, column, anchor }: Cell): readonly number[] {
  const { side = 0, anchors = [], values = [] } = levels[level] ?? {};
  const width = 5 + known.length;
  const at = (((image * side + row) * side + column) * anchors.length + anchor) * width;
  return values.slice(at, at + width);
}

/** Middle and sides in pixels. */
function boxAt(given: OracleCase, cell: Cell): readonly [number, number, number, number] {
  const [x = 0, y = 0, w = 0, h = 0] = numbersAt(given, cell);
  const { stride = 1, anchors = [] } = given.levels[cell.level] ?? {};
  const [width, height] = anchors[cell.anchor] ?? [1, 1];
  return [
    (2 * sigmoid(x) - 0.5 + cell.column) * stride,
    (2 * sigmoid(y) - 0.5 + cell.row) * stride,
    (2 * sigmoid(w)) ** 2 * width,
    (2 * sigmoid(h)) ** 2 * height,
  ];
}

/** IoU − ρ²/c² − α v, sides in cells as the loss has them, which matters for ε alone. */
function ciou(
  one: readonly number[],
  corners: OracleRow["corners"],
  stride: number,
  alpha?: number,
): { readonly value: number; readonly alpha: number } {
  const [x, y, w, h] = one.map((number) => number / stride) as [number, number, number, number];
  const [left, top, right, bottom] = corners.map((edge) => edge / stride) as [number, number, number, number];
  const across = Math.max(0, Math.min(x + w / 2, right) - Math.max(x - w / 2, left));
  const down = Math.max(0, Math.min(y + h / 2, bottom) - Math.max(y - h / 2, top));
  const [height, trueHeight] = [h + eps, bottom - top + eps];
  const iou = (across * down) / (w * height + (right - left) * trueHeight - across * down + eps);
  const around =
    (Math.max(x + w / 2, right) - Math.min(x - w / 2, left)) ** 2 +
    (Math.max(y + h / 2, bottom) - Math.min(y - h / 2, top)) ** 2;
  const apart = (x - (left + right) / 2) ** 2 + (y - (top + bottom) / 2) ** 2;
  const angle = Math.atan((right - left) / (trueHeight + eps)) - Math.atan(w / (height + eps));
  const v = (4 / Math.PI ** 2) * angle ** 2;
  const weight = alpha ?? v / (v - iou + 1 + eps);
  return { value: iou - apart / (around + eps) - weight * v, alpha: weight };
}

function sides([left, top, right, bottom]: OracleRow["corners"]): readonly [number, number] {
  return [right - left, bottom - top];
}

function ratioOf(row: OracleRow, [width, height]: readonly [number, number]): number {
  const [w, h] = sides(row.corners);
  return Math.max(w / width, width / w, h / height, height / h);
}

function knownEntropy(given: OracleCase, cell: Cell, classes: readonly number[]): number {
  const logits = numbersAt(given, cell).slice(5);
  const own = logits.map((logit, id) => (given.known[id] === true ? entropy(logit, classes[id] ?? 0) : 0));
  return own.reduce((sum, each) => sum + each, 0) / Math.max(1, given.known.filter(Boolean).length);
}

/** Σ over levels of balance · mean over all cells, of those that count. */
function objectTerm(
  given: OracleCase,
  targets: ReadonlyMap<string, number>,
  background: OracleOptions["background"],
  distance: (logit: number, target: number) => number,
): number {
  const zeros = background === "zero" && given.known.every(Boolean);
  let total = 0;
  given.levels.forEach(({ side, anchors }, level) => {
    const count = given.rows.length * side * side * anchors.length;
    for (let image = 0; image < given.rows.length; image++)
      for (let row = 0; row < side; row++)
        for (let column = 0; column < side; column++)
          for (let anchor = 0; anchor < anchors.length; anchor++) {
            const cell = { image, level, row, column, anchor };
            const target = targets.get(nameOf(cell));
            if (target === undefined && !zeros) continue;
            total += ((balance[level] ?? 0) * distance(numbersAt(given, cell)[4] ?? 0, target ?? 0)) / count;
          }
  });
  return total;
}

/** The row that has each claimed cell, by the cell's name. */
function claimsOf(given: OracleCase): ReadonlyMap<string, { readonly cell: Cell; readonly row: OracleRow }> {
  const claims = new Map<string, { readonly cell: Cell; readonly row: OracleRow }>();
  given.rows.forEach((rows, image) => {
    for (const row of [...rows].sort((one, other) => scoreOf(other) - scoreOf(one))) {
      let [least, found]: [number, Cell | undefined] = [4, undefined];
      given.levels.forEach(({ anchors, stride, side }, level) => {
        anchors.forEach((anchor, place) => {
          if (ratioOf(row, anchor) >= least) return;
          const [left, top, right, bottom] = row.corners;
          const at = (middle: number): number => Math.min(side - 1, Math.max(0, Math.floor(middle / stride)));
          least = ratioOf(row, anchor);
          found = { image, level, row: at((top + bottom) / 2), column: at((left + right) / 2), anchor: place };
        });
      });
      if (found !== undefined && !claims.has(nameOf(found))) claims.set(nameOf(found), { cell: found, row });
    }
  });
  return claims;
}

/** |s − t|^β · BCE(s, t), with s and 1 − s worked out as they are. */
function qualityFocal(objectness: number, logit: number | undefined, target: number, beta: number): number {
  const score = sigmoid(objectness) * (logit === undefined ? 1 : sigmoid(logit));
  const part = (share: number, of: number): number => (share === 0 ? 0 : -share * Math.log(of));
  return Math.abs(score - target) ** beta * (part(target, score) + part(1 - target, 1 - score));
}

export function kdQflOracle(
  given: OracleCase,
  { beta, background }: { readonly beta: number; readonly background: OracleOptions["background"] },
): number {
  const claims = claimsOf(given);
  const { known } = given;
  const termOf = (cell: Cell, targets: readonly number[]): number => {
    const [, , , , objectness = 0, ...logits] = numbersAt(given, cell);
    return known.reduce((sum, isKnown, id) => {
      const logit = known.length === 1 ? undefined : logits[id];
      return isKnown ? sum + qualityFocal(objectness, logit, targets[id] ?? 0, beta) : sum;
    }, 0);
  };
  let [total, weight] = [0, 0];
  for (const { cell, row } of claims.values()) {
    const targets = row.classes.map((prob) => row.objectness * prob);
    total += termOf(cell, targets);
    weight += Math.max(...targets.map((target, id) => (known[id] === true ? target : 0)));
  }
  if (background === "zero" && known.every(Boolean)) {
    given.levels.forEach(({ side, anchors }, level) => {
      for (let image = 0; image < given.rows.length; image++)
        for (let row = 0; row < side; row++)
          for (let column = 0; column < side; column++)
            for (let anchor = 0; anchor < anchors.length; anchor++) {
              const cell = { image, level, row, column, anchor };
              if (!claims.has(nameOf(cell))) total += termOf(cell, []);
            }
    });
  }
  return total / Math.max(1, weight);
}

/** @param start the same case where targets are made, which stays as it is while the student's numbers move */
export function objectnessScaledOracle(
  given: OracleCase,
  start: OracleCase,
  options: OracleOptions & { readonly boxLoss: "ciou" | "l1"; readonly objectnessLoss: "bce" | "mse" },
): number {
  const claims = claimsOf(given);
  const all = [...claims.values()];
  const weight = Math.max(
    1,
    all.reduce((sum, { row }) => sum + row.objectness, 0),
  );
  let [box, classes] = [0, 0];
  for (const { cell, row } of all) {
    const { stride = 1 } = given.levels[cell.level] ?? {};
    const own = boxAt(given, cell);
    const frozen = ciou(boxAt(start, cell), row.corners, stride).alpha;
    const [w, h] = sides(row.corners);
    const [left, top, right, bottom] = row.corners;
    const l1 =
      (Math.abs(own[0] - (left + right) / 2) + Math.abs(own[2] - w)) / (4 * w) +
      (Math.abs(own[1] - (top + bottom) / 2) + Math.abs(own[3] - h)) / (4 * h);
    box += row.objectness * (options.boxLoss === "l1" ? l1 : 1 - ciou(own, row.corners, stride, frozen).value);
    classes += row.objectness * knownEntropy(given, cell, row.classes);
  }
  const targets = new Map([...claims].map(([name, { row }]) => [name, row.objectness]));
  const distance = options.objectnessLoss === "mse" ? (l: number, t: number) => (sigmoid(l) - t) ** 2 : entropy;
  const objects = objectTerm(given, targets, options.background, distance);
  return (options.box * box + options.class * classes) / weight + options.objectness * objects;
}

/** With `assign: anchor`. The rows are those that suppression leaves. */
export function boxSoftOracle(given: OracleCase, start: OracleCase, options: OracleOptions): number {
  let [box, classes] = [0, 0];
  const targets = new Map<string, number>();
  given.levels.forEach(({ anchors, stride, side }, level) => {
    const matches: { readonly cell: Cell; readonly row: OracleRow }[] = [];
    given.rows.forEach((rows, image) => {
      rows.forEach((row) => {
        const [left, top, right, bottom] = row.corners;
        const [x, y] = [(left + right) / 2 / stride, (top + bottom) / 2 / stride];
        const near = (place: number): boolean => place % 1 < 0.5 && place > 1;
        const moves = [
          [0, 0, true],
          [-1, 0, near(x)],
          [0, -1, near(y)],
          [1, 0, near(side - x)],
          [0, 1, near(side - y)],
        ] as const;
        anchors.forEach((anchor, place) => {
          if (ratioOf(row, anchor) >= 4) return;
          moves.forEach(([across, down, applies]) => {
            if (!applies) return;
            const cell = { image, level, row: Math.floor(y) + down, column: Math.floor(x) + across, anchor: place };
            matches.push({ cell, row });
          });
        });
      });
    });
    // the surest is written last
    matches.sort((one, other) => scoreOf(one.row) - scoreOf(other.row));
    const weight = Math.max(
      1,
      matches.reduce((sum, { row }) => sum + scoreOf(row), 0),
    );
    for (const { cell, row } of matches) {
      const before = ciou(boxAt(start, cell), row.corners, stride);
      const now = ciou(boxAt(given, cell), row.corners, stride, before.alpha);
      box += (scoreOf(row) * (1 - now.value)) / weight;
      classes += (scoreOf(row) * knownEntropy(given, cell, row.classes)) / weight;
      targets.set(nameOf(cell), row.objectness * Math.max(0, before.value));
    }
  });
  const objects = objectTerm(given, targets, options.background, entropy);
  return options.box * box + options.class * classes + options.objectness * objects;
}
