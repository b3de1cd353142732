import { html } from "../html/markup.ts";
import { boardHead } from "./board-rows.ts";

const before = "<section><h2>pipeline</h2>";
const begin = '<section id="boards">';

/** A run's page with what boards measured, in the place of what it showed of boards before. */
export function addBoards(page: string, rows: readonly (readonly string[])[]): string {
  const section = html`<section id="boards"><h2>boards</h2>
<div class="wide"><table>
<thead><tr>${boardHead.map((name) => html`<th>${name}</th>`)}</tr></thead>
<tbody>${rows.map((cells) => html`<tr>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>\n`)}</tbody></table></div></section>
`.text;
  const place = page.lastIndexOf(before);
  const end = place === -1 ? page.lastIndexOf("</main>") : place;
  const old = page.indexOf(begin);
  // an earlier section ends where what follows it begins
  return page.slice(0, old === -1 || old > end ? end : old) + section + page.slice(end);
}
