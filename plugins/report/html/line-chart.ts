import { formatNumber, type LineLook } from "../../../core/index.ts";
import { html, type Markup } from "./markup.ts";
import { roundTicks, type Ticks } from "./ticks.ts";

export interface ChartLine {
  readonly label: string;
  /** Decides colour and dashes. */
  readonly look: LineLook;
  /** Epoch and value; values that are not finite leave a gap. */
  /** The epoch that is ringed. */
  readonly marked?: number | undefined;
  readonly points: readonly (readonly [epoch: number, value: number])[];
}

export interface LineChart {
  readonly title: string;
  /** What the vertical axis counts. */
  readonly axis: string;
  readonly lines: readonly ChartLine[];
}

const width = 480;
const height = 270;
const left = 66;
const right = 468;
const top = 12;
const bottom = 226;
/** Dots of longer lines would run into each other. */
const mostDots = 40;

/** A line chart over epochs as SVG with labelled axes; a dot says its epoch and value when pointed at. */
export function lineChart({ title, axis, lines }: LineChart): Markup {
  const points = lines.flatMap((line) => line.points).filter(([, value]) => Number.isFinite(value));
  const epochs = points.map(([epoch]) => epoch);
  const values = points.map(([, value]) => value);
  const xTicks = roundTicks(Math.min(1, ...epochs), Math.max(2, ...epochs), 8, 1);
  const yTicks = values.length === 0 ? roundTicks(0, 1, 5) : roundTicks(Math.min(...values), Math.max(...values), 5);
  const x = scale(xTicks, left, right);
  const y = scale(yTicks, bottom, top);
  return html`<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${title}">
${yTicks.values.map((value) => horizontal(y(value), yTicks.format(value)))}
${xTicks.values.map((value) => vertical(x(value), xTicks.format(value)))}
<path class="axis" d="M${left} ${top}V${bottom}H${right}"/>
<text x="${(left + right) / 2}" y="${height - 6}" text-anchor="middle">epoch</text>
<text transform="translate(14 ${(top + bottom) / 2}) rotate(-90)" text-anchor="middle">${axis}</text>
${lines.map((line) => drawLine(line, x, y))}
</svg>`;
}

type Scale = (value: number) => number;

/** Maps the range of the ticks to pixels, rounded to tenths so that files stay small. */
function scale({ values }: Ticks, from: number, to: number): Scale {
  const first = values[0] ?? 0;
  const last = values.at(-1) ?? 1;
  return (value) => Math.round(10 * (from + ((value - first) / (last - first)) * (to - from))) / 10;
}

function horizontal(y: number, label: string): Markup {
  return html`<path class="grid" d="M${left} ${y}H${right}"/><text x="${left - 7}" y="${y + 4}" text-anchor="end">${label}</text>
`;
}

function vertical(x: number, label: string): Markup {
  return html`<path class="axis" d="M${x} ${bottom}v5"/><text x="${x}" y="${bottom + 19}" text-anchor="middle">${label}</text>
`;
}

function drawLine({ label, look, points, marked }: ChartLine, x: Scale, y: Scale): Markup {
  let pen = "M";
  let path = "";
  for (const [epoch, value] of points) {
    if (Number.isFinite(value)) path += `${pen}${x(epoch)} ${y(value)}`;
    pen = Number.isFinite(value) ? "L" : "M";
  }
  const dots = points.length > mostDots ? [] : points.filter(([, value]) => Number.isFinite(value));
  const ringed = points.find(([epoch, value]) => epoch === marked && Number.isFinite(value));
  return html`<g class="line ${look}">${
    ringed && html`<circle class="best" cx="${x(ringed[0])}" cy="${y(ringed[1])}" r="6"/>`
  }<path d="${path === "" ? "M0 0" : path}"/>${dots.map(
    ([epoch, value]) =>
      html`<circle cx="${x(epoch)}" cy="${y(value)}" r="3"><title>${label}, epoch ${epoch}: ${formatNumber(value)}</title></circle>`,
  )}</g>
`;
}
