/** The page of a demo: one picture with what is found in it, beside the answer in words and the time that it took. */
export const demoPage = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Student at work</title>
<style>
  :root { color-scheme: light dark; --ink: #1b1f24; --soft: #667085; --line: #e4e7ec; --paper: #ffffff; --ground: #f5f6f8; --mark: #2f6fed; }
  @media (prefers-color-scheme: dark) { :root { --ink: #e8eaed; --soft: #98a2b3; --line: #2b313b; --paper: #171b21; --ground: #0e1115; --mark: #6ea0ff; } }
  * { box-sizing: border-box; }
  body { margin: 0; background: var(--ground); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
  main { max-width: 1040px; margin: 0 auto; padding: 32px 20px; }
  h1 { margin: 0; font-size: 26px; letter-spacing: -0.01em; }
  #about { margin: 4px 0 24px; color: var(--soft); }
  .columns { display: grid; grid-template-columns: minmax(0, 3fr) minmax(240px, 2fr); gap: 20px; }
  @media (max-width: 720px) { .columns { grid-template-columns: 1fr; } }
  .card { background: var(--paper); border: 1px solid var(--line); border-radius: 14px; padding: 18px; }
  #drop { position: relative; min-height: 360px; display: grid; place-items: center; border-style: dashed; border-width: 2px; }
  #drop.over { border-color: var(--mark); }
  #drop p { color: var(--soft); text-align: center; margin: 0; }
  canvas { max-width: 100%; max-height: 70vh; border-radius: 8px; }
  [hidden] { display: none !important; }
  .buttons { display: flex; gap: 10px; margin-top: 14px; flex-wrap: wrap; }
  button, .file { font: inherit; padding: 8px 16px; border-radius: 9px; border: 1px solid var(--line); background: var(--paper); color: var(--ink); cursor: pointer; }
  .file { background: var(--mark); border-color: var(--mark); color: #fff; }
  .file input { position: absolute; width: 1px; height: 1px; opacity: 0; }
  .file:focus-within, button:focus-visible { outline: 3px solid color-mix(in srgb, var(--mark) 40%, transparent); }
  #time { font-size: 40px; font-weight: 650; letter-spacing: -0.02em; font-variant-numeric: tabular-nums; }
  #time small { font-size: 17px; font-weight: 450; color: var(--soft); }
  #backend { color: var(--soft); font-size: 14px; }
  ol { list-style: none; margin: 18px 0 0; padding: 0; display: grid; gap: 10px; }
  li { display: grid; grid-template-columns: 1fr auto; gap: 2px 12px; }
  li span:last-of-type { font-variant-numeric: tabular-nums; color: var(--soft); }
  .bar { grid-column: 1 / -1; height: 6px; border-radius: 3px; background: var(--line); overflow: hidden; }
  .bar i { display: block; height: 100%; background: var(--mark); }
  #problem { color: #c4320a; }
</style>
</head>
<body>
<main>
  <h1 id="title">Loading the model …</h1>
  <p id="about"></p>
  <div class="columns">
    <section class="card">
      <div class="card" id="drop"><p id="hint">Drop a picture here</p><canvas id="canvas" hidden></canvas></div>
      <div class="buttons">
        <label class="file">Choose a picture<input id="file" type="file" accept="image/*"></label>
        <button id="camera" type="button">Camera</button>
      </div>
      <p id="problem" role="alert" hidden></p>
    </section>
    <section class="card" aria-live="polite">
      <div id="time">–</div>
      <div id="backend"></div>
      <ol id="answers"></ol>
    </section>
  </div>
</main>
<script src="tf.min.js"></script>
<script src="demo.js"></script>
</body>
</html>
`;
