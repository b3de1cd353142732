/**
 * How scenes are laid out on disk: each writer gives the files by their paths. A fifth of the training scenes are for
 * validation, those of every fifth place.
 */
const names = Array.from({ length: 10 }, (_, digit) => `digit${digit}`);

const setOf = ({ set }, index) => (set === "test" ? "test" : index % 5 === 4 ? "val" : "train");

function* voc(scenes) {
  const sets = { train: [], val: [], test: [] };
  for (const [index, scene] of scenes.entries()) {
    const { name, side, boxes, image } = scene;
    sets[setOf(scene, index)].push(name);
    yield [`JPEGImages/${name}.png`, image];
    // corners of VOC are whole pixels from 1, both inside
    const objects = boxes.map(({ digit, corners: [left, top, right, bottom] }) => {
      const bounds = `<xmin>${left + 1}</xmin><ymin>${top + 1}</ymin><xmax>${right}</xmax><ymax>${bottom}</ymax>`;
      return `  <object><name>${names[digit]}</name><difficult>0</difficult><bndbox>${bounds}</bndbox></object>\n`;
    });
    const size = `<size><width>${side}</width><height>${side}</height><depth>3</depth></size>`;
    const head = `<annotation>\n  <filename>${name}.png</filename>\n  ${size}\n`;
    yield [`Annotations/${name}.xml`, `${head}${objects.join("")}</annotation>\n`];
  }
  for (const [set, members] of Object.entries(sets)) yield [`ImageSets/Main/${set}.txt`, `${members.join("\n")}\n`];
}

function* coco(scenes) {
  const categories = names.map((name, id) => ({ id: id + 1, name }));
  for (const wanted of ["train", "val", "test"]) {
    const images = [];
    const annotations = [];
    for (const [index, scene] of scenes.entries()) {
      if (setOf(scene, index) !== wanted) continue;
      const { name, side, boxes, image } = scene;
      yield [`${wanted}/${name}.png`, image];
      images.push({ id: index + 1, file_name: `${name}.png`, width: side, height: side });
      for (const { digit, corners } of boxes) {
        const bbox = [corners[0], corners[1], corners[2] - corners[0], corners[3] - corners[1]];
        const own = { id: annotations.length + 1, image_id: index + 1, category_id: digit + 1 };
        annotations.push({ ...own, bbox, area: bbox[2] * bbox[3], iscrowd: 0 });
      }
    }
    yield [`annotations/instances_${wanted}.json`, JSON.stringify({ images, annotations, categories })];
  }
}

function* yolo(scenes) {
  for (const [index, scene] of scenes.entries()) {
    const { name, side, boxes, image } = scene;
    const set = setOf(scene, index);
    yield [`images/${set}/${name}.png`, image];
    const rows = boxes.map(({ digit, corners: [left, top, right, bottom] }) => {
      const numbers = [(left + right) / 2, (top + bottom) / 2, right - left, bottom - top];
      return `${digit} ${numbers.map((number) => (number / side).toFixed(6)).join(" ")}\n`;
    });
    yield [`labels/${set}/${name}.txt`, rows.join("")];
  }
  const sets = ["train", "val", "test"].map((set) => `${set}: images/${set}\n`).join("");
  yield ["data.yaml", `path: .\n${sets}nc: ${names.length}\nnames: [${names.join(", ")}]\n`];
}

export const sceneWriters = { voc, coco, yolo };
